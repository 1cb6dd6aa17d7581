"""What a run answers on one screen: its key figures, and a row a year."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from loopbook.report.answers.answer import Answer, Record
from loopbook.report.result import RunResult
from loopbook.report.table import HIDDEN, Column

DRAW_FINDINGS, FAILED = "draw_findings", "not computed"
"""Name of the table of draws that were not computed or cut, and what it says of the first."""

MONTH_LEFT_OUT = "month_left_out"
"""Name of the table that takes the place of a month that cannot be drawn."""


@dataclass(frozen=True, slots=True)
class Run(Answer):
    """A run of a case: facts are its key figures, tables the years and all that was computed."""

    result: RunResult
    title: Annotated[str, Column(title="Case"), "title of the case"]
    switched_on: Annotated[tuple[str, ...], "scenarios that are on"]
    switched_off: Annotated[tuple[str, ...], "scenarios that are off"]
    report: Annotated[str, Column(drops=HIDDEN), "path of the report's page"]
    beside: Annotated[
        tuple[str, ...], Column(drops=HIDDEN), "files written under another name, as OLD: NEW"
    ] = ()

    @classmethod
    def of(
        cls, result: RunResult, report: Path, *, beside: Mapping[str, str] = MappingProxyType({})
    ) -> "Run":
        """The answer of a result whose report has been written; see `names_beside`."""
        on, off = (
            tuple(name for name, state in result.switches.items() if state is wished)
            for wished in (True, False)
        )
        renamed = tuple(f"{old}: {new}" for old, new in beside.items())
        return cls(result, result.title, on, off, str(report), renamed)

    def remark(self) -> str:
        """Where the report is, why a month was left out, and which draws were cut or failed."""
        absent = self.result.tables.get(MONTH_LEFT_OUT)
        why = (f"{where}: {finding}" for where, finding in absent.rows) if absent else ()
        left_out = f"\n{absent.title}\n" + "\n".join(why) + "\n" if absent else ""
        kept = "".join(
            f"\n{old} is not as a run wrote it, and stays; the new one is {new}"
            for old, new in (line.split(": ", 1) for line in self.beside)
        )
        return f"{left_out}{kept}{self._of_draws()}\nReport: {self.report}"

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

    def shown(self) -> tuple[str, ...]:
        """Only the years; the report has the other tables."""
        return (self.result.years.name,)

    def unmarked(self) -> Record:
        """The answer as facts and tables."""
        record = Answer.unmarked(self)
        summary = self.result.summary
        figures = tuple(
            Column(name, str(label), kind=str, meaning="key figure in words")
            for name, label in zip(self.result.layout.figures, summary.column("label"), strict=True)
        )
        facts = replace(
            record.facts,
            columns=(*record.facts.columns, *figures),
            rows=((*record.facts.rows[0], *summary.column("text")),),
        )
        tables = (self.result.years, *self.result.tables.values())
        return replace(record, facts=facts, tables=tables)
