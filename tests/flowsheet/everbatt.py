"""EverBatt's own accounting of a route, by the workbook's formulas: an oracle beside the product.

It shares with the product the feed, the tables, and the functions that price and burden a plant;
what goes into these is worked out anew, with the workbook's whole-number atomic weights
(``everbatt_rules.csv``) and its slips. Where they make the accounting differ from the closed flows,
`docs/decisions.md`, "EverBatt as oracle", says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from loopbook.flowsheet import (
    ActiveMaterial,
    Burdens,
    Equipment,
    Plant,
    PlantCost,
    RouteResult,
    burdens,
    plant_cost,
)
from loopbook.matter import (
    Library,
    Sourced,
    atomic_weights,
    component_names,
    load_library,
    molar_mass,
    packaged_data,
)
from loopbook.tables import Array, convert

Amounts = Mapping[str, Array]

METALS = ("Ni", "Co", "Mn")
SOLVENTS, PLASTICS, BINDERS = ("EC", "DMC"), ("PP", "PE", "PET"), ("PVDF", "anode binder")
COATING, FOILS = ("graphite", "carbon black"), ("copper", "aluminium")
SOLID_FUELS = (*COATING, *BINDERS, *PLASTICS)
PARTS = (*SOLID_FUELS, *SOLVENTS, *FOILS, "LiPF6", "steel")


def everbatt_library() -> Library:
    """The packaged numbers, the workbook's own rules, and contingency as its formula takes it.

    The formula takes contingency on ISBL and engineering and not, as its label says, on ISBL and
    OSBL (Preproc. Par.!AD435); per ISBL that is 1 + 0.25 * 1.4 for 1.4.
    """
    library = load_library([packaged_data(), Path(__file__).with_name("everbatt_rules.csv")])
    osbl, engineering, contingency = (
        library.get(subject, parameter, "capital_factors")
        for subject, parameter in (
            ("ISBL", "OSBL"),
            ("ISBL and OSBL", "engineering"),
            ("ISBL and OSBL", "contingency"),
        )
    )
    site = 1.0 + osbl.value
    share = contingency.value * (1.0 + engineering.value * site) / site
    return library.overlay({"everbatt": replace(contingency, value=share)})


LIBRARY = everbatt_library()
RULES = {(n.subject, n.parameter): n.value for n in LIBRARY.numbers if n.table == "everbatt_rules"}
WEIGHTS = {
    **atomic_weights(),
    **{s: value for (s, name), value in RULES.items() if name == "rounded atomic weight"},
}


@dataclass(frozen=True)
class Theirs:
    """Figures per kg of feed, keys as in the workbook's sheets, and what follows from them."""

    figures: Amounts
    energy_mj_per_kg: Amounts
    burdens: Burdens
    cost: PlantCost


@dataclass(frozen=True)
class Account:
    """A route by EverBatt's formulas, ready for burdens and cost; per kg of feed."""

    figures: dict[str, Array]
    reagents: tuple[str, ...]
    solid_waste: Array
    wastewater_l: Array
    energy: Amounts
    revenue: Amounts
    process_co2: Array | float = 0.0


class Books:
    """The feed of a solved route, and the numbers by which the workbook accounts for it."""

    def __init__(self, result: RouteResult) -> None:
        self.result, self.numbers = result, Sourced(LIBRARY)
        feed = result.feed
        zero = 0.0 * next(iter(feed.values()))
        self.shares = {**dict.fromkeys(PARTS, zero), **feed}
        known = {*component_names()} - {*PARTS}
        self.actives = [ActiveMaterial.of(n) for n in feed if n in known]
        self.active = np.sum([feed[a.name] for a in self.actives], axis=0)

    def rule(self, name: str, unit: str | None = None) -> float:
        route = self.result.route
        where = ("generic", "preprocessing") if route == "preprocessing" else (route, "refining")
        return self.numbers(where[0], name, where[1], unit=unit)

    def recovery(self, name: str) -> float:
        return self.numbers(self.result.route, name, "recoveries")

    def total(self, *names: str) -> Array:
        return np.sum([self.shares[n] for n in names], axis=0)

    def element(self, symbol: str) -> Array:
        return np.sum([self.shares[a.name] * a.share(symbol) for a in self.actives], axis=0)

    def dosed(self, reagent: str, mol_per_mol: Mapping[str, float]) -> Array:
        """kg of a reagent, by mol per mol of element in the active materials."""
        mass = molar_mass(reagent, WEIGHTS)
        parts = [self.element(e) * n * mass / WEIGHTS[e] for e, n in mol_per_mol.items()]
        return np.sum(parts, axis=0)

    def fluorine(self, *names: str) -> Array:
        """kg of fluorine in PVDF and LiPF6."""
        weight = atomic_weights()["F"]
        held = {
            "PVDF": 2.0 * weight / molar_mass("C2H2F2"),
            "LiPF6": 6.0 * weight / molar_mass("LiPF6"),
        }
        return np.sum([self.shares[n] * held[n] for n in names], axis=0)

    def carbon_dioxide(self, *fuels: str) -> Array:
        """CO2 of all carbon in the fuels; 44/12 of carbon (Preproc. Par.!AH141)."""
        carbon = np.sum([self.shares[n] * RULES[n, "carbon"] for n in fuels], axis=0)
        return carbon * molar_mass("CO2", WEIGHTS) / WEIGHTS["C"]

    def revenue(self, prices: Mapping[str, str], figures: Amounts) -> dict[str, Array]:
        return {
            name: figures[name] * self.numbers(price, "recovered price", "prices", unit="USD/kg")
            for name, price in prices.items()
        }

    def priced(self, account: Account) -> Theirs:
        """Burdens and cost; a kilogram counts as 0.0011 short tons in burdens of materials."""
        ours, one = self.result.cost, 0.0 * self.active + 1.0
        reagents = {n: account.figures[n] for n in account.reagents}
        scale = RULES["materials", "short tons per kg"] * convert(1.0, "short_ton", "kg")
        water = one * self.rule("water", "L/kg")
        throughput = ours.throughput_t_per_yr
        equipment = Equipment(
            "all",
            throughput,
            1.0,
            ours.capital_usd["purchased equipment"],
            ours.labour_person_hour_per_d,
        )
        plant = Plant(
            throughput_t_per_yr=throughput,
            days_per_yr=self.numbers("generic", "days", "preprocessing"),
            life_yr=self.numbers("generic", "plant life", "preprocessing"),
            equipment=(equipment,),
            reagents_kg_per_kg=reagents,
            energy_mj_per_kg=account.energy,
            water_l_per_kg=water,
            wastewater_l_per_kg=account.wastewater_l,
            solid_waste_kg_per_kg=account.solid_waste,
            feed_usd_per_kg=ours.annual_usd["feed"] / (1000.0 * throughput),
            revenue_usd_per_kg=account.revenue,
        )
        burden = burdens(
            {n: scale * x for n, x in reagents.items()},
            account.energy,
            self.numbers,
            process_co2_kg_per_kg=account.process_co2 * one,
            process_water_l_per_kg=water,
        )
        return Theirs(account.figures, account.energy, burden, plant_cost(plant, self.numbers))


def everbatt(result: RouteResult) -> Theirs:
    """EverBatt's accounting of the plant and feed of a solved route in the US."""
    books = Books(result)
    account = {"preprocessing": _preprocessing, "hydro": _hydro, "pyro": _pyro, "direct": _direct}[
        result.route
    ]
    return books.priced(account(books))


def _preprocessing(books: Books) -> Account:
    """Preproc. Par.!AD68:AD130, AC150, with the slips in disposal.

    The tip fee per short ton is divided by 1,000 kg (AC319) and the litres of wastewater lack a
    factor of 1,000 (AE320); both are put into the flows, so that the cost function stays one.
    """
    coating = books.rule("coating to black mass")
    foil = books.rule("binder and foil to black mass")
    inside = {a.name: coating for a in books.actives}
    inside |= dict.fromkeys(COATING, coating) | dict.fromkeys((*BINDERS, *FOILS), foil)
    black_mass = np.sum([share * books.shares[n] for n, share in inside.items()], axis=0)
    per_f = molar_mass("CaO", WEIGHTS) / (2.0 * WEIGHTS["F"])
    per_p = 1.5 * molar_mass("CaO", WEIGHTS) / WEIGHTS["P"]
    phosphorus = atomic_weights()["P"] / molar_mass("LiPF6") * books.shares["LiPF6"]
    lime = books.fluorine("PVDF", "LiPF6") * per_f + phosphorus * per_p
    burnt = books.total(*PLASTICS, "LiPF6", *BINDERS)
    dust = burnt * books.rule("flue dust per burnt mass")
    metals = {n: books.shares[n] * books.rule(f"{n} recovery") for n in (*FOILS, "steel")}
    solid = 1.0 + lime - black_mass - sum(metals.values()) - dust - (burnt - dust)
    figures = {
        "black mass": black_mass,
        **metals,
        "N2": np.full_like(black_mass, books.rule("N2 per feed")),
        "CaO": lime,
        "flue dust": dust,
        "solid waste": solid,
        **{f"black mass {n}": x * books.shares[n] / black_mass for n, x in inside.items()},
        **{f"black mass {e}": coating * books.element(e) / black_mass for e in ("Li", *METALS)},
    }
    per_kg = books.numbers("US", "landfill price", "geography", unit="USD/kg")
    printed = books.numbers("US", "landfill price", "geography") / 1000.0
    ours = books.result
    return Account(
        figures,
        ("N2", "CaO"),
        solid_waste=(solid + dust) * printed / per_kg,
        wastewater_l=np.full_like(black_mass, books.rule("water", "L/kg") / 1000.0),
        energy=ours.process_energy_mj_per_kg,
        revenue=ours.cost.revenue_usd_per_kg,
        process_co2=books.carbon_dioxide(*SOLVENTS, *PLASTICS, *BINDERS),
    )


def _hydro(books: Books) -> Account:
    """CM Rec Par.!CD88:CD136; nothing is dosed for lattice aluminium."""
    mol = {
        (reagent, basis): books.rule(f"{reagent} per {basis}", "mol/mol")
        for reagent, basis in (
            ("H2SO4", "Li"),
            ("H2SO4", "Ni, Co, Mn"),
            ("H2O2", "Ni, Co, Mn"),
            ("NaOH", "Ni, Co, Mn"),
            ("Na2CO3", "Li"),
        )
    }
    per_element: dict[str, dict[str, float]] = {}
    for (reagent, basis), number in mol.items():
        per_element.setdefault(reagent, {}).update(dict.fromkeys(basis.split(", "), number))
    figures = {reagent: books.dosed(reagent, each) for reagent, each in per_element.items()}
    figures["CaO"] = _binder_lime(books)
    carbonate = books.element("Li") * molar_mass("Li2CO3", WEIGHTS) / (2.0 * WEIGHTS["Li"])
    made = {m: books.element(m) * books.recovery(m) for m in METALS}
    made["Li2CO3"] = carbonate * books.recovery("Li")
    made["graphite"] = books.shares["graphite"] * books.recovery("graphite")
    gas = books.rule("natural gas") + books.rule("natural gas per Li2CO3") * carbonate
    prices = {**{m: f"{m} in salt" for m in METALS}, "Li2CO3": "Li2CO3 crude"}
    return _refinery(books, figures, made, {**prices, "graphite": "graphite"}, gas)


def _direct(books: Books) -> Account:
    """CM Rec Par.!DD88:DD136."""
    lithium = {"Li": books.rule("LiOH per Li", "mol/mol")}
    figures = {"LiOH": books.dosed("LiOH", lithium), "CaO": _binder_lime(books)}
    made = {a.name: books.shares[a.name] * books.recovery("active material") for a in books.actives}
    made["graphite"] = books.shares["graphite"] * books.recovery("graphite")
    gas = books.result.process_energy_mj_per_kg["natural gas"]
    return _refinery(books, figures, made, dict(zip(made, made, strict=True)), gas)


def _binder_lime(books: Books) -> Array:
    rule = books.rule("CaO per F", "mol/mol")
    return books.fluorine("PVDF") * rule * molar_mass("CaO", WEIGHTS) / WEIGHTS["F"]


def _refinery(
    books: Books,
    figures: dict[str, Array],
    made: dict[str, Array],
    prices: Mapping[str, str],
    gas: Array,
) -> Account:
    """5 % of the reagents go to solid waste and the rest to the wastewater, by rule."""
    reagents = tuple(figures)
    dosed, products = (np.sum(list(x.values()), axis=0) for x in (figures, made))
    to_solid = RULES[books.result.route, "reagents to solid waste"]
    solid = 1.0 - products + to_solid * dosed
    water = 1.0 + (1.0 - to_solid) * dosed + books.rule("water", "L/kg") - products - solid
    figures = {**figures, **made, "solid waste": solid, "wastewater": water}
    energy = {**books.result.process_energy_mj_per_kg, "natural gas": gas}
    return Account(figures, reagents, solid, water, energy, books.revenue(prices, figures))


def _pyro(books: Books) -> Account:
    """CM Rec Par.!BD88:BD152: dust counted twice, flux and burnt carbon in the wastewater."""
    metal = {"Cu": books.shares["copper"]} | {m: books.element(m) for m in ("Co", "Ni")}
    alloy = np.sum(list(metal.values()), axis=0)
    acid = books.rule("H2SO4 per Ni, Co, Cu", "mol/mol") * molar_mass("H2SO4", WEIGHTS)
    figures = {
        "CaCO3": alloy * books.rule("CaCO3 per Ni, Co, Cu"),
        "SiO2": alloy * books.rule("SiO2 per Ni, Co, Cu"),
        "H2SO4": np.sum([x * acid / WEIGHTS[m] for m, x in metal.items()], axis=0),
        "CaO": books.fluorine("PVDF", "LiPF6") * RULES["pyro", "CaO per F"],
    }
    reagents = tuple(figures)
    dosed = np.sum(list(figures.values()), axis=0)
    made = {m: x * books.recovery(m) for m, x in metal.items()}
    products = np.sum(list(made.values()), axis=0)
    solvents, burnt = books.total(*SOLVENTS), books.total(*SOLID_FUELS)
    dust = burnt * books.numbers("pyro", "flue dust per burnt mass", "route_rules")
    slag = 1.0 - solvents - products - dust - burnt
    calcined = figures["CaCO3"] * molar_mass("CO2", WEIGHTS) / molar_mass("CaCO3", WEIGHTS)
    water = books.rule("water", "L/kg")
    wastewater = 1.0 - solvents + dosed + water - products - dust - slag - calcined
    carbon_dioxide = books.carbon_dioxide(*SOLID_FUELS, *SOLVENTS) + calcined
    figures = {**figures, **made, "flue dust": dust, "slag": slag, "wastewater": wastewater}
    figures["process CO2"] = carbon_dioxide
    prices = {"Ni": "Ni in salt", "Co": "Co in salt", "Cu": "copper metal"}
    return Account(
        figures,
        reagents,
        slag + dust,
        wastewater,
        books.result.process_energy_mj_per_kg,
        books.revenue(prices, figures),
        carbon_dioxide,
    )
