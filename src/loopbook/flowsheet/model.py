"""The flowsheet: units wired by stream names, with feeds; built in Python or read from TOML.

A stream is a name. The unit that has it at an outlet makes it, the unit that has it at an inlet
takes it, and nothing else joins them: the order of building does not matter. A stream that no unit
makes is a feed; a stream that no unit takes leaves the flowsheet as a product.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from loopbook.errors import Finding, nearest_hint, raise_findings
from loopbook.flowsheet.units.parameters import Array, Value
from loopbook.flowsheet.units.unit import Unit
from loopbook.matter import ComponentSet
from loopbook.tables.units import convert


@dataclass(frozen=True, slots=True)
class Placed:
    """A unit in its place: streams by inlet port (several each), outlet port and supply port."""

    unit: Unit
    ins: Mapping[str, tuple[str, ...]]
    outs: Mapping[str, str]
    supplies: Mapping[str, str]

    @property
    def streams(self) -> Iterable[str]:
        """All streams at this unit."""
        yield from (s for port in self.ins.values() for s in port)
        yield from self.outs.values()
        yield from self.supplies.values()


@dataclass(frozen=True, slots=True)
class Feed:
    """A stream from outside: flow per component in the given unit, and what that is in kg/h."""

    flow: Mapping[str, Value]
    unit: str
    kg_per_h: Mapping[str, Array]


@dataclass(slots=True)
class Flowsheet:
    """Units, feeds and wiring over one set of components.

    A flowsheet read from a file knows where each part stands there (`origin`), so that findings
    name file and line.

    >>> from loopbook.matter import components
    >>> from loopbook.flowsheet import Sieve
    >>> fs = Flowsheet("sieve", components("graphite", "copper"))
    >>> fs.feed("scrap", {"graphite": 0.6, "copper": 0.4}, unit="t/h")
    >>> fs.add(Sieve("sieve", to_undersize={"graphite": 0.95, "copper": 0.05}),
    ...        feed="scrap", undersize="black mass", oversize="foil")
    >>> print(f"{fs.solve().mass('black mass')[0]:.1f} kg/h")
    590.0 kg/h
    """

    name: str
    components: ComponentSet
    feeds: dict[str, Feed] = field(default_factory=dict)
    placed: dict[str, Placed] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    _plan: Any = field(default=None, repr=False, compare=False)

    def feed(self, stream: str, flow: Mapping[str, Value], *, unit: str | None = None) -> None:
        """Declare a stream from outside.

        Parameters
        ----------
        stream : its name.
        flow : flow by component; each a number or one number per scenario.
        unit : mass per time, for example ``"kg/h"`` or ``"t/yr"``; it must be given.

        Raises
        ------
        InputError
            Unknown component, unit missing or refused, NaN, negative flow, name taken.
        """
        findings: list[Finding] = []
        where = f"feed {stream}"
        self._check_name(stream, where, findings)
        if stream in self.feeds:
            findings.append(Finding("duplicate", where, "a new feed name", stream))
        factor = _factor(unit, where, findings)
        known = {}
        for name, value in flow.items():
            if name not in self.components.index:
                hint = nearest_hint(name, self.components.names)
                want = "a component of the flowsheet"
                findings.append(Finding("unknown-name", where, want, name, hint))
                continue
            known[name] = _feed_flow(value, factor, f"{where}, {name}", findings)
        raise_findings(findings)
        self.feeds[stream] = Feed(dict(flow), unit or "", known)
        self._plan = None

    def add(self, unit: Unit, /, **ports: str | Sequence[str]) -> None:
        """Place a unit: one keyword per port with the stream's name (at inlets also a list).

        Raises
        ------
        InputError
            Unknown port, unit name taken, two units that make the same stream.
        """
        where = f"unit {unit.name}"
        findings: list[Finding] = []
        self._check_name(unit.name, where, findings)
        if unit.name in self.placed:
            findings.append(Finding("duplicate", where, "a new unit name", unit.name))
        known = (*unit.ins, *unit.outs, *unit.supplies)
        for port, given in ports.items():
            if port not in known:
                hint = "its ports: " + ", ".join(known)
                findings.append(Finding("unknown-name", where, "a port", port, hint))
            elif port not in unit.ins and not isinstance(given, str):
                findings.append(Finding("wiring", f"{where}, {port}", "one stream", str(given)))
        raise_findings(findings)
        ins = {p: _streams(ports[p]) for p in unit.ins if p in ports}
        outs = {p: str(ports[p]) for p in unit.outs if p in ports}
        supplies = {p: str(ports.get(p, f"{unit.name} {p}")) for p in unit.supplies}
        self.placed[unit.name] = Placed(unit, ins, outs, supplies)
        self._plan = None

    def _check_name(self, name: str, where: str, findings: list[Finding]) -> None:
        if not name or "." in name or name != name.strip():
            hint = "dots are kept for parameter paths such as sieve.to_undersize.copper"
            findings.append(Finding("name", where, "a name without a dot", repr(name), hint))

    def makers(self) -> dict[str, list[str]]:
        """Units (or ``feed``) that make each stream."""
        made: dict[str, list[str]] = {name: ["feed"] for name in self.feeds}
        for name, place in self.placed.items():
            for stream in (*place.outs.values(), *place.supplies.values()):
                made.setdefault(stream, []).append(name)
        return made

    def takers(self) -> dict[str, list[str]]:
        """Units that take each stream."""
        taken: dict[str, list[str]] = {}
        for name, place in self.placed.items():
            for port in place.ins.values():
                for stream in port:
                    taken.setdefault(stream, []).append(name)
        return taken

    @property
    def products(self) -> tuple[str, ...]:
        """Streams that leave the flowsheet, in name order."""
        taken = self.takers()
        supplied = {s for p in self.placed.values() for s in p.supplies.values()}
        made = set(self.makers()) - supplied
        return tuple(sorted(s for s in made if s not in taken))

    def diagnose(self) -> list[Finding]:
        """Everything that would keep the flowsheet from being solved, before solving.

        Unconnected ports, missing and impossible parameters, reactions that do not close,
        components that can accumulate in a recycle. Empty when all is well.
        """
        from loopbook.flowsheet.diagnose import diagnose

        return diagnose(self)

    def solve(
        self,
        scenarios: Mapping[str, Value] | None = None,
        *,
        keep: Sequence[str] | None = None,
        tolerance: float = 1e-11,
        max_passes: int = 500,
        chunk: int = 384,
    ) -> Any:
        """Solve all recycles and check every element over every unit and over the whole.

        Parameters
        ----------
        scenarios : values by path, each one number or one per scenario:
            ``"unit.parameter"``, ``"unit.parameter.component"``, ``"feed.component"`` (in the
            feed's own unit) or ``"feed"`` (its total, composition kept).
        keep : streams whose flows the result holds; default all.
        tolerance : largest relative change of any component of a torn stream in the last pass.
        max_passes : passes after which a recycle is given up.
        chunk : scenarios that are calculated together; a few hundred stay in the cache.

        Returns
        -------
        Solution

        Raises
        ------
        InputError
            Something in the flowsheet or the scenarios is wrong; all findings at once.
        ConvergenceError
            A recycle does not converge.
        BalanceError
            An element does not close to 1e-9 of its flow, in any unit or scenario.
        """
        from loopbook.flowsheet.solver import solve

        return solve(
            self.plan(),
            scenarios or {},
            keep=keep,
            tolerance=tolerance,
            max_passes=max_passes,
            chunk=chunk,
        )

    def plan(self) -> Any:
        """Order, tears and bound parameters; made once and remade after any change."""
        from loopbook.flowsheet.compiled import compile_plan

        if self._plan is None:
            self._plan = compile_plan(self)
        return self._plan


def _streams(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _factor(unit: str | None, where: str, findings: list[Finding]) -> float:
    """kg/h in one of the given unit."""
    from loopbook.errors import InputError

    if not unit:
        hint = 'give unit="kg/h", "t/h" or "t/yr"'
        findings.append(Finding("unit", where, "a unit of mass per time", "none", hint))
        return 1.0
    try:
        return convert(1.0, unit, "kg/h")
    except InputError as error:
        findings += [Finding(f.code, where, f.expected, f.found, f.hint) for f in error.findings]
        return 1.0


def _feed_flow(value: Value, factor: float, where: str, findings: list[Finding]) -> Array:
    """A flow in kg/h, shape (1,) or (scenario,)."""
    try:
        flow = np.atleast_1d(np.asarray(value, dtype=np.float64)) * factor
    except (TypeError, ValueError):
        findings.append(Finding("not-a-number", where, "a number", repr(value)[:60]))
        return np.zeros(1)
    if flow.ndim != 1:
        findings.append(Finding("shape", where, "one number or one per scenario", f"{flow.shape}"))
    elif not np.isfinite(flow).all():
        findings.append(Finding("not-finite", where, "a finite flow", "NaN or infinity"))
    elif not (flow >= 0.0).all():
        findings.append(Finding("negative", where, "a flow >= 0", f"{flow.min() / factor:g}"))
    return flow
