"""From command to event: fields checked, the kind's own plan, and the checks of every event.

A command's ``plan`` fills a `Draft` with legs that sum to zero and stores nothing; it reads the
book through a `View`.
"""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

from loopbook.book.commands.again import take_steps
from loopbook.book.commands.checks import check_limits
from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft, microseconds
from loopbook.book.commands.kinds import command_of, rules_of
from loopbook.book.commands.replay import Replay
from loopbook.book.commands.view import View
from loopbook.book.commands.warnings.judging import judge
from loopbook.book.commands.warnings.limits import Limits
from loopbook.book.nouns import Account, Content, Event, Leg
from loopbook.errors import BalanceError
from loopbook.tables import check_fields

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
AMEND = "amend"
"""Kind of the events that give another event other legs because of a late fact."""
FUTURE_US = 300 * 1_000_000
"""How far after a clock a fact may be dated: clocks of two computers may differ by minutes."""


def plan(
    view: View, command: Command, recorded_at: int, limits: Limits | None = None
) -> tuple[Event, ...]:
    """Turn a command into its event, or raise every finding about it.

    A command that is dated before others on its lots, and a reversal, are played again with what
    came after (`loopbook.book.commands.replay`): the events that amend others come first, the
    command's own comes last.

    Parameters
    ----------
    view : the book as it is.
    command : what is to be posted.
    recorded_at : now, microseconds since 1970 UTC.
    limits : of warnings about a command that is being entered; None for one planned again.

    Raises
    ------
    InputError
        Every error of the command, all at once.
    BalanceError
        The planner made legs that do not sum to zero: a bug.
    """
    where = f"{type(command).__name__} {command.key}".strip()
    draft = Draft(where, view=view, moment=command.occurred_at)
    text = as_text(command)
    check_date(draft, recorded_at)
    dates = map(view.last_date, command.names("lot"))
    late = max(dates, default=draft.occurred_at) > draft.occurred_at
    if late:
        draft.view = Replay(view, draft.occurred_at, kind=command.kind)
    checked = check_fields(command, draft)
    if not draft.items or all(finding.code != "text" for finding in draft.items):
        check_text(draft, text)
    before = len(draft.items)
    if not draft.items or all(finding.code != "before-lot" for finding in draft.items):
        take_steps(command, draft, checked)
    done = len(draft.items) == before
    again = done if draft.reverses else late and not draft.items
    if limits is not None:
        judge(draft, command, limits)
    before = len(draft.items)
    amended = _played(draft, view, command) if again else []
    if done and len(draft.items) == before:
        check_limits(draft, amended)
    draft.raise_all()
    open_from = view.closed_until()
    event = event_of(draft, command, text, recorded_at=recorded_at, open_from=open_from)
    return *amendments(view, event, amended, open_from), event


def event_of(
    draft: Draft, command: Command, text: str, *, recorded_at: int, open_from: int
) -> Event:
    """The event of a draft without findings.

    Parameters
    ----------
    text : of the command.
    open_from : the end of the last closed period.
    """
    return Event(
        key=command.key,
        kind=command.kind,
        actor=command.actor,
        document=command.document,
        occurred_at=draft.occurred_at,
        recorded_at=recorded_at,
        command=text,
        legs=_balanced(draft.where, draft.event_legs()),
        lots=tuple(draft.lots),
        measurements=tuple(draft.measurements),
        nouns=tuple(sorted(draft.nouns)),
        reverses=draft.reverses,
        posted_at=open_from if draft.occurred_at < open_from else None,
        planner=rules_of(type(command)),
    )


def _played(
    draft: Draft, view: View, command: Command
) -> Sequence[tuple[Event, Mapping[Account, Content]]]:
    """Events that are amended, each with the change of its legs."""
    reversed_event = view.event(draft.reverses) if draft.reverses else None
    replay = (
        draft.view
        if isinstance(draft.view, Replay)
        else Replay(view, draft.occurred_at, kind=command.kind)
    )
    if reversed_event is not None:
        replay.remove(reversed_event)
    replay.change(draft.legs, reverses=bool(draft.reverses))
    replay.play()
    draft.items += replay.refusals(draft.where, "event" if draft.reverses else "")
    return replay.amended


def _balanced(where: str, legs: Sequence[Leg]) -> tuple[Leg, ...]:
    """Legs that sum to zero in each substance."""
    if legs and any(map(sum, zip(*[leg.content for leg in legs], strict=True))):
        raise BalanceError(f"{where}: the legs do not sum to zero: {legs}")
    return tuple(legs)


def amendments(
    view: View,
    cause: Event,
    amended: Sequence[tuple[Event, Mapping[Account, Content]]],
    open_from: int,
) -> list[Event]:
    """The events that give others other legs because of a late fact or a correction."""
    keys = [f"{cause.key} amends {fact.key}" for fact, _ in amended]
    taken = view.taken(keys) if keys else frozenset()
    return [
        Event(
            key=_free_key(view, key) if key in taken else key,
            kind=AMEND,
            actor=cause.actor,
            document=cause.document,
            occurred_at=fact.occurred_at,
            recorded_at=cause.recorded_at,
            command=_ENCODER.encode({"because": cause.key, "event": fact.key}),
            legs=_balanced(fact.key, [Leg(*leg) for leg in sorted(legs.items())]),
            amends=fact.key,
            posted_at=open_from if fact.occurred_at < open_from else None,
            planner=rules_of(command_of(fact.kind)),
        )
        for key, (fact, legs) in zip(keys, amended, strict=True)
    ]


def _free_key(view: View, key: str) -> str:
    """A key that somebody gave to an event, with a number behind it."""
    keys = (f"{key} ({count})" for count in itertools.count(2))
    return next(one for one in keys if not view.taken([one]))


def check_text(draft: Draft, text: str) -> None:
    """Refuse text that UTF-8 or a database cannot carry."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        draft.note(
            "text", "text that UTF-8 can carry", f"a lone surrogate \\u{ord(text[error.start]):04x}"
        )
    if "\\u0000" in text and "\\u0000" in text.replace("\\\\", ""):
        draft.note("text", "text without NUL characters", "one")


def check_date(draft: Draft, recorded_at: int) -> None:
    """Set the draft's moment; one in the future is a finding."""
    moment, draft.occurred_at = draft.moment, recorded_at
    if moment.tzinfo is None:
        return
    draft.occurred_at = microseconds(moment)
    if draft.occurred_at > recorded_at + FUTURE_US:
        draft.note("future", "not after now", moment.isoformat(), at="occurred_at")


def as_text(command: Command) -> str:
    """The command as JSON text: keys sorted, numbers as text, times in UTC."""
    values = vars(command)
    fields = [f"{encode_basestring(name)}:{_json(values[name])}" for name in sorted(values)]
    return f"{{{','.join(fields)}}}"


def _json(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, (int, float, Decimal)):
        return f'"{value!s}"'
    if isinstance(value, datetime):
        far = value.tzinfo is None or value.year in (MINYEAR, MAXYEAR)  # refused as a field
        return f'"{(value if far else value.astimezone(UTC)).isoformat()}"'
    if type(value) is not dict and is_dataclass(value):
        value = vars(value)
    if isinstance(value, Mapping):
        if not {*map(type, value)} <= {str}:
            value = {str(name): one for name, one in value.items()}
        fields = [f"{encode_basestring(name)}:{_json(value[name])}" for name in sorted(value)]
        return f"{{{','.join(fields)}}}"
    return f"[{','.join(map(_json, value))}]"
