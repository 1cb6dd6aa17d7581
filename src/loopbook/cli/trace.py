"""``loopbook trace``, ``recall``, ``path``: questions to the genealogy about one lot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loopbook.cli.book import address_option, known_at_option, moment, open_book
from loopbook.cli.parts import as_json_option, print_json, print_table

if TYPE_CHECKING:
    from loopbook.book import AsOf, Book
    from loopbook.trace import Genealogy, Lineage


METALS = ("Ni", "Co", "Li")
"""What is shown if nothing else is asked for: the metals of recycled-content claims."""

as_of_option = click.option(
    "--as-of", metavar="TIME", callback=moment, help="What had happened by then, inclusive."
)
substance_option = click.option(
    "-s",
    "--substance",
    "wanted",
    multiple=True,
    metavar="NAME",
    help="Show this substance; may be repeated. Without it Ni, Co and Li, where there are some.",
)
out_option = click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the lineage: .svg, .json, .csv or .graphml.",
)


def as_of(occurred: datetime | None, recorded: datetime | None) -> AsOf:
    """The two moments as the room wants them."""
    from loopbook.book import AsOf, microseconds

    return AsOf(
        None if occurred is None else microseconds(occurred),
        None if recorded is None else microseconds(recorded),
    )


def genealogy_of(book: Book, address: str, asof: AsOf, *, keep: bool = False) -> Genealogy:
    """The genealogy of a book: from the arrays beside its file, if there are some, or made anew."""
    from loopbook.trace import Genealogy, open_genealogy

    folder = Path(f"{address}.genealogy")
    if asof.now and "://" not in address and (keep or folder.exists()):
        return open_genealogy(book, folder)
    return Genealogy.of(book, asof=asof)


def shown(
    wanted: Sequence[str], substances: Sequence[str], there: Mapping[str, float]
) -> list[str]:
    """Substances to show: as asked for, else the metals of which there is some."""
    from loopbook.errors import Finding, nearest_hint, raise_findings

    raise_findings(
        Finding(
            "unknown-name",
            "--substance",
            "a substance of the book",
            repr(name),
            nearest_hint(name, substances),
        )
        for name in wanted
        if name not in substances
    )
    if wanted:
        return list(dict.fromkeys(wanted))
    metals = [name for name in METALS if there.get(name, 0.0) > 0.0]
    return metals or [name for name in substances if there.get(name, 0.0) > 0.0][:3]


def kg(milligrams: float) -> str:
    """Kilograms for people."""
    return f"{milligrams / 1e6:,.3f}"


def percent(share: float) -> str:
    """A share for people; a dash where there is nothing to have a share in."""
    return "-" if not share >= 0.0 else f"{100 * share:.2f} %"


def write_lineage(lineage: Lineage, out: Path, substance: str) -> None:
    """Write a lineage, or its part with one substance, in the format of the file's ending."""
    from loopbook import trace

    if substance != "mass":
        lineage = trace.of_substance(lineage, substance)
    makers: dict[str, Callable[[Lineage], str]] = {
        ".svg": lambda x: trace.lineage_svg(x, substance=substance, fold=12, theme="light"),
        ".json": trace.lineage_json,
        ".csv": trace.lineage_csv,
        ".graphml": trace.lineage_graphml,
    }
    make = makers.get(out.suffix.lower())
    if make is None:
        raise click.BadParameter(f"{out}: not one of {', '.join(makers)}", param_hint="--out")
    out.write_text(make(lineage), encoding="utf-8")
    click.echo(f"{out}: {len(lineage.ends)} ends, {len(lineage.links)} links", err=True)


def _numbers(substances: Sequence[str], values: Iterable[float]) -> dict[str, float | None]:
    """Values by substance; None where there is nothing to have a share in."""
    return {
        name: None if value != value else float(value)  # noqa: PLR0124
        for name, value in zip(substances, values, strict=True)
    }


@click.command("trace")
@click.argument("lot")
@address_option
@substance_option
@click.option("--sure", is_flag=True, help="With standard uncertainties from the measurements.")
@as_of_option
@known_at_option
@out_option
@as_json_option
def trace_command(
    *,
    lot: str,
    address: str,
    wanted: tuple[str, ...],
    sure: bool,
    out: Path | None,
    as_json: bool,
    **clocks: Any,
) -> None:
    """Say where the matter of LOT came from: each origin with its share, by element.

    \b
    Example:
      loopbook trace CELLS-7
      loopbook trace CELLS-7 -s Ni --sure --as-of 2026-03-31T23:59:59-05:00
      loopbook trace CELLS-7 --out cells-7.svg
    """
    from loopbook import trace as room

    asof = as_of(clocks["as_of"], clocks["known_at"])
    with open_book(address) as book, room.one_moment(book, asof):
        genealogy = room.Genealogy(room.read_ancestors(book, lot, asof, materials=out is not None))
        found = genealogy.trace(lot)
        total = dict(zip(found.substances, found.total_mg.tolist(), strict=True))
        names = shown(wanted, found.substances, total)
        spread = {
            name: room.sure_shares(book, lot, name, genealogy=genealogy, asof=asof).sigmas
            for name in (names if sure else ())
        }
        if out is not None:
            lineage = room.with_events(room.lineage_back(genealogy, lot), book)
            write_lineage(lineage, out, names[0] if len(names) == 1 else "mass")
    if as_json:
        origins = [
            {
                "origin": x.id,
                "kind": x.kind,
                "material": x.material,
                "supplier": x.supplier,
                "shares": _numbers(found.substances, x.shares),
                "amounts_mg": _numbers(found.substances, x.amounts_mg),
                **({"sigmas": {s: spread[s].get(x.id) for s in names}} if sure else {}),
            }
            for x in found.origins
        ]
        print_json({"lot": lot, "material": found.material, "total_mg": total, "origins": origins})
        return
    columns = ["origin", "supplier", "material", ">kg"]
    for name in names:
        columns += [f">{name} kg", f">{name} share", *([">+/-"] if sure else [])]
    rows = []
    places = [found.substances.index(name) for name in names]
    for x in found.origins:
        if wanted and not any(x.shares[k] > 0.0 for k in places):
            continue
        cells = [x.id, x.supplier, x.material, kg(float(x.amounts_mg.sum()))]
        for name, place in zip(names, places, strict=True):
            cells += [kg(x.amounts_mg[place]), percent(x.shares[place])]
            cells += [percent(spread[name].get(x.id, 0.0))] if sure else []
        rows.append(cells)
    rows.append(["all", "", "", kg(float(found.total_mg.sum())), *_totals(names, total, sure)])
    title = f"{lot} ({found.material}): {len(rows) - 1} origins, {found.ancestors} lots before it"
    print_table(title, columns, rows)


def _totals(names: Sequence[str], total: Mapping[str, float], sure: bool) -> list[str]:
    cells = []
    for name in names:
        cells += [kg(total[name]), percent(1.0 if total[name] > 0 else float("nan"))]
        cells += [""] if sure else []
    return cells


@click.command("recall")
@click.argument("lot")
@address_option
@substance_option
@as_of_option
@known_at_option
@out_option
@as_json_option
def recall_command(
    *,
    lot: str,
    address: str,
    wanted: tuple[str, ...],
    out: Path | None,
    as_json: bool,
    **clocks: Any,
) -> None:
    """Say where the matter of LOT went: every lot, customer and loss that it reached, by element.

    \b
    Example:
      loopbook recall L-012
      loopbook recall L-012 -s Ni --out l-012.svg
    """
    from loopbook.trace import Genealogy, lineage_forward, one_moment, read_descendants, with_events

    asof = as_of(clocks["as_of"], clocks["known_at"])
    with open_book(address) as book, one_moment(book, asof):
        genealogy = Genealogy(read_descendants(book, lot, asof))
        found = genealogy.recall(lot)
        total = dict(zip(found.substances, found.total_mg.tolist(), strict=True))
        names = shown(wanted, found.substances, total)
        if out is not None:
            lineage = with_events(lineage_forward(genealogy, lot), book)
            write_lineage(lineage, out, names[0] if len(names) == 1 else "mass")
    if as_json:
        print_json(_recall_json(found, total))
        return
    places = [found.substances.index(name) for name in names]
    columns = ["lot", "material", ">kg", ">of it here now"]
    for name in names:
        columns += [f">{name} kg", f">share of its {name}"]
    rows = []
    for x in found.reached:
        cells = [x.lot, x.material, kg(float(x.amounts_mg.sum())), kg(float(x.held_mg.sum()))]
        for k in places:
            cells += [kg(x.amounts_mg[k]), percent(x.shares[k])]
        rows.append(cells)
    print_table(f"{lot} ({found.material}): reached {len(rows) - 1} lots", columns, rows)
    ends = [
        [
            x.kind,
            x.id.strip("/").partition("/")[2].strip("/"),
            x.lot,
            kg(float(x.amounts_mg.sum())),
            *(kg(x.amounts_mg[k]) for k in places),
        ]
        for x in found.ended
        if not wanted or any(x.amounts_mg[k] > 0.0 for k in places)
    ]
    columns = ["left as", "to or at", "from lot", ">kg", *(f">{name} kg" for name in names)]
    print_table("What left the book's lots", columns, ends)
    click.echo(_where_it_is(found, names))


def _recall_json(found: Any, total: Mapping[str, float]) -> dict[str, object]:
    names = found.substances
    return {
        "lot": found.lot,
        "material": found.material,
        "total_mg": total,
        "reached": [
            {
                "lot": x.lot,
                "material": x.material,
                "shares": _numbers(names, x.shares),
                "amounts_mg": _numbers(names, x.amounts_mg),
                "held_mg": _numbers(names, x.held_mg),
            }
            for x in found.reached
        ],
        "ended": [
            {"id": x.id, "kind": x.kind, "lot": x.lot, "amounts_mg": _numbers(names, x.amounts_mg)}
            for x in found.ended
        ],
    }


def _where_it_is(found: Any, names: Sequence[str]) -> str:
    """One line a substance: how much is in lots, at customers, lost; it adds up to the whole."""
    lines = []
    for name in names:
        k = found.substances.index(name)
        whole = float(found.total_mg[k])
        held = sum(float(x.held_mg[k]) for x in found.reached)
        parts = {"in lots of the book": held}
        for x in found.ended:
            parts[x.kind] = parts.get(x.kind, 0.0) + float(x.amounts_mg[k])
        told = ", ".join(
            f"{part} {kg(amount)} kg ({percent(amount / whole)})"
            for part, amount in parts.items()
            if amount > 0.0
        )
        lines.append(f"{name}: of {kg(whole)} kg: {told}" if whole else f"{name}: none")
    return "\n".join(lines)


@click.command("path")
@click.argument("source")
@click.argument("target")
@address_option
@as_of_option
@known_at_option
@out_option
@as_json_option
def path_command(
    *, source: str, target: str, address: str, out: Path | None, as_json: bool, **clocks: Any
) -> None:
    """Show all ways on which matter went from lot SOURCE to lot TARGET.

    \b
    Example:
      loopbook path L-012 CELLS-7
    """
    import json

    from loopbook.trace import lineage_json, one_moment, path, with_events

    asof = as_of(clocks["as_of"], clocks["known_at"])
    with open_book(address) as book, one_moment(book, asof):
        lineage = with_events(path(book, source, target, asof=asof), book)
    if out is not None:
        write_lineage(lineage, out, "mass")
    if as_json:
        print_json(json.loads(lineage_json(lineage)))
        return
    if not lineage.ends:
        click.echo(f"nothing went from {source} to {target}")
        return
    names = shown((), lineage.substances, _sums(lineage))
    places = [lineage.substances.index(name) for name in names]
    stage = {end.id: end.stage for end in lineage.ends}
    rows = [
        [x.source, x.target, kg(sum(x.content)), *(kg(x.content[k]) for k in places)]
        for x in sorted(lineage.links, key=lambda x: (stage[x.source], x.source, x.target))
    ]
    title = f"From {source} to {target}: {len(lineage.ends)} lots"
    print_table(title, ["from", "to", ">kg", *(f">{name} kg" for name in names)], rows)


def _sums(lineage: Lineage) -> dict[str, float]:
    return {
        name: float(sum(x.content[k] for x in lineage.links))
        for k, name in enumerate(lineage.substances)
    }
