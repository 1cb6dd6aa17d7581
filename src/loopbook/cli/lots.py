"""``loopbook suspect``, ``on-site``, ``origins``: of many lots at once."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loopbook.cli.book import address_option, known_at_option, open_book
from loopbook.cli.parts import as_json_option, print_json, print_table
from loopbook.cli.trace import (
    as_of,
    as_of_option,
    genealogy_of,
    kg,
    percent,
    shown,
    substance_option,
)

if TYPE_CHECKING:
    from loopbook.trace import Composition, Held, Suspicion


_MOST = 60  # rows shown to people


@click.command("suspect")
@click.argument("lot")
@address_option
@substance_option
@click.option(
    "--certificates",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="CSV of what was stated of lots: certificate, lot, claim.",
)
@as_of_option
@known_at_option
@as_json_option
def suspect_command(
    *,
    lot: str,
    address: str,
    wanted: tuple[str, ...],
    certificates: Path | None,
    as_json: bool,
    **clocks: Any,
) -> None:
    """Say what hangs on LOT if it is bad: who has some, what lies where, what must be withdrawn.

    \b
    Example:
      loopbook suspect L-012 --certificates certificates.csv
      loopbook suspect L-012 --as-of 2026-03-31T23:59:59-05:00
    """
    from loopbook.trace import read_certificates, suspect

    asof = as_of(clocks["as_of"], clocks["known_at"])
    with open_book(address) as book:
        stated = () if certificates is None else read_certificates(certificates, book)
        found = suspect(book, lot, asof=asof, certificates=stated)
        substances = book.substances
    if as_json:
        print_json(_suspect_json(found))
        return
    total = dict(zip(substances, found.recall.total_mg.tolist(), strict=True))
    names = shown(wanted, substances, total)
    places = [substances.index(name) for name in names]
    serials = _serial_counts(address, found)
    rows = [
        [
            x.customer,
            x.lot,
            x.document,
            _day(x.occurred_at),
            *(kg(x.amounts_mg[k]) for k in places),
            *([f"{serials.get(x.lot, 0):,}"] if serials else []),
        ]
        for x in found.deliveries
    ]
    columns = ["customer", "lot", "document", "day", *(f">{name} kg from {lot}" for name in names)]
    columns += [">serials"] if serials else []
    print_table(f"Delivered with matter from {lot}", columns, rows)
    shares = {x.lot: x.shares for x in found.recall.reached}
    rows = [
        [
            x.lot,
            x.material,
            x.owner,
            x.site,
            kg(sum(x.content)),
            *(percent(shares[x.lot][k]) for k in places),
            *([f"{serials.get(x.lot, 0):,}"] if serials else []),
        ]
        for x in found.held
    ]
    columns = ["lot", "material", "owner", "site", ">kg", *(f">share of its {x}" for x in names)]
    columns += [">serials"] if serials else []
    print_table(f"Still here with matter from {lot}", columns, rows)
    if certificates is not None:
        rows = [
            [
                x.certificate.id,
                x.certificate.lot,
                x.certificate.claim,
                *(percent(x.shares[k]) for k in places),
            ]
            for x in found.certificates
        ]
        columns = ["certificate", "lot", "claim", *(f">share of its {x}" for x in names)]
        print_table(f"Stated of lots with matter from {lot}", columns, rows)


def _serial_counts(address: str, found: Suspicion) -> dict[str, int]:
    """Serials of the lots that were reached, where a register lies beside the book."""
    from loopbook.serials import SerialRegister, register_beside

    folder = register_beside(Path(address))
    if "://" in address or not folder.exists():
        return {}
    return SerialRegister(folder).count_of([x.lot for x in found.recall.reached])


def _day(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment / 1e6, UTC):%Y-%m-%d}"


def _suspect_json(found: Suspicion) -> dict[str, object]:
    names = found.recall.substances

    def amounts(values: Any) -> dict[str, float | None]:
        told = (None if math.isnan(x) else float(x) for x in values)
        return dict(zip(names, told, strict=True))

    return {
        "lot": found.recall.lot,
        "deliveries": [
            {
                "customer": x.customer,
                "lot": x.lot,
                "document": x.document,
                "key": x.key,
                "occurred_at": x.occurred_at,
                "amounts_mg": amounts(x.amounts_mg),
            }
            for x in found.deliveries
        ],
        "held": [_held_json(x, names) for x in found.held],
        "certificates": [
            {
                "certificate": x.certificate.id,
                "lot": x.certificate.lot,
                "claim": x.certificate.claim,
                "shares": amounts(x.shares),
            }
            for x in found.certificates
        ],
    }


def _held_json(held: Held, names: tuple[str, ...]) -> dict[str, object]:
    content = dict(zip(names, held.content, strict=True))
    return {
        "lot": held.lot,
        "material": held.material,
        "owner": held.owner,
        "site": held.site,
        "content_mg": content,
    }


@click.command("on-site")
@click.argument("site")
@address_option
@substance_option
@click.option(
    "--by",
    type=click.Choice(["supplier", "material"]),
    help="Also say where all of it came from, by supplier or by material.",
)
@as_of_option
@known_at_option
@as_json_option
def on_site_command(
    *,
    site: str,
    address: str,
    wanted: tuple[str, ...],
    by: str | None,
    as_json: bool,
    **clocks: Any,
) -> None:
    """Say what lies at SITE ('in transit' for the road): each lot and owner, and its origins.

    \b
    Example:
      loopbook on-site GMBI --by supplier
    """
    from loopbook.trace import on_site, site_origins

    asof = as_of(clocks["as_of"], clocks["known_at"])
    with open_book(address) as book:
        held = on_site(book, site, asof=asof)
        names = book.substances
        came = {} if by is None else site_origins(genealogy_of(book, address, asof), held, by)
    if as_json:
        origins = {
            group: dict(zip(names, (float(x) for x in amounts), strict=True))
            for group, amounts in came.items()
        }
        lots = [_held_json(x, names) for x in held]
        print_json({"site": site, "lots": lots, **({"origins_mg": origins} if by else {})})
        return
    total = {name: float(sum(x.content[k] for x in held)) for k, name in enumerate(names)}
    chosen = shown(wanted, names, total)
    places = [names.index(name) for name in chosen]
    metals = [f">{name} kg" for name in chosen]
    rows = [
        [
            x.lot,
            x.material,
            x.owner,
            x.site,
            kg(sum(x.content)),
            *(kg(x.content[k]) for k in places),
        ]
        for x in held
    ]
    whole = ["all", "", "", "", kg(sum(total.values())), *(kg(total[x]) for x in chosen)]
    title = f"{site}: {len(held)} lots and owners"
    print_table(title, ["lot", "material", "owner", "site", ">kg", *metals], [*rows, whole])
    if by is not None:
        rows = [[x, kg(float(a.sum())), *(kg(a[k]) for k in places)] for x, a in came.items()]
        print_table(f"Where it came from, by {by}", [by, ">kg", *metals], rows)


@click.command("origins")
@address_option
@click.option("-s", "--substance", default="Ni", show_default=True, help="Whose shares.")
@click.option(
    "--by",
    type=click.Choice(["supplier", "material", "both"]),
    default="supplier",
    show_default=True,
    help="What the groups are.",
)
@click.option(
    "--groups",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="CSV with supplier, material, group: countries, chemistries, pre- and post-consumer, ...",
)
@click.option("--material", help="Show only lots of this material.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write all lots: .csv or .parquet.",
)
@click.option("--keep", is_flag=True, help="Keep the genealogy beside the book, for next time.")
@as_of_option
@known_at_option
@as_json_option
def origins_command(
    *,
    address: str,
    substance: str,
    by: str,
    groups: Path | None,
    material: str | None,
    out: Path | None,
    keep: bool,
    as_json: bool,
    **clocks: Any,
) -> None:
    """Say of every lot at once where its matter came from, by group.

    \b
    Of a large book, --keep writes its genealogy into a folder beside the file; the next questions
    map it into memory and add what is new.

    \b
    Example:
      loopbook origins -s Ni --by supplier --material cells --keep
      loopbook origins -s Co --groups countries.csv --out origins.parquet
    """
    from loopbook.trace import group_by, read_groups, write_composition

    with open_book(address) as book:
        nouns = book.store.nouns()
        group = (
            group_by(by) if groups is None else read_groups(groups, nouns.parties, nouns.materials)
        )
        asof = as_of(clocks["as_of"], clocks["known_at"])
        genealogy = genealogy_of(book, address, asof, keep=keep)
        found = genealogy.composition(substance, group)
    rows = [k for k in range(len(found.lots)) if material in (None, genealogy.material(k))]
    if out is not None:
        write_composition(found, rows, out)
        click.echo(f"{out}: {len(rows)} lots, {len(found.groups)} groups", err=True)
        return
    if as_json:
        print_json(_composition_json(found, rows))
        return
    table = [
        [
            found.lots[k],
            genealogy.material(k),
            kg(found.total_mg[k]),
            *(percent(x) if found.total_mg[k] > 0 else "-" for x in found.shares[k]),
        ]
        for k in rows[:_MOST]
    ]
    more = f"; the first {_MOST}, all with --json or --out" if len(rows) > _MOST else ""
    columns = ["lot", "material", f">{substance} kg", *(f">{name}" for name in found.groups)]
    print_table(f"Origins of {substance} in {len(rows)} lots{more}", columns, table)


def _composition_json(found: Composition, rows: list[int]) -> dict[str, object]:
    return {
        "substance": found.substance,
        "groups": list(found.groups),
        "lots": [
            {
                "lot": found.lots[k],
                "total_mg": float(found.total_mg[k]),
                "shares": [float(x) for x in found.shares[k]] if found.total_mg[k] > 0 else None,
            }
            for k in rows
        ],
    }
