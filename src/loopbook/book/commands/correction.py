"""From a wrong event to the right one: played again without the one and with the other."""

from dataclasses import replace

from loopbook.book.commands.again import plan_again, take_steps
from loopbook.book.commands.checks import check_limits
from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.keeping.reverse import Reverse
from loopbook.book.commands.planning import amendments, as_text, check_date, check_text, event_of
from loopbook.book.commands.replay import Replay
from loopbook.book.commands.view import View
from loopbook.book.commands.warnings.judging import judge
from loopbook.book.commands.warnings.limits import Limits
from loopbook.book.commands.warnings.warned import Warned
from loopbook.book.nouns import Event
from loopbook.errors import StorageError, raise_findings
from loopbook.tables import check_fields


def plan_correction(
    view: View,
    command: Command,
    reversal: Reverse,
    *,
    recorded_at: int,
    limits: Limits | None = None,
) -> tuple[Event, ...]:
    """Turn an event into the one that it should have been, or raise every finding.

    Parameters
    ----------
    view : the book as it is.
    command : what should have been posted, with a key of its own.
    reversal : of the wrong event.
    recorded_at : now, microseconds since 1970 UTC.
    limits : of warnings, see `loopbook.book.commands.planning.plan`.

    Returns
    -------
    events that amend later ones, the right event, and the reversal of the wrong one.

    Raises
    ------
    InputError : errors of the command, an event that cannot be reversed, later events that could
        not have happened so.
    """
    undone = plan_again(view, Reverse, reversal.key, as_text(reversal), at=recorded_at)
    draft = Draft(f"{type(command).__name__} {command.key}", view=view, moment=command.occurred_at)
    draft.items += undone.items
    text = as_text(command)
    check_date(draft, recorded_at)
    check_text(draft, text)
    wrong = view.event(reversal.event)
    raise_findings(draft)
    if wrong is None:
        raise StorageError(f"event {reversal.event} is not there")
    replay = draft.view = Replay(view, wrong.occurred_at, kind=command.kind)
    replay.remove(wrong)
    replay.change(undone.legs, reverses=True)
    replay.go_to(draft.occurred_at)
    checked = check_fields(command, draft)
    if not draft.items:
        take_steps(command, draft, checked)
    right = not draft.items
    if limits is not None:
        judge(draft, command, limits)
    if right:
        replay.put(draft.lots, draft.legs)
        replay.play()
        kept = _keep_hazards(draft, view, wrong)
        draft.items += replay.refusals(draft.where, "") if kept else ()
    if all(isinstance(finding, Warned) for finding in draft.items):
        check_limits(draft, [*replay.amended, (wrong, undone.legs)])
    raise_findings(draft)
    when = {"recorded_at": recorded_at, "open_from": view.closed_until()}
    event = event_of(draft, command, text, **when)
    event = replace(event, corrects=wrong.corrects or wrong.key)
    back = event_of(undone, reversal, as_text(reversal), **when)
    return *amendments(view, event, replay.amended, view.closed_until()), event, back


def _keep_hazards(draft: Draft, view: View, wrong: Event) -> bool:
    """A lot keeps its hazard class when it is made again: the loads of sites are of one class."""
    before, known = {lot.id: view.material(lot.material) for lot in wrong.lots}, len(draft.items)
    for lot in draft.lots:
        old, new = before.get(lot.id), view.material(lot.material)
        if old is not None and new is not None and old.hazard != new.hazard:
            expected, value = (f"hazard class {x.hazard or 'none'}" for x in (old, new))
            hint = f"reverse {wrong.key} and what followed, and post them again"
            draft.note("hazard", f"a material of {expected}", f"{lot.material}: {value}", hint=hint)
    return len(draft.items) == known
