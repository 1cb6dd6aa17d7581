"""What a run answers: page one, the periods, and all tables."""

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from loopbook.report.answers.answer import Answer, Record
from loopbook.report.answers.terminal import grid_text
from loopbook.report.headline import Driver, Headline
from loopbook.report.result import RunResult
from loopbook.report.screen import screen_text
from loopbook.report.table import Column, Table

DRAW_FINDINGS, FAILED = "draw_findings", "not computed"
"""Name of the table of draws that were not computed or cut, and what it says of the first."""

MONTH_LEFT_OUT = "month_left_out"
"""Name of the table that takes the place of a month that cannot be drawn."""


@dataclass(frozen=True, slots=True)
class Run(Answer):
    """A run of a case: its message, tables of page one, the periods and all that was computed."""

    result: RunResult
    title: Annotated[str, Column(title="Case"), "title of the case"]
    message: Annotated[str, "what the run shows, a sentence"]
    proven: Annotated[str, "what is proven, one line"]
    switched_on: Annotated[tuple[str, ...], "scenarios that are on"]
    switched_off: Annotated[tuple[str, ...], "scenarios that are off"]
    report: Annotated[str, "path of the report's page"]
    beside: Annotated[tuple[str, ...], "files written under another name, as OLD: NEW"] = ()
    by_period: bool = False

    @classmethod
    def of(
        cls,
        result: RunResult,
        report: Path,
        *,
        beside: Mapping[str, str] = MappingProxyType({}),
        by_period: bool = False,
    ) -> "Run":
        """The answer of a result whose report has been written; see `names_beside`.

        Parameters
        ----------
        by_period : whether people see the table of periods instead of page one.
        """
        on, off = (
            tuple(name for name, state in result.switches.items() if state is wished)
            for wished in (True, False)
        )
        renamed = tuple(f"{old}: {new}" for old, new in beside.items())
        page = _page_of(result)
        return cls(
            result, result.title, page.title, page.proven, on, off, str(report), renamed, by_period
        )

    def screen(self, width: int | None) -> str:
        """Page one, or the message and the table of periods."""
        page, years = _page_of(self.result), self.result.years
        cells = years.column(years.columns[0].name) if years.columns else []
        periods = f"{cells[0]} to {cells[-1]}" if cells else ""
        if self.by_period:
            return f"{page.title}\n\n{grid_text(years, width)}"
        return screen_text(page, switched_on=self.switched_on, periods=periods, width=width)

    def remark(self) -> str:
        """Where the report is, what to do next, and what was left out, failed or cut."""
        absent = self.result.tables.get(MONTH_LEFT_OUT)
        why = (f"{where}: {finding}" for where, finding in absent.rows) if absent else ()
        left_out = f"\n{absent.title}\n" + "\n".join(why) + "\n" if absent else ""
        kept = "".join(
            f"\n{old} is not as a run wrote it, and stays; the new one is {new}"
            for old, new in (line.split(": ", 1) for line in self.beside)
        )
        return f"{left_out}{kept}{self._of_draws()}\nReport  {self.report}{self._next()}"

    def _of_draws(self) -> str:
        """Draws that were not computed, with the first reasons, and inputs that were cut."""
        table = self.result.tables.get(DRAW_FINDINGS)
        if table is None or not table.rows:
            return ""
        failed = [(count, why) for what, count, why in table.rows if what == FAILED]
        lines = [f"\n{count} draws not computed: {why}" for count, why in failed[:3]]
        lines += [f"\n... and {len(failed) - 3} other reasons" for _ in failed[3:4]]
        cut = len(table.rows) - len(failed)
        lines += [f"\nInputs cut at their limit in some draws: {cut}" for _ in range(cut)[:1]]
        return f"{''.join(lines)} (table {DRAW_FINDINGS})"

    def _next(self) -> str:
        """A switch to try."""
        if not self.switched_off:
            return ""
        name, switch = shlex.quote(self.result.name), shlex.quote(self.switched_off[0])
        return f"\nNext    loopbook run {name} --switch {switch} --out out/{switch}"

    def unmarked(self) -> Record:
        """The answer as facts and tables."""
        record, page = Answer.unmarked(self), _page_of(self.result)
        own = (self.result.years, *page_tables(page), *self.result.tables.values())
        return replace(record, tables=own)


def _page_of(result: RunResult) -> Headline:
    """Page one; of a result without one its title alone."""
    return result.headline or Headline(result.title)


def page_tables(page: Headline) -> Iterator[Table]:
    """Stations, key figures and verdicts of page one, each number with its doubt."""
    figures = ((x.title, x.note, x.estimate) for x in page.figures)
    yield _table("figures", "Key figures", ("title", "note"), figures)
    stations = ((x.title, x.place, x.note, x.kind, x.back, x.estimate) for x in page.stations)
    yield _table("stations", "Stations", ("title", "place", "note", "kind", "back"), stations)
    verdicts = (
        (x.text, x.verdict, x.words, x.probability, x.meaning, x.estimate) for x in page.verdicts
    )
    names = ("text", "verdict", "words", "probability", "meaning")
    yield _table("verdicts", page.statements_title or "Statements", names, verdicts)


def _table(name: str, title: str, names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> Table:
    """Rows whose last cell is an estimate, which becomes several."""
    points = ("value", "unit", "low", "median", "high")
    columns = [Column(x, x.capitalize()) for x in ("name", *names, *points, "matters")]
    cells = (
        (x.name, *row, *(getattr(x, point) for point in points), tuple(map(_driver, x.matters)))
        for *row, x in rows
    )
    return Table(name, title, tuple(columns), tuple(cells))


def _driver(driver: Driver) -> str:
    return f"{driver.address} {driver.correlation:+.2f}"
