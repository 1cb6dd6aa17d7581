"""The unit operation: named ports, declared parameters, and the contract run, size, cost, burden.

A unit operation is a frozen record. `run` is a pure function of the bound parameters and the
inlet arrays, shape (component, scenario) in kg/h; it returns one array per outlet and then one
per supply. It may move matter between ports and turn components into each other by
stoichiometry; the solver checks every element over every unit after every solve.

A new unit operation is a subclass: declare the ports, the parameters and `run`; its docstring
gives the law. A subclass becomes a dataclass, and its kind follows from its name.

A parameter is an annotated field of the unit. Its type gives unit and range, its text the meaning::

    share: Annotated[Value, Amount("kg/kg", 0, 1), "share of every component that goes first"]

A parameter is one number, or one number per component, per limiting reactant or per reagent. Each
number may be a plain float or one value per scenario. Binding makes arrays whose last axis is the
scenario of them, and collects a finding for every number that cannot be used.
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Annotated, ClassVar, Protocol, TypeAlias, dataclass_transform

import numpy as np
from numpy.typing import NDArray

from loopbook.errors import Findings, article
from loopbook.matter import PHASES, ComponentSet
from loopbook.tables import Array, Field, Number, fields_of

# ---- parameters ----

Value: TypeAlias = float | Sequence[float] | Array
"""One number, or one per scenario."""

Flags: TypeAlias = NDArray[np.bool_]
"""Whether each component may be there, shape (component,)."""


class Bound(SimpleNamespace):
    """Parameters of a unit as arrays, by name, and what `Unit.bind` computed from them.

    Attributes
    ----------
    basis : components of the flowsheet, in order.
    connected : names of the ports that are connected.
    """

    basis: ComponentSet
    connected: frozenset[str]


@dataclass(frozen=True)
class Numbers(Number[Findings]):
    """Numbers in a unit and a range, each of which may be one or one per scenario."""

    each: ClassVar[str] = ""

    def __post_init__(self) -> None:
        """Words name the range and what each number is for."""
        words = self.words or f"a number {self.range}".strip()
        object.__setattr__(self, "words", words + self.each)

    def read(self, written: object, at: str, findings: Findings) -> object:
        """What is written; it is checked when the unit is bound."""
        return written

    def allows(self, values: Array, at: str, findings: Findings) -> bool:
        """Whether all are finite and within the range; NaN is not."""
        good = np.isfinite(values) & (values >= self.low) & (values <= self.high)
        if not good.all():
            bad = float(values[~good].flat[0])
            if np.isfinite(bad):
                self.refuse(bad, at, findings)
            else:
                findings.note("not-finite", f"a finite number [{self.unit}]", f"{bad:g}", at=at)
        return bool(good.all())

    def read_array(self, value: object, at: str, findings: Findings) -> Array:
        """One number or one per scenario, shape (1,) or (scenario,); zero after a finding."""
        expected, array = "a number or one per scenario", np.zeros(1)
        try:
            several = value if isinstance(value, (list, tuple)) and value else [value]
            if any(x is None or isinstance(x, (bool, str)) for x in several):
                raise TypeError
            array = np.atleast_1d(np.asarray(value, dtype=np.float64))
        except (TypeError, ValueError):
            findings.note(
                "not-a-number",
                expected,
                repr(value)[:60],
                at=at,
                hint="write the number without its unit" if isinstance(value, str) else "",
            )
        if array.ndim > 1 or not array.size:
            findings.note("shape", expected, f"shape {array.shape}", at=at)
        elif self.allows(array, at, findings):
            return array
        return np.zeros(1)


@dataclass(slots=True)
class BindContext:
    """What a unit needs to turn its parameters into arrays.

    Parameters
    ----------
    basis : components of the flowsheet, in order.
    overrides : scenario values by parameter path, for example ``{"to_undersize.copper": array}``.
    connected : names of the ports that are connected.
    findings : collects the errors of the unit.
    """

    basis: ComponentSet
    overrides: Mapping[str, Array]
    connected: frozenset[str]
    findings: Findings

    def overridden(self, name: str) -> dict[str, Array]:
        """Scenario values given for single keys of a parameter."""
        head = name + "."
        return {k[len(head) :]: v for k, v in self.overrides.items() if k.startswith(head)}

    def number(self, kind: Numbers, name: str, value: object) -> Array:
        """One number of a parameter or of a key of it, or the scenarios' values in its place."""
        return kind.read_array(self.overrides.get(name, value), name, self.findings)


@dataclass(frozen=True)
class Amount(Numbers):
    """A parameter that is one number."""

    def bind(self, context: BindContext, name: str, value: object) -> Array:
        """Array of shape (1,) or (scenario,)."""
        return context.number(self, name, value)


@dataclass(frozen=True)
class PerComponent(Amount):
    """A parameter with a number per component.

    Keys are component names; a phase name stands for all components of that phase and ``default``
    for the rest; a plain number is the default.
    """

    each: ClassVar[str] = " per component"

    def bind(self, context: BindContext, name: str, value: object) -> Array:
        """Array of shape (component, 1) or (component, scenario)."""
        if not isinstance(value, Mapping):
            value = {"default": value}
        basis, values = context.basis, {**value, **context.overridden(name)}
        known = ("default", *PHASES, *basis.names)
        rows: list[Array | None] = [None] * len(basis)
        for key in (k for k in known if k in values):
            row = context.number(self, f"{name}.{key}", values[key])
            for i in _members(key, basis):
                rows[i] = row
        for key in values:
            if key not in known:
                context.findings.unknown(
                    "a component of the flowsheet", str(key), basis.names, at=f"{name}.{key}"
                )
        missing = ", ".join(n for n, r in zip(basis.names, rows, strict=True) if r is None)
        if missing:
            context.findings.note(
                "missing",
                "a number per component",
                missing,
                at=name,
                hint="give the component, its phase, or default",
            )
        return stack_rows([np.zeros(1) if r is None else r for r in rows])

    def check_effect(self, at: str, value: object, p: Bound, coming: Flags) -> Findings:
        """Findings for keys that nothing which comes to the unit answers to."""
        findings, basis = Findings(at), p.basis
        if not isinstance(value, Mapping):
            return findings
        for key in value:
            if key != "default" and not any(coming[i] for i in _members(str(key), basis)):
                kind = f"{article(str(key))} component" if key in PHASES else "a component"
                findings.note(
                    "no-effect",
                    f"{kind} that comes to the unit",
                    str(key),
                    at=str(key),
                    hint=f"leave it out, or let a feed bring it ({key} = 0 where only scenarios do)"
                    if key not in PHASES
                    else "leave it out, or give a component that phase",
                )
        if value and not findings and not value.keys() - {"default", *PHASES}:
            rates = np.asarray(getattr(p, at))
            if coming.any() and not rates[coming].any():
                findings.note(
                    "no-effect",
                    "a share above 0",
                    "0 of all that comes",
                    hint="name the components that it acts on",
                )
        return findings


def _members(key: str, basis: ComponentSet) -> Iterable[int]:
    if key == "default":
        return range(len(basis))
    if key in PHASES:
        return [i for i, phase in enumerate(basis.phases) if phase == key]
    return [basis.index[key]]


def stack_rows(rows: Sequence[Array]) -> Array:
    """Stack rows of shape (1,) or (scenario,) into (row, 1) or (row, scenario)."""
    out = np.empty((len(rows), max((r.shape[0] for r in rows), default=1)))
    for i, row in enumerate(rows):
        out[i] = row
    return out


Share: TypeAlias = Annotated[Value, Amount("kg/kg", 0, 1)]
"""A share of all that enters."""

Shares: TypeAlias = Annotated[Mapping[str, Value] | Value, PerComponent("kg/kg", 0, 1)]
"""A share of each component that enters."""


# ---- units ----

Streams: TypeAlias = tuple[Array | None, ...]
"""A stream for each outlet and then each supply; None where nothing flows."""


class Catalogue(Protocol):
    """Something that prices a piece of equipment: see `loopbook.flowsheet.economics.cost`."""

    def purchase_usd(self, equipment: str, capacity_t_per_h: Array) -> Array:
        """Purchase cost in USD for a capacity in t/h."""


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
    reacts : whether components may turn into each other or be drawn; False where the unit only
        passes on what enters.
    """

    ins: ClassVar[tuple[str, ...]] = ("feed",)
    outs: ClassVar[tuple[str, ...]] = ("out",)
    supplies: ClassVar[tuple[str, ...]] = ()
    optional: ClassVar[tuple[str, ...]] = ()
    source: ClassVar[str] = "conservation of mass"
    reacts: ClassVar[bool] = True

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

    def may_hold(self, p: Bound, coming: Flags) -> Flags:
        """Components that may be in the unit, and leave it, where those in `coming` may enter."""
        return np.ones_like(coming) if self.reacts else coming

    def check_effect(self, p: Bound, coming: Mapping[str, Flags], findings: Findings) -> None:
        """Find parameters that can do nothing; extend it for laws of the unit's own.

        Parameters
        ----------
        p : bound parameters.
        coming : by inlet, the components that may enter there.
        findings : takes a finding ``no-effect`` for each, with the way to write it.
        """
        nothing = np.zeros(len(p.basis), dtype=bool)
        inside = self.may_hold(p, np.logical_or.reduce([nothing, *coming.values()]))
        for field in self.parameters():
            if isinstance(field.type, PerComponent):
                own = field.type.check_effect(field.name, getattr(self, field.name), p, inside)
                findings.items += [
                    dataclasses.replace(f, where=f"{findings.where}, {f.where}".strip(", "))
                    for f in own.items
                ]

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

    reacts = False

    def bind(self, context: BindContext) -> Bound:
        """Keep the share under one name, whatever the subclass calls it."""
        p = super().bind(context)
        p.to_first = getattr(p, self.parameters()[0].name)
        return p

    def run(self, p: Bound, *ins: Array) -> Streams:
        """Split each component by its share."""
        return split(ins[0], p.to_first)
