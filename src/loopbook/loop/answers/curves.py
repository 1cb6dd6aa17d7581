"""Curves: figures over a range of one number, and the ranges in which they are not below zero."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from loopbook.errors import FormulaError, InputError
from loopbook.loop.answers.evaluate import Evaluator, Place
from loopbook.loop.answers.tables import answer, in_unit
from loopbook.loop.checking.subject import Subject
from loopbook.loop.draws.sweep import sweep
from loopbook.loop.loop import Loop
from loopbook.loop.money.accounts import accounts
from loopbook.loop.nouns.facts import Curve
from loopbook.loop.walking.walk import walk
from loopbook.report import Cell, Column, Table
from loopbook.tables import Array, parse_quantity

POINTS = 25
"""Values of a curve, evenly from the first to the last."""


@dataclass(frozen=True)
class Drawn:
    """A curve that was computed.

    Parameters
    ----------
    head : its row.
    unit, values : of the number that is moved, (point,).
    base : its value in the loop as it is; NaN of a series.
    lines : rows of the lines, each with its values, (point,).
    """

    head: Curve
    unit: str
    values: Array
    base: float
    lines: Mapping[str, tuple[Curve, Array]]

    def ranges(self, names: Iterable[str]) -> list[tuple[float, float]]:
        """Where none of some lines is below zero, with straight lines between the points."""
        least = np.min([self.lines[name][1] for name in names], axis=0)
        ends: list[tuple[float, float]] = []
        for k in range(len(self.values) - 1):
            (left, right), (start, end) = least[k : k + 2], self.values[k : k + 2]
            if left < 0.0 and right < 0.0:
                continue
            turn = start + (end - start) * left / (left - right) if left != right else start
            begin, stop = (turn if left < 0.0 else start), (turn if right < 0.0 else end)
            if ends and ends[-1][1] == begin:
                begin = ends.pop()[0]
            ends.append((float(begin), float(stop)))
        return [(begin, stop) for begin, stop in ends if begin < stop]


def curve(loop: Loop, name: str, other: Loop | None = None) -> Drawn:
    """Walk a loop over the range of a curve.

    Parameters
    ----------
    other : the loop with the switch of `against` changed; its lines are taken off.

    Raises
    ------
    InputError : no such curve, or numbers that this run does not use.
    """
    head, rows = curves_of(loop)[name]
    numbers = {address: points(loop, head, address) for address in head.addresses}
    first = head.addresses[0]
    unit, values = loop.quantities[first].unit, numbers[first]
    walked = walk(sweep(loop, numbers))
    runs = [(walked, accounts(walked))]
    if other is not None:
        there = walk(other)
        runs.append((there, accounts(there)))
    lines: dict[str, tuple[Curve, Array]] = {}
    for row in rows:
        figures = [answer(*run, row.answer, unit=row.unit)[0] for run in runs]
        line = figures[0] - sum(figures[1:])
        lines[row.line] = row, np.broadcast_to(line, values.shape)
    return Drawn(head, unit, values, loop.quantities[head.addresses[0]].number, lines)


def points(loop: Loop, head: Curve, address: str) -> Array:
    """Values of a number that a curve moves, in its own unit, (point,)."""
    unit = loop.quantities[address].unit
    low, high = (
        parse_quantity(text, unit, where=f"{head.where}, {column}")
        for column, text in (("least", head.least), ("most", head.most))
    )
    return np.linspace(low, high, POINTS)


def curves_of(loop: Loop) -> dict[str, tuple[Curve, list[Curve]]]:
    """Rows of each curve by its name: its own and those of its lines."""
    heads = {row.curve: row for row in loop.curves if not row.line}
    return {
        name: (head, [row for row in loop.curves if row.curve == name and row.line])
        for name, head in heads.items()
    }


def curve_tables(drawn: Sequence[Drawn]) -> Iterator[Table]:
    """Points of all curves, and the ranges in which their lines are not below zero."""
    if drawn:
        yield _points_table(drawn)
        yield _ranges_table(drawn)


def _points_table(drawn: Iterable[Drawn]) -> Table:
    columns = (
        Column("curve", "Curve"),
        Column("at", "At"),
        Column("at_unit", "Unit"),
        Column("base", "In the case", how="value of the number as it is"),
        Column("line", "Line"),
        Column("value", "Value"),
        Column("unit", "Unit of the value"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            one.head.curve,
            float(at),
            one.unit,
            _or_none(one.base),
            row.title or line,
            float(value),
            row.unit,
        )
        for one in drawn
        for line, (row, values) in one.lines.items()
        for at, value in zip(one.values, values, strict=True)
    ]
    return Table("curves", "Figures over a range of one number", columns, tuple(rows))


def _or_none(number: float) -> float | None:
    return None if math.isnan(number) else number


def _ranges_table(drawn: Iterable[Drawn]) -> Table:
    columns = (
        Column("curve", "Curve"),
        Column("line", "Line"),
        Column("low", "From"),
        Column("high", "To"),
        Column("unit", "Unit"),
    )
    rows: list[tuple[Cell, ...]] = []
    for one in drawn:
        names = {row.title or line: [line] for line, (row, _) in one.lines.items()}
        gaining = [line for line, (row, _) in one.lines.items() if row.gain]
        if len(gaining) > 1:
            names["all that gain"] = gaining
        for title, some in names.items():
            rows += [(one.head.curve, title, *ends, one.unit) for ends in one.ranges(some)]
    note = "An end of the curve is an end of the range. Between points lines are straight."
    return Table("ranges", "Where lines are not below zero", columns, tuple(rows), note)


def check_curves(subject: Subject) -> None:
    """Addresses, ranges and formulas of curves."""
    loop = subject.loop
    evaluator, known = Evaluator(loop), curves_of(loop)
    for row in loop.curves:
        if row.line:
            subject.at(row).check_known("a curve that has a row of its own", row.curve, known)
            try:
                value = evaluator.formula(row.answer, Place(where=f"{row.where}, answer"))
                array = in_unit(value, row.unit, f"{row.where}, answer")
                if len(array) > 1:
                    what = "one number, such as sum(...)"
                    raise FormulaError.of("formula", row.where, what, row.answer)
            except InputError as error:
                subject.findings.items.extend(error.findings)
            continue
        for address in row.addresses:
            subject.at(row).check_known(
                "the address of a number", address, loop.quantities, at="over"
            )
            if address in loop.quantities:
                _check_range(subject, row, address)


def _check_range(subject: Subject, row: Curve, address: str) -> None:
    at, number = subject.at(row), subject.loop.quantities[address]
    try:
        values = points(subject.loop, row, address)
    except InputError as error:
        subject.findings.items.extend(error.findings)
        return
    low, high = float(values[0]), float(values[-1])
    if not low < high:
        at.note("range", f"more than least, {row.least}", row.most, at="most")
    elif not number.least <= low <= high <= number.most:
        what = f"{number.least:g} to {number.most:g} {number.unit}"
        at.note("range", what, f"{row.least} to {row.most}", at="least")
