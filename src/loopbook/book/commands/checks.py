"""The check of an event against the limits of the sites, when its legs are known."""

from collections.abc import Mapping, Sequence
from itertools import chain

from loopbook.book.commands.draft import Draft, kg
from loopbook.book.nouns import Account, Content, Event, mass


def check_limits(
    draft: Draft, amended: Sequence[tuple[Event, Mapping[Account, Content]]] = ()
) -> None:
    """A finding for each site that would hold more of a hazard class than it may.

    Parameters
    ----------
    amended : events that the command amends, each with the change of its legs.
    """
    made = {lot.id: lot for event, _ in amended for lot in event.lots}  # a corrected event's, too
    made |= {lot.id: lot for lot in draft.lots}
    gains: dict[tuple[str, str], int] = {}
    for account, content in chain(draft.legs.items(), *(legs.items() for _, legs in amended)):
        limited = draft.view.site(account.site)
        if limited is None or not limited.limits:
            continue
        lot = made.get(account.lot) or draft.view.lot(account.lot) if account.lot else None
        material = None if lot is None else draft.view.material(lot.material)
        if material is not None and material.hazard:
            place = (account.site, material.hazard)
            gains[place] = gains.get(place, 0) + mass(content)
    for (name, hazard), gain in gains.items():
        site = draft.view.site(name)
        limit = None if site is None else site.limits.get(hazard)
        if limit is not None and gain > 0:
            load = draft.view.load_mg(name, hazard) + gain
            if load > limit:
                most, why = f"at most {kg(limit)}", f"{name} would hold {kg(load)} of {hazard}"
                draft.note(
                    "limit",
                    most,
                    kg(load),
                    at="site",
                    sentence=f"{why}; its limit is {kg(limit)}",
                    about="state",
                )
