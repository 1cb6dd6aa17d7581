"""What waits and travels between two steps."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from loopbook.errors import InputError
from loopbook.loop.goods.exchange import counted_in
from loopbook.loop.values.quantity import Quantity
from loopbook.loop.walking.accounts import Accounts
from loopbook.loop.walking.network import Leg, Network
from loopbook.tables import Array

_K = TypeVar("_K")
Key = tuple[str, str]
"""A material and the party whose it is; empty for that of the site."""

Pool = dict[Key, Array]
"""Streams that are at a site."""


@dataclass
class Stock:
    """What waits and travels between two steps.

    Parameters
    ----------
    made : what sites made and nobody has taken.
    arrived : what arrived and was not worked on.
    states, held : what models carry over, by site and owner.
    travelling : what is on its way, by the step in which it arrives.
    booked : tonnes that arrive by site and key of its capacity, (step + 1, draw).
    accounts : metal that is owed to those who let it be refined.
    """

    accounts: Accounts
    made: dict[str, Pool] = field(default_factory=lambda: defaultdict(dict))
    arrived: dict[str, Pool] = field(default_factory=lambda: defaultdict(dict))
    states: dict[Key, object] = field(default_factory=dict)
    held: dict[Key, Array] = field(default_factory=dict)
    travelling: dict[int, list[tuple[Leg, str, Array]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    booked: dict[Key, Array] = field(default_factory=dict)

    @classmethod
    def opening(cls, net: Network) -> "Stock":
        """What is at sites and is on its way before the first step."""
        stock = cls(Accounts(net))
        for site, model in net.loop.models.items():
            sold = {name for leg in net.legs if leg.row.from_ == site for name in leg.materials}
            for material, quantity in model.opening.items():
                pool = stock.made if material in sold else stock.arrived
                put(pool[site], (material, ""), _opening(net, material, quantity))
        for leg in net.legs:
            rows = net.loop.trades.get(leg.row.contract)
            for material, quantity in rows.opening.items() if rows else ():
                if material in ("", *leg.materials):
                    name = material or leg.materials[0]
                    stream = _opening(net, name, quantity)
                    begin, lead = net.loop.calendar.first, leg.leads[name]  # it left before
                    end = begin + np.where(lead > 0, lead, 1e-9)
                    for k, share in net.loop.calendar.spread(begin, end, net.steps):
                        stock.travelling[k].append((leg, name, stream * share))
        return stock

    def in_process(self, net: Network, party: str) -> Iterator[Array]:
        """Streams that a party has at its sites or on the way there, and has not worked on."""
        sites = {name for name in net.loop.sites if net.loop.party_of(name) == party}
        for site in sites:
            yield from self.arrived[site].values()
            yield from (held for (place, _), held in self.held.items() if place == site)
        within = (leg for leg in net.legs if {leg.row.from_, leg.row.to} <= sites)
        lots = {(leg.row.from_, (name, leg.owner)) for leg in within for name in leg.materials}
        for site, lot in sorted(lots):
            if lot in self.made[site]:
                yield self.made[site][lot]
        for leg, _, stream in (item for items in self.travelling.values() for item in items):
            if leg.row.to in sites and (leg.row.from_ in sites or leg.for_account):
                yield stream

    def book(self, net: Network, site: str, *, at: int, material: str, tonnes: Array) -> None:
        """Count what arrives in a step against the capacities that it needs."""
        for key in net.rooms[site].capacity:
            if covers(net, key, material):
                if (site, key) not in self.booked:
                    self.booked[site, key] = np.zeros((len(net.steps) + 1, net.draws))
                self.booked[site, key][at] += tonnes


def covers(net: Network, key: str, material: str) -> bool:
    """Whether a parameter of a material, a group or all is of a material."""
    return key in ("", material) or material in net.loop.materials_of(key)


def put(pool: dict[_K, Array], key: _K, stream: Array) -> None:
    """Add a stream or an amount to what is there."""
    pool[key] = pool[key] + stream if key in pool else stream


def _opening(net: Network, material: str, quantity: Quantity) -> Array:
    """A stock before the first step; of ``35 t of Ni`` by its content."""
    row = net.loop.materials.get(material)
    makers = [rows for rows in net.loop.splits.values() if any(x.to == material for x in rows)]
    if row is not None and not row.components and makers:
        columns = [
            x for rows in makers for split in rows for x in split.components if split.to == material
        ]
        if len({*columns}) > 1:
            raise InputError.of(
                "missing",
                quantity.where,
                f"the composition of {material}, for some of it is there from the start",
                "nothing",
                hint=f"give {material} its components in materials",
            )
        material = columns[0]
    unit = counted_in(quantity.unit)
    tonnes = quantity.over(net.steps[0], unit) * net.basis.in_tonnes(material, unit)
    stream = net.basis.stream(material, np.ones(1))
    if quantity.content:
        tonnes = tonnes / net.basis.content(stream, quantity.content)
    return stream * tonnes
