"""Answers of the library: its tables, rows that contain a text, where a number comes from."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from loopbook.errors import UnknownNameError, nearest_hint
from loopbook.matter.library import Library
from loopbook.matter.tables import Number, Source
from loopbook.report import GRADES, Answer, Column, Rows, counted


@dataclass(frozen=True, slots=True)
class TableRow:
    """One table of the library."""

    table: Annotated[str, "name of the table"]
    rows: Annotated[int, "count of its rows", Column(decimals=0, adds=True)]
    subjects: Annotated[int, "count of its subjects", Column(decimals=0)]
    sources: Annotated[tuple[str, ...], "works that its rows cite", Column(drops=1)]


@dataclass(frozen=True, slots=True)
class LibraryTables(Answer):
    """The tables of the library."""

    tables: Annotated[tuple[TableRow, ...], Rows("Tables")]

    def headline(self) -> str:
        """How many tables."""
        return f"{len(self.tables)} tables of the library"


@dataclass(frozen=True, slots=True)
class Numbers(Answer):
    """Rows of the library, and the works that they cite."""

    title: str
    numbers: Annotated[tuple[Number, ...], Rows("Rows")]
    sources: Annotated[tuple[Source, ...], Rows("Sources")]

    def headline(self) -> str:
        """How many rows of what."""
        return self.title

    def shown(self) -> tuple[str, ...]:
        """People see the rows; each names its source."""
        return ("numbers",)


@dataclass(frozen=True, slots=True)
class Explained:
    """Where one number comes from, in words."""

    number: Annotated[str, "key, value, unit, year, grade and source"]
    row: Annotated[str, "file and line"]
    range: Annotated[str, "least and most that it may be"]
    source: Annotated[str, "the work, cited"]
    at: Annotated[str, "where to read the work"]
    licence: Annotated[str, "on which terms the work may be used"]
    grade: Annotated[str, "how sure the number is"]
    note: Annotated[str, "anything else"]


@dataclass(frozen=True, slots=True)
class Explanation(Numbers):
    """Where numbers come from: the rows, the works, and both in words."""

    blocks: ClassVar[bool] = True
    explained: Annotated[tuple[Explained, ...], Rows("Where they come from")]

    def shown(self) -> tuple[str, ...]:
        """People see the words."""
        return ("explained",)


def library_tables(library: Library) -> LibraryTables:
    """The tables of the library.

    >>> from loopbook.matter import load_library
    >>> library_tables(load_library()).tables[0].table
    'black_mass_specs'
    """
    rows = []
    for name in library.tables():
        numbers = library.table(name)
        sources = tuple(sorted({n.source_id for n in numbers}))
        rows.append(TableRow(name, len(numbers), len(library.subjects(name)), sources))
    return LibraryTables(tuple(rows))


def library_table(library: Library, table: str) -> Numbers:
    """The rows of one table; an unknown one is an `UnknownNameError`."""
    numbers = library.table(table)
    return Numbers(f"{len(numbers)} rows of {table}", numbers, _works(numbers, library))


def search_library(library: Library, text: str) -> Numbers:
    """Rows that contain every word of a text; none is an `UnknownNameError`."""
    numbers = library.find(text)
    if not numbers:
        raise UnknownNameError.of("unknown-name", "library search", "a text of a row", text)
    return Numbers(
        f"{counted(len(numbers), 'row')} with: {text}", numbers, _works(numbers, library)
    )


def explain(library: Library, key_or_value: str) -> Explanation:
    """Where a number comes from, by its key or its value; an unknown one is an `UnknownNameError`.

    >>> from loopbook.matter import load_library
    >>> print(explain(load_library(), "geography/US/electricity price").explained[0].number)
    geography/US/electricity price = 0.0845 USD/kWh (2022) [A, everbatt2023]
    """
    try:
        value = float(key_or_value)
    except ValueError:
        numbers = library.with_key(key_or_value)
        hint = "" if numbers else nearest_hint(key_or_value, {n.key for n in library.numbers})
    else:
        numbers = library.with_value(value) if math.isfinite(value) else ()
        hint = "write it as in its table, in the table's unit"
    if not numbers:
        raise UnknownNameError.of(
            "unknown-name",
            "library explain",
            "a key or a value of the library",
            key_or_value,
            hint=hint,
        )
    rows = tuple(_explained(number, library.source(number)) for number in numbers)
    return Explanation("", numbers, _works(numbers, library), rows)


def _works(numbers: Iterable[Number], library: Library) -> tuple[Source, ...]:
    return tuple({n.source_id: library.source(n) for n in numbers}.values())


def _explained(number: Number, source: Source) -> Explained:
    parts = (source.authors, source.title, source.publisher)
    year = f" ({source.year})" if source.year else ""
    return Explained(
        str(number),
        number.where,
        _range_text(number),
        ". ".join(part.rstrip(".") for part in parts if part)
        + year
        + (f", {number.page}" if number.page else ""),
        source.url_or_doi,
        source.licence,
        f"{number.grade}: {GRADES[number.grade]}",
        number.note,
    )


def _range_text(number: Number) -> str:
    low, high = ("" if x is None else f"{x:.6g}" for x in (number.low, number.high))
    unit = "" if number.unit == "1" else f" {number.unit}"
    if low and high:
        return f"{low} to {high}{unit}"
    return f"from {low}{unit}" if low else f"up to {high}{unit}" if high else "not given"
