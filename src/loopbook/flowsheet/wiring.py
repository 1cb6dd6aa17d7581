"""Units and feeds joined by streams: what a flowsheet is, before anything is calculated.

A stream is a name. The unit that has it at an outlet makes it, the unit that has it at an inlet
takes it, and nothing else joins them: the order of building does not matter. A stream that no unit
makes is a feed; a stream that no unit takes leaves the flowsheet as a product.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from loopbook.errors import Finding, Findings, nearest_hint
from loopbook.flowsheet.units.unit import Unit, Value
from loopbook.matter import ComponentSet
from loopbook.tables import Array, TomlFile

SECTIONS = {"component": "components", "feed": "feeds", "unit": "units"}
"""Sections of a flowsheet's file, by what findings call a table in them."""


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
    """A stream from outside: flow per component in the given unit, and that flow in kg/h."""

    flow: Mapping[str, Value]
    unit: str
    kg_per_h: Mapping[str, Array]


@dataclass(slots=True)
class Wiring:
    """Units in their places and feeds, over one set of components.

    Parameters
    ----------
    name : name of the flowsheet.
    components : components of every stream, in order.
    feeds, placed : by name.
    source : the file that the flowsheet was read from.
    plugins : Python files with unit operations of your own, as the file names them.
    any_feed : whether it is built for feeds of any composition, so that laws may wait for matter
        that the present feed does not bring; otherwise each such law is a finding.
    """

    name: str
    components: ComponentSet
    feeds: dict[str, Feed] = field(default_factory=dict)
    placed: dict[str, Placed] = field(default_factory=dict)
    source: TomlFile | None = field(default=None, repr=False, compare=False)
    plugins: tuple[str, ...] = ()
    any_feed: bool = False

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

    def check(self, findings: Findings) -> None:
        """Find unconnected ports, streams made or taken twice, feeds that no unit takes."""
        makers, takers = self.makers(), self.takers()
        for name, place in sorted(self.placed.items()):
            _check_ports(name, place, makers, findings)
        for made, remedy, units_by_stream in (
            ("one maker", "mix them: an inlet takes a list of streams", makers),
            ("one taker", "put a splitter between them", takers),
        ):
            for stream, units in sorted(units_by_stream.items()):
                if len(units) > 1:
                    findings.note(
                        "wiring", made, ", ".join(sorted(units)), at=f"stream {stream}", hint=remedy
                    )
        for name in sorted(self.feeds):
            if name in self.placed:
                findings.note(
                    "duplicate",
                    "another name",
                    "a unit's",
                    at=f"feed {name}",
                    hint="a path such as name.copper must mean one thing",
                )
            if name not in takers:
                findings.note("wiring", "a unit that takes it", "none", at=f"feed {name}")


def _check_ports(
    name: str, place: Placed, makers: Mapping[str, list[str]], findings: Findings
) -> None:
    for port in (*place.unit.ins, *place.unit.outs):
        connected = place.ins.get(port) or place.outs.get(port)
        if not connected and port not in place.unit.optional:
            findings.note("wiring", "a stream", "nothing connected", at=f"unit {name}, {port}")
    for port, streams in place.ins.items():
        for stream in streams:
            if stream not in makers:
                findings.note(
                    "wiring",
                    "a feed or another unit's outlet",
                    stream,
                    at=f"unit {name}, {port}",
                    hint=nearest_hint(stream, makers),
                )


def with_place(finding: Finding, file: TomlFile | None) -> Finding:
    """Put ``file:line`` before the place of a finding, where the flowsheet came from a file."""
    thing, _, field_name = finding.where.partition(", ")
    label, _, name = thing.partition(" ")
    path = (SECTIONS.get(label, label), name) if name else (label,)
    section = file.data.get(path[0]) if file else None
    if file is None or not (
        label == "flowsheet" or (isinstance(section, dict) and name in section)
    ):
        return finding
    place = file.where(*path, re.split(r"[. ]", field_name)[0])
    return replace(finding, where=f"{place}: {finding.where}")
