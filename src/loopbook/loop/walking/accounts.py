"""Metal accounts: what a giver is credited by terms of return, and gets under its title."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from loopbook.loop.goods.exchange import arrivals
from loopbook.loop.terms.lot import ZERO, Lot, Quotes
from loopbook.loop.terms.prices.give_back import Return
from loopbook.loop.time.calendar import Step
from loopbook.loop.walking.network import Leg, Network
from loopbook.tables import Array


@dataclass(slots=True)
class Account:
    """What is owed by a term of return.

    Parameters
    ----------
    term : the row.
    giver : party that gets it.
    keeper : party that owes it, at any of its sites.
    due : t that become due, by step.
    owed : t that are due and not returned.
    returned : t of them that were returned in the step.
    """

    term: Return
    giver: str
    keeper: str
    due: dict[int, Array] = field(default_factory=dict)
    owed: Array = field(default_factory=lambda: ZERO)
    returned: Array = field(default_factory=lambda: ZERO)

    def ready(self, step: Step) -> Array:
        """t that may be returned yet in a step: no more than the term lets be returned in it."""
        whole = self.term.due(self.owed + self.returned, step, step.months)
        return np.maximum(whole - self.returned, 0.0)

    def give(self, tonnes: Array) -> None:
        """Return some of it."""
        self.owed, self.returned = self.owed - tonnes, self.returned + tonnes


@dataclass
class Accounts:
    """All metal accounts of a walk, by contract and element.

    A delivery is credited when it arrives and due after the term's lag. What is due passes to the
    giver's title as soon as a site of the keeper makes goods that hold it and that a contract takes
    from there under that title, never more than all of them; the rest stays in the account.
    """

    net: Network
    by_name: dict[tuple[str, str], Account] = field(default_factory=dict)

    def begin(self, step: Step) -> None:
        """What becomes due in a step."""
        for account in self.by_name.values():
            account.returned = ZERO
            account.owed = account.owed + account.due.pop(step.index, ZERO)

    def credit(self, leg: Leg, stream: Array, step: Step) -> None:
        """Credit what arrives under a contract in a step."""
        loop = self.net.loop
        for term in loop.terms_on(leg.row.contract, Return.law):
            assert isinstance(term, Return)
            if not loop.months_open(term, step):
                continue
            name = leg.row.contract, term.of
            if name not in self.by_name:
                self.by_name[name] = Account(term, leg.seller, loop.party_of(leg.row.to))
            account, tonnes = self.by_name[name], term.credit(self._lot(stream, step))
            for k, share in arrivals(loop.calendar, step, np.full(1, term.lag.months)):
                if k == step.index:
                    account.owed = account.owed + tonnes * share
                else:
                    account.due[k] = account.due.get(k, ZERO) + tonnes * share

    def _lot(self, stream: Array, step: Step) -> Lot:
        quotes, month = Quotes(self.net.loop.settings.money.currency), step.first
        return Lot(
            mass=stream.sum(axis=0),
            contents=lambda of: self.net.basis.content(stream, of),
            quotes=quotes,
            shipped=month,
            arrived=month,
            paid=month,
        )

    def settle(self, site: str, pool: dict[tuple[str, str], Array], step: Step) -> None:
        """Pass goods that a site made to the title of those to whom they are due."""
        keeper = self.net.loop.party_of(site)
        for giver, materials in self._takers(site):
            accounts = [x for x in self.by_name.values() if (x.giver, x.keeper) == (giver, keeper)]
            for material, owner in [*pool]:
                if owner or material not in materials:
                    continue
                stream = pool[material, owner]
                given = stream * self._share(accounts, stream, step)
                pool[material, owner] = stream - given
                pool[material, giver] = pool.get((material, giver), 0.0) + given

    def _takers(self, site: str) -> Iterator[tuple[str, set[str]]]:
        """Givers for whom contracts take goods from a site, with their materials."""
        legs = [leg for leg in self.net.legs if leg.row.from_ == site and leg.owner]
        for giver in dict.fromkeys(leg.owner for leg in legs):
            own = [leg for leg in legs if leg.owner == giver]
            yield giver, {name for leg in own for name in leg.materials}

    def _share(self, accounts: list[Account], stream: Array, step: Step) -> Array:
        """Share of a stream that is due to a giver; it is taken off the accounts.

        Of goods that hold several elements no more than the least that is due of any.
        """
        content = {x.term.of: self.net.basis.content(stream, x.term.of) for x in accounts}
        content = {of: held for of, held in content.items() if held.any()}
        share = np.full(1, float(bool(content)))
        for of, held in content.items():
            ready = sum((x.ready(step) for x in accounts if x.term.of == of), ZERO)
            most = np.where(held > 0, ready / np.where(held > 0, held, 1.0), 1.0)
            share = np.minimum(share, most)
        for of, held in content.items():
            rest = held * share
            for account in (x for x in accounts if x.term.of == of):
                tonnes = np.minimum(account.ready(step), rest)
                account.give(tonnes)
                rest = rest - tonnes
        return share
