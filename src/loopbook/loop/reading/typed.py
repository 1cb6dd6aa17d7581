"""Rows of all tables as nouns."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from loopbook.loop.nouns.facts import Parameter
from loopbook.loop.nouns.row import Row
from loopbook.loop.nouns.trade import Term
from loopbook.loop.reading.names import Names
from loopbook.loop.reading.parameters import read_parameter
from loopbook.loop.reading.rows import read_row, read_term
from loopbook.loop.reading.written import NOUNS, Line
from loopbook.loop.values.findings import LoopFindings

Noun = TypeVar("Noun", bound=Row)


@dataclass(slots=True)
class Rows:
    """Rows of all tables as nouns, in their order."""

    rows: list[Row] = field(default_factory=list)

    def add(self, row: Row | None) -> None:
        """Add a row, if it could be read."""
        if row is not None:
            self.rows.append(row)

    def of(self, noun: type[Noun]) -> tuple[Noun, ...]:
        """Rows of a noun."""
        return tuple(row for row in self.rows if isinstance(row, noun))

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)


def typed(lines: Mapping[str, list[Line]], names: Names, findings: LoopFindings) -> Rows:
    """Rows of each table as nouns, series excepted; those that cannot be read are left out."""
    modes, lost = set(names.places["mode"]), bool(names.lost)
    read = Rows()
    for table, noun in NOUNS.items():
        for line in lines[table]:
            if noun is Term:
                read.add(read_term(line, findings))
            elif noun is Parameter:
                read.add(read_parameter(line, names.owners, modes, findings, lost=lost))
            else:
                read.add(read_row(noun, line, findings))
    return read
