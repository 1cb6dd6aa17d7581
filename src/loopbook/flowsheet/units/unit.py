"""The unit operation: named ports, a parameter record, and the contract run / size / cost / burden.

A unit operation is a frozen record. `run` is a pure function of the bound parameters and the
inlet arrays, shape (component, scenario) in kg/h; it returns one array per outlet and then one
per supply. It may move matter between ports and turn components into each other by
stoichiometry; the solver checks every element over every unit after every solve.

A new unit operation is a subclass: declare `kind`, the ports, the parameters, and `run`.
Subclasses become dataclasses by themselves.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, dataclass_transform

import numpy as np

from loopbook.flowsheet.units.parameters import BindContext, Bound, Value, parameter, specs_of
from loopbook.tables import Array


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
    frozen_default=True, kw_only_default=True, field_specifiers=(parameter, dataclasses.field)
)
class _Declared:
    """Makes every subclass a frozen dataclass; parameters need no type annotation."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        named = inspect.get_annotations(cls)
        plain = [n for n, v in vars(cls).items() if isinstance(v, dataclasses.Field)]
        cls.__annotations__ = {**{n: Any for n in plain if n not in named}, **named}
        dataclass(frozen=True, eq=False)(cls)


class Unit(_Declared):
    """Base of all unit operations.

    Class attributes
    ----------------
    kind : name in flowsheet files.
    ins, outs : names of the inlets and outlets; a port takes one stream or, at an inlet, several.
    supplies : streams that the unit itself draws from outside, such as reagents.
    optional : ports that need not be connected.

    Parameters
    ----------
    name : name of the unit, unique in its flowsheet, without a dot.
    energy_mj_per_kg : energy by carrier (``electricity``, ``natural gas``, ``diesel``), MJ per kg
        of what enters the inlets.
    equipment : names of equipment in the cost catalogue that make up the unit.
    """

    kind: ClassVar[str] = ""
    ins: ClassVar[tuple[str, ...]] = ("feed",)
    outs: ClassVar[tuple[str, ...]] = ("out",)
    supplies: ClassVar[tuple[str, ...]] = ()
    optional: ClassVar[tuple[str, ...]] = ()

    name: str = dataclasses.field(kw_only=False)
    energy_mj_per_kg: Mapping[str, float] = dataclasses.field(default_factory=dict, kw_only=True)
    equipment: tuple[str, ...] = dataclasses.field(default=(), kw_only=True)

    def adjustable(self) -> dict[str, Value | Mapping[str, Value]]:
        """Numbers that scenarios may replace, by parameter: one each, or several by key."""
        return {name: getattr(self, name) for name in specs_of(self)}

    def bind(self, context: BindContext) -> Bound:
        """Turn the parameters into arrays; extend it to precompute what `run` needs."""
        bound = Bound(connected=context.connected, basis=context.basis)
        for name, spec in specs_of(self).items():
            value = getattr(self, name)
            if spec.per == "component":
                setattr(bound, name, context.per_component(name, value, spec))
            elif spec.per == "":
                setattr(bound, name, context.number(value, spec, name))
        return bound

    def run(self, p: Bound, *ins: Array) -> tuple[Array | None, ...]:
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
