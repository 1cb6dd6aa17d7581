"""Numbers inside sentences, led back to the column or the input row that they quote.

A sentence such as "takes 108,824 t of 118,856 t offered" carries no references. A number in it is
a quotation where a column holds it, or adds up to it, in the same unit and rounded to the same
decimals, and shares a word with the clause; or where an input row is it. What fits nothing stays
plain text: no link is better than a wrong one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from loopbook.report.format import is_number
from loopbook.report.table import CaseResult, Cell, Table
from loopbook.report.tables import Places

_NUMBER = re.compile(
    r"(?<![\w.,-])(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?![\w]|[.,]\d)"
    r"(?P<unit>\s?(?:%|kt CO2e|t CO2e|t/yr|t|kt|kg CO2e|kg|GWh/yr|GWh|kWh|M USD|USD|miles?)(?!\w))?"
)
_SCALES = {
    "%": (("1", 100.0),),
    "kt CO2e": (("t CO2e", 1e-3),),
    "M USD": (("USD", 1e-6),),
    "kt": (("t", 1e-3),),
    "t/yr": (("t/yr", 1.0), ("t", 1.0)),
    "GWh/yr": (("GWh/yr", 1.0), ("GWh", 1.0)),
    "": (("t", 1.0), ("GWh", 1.0), ("USD", 1.0), ("USD", 1e-6), ("1", 1.0), ("kg", 1.0)),
}
"""Units of columns that a unit in a sentence may stand for, with the factor."""

_CLAUSE_END = re.compile(r"[,;:()]|\d| and ")
_EMPTY = frozenset(
    {"the", "and", "for", "with", "from", "that", "this", "its", "all", "usd", "per"}
)
_NOT_QUOTED = frozenset({"article", "loop_flows"})
_STEM = 4
_LEAST_DIGITS = 3  # of a number that is quoted without a unit


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence; a number that is a quotation has a link and says of what."""

    text: str
    link: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class _Origin:
    values: frozenset[float]
    table: str
    words: frozenset[str]
    link: str
    title: str


class Quotes:
    """What the sentences of a report may quote: its columns and its inputs."""

    def __init__(self, result: CaseResult, places: Places) -> None:
        self._origins: dict[str, list[_Origin]] = {}
        for unit, origin in (*_columns(result, places), *_inputs(result, places)):
            self._origins.setdefault(unit, []).append(origin)

    def exact(self, value: float, unit: str, context: str) -> str:
        """Link of the one column or input row that holds a number to the last digit.

        A column that adds up to it counts too. Where several do, it is the one that shares most
        words with `context`; where that leaves several, or there is none, the link is empty.
        """
        words = _words(context)
        found = [
            (len(origin.words & words), origin.link)
            for origin in self._origins.get(unit, ())
            if any(math.isclose(value, v, rel_tol=1e-12) for v in origin.values)
        ]
        most = max((score for score, _ in found), default=0)
        links = {link for score, link in found if score == most}
        return links.pop() if len(links) == 1 else ""

    def parts(self, text: str, label: str = "", context: str = "") -> list[Part]:
        """A sentence in pieces, its quotations linked.

        Parameters
        ----------
        text : the sentence.
        label : what each of its numbers is about.
        context : more words that say what it is about.
        """
        found: list[Part] = []
        done = 0
        matches = list(_NUMBER.finditer(text))
        ends = [0, *(m.end() for m in matches)]
        for match, before in zip(matches, ends, strict=False):
            after = _CLAUSE_END.split(text[match.end() :], maxsplit=1)[0]
            clause = _words(f"{label} {text[before : match.start()]} {after}")
            origin = self._origin(match, clause, _words(f"{label} {text} {context}"))
            if origin is not None:
                start, end = match.span("digits")
                found += [Part(text[done:start]), Part(text[start:end], origin.link, origin.title)]
                done = end
        return [part for part in (*found, Part(text[done:])) if part.text]

    def _origin(
        self, match: re.Match[str], clause: frozenset[str], sentence: frozenset[str]
    ) -> _Origin | None:
        """The origin that shares most words with the clause of a number, then with the sentence.

        Columns of several tables may tie where it is one number that they hand on: the first
        table has it. Of one table's columns the last is taken: the others lead up to it.
        """
        unit = (match["unit"] or "").strip()
        digits = match["digits"].replace(",", "")
        places = len(digits.partition(".")[2])
        if not unit and (len(digits) < _LEAST_DIGITS or re.fullmatch(r"(19|20)\d\d", digits)):
            return None
        found = [
            ((len(origin.words & clause), len(origin.words & sentence)), origin, value)
            for of_column, factor in _SCALES.get(unit, ((unit, 1.0),))
            for origin in self._origins.get(of_column, ())
            for value in origin.values
            if f"{value * factor:.{places}f}" == digits
        ]
        most = max((score for score, _, _ in found), default=(0, 0))
        best = [(origin, value) for score, origin, value in found if score == most]
        if not most[0] or (
            len({origin.table for origin, _ in best}) > 1
            and not all(math.isclose(value, best[0][1], rel_tol=1e-12) for _, value in best)
        ):
            return None
        return [origin for origin, _ in best if origin.table == best[0][0].table][-1]


def _columns(result: CaseResult, places: Places) -> Iterator[tuple[str, _Origin]]:
    """Columns with a unit; one of a long table once for each text in its rows."""
    for table in result.tables.values():
        if table.name in _NOT_QUOTED:
            continue
        for rows, category in _split(table):
            for column in table.columns:
                if column.unit:
                    words = f"{column.title} {column.name} {table.title} {table.name} {category}"
                    yield (
                        column.unit,
                        _Origin(
                            _values(rows, table.position(column.name), column.unit),
                            table.name,
                            _words(words),
                            places.column(table.name, column.name),
                            f"{column.title} ({table.title})",
                        ),
                    )


def _split(table: Table) -> Iterator[tuple[list[tuple[Cell, ...]], str]]:
    """Rows of a table by the texts in them."""
    texts = [i for i, c in enumerate(table.columns) if not c.unit]
    groups: dict[str, list[tuple[Cell, ...]]] = {}
    for row in table.rows:
        category = " ".join(str(row[i]) for i in texts if isinstance(row[i], str))
        groups.setdefault(category, []).append(row)
    for category, rows in groups.items():
        yield rows, category


def _values(rows: list[tuple[Cell, ...]], position: int, unit: str) -> frozenset[float]:
    """Cells of a column and, but for shares, their sum."""
    cells = [float(c) for row in rows if is_number(c := row[position]) and c is not None]
    return frozenset(cells if unit == "1" else (*cells, sum(cells)))


def _inputs(result: CaseResult, places: Places) -> Iterator[tuple[str, _Origin]]:
    for row in result.inputs.values():
        if is_number(row.value) and row.unit not in ("", "1"):
            values = frozenset((float(row.value or 0.0),))
            link, words = places.input(row.key), _words(re.sub(r"[/_.]", " ", row.key))
            yield row.unit, _Origin(values, f"inputs of {row.where}", words, link, row.where)


def _words(text: str) -> frozenset[str]:
    """Stems of the words of a text.

    >>> sorted(_words("Scrap_taken, offered: 3 t"))
    ['offe', 'scra', 'take']
    """
    words = re.findall(r"[a-z]{3,}", text.lower().replace("_", " "))
    return frozenset(word[:_STEM] for word in words if word not in _EMPTY)
