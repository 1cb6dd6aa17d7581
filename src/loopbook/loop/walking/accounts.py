"""Metal accounts: what a giver is credited, set aside for it, and returned under its title."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from loopbook.loop.terms.lot import ZERO, Lot, Quotes
from loopbook.loop.terms.prices.give_back import Return
from loopbook.loop.time.calendar import Step
from loopbook.loop.walking.network import Leg, Network
from loopbook.tables import Array

_ASIDE = "set aside for "


def is_aside(owner: str) -> bool:
    """Whether goods are set aside for what is credited: they need no store."""
    return owner.startswith(_ASIDE)


@dataclass(slots=True)
class Account:
    """What is owed by a term of return.

    Parameters
    ----------
    term : the row.
    giver : party that gets it.
    keeper : party that owes it, at any of its sites.
    due : t that become due, by step.
    credited : t that were credited and not returned.
    aside : t of them that are set aside.
    owed : t that are due and not returned.
    returned : t that were returned in the step.
    """

    term: Return
    giver: str
    keeper: str
    due: dict[int, Array] = field(default_factory=dict)
    credited: Array = field(default_factory=lambda: ZERO)
    aside: Array = field(default_factory=lambda: ZERO)
    owed: Array = field(default_factory=lambda: ZERO)
    returned: Array = field(default_factory=lambda: ZERO)

    @property
    def lacking(self) -> Array:
        """t for which nothing is set aside yet."""
        return np.maximum(self.credited - self.aside, 0.0)

    def ready(self, step: Step) -> Array:
        """t that may be returned yet in a step: no more than the term lets be returned in it."""
        whole = self.term.due(self.owed + self.returned, step, step.months)
        return np.minimum(np.maximum(whole - self.returned, 0.0), self.aside)

    def give(self, tonnes: Array) -> None:
        """Return some of what is set aside."""
        self.credited, self.aside = self.credited - tonnes, self.aside - tonnes
        self.owed, self.returned = self.owed - tonnes, self.returned + tonnes

    def keep(self, tonnes: Array) -> None:
        """Set some aside."""
        self.aside = self.aside + tonnes


@dataclass
class Accounts:
    """All metal accounts of a walk, by contract and element.

    A delivery is credited when it arrives and due after the term's lag. When a site of the keeper
    has run, goods that hold what is credited are set aside, if a contract takes them from there
    under the giver's title, and never more than all of them; the rest is the keeper's own. What is
    due passes to the giver's title; the rest stays in the account.
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
        for term in loop.laws_on(leg.row.contract, Return):
            if not loop.months_open(term, step):
                continue
            name = leg.row.contract, term.of
            if name not in self.by_name:
                self.by_name[name] = Account(term, leg.seller, loop.party_of(leg.row.to))
            account, tonnes = self.by_name[name], term.credit(self._lot(stream, step))
            account.credited = account.credited + tonnes
            for k, share in loop.calendar.arrivals(step, np.full(1, term.lag.months)):
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
        """Set goods of a site aside for what is credited, and pass what is due to its givers."""
        keeper, takers = self.net.loop.party_of(site), self._takers(site)
        own = {
            giver: [x for x in self.by_name.values() if (x.giver, x.keeper) == (giver, keeper)]
            for giver in takers
        }
        for material, owner in sorted(pool):
            stream = pool[material, owner]
            if not owner:
                shares = {
                    giver: self._share(own[giver], stream, lambda account: account.lacking)
                    for giver, materials in takers.items()
                    if material in materials
                }
                whole = np.maximum(sum(shares.values(), ZERO), 1.0)
                for giver, share in shares.items():
                    aside = stream * (share / whole)
                    self._enter(own[giver], aside, Account.keep, lambda account: account.lacking)
                    _pass(pool, material, ("", _ASIDE + giver), aside)
        for material, owner in sorted(filter(lambda key: is_aside(key[1]), pool)):
            stream, giver = pool[material, owner], owner.removeprefix(_ASIDE)
            share = self._share(own[giver], stream, lambda account: account.ready(step))
            given = stream * np.minimum(share, 1.0)
            self._enter(own[giver], given, Account.give, lambda account: account.ready(step))
            _pass(pool, material, (owner, giver), given)

    def short(self, keeper: str, in_process: Iterable[Array]) -> dict[str, Array]:
        """t by element that a party owes beyond what is set aside and what it has in process."""
        accounts = [account for account in self.by_name.values() if account.keeper == keeper]
        streams = [*in_process] if accounts else []
        lacks: dict[str, Array] = {}
        for of in dict.fromkeys(account.term.of for account in accounts):
            there = sum((self.net.basis.content(x, of) for x in streams), ZERO)
            whole = sum((x.lacking for x in accounts if x.term.of == of), ZERO)
            lacks[of] = np.maximum(whole - there, 0.0)
        return lacks

    def name_of(self, site: str, material: str) -> str:
        """What bought metal is called where it meets an account: as the goods that are returned."""
        names = sorted({name for materials in self._takers(site).values() for name in materials})
        rows = self.net.loop.splits.get(self.net.model(site).process, ())
        made = [row.to for row in rows if row.to in names and material in row.components]
        return material if material in names else next(iter((*made, *names)), material)

    def _takers(self, site: str) -> dict[str, set[str]]:
        """Givers for whom contracts take goods from a site, with their materials."""
        takers: dict[str, set[str]] = {}
        for leg in self.net.legs:
            if leg.row.from_ == site and leg.owner:
                takers.setdefault(leg.owner, set()).update(leg.materials)
        return takers

    def _share(
        self, accounts: Sequence[Account], stream: Array, amount: Callable[[Account], Array]
    ) -> Array:
        """Share of a stream that meets an amount of accounts; above 1 where it is too little.

        Of goods that hold several elements no more than the least amount of any.
        """
        share = np.zeros(1)
        for k, (of, held) in enumerate(self._contents(accounts, stream)):
            whole = sum((amount(x) for x in accounts if x.term.of == of), ZERO)
            most = np.where(held > 0, whole / np.where(held > 0, held, 1.0), 1.0)
            share = np.minimum(share if k else np.inf, most)
        return share

    def _enter(
        self,
        accounts: Sequence[Account],
        stream: Array,
        change: Callable[[Account, Array], None],
        amount: Callable[[Account], Array],
    ) -> None:
        """Enter the content of a stream in accounts, in proportion to an amount of each."""
        for of, held in self._contents(accounts, stream):
            amounts = [(x, amount(x)) for x in accounts if x.term.of == of]
            whole = sum((tonnes for _, tonnes in amounts), ZERO)
            for account, tonnes in amounts:
                change(account, held * tonnes / np.where(whole > 0, whole, 1.0))

    def _contents(self, accounts: Sequence[Account], stream: Array) -> Iterable[tuple[str, Array]]:
        """Elements of accounts that a stream holds, with their t."""
        for of in dict.fromkeys(account.term.of for account in accounts):
            held = self.net.basis.content(stream, of)
            if held.any():
                yield of, held


def _pass(
    pool: dict[tuple[str, str], Array], material: str, owners: tuple[str, str], stream: Array
) -> None:
    """Let goods become another's."""
    before, after = owners
    pool[material, before] = pool[material, before] - stream
    pool[material, after] = pool.get((material, after), 0.0) + stream
