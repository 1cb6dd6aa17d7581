"""Generic preprocessing: scrap to black mass, copper and aluminium.

EverBatt 2023, sheet Preproc. Par. The closed flowsheet: crush; burn solvents, plastics and binders
and break down LiPF6 in a furnace into which lime and nitrogen are blown; bind fluorine and
phosphorus in the off-gas; screen black mass; take steel, then copper and aluminium out of the
oversize. EverBatt's transfer coefficients (AD102:AD110) hold for the whole plant and are placed at
the unit that does the work. LFP is a coating like another and keeps its form in the furnace.

>>> from loopbook.matter import Sourced, composition
>>> cells = composition(Sourced(), "composition_cell", "NMC811")
>>> round(float(preprocessing(cells).products["black mass"][0]), 5)
0.69963
"""

from loopbook.flowsheet.model import Flowsheet
from loopbook.flowsheet.routes.matter import KEPT, combustion
from loopbook.flowsheet.routes.route import BLACK_MASS, SCRAP, STACK, Product, Route, RouteBase
from loopbook.flowsheet.units.ours import (
    AirClassifier,
    EddyCurrentSeparator,
    HeatTreatment,
    MagneticSeparator,
    OffGasTreatment,
    Shredder,
    Sieve,
)
from loopbook.flowsheet.units.reaction.reactor import Dose
from loopbook.matter import molar_mass

_SOLVENTS = ("EC", "DMC")
_PLASTICS = ("PP", "PE", "PET")
_BINDERS = ("PVDF", "anode binder")
_COATING = ("graphite", "carbon black")
_FOILS = ("copper", "aluminium")
_LIPF6 = "2 LiPF6 + 3 H2O(g) -> Li2O + 2 POF3 + 6 HF"
_GAS_CLEANING = ("2 HF + CaO -> CaF2 + H2O(g)", "2 POF3 + 6 CaO -> Ca3(PO4)2 + 3 CaF2")


def _share(base: RouteBase, name: str) -> float:
    return base.rule(name, "kg/kg")


def _lime() -> dict[str, float]:
    """CaO by component, kg/kg: CaF2 for each two F, Ca3(PO4)2 for each two P."""
    lime = molar_mass("CaO")
    return {"LiPF6": 4.5 * lime / molar_mass("LiPF6"), "PVDF": lime / molar_mass("C2H2F2")}


def _furnace(base: RouteBase) -> HeatTreatment:
    """Burn what is to burn; dust and, of the binders, what goes to black mass are left over."""
    dust = _share(base, "flue dust per burnt mass")
    kept = _share(base, "binder and foil to black mass")
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
            Dose("N2", per_kg=_share(base, "N2 per feed")),
            Dose("CaO", per_component=_lime()),
        ),
        dust={"default": 0.0, **leaving},
    )


def _build(fs: Flowsheet, base: RouteBase) -> None:
    fs.add(Shredder("crusher"), feed=SCRAP, shredded="crushed")
    fs.add(_furnace(base), feed="crushed", solids="burnt scrap", gas="furnace gas")
    cleaning = OffGasTreatment("gas treatment", reactions=_GAS_CLEANING)
    fs.add(cleaning, gas="furnace gas", residue="gas residue", stack=STACK)
    foil = _share(base, "binder and foil to black mass")
    fine = dict.fromkeys(
        (*base.names, *base.phosphates, *_COATING), _share(base, "coating to black mass")
    )
    fine |= dict.fromkeys(_FOILS, foil) | dict.fromkeys(_BINDERS, 1.0)
    screen = Sieve("screen", to_undersize={"default": 0.0, **fine})
    fs.add(screen, feed="burnt scrap", undersize=BLACK_MASS, oversize="oversize")
    steel = {"default": 0.0, "steel": _share(base, "steel recovery")}
    magnet = MagneticSeparator("magnet", to_magnetic=steel)
    fs.add(magnet, feed="oversize", magnetic="steel", rest="non-ferrous")
    # recoveries are per kg in the feed, of which the screen has let the foil share through
    metal = {n: _share(base, f"{n} recovery") / (1.0 - foil) for n in _FOILS}
    eddy = EddyCurrentSeparator("eddy current", to_metal={"default": 0.0, **metal})
    fs.add(eddy, feed="non-ferrous", metal="foils", rest="residue")
    air = AirClassifier("air classifier", to_heavy={"default": 0.0, "copper": 1.0})
    fs.add(air, feed="foils", heavy="copper", light="aluminium")


def _products(base: RouteBase) -> dict[str, Product]:
    metals = {name: Product(name, name) for name in ("copper", "aluminium", "steel")}
    return {BLACK_MASS: Product(BLACK_MASS), **metals}


preprocessing = Route(
    name="preprocessing",
    feed=SCRAP,
    rules=("generic", "preprocessing"),
    parts=(*_COATING, *_BINDERS, *_FOILS, "LiPF6", *_SOLVENTS, *_PLASTICS, "steel"),
    made=("Li2O", "CaO", "CaF2", "Ca3(PO4)2", "O2", "N2", "CO2", "H2O(g)", "HF", "POF3"),
    build=_build,
    products=_products,
    solid_wastes=("residue", "gas residue"),
    other_wastes=(),
    service_water="water",
    phosphates=KEPT,
)
