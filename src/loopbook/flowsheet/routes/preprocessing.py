"""Generic preprocessing: scrap to black mass, copper and aluminium.

EverBatt 2023, sheet Preproc. Par. The closed flowsheet: crush; burn solvents, plastics and binders
and break down LiPF6 in a furnace into which lime and nitrogen are blown; bind fluorine and
phosphorus in the off-gas; screen black mass; take steel, then copper and aluminium out of the
oversize. EverBatt's transfer coefficients
(AD102:AD110) hold for the whole plant and are placed at the unit that does the work.

EverBatt's own accounting does not close in four places, kept in `everbatt_figures`: binders are
counted in black mass (5 %), dust (2 %) and burnt (98 %); EC and DMC burn but stay in solid waste;
all carbon of burnt matter is CO2, dust included; CaF2 and Ca3(PO4)2 are counted as lime alone.
Its water of energy is wrong too (AD160 adds a gallon per mmBtu of fuel and divides that of
electricity by a million) and is not copied.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from loopbook.flowsheet.model import Flowsheet
from loopbook.flowsheet.routes.matter import BINDER, combustion
from loopbook.flowsheet.routes.result import (
    Account,
    RouteBase,
    RouteResult,
    RouteSetting,
    bought,
    drawn,
    shares_of,
)
from loopbook.flowsheet.units.parameters import Value
from loopbook.flowsheet.units.reaction import HeatTreatment, OffGasTreatment
from loopbook.flowsheet.units.reaction.dose import Dose
from loopbook.flowsheet.units.separation import (
    AirClassifier,
    EddyCurrentSeparator,
    MagneticSeparator,
    Shredder,
    Sieve,
)
from loopbook.flowsheet.units.unit import Unit
from loopbook.matter import Component, Sourced, atomic_weights, components, molar_mass
from loopbook.tables import Array

SCRAP = "scrap"
_SOLVENTS = ("EC", "DMC")
_PLASTICS = ("PP", "PE", "PET")
_BINDERS = ("PVDF", "anode binder")
_COATING = ("graphite", "carbon black")
_FOILS = ("copper", "aluminium")
_PARTS = (*_COATING, *_BINDERS, *_FOILS, "LiPF6", *_SOLVENTS, *_PLASTICS, "steel")
_PRODUCTS = ("Li2O", "CaO", "CaF2", "Ca3(PO4)2", "O2", "N2", "CO2", "H2O(g)", "HF", "POF3")
_LIPF6 = "2 LiPF6 + 3 H2O(g) -> Li2O + 2 POF3 + 6 HF"
_GAS_CLEANING = ("2 HF + CaO -> CaF2 + H2O(g)", "2 POF3 + 6 CaO -> Ca3(PO4)2 + 3 CaF2")


def preprocessing_flowsheet(
    feed: Mapping[str, Value], setting: RouteSetting, numbers: Sourced
) -> Flowsheet:
    """Flowsheet of the plant, ready to solve, from ``scrap`` to ``black mass``.

    Parameters
    ----------
    feed : composition of the scrap by component, kg/kg; a number or one per scenario each.
    setting : throughput and dosing weights.
    numbers : tables.
    """
    base = RouteBase.of(feed, setting, numbers)
    extras = [n for n in feed if n not in (*base.names, *_PARTS)]
    parts: list[str | Component] = [BINDER if n == BINDER.name else n for n in _PARTS]
    fs = Flowsheet("preprocessing", components(*base.names, *parts, *extras, *_PRODUCTS))
    fs.feed(SCRAP, base.feed_kg_per_h(feed), unit="kg/h")
    fs.add(Shredder("crusher"), feed=SCRAP, shredded="crushed")
    fs.add(_furnace(base), feed="crushed", solids="burnt scrap", gas="furnace gas")
    fs.add(
        OffGasTreatment("gas treatment", reactions=_GAS_CLEANING, dust=0.0),
        gas="furnace gas",
        residue="gas residue",
        stack="stack gas",
    )
    _separation(fs, base)
    return fs


def _rule(base: RouteBase, name: str) -> float:
    return base.numbers("generic", name, "preprocessing", unit="kg/kg")


def _lime_per_kg(base: RouteBase) -> dict[str, float]:
    """CaO by component: CaF2 for each two F, Ca3(PO4)2 for each two P, by the rule's weights."""
    w, exact = base.weights, atomic_weights()
    lime = molar_mass("CaO", w)
    per_f, per_p = lime / (2.0 * w["F"]), 1.5 * lime / w["P"]
    salt = molar_mass("LiPF6")
    return {
        "LiPF6": 6.0 * exact["F"] / salt * per_f + exact["P"] / salt * per_p,
        "PVDF": 2.0 * exact["F"] / molar_mass("C2H2F2") * per_f,
    }


def _furnace(base: RouteBase) -> Unit:
    """Burn what is to burn; dust and, of the binders, what goes to black mass are left over."""
    dust, kept = (
        _rule(base, "flue dust per burnt mass"),
        _rule(base, "binder and foil to black mass"),
    )
    burnt = dict.fromkeys(_SOLVENTS, 1.0)
    burnt |= dict.fromkeys((*_PLASTICS, "LiPF6"), 1.0 - dust)
    burnt |= dict.fromkeys(_BINDERS, 1.0 - dust - kept)
    leaving = dict.fromkeys((*_PLASTICS, "LiPF6", "CaO"), 1.0)
    leaving |= dict.fromkeys(_BINDERS, dust / (dust + kept))
    fuels = (*_SOLVENTS, *_PLASTICS, *_BINDERS)
    return HeatTreatment(
        "furnace",
        reactions=(*(combustion(n) for n in fuels), _LIPF6),
        conversion=burnt,
        doses=(
            Dose("O2", excess=1.0),
            Dose("N2", per_kg=_rule(base, "N2 per feed")),
            Dose("CaO", per_component=_lime_per_kg(base)),
        ),
        dust={"default": 0.0, **leaving},
    )


def _separation(fs: Flowsheet, base: RouteBase) -> None:
    coating = _rule(base, "coating to black mass")
    foil = _rule(base, "binder and foil to black mass")
    fine = dict.fromkeys((*base.names, *_COATING), coating)
    fine |= dict.fromkeys(_FOILS, foil) | dict.fromkeys(_BINDERS, 1.0)
    fs.add(
        Sieve("screen", to_undersize={"default": 0.0, **fine}),
        feed="burnt scrap",
        undersize="black mass",
        oversize="oversize",
    )
    fs.add(
        MagneticSeparator(
            "magnet", to_magnetic={"default": 0.0, "steel": _rule(base, "steel recovery")}
        ),
        feed="oversize",
        magnetic="steel",
        rest="non-ferrous",
    )
    # recoveries are per kg in the feed, of which the screen has let the foil share through
    metal = {n: _rule(base, f"{n} recovery") / (1.0 - foil) for n in _FOILS}
    fs.add(
        EddyCurrentSeparator("eddy current", to_metal={"default": 0.0, **metal}),
        feed="non-ferrous",
        metal="foils",
        rest="residue",
    )
    fs.add(
        AirClassifier("air classifier", to_heavy={"default": 0.0, "copper": 1.0}),
        feed="foils",
        heavy="copper",
        light="aluminium",
    )


def preprocessing(
    feed: Mapping[str, Value],
    setting: RouteSetting | None = None,
    *,
    numbers: Sourced | None = None,
    scenarios: Mapping[str, Value] | None = None,
) -> RouteResult:
    """Solve, cost and burden generic preprocessing.

    Parameters
    ----------
    feed : composition of the scrap by component, kg/kg.
    setting : throughput, location, dosing weights.
    numbers : tables; None for the packaged ones.
    scenarios : values by path of the flowsheet, see `Flowsheet.solve`.

    >>> from loopbook.matter import composition
    >>> cells = composition(Sourced(), "composition_cell", "NMC811")
    >>> result = preprocessing(cells)
    >>> round(float(result.products["black mass"][0]), 5)
    0.69963
    """
    setting, numbers = setting or RouteSetting(), numbers or Sourced()
    solution = preprocessing_flowsheet(feed, setting, numbers).solve(scenarios)
    base = RouteBase.of(feed, setting, numbers)
    total = solution.mass(SCRAP)
    shares = shares_of(solution, SCRAP, (*base.names, *_PARTS))
    throughput = base.throughput_t_per_yr(solution, SCRAP)
    products = {n: solution.mass(n) / total for n in ("black mass", "copper", "aluminium", "steel")}
    wastes = {n: solution.mass(n) / total for n in ("residue", "gas residue")}
    reagents = drawn(solution, SCRAP)
    black_mass = shares_of(solution, "black mass", base.names)
    account = _account(base, shares, products, base.payable(black_mass, "black mass"))
    gallon = base.numbers("generic", "water", "preprocessing", unit="L/kg")
    ours = Account(
        reagents=bought(reagents),
        energy=account.energy,
        water_l=np.full_like(total, gallon),
        solid_waste=np.sum(list(wastes.values()), axis=0),
        wastewater_l=np.full_like(total, gallon),
        process_co2=solution.flow("stack gas", "CO2") / total,
        feed_usd=account.feed_usd,
        revenue=account.revenue,
    )
    equipment = base.plain_list("preprocessing", throughput / base.hours_per_yr)
    figures = everbatt_figures(base, shares)
    theirs = _everbatt_account(base, account, figures)
    their_cost = base.cost(theirs, equipment, throughput, as_everbatt=True)
    return RouteResult(
        "preprocessing",
        solution,
        shares,
        products,
        reagents,
        wastes,
        account.energy,
        base.burdens(ours, as_everbatt=False),
        base.cost(ours, equipment, throughput, as_everbatt=False),
        figures,
        base.burdens(theirs, as_everbatt=True),
        their_cost,
        numbers,
    )


def _account(
    base: RouteBase,
    shares: Mapping[str, Array],
    products: Mapping[str, Array],
    black_mass_usd: Array,
) -> Account:
    """What both accountings share: energy, feed, revenue."""
    one = np.ones_like(shares["graphite"])
    energy = {
        n: one * base.numbers("generic", n, "preprocessing", unit="MJ/kg")
        for n in ("diesel", "natural gas", "electricity")
    }
    revenue = {"black mass": products["black mass"] * black_mass_usd}
    for name in ("copper", "aluminium", "steel"):
        revenue[name] = products[name] * base.price(name)
    feed_usd = base.payable(shares, "feed")
    zero = 0.0 * one
    return Account({}, energy, zero, zero, zero, zero, feed_usd, revenue)


def everbatt_figures(base: RouteBase, shares: Mapping[str, Array]) -> dict[str, Array]:
    """EverBatt's outputs per kg of feed by its own formulas (Preproc. Par.!AD68:AD130, AC150).

    Where they differ from the closed flows, the module's docstring says why.
    """

    def total(names: tuple[str, ...]) -> Array:
        out: Array = np.sum([shares[n] for n in names], axis=0)
        return out

    coating, foil = (
        _rule(base, "coating to black mass"),
        _rule(base, "binder and foil to black mass"),
    )
    black_mass = coating * (base.active(shares) + total(_COATING)) + foil * total(
        (*_BINDERS, *_FOILS)
    )
    lime = sum(shares[n] * per_kg for n, per_kg in _lime_per_kg(base).items())
    burnt = total((*_PLASTICS, "LiPF6", *_BINDERS))
    dust = burnt * _rule(base, "flue dust per burnt mass")
    metals = {n: shares[n] * _rule(base, f"{n} recovery") for n in (*_FOILS, "steel")}
    solid = 1.0 + lime - black_mass - sum(metals.values()) - dust - (burnt - dust)
    carbon = sum(
        shares[n] * base.numbers(n, "carbon", "route_rules")
        for n in (*_SOLVENTS, *_PLASTICS, *_BINDERS)
    )
    figures = {
        "black mass": black_mass,
        **metals,
        "N2": np.full_like(black_mass, _rule(base, "N2 per feed")),
        "CaO": np.asarray(lime),
        "flue dust": dust,
        "solid waste": np.asarray(solid),
        "process CO2": np.asarray(carbon) * molar_mass("CO2", _whole(base)) / _whole(base)["C"],
    }
    inside = dict.fromkeys((*base.names, *_COATING), coating) | dict.fromkeys(
        (*_BINDERS, *_FOILS), foil
    )
    for name, share in inside.items():
        figures[f"black mass {name}"] = share * shares[name] / black_mass
    for element in ("Li", "Ni", "Co", "Mn"):
        figures[f"black mass {element}"] = coating * base.element(shares, element) / black_mass
    return figures


def _whole(base: RouteBase) -> dict[str, float]:
    """EverBatt's CO2 is 44/12 of carbon whatever weights dose the lime (Preproc. Par.!AH141)."""
    return {e: base.numbers(e, "rounded atomic weight", "route_rules") for e in ("C", "O")}


def _everbatt_account(base: RouteBase, account: Account, figures: Mapping[str, Array]) -> Account:
    """EverBatt's books, with its two slips in disposal.

    The tip fee per short ton is divided by 1,000 kg (AC319) and the litres of wastewater lack a
    factor 1,000 (AE320); both are put back into the flows so that the cost function stays one.
    """
    one = np.ones_like(account.feed_usd)
    litres = one * base.numbers("generic", "water", "preprocessing", unit="L/kg")
    place = base.setting.location
    per_kg = base.numbers(place, "landfill price", "geography", unit="USD/kg")
    printed = base.numbers(place, "landfill price", "geography") / 1000.0
    return Account(
        reagents={n: figures[n] for n in ("N2", "CaO")},
        energy=account.energy,
        water_l=litres,
        solid_waste=(figures["solid waste"] + figures["flue dust"]) * (printed / per_kg),
        wastewater_l=litres / 1000.0,
        process_co2=figures["process CO2"],
        feed_usd=account.feed_usd,
        revenue=account.revenue,
    )
