"""What a solve gives: flows by stream, by component and by element, and how well they close."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from loopbook.errors import require_known
from loopbook.flowsheet.compiled import Plan
from loopbook.flowsheet.units.unit import UnitFlows
from loopbook.report import KEYS, Answer, Column, Rows
from loopbook.tables import Array


@dataclass(frozen=True, slots=True)
class SolveReport:
    """How a solve went.

    Attributes
    ----------
    passes : most passes that a recycle took; 0 without recycles.
    residual : largest relative change in the last pass, shape (scenario,).
    closure : ``(in - out) / in`` over the flowsheet, shape (element, scenario).
    """

    passes: int
    residual: Array
    closure: Array

    @property
    def worst_closure(self) -> float:
        """Largest closure error of any element in any scenario."""
        return float(np.abs(self.closure).max(initial=0.0))


def _kg_per_h(flow: float) -> float:
    return float(flow)


_FLOWS = Column("{}_kg_per_h", "{}", "kg/h", decimals=2, read=_kg_per_h, whole="total", order=1)


@dataclass(frozen=True, slots=True)
class StreamFlow:
    """A stream in one scenario."""

    stream: Annotated[str, "name of the stream"]
    role: Annotated[str, "feed, supply (drawn by a unit), product, or inner (between units)"]
    scenario: Annotated[int, "number of the scenario, from 0", Column(drops=1)]
    flows: Annotated[Array, "mass flow of each component", _FLOWS]


@dataclass(frozen=True, slots=True)
class Solution(Answer):
    """Flows of all kept streams in kg/h, each of shape (component, scenario)."""

    plan: Plan
    flows: dict[str, Array]
    report: SolveReport

    def headline(self) -> str:
        """What was solved, and how well."""
        count, passes = self.scenarios, self.passes
        return (
            f"{self.flowsheet}: {count} scenario{'s' * (count != 1)}, "
            f"{passes} pass{'es' * (passes != 1)}"
        )

    def shown(self) -> tuple[str, ...]:
        """People see what enters and leaves the plant."""
        return ("streams",)

    @property
    def flowsheet(self) -> Annotated[str, "name of the flowsheet"]:
        """Name of the flowsheet."""
        return self.plan.flowsheet.name

    @property
    def scenarios(self) -> Annotated[int, "count of scenarios"]:
        """Count of scenarios."""
        return len(self.report.residual)

    @property
    def passes(self) -> Annotated[int, "most passes that a recycle took"]:
        """Most passes that a recycle took."""
        return self.report.passes

    @property
    def worst_closure(
        self,
    ) -> Annotated[float, "largest closure error of an element", Column(unit="1")]:
        """Largest closure error of an element over the plant, of what enters of it."""
        return self.report.worst_closure

    @property
    def components(self) -> Annotated[tuple[str, ...], KEYS]:
        """Names of the components."""
        return self.plan.basis.names

    @property
    def streams(self) -> Annotated[Sequence[StreamFlow], Rows("Streams in and out")]:
        """Kept streams that enter or leave the plant, in each scenario."""
        return list(self._streams(self._roles()))

    @property
    def inner(self) -> Annotated[Sequence[StreamFlow], Rows("Streams between units")]:
        """Kept streams between units, in each scenario."""
        inner = sorted(self.flows.keys() - self._roles())
        return list(self._streams(dict.fromkeys(inner, "inner")))

    def _roles(self) -> dict[str, str]:
        """Streams that enter or leave the plant, each with its role."""
        flowsheet = self.plan.flowsheet
        supplies = sorted(s for p in flowsheet.placed.values() for s in p.supplies.values())
        roles = dict.fromkeys(sorted(flowsheet.feeds), "feed") | dict.fromkeys(supplies, "supply")
        return roles | dict.fromkeys(flowsheet.products, "product")

    def _streams(self, roles: dict[str, str]) -> Iterator[StreamFlow]:
        for stream in (s for s in roles if s in self.flows):
            for scenario, flows in enumerate(self.flows[stream].T):
                yield StreamFlow(stream, roles[stream], scenario, flows)

    def flow(self, stream: str, component: str | None = None) -> Array:
        """Flow of a stream, (component, scenario), or of one component, (scenario,); kg/h."""
        require_known("a stream", stream, self.flows, where="flow")
        if component is None:
            return self.flows[stream]
        return self.flows[stream][self.plan.basis.require(component, f"stream {stream}"), :]

    def mass(self, stream: str) -> Array:
        """Total mass flow of a stream, shape (scenario,), kg/h."""
        return np.asarray(self.flow(stream).sum(axis=0))

    def share(self, stream: str, component: str) -> Array:
        """Mass share of a component in a stream, shape (scenario,); NaN where nothing flows."""
        with np.errstate(invalid="ignore"):
            return self.flow(stream, component) / self.mass(stream)

    def element(self, stream: str, element: str) -> Array:
        """Flow of an element in a stream, shape (scenario,), kg/h."""
        elements = self.plan.basis.elements
        require_known("an element of the flowsheet", element, elements, where="element")
        row = self.plan.basis.element_matrix[elements.index(element)]
        return np.asarray(row @ self.flow(stream))

    def unit_flows(self, unit: str) -> UnitFlows:
        """Flows at the ports of a unit; needs all streams kept."""
        place = self.plan.flowsheet.placed[unit]
        return UnitFlows(
            {p: np.sum([self.flow(s) for s in names], axis=0) for p, names in place.ins.items()},
            {p: self.flow(s) for p, s in place.outs.items()},
            {p: self.flow(s) for p, s in place.supplies.items()},
        )
