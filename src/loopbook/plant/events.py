"""A month of the loop as commands: loads come in, are run and become cells; things go wrong.

Every day: loads arrive (sent mass, weighbridge ticket), yesterday's are assayed and bought unless
they are tolled, two or more are run together, what the run made is weighed and assayed, black mass
is blended to full trucks and shipped, arrives on another scale, and is assayed at the refiner.
Once a ticket is typed with a wrong tare and reversed; once a lot is held for a day; stock is
counted on the last day; the month is closed on the fourth of the next. What refiner, cathode maker
and cell lines do is in `refining`, `cathode` and `cells`.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from loopbook import book as c
from loopbook.book import SUBSTANCES
from loopbook.plant.cathode import CATHODE
from loopbook.plant.cells import MATERIALS, make_cells, return_scrap
from loopbook.plant.matter import REAGENTS, SALTS, Feed, Lab, MonthMatter
from loopbook.plant.refining import refine
from loopbook.plant.settings import MonthSettings
from loopbook.plant.state import (
    BLACK_MASS,
    PLANT_LABORATORY,
    CellLot,
    Month,
    Road,
    Stock,
    When,
    amounts_text,
    deliver,
    draw,
    shares_text,
)

_CLOSING_DAY = 4  # of the next month
LABORATORIES = (PLANT_LABORATORY, "refiner laboratory", "cathode laboratory")


@dataclass(frozen=True, slots=True)
class MonthEvents:
    """Commands of each day in order of time, and the lots of finished cells.

    Attributes
    ----------
    days : the moment at which the office enters them, and the commands.
    cell_lots : in the order in which they were made.
    """

    days: tuple[tuple[datetime, list[c.Command]], ...]
    cell_lots: tuple[CellLot, ...]


def month_events(matter: MonthMatter, settings: MonthSettings, seed: int) -> MonthEvents:
    """What happens in the month; the same seed gives the same."""
    draws = np.random.default_rng(seed)
    month = Month(
        matter,
        settings,
        draws,
        {name: Lab(draws, draws.standard_normal(len(SUBSTANCES))) for name in LABORATORIES},
    )
    _register(month)
    arrivals = _schedule(month)
    month.loads = sum(len(loads) for loads in arrivals.values())
    for day in range(-1, settings.days):
        loads = arrivals.get(day, [])
        for place, (number, feed) in enumerate(loads):
            _receive(month, (day, place / len(loads)), number, feed)
        if day >= 0:
            _run_day(month, day)
            _ship_day(month, day)
            refine(month, day)
            make_cells(month, day)
            for lot in return_scrap(month, day, arrivals):
                _take_in(month, When(day + month.whole("scrap_road_days", 1), 0.9), lot)
            _sell_metals(month, day)
    _count_stock(month)
    last = settings.days + _CLOSING_DAY - 1
    for hour, name in ((8.5, "opening"), (9, settings.texts["month"])):
        month.enter((last, hour), c.ClosePeriod, f"close {name}", period=name)
    return MonthEvents(tuple(_days(month)), tuple(month.cell_lots))


def _days(month: Month) -> Iterator[tuple[datetime, list[c.Command]]]:
    for day in sorted(month.days):
        entered = month.settings.start + timedelta(days=day, hours=23, minutes=30)
        yield entered, sorted(month.days[day], key=lambda x: x.occurred_at)


def _register(month: Month) -> None:
    """Parties, sites, materials and the two periods, the day before the month begins."""
    text, matter, morning = month.text, month.matter, (-1, 5)
    parties = {feed.sender for feed in matter.feeds}
    parties |= {text(n) for n in ("owner", "plant", "refiner", "merchant", "other_sender")}
    daily_kg = sum(feed.mass_kg for feed in matter.feeds) / month.settings.days
    sites = {
        text("plant_site"): {
            "dangerous scrap": round(month.number("scrap_limit_days") * daily_kg),
            BLACK_MASS: round(month.number("black_mass_limit_days") * daily_kg),
        },
        text("refiner_site"): {},
    }
    hazards = {f.scrap_type: "dangerous scrap" * f.hazmat for f in matter.feeds}
    hazards |= dict.fromkeys(matter.passed, "") | {BLACK_MASS: BLACK_MASS}
    if matter.refining and matter.lines and matter.feeds:
        parties |= {
            text(name)
            for name in (
                "cathode_maker",
                "customer",
                "reagent_supplier",
                "virgin_supplier",
                "foil_maker",
                "material_supplier",
            )
        }
        sites |= {text("cathode_site"): {}, text("cell_site"): {}}
        made = (CATHODE, "finished cells", "graphite", *MATERIALS, *REAGENTS.values())
        for name in (*made, *(salt.material for salt in SALTS.values()), *matter.lines.scrap):
            hazards.setdefault(name, "")
    for name in sorted(parties):
        month.enter(morning, c.RegisterParty, f"party {name}", party=name)
    for name, most in sites.items():
        month.enter(morning, c.RegisterSite, f"site {name}", site=name, limits_kg=most)
    for name, hazard in sorted(hazards.items()):
        month.enter(morning, c.RegisterMaterial, f"material {name}", material=name, hazard=hazard)
    start, end = month.settings.start, month.settings.end
    for name, first, last in (
        ("opening", start - timedelta(days=1), start),
        (text("month"), start, end),
        ("next month", end, end + timedelta(days=30)),
    ):
        month.enter(morning, c.OpenPeriod, f"period {name}", period=name, start=first, end=last)


def _schedule(month: Month) -> dict[int, list[tuple[int, Feed]]]:
    """Loads by day: three on the day before the month, the others on its weekdays."""
    load = month.number("scrap_load")
    feeds = [f for f in month.matter.feeds for _ in range(round(f.mass_kg / load))]
    order = month.draws.permutation(len(feeds))
    weekdays = [
        d
        for d in range(month.settings.days)
        if (month.settings.start + timedelta(days=d)).weekday() < 5
    ]
    days: dict[int, list[tuple[int, Feed]]] = {}
    for number, place in enumerate(order):
        later = (number - 3) * len(weekdays) // max(len(order) - 3, 1)
        day = -1 if number < 3 else weekdays[later]
        days.setdefault(day, []).append((number + 1, _sender(month, number, feeds[place])))
    return days


def _sender(month: Month, number: int, feed: Feed) -> Feed:
    """Every so many loads of the owner's come from another sender, unless it sends already."""
    share, other = month.number("other_share"), month.text("other_sender")
    if feed.sender != month.text("owner") or other in {f.sender for f in month.matter.feeds}:
        return feed
    return (
        replace(feed, sender=other)
        if (math.floor((number + 1) * share) > math.floor(number * share))
        else feed
    )


def _receive(month: Month, when: tuple[int, float], number: int, feed: Feed) -> None:
    """A load comes in: the sender's papers, the ticket, tomorrow the assay and the title.

    `when` is the day and the share of the day's loads that came before.
    """
    day, turn = when
    lot, moment = f"L{number:03d}", When(day, 7 + 9 * turn)
    spread = 1.0 + month.number("composition_spread") * month.draws.standard_normal(
        len(feed.shares)
    )
    shares = feed.shares * np.clip(spread, 0.5, 1.5)
    mass = month.number("scrap_load") * (1.0 + month.normal(month.number("load_spread")))
    true_kg = mass * shares / shares.sum()
    sent = round(mass * (1.0 + month.normal(month.number("declared_spread"))) / 10.0) * 10
    month.enter(
        moment,
        c.Receive,
        f"receive {lot}",
        f"delivery note {number}",
        lot=lot,
        material=feed.scrap_type,
        supplier=feed.sender,
        owner=feed.sender,
        site=month.text("plant_site"),
        mass_kg=sent,
        shares=shares_text(month.matter.substances(feed.shares)),
    )
    net = month.ticket(moment.later(0.25), lot, mass, wrong=number == 7)
    if number == 12:
        month.enter(
            moment.later(0.5),
            c.Hold,
            f"hold {lot}",
            lot=lot,
            reason="label of a pallet not readable",
        )
        month.enter((day + 1, 5.95), c.Release, f"release {lot}", lot=lot)
    _take_in(month, When(day, turn), Stock(lot, true_kg, net, owners=frozenset({feed.sender})))


def _take_in(month: Month, when: tuple[int, float], stock: Stock) -> None:
    """A load at the plant: tomorrow it is assayed, and bought unless it is tolled."""
    day, turn = when
    morning = When(day + 1, 5 + 0.4 * turn)
    month.assay(morning, stock, PLANT_LABORATORY)
    if month.draws.random() >= month.number("tolled_share"):
        month.sell(morning.later(0.5), stock, month.text("plant"))
    stock.ready = day + 1
    month.floor.append(stock)


def _run_day(month: Month, day: int) -> None:
    """Run what is ready, two loads at a time or more; three runs a day at most."""
    loads = max(2, math.ceil(month.loads / (1.5 * month.settings.days)))
    for turn in range(3):
        ready = [stock for stock in month.floor if stock.ready <= day]
        if len(ready) < loads or (turn and len(ready) < 2 * loads):
            return
        fed = ready[:loads]
        lots = {stock.lot for stock in fed}
        month.floor = [stock for stock in month.floor if stock.lot not in lots]
        _run(month, When(day, 6 + 6 * turn), fed)


def _run(month: Month, when: When, fed: list[Stock]) -> None:
    """One run: products as weighed, burnt matter by calculation, residue as weighed."""
    run = f"R{month.next('run'):03d}"
    true_kg = np.sum([stock.true_kg for stock in fed], axis=0)
    owners = frozenset(name for stock in fed for name in stock.owners)
    left, kept = true_kg.copy(), 1.0 - month.number("dust")
    outputs, made = [], []
    for product, passed in month.matter.passed.items():
        left = left - true_kg * passed
        stock, output = month.make(
            f"{run} {product}",
            product,
            true_kg * passed * kept,
            day=when.day,
            owners=owners,
            digits=4,
        )
        if stock.book_kg >= 1 and stock.total_kg >= 1.0:
            outputs.append(output)
            made.append((product, stock))
    burnt = left * month.matter.burnt
    residue = np.clip(left - burnt, 0.0, None) * (1.0 + month.normal(0.01))
    month.process(
        when.later(4),
        run,
        {s.lot: None for s in fed},
        outputs,
        site="plant_site",
        emissions_kg=amounts_text(month.matter.substances(burnt)),
        waste_kg=amounts_text(month.matter.substances(residue)),
    )
    for place, (product, stock) in enumerate(made):
        month.floor_ticket(when.later(4.2 + 0.1 * place), stock)
        if product == BLACK_MASS:
            month.assay(when.later(5), stock, PLANT_LABORATORY)
            month.black_mass.append(stock)
        else:
            month.metals.setdefault(product, []).append(stock)


def _ship_day(month: Month, day: int) -> None:
    """Blend black mass of earlier days to full trucks; ship, arrive, assay at the refiner."""
    load_kg = month.whole("black_mass_load", 1)
    stock = [s for s in month.black_mass if s.ready < day]
    count = sum(s.book_kg for s in stock) // load_kg
    for turn in range(count):
        inputs, true_kg, owners = draw(stock, load_kg)
        _ship(
            month,
            When(day, 6 + 8 * (turn + 1) / (count + 1)),
            inputs,
            Stock(f"S{month.next('truck'):03d}", true_kg, load_kg, day, owners),
        )
    month.black_mass = [s for s in month.black_mass if s.book_kg]


def _ship(month: Month, when: When, inputs: dict[str, c.Kg | None], load: Stock) -> None:
    month.blend(when, load.lot, BLACK_MASS, inputs, site="plant_site")
    month.ticket(when.later(0.1), load.lot, load.total_kg)
    month.assay(when.later(0.5), load, PLANT_LABORATORY)
    source, target = month.text("plant_site"), month.text("refiner_site")
    there = month.send(
        when.later(1), load, Road(source, target, month.whole("road_days"), "refiner's weighbridge")
    )
    final = When(there.day + month.whole("final_days"), there.hour + 2)
    month.assay(final, load, "refiner laboratory")
    load.ready = final.day
    month.at_refiner.append(load)


def _sell_metals(month: Month, day: int) -> None:
    """Once a week the other products are blended and go to the merchant."""
    if day % 7 != 6:
        return
    for place, (product, stocks) in enumerate(sorted(month.metals.items())):
        ready = [s for s in stocks if s.ready < day]
        if not ready:
            continue
        lot, when = f"{product} week {day // 7 + 1}", When(day, 14 + place)
        month.metals[product] = [s for s in stocks if s.ready >= day]
        month.blend(when, lot, product, {s.lot: None for s in ready}, site="plant_site")
        month.ticket(when.later(0.2), lot, float(sum(s.true_kg.sum() for s in ready)))
        deliver(month, when.later(1), lot, site="plant_site", customer="merchant")


def _count_stock(month: Month) -> None:
    """On the last evening the stock of black mass is counted."""
    day, site = month.settings.days - 1, month.text("plant_site")
    for place, stock in enumerate(month.black_mass):
        month.enter(
            (day, 23 + 0.02 * place),
            c.StockTake,
            f"count {stock.lot}",
            "stock-take",
            lot=stock.lot,
            site=site,
            counted_kg=round(stock.total_kg / 5.0) * 5,
        )
