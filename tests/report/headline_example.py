"""A headline with made-up draws: amounts of the founding case, every verdict, every kind of gap."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from loopbook.report import (
    Column,
    Driver,
    Estimate,
    Headline,
    KeyFigure,
    Quote,
    Ruling,
    Stamp,
    Station,
    Table,
    Verdict,
)

DRIVERS = (
    Driver("terms/black-mass/payable/Li/value", "Lithium payable of black mass", 0.71),
    Driver("terms/scrap/payable/Ni/value", "Paid for scrap", -0.48),
    Driver("parameters/lines/ramp/value", "Lansing's lines", 0.33),
    Driver("parameters/plant/capital/value", "Capital of the plant", -0.12),
    Driver("metal prices", "Metal prices", 0.11),
)


def estimate(
    value: float | None,
    unit: str = "",
    decimals: int = 0,
    ends: tuple[float, float] | None = None,
    *,
    quote: Quote | None = None,
) -> Estimate:
    low, high = ends or (None, None)
    median = None if ends is None else (ends[0] + ends[1]) / 2
    matters = () if ends is None else DRIVERS
    return Estimate("", value, unit, decimals, low, median, high, matters, quote)


def stations() -> tuple[Station, ...]:
    back = "a sixth of the nickel comes back"
    return (
        Station("cells", "Cells", "Lansing", estimate(20, "GWh/yr"), "from 2030 on"),
        Station("scrap", "Scrap", "Lansing", estimate(16.6, "kt/yr", 1), "8.4 by 2035"),
        Station(
            "recycler", "Recycler", "Winston-Salem", estimate(13.5, "kt/yr", 1), "full 2028 to 2031"
        ),
        Station(
            "black_mass", "Black mass", "to the refiner", estimate(9.7, "kt/yr", 1), "31.4 % nickel"
        ),
        Station(
            "refining",
            "Refining",
            "not named",
            estimate(3.0, "kt Ni/yr", 1),
            "loses 9.5 M USD a year",
        ),
        Station(
            "cathode",
            "Cathode, foil",
            "not confirmed",
            estimate(16.8, "%", 1),
            "of bought nickel returned",
            "place",
            "cells",
            back,
        ),
        Station("cars", "Cars", "Toyota", estimate(260, "k/yr"), "of 77 kWh"),
        Station(
            "owners",
            "Owners",
            "51 : 49",
            estimate(21.6, "M USD/yr", 1),
            "no margin above 57.8 % for scrap",
            "account",
        ),
        Station(
            "carbon", "Carbon", "whole loop", estimate(42, "kt/yr", 0), "three readings", "account"
        ),
    )


def figures() -> tuple[KeyFigure, ...]:
    margin = Quote("money", "margin_usd")
    return (
        KeyFigure(
            "Margin of GMBI, 2026–35",
            estimate(150.7, "M USD", 1, (-41, 232), quote=margin),
            "half of it is what the refiner loses",
        ),
        KeyFigure(
            "Net present value at 10 %",
            estimate(87.8, "M USD", 1, (-40, 150)),
            "on 29.7 invested; working capital of 8 to 13 included",
        ),
        KeyFigure(
            "The refiner",
            estimate(-74.5, "M USD", 1, (-95, -20)),
            "loses in every year; breaks even at payables of 60 %",
        ),
        KeyFigure(
            "Bought nickel replaced, 2030",
            estimate(16.8, "%", 1, (14, 18), quote=Quote("metals", "covered_share")),
            "11.6 by 2035, as yields improve",
        ),
        KeyFigure(
            "Carbon avoided, 2026–35",
            estimate(417, "kt CO2e", 0, (417, 761)),
            "three readings; graphite and foils not counted here",
        ),
    )


_VERDICTS: tuple[tuple[str, str, Ruling, str, str, Estimate], ...] = (
    (
        "A1",
        "LGES and Toyota Tsusho found GMBI, a US recycling venture",
        "holds",
        "Holds, as modelled here",
        "scrap taken 2026–35 by one plant with two owners",
        estimate(108.8, "kt", 1, (95, 118)),
    ),
    (
        "A2",
        "It shreds production scrap to black mass with nickel, cobalt, lithium",
        "holds",
        "Holds; richer than US specification",
        "Ni 31.4, Co 1.4, Li 4.2 %: outside the published index, so the price needs its own basis",
        estimate(9.7, "kt/yr", 1, (9.2, 10.1)),
    ),
    (
        "A3",
        "Black mass is refined later, elsewhere",
        "holds if",
        "Holds if a refiner accepts",
        "at the case’s payables the refiner loses 74.5 M USD; none is named",
        estimate(3.0, "kt Ni/yr", 1, (2.8, 3.1)),
    ),
    (
        "A4",
        "Toyota Tsusho America 51 %, LGES Michigan 49 %",
        "holds",
        "Holds; the scrap price decides",
        "76.8 and 73.8 by ownership; one point of scrap price moves 2.8 and 2.4 between them",
        estimate(150.7, "M USD", 1, (-41, 232)),
    ),
    (
        "A5",
        "Up to 13,500 tons of scrap a year",
        "holds if",
        "Holds if tons are tonnes",
        "full in 2028–31, 38 % empty by 2035 as yields improve; 12,247 t if short tons",
        estimate(13.5, "kt/yr", 1, (12.2, 13.5)),
    ),
    (
        "A6",
        "Enough for more than 40,000 batteries",
        "holds if",
        "Holds if whole packs count",
        "a pack of 68 kWh by mass; by nickel recovered 56,191 cars of 77 kWh",
        estimate(337.5, "kg each", 1, (306, 338)),
    ),
    (
        "A7",
        "Winston-Salem, from 2026",
        "cannot be told",
        "Cannot be told: no start",
        "half a year assumed; no permit or ground-breaking was found",
        estimate(3.0, "kt", 1, (0, 6.8)),
    ),
    (
        "A8",
        "LGES’s scrap goes back into Toyota’s batteries",
        "holds if",
        "Holds if cathode maker joins",
        "of the nickel bought for 2030; 11.6 % by 2035; the way back is not confirmed",
        estimate(16.8, "%", 1, (14, 18)),
    ),
    (
        "A9",
        "Toyota Tsusho has recycled for decades",
        "cannot be told",
        "Cannot be told by arithmetic",
        "its part of the margin",
        estimate(76.8, "M USD", 1, (-21, 118)),
    ),
    (
        "A10",
        "With Toyota it builds a US battery plant",
        "holds",
        "Holds: runs since November 2025",
        "of scrap in 2029 from 30 GWh; none comes here while the switch is off",
        estimate(21.7, "kt", 1, (18, 25)),
    ),
    (
        "A11",
        "Ten years, 20 GWh a year of NCMA pouch cells from 2025",
        "no longer so",
        "No longer so since May 2025",
        "of 220 promised; the order moved to Lansing and starts in 2026–27",
        estimate(162, "GWh", 0, (98, 162)),
    ),
    (
        "A12",
        "The ties deepen in cutting carbon",
        "holds if",
        "Holds if graphite is excluded",
        "avoided 2026–35; the wider readings count graphite and foils nobody refines",
        estimate(417, "kt CO2e", 0, (417, 761)),
    ),
    (
        "A13",
        "Clients have plants there: GM, Ford, Stellantis, Hyundai, Honda",
        "cannot be told",
        "Cannot be told: nobody announced",
        "scrap of their plants in 2035; several turn to LFP, which is worth less",
        estimate(83.4, "kt", 1, (42, 110)),
    ),
    (
        "A14",
        "Stable supply, competitive recycling, circular",
        "not by this reading",
        "Not by this reading",
        "margin in 2035, from 1,547 in 2028; nickel covered falls from 22 to 12 %",
        estimate(1165, "USD/t", 0, (480, 1700)),
    ),
    (
        "A15",
        "USD 110 million into SK Nexilis Malaysia",
        "holds",
        "Holds; copper hardly meets it",
        "of that plant’s copper could come from this scrap, at most",
        estimate(2.7, "%", 1, (2.3, 2.8)),
    ),
    (
        "A16",
        "To secure copper foil for Japan and North America",
        "holds if",
        "Holds if for one region",
        "of North America’s need in 2030, or 170 % of Japan’s",
        estimate(51, "%", 0, (37, 60)),
    ),
    (
        "A17",
        "Foil for the next generation is developed",
        "cannot be told",
        "Cannot be told; less copper",
        "of foil at 6 µm against 4.9 at 10 µm; copper of the scrap shrinks alike",
        estimate(2.9, "kt/yr", 1, (2.9, 4.9)),
    ),
    (
        "A18",
        "SK Nexilis lost 225.6 billion won in two years",
        "holds",
        "Holds, by its own rate",
        "won a dollar, implied; used nowhere",
        estimate(1381.5, "", 1, None),
    ),
)


def verdicts() -> tuple[Verdict, ...]:
    chances = {"holds": 0.96, "holds if": 0.41}
    return tuple(
        Verdict(name, text, verdict, words, number, chances.get(verdict), meaning)
        for name, text, verdict, words, meaning, number in _VERDICTS
    )


def changes() -> Table:
    columns = (
        Column("what", "What changed"),
        Column("article", "As of the article"),
        Column("now", "As of May 2026"),
        Column("effect", "Margin", "M USD", decimals=1),
        Column("source", "Source"),
    )
    rows = (
        ("Start of Lansing's lines", "2025", "2026 to 2027", -12.4, "LGES, May 2026"),
        ("Maker of the cathode material", "Gumi", "Gumi and Tennessee", 0.0, "LG Chem, 2025"),
        ("Liberty's chemistry", "NMC811", "NMC for HEV, NCMA for BEV", 3.1, "Toyota, Nov 2025"),
    )
    return Table("changes", "What changed since the article", columns, rows)


def headline(**changed: Any) -> Headline:
    made = Headline(
        "The loop works, for a plant too big by 2035 and a refiner who loses",
        "GMBI can take the scrap of Toyota’s cells and return a sixth of the nickel that they "
        "need. "
        "It earns 150.7 million dollars over ten years, from minus 41 to 232, if scrap is paid at "
        "30 % of its nickel and cobalt; above 57.8 % it earns nothing. Half of the margin is what "
        "the refiner loses. Better yields empty the plant by a third: a second client, old "
        "batteries or a smaller plant decide its second half.",
        stations(),
        figures(),
        "1,683 events balance; every lot is traced; no checkpoint, claim or drill yet",
        "Eighteen statements of the article of June 2025",
        verdicts(),
        (("sourced", 519), ("assumptions", 193), ("settings", 12)),
        Stamp(
            "GMBI: from cell-line scrap to the metal of the next cell", "as of May 2026", 1000, 7
        ),
        changes(),
    )
    return replace(made, **changed)
