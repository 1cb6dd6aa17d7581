"""From command to event: fields checked, the kind's own plan, and the checks of every event.

A command's ``plan`` fills a `Draft` with legs that sum to zero and stores nothing; it reads the
book through a `View`.
"""

import json
from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from decimal import Decimal
from typing import Any

from loopbook.book.commands.checks import check_dates, check_limits
from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft, microseconds
from loopbook.book.commands.view import View
from loopbook.book.commands.warnings.judging import judge
from loopbook.book.commands.warnings.limits import Limits
from loopbook.book.nouns import Event
from loopbook.errors import BalanceError, raise_findings
from loopbook.tables import Value, check_fields

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_FUTURE_US = 300 * 1_000_000  # clocks of two computers may differ by minutes


def plan(view: View, command: Command, recorded_at: int, limits: Limits | None = None) -> Event:
    """Turn a command into an event, or raise every finding about it.

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
    _check_date(draft, recorded_at)
    checked = check_fields(command, draft)
    if all(finding.code != "text" for finding in draft):
        _check_text(draft, text)
    _take_steps(command, draft, checked)
    if limits is not None:
        judge(draft, command, limits)
    raise_findings(draft)
    legs = draft.event_legs()
    totals = tuple(map(sum, zip(*[leg.content for leg in legs], strict=True)))
    if any(totals):
        raise BalanceError(f"{draft.where}: legs sum to {totals}, not to zero")
    return Event(
        key=command.key,
        kind=command.kind,
        actor=command.actor,
        document=command.document,
        occurred_at=draft.occurred_at,
        recorded_at=recorded_at,
        command=text,
        legs=legs,
        lots=tuple(draft.lots),
        measurements=tuple(draft.measurements),
        nouns=tuple(draft.nouns),
        reverses=draft.reverses,
    )


def _take_steps(command: Command, draft: Draft, checked: Mapping[str, Value]) -> None:
    """Every step whose fields are right; then limits, and dates if all fields are right."""
    before = len(draft)
    for step, fields in command.steps.items():
        if not any(needed and name in draft.wrong for name, needed in fields.items()):
            values = {name: checked[name] for name in fields if name not in draft.wrong}
            getattr(command, step)(draft, **values)
    if len(draft) == before:
        check_limits(draft)
    if not draft.items:
        check_dates(draft)


def _check_text(draft: Draft, text: str) -> None:
    """Refuse text that UTF-8 or a database cannot carry."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        draft.note(
            "text", "text that UTF-8 can carry", f"a lone surrogate \\u{ord(text[error.start]):04x}"
        )
    if "\\u0000" in text and "\\u0000" in text.replace("\\\\", ""):
        draft.note("text", "text without NUL characters", "one")


def _check_date(draft: Draft, recorded_at: int) -> None:
    """Set the draft's moment; one in the future or in a closed period is a finding."""
    moment, draft.occurred_at = draft.moment, recorded_at
    if moment.tzinfo is None:
        return
    draft.occurred_at = microseconds(moment)
    if draft.occurred_at > recorded_at + _FUTURE_US:
        draft.note("future", "not after now", moment.isoformat(), at="occurred_at")
    closed = draft.view.closed_at(draft.occurred_at)
    if closed is not None:
        draft.note(
            "closed-period",
            "an open period",
            closed.id,
            at="occurred_at",
            hint="date it into the open period and name this date in the document",
            sentence=f"{moment.isoformat()} is in period {closed.id}, which is closed",
        )


def as_text(command: Command) -> str:
    """The command as JSON text: keys sorted, numbers as text, times in UTC."""
    return _ENCODER.encode(_plain(vars(command)))


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float, Decimal)):
        return str(value)
    if isinstance(value, datetime):
        far = value.tzinfo is None or value.year in (MINYEAR, MAXYEAR)  # refused as a field
        return value.isoformat() if far else value.astimezone(UTC).isoformat()
    if isinstance(value, Mapping):
        return {str(name): one if type(one) is str else _plain(one) for name, one in value.items()}
    if is_dataclass(value):
        return _plain(vars(value))
    return [_plain(one) for one in value]
