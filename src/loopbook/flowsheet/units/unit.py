"""The unit operation: named ports, declared parameters, and the contract run, size, cost, burden.

A unit operation is a frozen record. `run` is a pure function of the bound parameters and the
inlet arrays, shape (component, scenario) in kg/h; it returns one array per outlet and then one
per supply. It may move matter between ports and turn components into each other by
stoichiometry; the solver checks every element over every unit after every solve.

A new unit operation is a subclass: declare the ports, the parameters and `run`; its docstring
gives the law. A subclass becomes a dataclass, and its kind follows from its name.
"""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Protocol, TypeAlias, dataclass_transform

import numpy as np

from loopbook.flowsheet.units.parameters import Amount, BindContext, Bound, Numbers, Value
from loopbook.tables import Array, Field, fields_of

Streams: TypeAlias = tuple[Array | None, ...]
"""A stream for each outlet and then each supply; None where nothing flows."""


class Catalogue(Protocol):
    """Something that prices a piece of equipment: see `loopbook.flowsheet.economics.cost`."""

    def purchase_usd(self, equipment: str, capacity_t_per_h: Array) -> Array:
        """Purchase cost in USD for a capacity in t/h."""
        ...


@dataclass(frozen=True, slots=True)
class UnitFlows:
    """Flows at the ports of one unit after a solve, kg/h, shape (component, scenario) each."""

    ins: Mapping[str, Array]
    outs: Mapping[str, Array]
    supplies: Mapping[str, Array]

    @property
    def feed_kg_per_h(self) -> Array:
        """Mass that enters by the inlets, shape (scenario,); supplies do not count."""
        total: Array = np.sum([x.sum(axis=0) for x in self.ins.values()], axis=0)
        return total


@dataclass_transform(
    frozen_default=True, kw_only_default=True, field_specifiers=(dataclasses.field,)
)
class _Record:
    """Makes every subclass a frozen dataclass with the kind that its name gives."""

    kind: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        if "kind" not in vars(cls):
            cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()
        dataclass(frozen=True, eq=False, kw_only=True)(cls)


class Unit(_Record):
    """Base of all unit operations.

    Class attributes
    ----------------
    kind : name in flowsheet files; by default ``air-classifier`` for a class AirClassifier.
    ins, outs : names of the inlets and outlets; a port takes one stream or, at an inlet, several.
    supplies : streams that the unit itself draws from outside, such as reagents.
    optional : ports that need not be connected.
    source : where the law comes from.
    """

    ins: ClassVar[tuple[str, ...]] = ("feed",)
    outs: ClassVar[tuple[str, ...]] = ("out",)
    supplies: ClassVar[tuple[str, ...]] = ()
    optional: ClassVar[tuple[str, ...]] = ()
    source: ClassVar[str] = "conservation of mass"

    name: Annotated[str, "name of the unit, unique in its flowsheet, without a dot"] = (
        dataclasses.field(kw_only=False)
    )
    energy_mj_per_kg: Annotated[
        Mapping[str, Annotated[float, Amount("MJ/kg", 0)]],
        "energy by carrier (electricity, natural gas, diesel) per kg that enters the inlets",
    ] = dataclasses.field(default_factory=dict)
    equipment: Annotated[
        tuple[str, ...], "names of equipment in the cost catalogue that make up the unit"
    ] = ()

    def parameters(self) -> tuple[Field, ...]:
        """Declared fields whose numbers scenarios may replace."""
        return tuple(f for f in fields_of(type(self)) if isinstance(f.type, Numbers))

    def adjustable(self) -> dict[str, Value | Mapping[str, Value]]:
        """Numbers that scenarios may replace, by parameter: one each, or several by key."""
        return {field.name: getattr(self, field.name) for field in self.parameters()}

    def bind(self, context: BindContext) -> Bound:
        """Turn the parameters into arrays; extend it to precompute what `run` needs."""
        bound = Bound(connected=context.connected, basis=context.basis)
        for field in self.parameters():
            if isinstance(field.type, Amount):
                array = field.type.bind(context, field.name, getattr(self, field.name))
                setattr(bound, field.name, array)
        return bound

    def run(self, p: Bound, *ins: Array) -> Streams:
        """Outlets, then supplies, from the inlets; pure. Arrays (component, scenario), kg/h."""
        raise TypeError(f"{type(self).__name__} has no law: define run()")

    def size(self, flows: UnitFlows) -> dict[str, Array]:
        """Sizes of the unit by name with unit last; default: what enters, in t/h."""
        return {"capacity_t_per_h": flows.feed_kg_per_h / 1000.0}

    def cost(self, size: Mapping[str, Array], catalogue: Catalogue) -> Array:
        """Purchase cost of the equipment in USD, shape (scenario,)."""
        capacity = size["capacity_t_per_h"]
        total = np.zeros_like(capacity)
        for equipment in self.equipment:
            total = total + catalogue.purchase_usd(equipment, capacity)
        return total

    def burden(self, flows: UnitFlows) -> dict[str, Array]:
        """Energy by carrier in MJ/h, shape (scenario,) each."""
        feed = flows.feed_kg_per_h
        return {carrier: mj * feed for carrier, mj in self.energy_mj_per_kg.items()}


def split(feed: Array, share: Array) -> tuple[Array, Array]:
    """Split a stream: the share, and the rest by difference so that nothing is lost."""
    part = feed * share
    return part, feed - part


class Separator(Unit):
    """Two outlets: the first gets the share that a subclass declares first, the second the rest."""

    def bind(self, context: BindContext) -> Bound:
        """Keep the share under one name, whatever the subclass calls it."""
        p = super().bind(context)
        p.to_first = getattr(p, self.parameters()[0].name)
        return p

    def run(self, p: Bound, *ins: Array) -> Streams:
        """Split each component by its share."""
        return split(ins[0], p.to_first)
