"""What a run answers on one screen: its key figures, and a row a year."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from loopbook.report.answers.answer import Answer, Record
from loopbook.report.result import RunResult
from loopbook.report.table import HIDDEN, Column

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
        """Where the report is, and why a month was left out."""
        absent = self.result.tables.get(MONTH_LEFT_OUT)
        why = (f"{where}: {finding}" for where, finding in absent.rows) if absent else ()
        left_out = f"\n{absent.title}\n" + "\n".join(why) + "\n" if absent else ""
        kept = "".join(
            f"\n{old} is not as a run wrote it, and stays; the new one is {new}"
            for old, new in (line.split(": ", 1) for line in self.beside)
        )
        return f"{left_out}{kept}\nReport: {self.report}"

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
