"""One step of the walk."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from loopbook.errors import InputError
from loopbook.loop.goods.exchange import Needs, Now, Outcome
from loopbook.loop.models.model import SiteModel
from loopbook.loop.values.cells import OUTSIDE
from loopbook.loop.walking.accounts import is_aside
from loopbook.loop.walking.called import T, called
from loopbook.loop.walking.filling import Limit, filled
from loopbook.loop.walking.network import Leg, Network
from loopbook.loop.walking.record import Record
from loopbook.loop.walking.schedule import Schedule
from loopbook.loop.walking.stock import Key, Pool, Stock, covers, put
from loopbook.tables import Array

_TINY = 1e-9  # tonnes


@dataclass(frozen=True)
class _Source:
    """What a leg may draw.

    Parameters
    ----------
    streams : what there is, by key.
    endless : whether as much is there as is asked; then streams are of one tonne.
    """

    streams: Pool
    endless: bool = False

    @cached_property
    def by_key(self) -> Mapping[Key, Array]:
        """Tonnes of each stream."""
        return {key: stream.sum(axis=0) for key, stream in self.streams.items()}

    @cached_property
    def tonnes(self) -> Array:
        """All of it."""
        return np.asarray(sum(self.by_key.values(), np.zeros(1)))

    @cached_property
    def shares(self) -> Mapping[Key, Array]:
        """Share of each stream."""
        whole = np.where(self.tonnes > 0, self.tonnes, 1.0)
        return {key: tonnes / whole for key, tonnes in self.by_key.items()}


class StepWalk:
    """One step: what was on its way arrives, sites ask for what they need, then goods move."""

    def __init__(self, net: Network, turns: Schedule, stock: Stock, record: Record) -> None:
        self.net, self.turns, self.stock, self.record = net, turns, stock, record
        self.step = record.step
        self.k = self.step.index
        self.lacks: dict[str, dict[str, Array]] = {}
        self.orders: dict[str, dict[str, Array]] = defaultdict(dict)
        self.outcomes: dict[str, Outcome] = {}
        self.planned: dict[str, tuple[dict[str, Array], Outcome]] = {}
        self.made: dict[str, dict[str, Array]] = defaultdict(dict)

    def walk(self) -> None:
        """Walk the step."""
        self.stock.accounts.begin(self.step)
        for site, pool in self.stock.arrived.items():
            for (material, _), stream in pool.items():
                tonnes = stream.sum(axis=0)
                self.stock.book(self.net, site, at=self.k, material=material, tonnes=tonnes)
        for leg, material, stream in self.stock.travelling.pop(self.k, ()):
            self._arrive(leg, material, stream)
        for site in (OUTSIDE, *self.turns.buyers_first):
            self._ask(site)
        for turn in self.turns.turns:
            if isinstance(turn, str):
                self._run(turn)
            else:
                self._meet(turn)
        for site in self.net.loop.sites:
            self._close(site)
        for name, account in self.stock.accounts.by_name.items():
            self.record.owes(name, account.owed)
            short = self._short(account.keeper)[account.term.of]
            if np.any(np.minimum(short, account.lacking) > _TINY * account.credited):
                self.record.lacks_metal(account, name[0], float(short.max()))

    # -- needs

    def _now(self, site: str, owner: str = "") -> Now:
        loop = self.net.loop
        return Now(
            self.step,
            loop.days(loop.sites[site]),
            loop.calendar,
            self.net.basis,
            self.net.prepared[site],
            self.stock.states.get((site, owner)),
        )

    def _called(self, model: SiteModel, law: Callable[[], T], kind: type[T]) -> T:
        count = len(self.net.basis.names)
        return called(model, law, kind, when=self.step.name, count=count)

    def _ask(self, site: str) -> None:
        """What a site needs, and what it orders of those who make to order."""
        needs: Mapping[str, Array] = {}
        if site != OUTSIDE:
            model, now = self.net.model(site), self._now(site)
            asked = self._called(model, partial(model.needs, self.orders[site], now), Needs)
            needs = asked.lacks
            if asked.outcome:
                self.planned[site] = dict(self.orders[site]), asked.outcome
        self.lacks[site] = dict(needs)
        for name, tonnes in needs.items():
            self.record.number(site, "needs", name, tonnes)
        unordered = dict(needs)
        legs = [leg for leg in self.net.legs if leg.row.to == site]
        for leg in sorted(legs, key=lambda leg: leg.row.priority):
            for name in leg.materials:
                one = self.net.in_one(name)
                if leg.upper is not None:
                    tonnes = leg.upper[self.k] / len(leg.materials)
                elif leg.row.amount.kind == "needed":
                    rivals = [x for x in legs if x.row.priority == leg.row.priority]
                    count = sum(x.upper is None and name in x.materials for x in rivals)
                    whole, rest = (x.get(name, _enough(one, x)) for x in (needs, unordered))
                    tonnes = np.minimum(leg.force[self.k] * whole / count, rest)
                else:
                    continue
                _meet(unordered, {of: share * tonnes for of, share in one.items()})
                ordered = self.orders[leg.row.from_]
                ordered[name] = ordered.get(name, np.zeros(1)) + tonnes

    # -- sites

    def _run(self, site: str) -> None:
        """Let a site make what it makes of what it can work on."""
        model = self.net.model(site)
        feed = self._feed(site) if model.by_arrival else {}
        by_owner: dict[str, dict[str, Array]] = {"": {}}
        for (material, owner), stream in feed.items():
            kept = owner if model.keeps_title else ""
            put(by_owner.setdefault(kept, {}), material, stream)
            self.record.stream(site, "feed", material, stream)
        owners = {owner for place, owner in self.stock.states if place == site}
        for owner in sorted({*by_owner, *owners}):
            now, own = self._now(site, owner), by_owner.get(owner, {})
            orders, planned = self.planned.get(site, ({}, None))
            same = all(x is orders.get(name) for name, x in self.orders[site].items())
            law = partial(model.run, own, self.orders[site], now)
            outcome = planned if planned and same else self._called(model, law, Outcome)
            for material, stream in outcome.made.items():
                put(self.stock.made[site], (material, owner), stream)
                put(self.made[site], material, stream.sum(axis=0))
                self.record.stream(site, "made", material, stream)
            if model.by_arrival:
                self._finish(site, owner, outcome)
            else:  # until the step closes
                self.outcomes[site] = outcome
        self.stock.accounts.settle(site, self.stock.made[site], self.step)
        if any(leg.for_account and leg.row.to == site for leg in self.net.legs):
            self.lacks[site] = self._short(self.net.loop.party_of(site))
            for name, tonnes in self.lacks[site].items():
                self.record.number(site, "needs", name, tonnes)

    def _short(self, keeper: str) -> dict[str, Array]:
        """What a party owes beyond what is set aside and what its sites have or will get."""
        return self.stock.accounts.short(keeper, self.stock.in_process(self.net, keeper))

    def _feed(self, site: str) -> Pool:
        """What a site can work on of what arrived and waited; the rest waits."""
        pool = self.stock.arrived[site]
        months = self.net.loop.months_open(self.net.loop.sites[site], self.step)
        most = dict.fromkeys(pool, np.full(1, float(months > 0)))
        for key, capacity in self.net.rooms[site].capacity.items():
            keys = [x for x in pool if covers(self.net, key, x[0])]
            tonnes = sum((pool[x].sum(axis=0) for x in keys), np.zeros(1))
            share = np.minimum(capacity[self.k] / np.where(tonnes > 0, tonnes, 1.0), 1.0)
            most |= {x: np.minimum(most[x], share) for x in keys}
        feed = {lot: stream * most[lot] for lot, stream in pool.items()}
        for lot, worked in feed.items():
            pool[lot] = pool[lot] - worked
        return feed

    def _finish(self, site: str, owner: str, outcome: Outcome) -> None:
        self.stock.states[site, owner] = outcome.state
        if outcome.held is not None:
            self.stock.held[site, owner] = outcome.held
        for kind in ("disposal", "drawn", "absorbed", "held"):
            self.record.stream(site, kind, "", getattr(outcome, kind))
        for name, values in outcome.counts.items():
            self.record.number(site, "counts", name, values)
        self.record.solved[site, self.k] = outcome.solved

    def _close(self, site: str) -> None:
        """What arrived after a site had run, what waits, and what nobody brought."""
        if site in self.outcomes:
            arrived: dict[str, Array] = {}
            for (material, _), stream in self.stock.arrived.pop(site, {}).items():
                put(arrived, material, stream)
                self.record.stream(site, "feed", material, stream)
            outcome = self.outcomes[site]
            model = self.net.model(site)
            law = partial(model.receive, arrived, outcome, self._now(site))
            self._finish(site, "", self._called(model, law, Outcome))
        tonnes: dict[str, Array] = {}
        for pool in (self.stock.made[site], self.stock.arrived[site]):
            for (material, owner), stream in pool.items():
                if stream.any():
                    self.record.stream(site, "waiting", material, stream)
                    if not is_aside(owner):
                        put(tonnes, material, stream.sum(axis=0))
        self._check_store(site, tonnes)
        for name, lacking in self.lacks.get(site, {}).items():
            self.record.number(site, "lacking", name, lacking)

    def _check_store(self, site: str, waiting: Mapping[str, Array]) -> None:
        """Goods that wait beyond their store are a finding, one for each store."""
        store, names = self.net.rooms[site].store, defaultdict[str, list[str]](list)
        for material in waiting:
            key = self.net.store_of(site, material)
            names[material if key is None else key].append(material)
        for key, materials in names.items():
            tonnes = sum((waiting[name] for name in materials), np.zeros(1))
            most = store[key][self.k] if key in store else np.zeros(1)
            over = float((tonnes - most).max())
            if over > _TINY * max(1.0, float(tonnes.max())):
                label = key or ", ".join(materials)
                self.record.overflow(site, label, over, float(most.max()))

    # -- contracts

    def _meet(self, legs: Sequence[Leg]) -> None:
        """Give legs of one rank what they ask, cut by one fraction where there is too little."""
        elements = tuple(leg for leg in legs if leg.is_element)
        if elements and len(elements) < len(legs):
            self._meet([leg for leg in legs if not leg.is_element])
            self._meet(elements)
            return
        sources = [self._source(leg) for leg in legs]
        asked = [self._asked(*pair) for pair in zip(legs, sources, strict=True)]
        limits = [*_pools(legs, sources), *self._rooms(legs, sources), *self._wants(legs, sources)]
        taken = filled(asked, limits)
        for leg, source, tonnes in zip(legs, sources, taken, strict=True):
            whole = np.where(source.tonnes > 0, source.tonnes, 1.0)
            share = tonnes if source.endless else tonnes / whole
            for key, stream in source.streams.items():
                moved = stream * share
                name = leg.row.material if leg.is_element else key[0]
                if not source.endless:
                    pool = self.stock.made[leg.row.from_]
                    pool[key] = np.maximum(pool[key] - moved, 0.0)
                elif leg.row.from_ != OUTSIDE:
                    for kind, of in (("made", name), ("drawn", "")):
                        self.record.stream(leg.row.from_, kind, of, moved)
                self._send(leg, name, moved)
        for k, leg in enumerate(legs):
            self._write(leg, sources[k], asked[k], taken[k])

    def _source(self, leg: Leg) -> _Source:
        """What a leg may draw: its materials under its seller's title, or an element in them."""
        site, owner = leg.row.from_, leg.owner
        pool = self.stock.made[site] if site != OUTSIDE else {}
        streams = {key: x for key, x in pool.items() if key[0] in leg.materials and key[1] == owner}
        outcome = self.outcomes.get(site)
        if not streams and (site == OUTSIDE or (outcome is not None and outcome.to_order)):
            name, one = leg.materials[0], np.ones(1)
            return _Source({(name, owner): self.net.basis.stream(name, one)}, endless=True)
        if not streams and leg.is_element:
            alone = self.net.basis.stream(leg.row.material, np.ones(1))
            streams = {key: x * alone for key, x in pool.items() if key[1] == owner}
        return _Source(streams)

    def _asked(self, leg: Leg, source: _Source) -> Array:
        """Tonnes that a leg asks for in the step."""
        amount, force = leg.row.amount, leg.force[self.k]
        if leg.upper is not None:
            return np.asarray(leg.upper[self.k])
        if amount.kind == "needed":
            return np.asarray(force * self._lacking(leg, source))
        if amount.of == "made":
            made = self.made[leg.row.from_]
            whole = sum((made[name] for name in leg.materials if name in made), np.zeros(1))
            return np.asarray(force * whole)
        if source.endless:
            raise InputError.of(
                "amount", leg.row.where, "a rate, or as needed", f"all of what {leg.row.from_} has"
            )
        return np.asarray(force * source.tonnes)

    def _wants(self, legs: Sequence[Leg], sources: Sequence[_Source]) -> Iterator[Limit]:
        """What a receiver lacks, for all that bring the same of it as needed."""
        same: dict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
        for i, leg in enumerate(legs):
            if leg.row.amount.kind == "needed":
                same[leg.row.to, leg.materials].append(i)
        for rivals in (numbers for numbers in same.values() if len(numbers) > 1):
            lacks = [self._lacking(legs[i], sources[i]) for i in rivals]
            yield Limit(np.min(np.broadcast_arrays(*lacks), axis=0), dict.fromkeys(rivals, 1.0))

    def _lacking(self, leg: Leg, source: _Source) -> Array:
        """Tonnes of a leg's goods that meet what its receiver lacks, and exceed none of it."""
        lacks = self.lacks.get(leg.row.to, {})
        direct = [lacks[name] for name in leg.materials if name in lacks]
        stream = sum(source.streams.values(), self.net.basis.zeros())
        if direct or not lacks:
            return np.asarray(sum(direct, np.zeros(1)))
        whole = np.where(source.tonnes > 0, source.tonnes, 1.0)
        return _enough(self.net.basis.contents(stream / whole), lacks)

    def _rooms(self, legs: Sequence[Leg], sources: Sequence[_Source]) -> Iterator[Limit]:
        """What each receiver has room for, where its model works on what arrives."""
        for site in sorted({leg.row.to for leg in legs} - {OUTSIDE}):
            if not self.net.limits_arrivals(site):
                continue
            shares = {
                (i, key[0]): share
                for i, (leg, source) in enumerate(zip(legs, sources, strict=True))
                if leg.row.to == site and not leg.for_account
                for key, share in source.shares.items()
            }
            for capacity in self.net.rooms[site].capacity:
                yield from self._room(site, capacity, legs, shares)

    def _room(
        self, site: str, key: str, legs: Sequence[Leg], shares: Mapping[tuple[int, str], Array]
    ) -> Iterator[Limit]:
        """A capacity with the store behind it, of all that is covered and of each material."""
        counts: dict[tuple[int, str | None], dict[int, Array]] = defaultdict(dict)
        for (i, name), share in shares.items():
            if covers(self.net, key, name):
                store = self.net.store_of(site, name)
                for k, part in self._arrivals(legs[i], name):
                    if k < len(self.net.steps):
                        put(counts[k, store], i, share * part)
        for k in dict.fromkeys(k for k, _ in counts):
            stores = [store for step, store in counts if step == k]
            theres = [self._there(site, key, k, store) for store in stores]
            every: dict[int, Array] = {}
            for store, there in zip(stores, theres, strict=True):
                yield Limit(there, counts[k, store])
                for i, share in counts[k, store].items():
                    put(every, i, share)
            if len(stores) > 1:
                yield Limit(np.max(np.broadcast_arrays(*theres), axis=0), every)

    def _there(self, site: str, key: str, k: int, store: str | None) -> Array:
        """What is left of a capacity, and of the store behind it, in a step."""
        room = self.net.rooms[site]
        there = room.capacity[key][k] + (0.0 if store is None else room.store[store][k])
        booked = self.stock.booked.get((site, key))
        return np.asarray(np.maximum(there - (0.0 if booked is None else booked[k]), 0.0))

    def _arrivals(self, leg: Leg, material: str) -> Iterator[tuple[int, Array]]:
        """When what leaves in this step arrives; what closes a cycle not before the next step."""
        for k, share in self.net.arrivals(leg, material, self.step):
            yield (self.k + 1 if k == self.k and leg.number in self.turns.later else k), share

    def _send(self, leg: Leg, material: str, stream: Array) -> None:
        """Let a stream leave; it arrives now or is on its way."""
        arrivals = [*self._arrivals(leg, material)]
        at_once = [k for k, _ in arrivals] == [self.k]
        at_once = at_once and (leg.number, material) not in self.record.on_way
        self.record.moved(leg, material, stream, at_once=at_once)
        if not stream.any():
            return
        for k, share in arrivals:
            part = stream if at_once else stream * share
            if not at_once:
                self.record.arrived(leg, material, k, part)
            if leg.row.to == OUTSIDE:
                continue
            if not leg.for_account:
                tonnes = part.sum(axis=0)
                self.stock.book(self.net, leg.row.to, at=k, material=material, tonnes=tonnes)
            if k == self.k:
                self._arrive(leg, material, part)
            else:
                self.stock.travelling[k].append((leg, material, part))
        if lacks := self.lacks.get(leg.row.to):
            _meet(lacks, {**self.net.basis.contents(stream), material: stream.sum(axis=0)})

    def _arrive(self, leg: Leg, material: str, stream: Array) -> None:
        accounts, site = self.stock.accounts, leg.row.to
        if leg.for_account:
            pool = self.stock.made[site]
            put(pool, (accounts.name_of(site, material), leg.owner_at_end), stream)
            accounts.settle(site, pool, self.step)
            return
        put(self.stock.arrived[site], (material, leg.owner_at_end), stream)
        accounts.credit(leg, stream, self.step)

    def _write(self, leg: Leg, source: _Source, asked: Array, taken: Array) -> None:
        """What was asked, taken, and is short: by the seller as far as the buyer has room yet."""
        least = asked if leg.lower is None else leg.lower[self.k]
        short = np.zeros(1) if leg.row.amount.offer else np.maximum(least - taken, 0.0)
        short = np.where(short > _TINY * asked, short, 0.0)
        seller = np.zeros(1) if source.endless else short
        if short.any():
            (seller,) = filled([seller], [*self._rooms([leg], [source])])
        buyer = short - seller
        self.record.amounts(leg, asked=asked, taken=taken, buyer=buyer, seller=seller)


def _meet(lacks: dict[str, Array], came: Mapping[str, Array]) -> None:
    """Take what came off what is lacking, by material, component and element."""
    for name in came.keys() & lacks:
        lacks[name] = np.maximum(lacks[name] - came[name], 0.0)


def _enough(one: Mapping[str, Array], lacks: Mapping[str, Array]) -> Array:
    """Tonnes of goods that meet what is lacking, and exceed none of it, by what a tonne holds."""
    most = np.full(1, np.inf)
    for name, share in one.items():
        if name in lacks:
            tonnes = lacks[name] / np.where(share > 0, share, 1.0)
            most = np.minimum(most, np.where(share > 0, tonnes, np.inf))
    return np.where(np.isfinite(most), most, 0.0)


def _pools(legs: Sequence[Leg], sources: Sequence[_Source]) -> Iterator[Limit]:
    """What there is of each stream, for those that draw it in proportion."""
    there: dict[tuple[str, str, Key], Array] = {}
    claims: dict[tuple[str, str, Key], dict[int, Array]] = defaultdict(dict)
    for i, (leg, source) in enumerate(zip(legs, sources, strict=True)):
        whole, element = source.tonnes, leg.row.material if leg.is_element else ""
        if not source.endless:
            yield Limit(whole, {i: 1.0})
        for key, tonnes in () if source.endless else source.by_key.items():
            there[leg.row.from_, element, key] = tonnes
            claims[leg.row.from_, element, key][i] = source.shares[key]
    for name, tonnes in there.items():
        if len(claims[name]) > 1:  # else the limit of its leg's source is the same
            yield Limit(tonnes, claims[name])
