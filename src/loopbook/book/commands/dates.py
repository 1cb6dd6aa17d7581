"""When an event may be dated: as far back as no lot would have been below zero since.

Late papers are honest, so that an event may be dated before others that the book knows already.
But then it also changes what lay there at every moment from its date on. What lies on an account
now is enough for the event; what lay there at some moment in between need not be:

    1 March   received at the works, 100 kg
    9 March   moved to the refinery
    5 March   (told last) 10 kg disposed of at the refinery: from 5 to 9 March it had -10 kg

Such an event is refused, with the first moment at which it may be dated. Only events that are
dated before others on their lots cost more than a comparison (`Past.since`).
"""

from __future__ import annotations

from collections.abc import Mapping

from loopbook.book.commands.draft import Draft, too_early
from loopbook.book.nouns import Account, Content, add, negate, zero


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
            found = last_shortage(held, later)
            if found is not None:
                shortages.append((found[0], account, found[1]))
    if not shortages:
        return
    moment, account, content = max(shortages)
    short, name = min(zip(content, draft.view.substances, strict=True))
    where = f"lot {account.lot} of {account.party} at {account.site}"
    why = f"{where} would have {short / 1e6:.6f} kg of {name} until then"
    too_early(draft, "back-dated", moment, why=why)


def last_shortage(held: Content, later: Mapping[int, Content]) -> tuple[int, Content] | None:
    """The last stretch in which an account was below zero: its end, and what lay there.

    Parameters
    ----------
    held : what lies there after all that was posted.
    later : what was posted on it by date; only the time before these dates is looked at.

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
