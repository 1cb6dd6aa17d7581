"""Page one of a run: stations, key figures and verdicts, each with its doubt, and the message."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from math import isnan
from typing import TypeVar

from loopbook.cases.general import messages_of, stations_of
from loopbook.cases.overview import figured_of, shown_figures, shown_of
from loopbook.cases.verdicts import Trial, ruling, words_of
from loopbook.errors import Findings, InputError, nearest_hint
from loopbook.loop import (
    Accounts,
    Answers,
    Doubts,
    KeyFigure,
    Loop,
    Number,
    Statement,
    Station,
    accounts,
    walk,
    with_answer,
)
from loopbook.report import (
    Column,
    Estimate,
    Headline,
    InputRow,
    Layout,
    Quote,
    Stamp,
    Table,
    Verdict,
)
from loopbook.report import KeyFigure as ShownFigure
from loopbook.report import Station as ShownStation

_WORDS = (
    *("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"),
    *("Eleven", "Twelve", "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen"),
    *("Nineteen", "Twenty"),
)
In = TypeVar("In")
Out = TypeVar("Out")

_NAMES = ("title", "lead", "statements")
"""Messages of every page: its title, its first sentences, the title of the statements."""


@dataclass(frozen=True, slots=True)
class Solved:
    """A loop that was walked and priced, with what its page asks.

    Parameters
    ----------
    money : its accounts.
    answers : what formulas and texts are worth.
    loop : with general stations, figures and messages where it has none.
    """

    money: Accounts
    answers: Answers
    loop: Loop

    @classmethod
    def of(cls, loop: Loop) -> "Solved":
        """The loop as it is."""
        money = accounts(walk(loop))
        loop = replace(
            loop,
            stations=loop.stations or stations_of(money),
            figures=loop.figures or shown_figures(figured_of(shown_of(money))),
            messages=(
                *loop.messages,
                *(
                    x
                    for x in messages_of(money)
                    if all(y.message != x.message for y in loop.messages)
                ),
            ),
        )
        return cls(money, Answers.of(money), loop)

    def message(self, name: str, default: str = "") -> str:
        """The text of a message: of its first row that holds."""
        for row in self.loop.messages:
            if row.message == name and (
                not row.when or self.answers.holds(row.when, f"{row.where}, when")
            ):
                return self.answers.text(row.text, f"{row.where}, text").text
        return default

    def holds(self, statement: str) -> bool | None:
        """Whether the test of a statement holds; None without one, or without a number."""
        for row in self.loop.statements:
            if row.id == statement and row.test and row.answer:
                test = with_answer(row.test, row.answer)
                return self.answers.holds(test, f"{row.where}, test")
        return None


@dataclass(frozen=True)
class Page:
    """What page one is made of.

    Parameters
    ----------
    case : the run.
    earlier : the version without later ones; None where the case has none in force.
    doubts : figures over the draws, by the addresses of rows; None without draws.
    flipped : solves the case with one switch the other way.
    inputs : numbers that went in, by key.
    """

    case: Solved
    earlier: Solved | None
    doubts: Doubts | None
    flipped: Callable[[str], Solved]
    inputs: Mapping[str, InputRow]

    def headline(self, layout: Layout, proven: str) -> Headline:
        """Page one; all that cannot be computed is an `InputError`.

        Parameters
        ----------
        layout : has the first sentences if no message does.
        proven : what the book shows.
        """
        case, loop, findings = self.case, self.case.loop, Findings()
        figures = [*_each(self._figure, loop.figures, findings)]
        stations = [*_each(self._station, loop.stations, findings)]
        verdicts = [*_each(self._verdict, loop.statements, findings)]
        findings.raise_all()
        count = len(verdicts)
        counted = _WORDS[count] if count < len(_WORDS) else f"{count}"
        noun = "statement" if count == 1 else "statements"
        title = f"{counted} {noun}, and what this run makes of them" if count else ""
        return Headline(
            case.message("title", loop.settings.title),
            case.message("lead", layout.lead),
            tuple(stations),
            tuple(figures),
            proven or "nothing yet: the case keeps no book",
            case.message("statements", title),
            tuple(verdicts),
            _counts(self.inputs),
            self._stamp(),
            self._versions(figures, stations),
        )

    def _estimate(self, row: KeyFigure | Station | Statement, name: str) -> Estimate:
        number = Number(None)
        if row.answer:
            number = self.case.answers.number(row.answer, row.unit, f"{row.where}, answer")
        value = None if number.value is None else float(number.value)
        unit = "" if row.unit == "1" else row.unit
        estimate = Estimate(name, value, unit, row.places, quote=self._quote(number.quote))
        doubt = self.doubts.of.get(row.address) if self.doubts else None
        if doubt is None:
            return estimate
        points = (doubt.low, doubt.median, doubt.high)
        low, median, high = (None if isnan(x) else x for x in points)
        return replace(estimate, low=low, median=median, high=high, matters=doubt.drivers)

    def _quote(self, quote: Quote | None) -> Quote | None:
        """A quote whose address is that of an input; None where there is no such input."""
        if quote is None or quote.table:
            return quote
        keys = [x for x in self.inputs if x == quote.name or x.rpartition("/")[0] == quote.name]
        return replace(quote, name=keys[0]) if keys else None

    def _note(self, row: KeyFigure | Station, name: str) -> str:
        return (
            self.case.message(name) or self.case.answers.text(row.note, f"{row.where}, note").text
        )

    def _figure(self, row: KeyFigure) -> ShownFigure:
        estimate = self._estimate(row, row.figure)
        return ShownFigure(row.title or row.figure, estimate, self._note(row, row.figure))

    def _station(self, row: Station) -> ShownStation:
        return ShownStation(
            row.station,
            row.title or row.station,
            row.place,
            self._estimate(row, row.station),
            self._note(row, row.station),
            "account" if row.kind == "account" else "place",
            row.back,
            self.case.answers.text(row.back_text, f"{row.where}, back_text").text,
        )

    def _verdict(self, row: Statement) -> Verdict:
        trial = self._tried(row)
        return Verdict(
            row.id,
            row.text,
            ruling(trial),
            words_of(trial, row.words),
            self._estimate(row, row.id),
            trial.probability,
            self.case.answers.text(row.meaning, f"{row.where}, meaning").text,
        )

    def _tried(self, row: Statement) -> Trial:
        """What the run, its draws, the earlier version and the readings make of a statement."""
        holds = self.case.holds(row.id)
        doubt = self.doubts.of.get(f"{row.address}/test") if self.doubts else None
        trial = Trial(holds, None if holds is None or doubt is None else doubt.share)
        if holds is None or ruling(trial) == "holds":
            return trial
        if self.earlier is not None:
            since = _month(self.case.loop.settings.version)
            trial = replace(trial, held=self.earlier.holds(row.id), since=since)
        if ruling(trial) == "no longer so":
            return trial
        return replace(trial, brought=next(self._bring(row), ""))

    def _bring(self, row: Statement) -> Iterator[str]:
        """Readings and switches that bring a statement there, in words."""
        own = {x.reading: x for x in self.case.loop.readings if x.statement == row.id}
        for name in row.tried:
            if name in own:
                one = own[name]
                test = with_answer(one.test or row.test, one.answer or row.answer)
                if self.case.answers.holds(test, f"{one.where}, test"):
                    yield f"if {one.title or name}"
            elif self.flipped(name).holds(row.id):
                is_on = self.case.loop.settings.switches[name].on
                yield f"{'without' if is_on else 'with'} {name}"

    def _stamp(self) -> Stamp:
        settings, doubts = self.case.loop.settings, self.doubts
        day = settings.version
        version = f"as of {_month(day)}" if day else ""
        iso = day.isoformat() if day else ""
        if doubts is None:
            return Stamp(settings.title, version, date=iso)
        failed = len(doubts.failed)
        return Stamp(settings.title, version, doubts.draws, doubts.seed, failed, iso)

    def _versions(
        self, figures: Iterable[ShownFigure], stations: Iterable[ShownStation]
    ) -> Table | None:
        """Key figures and stations of the earlier version beside those of this run."""
        if self.earlier is None:
            return None
        before = Page(self.earlier, None, None, self.flipped, self.inputs)
        rows: dict[str, KeyFigure | Station] = {x.address: x for x in self.earlier.loop.figures}
        rows |= {x.address: x for x in self.earlier.loop.stations}
        cells = []
        for kind, shown in (("figures", figures), ("stations", stations)):
            for one in shown:
                row = rows.get(f"{kind}/{one.estimate.name}")
                old = before._estimate(row, "").value if row else None
                now, places = one.estimate.value, one.estimate.decimals
                if (old is None) != (now is None) or round(old or 0, places) != round(
                    now or 0, places
                ):
                    change = None if old is None or now is None else now - old
                    cells.append((one.title, one.estimate.unit, old, now, change))
        settings = self.earlier.loop.settings
        since = _month(settings.version)
        columns = (
            *(Column("figure", "Figure"), Column("unit", "Unit")),
            Column("before", f"As of {since}" if since else "Before"),
            Column("now", f"As of {_month(self.case.loop.settings.version)}"),
            Column("change", "Change"),
        )
        title = f"What changed since {since}" if since else "What changed"
        return Table("versions", title, columns, tuple(cells))


def titled(layout: Layout, case: Solved) -> Layout:
    """A layout whose sections and charts have the messages of a case as titles.

    Raises
    ------
    InputError : a message of a name that nothing on the page has.
    """
    plots = {plot.name for section in layout.sections for plot in section.plots}
    loop = case.loop
    known = {*_NAMES, *plots, *(x.id for x in layout.sections)}
    known |= {x.station for x in loop.stations} | {x.figure for x in loop.figures}
    findings = Findings()
    for row in loop.messages:
        if row.message not in known:
            what, hint = (
                "a message, section, plot, station or figure",
                nearest_hint(row.message, known),
            )
            findings.note("unknown-name", what, row.message, at=f"{row.where}, message", hint=hint)
    findings.raise_all()
    sections = tuple(
        replace(
            section,
            title=case.message(section.id, section.title),
            plots=tuple(replace(x, title=case.message(x.name, x.title)) for x in section.plots),
        )
        for section in layout.sections
    )
    return replace(layout, sections=sections)


def _each(make: Callable[[In], Out], rows: Iterable[In], findings: Findings) -> Iterator[Out]:
    """What each row gives; errors go to the findings."""
    for row in rows:
        try:
            yield make(row)
        except InputError as error:
            findings.items.extend(error.findings)


def _counts(inputs: Mapping[str, InputRow]) -> tuple[tuple[str, int], ...]:
    """Numbers that went in: with a source, assumed, and settings."""
    counts = {"sourced": 0, "assumptions": 0, "settings": 0}
    for key, row in inputs.items():
        if row.grade == "setting":
            counts["settings"] += 1
        elif isinstance(row.value, int | float) and not key.startswith("statements/"):
            counts["sourced" if row.source else "assumptions"] += 1
    return tuple(counts.items())


def _month(day: date | None) -> str:
    """A month in words.

    >>> _month(date(2026, 5, 31)), _month(None)
    ('May 2026', '')
    """
    names = "January February March April May June July August September October November December"
    return f"{names.split()[day.month - 1]} {day.year}" if day else ""
