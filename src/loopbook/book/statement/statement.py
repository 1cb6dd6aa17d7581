"""The metal statement: what was there, what came, went, was made and lost, and what is there now.

For a stretch of time, of everything or of a party, a site or a lot:

    opening + movements = closing

in whole milligrams of every substance. Opening and closing are read from the accounts, the
movements from the events in between, so that the equation is a check and not a definition; if it
does not hold, nothing is stated. The words are those of AMIRA P754 (release 3, 2007):
check-in and check-out, unaccounted metal, re-assay, stock-take.

* Time is when things happened (`occurred_at`); with `known_at` only what was recorded by then
  counts, such as what was believed on 3 March about the end of February.
* A reversal is on the line of what it reverses, at its own time; a note names those that reverse
  something from before the stretch.
* Of what runs consumed and did not produce, the lines "of which" show where it went. They are in
  the two lines above them and do not count again.
* Uncertainty: see `loopbook.book.statement.uncertainty`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated

from loopbook.book.book import Book, unknown_names
from loopbook.book.commands.command import LINES
from loopbook.book.commands.draft import kg, microseconds
from loopbook.book.modelled import says_modelled
from loopbook.book.nouns import Account, Content, add, add_to, is_zero, mass, negate
from loopbook.book.scope import TRANSIT, Scope, Stretch
from loopbook.book.statement.movements import RUN_LOSSES, amounts, moved, total, unstated
from loopbook.book.statement.uncertainty import SHARED, Knowledge, Sure, knowledge, sure_of
from loopbook.book.storage.questions.events import reversed_before
from loopbook.book.storage.snapshots import balances
from loopbook.errors import BalanceError, Finding, raise_findings, require_known
from loopbook.report import HIDDEN, KEYS, Answer, Column, Rows, each_mass, moment_of, record_text


def moment_text(microseconds_utc: int) -> str:
    """A moment as people read it, UTC.

    >>> moment_text(0), moment_text(90_000_000)
    ('1970-01-01', '1970-01-01 00:01:30')
    """
    return f"{moment_of(microseconds_utc):%Y-%m-%d %H:%M:%S}".removesuffix(" 00:00:00")


_AS_NOW = ("opening", "closing", "shipped in", "delivered")  # by an arrival's mass, if there is one
_MEASURED = (*_AS_NOW, "received", "returned", "title in", "consumed", "produced", "shipped out")


def _kg(milligrams: float) -> float:
    return milligrams / 1e6


def _named(scope: Scope) -> str:
    return ", ".join(f"{what} {name}" for what, name in asdict(scope).items() if name is not None)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement.

    Parameters
    ----------
    name : ``opening``, one of `LINES`, ``closing``; ``of which ...`` is in the lines above it.
    content : milligrams per substance; what leaves is negative.
    sure : uncertainty, where measurements give one.
    counts : whether it is part of opening + movements = closing.
    """

    name: Annotated[str, "opening, a movement or closing", Column("line", "Line")]
    content: Annotated[Content, "what leaves is negative", each_mass(adds=False)]
    sure: Sure | None = None
    counts: Annotated[bool, "part of opening + movements = closing", Column(drops=HIDDEN)] = True

    @property
    def mass(self) -> int:
        """Mass, mg."""
        return mass(self.content)


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """One standard uncertainty of a line, mg, and the share of its matter that it covers."""

    name: Annotated[str, "line of the statement", Column("line", "Line")]
    mass: Annotated[float, "of the mass", Column("mass_u_kg", "Mass", "kg", decimals=2, read=_kg)]
    substances: Annotated[
        tuple[float, ...],
        "of the substance; 0 where nothing is covered",
        Column("{}_u_kg", "{}", "kg", decimals=2, read=_kg),
    ]
    mass_covered: Annotated[
        float | None, "weighed", Column("mass_covered_share", "Mass covered", "1", decimals=0)
    ]
    covered: Annotated[
        Sequence[float | None],
        "weighed and assayed; empty where there is none",
        Column("{}_covered_share", "{} covered", "1", drops=HIDDEN),
    ]


@dataclass(frozen=True, slots=True)
class Statement(Answer):
    """A metal statement.

    Parameters
    ----------
    title : what is stated.
    start, end, known_at : microseconds since 1970 UTC; `known_at` None for all that is known.
    scope : party, site and lot that it is about.
    substances : in the order of the contents.
    lines : every line, those that are zero too.
    notes : what a reader must know beside the numbers.
    """

    title: Annotated[str, "what is stated"]
    start: Annotated[int, "from this moment on", Column(read=moment_of)]
    end: Annotated[int, "up to, but not including, this moment", Column(read=moment_of)]
    known_at: Annotated[
        int | None, "as the book knew it then; empty for now", Column(read=moment_of)
    ]
    scope: Annotated[Scope, "party, site and lot; empty for all", Column(read=_named)]
    substances: Annotated[tuple[str, ...], KEYS]
    lines: tuple[Line, ...]
    notes: Annotated[tuple[str, ...], "what a reader must know beside the numbers"] = ()

    @property
    def balance(self) -> Annotated[tuple[Line, ...], Rows("Opening, movements and closing")]:
        """Opening, closing, and the lines that are not zero."""
        ends = ("opening", "closing")
        return tuple(x for x in self.lines if x.name in ends or not is_zero(x.content))

    @property
    def uncertainty(self) -> Annotated[tuple[Uncertainty, ...], Rows("Standard uncertainty")]:
        """Of the lines that measurements cover in part or in whole."""
        return tuple(
            Uncertainty(x.name, y.mass, y.substances, y.mass_covered, y.covered)
            for x in self.balance
            if (y := x.sure) is not None and _covers(y)
        )

    def line(self, name: str) -> Line:
        """A line by its name."""
        return next(line for line in self.lines if line.name == name)

    def kg(self, name: str, substance: str = "mass") -> float:
        """A number of the statement, kg."""
        return amounts(self.line(name).content, self.substances)[substance] / 1e6

    def headline(self) -> str:
        """Title, stretch of time, scope."""
        known = "" if self.known_at is None else f"as known on {moment_text(self.known_at)} UTC"
        span = f"{moment_text(self.start)} to {moment_text(self.end)} UTC"
        return f"{self.title}\n{'; '.join(filter(None, [span, _named(self.scope), known]))}"

    def text(self, substances: Sequence[str] = ()) -> str:
        """The statement as plain text, of these substances; by default of all that it has."""
        return record_text(self.as_record(), only=substances)


def _covers(sure: Sure) -> bool:
    return bool(sure.mass_covered or any(sure.covered))


# -- making one


def period_statement(
    book: Book,
    period: str,
    *,
    party: str | None = None,
    site: str | None = None,
    lot: str | None = None,
    known_at: datetime | int | None = None,
) -> Statement:
    """The metal statement of a period of the book, by its name; see `metal_statement`.

    It begins at the end of the period before, so that no date between two periods is left out.
    """
    nouns = book.store.nouns()
    require_known("a period of the book", period, nouns.periods, where="period")
    of = nouns.periods[period]
    return metal_statement(
        book,
        start=nouns.counts_from(of),
        end=of.end,
        party=party,
        site=site,
        lot=lot,
        known_at=known_at,
    )


@says_modelled
def metal_statement(
    book: Book,
    *,
    start: datetime | int,
    end: datetime | int,
    party: str | None = None,
    site: str | None = None,
    lot: str | None = None,
    known_at: datetime | int | None = None,
    uncertainty: bool = True,
    shared: float = SHARED,
) -> Statement:
    """State what was there, moved and is there, between two moments.

    Parameters
    ----------
    book : an open book.
    start, end : from `start` up to, but not including, `end`; microseconds since 1970 UTC, or
        with a time zone.
    party, site, lot : only what this party owns, this site holds (``in transit``: all that is on
        the road), this lot; None for all.
    known_at : only what the book knew at this moment; None for all that it knows.
    uncertainty : whether to combine the measurements' uncertainties; long stretches are quicker
        without.
    shared : share of the variance of a scale's or laboratory's measurements that they have in
        common, 0..1 (see `loopbook.book.statement.uncertainty`).

    Raises
    ------
    InputError : an unknown name, a moment without time zone, or an end that is not after the start.
    BalanceError : opening and movements are not the closing, whatever the lines of the kinds.
    """
    scope, findings = Scope(party, site, lot), list[Finding]()
    stretch = Stretch(
        _microseconds("start", start, findings),
        _microseconds("end", end, findings),
        None if known_at is None else _microseconds("known_at", known_at, findings),
    )
    if not findings and stretch.start >= stretch.end:
        findings.append(
            Finding("range", "end", f"after {moment_text(stretch.start)}", moment_text(stretch.end))
        )
    raise_findings([*findings, *unknown_names(book.store, scope)])
    substances = book.substances
    with book.store.snapshot(stretch.known_at):
        opening, closing = (
            balances(book.store, substances, asof, scope=scope, boundaries=False)
            for asof in (stretch.before, stretch.asof)
        )
        moves = moved(book.store, substances, stretch, scope=scope, by_lot=uncertainty)
        known = None
        if uncertainty:
            lots = {a.lot for a in (*opening, *closing)} | {x for m in moves.values() for x in m}
            known = knowledge(book.store, substances, lots, stretch.asof)
    lines = _lines(opening, closing, moves, _Sums(substances, known, shared))
    off = _off(lines, len(substances))
    if not is_zero(off):
        raise_findings(unstated(book.store, substances, stretch, scope))
        columns = zip(substances, off, strict=True)
        raise BalanceError(
            f"metal statement: opening and movements are {kg(mass(off))} more than the closing "
            f"({', '.join(f'{s} {kg(x)}' for s, x in columns if x)})"
        )
    return Statement(
        _title(book, stretch),
        stretch.start,
        stretch.end,
        stretch.known_at,
        scope,
        substances,
        tuple(lines),
        (*_notes(book, stretch, scope, lines), *_method(lines, substances, known, shared)),
    )


def _microseconds(name: str, moment: datetime | int, findings: list[Finding]) -> int:
    """A moment in microseconds since 1970 UTC; a finding if it has no time zone."""
    if isinstance(moment, datetime) and moment.tzinfo is None:
        findings.append(
            Finding(
                "time",
                name,
                "a time zone",
                moment.isoformat(),
                "write the offset, for example 2026-03-01T00:00:00-05:00",
            )
        )
        return 0
    return moment if isinstance(moment, int) else microseconds(moment)


def _by_lot(stock: Mapping[Account, Content]) -> dict[str, Content]:
    lots: dict[str, Content] = {}
    for account, content in stock.items():
        add_to(lots, account.lot, content)
    return lots


@dataclass(frozen=True, slots=True)
class _Sums:
    """Makes lines from contents by lot, with their uncertainty if measurements are known."""

    substances: tuple[str, ...]
    known: Knowledge | None
    shared: float

    def line(self, name: str, lots: Mapping[str, Content], *, counts: bool = True) -> Line:
        """A line whose uncertainty is that of its own lots."""
        sure = self.sure([lots], now=name in _AS_NOW) if name in _MEASURED else None
        return Line(name, total(lots, len(self.substances)), sure, counts)

    def sure(self, parts: Iterable[Mapping[str, Content]], *, now: bool = False) -> Sure | None:
        """Uncertainty of a sum of contents by lot."""
        known = self.known
        return None if known is None else sure_of(parts, known, now=now, shared=self.shared)


def _lines(
    opening: Mapping[Account, Content],
    closing: Mapping[Account, Content],
    moves: Mapping[str, Mapping[str, Content]],
    sums: _Sums,
) -> list[Line]:
    """Every line of the statement, in order."""
    lines = _stock_lines("opening", opening, sums)
    for name in LINES:
        lines.append(sums.line(name, moves.get(name, {})))
        if name == "produced":
            lines += _run_lines(moves, sums)
    return lines + _stock_lines("closing", closing, sums)


def _stock_lines(name: str, stock: Mapping[Account, Content], sums: _Sums) -> list[Line]:
    on_road = {a: c for a, c in stock.items() if a.site.startswith(f"{TRANSIT} ")}
    return [
        sums.line(name, _by_lot(stock)),
        sums.line(f"of which in transit, {name}", _by_lot(on_road), counts=False),
    ]


def _run_lines(moves: Mapping[str, Mapping[str, Content]], sums: _Sums) -> list[Line]:
    """Where what runs consumed and did not produce went; the last is unaccounted, with its u."""
    sure = sums.sure([moves.get("consumed", {}), moves.get("produced", {})])
    lost = {name: total(moves.get(f"run {name}", {}), len(sums.substances)) for name in RUN_LOSSES}
    return [
        Line(f"of which {name}", content, sure if name == "unaccounted" else None, counts=False)
        for name, content in lost.items()
    ]


def _off(lines: Sequence[Line], count: int) -> Content:
    """What opening and movements have beside the closing, mg."""
    contents = {line.name: line.content for line in lines if line.counts}
    closing = contents.pop("closing")
    return add(total(contents, count), negate(closing))


def _title(book: Book, stretch: Stretch) -> str:
    nouns = book.store.nouns()
    for period in nouns.periods.values():
        start = nouns.counts_from(period)
        if (start, period.end) == (stretch.start, stretch.end):
            more = " with the time since the period before" if start < period.start else ""
            state = "closed" if period.closed else "not closed"
            return f"Metal statement, {period.id}{more}, {state}"
    return "Metal statement"


def _method(
    lines: Sequence[Line], substances: Sequence[str], known: Knowledge | None, shared: float
) -> list[str]:
    """What the uncertainties of the lines are computed from, and what they lack."""
    notes: list[str] = []
    if known is not None and known.without_moisture:
        names = ", ".join(known.without_moisture)
        notes.append(
            f"uncertainty: that of the dry results of {names} does not count, because the moisture "
            "states none: correct these assays, --set moisture_uncertainty=..."
        )
    covered = [line.sure for line in lines if line.sure and _covers(line.sure)]
    if covered:
        shares = [y.mass_covered for y in covered]
        for y in covered:
            shares += [x for name, x in zip(substances, y.covered, strict=True) if name != "other"]
        if any(x is not None and not x >= 0.9995 for x in shares):
            notes.append("uncertainty: part of the matter was not weighed or not assayed")
        notes.append(
            f"uncertainty: {100 * shared:g} % of the variance of a scale's or laboratory's "
            "measurements is taken as shared by all of them"
        )
    return notes


def _notes(book: Book, stretch: Stretch, scope: Scope, lines: Sequence[Line]) -> list[str]:
    """What a reader must know beside the numbers."""
    reversals = reversed_before(book.store, stretch) if scope == Scope() else []
    notes = [
        f"{key} reverses {kind} {reversed_key} of {moment_text(when)[:10]}, before this time"
        for key, reversed_key, kind, when in reversals
    ]
    masses = {line.name: line.mass for line in lines}
    if consumed := masses["consumed"]:
        percent = 100 * masses["of which unaccounted"] / consumed
        notes.append(f"unaccounted in runs: {percent:z.2f} % of the mass consumed")
    return notes
