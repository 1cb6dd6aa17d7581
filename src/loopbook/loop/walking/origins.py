"""Of which class is what flows: from where its elements came, blended in every step of a walk."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from loopbook.errors import InputError
from loopbook.loop.nouns.matter import CLASSES
from loopbook.loop.time.calendar import Step
from loopbook.loop.values.cells import OUTSIDE
from loopbook.loop.walking.network import Leg, Network, network_of
from loopbook.loop.walking.result import Operation, Walk
from loopbook.loop.walking.schedule import scheduled
from loopbook.tables import Array

_CLOSE = 1e-12
_SWEEPS = 500
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Origins:
    """Tonnes of elements by class; what is of no class is new.

    Parameters
    ----------
    flows : of each row of contracts by material, as it leaves: (step, class, element, draw).
    made : of what sites make, by site and material, likewise.
    """

    flows: tuple[Mapping[str, Array], ...]
    made: Mapping[_Key, Array]


def origins(walked: Walk) -> Origins:
    """The classes of all that a walk moved and made.

    Goods of a material that has a `class` are of that class. Others hold, of each element, the
    class shares of what their site had of it in the step: what it worked on, what it held, and what
    it drew, which is new. What waits at a site is one blend by material, of all owners; what is on
    its way keeps the shares with which it left. What is there before the first step is new.

    Raises
    ------
    InputError : goods in a circle whose shares do not settle.
    """
    return _Pass(walked).run()


class _Pass:
    """Shares of classes by site and material, step by step; arrays are (class, element, draw)."""

    def __init__(self, walked: Walk) -> None:
        self.walked, self.basis, self.loop = walked, walked.basis, walked.loop
        self.net: Network = network_of(walked.loop)
        self.later = scheduled(self.loop.models, self.net.legs).later
        self.legs = tuple(zip(self.net.legs, walked.flows, strict=True))
        shape = len(CLASSES), len(self.basis.elements), 1
        self.none = np.zeros(shape)
        self.waiting: dict[_Key, Array] = {}  # content by class after the last step
        self.held: dict[str, Array] = {}
        self.coming: dict[int, dict[_Key, Array]] = defaultdict(lambda: defaultdict(self._nothing))
        self.flows: list[dict[str, list[Array]]] = [defaultdict(list) for _ in self.legs]
        self.made: dict[_Key, list[Array]] = defaultdict(list)

    def _nothing(self) -> Array:
        return self.none

    def run(self) -> Origins:
        """All steps."""
        for step in self.net.steps:
            self._step(step)
        return Origins(
            tuple({name: _stacked(rows) for name, rows in flow.items()} for flow in self.flows),
            {key: _stacked(rows) for key, rows in self.made.items()},
        )

    def _of(self, stream: Array, k: int) -> Array:
        """Tonnes of the elements of a stream in a step, (element, draw)."""
        if not 0 <= k < len(stream):
            return np.asarray(self.none[0])
        return np.asarray(self.basis.matrix @ stream[k])

    def _class(self, material: str) -> Array | None:
        """1 for the class that a material is of as such; None where it has none."""
        row = self.loop.materials.get(material)
        if row is None or not row.class_:
            return None
        one = np.zeros((len(CLASSES), 1, 1))
        one[CLASSES.index(row.class_)] = 1.0
        return one

    def _step(self, step: Step) -> None:
        k = step.index
        came = dict(self.coming.pop(k, {}))
        pools = {key: self._mass(*key, k) for key in self._keys()}
        shares: dict[_Key, Array] = dict.fromkeys(pools, self.none)
        for _ in range(_SWEEPS):
            now = self._arrivals(shares, pools, step, came)
            blends = {site: self._blend(row, shares, k) for site, row in self.walked.sites.items()}
            new = {key: self._share(key, mass, now, blends, k=k) for key, mass in pools.items()}
            change = max((float(np.abs(new[x] - shares[x]).max()) for x in new), default=0.0)
            shares = new
            if change <= _CLOSE:
                break
        else:
            expected = f"shares of classes that settle in {_SWEEPS} rounds of a circle"
            raise InputError.of("cycle", "contracts", expected, f"a change of {change:g}")
        self._write(shares, pools, blends, step)

    def _keys(self) -> Iterable[_Key]:
        """Sites and materials that are made, worked on or wait there, or arrive."""
        keys = {
            (site, name)
            for site, row in self.walked.sites.items()
            for goods in (row.feed, row.made, row.waiting)
            for name in goods
        }
        keys |= {
            (flow.row.to, name)
            for flow in self.walked.flows
            for name in flow.arrived
            if flow.row.to != OUTSIDE
        }
        return sorted(keys)

    def _mass(self, site: str, material: str, k: int) -> Array:
        """Tonnes of elements that go into a pool in a step, and so those that leave it or wait."""
        row, none = self.walked.sites[site], np.zeros((len(self.walked.steps), *self._shape))
        into = self._of(row.waiting.get(material, none), k - 1)
        into = into + self._of(row.made.get(material, none), k)
        out = self._of(row.waiting.get(material, none), k)
        out = out + self._of(row.feed.get(material, none), k)
        for flow in self.walked.flows:
            if flow.row.to == site and material in flow.arrived:
                into = into + self._of(flow.arrived[material], k)
            if flow.row.from_ == site and material in flow.materials:
                out = out + self._of(flow.materials[material], k)
        return np.maximum(into, out)  # of the opening there is only what leaves

    @property
    def _shape(self) -> tuple[int, int]:
        return len(self.basis.names), 1

    def _blend(self, row: Operation, shares: Mapping[_Key, Array], k: int) -> Array:
        """Shares of classes in what a site works on, holds and draws."""
        held = self.held.get(row.site, self.none)
        tonnes = self._of(row.held, k - 1) + self._of(row.drawn, k)
        for name, stream in row.feed.items():
            fed = self._of(stream, k)
            held, tonnes = held + shares[row.site, name] * fed, tonnes + fed
        goods = (*row.made.values(), row.disposal, row.absorbed, row.held)
        out = sum((self._of(stream, k) for stream in goods), self.none[0])
        return _ratio(held, np.maximum(tonnes, out))

    def _share(
        self,
        key: _Key,
        mass: Array,
        came: Mapping[_Key, Array],
        blends: Mapping[str, Array],
        *,
        k: int,
    ) -> Array:
        """Shares of classes in what there is of a material at a site."""
        site, material = key
        one = self._class(material)
        if one is not None:
            return one * np.ones_like(self.none)
        whole = self.waiting.get(key, self.none) + came.get(key, self.none)
        if material in self.walked.sites[site].made:
            whole = whole + blends[site] * self._of(self.walked.sites[site].made[material], k)
        return _ratio(whole, mass)

    def _leaving(
        self, leg: Leg, material: str, shares: Mapping[_Key, Array], pools: Mapping[_Key, Array]
    ) -> Array:
        """Shares of classes in what leaves under a contract; an element comes out of all pools."""
        site, one = leg.row.from_, self._class(material)
        if one is not None:
            return one * np.ones_like(self.none)
        if site == OUTSIDE:
            return self.none
        if (site, material) in shares:
            return shares[site, material]
        keys = [key for key in pools if key[0] == site and key[1] in self.walked.sites[site].made]
        whole = sum((shares[key] * pools[key] for key in keys), self.none)
        return _ratio(whole, sum((pools[key] for key in keys), self.none[0]))

    def _arrivals(
        self,
        shares: Mapping[_Key, Array],
        pools: Mapping[_Key, Array],
        step: Step,
        came: Mapping[_Key, Array],
    ) -> dict[_Key, Array]:
        """Tonnes by class that arrive in a step, those of this step's departures with them."""
        now = dict(came)
        for leg, material, k, tonnes in self._departures(shares, pools, step):
            if k == step.index:
                key = leg.row.to, material
                now[key] = now.get(key, self.none) + tonnes
        return now

    def _departures(
        self, shares: Mapping[_Key, Array], pools: Mapping[_Key, Array], step: Step
    ) -> Iterable[tuple[Leg, str, int, Array]]:
        """What leaves for a site in a step, with the step in which each part of it arrives."""
        for leg, flow in self.legs:
            for name, stream in flow.materials.items() if leg.row.to != OUTSIDE else ():
                whole = self._leaving(leg, name, shares, pools) * self._of(stream, step.index)
                for k, part in self.net.arrivals(leg, name, step):
                    is_next = k == step.index and leg.number in self.later
                    yield leg, name, k + is_next, whole * part

    def _write(
        self,
        shares: Mapping[_Key, Array],
        pools: Mapping[_Key, Array],
        blends: Mapping[str, Array],
        step: Step,
    ) -> None:
        """Keep what the next steps need, and what the results are."""
        for leg, material, k, tonnes in self._departures(shares, pools, step):
            if k > step.index:
                key = leg.row.to, material
                self.coming[k][key] = self.coming[k][key] + tonnes
        for site, row in self.walked.sites.items():
            self.held[site] = blends[site] * self._of(row.held, step.index)
            for name, stream in row.waiting.items():
                self.waiting[site, name] = shares[site, name] * self._of(stream, step.index)
            for name, stream in row.made.items():
                one = self._class(name)
                share = blends[site] if one is None else one
                self.made[site, name].append(share * self._of(stream, step.index))
        for (leg, flow), rows in zip(self.legs, self.flows, strict=True):
            for name, stream in flow.materials.items():
                share = self._leaving(leg, name, shares, pools)
                rows[name].append(share * self._of(stream, step.index))


def _ratio(part: Array, whole: Array) -> Array:
    return np.minimum(part / np.where(whole > 0.0, whole, 1.0), 1.0)


def _stacked(rows: list[Array]) -> Array:
    return np.stack(np.broadcast_arrays(*rows))
