"""The two recyclers of `shapes/rivals/prose.md` by hand: plain Python, nothing of loopbook."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

WEIGHTS = {
    "Li": 6.94, "Ni": 58.693, "Mn": 54.938, "Co": 58.933, "O": 15.999, "P": 30.974, "F": 18.998,
    "C": 12.011,
}  # fmt: skip
"""Standard atomic weights, abridged."""

CELL = {
    "NMC622": 0.447818305385,
    "graphite": 0.271215536436,
    "carbon black": 0.00932954802885,
    "PVDF": 0.00932954802885,
    "anode binder": 0.00553501094767,
    "copper": 0.0795488647977,
    "aluminium": 0.0517152271703,
    "LiPF6": 0.0171307086605,
    "EC": 0.0528422276506,
    "DMC": 0.0428018043801,
    "PP": 0.00828683281885,
    "PE": 0.00176540265432,
    "PET": 0.00268098304152,
}
"""Parts of a cell by mass, as the library lists them (`composition_cell/NMC622`)."""

COATINGS = ("NMC622", "graphite", "carbon black", "PVDF", "anode binder")
FOILS = ("copper", "aluminium")
KG_PER_KWH = 3.1928
"""Of a cell, as the library lists it (`cell_design/NMC622`)."""

NMC = WEIGHTS["Li"] + 0.6 * WEIGHTS["Ni"] + 0.2 * WEIGHTS["Mn"] + 0.2 * WEIGHTS["Co"]
NMC += 2 * WEIGHTS["O"]
LIPF6 = WEIGHTS["Li"] + WEIGHTS["P"] + 6 * WEIGHTS["F"]
LITHIUM_IN_CARBONATE = 2 * WEIGHTS["Li"] / (2 * WEIGHTS["Li"] + WEIGHTS["C"] + 3 * WEIGHTS["O"])
QUARTERS = [(year, quarter, 3) for year in (2027, 2028) for quarter in (1, 2, 3, 4)]
PERIODS = [*QUARTERS, (2029, 1, 12), (2030, 1, 12), (2031, 1, 12)]
"""Year, quarter and months of each."""

Amounts = dict[str, float]


def scrap_by_hand(year: int, years: float) -> tuple[Amounts, Amounts]:
    """Tonnes of each kind of scrap, and tonnes of each metal in a tonne of all of it."""
    cell = {part: share / sum(CELL.values()) for part, share in CELL.items()}
    accepted = {2027: 6, 2028: 10}.get(year, 14) * 1e6 * KG_PER_KWH / 1000 * years
    reject = {2027: 0.04, 2028: 0.03, 2029: 0.03}.get(year, 0.02)
    rejected = accepted * reject / (1 - reject)
    through = accepted + rejected
    lost = {part: through * cell[part] * 0.06 / 0.94 for part in COATINGS}
    lost |= {part: through * cell[part] * 0.11 / 0.89 for part in FOILS}
    electrodes = sum(lost.values())
    kinds = {
        "formed cells": rejected,
        "cathode scrap": electrodes / 2,
        "anode scrap": electrodes / 2,
    }
    whole = {part: rejected * share + lost.get(part, 0.0) for part, share in cell.items()}
    active = whole["NMC622"] / NMC
    metals = {
        "Ni": active * 0.6 * WEIGHTS["Ni"],
        "Co": active * 0.2 * WEIGHTS["Co"],
        "Li": active * WEIGHTS["Li"] + whole["LiPF6"] * WEIGHTS["Li"] / LIPF6,
        **{part: whole[part] for part in ("graphite", "copper", "aluminium")},
    }
    made = rejected + electrodes
    return kinds, {name: tonnes / made for name, tonnes in metals.items()}


def shredded(feed: Amounts, nickel: float) -> Amounts:
    """What of a feed is black mass, by metal."""
    shares = {"Ni": nickel, "Co": nickel, "Li": 0.9, "copper": 0.03, "aluminium": 0.04}
    shares["graphite"] = 0.96
    return {name: share * feed[name] for name, share in shares.items()}


def elbe_by_hand(feed: Amounts, mass: float, *, year: int, prices: Amounts) -> Amounts:
    """Money of Elbe in a period, but its costs of a year and what it invests."""
    black = shredded(feed, 0.97)
    black_mass, foil = sum(black.values()), 0.92 * feed["copper"]
    disposal = mass - black_mass - foil
    nickel, cobalt = (0.74, 0.72) if black["Ni"] >= 0.15 * black_mass else (0.66, 0.66)
    carbonate = 0.2 * black["Li"] / LITHIUM_IN_CARBONATE * 11000 if year >= 2029 else 0.0
    sold = nickel * black["Ni"] * prices["Ni"] + cobalt * black["Co"] * prices["Co"]
    scrap = 0.45 * (feed["Ni"] * prices["Ni later"] + feed["Co"] * prices["Co later"])
    freight = mass * 140 * 0.11 * prices["EUR"]
    return {
        "Elbe black mass": black_mass,
        "copper fraction": foil,
        "Elbe disposal": disposal,
        "Elbe pays for scrap": scrap,
        "Elbe freight": freight,
        "Elbe sells black mass": sold + carbonate,
        "Elbe sells copper": 0.88 * foil * 9500,
        "Elbe cash": sold + carbonate + 0.88 * foil * 9500 - scrap - freight
        - 380 * mass - 95 * disposal,
        "Elbe CO2": mass * 140 * 0.09 / 1000,
    }  # fmt: skip


def main_by_hand(feed: Amounts, mass: float, *, prices: Amounts) -> Amounts:
    """Money and nickel of Main in a period."""
    black = shredded(feed, 0.94)
    metal = {"Ni": 0.96 * black["Ni"], "Co": 0.95 * black["Co"]}
    scrap = 0.52 * sum(feed[name] * prices[name] for name in metal)
    sold = 0.99 * sum(metal[name] * prices[name] for name in metal)
    disposal = mass - sum(metal.values())
    return {
        "Main pays for scrap": scrap,
        "Main freight": mass * 390 * 0.11 * prices["EUR"],
        "Main cash": sold + 120 * mass - scrap - 450 * mass - 95 * disposal,
        "Main nickel": feed["Ni"],
        "Main nickel sold": metal["Ni"],
        "Main nickel lost at the mill": 0.06 * feed["Ni"],
        "Main nickel lost at the refinery": 0.04 * black["Ni"],
        "Main CO2": mass * 390 * 0.09 / 1000,
    }


def prices_by_hand(period: tuple[int, int, int], nickel_2027: float) -> Amounts:
    """Prices in a period, and those of the month after shipment: December's are next year's."""
    year, quarter, months = period
    nickel = {y: nickel_2027 * 1.02 ** (y - 2027) for y in range(2027, 2033)}
    cobalt = {y: 28000 + 3000 * min(y - 2027, 4) / 4 for y in range(2027, 2033)}
    next_year = 1 / months if quarter == 4 or months == 12 else 0.0
    return {
        "Ni": nickel[year],
        "Co": cobalt[year],
        "Ni later": nickel[year] * (1 - next_year) + nickel[year + 1] * next_year,
        "Co later": cobalt[year] * (1 - next_year) + cobalt[year + 1] * next_year,
        "EUR": 1.10 if year == 2027 else 1.15,
    }


@cache
def by_hand(main_room: float = 5000.0, nickel_2027: float = 16500.0) -> dict[str, list[float]]:
    """Figures by period, in t, USD and t CO2."""
    rows: dict[str, list[float]] = {}
    for period in PERIODS:
        year, quarter, months = period
        years, prices = months / 12, prices_by_hand(period, nickel_2027)
        kinds, metals = scrap_by_hand(year, years)
        made = sum(kinds.values())
        runs = years if (year, quarter) >= (2027, 3) else 0.0
        elbe = min(0.6 * made, 3000 * {2027: 0.5, 2028: 0.8}.get(year, 1.0) * runs)
        main = min((0.3 if year < 2030 else 0.4) * made, main_room * years)
        feeds = ({name: mass * x for name, x in metals.items()} for mass in (elbe, main))
        elbe_feed, main_feed = feeds
        figures = {**kinds, "Elbe": elbe, "Main": main, "trader": made - elbe - main}
        figures |= elbe_by_hand(elbe_feed, elbe, year=year, prices=prices)
        figures |= main_by_hand(main_feed, main, prices=prices)
        figures["Elbe cash"] -= 1.2e6 * runs
        figures["Rhein Zellen"] = (
            figures["Elbe pays for scrap"] + figures["Main pays for scrap"] - 120 * main
            - figures["Main freight"] + 150 * figures["trader"]
        )  # fmt: skip
        for name, figure in figures.items():
            rows.setdefault(name, []).append(figure)
    return rows


def value_by_hand(cash: Iterable[float]) -> float:
    """At 9 % a year, in the middle of each period, less 24 M USD after two twelfths of a year."""
    start = 0
    value: float = -24e6 / 1.09 ** (2 / 12)
    for amount, (*_, months) in zip(cash, PERIODS, strict=True):
        value += amount / float(1.09 ** ((start + months / 2) / 12))
        start += months
    return value
