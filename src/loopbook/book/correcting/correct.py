"""A wrong event is corrected: reversed, posted as it should have been, and what followed amended.

All of it is one transaction. The right event is in the place of the wrong one, at its own date; the
wrong one and all that was known then stay to be seen, with ``--known-at``.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Annotated

from loopbook.book.book import Book
from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import kg
from loopbook.book.commands.keeping.reverse import REMEDIES, Reverse
from loopbook.book.commands.kinds import command_of
from loopbook.book.commands.planning import AMEND
from loopbook.book.correcting.fields import free_key, set_fields
from loopbook.book.correcting.judged import JudgedCorrection, same_paper
from loopbook.book.listings import Balance, EventRow, event_row
from loopbook.book.nouns import Account, Content, Event, add_to, is_zero
from loopbook.book.storage.questions.history import standing_for
from loopbook.book.storage.session import Session
from loopbook.errors import Finding, Findings, InputError, raise_findings
from loopbook.report import KEYS, Answer, Rows, counted
from loopbook.tables import read_fields

_OF_EVENT = ("key", "actor", "document", "accepted")  # the correction has its own


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
        return f"{self.event!r} {verb} {self.key!r}{later}{rest}"


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
        key=free_key(book.store, f"{key} reversed"),
        actor=actor,
        document=right.document,
        occurred_at=right.occurred_at,
        event=key,
        reason=reason,
    )
    judged = JudgedCorrection(wrong, right, back, accept)
    before: dict[Account, Content] = {}
    planned: list[Event] = []
    numbers: list[int] = []
    notes: list[str] = []

    def work(session: Session) -> None:
        notes[:] = same_paper(session, wrong, changes)
        planned[:] = judged.plan(session, book.recorded_at(session))
        _refuse_tare(wrong, planned, changes)
        before.clear()  # of an attempt that was given up
        before.update(book.balances())  # nobody else posts on these lots any more
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


def _refuse_tare(wrong: Event, planned: Sequence[Event], changes: Mapping[str, str]) -> None:
    """A finding where a ticket would get another stored tare, which nobody asked for."""
    if not changes.keys().isdisjoint(("tare_kg", "vehicle", "occurred_at")):
        return
    tares = [x for event in (wrong, *planned) for x in event.measurements if x.quantity == "tare"]
    if len(tares) < 2 or len({x.value for x in tares}) == 1:
        return
    old, new = (int(x.value) for x in (tares[0], tares[-1]))
    text = f"the ticket has the stored tare {kg(old)}, which is {kg(new)} by now"
    plain = kg(old).removesuffix(" kg").replace(",", "")
    hint = f"add --set tare_kg={plain} to keep it, --set tare_kg= for the new one"
    where = f"event {wrong.key}"
    raise InputError([Finding("tare", where, kg(old), kg(new), hint, sentence=text)])


def _right(book: Book, wrong: Event, changes: Mapping[str, str], actor: str) -> Command:
    """The command that should have been posted; no warning of it is accepted yet."""
    kind = command_of(wrong.kind)
    where = f"event {wrong.key}"
    if kind is None and wrong.kind != AMEND:
        hint = "install its package, or name its file under plugins in loopbook.toml"
        finding = Finding("unknown-name", where, "a kind of command", wrong.kind, hint)
        raise InputError([finding])
    if kind is None or wrong.states or wrong.reverses:
        value = "a reversal" if wrong.reverses else wrong.kind
        hint = REMEDIES.get(wrong.kind, "")
        expected = "an event that moved or measured matter"
        finding = Finding("correct", where, expected, value, hint)
        raise InputError([finding])
    known = [field.name for field in fields(kind) if field.name not in _OF_EVENT]
    values = {k: v for k, v in json.loads(wrong.command).items() if v is not None}
    values.pop("accepted", None)
    findings = Findings(where)
    set_fields(values, changes, known, findings)
    values |= {
        "key": free_key(book.store, f"{wrong.corrects or wrong.key} corrected"),
        "actor": actor,
    }
    raise_findings(findings)
    command = read_fields(kind, values, findings)
    raise_findings(findings)
    return kind(**(command or {}))


def _changed(events: Sequence[Event]) -> dict[Account, Content]:
    """The accounts that events change together, and by how much."""
    sums: dict[Account, Content] = {}
    for event in events:
        for leg in event.legs:
            add_to(sums, leg.account, leg.content)
    return {account: sums[account] for account in sorted(sums) if not is_zero(sums[account])}
