"""What is recorded, and when: once, not in a modelled book, in order where clocks differ.

A clock that is before the book's last event may be wrong, or that of the computer which posted the
last event may have been ahead; the book cannot know which. So the next event is recorded a moment
after the last one, and has a noun ``clock`` with what the clock showed and the event that it was
before. What is dated after that clock is refused, as it is with a clock that is right.
"""

import json
from collections.abc import Iterable, Mapping

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import CommandFinding, microseconds, moment_at
from loopbook.book.commands.keeping.close_period import ClosePeriod
from loopbook.book.commands.planning import FUTURE_US, as_text
from loopbook.book.commands.warnings.warned import same_fact
from loopbook.book.nouns import Event
from loopbook.book.storage.address import shown_address
from loopbook.book.storage.questions.events import last_recorded
from loopbook.book.storage.session import Session
from loopbook.errors import Finding, Findings, InputError
from loopbook.tables import read_fields


def refuse_modelled(session: Session, address: str) -> None:
    """Refuse to post to a modelled book: what is in it was computed, and did not happen."""
    model = session.nouns.modelled
    if model:
        hint = "make a book of what happened with loopbook book new --book FILE, and post to it"
        text = f"the book holds what was modelled ({model}), and no events that happened"
        finding = Finding("modelled", shown_address(address), "a book", model, hint, sentence=text)
        raise InputError([finding])


def note_clock(session: Session, now: int) -> None:
    """Have each event of a session note that the computer's clock is before the last event."""
    key, actor, recorded_at = last_recorded(session.db)
    session.behind = {
        "clock": moment_at(now),
        "clock_us": str(now),
        "last_event": key,
        "actor": actor,
        "recorded_at": moment_at(recorded_at),
    }


def refuse_future(session: Session, command: Command) -> None:
    """Refuse what has not happened: a period's closing that is dated before the period begins.

    And, with a clock that is before the last event, what is dated after it.
    """
    if isinstance(command, ClosePeriod) and command.occurred_at.tzinfo is not None:
        period = session.nouns.periods.get(command.period)
        if period is not None and microseconds(command.occurred_at) < period.start:
            start, dated = moment_at(period.start), command.occurred_at.isoformat()
            text = f"period {period.id} begins at {start} and cannot be closed before, on {dated}"
            where = f"{type(command).__name__} {command.key}, occurred_at"
            hint = "close it when it has ended"
            raise InputError(
                [
                    CommandFinding(
                        "future", where, f"after {start}", dated, hint, "", text, "occurred_at"
                    )
                ]
            )
    if not session.behind or command.occurred_at.tzinfo is None:
        return
    if microseconds(command.occurred_at) <= int(session.behind["clock_us"]) + FUTURE_US:
        return
    dated = command.occurred_at.isoformat()
    where = f"{type(command).__name__} {command.key}"
    text = f"{dated} is after this computer's clock, which shows {session.behind['clock']}"
    hint = f"correct the date, or this computer's clock: {_last(session.behind)}"
    finding = CommandFinding(
        "future", f"{where}, occurred_at", "not after now", dated, hint, "", text, "occurred_at"
    )
    raise InputError([finding])


def repeats(command: Command, event: Event) -> bool:
    """Whether an event was posted from a command, whatever warnings are accepted now.

    A field that came later than the event counts as its default.
    """
    text, stored = as_text(command), event.command
    if command.kind != event.kind:
        return False
    return same_fact(text, stored) or same_fact(text, _with_defaults(type(command), stored))


def _with_defaults(kind: type[Command], text: str) -> str:
    """The text of a stored command with fields that it lacks; as it is where it cannot be read."""
    findings = Findings("")
    values = read_fields(kind, json.loads(text), findings)
    return text if values is None or findings.items else as_text(kind(**values))


def clock_notes(events: Iterable[Event]) -> tuple[str, ...]:
    """What people should know of events that were recorded while a clock was behind."""
    stated = [json.loads(body) for x in events for kind, _, body in x.nouns if kind == "clock"]
    return (behind_note(stated[0], len(stated)),) if stated else ()


def behind_note(behind: Mapping[str, str], events: int) -> str:
    """What people should know of a clock that was behind while some events were recorded."""
    from loopbook.report import counted  # brings what posting does not need

    were = counted(events, "event was", "events were")
    return (
        f"a computer's clock showed {behind['clock']}, but {_last(behind)}: one of both clocks was "
        f"wrong. {were} recorded a moment later, in the order of posting; set the clock of this "
        "computer, if it is the wrong one"
    )


def _last(behind: Mapping[str, str]) -> str:
    event, actor = behind["last_event"], behind["actor"]
    return f"event {event} of {actor} had been recorded at {behind['recorded_at']}"
