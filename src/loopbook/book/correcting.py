"""A wrong event is corrected: reversed, posted as it should have been, and what followed amended.

All of it is one transaction. The right event is in the place of the wrong one, at its own date; the
wrong one and all that was known then stay to be seen, with ``--known-at``.
"""

import itertools
import json
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Annotated

from loopbook.book.book import Book
from loopbook.book.changed_fields import set_fields
from loopbook.book.commands.command import Command
from loopbook.book.commands.correction import plan_correction
from loopbook.book.commands.keeping.reverse import Reverse
from loopbook.book.commands.kinds import command_of
from loopbook.book.commands.planning import AMEND
from loopbook.book.commands.warnings import (
    Limits,
    Warned,
    accepting,
    all_warned,
    never_accepted,
    read_limits,
)
from loopbook.book.listings import Balance, EventRow, event_row
from loopbook.book.nouns import Account, Content, Event, add_to, is_zero
from loopbook.book.recording import refuse_future
from loopbook.book.storage.questions.events import event_number, papers
from loopbook.book.storage.questions.history import standing_for
from loopbook.book.storage.session import Session
from loopbook.errors import Finding, Findings, InputError, raise_findings
from loopbook.report import KEYS, Answer, Rows, counted
from loopbook.tables import read_fields

_OF_EVENT = ("key", "actor", "document", "accepted")  # the correction has its own

_REMEDIES = {
    "hold": "post a release of the lot, which ends the hold",
    "release": "post a hold of the lot with its reason",
}
_MASSES = ("mass_kg", "gross_kg", "tare_kg")


@dataclass(frozen=True, slots=True)
class Corrected(Answer):
    """What a correction posted, or would post, and the accounts that it changes."""

    event: Annotated[str, "key of the wrong event"]
    key: Annotated[str, "key of the right event"]
    posted: Annotated[bool, "whether it was posted; no for a dry run"]
    substances: Annotated[tuple[str, ...], KEYS]
    events: Annotated[tuple[EventRow, ...], Rows("Events")]
    before: Annotated[tuple[Balance, ...], Rows("Accounts before")]
    after: Annotated[tuple[Balance, ...], Rows("Accounts after")]
    notes: Annotated[tuple[str, ...], "what to know about it"] = ()

    def headline(self) -> str:
        """Which event, and how many others are amended."""
        verb = "is corrected by" if self.posted else "would be corrected by"
        amended = sum(event.kind == AMEND for event in self.events)
        later = f"; amended: {counted(amended, 'later event')}" if amended else ""
        rest = "" if self.posted else "; nothing was written"
        return f"{self.event} {verb} {self.key}{later}{rest}"


class _DryRunError(Exception):
    """Ends the transaction of a dry run, so that nothing is kept."""


def correct(
    book: Book,
    key: str,
    changes: Mapping[str, str],
    *,
    reason: str,
    actor: str,
    dry_run: bool = False,
    accept: Mapping[str, str] | None = None,
) -> Corrected:
    """Correct an event: change fields of its command, and all that followed from them.

    Parameters
    ----------
    book : an open book.
    key : of the wrong event.
    changes : texts by path, such as ``owner``, ``shares.Ni`` or ``outputs.1.mass_kg``. A text that
        begins with a bracket or a brace is JSON; an empty one leaves the field out.
    reason, actor : why, and who corrects it.
    dry_run : only show what would be posted.
    accept : reasons for which warnings are accepted, by their kind; None for a program that
        judges itself. What was accepted of the wrong event, and is as it was, stays accepted.

    Raises
    ------
    InputError : unknown fields, errors of the right command, an event that was reversed or that
        cannot be, later events that could not have happened so; nothing is posted.
    """
    wrong = book.event(key)
    _refuse_reversed(book, wrong)
    right = _right(book, wrong, changes, actor)
    back = Reverse(
        key=_free_key(book, f"{key} reversed"),
        actor=actor,
        document=right.document,
        occurred_at=right.occurred_at,
        event=key,
        reason=reason,
    )
    judged = _Judged(wrong, right, back, accept)
    before = book.balances()
    planned: list[Event] = []
    numbers: list[int] = []
    notes: list[str] = []

    def work(session: Session) -> None:
        notes[:] = _same_paper(session, wrong, changes)
        planned[:] = judged.plan(session, book.recorded_at(session))
        numbers[:] = [session.append(event) for event in planned]
        if dry_run:
            session.flush()
            raise _DryRunError

    with suppress(_DryRunError):
        book.store.transact([right, back], work)
    rows = tuple(map(event_row, planned, numbers))
    changed = _changed(planned)
    after = dict(before)
    for account, content in changed.items():
        add_to(after, account, content)
    was, now = (
        tuple(Balance(*a, x[a]) for a in changed if a in x and not is_zero(x[a]))
        for x in (before, after)
    )
    posted = not dry_run
    return Corrected(key, right.key, posted, book.substances, rows, was, now, tuple(notes))


def _refuse_reversed(book: Book, wrong: Event) -> None:
    """A finding about an event that was reversed, with the event that is in its place now."""
    reversal, right = standing_for(book.store, wrong.key, wrong.corrects or wrong.key)
    if reversal:
        hint = f"correct {right!r}, which is in its place" if right else ""
        text = f"{wrong.key} was reversed by {reversal} already"
        where, expected = f"event {wrong.key}", "an event that is not reversed"
        raise InputError([Finding("duplicate", where, expected, reversal, hint, sentence=text)])


def _right(book: Book, wrong: Event, changes: Mapping[str, str], actor: str) -> Command:
    """The command that should have been posted; no warning of it is accepted yet."""
    kind = command_of(wrong.kind)
    where = f"event {wrong.key}"
    if kind is None or wrong.states or wrong.reverses:
        value = "a reversal" if wrong.reverses else wrong.kind
        hint = _REMEDIES.get(wrong.kind, "")
        expected = "an event that moved or measured matter"
        finding = Finding("correct", where, expected, value, hint)
        raise InputError([finding])
    known = [field.name for field in fields(kind) if field.name not in _OF_EVENT]
    values = {k: v for k, v in json.loads(wrong.command).items() if v is not None}
    values.pop("accepted", None)
    findings = Findings(where)
    set_fields(values, changes, known, findings)
    values |= {"key": _free_key(book, f"{wrong.corrects or wrong.key} corrected"), "actor": actor}
    raise_findings(findings)
    command = read_fields(kind, values, findings)
    raise_findings(findings)
    return kind(**(command or {}))


def _same_paper(session: Session, wrong: Event, changes: Mapping[str, str]) -> Iterator[str]:
    """Other events of the same paper that state the mass which is corrected."""
    if not set(changes) & set(_MASSES):
        return
    lots = {leg.account.lot for leg in wrong.legs} - {""}
    keys = {entry.key for lot in sorted(lots) for entry in session.history(lot)} - {wrong.key}
    for key in sorted(keys):
        event = session.event(key)
        if event is None or event.amends or event.reverses or session.reversal(key):
            continue
        is_same = (event.document, event.occurred_at) == (wrong.document, wrong.occurred_at)
        masses = [name for name in _MASSES if name in json.loads(event.command)]
        if is_same and wrong.document and masses:
            command = f"loopbook book correct {shlex.quote(key)} --set {masses[0]}=KG"
            yield f"{key} of the same paper states a mass, too; if it is wrong there: {command}"


def _free_key(book: Book, key: str) -> str:
    """The key, or with a number behind it if an event has it."""
    keys = itertools.chain([key], (f"{key} {count}" for count in itertools.count(2)))
    return next(one for one in keys if event_number(book.store, one) is None)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A correction, judged as a posting is.

    Parameters
    ----------
    wrong, right, back : the wrong event, the right command and the reversal.
    accept : reasons for which warnings are accepted; None where no warning is looked for.
    """

    wrong: Event
    right: Command
    back: Reverse
    accept: Mapping[str, str] | None

    def plan(self, session: Session, recorded_at: int) -> Sequence[Event]:
        """Events of the correction; a warning that nobody accepted is a finding."""
        refuse_future(session, self.right)
        self._refuse_paper(session)
        plan = partial(plan_correction, session, reversal=self.back, recorded_at=recorded_at)
        limits = None if self.accept is None else read_limits()
        accept, used = self.accept or {}, set[str]()
        try:
            events = plan(self.right, limits=limits)
        except InputError as error:
            kinds = all_warned(error.findings)
            if not kinds:
                raise
            before = self._accepted_before(plan, limits)
            left = [x for x in error.findings if x.code not in accept and str(x) not in before]
            raise_findings(left)
            used = {x.code for x in error.findings if str(x) not in before}
            kept = {x.code: before[str(x)] for x in error.findings if str(x) in before}
            reasons = {kind: accept[kind] for kind in kinds if kind in accept}
            events = plan(accepting(self.right, {**kept, **reasons}))
        raise_findings(never_accepted(accept, used))
        return events

    def _accepted_before(
        self, plan: Callable[..., Sequence[Event]], limits: Limits | None
    ) -> Mapping[str, str]:
        """Reasons by warning, of the warnings that came with the wrong event and were accepted."""
        same = self._unchanged()
        reasons = None if same is None else same.accepted
        if same is None or not reasons:
            return {}
        try:
            plan(replace(same, accepted=None), limits=limits)
        except InputError as error:
            warned = [x for x in error.findings if isinstance(x, Warned)]
            return {str(x): reasons[x.code] for x in warned if x.code in reasons}
        return {}

    def _unchanged(self) -> Command | None:
        """The wrong command with the key of the right one; None if it cannot be read any more."""
        kind, values = type(self.right), json.loads(self.wrong.command)
        same = read_fields(kind, {**values, "key": self.right.key}, Findings())
        return None if same is None else kind(**same)

    def _refuse_paper(self, session: Session) -> None:
        """A finding where another event has the ticket or sample that the right command gets."""
        paper, same = self.right.paper, self._unchanged()
        if same is not None and same.paper == paper:
            return
        for _, quantity, sample, group, stage, lot, key in papers(session.db, paper[1:2]):
            names = (quantity, sample, group, stage), ("assay", sample, group, stage, lot)
            if paper in names and key != self.wrong.key and not session.reversal(key):
                where, text = f"event {self.wrong.key}", f"{sample} is in the book as {key}"
                hint = f"correct or reverse {key} first, if this is the right paper"
                raise InputError([Finding("duplicate", where, "a new paper", text, hint)])


def _changed(events: Sequence[Event]) -> dict[Account, Content]:
    """The accounts that events change together, and by how much."""
    sums: dict[Account, Content] = {}
    for event in events:
        for leg in event.legs:
            add_to(sums, leg.account, leg.content)
    return {account: sums[account] for account in sorted(sums) if not is_zero(sums[account])}
