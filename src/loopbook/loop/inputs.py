"""Every number that a loop was computed from, by the address at which one run sets it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import date

from loopbook.loop.loop import Loop
from loopbook.loop.nouns.matter import BASES, Material
from loopbook.loop.nouns.page import Statement
from loopbook.loop.nouns.row import Row, column_of, columns_of
from loopbook.loop.reading.folder import CASE
from loopbook.loop.reading.keys import SET
from loopbook.loop.values.cells import NEVER
from loopbook.loop.values.measure import LIBRARY, stated_in
from loopbook.loop.values.quantity import Quantity, Series, quantities_in
from loopbook.loop.walking.result import Walk
from loopbook.matter import Library, Number, Sourced, composition, load_library
from loopbook.report import InputRow

_HELD = ("", "~", "-")  # cells of a series that are no number


def input_rows(walked: Walk) -> dict[str, InputRow]:
    """Numbers and settings in force, and the rows of the data library behind them, by address.

    A cell that one run sets has neither source nor range: those are of what it replaces.
    """
    loop = walked.loop
    library = loop.library or load_library()
    rows = [
        *_settings(loop),
        *(made for row in _rows(loop) for made in _cells(row, library)),
        *(made for series in loop.series.values() for made in _series(series, library)),
        *_behind(walked, library),
    ]
    made: dict[str, InputRow] = {}
    for row in rows:
        made.setdefault(row.key, row)
    return made


def _settings(loop: Loop) -> Iterator[InputRow]:
    for path, (text, where) in loop.settings.written.items():
        yield InputRow(f"{CASE}/{path}", where, text, "", "", "", "setting")


def _rows(loop: Loop) -> Iterator[Row]:
    """Rows in force that may hold numbers."""
    yield from (*loop.sites.values(), *loop.owners)
    yield from loop.materials.values()
    for splits in loop.splits.values():
        yield from splits
    yield from (*loop.parameters, *loop.lanes, *loop.contracts, *loop.terms, *loop.statements)


def _cells(row: Row, library: Library) -> Iterator[InputRow]:
    """A row for each cell that holds numbers; a choice, such as a region, is one too."""
    if isinstance(row, Material):
        unit = "%" if row.basis == BASES[0] else ""
        for name, part in row.components.items() if not row.like else ():
            yield _sourced(row, name, part, unit)
    elif isinstance(row, Statement):
        yield from _stated(row, library)
    else:
        values = {column_of(x.name): getattr(row, x.name) for x in columns_of(type(row))}
        for column, value in (values | getattr(row, "components", {})).items():
            numbers = [*quantities_in(value)]
            if len(numbers) == 1:
                yield _of_quantity(row, numbers[0], column, library)
            elif numbers:
                text = "; ".join(f"{x.number:.12g} {x.unit}" for x in numbers)
                yield _sourced(row, column, text, "")
            elif isinstance(value, date) and value != NEVER:
                yield _sourced(row, column, value.isoformat(), "")
            elif column == "value" and isinstance(value, (str, int, float)) and value != "":
                yield _sourced(row, column, value, "")


def _sourced(row: Row, column: str, value: float | str, unit: str) -> InputRow:
    """A cell with the source of its row."""
    came, key = row.provenance, f"{row.address}/{column}"
    if column in came.changed:
        return _set(InputRow(key, came.changed[column], value, unit, "", "", ""))
    grade = came.grade or ("" if came.source_id else "assumption")
    return InputRow(key, row.where, value, unit, came.source_id, came.page, grade, came.note)


def _set(row: InputRow) -> InputRow:
    """A number that one run sets: an assumption of the person who sets it."""
    note = "set for this run"
    return replace(row, source="", page="", grade="assumption", note=note, low=None, high=None)


def _of_quantity(row: Row, quantity: Quantity, column: str, library: Library) -> InputRow:
    if quantity.series is not None:
        return _sourced(row, column, f"series {quantity.series.name}", "")
    made = _sourced(row, column, quantity.number, quantity.unit)
    if column not in row.provenance.changed:
        made = replace(made, low=quantity.low, high=quantity.high)
    number = _number(quantity.source, library)
    return made if number is None else _from_library(made, number)


def _number(reference: str, library: Library) -> Number | None:
    """The row of the library behind a cell, if there is one."""
    table = "library/"
    return library.named(reference.removeprefix(table)) if reference.startswith(table) else None


def _from_library(row: InputRow, number: Number) -> InputRow:
    """A cell with the source of the row of the library that it names."""
    shown = f"{number.reference} ({number.value:.6g} {number.unit})"
    note = "; ".join(filter(None, (shown, number.note, row.note)))
    source, page, grade = number.source_id, number.page, number.grade
    return replace(row, source=source, page=page, grade=grade, note=note)


def _series(series: Series, library: Library) -> Iterator[InputRow]:
    """A row for each filled cell of a series that is a number of its own."""
    none = (None,) * len(series.written)
    numbers = zip(series.line.numbers, *(series.limits or (none, none)), strict=True)
    pairs = zip(series.written.items(), numbers, strict=True)
    for (column, (text, where)), (number, low, high) in pairs:
        if text in _HELD or number is None:
            continue
        grade = series.grade or ("" if series.source else "assumption")
        made = InputRow(
            f"series/{series.name}/{column}",
            where or series.where,
            number,
            series.unit,
            series.source,
            series.page,
            grade,
            series.note,
            low,
            high,
        )
        if text.startswith(LIBRARY):
            made = _from_library(made, library.named(text.removeprefix(LIBRARY)))
        elif where.startswith(SET):
            made = _set(made)
        yield made


def _stated(row: Statement, library: Library) -> Iterator[InputRow]:
    """Numbers in a statement: ``statements/ID/stated``, or with ``/1``, ``/2`` behind it."""
    parts = stated_in(row.stated, library)
    for place, (part, quantity) in enumerate(parts, 1):
        column = "stated" + (f"/{place}" if len(parts) > 1 else "")
        number = part if quantity is None else quantity.number
        unit = "" if quantity is None or quantity.unit == "1" else quantity.unit
        yield _sourced(row, column, number, unit)


def _behind(walked: Walk, library: Library) -> Iterator[InputRow]:
    """Rows of the library that site models and compositions took."""
    used: dict[str, Number] = {}
    for sheet in _solved(walked):
        used |= {number.reference: number for number in sheet.used}
    for material in walked.loop.materials.values():
        if material.like:
            numbers = Sourced(library)
            table, _, subject = material.like.removeprefix(LIBRARY).partition("/")
            composition(numbers, table, subject, active=material.active or None)
            used |= {number.reference: number for number in numbers.used}
    for reference, number in used.items():
        yield InputRow(
            reference,
            f"library {number.where}",
            number.value,
            number.unit,
            number.source_id,
            number.page,
            number.grade,
            number.note,
            number.low,
            number.high,
        )


def _solved(walked: Walk) -> Iterable[Sourced]:
    """Numbers of each route that ran."""
    return (run.numbers for site in walked.sites.values() for run in site.solved if run is not None)


def works_of(loop: Loop, rows: Mapping[str, InputRow]) -> dict[str, dict[str, str]]:
    """Works that the numbers are from, and those that the loop names itself, by source_id."""
    used = {row.source for row in rows.values()} | loop.works.keys()
    library = loop.library or load_library()
    works = {name: asdict(work) for name, work in library.sources.items()}
    for name, row in loop.works.items():
        works[name] = {x.name: str(getattr(row, x.name)) for x in columns_of(type(row))}
    return {name: work for name, work in works.items() if name in used}
