"""What happens in the steps of a walk, written down as it happens."""

from collections import defaultdict
from functools import partial
from typing import TypeVar

import numpy as np

from loopbook.errors import Finding
from loopbook.flowsheet import RouteResult
from loopbook.loop.models.process import Splitting
from loopbook.loop.time.calendar import Step
from loopbook.loop.walking.accounts import Account
from loopbook.loop.walking.called import guarded
from loopbook.loop.walking.network import Leg, Network
from loopbook.loop.walking.result import Flow, Operation, Walk
from loopbook.loop.walking.stock import Stock, put
from loopbook.tables import Array

_K = TypeVar("_K", tuple[int, str], tuple[str, str], tuple[str, str, str])


class Record:
    """Arrays of all steps, made when they are first needed; `step` is the one that is walked."""

    def __init__(self, net: Network) -> None:
        self.net = net
        self.step: Step = net.steps[0]
        self.solved: dict[tuple[str, int], RouteResult | None] = {}
        self.owed: dict[tuple[str, str], Array] = {}
        self.findings: dict[tuple[str, ...], Finding] = {}
        self.opening: dict[str, Array] = {}
        self.on_way: dict[tuple[int, str], Array] = {}
        steps, draws = len(net.steps), net.draws
        self._flows: list[dict[str, Array]] = [
            {name: np.zeros((steps, draws)) for name in ("asked", "taken", "seller", "buyer")}
            for _ in net.legs
        ]
        self._moved: dict[tuple[int, str], Array] = {}
        self._arrived: dict[tuple[int, str], Array] = {}
        self._sites: dict[tuple[str, str, str], Array] = {}

    def start(self, stock: Stock) -> None:
        """What there is before the first step."""
        shape = len(self.net.basis.names), self.net.draws
        for site in self.net.loop.sites:
            pools = (*stock.made[site].values(), *stock.arrived[site].values())
            model = self.net.model(site)
            law = partial(model.held_before, self.net.prepared[site])
            held = guarded(model, law, when="held_before")
            self.opening[site] = sum(pools, np.zeros(shape)) + (0.0 if held is None else held)
        for k, moving in stock.travelling.items():
            for leg, material, stream in moving:
                put(self.on_way, (leg.number, material), stream)
                self.arrived(leg, material, k, stream)

    def overflow(self, site: str, material: str, over: float, most: float) -> None:
        """Goods that wait beyond their store, once for each site and material."""
        finding = Finding(
            "store",
            self.net.loop.sites[site].where,
            f"at most {most:g} t of {material} in the store of {site}",
            f"{over:,.4g} t more at the end of {self.step.name}",
            f"write a contract that takes {material}, or a store for it",
        )
        self.findings.setdefault(("store", site, material), finding)

    def lacks_metal(self, account: Account, contract: str, tonnes: float) -> None:
        """Metal that is credited and that nobody has, once for each account."""
        of, keeper = account.term.of, account.keeper
        finding = Finding(
            "owed",
            account.term.where,
            f"all {of} that {contract} credits to {account.giver}, made or bought",
            f"{tonnes:,.4g} t less at the end of {self.step.name}",
            f"write a contract that brings {of} as needed to a site of {keeper}",
        )
        self.findings.setdefault(("owed", contract, of), finding)

    def amounts(self, leg: Leg, **amounts: Array) -> None:
        """What a leg asked and took in the step."""
        for name, values in amounts.items():
            self._flows[leg.number][name][self.step.index] = values

    def moved(self, leg: Leg, material: str, stream: Array, *, at_once: bool) -> None:
        """A stream that leaves in the step; what always arrives at once is one array with it."""
        key = leg.number, material
        arrived = self._streams(self._arrived, key, 1)
        if at_once:
            self._moved.setdefault(key, arrived[:-1])
        self._streams(self._moved, key)[self.step.index] += stream

    def arrived(self, leg: Leg, material: str, step: int, stream: Array) -> None:
        """A stream that arrives; after the last step it is still on its way."""
        self._streams(self._arrived, (leg.number, material), 1)[step] += stream

    def stream(self, site: str, kind: str, name: str, stream: Array | None) -> None:
        """A stream of a site in the step."""
        if stream is not None:
            array = self._streams(self._sites, (site, kind, name))
            if stream.any():
                array[self.step.index] += stream

    def number(self, site: str, kind: str, name: str, values: Array) -> None:
        """An amount of a site in the step."""
        self._array(self._sites, (site, kind, name), len(self.net.steps))[self.step.index] = values

    def owes(self, name: tuple[str, str], tonnes: Array) -> None:
        """What an account owes after the step."""
        self._array(self.owed, name, len(self.net.steps))[self.step.index] = tonnes

    def _streams(self, arrays: dict[_K, Array], key: _K, more: int = 0) -> Array:
        return self._array(arrays, key, len(self.net.steps) + more, len(self.net.basis.names))

    def _array(self, arrays: dict[_K, Array], key: _K, *shape: int) -> Array:
        if key not in arrays:
            arrays[key] = np.zeros((*shape, self.net.draws))
        return arrays[key]

    def result(self) -> Walk:
        """The walk of all steps."""
        self._find_contaminants()
        self._find_idle_shares()
        return Walk(
            self.net.loop,
            self.net.basis,
            tuple(map(self._flow, self.net.legs)),
            {site: self._operation(site) for site in self.net.loop.sites},
            tuple(self.findings.values()),
            self.owed,
        )

    def _find_contaminants(self) -> None:
        """What routes take and do not recover, the most of all steps."""
        most: dict[tuple[str, str], tuple[float, int]] = {}
        for (site, step), solved in self.solved.items():
            for name, shares in solved.contaminants.items() if solved else ():
                worst = max(most.get((site, name), (0.0, 0)), (float(shares.max()), step))
                most[site, name] = worst
        for (site, name), (share, step) in most.items():
            where, at = self.net.loop.sites[site].where, self.net.steps[step].name
            sentence = (
                f"up to {100 * share:.3g} % {name} in the feed of {site} is not recovered ({at}): "
                "it goes to its waste, and no reagent is counted for it"
            )
            finding = Finding("contamination", where, "", "", sentence=sentence)
            self.findings["contamination", site, name] = finding

    def _find_idle_shares(self) -> None:
        """Columns of ``shares`` that never act, for another holds what they are of."""
        for site, process in self.net.prepared.items():
            if not isinstance(process, Splitting):
                continue
            feed = {
                name: stream.sum(axis=(0, 2))[:, None]
                for (place, kind, name), stream in self._sites.items()
                if (place, kind) == (site, "feed")
            }
            for row, name, outer in process.idle(feed, self.net.basis):
                sentence = (
                    f"{name} of {row.process} never acts at {site}: all of it arrives in {outer}, "
                    "which has a column of its own"
                )
                hint = f"leave out the column {outer}, or {name}"
                finding = Finding("idle", f"{row.where}, {name}", "", "", hint, sentence=sentence)
                self.findings["idle", finding.where, site] = finding

    def _flow(self, leg: Leg) -> Flow:
        amounts = self._flows[leg.number]
        moved = {name: x for (k, name), x in self._moved.items() if k == leg.number}
        arrived = {name: x for (k, name), x in self._arrived.items() if k == leg.number}
        owner = leg.owner_at_end or self.net.loop.party_of(leg.row.to)
        return Flow(
            leg.row,
            leg.seller,
            leg.buyer,
            amounts["asked"],
            amounts["taken"],
            amounts["seller"],
            amounts["buyer"],
            moved,
            arrived,
            {name: x for (k, name), x in self.on_way.items() if k == leg.number},
            owner,
        )

    def _operation(self, site: str) -> Operation:
        named: dict[str, dict[str, Array]] = defaultdict(dict)
        for (place, kind, name), values in self._sites.items():
            if place == site:
                named[kind][name] = values
        steps = self.net.steps
        row = self.net.loop.sites[site]
        zeros = np.zeros((len(steps), len(self.net.basis.names), self.net.draws))
        return Operation(
            site=site,
            months=np.array([self.net.loop.months_open(row, step) for step in steps]),
            opening=self.opening[site],
            feed=named["feed"],
            made=named["made"],
            disposal=named["disposal"].get("", zeros),
            drawn=named["drawn"].get("", zeros),
            absorbed=named["absorbed"].get("", zeros),
            held=named["held"].get("", zeros),
            waiting=named["waiting"],
            needs=named["needs"],
            lacking=named["lacking"],
            counts=named["counts"],
            solved=tuple(self.solved.get((site, step.index)) for step in steps),
        )
