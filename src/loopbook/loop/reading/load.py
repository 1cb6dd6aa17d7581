"""Reading a loop: everything is read and checked before anything is computed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from loopbook.errors import Finding, Findings
from loopbook.loop.checking.checks import check_loop
from loopbook.loop.checking.names import check_names
from loopbook.loop.checking.subject import Subject
from loopbook.loop.loop import Loop
from loopbook.loop.reading.arranging import arrange
from loopbook.loop.reading.folder import CASE, read_texts
from loopbook.loop.reading.keys import key_tables, set_cells
from loopbook.loop.reading.making import made_loop
from loopbook.loop.reading.names import check_references, declared, in_force
from loopbook.loop.reading.series import read_series
from loopbook.loop.reading.settings import read_plugins, read_settings, read_switches
from loopbook.loop.reading.typed import quantities_of, typed
from loopbook.loop.reading.written import SERIES, Tables
from loopbook.loop.values.findings import LoopFindings
from loopbook.matter import Library, load_library


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: the loop, or the findings for which there is none.

    Parameters
    ----------
    loop : None if there are findings.
    findings : every error of every table, in the order of the tables.
    """

    loop: Loop | None
    findings: tuple[Finding, ...] = ()


def load(
    place: Path | str,
    *,
    switches: Mapping[str, bool] | None = None,
    cells: Iterable[str] = (),
    library: Library | None = None,
) -> Loop:
    """Read and check a loop, or report all its errors.

    Parameters
    ----------
    place : a folder with ``case.toml`` and tables, or a workbook with a sheet a table.
    switches : switches of the case that this run turns on or off.
    cells : cells that this run sets, each ``ADDRESS=VALUE``.
    library : the data library; None for the packaged one.

    Raises
    ------
    InputError : with every finding of every table, each with file and line.
    """
    read = read_loop(place, switches=switches, cells=cells, library=library)
    Findings(items=[*read.findings]).raise_all()
    assert read.loop is not None
    return read.loop


def read_loop(
    place: Path | str,
    *,
    switches: Mapping[str, bool] | None = None,
    cells: Iterable[str] = (),
    library: Library | None = None,
) -> Read:
    """The loop of a folder or workbook, or its findings; see `load`."""
    findings = LoopFindings(library=library or load_library())
    tables = read_texts(Path(place), findings)
    loop = None
    if tables is not None and CASE not in tables.broken:  # without settings no name is known
        loop = _read(tables, switches or {}, cells, findings=findings)
    every = tuple(dict.fromkeys(findings))
    return Read(None if every else loop, every)


def _read(
    tables: Tables, switches: Mapping[str, bool], cells: Iterable[str], *, findings: LoopFindings
) -> Loop | None:
    arrange(tables, findings)
    rows = key_tables(tables, findings)
    set_cells(tables, rows, cells, findings)
    named = read_switches(tables, switches, findings)
    settings = read_settings(tables, named, findings)
    chosen = {name: switch.on for name, switch in named.items()}
    lines = (*rows[SERIES].all_lines(), *rows[SERIES].in_force(chosen))  # the last of a name holds
    findings.series = read_series(lines, findings)
    names_of_series = {line["series"] for line in rows[SERIES].all_lines()} | tables.lost_series
    findings.lost_series = frozenset(names_of_series - findings.series.keys())
    names = declared(rows, chosen, tables, read_plugins(tables, findings))
    findings.uses |= {("switch", line["switch"]) for x in rows.values() for line in x.all_lines()}
    every = typed({table: [*x.all_lines()] for table, x in rows.items()}, names, findings)
    for row in every:
        check_references(row, names, findings)
    check_names(every, names, findings)
    held = typed(in_force(rows, chosen), names, findings)
    if settings is None:
        return None
    loop = made_loop(tables.name, settings, held, names, findings=findings)
    loop = replace(loop, quantities=quantities_of((*every, *held), findings.series), names=names)
    places = (*(finding.where for finding in findings), *findings.losses)
    broken = frozenset(map(_table_of, places))
    unstated = check_loop(Subject(loop, every, names, findings, broken))
    warnings = tuple(dict.fromkeys(findings.warnings))
    return replace(loop, warnings=warnings, unstated=unstated)


def _table_of(where: str) -> str:
    """The table that a place is in: ``terms`` of ``terms.csv:2``; ``series`` of all its files."""
    name = where.removeprefix("--set ").partition("/")[0]
    name = name.partition(":")[0].removesuffix(".csv").rpartition("[")[2].rstrip("]")
    return SERIES if name.startswith(f"{SERIES}-") else name
