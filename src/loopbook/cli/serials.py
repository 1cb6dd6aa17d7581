"""``loopbook serials``: which lot a cell or pack is of, and which cells and packs a lot has."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loopbook.cli.options import address_option, open_book
from loopbook.cli.parts import Door, as_json_option, print_json, print_table

if TYPE_CHECKING:
    from loopbook.serials import SerialRegister


_register_option = click.option(
    "--register",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="The register; beside the book's file if not given.",
)
_month_option = click.option(
    "--month", metavar="YYYY-MM", help="Under which month it is kept; this one if not given."
)


@click.group(cls=Door)
def serials() -> None:
    """Keep the serials of cells and packs: which lot a serial is of, which serials a lot has.

    \b
    Example:
      loopbook serials import cells.csv
      loopbook serials add-range CELL-1 LG26A-000001 LG26A-005000
      loopbook serials find LG26A-004711
    """


def _folder(address: str, folder: Path | None) -> Path:
    """Folder of the register: as given, or beside the book's file."""
    from loopbook.serials import register_beside

    if folder is not None:
        return folder
    if "://" in address:
        raise click.UsageError("a book on a server has no folder beside it: give --register FOLDER")
    return register_beside(Path(address))


def _this_month() -> str:
    from datetime import UTC, datetime

    return f"{datetime.now(UTC):%Y-%m}"


def _lots_of(address: str) -> frozenset[str]:
    from loopbook.book import lot_names

    with open_book(address) as opened:
        return lot_names(opened)


def _known(lots: Sequence[str], address: str) -> None:
    """Refuse lots that the book does not have."""
    from loopbook.errors import Finding, nearest_hint, raise_findings

    known = _lots_of(address)
    raise_findings(
        Finding("unknown-name", "LOT", "a lot of the book", lot, nearest_hint(lot, known))
        for lot in lots
        if lot not in known
    )


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}{'s' if number != 1 else ''}"


@contextmanager
def _progress(name: str) -> Iterator[Callable[[float], None]]:
    """A bar for a person at a terminal, and for nobody else."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=1.0)
        yield lambda share: bar.update(task, completed=share)


# ---- in ----


@serials.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@address_option
@_register_option
@_month_option
@as_json_option
def import_command(
    *, file: Path, address: str, folder: Path | None, month: str | None, as_json: bool
) -> None:
    """Import a CSV or Parquet FILE with the columns lot and serial, or of ranges.

    A file of ranges has the columns lot, prefix, first, last, width and suffix. All of the file or
    nothing; every bad row is shown at once. A file may be imported again and changes nothing.

    \b
    Example:
      loopbook serials import cells.csv
      loopbook serials import cells.parquet --month 2026-03
    """
    from dataclasses import asdict

    from loopbook.serials import import_serials

    place, lots = _folder(address, folder), _lots_of(address)
    with _progress(file.name) as say:
        done = import_serials(place, file, lots=lots, month=month or _this_month(), progress=say)
    if as_json:
        print_json({**asdict(done), "register": str(place)})
        return
    ignored = f"; columns not used: {', '.join(done.ignored)}" if done.ignored else ""
    if done.again:
        told = f"in the register already, since {done.month}; nothing was changed"
        click.echo(f"{done.file}: {told}{ignored}")
        return
    of = f" in {_count(done.rows, 'range')}" if done.kind == "ranges" else ""
    told = f"{_count(done.serials, 'serial')}{of} imported, {done.month}"
    click.echo(f"{done.file}: {told}{ignored}")


@serials.command("add-range")
@click.argument("lot")
@click.argument("first")
@click.argument("last")
@address_option
@_register_option
@_month_option
@as_json_option
def add_range_command(
    *,
    lot: str,
    first: str,
    last: str,
    address: str,
    folder: Path | None,
    month: str | None,
    as_json: bool,
) -> None:
    """Give LOT all serials from FIRST to LAST, which differ in one number.

    \b
    Example:
      loopbook serials add-range CELL-1 LG26A-000001 LG26A-005000
    """
    from loopbook.serials import add_ranges, spanning

    one = spanning(lot, first, last)
    place = _folder(address, folder)
    added = add_ranges(place, [one], lots=_lots_of(address), month=month or _this_month())
    if as_json:
        told = {"lot": lot, "first": first, "last": last, "serials": one.count}
        print_json({**told, "again": not added, "register": str(place)})
    elif added:
        click.echo(f"{lot}: {_count(one.count, 'serial')}, {first} to {last}")
    else:
        click.echo(f"{lot}: {first} to {last} in the register already; nothing was changed")


@serials.command("compact")
@click.option("--month", metavar="YYYY-MM", help="Only this month; all of them if not given.")
@address_option
@_register_option
@as_json_option
def compact_command(*, month: str | None, address: str, folder: Path | None, as_json: bool) -> None:
    """Merge the runs of each month into one. Answers stay as they are and come sooner.

    \b
    Example:
      loopbook serials compact
      loopbook serials compact --month 2026-03
    """
    from loopbook.serials import compact_register

    done = compact_register(_folder(address, folder), month)
    if as_json:
        print_json(done)
    for name, runs in [] if as_json else done.items():
        click.echo(f"{name}: {runs} runs merged into one")
    if not done and not as_json:
        click.echo("no month has more than one run; nothing was changed")


# ---- out ----


def _opened(address: str, folder: Path | None) -> SerialRegister:
    """The register, which must be there."""
    from loopbook.errors import Finding, InputError
    from loopbook.serials import SerialRegister

    place = _folder(address, folder)
    if not place.is_dir():
        raise InputError(
            [
                Finding(
                    "file",
                    str(place),
                    "the folder of a register",
                    "none",
                    "import a file or add a range first, or name it with --register",
                )
            ]
        )
    return SerialRegister(place)


@serials.command("find")
@click.argument("serial", nargs=-1, required=True)
@address_option
@_register_option
@as_json_option
def find_command(
    *, serial: tuple[str, ...], address: str, folder: Path | None, as_json: bool
) -> None:
    """Say which lot a SERIAL, or each of several, is of.

    \b
    Example:
      loopbook serials find LG26A-004711
    """
    from loopbook.errors import Finding, raise_findings

    register = _opened(address, folder)
    found = {one: register.lot_of(one) for one in serial}
    raise_findings(
        Finding("unknown-name", "SERIAL", "a serial of the register", one)
        for one, lot in found.items()
        if lot is None
    )
    if as_json:
        print_json([{"serial": one, "lot": lot} for one, lot in found.items()])
    else:
        print_table("", ("serial", "lot"), [(one, str(lot)) for one, lot in found.items()])


@serials.command("list")
@click.argument("lot", nargs=-1, required=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write all of them to a .csv or .parquet file.",
)
@click.option("--limit", default=20, show_default=True, help="Serials to print; 0 for all.")
@address_option
@_register_option
@as_json_option
def list_command(
    *,
    lot: tuple[str, ...],
    out: Path | None,
    limit: int,
    address: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """List the serials of each LOT, sorted; to a file for a recall.

    \b
    Example:
      loopbook serials list CELL-1 --limit 0
      loopbook serials list CELL-1 CELL-2 --out recall.csv
    """
    register = _opened(address, folder)
    _known(lot, address)
    if out is not None:
        rows = register.write_serials(lot, out)
        if as_json:
            print_json({"file": str(out), "serials": rows})
        else:
            click.echo(f"{out}: {_count(rows, 'serial')} of {_count(len(set(lot)), 'lot')}")
        return
    count = sum(register.count_of(lot).values())
    shown = list(islice(_rows(register, lot), limit or None))
    if as_json:
        listed = [{"lot": name, "serial": serial} for name, serial in shown]
        print_json({"count": count, "serials": listed})
        return
    print_table("", ("lot", "serial"), shown)
    if len(shown) < count:
        click.echo(f"{len(shown):,} of {_count(count, 'serial')}; --limit 0 or --out FILE for all")


def _rows(register: SerialRegister, lots: Sequence[str]) -> Iterator[tuple[str, str]]:
    for table in register.serials_of(lots):
        for batch in table.to_batches(1000):
            lot, serial = (batch[name].to_pylist() for name in ("lot", "serial"))
            yield from zip(lot, serial, strict=True)


@serials.command("count")
@click.argument("lot", nargs=-1, required=True)
@address_option
@_register_option
@as_json_option
def count_command(
    *, lot: tuple[str, ...], address: str, folder: Path | None, as_json: bool
) -> None:
    """Count the serials of each LOT.

    \b
    Example:
      loopbook serials count CELL-1 CELL-2
    """
    register = _opened(address, folder)
    _known(lot, address)
    counts: dict[str, Any] = register.count_of(lot)
    if as_json:
        print_json({"lots": counts, "count": sum(counts.values())})
        return
    rows = [(name, f"{count:,}") for name, count in counts.items()]
    if len(rows) > 1:
        rows.append(("all", f"{sum(counts.values()):,}"))
    print_table("", ("lot", ">serials"), rows)
