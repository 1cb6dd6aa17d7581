"""State of the simulated month: each lot's true content, and the commands that people enter.

A lot's true content is known here and never entered into the book; the book gets tickets, assays
and run sheets. Every site has a weighbridge, and every laboratory an error of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from loopbook import book as c
from loopbook.book import SUBSTANCES
from loopbook.errors import InputError
from loopbook.plant.matter import Lab, MonthMatter
from loopbook.plant.settings import MONTH_FILE, MonthSettings
from loopbook.tables import Array

BLACK_MASS = "black mass"
PLANT_SCALE = "weighbridge"
PLANT_LABORATORY = "plant laboratory"
MOST_EVENTS = 20_000
"""Events of a month beyond which a slip is more likely: such as a truck of a few kilograms."""

BAGS_KG = 60  # big bags of a run's output together


class When(NamedTuple):
    """A day of the month, the first is 0, and an hour of it."""

    day: int
    hour: float

    def later(self, hours: float) -> When:
        """The same day, some hours later."""
        return When(self.day, self.hour + hours)


class Road(NamedTuple):
    """How a lot is carried: from site to site, in how many days, onto which scale."""

    source: str
    target: str
    days: int
    scale: str


@dataclass(slots=True)
class Stock:
    """A lot, with its true content and what the book has.

    Attributes
    ----------
    lot : its name.
    true_kg : what is truly in it, by component.
    book_kg : the book's mass.
    ready : day from which it may be used.
    owners : who has title to parts of it.
    """

    lot: str
    true_kg: Array
    book_kg: int
    ready: int = 0
    owners: frozenset[str] = frozenset()

    @property
    def total_kg(self) -> float:
        """True mass."""
        return float(self.true_kg.sum())

    def take(self, kg: int) -> Array:
        """Cut off a part."""
        part: Array = self.true_kg * (kg / self.book_kg)
        self.true_kg = self.true_kg - part
        self.book_kg -= kg
        return part


@dataclass(frozen=True, slots=True)
class CellLot:
    """A lot of finished cells: its day of delivery and its serial numbers, first and last."""

    lot: str
    delivered: int
    mass_kg: int
    cells: int
    first: str
    last: str


@dataclass(slots=True)
class Month:
    """The month as it unfolds; `days` holds the commands of each day, the month's first is 0."""

    matter: MonthMatter
    settings: MonthSettings
    draws: np.random.Generator
    labs: dict[str, Lab]
    biases: dict[str, float] = field(default_factory=dict)
    days: dict[int, list[c.Command]] = field(default_factory=dict)
    floor: list[Stock] = field(default_factory=list)
    black_mass: list[Stock] = field(default_factory=list)
    metals: dict[str, list[Stock]] = field(default_factory=dict)
    at_refiner: list[Stock] = field(default_factory=list)
    cathode: list[Stock] = field(default_factory=list)
    materials: dict[str, list[Stock]] = field(default_factory=dict)
    line_scrap: dict[str, list[Stock]] = field(default_factory=dict)
    cell_lots: list[CellLot] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    loads: int = 0

    def number(self, name: str) -> float:
        """A setting."""
        return self.settings.numbers[name]

    def whole(self, name: str, least: int = 0) -> int:
        """A setting in whole numbers."""
        return max(round(self.settings.numbers[name]), least)

    def text(self, name: str) -> str:
        """A setting that is text."""
        return self.settings.texts[name]

    def next(self, what: str, by: int = 1) -> int:
        """Count on; the first is 1."""
        self.counts[what] = self.counts.get(what, 0) + by
        return self.counts[what]

    def enter(
        self,
        when: tuple[int, float],
        kind: Callable[..., c.Command],
        key: str,
        document: str = "",
        **fields: object,
    ) -> None:
        """Enter a command on its day."""
        if self.next("event") > MOST_EVENTS:
            expected = f"numbers that give at most {MOST_EVENTS:,} events in the month"
            raise InputError.of("too-large", MONTH_FILE, expected, "numbers that give more")
        day, hour = when
        moment = self.settings.start + timedelta(days=day, minutes=round(60 * hour))
        actor = "plant" if hour < 24 else "office"
        self.days.setdefault(day, []).append(
            kind(key=key, actor=actor, occurred_at=moment, document=document or key, **fields)
        )

    def normal(self, sigma: float) -> float:
        """A draw around zero."""
        return float(sigma * self.draws.standard_normal())

    # -- weighing and analysing

    def ticket(
        self, when: When, lot: str, mass: float, *, scale: str = PLANT_SCALE, wrong: bool = False
    ) -> int:
        """Weigh a lot, in several trucks if it is more than one; give its net mass.

        A wrong ticket is reversed and written again.
        """
        trucks = self._trucks(mass)
        step = self.number("scale_division")
        sigma = self.number("scale_uncertainty") * math.sqrt(trucks)
        tare = round(self.number("tare") * (1.0 + self.normal(0.01)) / step) * step * trucks
        if scale not in self.biases:
            self.biases[scale] = self.normal(0.7 * self.number("scale_uncertainty"))
        seen = mass + self.biases[scale] * trucks + self.normal(0.7 * sigma)
        net = int(max(round(seen / step), 1) * step)
        if wrong:
            key = f"weigh {lot} wrong"
            self._weigh(when, lot, " wrong", (tare + net, tare - 5000.0, sigma, scale))
            self.enter(
                when.later(0.5),
                c.Reverse,
                f"reverse {key}",
                event=key,
                reason="tare typed 5,000 kg too low",
            )
            when = when.later(0.6)
        self._weigh(when, lot, "", (tare + net, tare, sigma, scale))
        return net

    def _trucks(self, mass: float) -> int:
        """How many trucks a lot fills; a tenth more than a load still goes onto one."""
        return max(1, math.ceil(mass / max(self.number("black_mass_load"), 1.0) - 0.1))

    def _weigh(
        self, when: When, lot: str, suffix: str, weights: tuple[float, float, float, str]
    ) -> None:
        gross, tare, sigma, scale = weights
        self.enter(
            when,
            c.Weigh,
            f"weigh {lot}{suffix}",
            f"ticket {lot}{suffix}",
            lot=lot,
            ticket=f"{lot}{suffix}",
            gross_kg=gross,
            tare_kg=tare,
            uncertainty_kg=round(sigma, 1),
            scale=scale,
        )

    def floor_ticket(self, when: When, stock: Stock, scale: str = "floor scale") -> None:
        """The floor scale's ticket of a run's output: the mass that the run was entered with."""
        self._weigh(
            when,
            stock.lot,
            "",
            (stock.book_kg + BAGS_KG, BAGS_KG, self.number("floor_scale_uncertainty"), scale),
        )

    def assay(
        self, when: When, stock: Stock, laboratory: str, *, uncertainty: str = "final_uncertainty"
    ) -> None:
        """An assay: the plant's own is provisional, that of others is final."""
        stage = "provisional" if laboratory == PLANT_LABORATORY else "final"
        relative = self.number("provisional_uncertainty" if stage == "provisional" else uncertainty)
        reported = self.labs[laboratory].assay(
            (self.matter.substances(stock.true_kg) / stock.total_kg), relative
        )
        if reported:
            self.enter(
                when,
                c.Assay,
                f"{stage} assay {stock.lot}",
                f"report {stock.lot} {stage}",
                lot=stock.lot,
                stage=stage,
                basis="as received",
                shares={name: value for name, (value, _) in reported.items()},
                uncertainty={name: sigma for name, (_, sigma) in reported.items()},
                laboratory=laboratory,
                method="ICP-OES",
                sample=f"{stock.lot} {stage}",
            )

    # -- runs and blends

    def make(
        self,
        lot: str,
        material: str,
        kg: Array,
        *,
        day: int,
        owners: frozenset[str] = frozenset(),
        scale: str = "floor_scale_uncertainty",
        least: int = 0,
        digits: int = 6,
    ) -> tuple[Stock, c.Output]:
        """A product of a run as it is weighed and analysed: the lot, and its line of the run sheet.

        Parameters
        ----------
        kg : true content by component.
        scale : setting with the scale's uncertainty.
        least : smallest mass that is entered, kg.
        digits : of the shares.
        """
        total = float(kg.sum())
        mass = max(round(total + self.normal(self.number(scale))), least)
        shares = shares_text(self.matter.substances(kg) / max(total, 1e-9), digits)
        return Stock(lot, kg, mass, day, owners), c.Output(lot, material, mass, shares)

    def process(
        self,
        when: When,
        run: str,
        inputs: Mapping[str, c.Kg | None],
        outputs: list[c.Output],
        *,
        site: str,
        paper: str = "run",
        **out_kg: Mapping[str, str],
    ) -> None:
        """Enter a run sheet, with ``emissions_kg`` and ``waste_kg`` if it has some."""
        self.enter(
            when,
            c.Process,
            f"{paper} {run}",
            f"{paper} sheet {run}",
            run=run,
            site=self.text(site),
            inputs_kg=inputs,
            outputs=outputs,
            **out_kg,
        )

    def blend(
        self, when: When, lot: str, material: str, inputs: Mapping[str, c.Kg | None], *, site: str
    ) -> None:
        """Enter a blend."""
        self.enter(
            when,
            c.Blend,
            f"blend {lot}",
            f"packing list {lot}",
            inputs_kg=inputs,
            site=self.text(site),
            lot=lot,
            material=material,
        )

    # -- buying and carrying

    def buy(
        self, when: When, stock: Stock, material: str, *, supplier: str, owner: str, site: str
    ) -> Stock:
        """Receive a lot and weigh it on the site's scale; parties and site by their settings."""
        place, buyer = self.text(site), self.text(owner)
        self.enter(
            when,
            c.Receive,
            f"receive {stock.lot}",
            f"delivery note {stock.lot}",
            lot=stock.lot,
            material=material,
            supplier=self.text(supplier),
            owner=buyer,
            site=place,
            mass_kg=stock.book_kg,
            shares=shares_text(self.matter.substances(stock.true_kg) / stock.total_kg),
        )
        net = self.ticket(when.later(0.2), stock.lot, stock.total_kg, scale=f"{place} weighbridge")
        return Stock(stock.lot, stock.true_kg, net, when.day, frozenset({buyer}))

    def send(self, when: When, stock: Stock, road: Road) -> When:
        """Ship a whole lot; it is weighed where it arrives. Gives the moment of that."""
        lot, step = stock.lot, self.number("scale_division")
        self.enter(
            when,
            c.Ship,
            f"ship {lot}",
            f"consignment {lot}",
            lot=lot,
            from_site=road.source,
            consignment=lot,
        )
        there = When(when.day + road.days, when.hour + 2)
        mass = stock.total_kg * (1.0 + self.normal(self.number("transit_spread")))
        net = int(max(round(mass / step), 1) * step)
        self.enter(
            there,
            c.Arrive,
            f"arrive {lot}",
            f"ticket {lot} there",
            lot=lot,
            consignment=lot,
            site=road.target,
            mass_kg=net,
        )
        trucks = self._trucks(mass)
        tare = round(self.number("tare") / step) * step * trucks
        self._weigh(
            there.later(0.1),
            lot,
            " there",
            (tare + net, tare, self.number("scale_uncertainty") * math.sqrt(trucks), road.scale),
        )
        stock.book_kg = net
        return there

    def sell(self, when: When, stock: Stock, buyer: str) -> None:
        """Title of all owners passes to a buyer."""
        for place, seller in enumerate(sorted(stock.owners - {buyer})):
            self.enter(
                when.later(0.02 * place),
                c.TransferTitle,
                f"title {stock.lot} {seller}",
                f"invoice {stock.lot}",
                lot=stock.lot,
                seller=seller,
                buyer=buyer,
            )
        stock.owners = frozenset({buyer})


def waste(month: Month, kg: Array) -> Mapping[str, str]:
    """What leaves as waste, kilograms by substance, as flow and analysis find it."""
    spread = month.number("waste_uncertainty")
    return amounts_text(np.clip(kg, 0.0, None) * (1.0 + month.normal(spread)))


def deliver(
    month: Month, when: When, lot: str, *, site: str, customer: str, document: str = ""
) -> None:
    """Enter a delivery to a customer."""
    month.enter(
        when,
        c.Deliver,
        f"deliver {lot}",
        document or f"delivery note {lot}",
        lot=lot,
        site=month.text(site),
        customer=month.text(customer),
    )


def draw(
    stocks: Iterable[Stock], kg: float
) -> tuple[dict[str, c.Kg | None], Array, frozenset[str]]:
    """Take whole kilograms off lots, the first first: inputs for a command, matter, owners."""
    left = round(kg)
    inputs: dict[str, c.Kg | None] = {}
    parts: list[Array] = []
    owners: frozenset[str] = frozenset()
    for source in stocks:
        taken = min(left, source.book_kg)
        if taken > 0:
            inputs[source.lot] = None if taken == source.book_kg else taken
            parts.append(source.take(taken))
            owners |= source.owners
            left -= taken
    return inputs, np.sum(parts, axis=0), owners


def shares_text(shares: Array, digits: int = 4) -> dict[str, str]:
    """Shares as a sender states them, or finer as on a run sheet; what is nothing is left out."""
    return {
        name: f"{share:.{digits}f}"
        for name, share in zip(SUBSTANCES, shares, strict=True)
        if name != "other" and share > 0.5 * 10.0**-digits
    }


def amounts_text(kg: Array) -> Mapping[str, str]:
    """Kilograms by substance, to the hundred grams."""
    return {
        name: f"{amount:.1f}" for name, amount in zip(SUBSTANCES, kg, strict=True) if amount >= 0.05
    }
