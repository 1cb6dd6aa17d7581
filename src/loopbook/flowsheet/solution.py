"""What a solve gives: flows by stream, by component and by element, and how well they close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loopbook.errors import Finding, UnknownNameError, nearest_hint
from loopbook.flowsheet.compiled import Plan
from loopbook.flowsheet.units.unit import UnitFlows
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

    @staticmethod
    def join(reports: Sequence[SolveReport]) -> SolveReport:
        """Put the chunks of one solve together."""
        if len(reports) == 1:
            return reports[0]
        return SolveReport(
            max(r.passes for r in reports),
            np.concatenate([r.residual for r in reports]),
            np.concatenate([r.closure for r in reports], axis=1),
        )


@dataclass(frozen=True, slots=True)
class Solution:
    """Flows of all kept streams in kg/h, each of shape (component, scenario)."""

    plan: Plan
    flows: dict[str, Array]
    report: SolveReport

    def flow(self, stream: str, component: str | None = None) -> Array:
        """Flow of a stream, (component, scenario), or of one component, (scenario,); kg/h."""
        if stream not in self.flows:
            raise UnknownNameError(
                [
                    Finding(
                        "unknown-name", "flow", "a stream", stream, nearest_hint(stream, self.flows)
                    )
                ]
            )
        if component is None:
            return self.flows[stream]
        where = f"stream {stream}"
        row: Array = self.flows[stream][self.plan.basis.require(component, where)]
        return row

    def mass(self, stream: str) -> Array:
        """Total mass flow of a stream, shape (scenario,), kg/h."""
        total: Array = self.flow(stream).sum(axis=0)
        return total

    def share(self, stream: str, component: str) -> Array:
        """Mass share of a component in a stream, shape (scenario,); NaN where nothing flows."""
        with np.errstate(invalid="ignore"):
            ratio: Array = self.flow(stream, component) / self.mass(stream)
        return ratio

    def element(self, stream: str, element: str) -> Array:
        """Flow of an element in a stream, shape (scenario,), kg/h."""
        elements = self.plan.basis.elements
        if element not in elements:
            raise UnknownNameError(
                [
                    Finding(
                        "unknown-name",
                        "element",
                        "present",
                        element,
                        nearest_hint(element, elements),
                    )
                ]
            )
        row = self.plan.basis.element_matrix[elements.index(element)]
        flow: Array = row @ self.flow(stream)
        return flow

    def unit_flows(self, unit: str) -> UnitFlows:
        """Flows at the ports of a unit; needs all streams kept."""
        place = self.plan.flowsheet.placed[unit]
        return UnitFlows(
            {p: np.sum([self.flow(s) for s in names], axis=0) for p, names in place.ins.items()},
            {p: self.flow(s) for p, s in place.outs.items()},
            {p: self.flow(s) for p, s in place.supplies.items()},
        )

    def table(self, scenario: int = 0) -> str:
        """Flows of the feeds, supplies and products in one scenario, kg/h, as text."""
        flowsheet = self.plan.flowsheet
        supplies = [s for p in flowsheet.placed.values() for s in p.supplies.values()]
        names = [*sorted(flowsheet.feeds), *sorted(supplies), *flowsheet.products]
        names = [n for n in names if n in self.flows and self.mass(n)[scenario] > 0.0]
        width = max(len(c) for c in [*self.plan.basis.names, "kg/h"])
        columns = [max(len(n), 9) for n in names]
        lines = [
            "  ".join(
                ["kg/h".ljust(width), *(n.rjust(w) for n, w in zip(names, columns, strict=True))]
            )
        ]
        rows = [(c, [self.flow(n, c)[scenario] for n in names]) for c in self.plan.basis.names]
        rows.append(("total", [self.mass(n)[scenario] for n in names]))
        for label, values in rows:
            cells = [
                f"{v:{w}.2f}" if v else "-".rjust(w) for v, w in zip(values, columns, strict=True)
            ]
            lines.append("  ".join([label.ljust(width), *cells]))
        return "\n".join(line.rstrip() for line in lines)
