"""The loop made ready to walk: what each contract row asks, and what each site can take."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial

import numpy as np

from loopbook.loop.goods.basis import Basis
from loopbook.loop.goods.exchange import Facts, amount, counted_in, in_force, total
from loopbook.loop.loop import Loop
from loopbook.loop.models.model import SiteModel
from loopbook.loop.nouns.trade import Contract
from loopbook.loop.time.calendar import Step
from loopbook.loop.values.cells import OUTSIDE
from loopbook.loop.values.quantity import Quantity
from loopbook.loop.values.refused import require_draws
from loopbook.loop.walking.called import guarded
from loopbook.loop.walking.filling import stacked
from loopbook.matter import atomic_weights
from loopbook.tables import Array

Arrival = tuple[int, Array]
"""A step and the share of a flow that arrives in it, shape (draw,)."""

_ALL = np.ones(1)


@dataclass(frozen=True, slots=True)
class Leg:
    """A contract row, with what it asks in each step.

    Parameters
    ----------
    number : its place among the rows.
    row : the row.
    materials : those that it draws, one or those of a group.
    force : share of the step in force, of what is made or left, or of what is needed; of a share
        times that share. Shape (step, 1 or draw).
    upper, lower : tonnes in the step of a rate, and those below which it is short.
    seller, buyer : parties.
    owner : party under whose title the goods are at `from`; empty for that of the site.
    owner_at_end : the same at `to`.
    leads : months on the way by material, shape (draw,).
    for_account : whether it brings what is lacking in a metal account, to a site that needs nothing
        else.
    """

    number: int
    row: Contract
    materials: tuple[str, ...]
    force: Array
    upper: Array | None
    lower: Array | None
    seller: str
    buyer: str
    owner: str
    owner_at_end: str
    leads: Mapping[str, Array]
    for_account: bool = False

    @property
    def is_element(self) -> bool:
        """Whether it is on an element, whose content it draws from any material."""
        return self.row.material in atomic_weights()

    @property
    def has_lead(self) -> bool:
        """Whether all of it takes time."""
        return all((lead > 0).all() for lead in self.leads.values())


@dataclass(frozen=True, slots=True)
class Room:
    """What a site can take or keep, in tonnes by step, shape (step, 1 or draw).

    Parameters
    ----------
    capacity : by material, empty for all together.
    store : likewise.
    """

    capacity: Mapping[str, Array]
    store: Mapping[str, Array]


@dataclass(frozen=True)
class Network:
    """A loop ready to walk.

    Parameters
    ----------
    loop, basis, steps : see there.
    draws : how many scenarios.
    legs : contract rows in order.
    rooms : by site.
    prepared : what each model prepared, by site.
    """

    loop: Loop
    basis: Basis
    steps: tuple[Step, ...]
    draws: int
    legs: tuple[Leg, ...]
    rooms: Mapping[str, Room]
    prepared: Mapping[str, object]
    _arrivals: dict[tuple[int, str, int], tuple[Arrival, ...]] = field(default_factory=dict)
    _in_one: dict[str, Mapping[str, Array]] = field(default_factory=dict)

    def arrivals(self, leg: Leg, material: str, step: Step) -> tuple[Arrival, ...]:
        """When a flow of a step arrives."""
        key = leg.number, material, step.index
        if key not in self._arrivals:
            lead = leg.leads[material]
            rows = self.loop.calendar.arrivals(step, lead) if lead.any() else [(step.index, _ALL)]
            self._arrivals[key] = tuple(rows)
        return self._arrivals[key]

    def in_one(self, material: str) -> Mapping[str, Array]:
        """What a tonne of a material holds of itself, its components and their elements."""
        if material not in self._in_one:
            stream = self.basis.stream(material, np.ones(1))
            self._in_one[material] = {**self.basis.contents(stream), material: np.ones(1)}
        return self._in_one[material]

    def store_of(self, site: str, material: str) -> str | None:
        """The key of the store of a material: its own, its group's, that of all; None without."""
        row = self.loop.materials.get(material)
        keys = (material, row.group if row else "", "")
        return next((key for key in keys if key in self.rooms[site].store), None)

    def limits_arrivals(self, site: str) -> bool:
        """Whether the capacity of a site is for what arrives; else for what it makes."""
        return self.model(site).by_arrival or not self.model(site).makes_goods

    def model(self, site: str) -> SiteModel:
        """The model of a site."""
        return self.loop.models[site]


def network_of(loop: Loop) -> Network:
    """The loop ready to walk.

    Raises
    ------
    InputError : a value that is missing in a step, or goods whose mass is not known.
    """
    basis = basis_of(loop)
    steps = loop.calendar.steps
    legs = tuple(_leg(k, row, loop, basis) for k, row in enumerate(loop.contracts))
    _check_promises(legs)
    return Network(
        loop,
        basis,
        steps,
        loop.draws,
        legs,
        {site: room_of(model, loop, basis) for site, model in loop.models.items()},
        {site: _prepared(model, loop, basis) for site, model in loop.models.items()},
    )


def _check_promises(legs: Iterable[Leg]) -> None:
    """Contracts that take shares of what is made take no more than all of it, in each draw."""
    sums: dict[tuple[str, str], Array] = {}
    for leg in legs:
        amount = leg.row.amount
        if (amount.kind, amount.of, amount.offer) == ("share", "made", False):
            for name in leg.materials:
                key = leg.row.from_, name
                sums[key] = sums.get(key, np.zeros((1, 1))) + leg.force
                what = f"at most 100 % of the {name} that {leg.row.from_} makes"
                require_draws(sums[key] <= 1.0 + 1e-9, "promised", leg.row.where, what)


def basis_of(loop: Loop) -> Basis:
    """Components of all that the loop's tables name."""
    compositions = {name: row.parts() for name, row in loop.materials.items()}
    names = [name for rows in loop.splits.values() for row in rows for name in row.components]
    names += [name for row in loop.contracts for name in loop.materials_of(row.material)]
    names += [*loop.materials]
    nothing = Basis.of((), {})
    for model in loop.models.values():
        law = partial(model.components, _facts(model, loop, nothing))
        own = guarded(model, law, when="components")
        names += own
        compositions |= {name: dict(parts) for name, parts in own.items() if parts}
    masses: dict[tuple[str, str], Array] = {}
    for name, numbers in loop.goods.items():
        if numbers.mass is not None:
            masses.update(_tonnes(name, numbers.mass, numbers.energy, loop.calendar.steps[0]))
    return Basis.of(names, compositions, masses)


def _prepared(model: SiteModel, loop: Loop, basis: Basis) -> object:
    return guarded(model, partial(model.prepare, _facts(model, loop, basis)), when="prepare")


def _facts(model: SiteModel, loop: Loop, basis: Basis) -> Facts:
    return Facts(
        basis,
        loop.calendar,
        loop.days(loop.sites[model.name]),
        loop.splits.get(model.process, ()),
        loop.flowsheets.get(model.process),
        loop.library,
        frozenset(loop.materials),
        _priced_as(loop),
    )


def _priced_as(loop: Loop) -> dict[str, str]:
    """Cells of the library by the active material that is put into them."""
    rows = [row for row in loop.materials.values() if row.active and row.like]
    return {row.active: row.like.rpartition("/")[2] for row in rows}


def _tonnes(
    name: str, mass: Quantity, energy: Quantity | None, step: Step
) -> Iterable[tuple[tuple[str, str], Array]]:
    """Tonnes of a pack and of a GWh of a material, from what its rows give."""
    if counted_in_packs := mass.unit.endswith("pack"):
        per_pack = mass.over(step, "t/pack")
        yield (name, "pack"), per_pack
    if energy is not None:
        kwh = energy.over(step, "kWh/pack")
        if counted_in_packs:
            yield (name, "GWh"), per_pack / kwh * 1e6
        else:
            yield (name, "pack"), mass.over(step, "t/kWh") * kwh
    if not counted_in_packs:
        yield (name, "GWh"), mass.over(step, "t/kWh") * 1e6


def _leg(number: int, row: Contract, loop: Loop, basis: Basis) -> Leg:
    days, steps = loop.days(row), loop.calendar.steps
    materials = loop.materials_of(row.material)
    base = row.to if row.amount.kind == "needed" else row.from_
    open_days = (None, None) if base == OUTSIDE else loop.days(loop.sites[base])
    whole = [sum(in_force(open_days, step)) for step in steps]
    one = Quantity(number=1.0)
    share = row.amount.upper if row.amount.kind == "share" else None
    force = [
        total(share or one, "1", days, step) / months if months else np.zeros(1)
        for step, months in zip(steps, whole, strict=True)
    ]
    rate = row.amount.upper if row.amount.kind == "rate" else None
    lower = row.amount.lower or rate
    lanes = {name: loop.lane(row.from_, row.to, name) for name in materials}
    leads = {
        name: lane.lead.over(steps[0], "month") if lane and lane.lead else np.zeros(1)
        for name, lane in lanes.items()
    }
    seller, buyer = loop.seller(row), loop.buyer(row)
    at_end = seller if row.title == "stays" else buyer

    def tonnes(quantity: Quantity | None) -> Array | None:
        if quantity is None:
            return None
        return _stacked([amount(quantity, materials[0], days, s, basis=basis) for s in steps])

    return Leg(
        number,
        row,
        materials,
        _stacked(force),
        tonnes(rate),
        tonnes(lower) if rate else None,
        seller,
        buyer,
        "" if seller == loop.party_of(row.from_) else seller,
        "" if at_end == loop.party_of(row.to) else at_end,
        leads,
        row.amount.kind == "needed" and row.to in loop.models and not loop.models[row.to].has_needs,
    )


def _stacked(rows: list[Array]) -> Array:
    return stacked(rows, max(len(row) for row in rows))


def room_of(model: SiteModel, loop: Loop, basis: Basis) -> Room:
    """Capacities and stores of a site, by step."""
    days = loop.days(loop.sites[model.name])
    capacity, store = {}, {}
    for key, rate in model.capacity.items():
        unit = counted_in(rate.unit)
        rows = [
            _most(model, rate, f"{unit}/month", step, days=days) for step in loop.calendar.steps
        ]
        capacity[key] = _stacked(rows) * (basis.in_tonnes(key, unit) if key else 1.0)
    for key, stock in model.store.items():
        unit = counted_in(stock.unit)
        tonnes = basis.in_tonnes(key, unit) if key else 1.0
        store[key] = _stacked([stock.over(step, unit) for step in loop.calendar.steps]) * tonnes
    return Room(capacity, store)


def _most(
    model: SiteModel,
    rate: Quantity,
    unit: str,
    step: Step,
    *,
    days: tuple[date | None, date | None],
) -> Array:
    """Capacity x availability x ramp x months in operation."""
    most = np.zeros(1)
    for month, share in zip(step, in_force(days, step), strict=True):
        if share > 0:
            most = most + share * (
                rate.in_month(month, unit)
                * model.availability.in_month(month, "1")
                * model.ramp.in_month(month, "1")
            )
    return most
