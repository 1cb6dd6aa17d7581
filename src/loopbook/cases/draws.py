"""Draws of a case: what is asked of them, and their tables."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isnan

from loopbook.loop import Asked, Doubts, KeyFigure, Loop, Statement, Station, doubt, with_answer
from loopbook.report import DRAW_FINDINGS, DRAW_VALUES, FAILED, Column, Table, csv_lines

DRAWS = 1000
"""How many draws a run has, unless another number is asked for."""

TEST = "/test"
"""Behind the address of a statement: its test."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a run is drawn; see `loopbook.loop.doubt`.

    Parameters
    ----------
    draws, seed : how many, 0 for none; and from which seed.
    processes : how many at a time, unless there is a cluster.
    cluster : address of a Dask scheduler; empty without.
    progress : called with how many blocks are done, and of how many.
    """

    draws: int = 0
    seed: int = 1
    processes: int = 1
    cluster: str = ""
    progress: Callable[[int, int], None] = lambda done, count: None

    def of(self, loop: Loop, asked: Mapping[str, Asked]) -> Doubts | None:
        """What formulas are worth over the draws; None without draws or formulas."""
        if not self.draws or not asked:
            return None
        return doubt(
            loop,
            asked,
            draws=self.draws,
            seed=self.seed,
            processes=self.processes,
            cluster=self.cluster,
            progress=self.progress,
        )


def asked_of(loop: Loop) -> dict[str, Asked]:
    """Formulas of the loop's figures, stations and statements, by the row's address; and, with
    `TEST` behind it, of the tests of statements.
    """
    rows: tuple[Station | KeyFigure | Statement, ...]
    rows = (*loop.figures, *loop.stations, *loop.statements)
    asked = {x.address: (x.answer, x.unit, f"{x.where}, answer") for x in rows if x.answer}
    for x in loop.statements:
        if x.test:
            test = with_answer(x.test, x.answer)
            asked[x.address + TEST] = (test, "1", f"{x.where}, test")
    return {name: Asked(answer, unit or "1", at) for name, (answer, unit, at) in asked.items()}


def doubt_tables(doubts: Doubts | None) -> dict[str, Table]:
    """Figures over the draws, the inputs that matter, and draws that failed or were cut."""
    made = () if doubts is None else (_figures(doubts), _drivers(doubts), _findings(doubts))
    return {table.name: table for table in made}


def draw_values(doubts: Doubts | None) -> dict[str, bytes]:
    """The file with the value of each figure in each draw; empty where there is none."""
    if doubts is None:
        return {}
    shown = {name: one.values for name, one in doubts.of.items() if not name.endswith(TEST)}
    rows = (
        (number, *(None if isnan(values[k]) else float(values[k]) for values in shown.values()))
        for k, number in enumerate(doubts.numbers)
    )
    names = (name.removeprefix("figures/") for name in shown)  # a key figure has its own name
    lines = csv_lines([Column("draw"), *map(Column, names)], rows)
    return {DRAW_VALUES: "".join(lines).encode("utf-8")}


def _figures(doubts: Doubts) -> Table:
    shown = {name: one for name, one in doubts.of.items() if not name.endswith(TEST)}
    tests = {name.removesuffix(TEST): x.share for name, x in doubts.of.items() if name not in shown}
    columns = (
        *(Column("figure", "Figure"), Column("unit", "Unit")),
        Column("value", "Value", how="of the case itself, without draws"),
        Column("low", "Low", how="5 % point of the draws"),
        Column("median", "Median", how="50 % point of the draws"),
        Column("high", "High", how="95 % point of the draws"),
        Column("above_zero", "Share above 0", "1", how="share of the draws that are above 0"),
        Column("holds", "Test holds", "1", how="share of the draws in which its test holds"),
        Column("missing", "Without a number", how="draws that have no number of it"),
    )
    rows = (
        (
            *(name, doubts.asked[name].unit),
            *(None if isnan(x) else x for x in (one.value, one.low, one.median, one.high)),
            *(one.share, tests.get(name), one.missing),
        )
        for name, one in shown.items()
    )
    return Table("draws", "Figures over the draws", columns, tuple(rows), _counts(doubts))


def _drivers(doubts: Doubts) -> Table:
    columns = (
        *(Column("figure", "Figure"), Column("input", "Input"), Column("title", "Title")),
        Column("correlation", "Rank correlation", how="of the input with the figure (Spearman)"),
    )
    shown = ((name, one) for name, one in doubts.of.items() if not name.endswith(TEST))
    pairs = ((name, x) for name, one in shown for x in one.drivers)
    rows = tuple((name, x.address, x.title, x.correlation) for name, x in pairs)
    note = "At most five inputs of a figure, largest first; none that chance alone may put here."
    return Table("drivers", "Inputs that matter", columns, rows, note)


def _findings(doubts: Doubts) -> Table:
    columns = (Column("what", "What"), Column("draws", "Draws"), Column("why", "Why"))
    failed = Counter(doubts.failed.values())
    rows = [(FAILED, count, reason) for reason, count in failed.items()]
    rows += [("cut at its limit", count, address) for address, count in doubts.cut.items()]
    title = "Draws not computed or cut"
    return Table(DRAW_FINDINGS, title, columns, tuple(rows), _counts(doubts))


def _counts(doubts: Doubts) -> str:
    return f"{doubts.draws:,} draws with the seed {doubts.seed}, {len(doubts.failed)} not computed"
