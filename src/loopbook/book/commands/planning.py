"""From command to event: one pure function per kind of command.

A planner reads the book through a `View`, fills a `Draft` with legs that sum to zero, and stores
nothing. `plan` finds the planner, checks what holds for all commands, and makes the event. A new
kind of event is a command record, one function here, and a line in `PLANNERS`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from loopbook.book.commands import planning_lots as lots
from loopbook.book.commands import planning_moves as moves
from loopbook.book.commands import records as c
from loopbook.book.commands.dates import check_dates
from loopbook.book.commands.draft import Draft, bad_substance, microseconds, too_early
from loopbook.book.commands.view import View
from loopbook.book.nouns import Event, add, is_zero, negate, zero
from loopbook.errors import BalanceError, raise_findings

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_FUTURE_US = 300 * 1_000_000  # clocks of two computers may differ by minutes


def plan(view: View, command: c.Command, recorded_at: int) -> Event:
    """Turn a command into an event, or raise every finding about it.

    Parameters
    ----------
    view : the book as it stands.
    command : what is to be posted.
    recorded_at : now, microseconds since 1970 UTC.

    Raises
    ------
    InputError
        What is wrong with the command, all at once.
    BalanceError
        The planner made legs that do not sum to zero: a bug.
    """
    kind, planner = PLANNERS[type(command)]
    draft = Draft(view, command)
    text = as_text(command)
    _check_text(draft, text)
    draft.occurred_at = _occurred(draft, recorded_at)
    planner(draft, command)
    if not draft.findings:
        draft.check_limits()
        check_dates(draft)
    raise_findings(draft.findings)
    legs = draft.event_legs()
    total = zero(len(view.substances))
    for leg in legs:
        total = add(total, leg.content)
    if not is_zero(total):
        raise BalanceError(f"{kind} {command.key}: legs sum to {total}, not to zero")
    return Event(
        key=command.key,
        kind=kind,
        actor=command.actor,
        document=command.document,
        occurred_at=draft.occurred_at,
        recorded_at=recorded_at,
        command=text,
        legs=legs,
        lots=tuple(draft.lots),
        measurements=tuple(draft.measurements),
        nouns=tuple(draft.nouns),
        reverses=command.event if isinstance(command, c.Reverse) else "",
    )


def _check_text(draft: Draft, text: str) -> None:
    """Refuse text that UTF-8 or a database cannot carry."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        found = f"a lone surrogate \\u{ord(text[error.start]):04x}"
        draft.note("text", "text that UTF-8 can carry", found)
    if "\\u0000" in text and "\\u0000" in text.replace("\\\\", ""):
        draft.note("text", "text without NUL characters", "one")


def _occurred(draft: Draft, recorded_at: int) -> int:
    command = draft.command
    for name in ("key", "actor"):
        if not getattr(command, name).strip():
            draft.note("missing", f"a {name}", "nothing", at=name)
    moment = command.occurred_at
    if moment.tzinfo is None:
        hint = "write the offset, for example 2026-03-01T08:00:00-05:00"
        draft.note("time", "a time zone", moment.isoformat(), at="occurred_at", hint=hint)
        return recorded_at
    occurred_at = microseconds(moment)
    if occurred_at > recorded_at + _FUTURE_US:
        draft.note("future", "not after now", moment.isoformat(), at="occurred_at")
    closed = draft.view.closed_at(occurred_at)
    if closed is not None:
        hint = "date it into the open period and name this date in the document"
        found = f"{moment.isoformat()}, period {closed.id} is closed"
        draft.note("closed-period", "an open period", found, at="occurred_at", hint=hint)
    return occurred_at


def as_text(command: c.Command) -> str:
    """The command as JSON text: keys sorted, numbers as text, times in UTC."""
    return _ENCODER.encode(_plain(command))


def _plain(value: Any) -> Any:
    if isinstance(value, (c.Command, c.Output)):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat() if value.tzinfo else value.isoformat()
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if value is None or isinstance(value, str):
        return value
    return str(value)


# -- nouns


def _noun(kind: str, noun: str, **values: Any) -> tuple[str, str, str]:
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return kind, noun, text


def _register_party(draft: Draft, command: c.RegisterParty) -> None:
    if draft.view.party(command.party) is not None:
        draft.note("duplicate", "a new party", command.party, at="party")
    _check_name(draft, command.party, "party")
    draft.nouns.append(_noun("party", command.party, name=command.name or command.party))


def _register_site(draft: Draft, command: c.RegisterSite) -> None:
    if draft.view.site(command.site) is not None:
        draft.note("duplicate", "a new site", command.site, at="site")
    _check_name(draft, command.site, "site")
    limits = {h: str(draft.mg(kg, f"limits_kg.{h}")) for h, kg in command.limits_kg.items()}
    noun = _noun("site", command.site, name=command.name or command.site, limits=limits)
    draft.nouns.append(noun)


def _register_material(draft: Draft, command: c.RegisterMaterial) -> None:
    if draft.view.material(command.material) is not None:
        draft.note("duplicate", "a new material", command.material, at="material")
    _check_name(draft, command.material, "material")
    name = command.name or command.material
    draft.nouns.append(_noun("material", command.material, name=name, hazard=command.hazard))


def _add_substance(draft: Draft, command: c.AddSubstance) -> None:
    name = command.substance
    if name in draft.view.substances:
        draft.note("duplicate", "a new substance", name, at="substance")
    elif bad := bad_substance(name, draft.view.substances):
        expected = "letters and digits, apart from other names by more than case"
        draft.note("name", expected, bad, at="substance")
    draft.nouns.append(_noun("substance", name))


def _check_name(draft: Draft, name: str, at: str) -> None:
    if not name or "/" in name or name != name.strip() or name.startswith("in transit"):
        draft.note("name", "a name without slash or outer blanks", repr(name), at=at)


# -- holds, reversals, periods


def _hold(draft: Draft, command: c.Hold) -> None:
    if not command.reason.strip():
        draft.note("missing", "a reason", "nothing", at="reason")
    if draft.need_lot(command.lot, free=False) and draft.view.hold(command.lot):
        draft.note("duplicate", "a lot that is free", f"{command.lot} is on hold", at="lot")
    draft.nouns.append(_noun("hold", command.lot, reason=command.reason))


def _release(draft: Draft, command: c.Release) -> None:
    if draft.need_lot(command.lot, free=False) and not draft.view.hold(command.lot):
        draft.note("duplicate", "a lot on hold", f"{command.lot} is free", at="lot")
    draft.nouns.append(_noun("hold", command.lot, reason=""))


def _reverse(draft: Draft, command: c.Reverse) -> None:
    event = draft.view.event(command.event)
    if event is None:
        draft.note("unknown-name", "a posted event", repr(command.event), at="event")
        return
    if event.nouns or event.reverses:
        found = "a reversal" if event.reverses else event.kind
        draft.note("reverse", "an event that moved or measured matter", found, at="event")
        return
    if again := draft.view.reversal(command.event):
        draft.note("duplicate", "an event not reversed", f"reversed by {again}", at="event")
        return
    if draft.occurred_at < event.occurred_at:
        too_early(draft, "before-event", event.occurred_at, f", when {command.event} occurred")
        return
    later = draft.view.dependents(command.event)
    if later:
        hint = "reverse these first, the last one first"
        draft.note("depends", "no later event on its lots", ", ".join(later), at="event", hint=hint)
        return
    for leg in event.legs:
        draft.put(leg.account, negate(leg.content))


def _open_period(draft: Draft, command: c.OpenPeriod) -> None:
    if command.start.tzinfo is None or command.end.tzinfo is None:
        draft.note("time", "a time zone", "none", at="start")
        return
    start, end = microseconds(command.start), microseconds(command.end)
    if start >= end:
        draft.note("range", "start before end", f"{command.start} to {command.end}", at="end")
    _check_name(draft, command.period, "period")
    if draft.view.period(command.period) is not None:
        draft.note("duplicate", "a new period", command.period, at="period")
    other = draft.view.overlapping(start, end)
    if other is not None:
        draft.note("overlap", "a stretch of its own", f"overlaps {other.id}", at="start")
    draft.nouns.append(_noun("period", command.period, start=str(start), end=str(end)))


def _close_period(draft: Draft, command: c.ClosePeriod) -> None:
    period = draft.view.period(command.period)
    if period is None:
        draft.note("unknown-name", "a period", repr(command.period), at="period")
    elif period.closed:
        draft.note("duplicate", "an open period", f"{command.period} is closed", at="period")
    draft.nouns.append(_noun("close", command.period))


PLANNERS: Mapping[type[c.Command], tuple[str, Callable[[Draft, Any], None]]] = {
    c.RegisterParty: ("register-party", _register_party),
    c.RegisterSite: ("register-site", _register_site),
    c.RegisterMaterial: ("register-material", _register_material),
    c.AddSubstance: ("add-substance", _add_substance),
    c.Receive: ("receive", lots.receive),
    c.Weigh: ("weigh", lots.weigh),
    c.Assay: ("assay", lots.assay),
    c.Sample: ("sample", lots.sample),
    c.Split: ("split", lots.split),
    c.Blend: ("blend", lots.blend),
    c.Process: ("process", lots.process),
    c.Move: ("move", moves.move),
    c.Ship: ("ship", moves.ship),
    c.Arrive: ("arrive", moves.arrive),
    c.Deliver: ("deliver", moves.deliver),
    c.TransferTitle: ("transfer-title", moves.transfer_title),
    c.StockTake: ("stock-take", moves.stock_take),
    c.Dispose: ("dispose", moves.dispose),
    c.Hold: ("hold", _hold),
    c.Release: ("release", _release),
    c.Reverse: ("reverse", _reverse),
    c.OpenPeriod: ("open-period", _open_period),
    c.ClosePeriod: ("close-period", _close_period),
}
"""Planner by kind of command, with the name of its events."""
