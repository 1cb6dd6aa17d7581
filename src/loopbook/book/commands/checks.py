"""Checks of an event when its legs are known: limits of sites, and the earliest date it may have.

Papers come late, so that an event may be dated before others that the book has already. It then
changes the balances at every moment from its date on. An account that holds enough now may have
held too little at some moment in between:

    1 March   received at the works, 100 kg
    9 March   moved to the refinery
    5 March   (posted last) 10 kg disposed of at the refinery: from 5 to 9 March it had -10 kg

Such an event is refused, with the first moment at which it may be dated. Only events that are
dated before others on their lots cost more than a comparison (`Past.since`).
"""

from collections.abc import Mapping

from loopbook.book.commands.draft import Draft, kg
from loopbook.book.nouns import Account, Content, add, mass, negate, zero


def check_limits(draft: Draft) -> None:
    """A finding for each site that would hold more of a hazard class than it may."""
    made = {lot.id: lot for lot in draft.lots}
    gains: dict[tuple[str, str], int] = {}
    for account, content in draft.legs.items():
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
                why = f"{why}; its limit is {kg(limit)}"
                draft.note("limit", most, kg(load), at="site", sentence=why, about="state")


def check_dates(draft: Draft) -> None:
    """A finding if an account of a lot would have been below zero since the event's date."""
    nothing = zero(len(draft.view.substances))
    shortages: list[tuple[int, Account, Content]] = []
    for account, change in draft.legs.items():
        if account.kind != "lot" or min(change) >= 0:
            continue
        later = draft.view.since(account.lot, draft.occurred_at).get(account)
        if later:
            held = add(draft.view.holdings(account.lot).get(account, nothing), change)
            shortage = last_shortage(held, later)
            if shortage is not None:
                shortages.append((shortage[0], account, shortage[1]))
    if not shortages:
        return
    moment, account, content = max(shortages)
    least, name = min(zip(content, draft.view.substances, strict=True))
    place = f"lot {account.lot} of {account.party} at {account.site}"
    draft.too_early("back-dated", moment, f": until then {place} would have {kg(least)} of {name}")


def last_shortage(held: Content, later: Mapping[int, Content]) -> tuple[int, Content] | None:
    """The last stretch in which an account was below zero: its end, and its content then.

    Parameters
    ----------
    held : content after everything that was posted.
    later : content posted by date; only the time before these dates is examined.

    >>> last_shortage((5,), {9: (15,), 7: (-20,)})
    (9, (-10,))
    >>> last_shortage((5,), {9: (2,)}) is None
    True
    """
    for moment in sorted(later, reverse=True):
        held = add(held, negate(later[moment]))
        if min(held) < 0:
            return moment, held
    return None
