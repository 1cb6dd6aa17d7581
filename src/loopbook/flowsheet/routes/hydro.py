"""Hydrometallurgy: black mass to nickel, cobalt, manganese, lithium carbonate, graphite.

EverBatt 2023 (CM Rec Par.!CB5) doses by stoichiometry, and its doses close exactly if the metals
leave as hydroxides and all sulphate as sodium sulphate::

    2 LiMO2 + 3 H2SO4 + H2O2 -> Li2SO4 + 2 MSO4 + 4 H2O + O2     leaching
    H2SO4 + 2 NaOH -> Na2SO4 + 2 H2O                             saponification against strip acid
    MSO4 + 2 NaOH -> M(OH)2 + Na2SO4                             hydroxides
    Li2SO4 + Na2CO3 -> Li2CO3 + Na2SO4                           lithium carbonate

So the closed flowsheet does that. Leaching is complete; what recovery leaves of nickel, cobalt and
manganese goes with the solid waste, what it leaves of lithium with the wastewater. Lattice
aluminium, for which EverBatt doses nothing, takes acid and caustic by stoichiometry and leaves as
Al(OH)3 in the solid waste. Foil copper and aluminium stay in the residue, as in EverBatt (Landfill,
CC115:CC116); so does LFP, whose acid is not counted. The strip liquors stand for their salts; their
water stays in the raffinate.

>>> result = hydro({"NMC811": 0.6, "graphite": 0.4})
>>> round(float(result.products["Ni"][0]), 4)
0.2838
"""

from loopbook.flowsheet.model import Flowsheet
from loopbook.flowsheet.routes.matter import WASTED
from loopbook.flowsheet.routes.route import BLACK_MASS, WASTEWATER, Product, Route, RouteBase
from loopbook.flowsheet.units.ours import (
    Filter,
    Leach,
    Mixer,
    Precipitation,
    Reactor,
    Sieve,
    SolventExtraction,
)
from loopbook.flowsheet.units.reaction.reactor import Dose
from loopbook.matter import atomic_weights, molar_mass

_METALS = ("Mn", "Co", "Ni")
_SALTS = ("Li2SO4(aq)", "NiSO4(aq)", "CoSO4(aq)", "MnSO4(aq)", "Al2(SO4)3(aq)", "Na2SO4(aq)")
_REAGENTS = ("H2SO4(aq)", "H2O2", "NaOH(aq)", "Na2CO3(aq)", "CaO", "water", "O2")
_SOLIDS = ("Ni(OH)2", "Co(OH)2", "Mn(OH)2", "Al(OH)3", "Li2CO3", "CaSO4.2H2O")


def _build(fs: Flowsheet, base: RouteBase) -> None:
    _leaching(fs, base)
    _purification(fs, base)
    for source, metal in zip(("SX feed", "Mn raffinate", "Co raffinate"), _METALS, strict=True):
        _metal(fs, base, metal, source)
    fs.add(Mixer("metal losses"), feed=[f"{m} loss" for m in _METALS], out="metal losses")
    soda = {"Li2SO4(aq)": base.dose("Na2CO3")["Li"] * _content("Li", 2.0, "Li2SO4")}
    carbonate = Precipitation(
        "lithium precipitation",
        reactions=("Li2SO4(aq) + Na2CO3(aq) -> Li2CO3 + Na2SO4(aq)",),
        conversion=base.recovery("Li"),
        doses=(Dose("Na2CO3(aq)", per_component=soda),),
    )
    fs.add(carbonate, feed="Ni raffinate", out="lithium pulp")
    _press(fs, "lithium", "lithium pulp", filtrate="lithium liquor", cake="Li2CO3")
    liquors = ["lithium liquor", *(f"{m} liquor" for m in _METALS)]
    fs.add(Mixer("water treatment"), feed=liquors, out=WASTEWATER)


def _content(element: str, atoms: float, salt: str) -> float:
    """kg of an element per kg of a salt."""
    return atoms * atomic_weights()[element] / molar_mass(salt)


def _press(fs: Flowsheet, name: str, slurry: str, *, filtrate: str, cake: str) -> None:
    press = Filter(f"{name} filter", solids_to_cake=1.0, liquid_to_cake=0.0)
    fs.add(press, slurry=slurry, filtrate=filtrate, cake=cake)


def _leaching(fs: Flowsheet, base: RouteBase) -> None:
    peroxide = base.per_active(base.dose("H2O2"))
    per_mol = {a.name: peroxide[a.name] * a.molar_mass / molar_mass("H2O2") for a in base.actives}
    leach = Leach(
        "leach",
        reactions=(
            *(a.leaching(per_mol[a.name]) for a in base.actives),
            "CaO + H2SO4(aq) + water -> CaSO4.2H2O",
        ),
        doses=(
            Dose("H2SO4(aq)", per_component=base.per_active(base.dose("H2SO4"))),
            Dose("H2O2", per_component=peroxide),
            Dose("CaO", per_component=base.per_binder(base.dose("CaO"))),
            Dose("water", per_kg=base.rule("water", "L/kg")),
        ),
    )
    fs.add(leach, feed=BLACK_MASS, out="pulp", vent="oxygen")
    _press(fs, "leach", "pulp", filtrate="leach liquor", cake="cake")
    graphite = {"default": 0.0, "graphite": base.recovery("graphite")}
    recovery = Sieve("graphite recovery", to_undersize=graphite)
    fs.add(recovery, feed="cake", undersize="graphite", oversize="leach residue")


def _purification(fs: Flowsheet, base: RouteBase) -> None:
    """Strip acid against caustic, which takes half of each metal's, then lattice aluminium."""
    caustic = base.dose("NaOH")
    half = {f"{m}SO4(aq)": caustic[m] / 2.0 * _content(m, 1.0, f"{m}SO4") for m in _METALS}
    saponification = Reactor(
        "saponification",
        reactions=("H2SO4(aq) + 2 NaOH(aq) -> Na2SO4(aq) + 2 water",),
        doses=(Dose("NaOH(aq)", per_component=half),),
    )
    fs.add(saponification, feed="leach liquor", out="neutral liquor")
    aluminium = {"Al2(SO4)3(aq)": caustic["Al"] * _content("Al", 2.0, "Al2(SO4)3")}
    precipitation = Precipitation(
        "aluminium precipitation",
        reactions=("Al2(SO4)3(aq) + 6 NaOH(aq) -> 2 Al(OH)3 + 3 Na2SO4(aq)",),
        doses=(Dose("NaOH(aq)", per_component=aluminium),),
    )
    fs.add(precipitation, feed="neutral liquor", out="aluminium pulp")
    _press(fs, "aluminium", "aluminium pulp", filtrate="SX feed", cake="aluminium hydroxide")


def _metal(fs: Flowsheet, base: RouteBase, metal: str, source: str) -> None:
    """Extract a metal, precipitate its hydroxide, lose what recovery leaves of it."""
    salt, solid = f"{metal}SO4(aq)", f"{metal}(OH)2"
    extraction = SolventExtraction(f"SX {metal}", extraction={"default": 0.0, salt: 1.0})
    fs.add(extraction, feed=source, strip=f"{metal} strip", raffinate=f"{metal} raffinate")
    half = base.dose("NaOH")[metal] / 2.0 * _content(metal, 1.0, f"{metal}SO4")
    precipitation = Precipitation(
        f"{metal} precipitation",
        reactions=(f"{salt} + 2 NaOH(aq) -> {solid} + Na2SO4(aq)",),
        doses=(Dose("NaOH(aq)", per_component={salt: half}),),
    )
    fs.add(precipitation, feed=f"{metal} strip", out=f"{metal} pulp")
    _press(fs, metal, f"{metal} pulp", filtrate=f"{metal} liquor", cake=f"{metal} cake")
    kept = {"default": 1.0, solid: base.recovery(metal)}
    recovery = Sieve(f"{metal} recovery", to_undersize=kept)
    fs.add(recovery, feed=f"{metal} cake", undersize=metal, oversize=f"{metal} loss")


def _products(base: RouteBase) -> dict[str, Product]:
    metals = {m: Product(m, f"{m} in salt", m) for m in ("Ni", "Co", "Mn")}
    return {
        **metals,
        "Li2CO3": Product("Li2CO3", "Li2CO3 crude"),
        "graphite": Product("graphite", "graphite"),
    }


hydro = Route(
    name="hydro",
    feed=BLACK_MASS,
    rules=("hydro", "refining"),
    parts=("graphite", "carbon black", "PVDF", "anode binder", "copper", "aluminium"),
    made=(*_SALTS, *_REAGENTS, *_SOLIDS),
    build=_build,
    products=_products,
    solid_wastes=("leach residue", "metal losses", "aluminium hydroxide"),
    other_wastes=(WASTEWATER, "oxygen"),
    phosphates=WASTED,
)
