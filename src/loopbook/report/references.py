"""References to results, and texts that quote them.

A reference is ``table.column``, with ``[column=value,...]`` to choose rows and ``:max``, ``:min``,
``:sum``, ``:first``, ``:last`` or ``:argmax`` (the year of the largest) where several rows are
left; or ``input:KEY`` of an input row; or ``KIND:NAME`` of a kind that the caller brings. A
reference may be divided by another or by a number: ``a / b``. In a text a reference is in
braces with a format: ``{a|,.0f}``. Each quotation remembers the column or input row it is from, so
that the page can lead there.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TypeAlias

from loopbook.errors import Finding, InputError, UnknownNameError, raise_findings, require_known
from loopbook.report.result import InputRow
from loopbook.report.table import Cell, Quote, Table

_REFERENCE = re.compile(
    r"^(?P<table>\w+)\.(?P<column>\w+)(?:\[(?P<match>[^\]]*)\])?(?::(?P<pick>\w+))?$"
)
_BRACES = re.compile(r"\{([^{}|]+)\|([^{}|]*)\}")
_AXES = {"year", "period"}
_PERIOD = re.compile(r"\d{4}(-Q[1-4]|-(0[1-9]|1[0-2]))?")
_PICKS = ("max", "min", "sum", "first", "last", "argmax")
_CHOOSE: Mapping[str | None, Callable[[list[Cell]], Cell]] = {
    "max": lambda cells: max(cells, key=_number),
    "min": lambda cells: min(cells, key=_number),
    "sum": lambda cells: sum(map(_number, cells)),
    "last": itemgetter(-1),
}


@dataclass(frozen=True, slots=True)
class Referred:
    """What a reference is: its value, the input keys behind it, and where it is from if known.

    A text has `none` where there is no value.
    """

    value: Cell
    keys: tuple[str, ...] = ()
    quote: Quote | None = None
    none: str = "none"


Kind: TypeAlias = Callable[[str, str], Referred]
"""Answers a reference ``KIND:NAME``, given the name and the place that names it."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """A text with its quotations filled in."""

    text: str
    quotes: tuple[Quote, ...] = ()
    keys: tuple[str, ...] = ()


class References:
    """What references can name: result tables, input rows, and kinds of the caller's own.

    A reference to a period before the first of `periods`, or after the last, has no value, and is
    listed in `outside` with its place.

    >>> from loopbook.report.table import Column
    >>> cells = Table("cells", "Cells", (Column("year", "Year"), Column("made_gwh", "Made", "GWh")),
    ...     ((2030, 18.0), (2031, 20.0)))
    >>> references = References({"cells": cells}, {})
    >>> references.value("cells.made_gwh:sum / cells.made_gwh:max").value
    1.9
    >>> filled = references.fill("{cells.made_gwh:max|.0f} GWh in {cells.made_gwh:argmax|}")
    >>> filled.text, filled.quotes[0]
    ('20 GWh in 2031', Quote(table='cells', name='made_gwh', start=0, end=2))
    """

    def __init__(
        self,
        tables: Mapping[str, Table],
        inputs: Mapping[str, InputRow],
        kinds: Mapping[str, Kind] | None = None,
        *,
        periods: Sequence[str] = (),
    ) -> None:
        self._tables, self._inputs = tables, inputs
        self._periods = periods
        self.outside: dict[tuple[str, str], None] = {}
        self._kinds: dict[str, Kind] = {"input": self.input, **(kinds or {})}

    def value(self, text: str, where: str = "reference") -> Referred:
        """Value of a reference or a ratio; None where the divisor is zero or missing.

        Raises
        ------
        InputError : names what is unknown, with the nearest names, or ambiguous.
        """
        over, _, under = (part.strip() for part in text.strip().partition(" / "))
        top = self._one(over, where)
        if not under:
            return top
        try:
            bottom = Referred(float(under))
        except ValueError:
            bottom = self._one(under, where)
        ratio: Cell = None
        if top.value is not None and bottom.value:
            ratio = _number(top.value, where) / _number(bottom.value, where)
        none = bottom.none if top.value is not None else top.none
        return Referred(ratio, (*top.keys, *bottom.keys), top.quote, none)

    def fill(self, template: str, where: str = "text") -> Quotation:
        """A text with each reference in braces replaced by its number.

        Raises
        ------
        InputError : all wrong references of the text at once.
        """
        findings: list[Finding] = []
        quotes: list[Quote] = []
        keys: list[str] = []
        text, done = "", 0
        for match in _BRACES.finditer(template):
            text += template[done : match.start()]
            done = match.end()
            try:
                referred = self.value(match[1], where)
                cell = referred.value
                written = referred.none if cell is None else format(cell, match[2])
            except InputError as error:
                findings.extend(error.findings)
                continue
            except ValueError as error:
                findings.append(Finding("format", where, "a number format", f"{match[2]}: {error}"))
                continue
            keys.extend(referred.keys)
            if referred.quote is not None:
                end = len(text) + len(written.rstrip("%"))
                quotes.append(replace(referred.quote, start=len(text), end=end))
            text += written
        raise_findings(findings)
        return Quotation(text + template[done:], tuple(quotes), tuple(dict.fromkeys(keys)))

    def input(self, key: str, where: str) -> Referred:
        """An input row by its key."""
        require_known("an input key", key, self._inputs, where=where)
        return Referred(self._inputs[key].value, (key,), Quote("", key))

    def _one(self, text: str, where: str) -> Referred:
        kind, _, name = text.partition(":")
        known = name and kind in self._kinds
        return self._kinds[kind](name, where) if known else self._cell(text, where)

    def _cell(self, text: str, where: str) -> Referred:
        match = _REFERENCE.match(text)
        if match is None:
            expected = "a reference such as scrap.taken_t:max"
            raise UnknownNameError.of("unknown-name", where, expected, text)
        require_known("a table of results", match["table"], self._tables, where=where)
        table = self._tables[match["table"]]
        columns = {c.name: c for c in table.columns}
        chosen = dict(part.split("=", 1) for part in (match["match"] or "").split(",") if part)
        for name in (match["column"], *chosen):
            require_known(f"a column of {table.name}", name, columns, where=where)
        rows = [row for row in table.records() if all(str(row[k]) == v for k, v in chosen.items())]
        quote = Quote(table.name, match["column"])
        for axis in _AXES & chosen.keys() if not rows and self._periods else ():
            first, last, period = self._periods[0], self._periods[-1], chosen[axis]
            inside = first[: len(period)] <= period <= last[: len(period)]
            if _PERIOD.fullmatch(period) and not inside:
                self.outside[where, text] = None
                none = f"(outside of {first}..{last})"
                return Referred(None, columns[match["column"]].basis, quote, none)
        value = _pick(rows, match["column"], match["pick"], f"{where}: {text}")
        return Referred(value, columns[match["column"]].basis, quote)


def _pick(rows: list[dict[str, Cell]], column: str, pick: str | None, where: str) -> Cell:
    if not rows or (len(rows) > 1 and pick not in _PICKS):
        picks = ", ".join(f":{name}" for name in _PICKS)
        raise InputError.of("ambiguous", where, f"one row, or {picks}", f"{len(rows)} rows")
    filled = [row for row in rows if row[column] is not None]
    if not filled:
        return None
    if pick == "argmax":
        return max(filled, key=lambda row: _number(row[column])).get("year")
    return _CHOOSE.get(pick, itemgetter(0))([row[column] for row in filled])


def _number(cell: Cell, where: str = "reference") -> float:
    if not isinstance(cell, (int, float)):
        raise InputError.of("number", where, "a number", repr(cell))
    return cell
