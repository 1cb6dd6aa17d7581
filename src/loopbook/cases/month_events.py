"""A month at the plant as commands: loads come in, are run, black mass goes out, things go wrong.

Every day: loads arrive (sent mass, weighbridge ticket), yesterday's are assayed and bought unless
they are tolled, two or more are run together, what the run made is weighed and assayed, black mass
is blended to full trucks and shipped, arrives on another scale, and is assayed at the refiner.
Once a ticket is typed with a wrong tare and taken back; once a lot is held for a day; stock is
counted on the last day; the month is closed on the fourth of the next.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loopbook.book import commands as c
from loopbook.book.nouns import SUBSTANCES
from loopbook.cases.month_matter import Feed, Lab, MonthMatter
from loopbook.cases.month_settings import MonthSettings

__all__ = ["month_commands"]

Array = NDArray[np.float64]

BLACK_MASS = "black mass"
_CLOSING_DAY = 4  # of the next month


@dataclass(slots=True)
class _Stock:
    """A lot as the plant keeps it in mind: true kilograms by component, and the book's mass."""

    lot: str
    true_kg: Array
    book_kg: int
    ready: int = 0

    def take(self, kg: int) -> Array:
        """Cut off a part."""
        part: Array = self.true_kg * (kg / self.book_kg)
        self.true_kg = self.true_kg - part
        self.book_kg -= kg
        return part


@dataclass(slots=True)
class _Plant:
    """The month as it unfolds; `days` holds the commands of each day, the month's first is 0."""

    matter: MonthMatter
    settings: MonthSettings
    draws: np.random.Generator
    labs: dict[str, Lab]
    scale_bias: float
    days: dict[int, list[c.Command]] = field(default_factory=dict)
    floor: list[_Stock] = field(default_factory=list)
    black_mass: list[_Stock] = field(default_factory=list)
    metals: dict[str, list[_Stock]] = field(default_factory=dict)
    loads: int = 0
    trucks: int = 0
    runs: int = 0

    def number(self, name: str) -> float:
        """A setting."""
        return self.settings.numbers[name]

    def text(self, name: str) -> str:
        """A setting that is text."""
        return self.settings.texts[name]

    def envelope(self, day: int, hour: float, key: str, document: str = "") -> dict[str, Any]:
        """What every command has."""
        moment = self.settings.start + timedelta(days=day, minutes=round(60 * hour))
        actor = "plant" if hour < 24 else "office"
        return {"key": key, "actor": actor, "occurred_at": moment, "document": document or key}

    def say(self, day: int, command: c.Command) -> None:
        """Put a command on its day."""
        self.days.setdefault(day, []).append(command)

    def normal(self, sigma: float) -> float:
        """A draw around zero."""
        return float(sigma * self.draws.standard_normal())


def month_commands(
    matter: MonthMatter, settings: MonthSettings, seed: int
) -> Iterator[tuple[datetime, list[c.Command]]]:
    """Commands of each day in order of time, with the moment at which the office enters them."""
    draws = np.random.default_rng(seed)
    labs = {
        name: Lab(draws, draws.standard_normal(len(SUBSTANCES)))
        for name in ("plant laboratory", "refiner laboratory")
    }
    bias = 0.7 * settings.numbers["scale_uncertainty"] * float(draws.standard_normal())
    plant = _Plant(matter, settings, draws, labs, bias)
    _register(plant)
    arrivals = _schedule(plant)
    plant.loads = sum(len(loads) for loads in arrivals.values())
    for day in range(-1, settings.days):
        loads = arrivals.get(day, [])
        for place, (number, feed) in enumerate(loads):
            _receive(plant, (day, place / len(loads)), number, feed)
        if day >= 0:
            _run_day(plant, day)
            _ship_day(plant, day)
            _sell_metals(plant, day)
    _count_stock(plant)
    last = settings.days + _CLOSING_DAY - 1
    name = settings.texts["month"]
    close = c.ClosePeriod(**plant.envelope(last, 9, f"close {name}"), period=name)
    plant.say(last, close)
    for day in sorted(plant.days):
        entered = settings.start + timedelta(days=day, hours=23, minutes=30)
        yield entered, sorted(plant.days[day], key=lambda x: x.occurred_at)


def _register(plant: _Plant) -> None:
    """Parties, sites, materials and the two periods, the day before the month begins."""
    say, text, day = plant.say, plant.text, -1
    senders = {feed.sender for feed in plant.matter.feeds}
    parties = sorted(senders | {text(n) for n in ("owner", "plant", "refiner", "merchant")})
    for name in parties:
        say(day, c.RegisterParty(**plant.envelope(day, 5, f"party {name}"), party=name))
    daily_kg = sum(feed.mass_kg for feed in plant.matter.feeds) / plant.settings.days
    limits = {
        "dangerous scrap": round(plant.number("scrap_limit_days") * daily_kg),
        BLACK_MASS: round(plant.number("black_mass_limit_days") * daily_kg),
    }
    for name, limit in ((text("plant_site"), limits), (text("refiner_site"), {})):
        envelope = plant.envelope(day, 5, f"site {name}")
        say(day, c.RegisterSite(**envelope, site=name, limits_kg=limit))
    hazards = {f.scrap_type: "dangerous scrap" * f.hazmat for f in plant.matter.feeds}
    hazards |= dict.fromkeys(plant.matter.passed, "") | {BLACK_MASS: BLACK_MASS}
    for name, hazard in sorted(hazards.items()):
        envelope = plant.envelope(day, 5, f"material {name}")
        say(day, c.RegisterMaterial(**envelope, material=name, hazard=hazard))
    start, end = plant.settings.start, plant.settings.end
    before = start - timedelta(days=1)
    after = end + timedelta(days=30)
    for name, first, last in (
        ("opening", before, start), (text("month"), start, end), ("next month", end, after)
    ):  # fmt: skip
        envelope = plant.envelope(day, 5, f"period {name}")
        say(day, c.OpenPeriod(**envelope, period=name, start=first, end=last))


def _schedule(plant: _Plant) -> dict[int, list[tuple[int, Feed]]]:
    """Loads by day: three on the day before the month, the others on its weekdays."""
    load = plant.number("scrap_load")
    feeds = [f for f in plant.matter.feeds for _ in range(round(f.mass_kg / load))]
    order = plant.draws.permutation(len(feeds))
    weekdays = [
        d
        for d in range(plant.settings.days)
        if (plant.settings.start + timedelta(days=d)).weekday() < 5
    ]
    days: dict[int, list[tuple[int, Feed]]] = {}
    for number, place in enumerate(order):
        later = (number - 3) * len(weekdays) // max(len(order) - 3, 1)
        day = -1 if number < 3 else weekdays[later]
        days.setdefault(day, []).append((number + 1, feeds[place]))
    return days


def _text_shares(shares: Array) -> dict[str, str]:
    """Shares as a sender states them; what is nothing is left out."""
    return {
        name: f"{share:.4f}"
        for name, share in zip(SUBSTANCES, shares, strict=True)
        if name != "other" and share > 5e-5
    }


def _receive(plant: _Plant, when: tuple[int, float], number: int, feed: Feed) -> None:
    """A load comes in: the sender's papers, the ticket, tomorrow the assay and the title.

    `when` is the day and the share of the day's loads that came before.
    """
    day, turn = when
    lot, hour = f"L{number:03d}", 7 + 9 * turn
    spread = 1.0 + plant.number("composition_spread") * plant.draws.standard_normal(
        len(feed.shares)
    )
    shares = feed.shares * np.clip(spread, 0.5, 1.5)
    mass = plant.number("scrap_load") * (1.0 + plant.normal(plant.number("load_spread")))
    true_kg = mass * shares / shares.sum()
    sent = round(mass * (1.0 + plant.normal(plant.number("declared_spread"))) / 10.0) * 10
    stated = plant.matter.substances(feed.shares)
    plant.say(
        day,
        c.Receive(
            **plant.envelope(day, hour, f"receive {lot}", f"delivery note {number}"),
            lot=lot, material=feed.scrap_type, supplier=feed.sender, owner=feed.sender,
            site=plant.text("plant_site"), mass_kg=sent, shares=_text_shares(stated),
        ),
    )  # fmt: skip
    net = _ticket(plant, (day, hour + 0.25), lot, mass, wrong=number == 7)
    _assay(plant, (day + 1, 5 + 0.4 * turn), lot, true_kg, laboratory="plant laboratory")
    tolled = plant.draws.random() < plant.number("tolled_share")
    if not tolled:
        envelope = plant.envelope(day + 1, 5.5 + 0.4 * turn, f"title {lot}", f"purchase {lot}")
        buyer = plant.text("plant")
        plant.say(day + 1, c.TransferTitle(**envelope, lot=lot, seller=feed.sender, buyer=buyer))
    if number == 12:
        hold = plant.envelope(day, hour + 0.5, f"hold {lot}")
        plant.say(day, c.Hold(**hold, lot=lot, reason="label of a pallet not readable"))
        free = plant.envelope(day + 1, 5.95, f"release {lot}")
        plant.say(day + 1, c.Release(**free, lot=lot))
    plant.floor.append(_Stock(lot, true_kg, net, ready=day + 1))


def _ticket(
    plant: _Plant, when: tuple[int, float], lot: str, mass: float, *, wrong: bool = False
) -> int:
    """Weigh a lot on the weighbridge; a wrong ticket is taken back and written anew."""
    day, hour = when
    step, sigma = plant.number("scale_division"), plant.number("scale_uncertainty")
    tare = round(plant.number("tare") * (1.0 + plant.normal(0.01)) / step) * step
    seen = mass + plant.scale_bias + plant.normal(0.7 * sigma)
    net = max(round(seen / step), 1) * step

    def weigh(at: float, suffix: str, less: float) -> str:
        key = f"weigh {lot}{suffix}"
        plant.say(
            day,
            c.Weigh(
                **plant.envelope(day, at, key, f"ticket {lot}{suffix}"),
                lot=lot, ticket=f"{lot}{suffix}", gross_kg=tare + net, tare_kg=tare - less,
                uncertainty_kg=sigma, scale="weighbridge",
            ),
        )  # fmt: skip
        return key

    if wrong:
        key = weigh(hour, " wrong", 5000.0)
        envelope = plant.envelope(day, hour + 0.5, f"reverse {key}")
        reason = "tare typed 5,000 kg too low"
        plant.say(day, c.Reverse(**envelope, event=key, reason=reason))
        hour += 0.6
    weigh(hour, "", 0.0)
    return int(net)


def _assay(
    plant: _Plant, when: tuple[int, float], lot: str, true_kg: Array, *, laboratory: str
) -> None:
    """The plant's own assay is provisional, the refiner's is final."""
    day, hour = when
    final = laboratory != "plant laboratory"
    stage = "final" if final else "provisional"
    relative = plant.number(f"{stage}_uncertainty")
    shares = plant.matter.substances(true_kg) / float(true_kg.sum())
    found = plant.labs[laboratory].assay(shares, relative)
    if not found:
        return
    plant.say(
        day,
        c.Assay(
            **plant.envelope(day, hour, f"{stage} assay {lot}", f"report {lot} {stage}"),
            lot=lot, stage=stage, basis="as received",
            shares={name: value for name, (value, _) in found.items()},
            uncertainty={name: sigma for name, (_, sigma) in found.items()},
            laboratory=laboratory, method="ICP-OES", sample=f"{lot} {stage}",
        ),
    )  # fmt: skip


def _run_day(plant: _Plant, day: int) -> None:
    """Run what is ready, two loads at a time or more; three runs a day at most."""
    loads = max(2, math.ceil(plant.loads / (1.5 * plant.settings.days)))
    for turn in range(3):
        ready = [stock for stock in plant.floor if stock.ready <= day]
        if len(ready) < loads or (turn and len(ready) < 2 * loads):
            return
        fed = ready[:loads]
        lots = {stock.lot for stock in fed}
        plant.floor = [stock for stock in plant.floor if stock.lot not in lots]
        _run(plant, (day, 6 + 6 * turn), fed)


def _run(plant: _Plant, when: tuple[int, float], fed: list[_Stock]) -> None:
    """One run: products as weighed, burnt matter by calculation, residue as weighed."""
    day, hour = when
    plant.runs += 1
    run = f"R{plant.runs:03d}"
    true_kg = np.sum([stock.true_kg for stock in fed], axis=0)
    left = true_kg.copy()
    outputs, made = [], []
    dust = plant.number("dust")
    for product, passed in plant.matter.passed.items():
        kg = true_kg * passed * (1.0 - dust)
        left = left - true_kg * passed
        mass = round(float(kg.sum()) + plant.normal(plant.number("floor_scale_uncertainty")))
        if mass < 1 or float(kg.sum()) < 1.0:
            continue
        lot = f"{run} {product}"
        shares = _text_shares(plant.matter.substances(kg) / float(kg.sum()))
        outputs.append(c.Output(lot, product, mass, shares))
        made.append((product, _Stock(lot, kg, mass)))
    burnt = left * plant.matter.burnt
    residue = np.clip(left - burnt, 0.0, None) * (1.0 + plant.normal(0.01))
    plant.say(
        day,
        c.Process(
            **plant.envelope(day, hour + 4, f"run {run}", f"run sheet {run}"),
            run=run, site=plant.text("plant_site"), inputs_kg={s.lot: None for s in fed},
            outputs=outputs, emissions_kg=_amounts(plant, burnt), waste_kg=_amounts(plant, residue),
        ),
    )  # fmt: skip
    for place, (product, stock) in enumerate(made):
        stock.ready = day
        _floor_ticket(plant, (day, hour + 4.2 + 0.1 * place), stock)
        if product == BLACK_MASS:
            _assay(plant, (day, hour + 5), stock.lot, stock.true_kg, laboratory="plant laboratory")
            plant.black_mass.append(stock)
        else:
            plant.metals.setdefault(product, []).append(stock)


def _amounts(plant: _Plant, kg: Array) -> dict[str, str]:
    """Kilograms by substance, to the hundred grams."""
    found = plant.matter.substances(kg)
    return {
        name: f"{amount:.1f}"
        for name, amount in zip(SUBSTANCES, found, strict=True)
        if amount >= 0.05
    }


def _floor_ticket(plant: _Plant, when: tuple[int, float], stock: _Stock) -> None:
    """The floor scale's ticket of a run's output: the mass that the run was entered with."""
    bags = 60
    plant.say(
        when[0],
        c.Weigh(
            **plant.envelope(*when, f"weigh {stock.lot}", f"ticket {stock.lot}"),
            lot=stock.lot, ticket=stock.lot, gross_kg=stock.book_kg + bags, tare_kg=bags,
            uncertainty_kg=plant.number("floor_scale_uncertainty"), scale="floor scale",
        ),
    )  # fmt: skip


def _ship_day(plant: _Plant, day: int) -> None:
    """Blend black mass of earlier days to full trucks; ship, arrive, assay at the refiner."""
    wanted = round(plant.number("black_mass_load"))
    stock = [s for s in plant.black_mass if s.ready < day]
    first = plant.trucks
    count = sum(s.book_kg for s in stock) // max(wanted, 1)
    while plant.trucks < first + count:
        plant.trucks += 1
        lot, left = f"S{plant.trucks:03d}", wanted
        inputs: dict[str, c.Kg | None] = {}
        true_kg = np.zeros(len(plant.matter.names))
        for source in stock:
            taken = min(left, source.book_kg)
            if taken:
                inputs[source.lot] = None if taken == source.book_kg else taken
                true_kg = true_kg + source.take(taken)
                left -= taken
        stock = [s for s in stock if s.book_kg]
        plant.black_mass = [s for s in plant.black_mass if s.book_kg]
        _ship(plant, (day, 6 + 8 * (plant.trucks - first) / (count + 1)), lot, (inputs, true_kg))


def _ship(
    plant: _Plant,
    when: tuple[int, float],
    lot: str,
    load: tuple[dict[str, c.Kg | None], Array],
) -> None:
    day, hour = when
    inputs, true_kg = load
    site = plant.text("plant_site")
    envelope = plant.envelope(day, hour, f"blend {lot}", f"packing list {lot}")
    plant.say(day, c.Blend(**envelope, inputs_kg=inputs, site=site, lot=lot, material=BLACK_MASS))
    _ticket(plant, (day, hour + 0.1), lot, float(true_kg.sum()))
    _assay(plant, (day, hour + 0.5), lot, true_kg, laboratory="plant laboratory")
    envelope = plant.envelope(day, hour + 1, f"ship {lot}", f"consignment {lot}")
    plant.say(day, c.Ship(**envelope, lot=lot, from_site=site, consignment=lot))
    there = day + round(plant.number("road_days"))
    mass = float(true_kg.sum()) * (1.0 + plant.normal(plant.number("transit_spread")))
    step = plant.number("scale_division")
    net = round(mass / step) * step
    envelope = plant.envelope(there, hour + 3, f"arrive {lot}", f"refiner's ticket {lot}")
    refinery = plant.text("refiner_site")
    plant.say(there, c.Arrive(**envelope, lot=lot, consignment=lot, site=refinery, mass_kg=net))
    tare = round(plant.number("tare") / step) * step
    envelope = plant.envelope(there, hour + 3.1, f"weigh {lot} there", f"refiner's ticket {lot}")
    plant.say(
        there,
        c.Weigh(
            **envelope, lot=lot, ticket=f"{lot} there", gross_kg=tare + net, tare_kg=tare,
            uncertainty_kg=plant.number("scale_uncertainty"), scale="refiner's weighbridge",
        ),
    )  # fmt: skip
    final = there + round(plant.number("final_days"))
    _assay(plant, (final, hour + 5), lot, true_kg, laboratory="refiner laboratory")


def _sell_metals(plant: _Plant, day: int) -> None:
    """Once a week the other products are blended and go to the merchant."""
    if day % 7 != 6:
        return
    site = plant.text("plant_site")
    for place, (product, stocks) in enumerate(sorted(plant.metals.items())):
        ready = [s for s in stocks if s.ready < day]
        if not ready:
            continue
        lot = f"{product} week {day // 7 + 1}"
        plant.metals[product] = [s for s in stocks if s.ready >= day]
        envelope = plant.envelope(day, 14 + place, f"blend {lot}", f"packing list {lot}")
        inputs: dict[str, c.Kg | None] = {s.lot: None for s in ready}
        plant.say(day, c.Blend(**envelope, inputs_kg=inputs, site=site, lot=lot, material=product))
        true_kg = float(sum(s.true_kg.sum() for s in ready))
        _ticket(plant, (day, 14.2 + place), lot, true_kg)
        envelope = plant.envelope(day, 15 + place, f"deliver {lot}", f"delivery note {lot}")
        merchant = plant.text("merchant")
        plant.say(day, c.Deliver(**envelope, lot=lot, site=site, customer=merchant))


def _count_stock(plant: _Plant) -> None:
    """On the last evening what lies on the floor is counted."""
    day = plant.settings.days - 1
    for place, stock in enumerate(plant.black_mass):
        counted = round(float(stock.true_kg.sum()) / 5.0) * 5
        envelope = plant.envelope(day, 23 + 0.02 * place, f"count {stock.lot}", "stock-take")
        site = plant.text("plant_site")
        plant.say(day, c.StockTake(**envelope, lot=stock.lot, site=site, counted_kg=counted))
