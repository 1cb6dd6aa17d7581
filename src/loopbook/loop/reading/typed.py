"""Rows of all tables as nouns."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from loopbook.loop.nouns.facts import InTime, Parameter
from loopbook.loop.nouns.row import Row
from loopbook.loop.nouns.trade import Term
from loopbook.loop.reading.names import Names
from loopbook.loop.reading.parameters import read_parameter
from loopbook.loop.reading.rows import read_row, read_term
from loopbook.loop.reading.written import NOUNS, SERIES, Line
from loopbook.loop.values.findings import LoopFindings
from loopbook.loop.values.quantity import Quantity, Series

Noun = TypeVar("Noun", bound=Row)


class Rows(list[Row]):
    """Rows of all tables as nouns, in their order."""

    def of(self, noun: type[Noun]) -> tuple[Noun, ...]:
        """Rows of a noun."""
        return tuple(row for row in self if isinstance(row, noun))


def typed(lines: Mapping[str, list[Line]], names: Names, findings: LoopFindings) -> Rows:
    """Rows of each table as nouns, series excepted; those that cannot be read are left out."""
    rows: list[Row | None] = []
    for table, noun in NOUNS.items():
        for line in lines[table] if noun is not InTime else ():
            if noun is Term:
                rows.append(read_term(line, findings))
            elif noun is Parameter:
                rows.append(read_parameter(line, names.owners, findings, lost=bool(names.lost)))
            else:
                rows.append(read_row(noun, line, findings))
    return Rows(filter(None, rows))


def quantities_of(rows: Iterable[Row], series: Mapping[str, Series]) -> dict[str, Quantity]:
    """Numbers of rows by address; of rows of one address the last."""
    numbers = {f"{SERIES}/{name}": Quantity.of_series(row) for name, row in series.items()}
    return numbers | {row.address: row.number for row in rows if row.number is not None}
