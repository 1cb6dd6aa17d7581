"""The flowsheet: units and feeds are added, then it is checked and solved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from loopbook.errors import Finding, Findings, InputError
from loopbook.flowsheet.compiled import Plan, compile_plan
from loopbook.flowsheet.solution import Solution
from loopbook.flowsheet.solver import solve
from loopbook.flowsheet.units.unit import Amount, Unit, Value
from loopbook.flowsheet.wiring import Feed, Placed, Wiring
from loopbook.tables import convert


@dataclass(slots=True)
class Flowsheet(Wiring):
    """Units, feeds and wiring over one set of components, built in Python or read from TOML.

    >>> from loopbook.matter import components
    >>> from loopbook.flowsheet import Sieve
    >>> fs = Flowsheet("sieve", components("graphite", "copper"))
    >>> fs.feed("scrap", {"graphite": 0.6, "copper": 0.4}, unit="t/h")
    >>> fs.add(Sieve("sieve", to_undersize={"graphite": 0.95, "copper": 0.05}),
    ...        feed="scrap", undersize="black mass", oversize="foil")
    >>> print(f"{fs.solve().mass('black mass')[0]:.1f} kg/h")
    590.0 kg/h
    """

    _plan: Plan | None = field(default=None, init=False, repr=False, compare=False)

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
        findings = Findings(f"feed {stream}")
        _check_name(stream, findings)
        if stream in self.feeds:
            findings.note("duplicate", "a new feed name", stream)
        factor = _factor(unit, findings)
        kind = Amount(unit or "kg/h", 0)
        known = {}
        for name, value in flow.items():
            if name in self.components.index:
                known[name] = kind.read_array(value, name, findings) * factor
            else:
                findings.unknown("a component of the flowsheet", name, self.components.names)
        findings.raise_all()
        self.feeds[stream] = Feed(dict(flow), unit or "", known)
        self._plan = None

    def add(self, unit: Unit, /, **ports: str | Sequence[str]) -> None:
        """Place a unit: one keyword per port with the stream's name (at inlets also a list).

        Raises
        ------
        InputError
            Unknown port, unit name taken, several streams at an outlet.
        """
        findings = Findings(f"unit {unit.name}")
        _check_name(unit.name, findings)
        if unit.name in self.placed:
            findings.note("duplicate", "a new unit name", unit.name)
        known = (*unit.ins, *unit.outs, *unit.supplies)
        for port, streams in ports.items():
            if port not in known:
                findings.note("unknown-name", "a port", port, hint="its ports: " + ", ".join(known))
            elif port not in unit.ins and not isinstance(streams, str):
                findings.note("wiring", "one stream", str(streams), at=port)
        findings.raise_all()
        ins = {p: _streams(ports[p]) for p in unit.ins if p in ports}
        outs = {p: str(ports[p]) for p in unit.outs if p in ports}
        supplies = {p: str(ports.get(p, f"{unit.name} {p}")) for p in unit.supplies}
        self.placed[unit.name] = Placed(unit, ins, outs, supplies)
        self._plan = None

    def diagnose(self) -> list[Finding]:
        """Everything that would keep the flowsheet from being solved, before solving.

        Unconnected ports, missing and impossible parameters, reactions that do not close,
        components that can accumulate in a recycle. Empty when all is well.
        """
        try:
            self.plan()
        except InputError as error:
            return list(error.findings)
        return []

    def plan(self) -> Plan:
        """Order, tears and bound parameters; made once and remade after any change.

        Raises
        ------
        InputError
            All that `diagnose` lists.
        """
        if self._plan is None:
            self._plan = compile_plan(self)
        return self._plan

    def solve(
        self,
        scenarios: Mapping[str, Value] | None = None,
        *,
        keep: Sequence[str] | None = None,
        tolerance: float = 1e-11,
        max_passes: int = 500,
        chunk: int = 384,
    ) -> Solution:
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

        Raises
        ------
        InputError
            Errors in the flowsheet or the scenarios; all findings at once.
        ConvergenceError
            A recycle does not converge.
        BalanceError
            An element does not close to 1e-9 of its flow, in any unit or scenario.
        """
        return solve(
            self.plan(),
            scenarios or {},
            keep=keep,
            tolerance=tolerance,
            max_passes=max_passes,
            chunk=chunk,
        )


def _check_name(name: str, findings: Findings) -> None:
    if not name or "." in name or name != name.strip():
        findings.note(
            "name",
            "a name without a dot",
            repr(name),
            hint="dots are kept for parameter paths such as sieve.to_undersize.copper",
        )


def _streams(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _factor(unit: str | None, findings: Findings) -> float:
    """kg/h in one of the given unit."""
    if not unit:
        findings.note(
            "unit", "a unit of mass per time", "none", hint='give unit="kg/h", "t/h" or "t/yr"'
        )
        return 1.0
    try:
        return convert(1.0, unit, "kg/h", where=findings.where)
    except InputError as error:
        findings.items += error.findings
        return 1.0
