"""The chain of a month out of a loop that was walked: what its sites did, cut down to the month."""

from calendar import monthrange
from collections.abc import Mapping

import numpy as np

from loopbook.errors import Findings
from loopbook.loop import Flow, Step, Walk, month_number
from loopbook.matter import chemistries
from loopbook.plant.matter import Feed, Lines, MonthMatter, Refining
from loopbook.plant.month import MonthRecord
from loopbook.plant.settings import PARTS, MonthSettings
from loopbook.plant.state import BLACK_MASS
from loopbook.tables import Array

RECOVERED = {"Ni": "Ni", "Co": "Co", "Mn": "Mn", "Li": "Li", "C": "graphite"}
"""What a refiner of the chain recovers: by element, what is counted of it."""

ROUTE = "hydro"
"""The route of which salts are made; that of another ends with black mass at the refiner."""

MOST_LOADS = 1000
"""Loads of a month, and lots of it, beyond which a slip is more likely."""


def chain_record(walked: Walk, settings: MonthSettings, keys: tuple[str, ...] = ()) -> MonthRecord:
    """The record of a month, out of the step that holds it.

    In a step of several months each day has the same: ``kg = t * 1000 * days of the month / days of
    the step``.

    Parameters
    ----------
    walked : the loop, of one scenario.
    settings : of the month.
    keys : input rows that the loop's flows rest on.

    Raises
    ------
    InputError : the loop does not have the month, or a site, party or material that `settings`
        names; loads are too many. With every finding.
    """
    findings = Findings()
    for part in PARTS:
        if f"loop.{part.name}" not in settings.texts:
            findings.missing(f"loop.{part.name}, {part.meaning}", at=settings.place("loop"))
    draws = walked.flows[0].asked.shape[-1] if walked.flows else 1
    if draws != 1:
        findings.note("draws", "one scenario", f"{draws} scenarios", at=settings.place("month"))
    step = _step(walked, settings, findings)
    findings.raise_all()
    assert step is not None
    _check_names(walked, settings, findings)
    findings.raise_all()
    matter = _Chain(walked, settings, step).matter()
    _check_loads(matter, settings, findings)
    findings.raise_all()
    rows = tuple(dict.fromkeys((*keys, *settings.keys)))
    return MonthRecord(walked.loop.name, settings, matter, rows)


def _step(walked: Walk, settings: MonthSettings, findings: Findings) -> Step | None:
    """The step that holds the month, if one does."""
    calendar, month = walked.loop.calendar, settings.texts["month"]
    number = month_number(settings.start.date())
    for step in calendar.steps:
        if number in step:
            return step
    last = calendar.steps[-1].name
    expected = f"a month within {calendar.steps[0].name}..{last}"
    findings.note("period", expected, month, at=settings.place("month"))
    return None


def _check_names(walked: Walk, settings: MonthSettings, findings: Findings) -> None:
    """Sites, materials, parties and the mode are the loop's."""
    loop, text = walked.loop, settings.texts

    def check(what: str, path: str, known: Mapping[str, object]) -> bool:
        findings.check_known(what, text[path], known, at=settings.place(path))
        return text[path] in known

    for site, material in (("lines", "cells"), ("plant", "black_mass"), ("refinery", "")):
        if check("a site of the loop", f"loop.{site}", loop.sites) and material:
            name = text[f"loop.{site}"]
            check(f"a material that {name} makes", f"loop.{material}", walked.sites[name].made)
    for party in ("owner", "plant", "refiner"):
        check("a party of the loop", party, loop.parties)
    check("a mode of the loop's freight", "loop.dangerous", loop.modes)


def _check_loads(matter: MonthMatter, settings: MonthSettings, findings: Findings) -> None:
    """Trucks and lots are so large that there are not too many of them."""
    mass = sum(feed.mass_kg for feed in matter.feeds)
    for name in ("scrap_load", "black_mass_load", "cathode_lot"):
        least, size = mass / MOST_LOADS, settings.numbers[name]
        if not size >= least:
            expected = f"at least {least:,.0f} kg, for {mass / 1000:,.0f} t in the month"
            findings.note("range", expected, f"{size:g} kg", at=settings.place(f"{name}.value"))


_LEAST = 1e-6  # kg, the least mass of a book: what is below is rounding of the walk


class _Chain:
    """A step of a loop that was walked, and the parts of its sites.

    Its components are those of the cells, and then what else senders of scrap make or send, in the
    order of the walk.
    """

    def __init__(self, walked: Walk, settings: MonthSettings, step: Step) -> None:
        self.walked, self.settings, self.place = walked, settings, step.index
        self.lines, self.plant, self.refinery = (
            walked.sites[settings.texts[f"loop.{part}"]] for part in ("lines", "plant", "refinery")
        )
        self.cells, self.black_mass = (settings.texts[f"loop.{x}"] for x in ("cells", "black_mass"))
        days = sum(monthrange(month // 12, month % 12 + 1)[1] for month in step)
        self.share = settings.days / days
        self.scrap = [flow for flow in walked.flows if flow.row.to == self.plant.site]
        streams = [x for flow in self.scrap for x in flow.arrived.values()]
        senders = {self.lines.site, *(flow.row.from_ for flow in self.scrap)} & walked.sites.keys()
        streams += [x for site in senders for x in walked.sites[site].made.values()]
        present = np.any([stream[self.place, :, 0] > 0.0 for stream in streams], axis=0)
        names, index = walked.basis.names, walked.basis.index
        held = (names[k] for k in np.flatnonzero(present))
        parts = [x for x in walked.loop.composition(self.cells) if present[index[x]]]
        self.names = tuple(dict.fromkeys((*parts, *held)))
        self.places = [index[name] for name in self.names]

    def tonnes(self, stream: Array) -> Array:
        """Tonnes of the step by component, of a stream (step, component, draw)."""
        return np.asarray(stream[self.place, self.places, 0])

    def content(self, streams: Mapping[str, Array], of: str) -> float:
        """Tonnes of an element or component in streams of the step."""
        return sum(float(self.walked.content(x, of)[self.place, 0]) for x in streams.values())

    def matter(self) -> MonthMatter:
        """Feeds, what a run makes of them, refining and lines of the month."""
        feeds = [
            Feed(self._sender(flow), material, self._is_dangerous(material), mass, kg / mass)
            for flow in self.scrap
            for material, stream in flow.arrived.items()
            for kg in [self.tonnes(stream) * 1000.0 * self.share]
            for mass in [float(kg.sum())]
            if mass > _LEAST
        ]
        return MonthMatter(
            self.names, tuple(feeds), self._passed(), self._refining(), self._lines()
        )

    def _sender(self, flow: Flow) -> str:
        """Who has title to scrap when it arrives: the owner of the lines' scrap, or the seller."""
        ours = flow.row.from_ == self.lines.site
        return self.settings.texts["owner"] if ours else flow.seller

    def _is_dangerous(self, material: str) -> bool:
        row = self.walked.loop.materials.get(material)
        return row is not None and row.mode == self.settings.texts["loop.dangerous"]

    def _passed(self) -> dict[str, Array]:
        """Share of each component of the plant's feed that goes to each product."""
        feed = np.sum([self.tonnes(x) for x in self.plant.feed.values()], axis=0)
        passed = {}
        for product, stream in self.plant.made.items():
            share = np.minimum(self.tonnes(stream) / np.where(feed > 0.0, feed, 1.0), 1.0)
            if share.any():
                passed[BLACK_MASS if product == self.black_mass else product] = share
        return passed

    def _refining(self) -> Refining | None:
        """What the refiner does; None unless it makes salts of all four metals."""
        solved, made, fed = self.refinery.solved, self.refinery.made, self.refinery.feed
        route = solved[self.place] if solved else None
        recovered = {}
        for element, of in RECOVERED.items():
            held = self.content(fed, of)
            recovered[element] = min(self.content(made, of) / held, 1.0) if held > 0.0 else 0.0
        if route is None or route.route != ROUTE or not all(recovered.values()):
            return None
        reagents = {name: float(dose[0]) for name, dose in route.reagents.items()}
        return Refining(recovered, reagents, float(route.wastes["oxygen"][0]))

    def _lines(self) -> Lines | None:
        """What the lines make of a kilogram; None if idle, or if no nickel comes back."""
        loop, made = self.walked.loop, self.lines.made
        rows = [flow.row for flow in self.scrap if flow.row.from_ == self.lines.site]
        scrap = {name for row in rows for name in loop.materials_of(row.material)} & made.keys()
        cells_t = self.tonnes(made[self.cells])
        scrap_t = {name: self.tonnes(x) for name, x in made.items() if name in scrap}
        total = float((cells_t + np.sum([*scrap_t.values()], axis=0)).sum())
        nickel = self.content({x: made[x] for x in (self.cells, *scrap_t)}, "Ni")
        back = self.content(self.refinery.made, "Ni")
        known = chemistries(loop.library)
        active = [name for name in loop.composition(self.cells) if name in known]
        if not (total > 0.0 and nickel > 0.0 and back > 0.0 and active):
            return None
        return Lines(
            active=active[0],
            cells=cells_t / total,
            scrap={name: tonnes / total for name, tonnes in scrap_t.items()},
            kg_per_day=total * 1000.0 * self.share / self.settings.days,
            recovered_share=min(back / nickel, 1.0),
            kg_per_kwh=float(self.walked.basis.in_tonnes(self.cells, "GWh")[0]) / 1000.0,
        )
