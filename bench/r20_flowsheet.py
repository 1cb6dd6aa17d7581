"""The reference flowsheet R20 in Loopbook's own flowsheet language.

Twenty-two units, 29 components, three nested recycles: scrap is shredded, dried, freed of steel,
sieved; black mass is leached, impurities precipitated, Mn, Co and Ni extracted, Co and Ni salts
crystallised with their mother liquors back to the extraction, lithium carbonate precipitated and
40 % of its liquor returned to the leach. The atomic weights are those of the peers, so that all
give the same numbers.
"""

from __future__ import annotations

from loopbook.flowsheet import (
    AirClassifier,
    Crystalliser,
    Dose,
    Dryer,
    Filter,
    Flowsheet,
    Leach,
    MagneticSeparator,
    Mixer,
    Precipitation,
    Shredder,
    Sieve,
    SolventExtraction,
    Splitter,
)
from loopbook.matter import Component, components

WEIGHTS = {
    "H": 1.00794,
    "Li": 6.941,
    "C": 12.0107,
    "O": 15.9994,
    "F": 18.9984032,
    "Na": 22.98977,
    "Al": 26.981538,
    "S": 32.065,
    "Mn": 54.938049,
    "Fe": 55.845,
    "Co": 58.9332,
    "Ni": 58.6934,
    "Cu": 63.546,
}

_MATTER = {
    "solid": {
        "NMC": "LiNi0.6Mn0.2Co0.2O2",
        "Graphite": "C",
        "Al": "Al",
        "Cu": "Cu",
        "Steel": "Fe",
        "Plastic": "C3H6",
        "PVDF": "C2H2F2",
        "AlOH3": "Al(OH)3",
        "CuOH2": "Cu(OH)2",
        "FeOH2": "Fe(OH)2",
        "Li2CO3": "Li2CO3",
        "NiSalt": "NiSO4",
        "CoSalt": "CoSO4",
    },
    "aqueous": {
        "H2SO4": "H2SO4",
        "H2O2": "H2O2",
        "NiSO4": "NiSO4",
        "CoSO4": "CoSO4",
        "MnSO4": "MnSO4",
        "Li2SO4": "Li2SO4",
        "Al2S3O12": "Al2(SO4)3",
        "CuSO4": "CuSO4",
        "FeSO4": "FeSO4",
        "NaOH": "NaOH",
        "Na2SO4": "Na2SO4",
        "Na2CO3": "Na2CO3",
    },
    "liquid": {"H2O": "H2O", "Electrolyte": "C3H6O3"},
    "gas": {"O2": "O2", "H2": "H2"},
}

SCRAP_KG_PER_H = {
    "NMC": 320.0,
    "Graphite": 180.0,
    "Al": 160.0,
    "Cu": 120.0,
    "Steel": 80.0,
    "Plastic": 60.0,
    "PVDF": 15.0,
    "Electrolyte": 65.0,
}

ANSWERS_KG_PER_H = {
    "Li2CO3": 97.89511382,
    "CoSO4": 87.76716228,
    "NiSO4": 262.79686612,
    "H2SO4": 577.02232115,
    "NaOH": 97.87053309,
    "liquor recycle": 1907.02829733,
}
"""What every peer gets, to the digits that they were published with."""

KEEP = ("lithium", "cobalt salt", "nickel salt", "leach reagents", "caustic", "liquor")
"""Streams that the six answers need."""


def r20() -> Flowsheet:
    """Build R20."""
    matter = components(
        *(Component(n, f, phase=ph) for ph, names in _MATTER.items() for n, f in names.items()),
        weights=WEIGHTS,
    )
    fs = Flowsheet("R20", matter)
    fs.feed("scrap", SCRAP_KG_PER_H, unit="kg/h")
    _mechanical(fs)
    _leaching(fs)
    _extraction(fs)
    _lithium(fs)
    return fs


def _mechanical(fs: Flowsheet) -> None:
    fs.add(Shredder("shred", dust_loss=0.005), feed="scrap", shredded="shredded", dust="dust")
    dry = {"default": 0.0, "Electrolyte": 0.95}
    fs.add(Dryer("dry", to_vapour=dry), feed="shredded", dry="dried", vapour="solvent")
    magnetic = {"default": 0.01, "Steel": 0.96}
    fs.add(
        MagneticSeparator("magnet", to_magnetic=magnetic),
        feed="dried",
        magnetic="ferrous",
        rest="nonferrous",
    )
    fine = {"default": 0.97, "Al": 0.06, "Cu": 0.04, "Plastic": 0.02, "Steel": 0.5}
    fs.add(
        Sieve("sieve", to_undersize=fine),
        feed="nonferrous",
        undersize="black mass",
        oversize="foils",
    )
    metal = {"default": 0.5, "Al": 0.95, "Cu": 0.96, "Plastic": 0.03, "Steel": 0.9}
    fs.add(AirClassifier("air", to_heavy=metal), feed="foils", heavy="metal", light="plastics")


def _leaching(fs: Flowsheet) -> None:
    leach = Leach(
        "leach",
        reactions=(
            "NMC + 1.5 H2SO4 + 0.5 H2O2"
            " -> 0.6 NiSO4 + 0.2 MnSO4 + 0.2 CoSO4 + 0.5 Li2SO4 + 2 H2O + 0.5 O2",
            "Al + 1.5 H2SO4 -> 0.5 Al2S3O12 + 1.5 H2",
            "Cu + H2SO4 -> CuSO4 + H2",
            "Steel + H2SO4 -> FeSO4 + H2",
        ),
        conversion={"NMC": 0.98, "Al": 0.9, "Cu": 0.6, "Steel": 0.95},
        doses=(
            Dose("H2SO4", excess=1.1, credit=True, carrier={"H2O": _per_mass("H2O", "H2SO4", 2)}),
            Dose("H2O2", excess=1.2),
            Dose("H2O", per_kg=8.0, credit=True),
        ),
    )
    fs.add(leach, feed="black mass", recycle="liquor", out="pulp", reagents="leach reagents")
    fs.add(Filter("filter 1", liquid_to_cake=0.03), slurry="pulp", filtrate="PLS", cake="residue")
    neutralise = Precipitation(
        "neutralise",
        reactions=(
            "Al2S3O12 + 6 NaOH -> 2 AlOH3 + 3 Na2SO4",
            "CuSO4 + 2 NaOH -> CuOH2 + Na2SO4",
            "FeSO4 + 2 NaOH -> FeOH2 + Na2SO4",
            "H2SO4 + 2 NaOH -> Na2SO4 + 2 H2O",
        ),
        conversion={"Al2S3O12": 0.99, "CuSO4": 0.99, "FeSO4": 0.98, "H2SO4": 0.95},
        doses=(Dose("NaOH", excess=1.0),),
    )
    fs.add(neutralise, feed="PLS", out="neutral pulp", reagents="caustic")
    fs.add(
        Filter("filter 2", liquid_to_cake=0.03),
        slurry="neutral pulp",
        filtrate="pure liquor",
        cake="impurities",
    )


def _extraction(fs: Flowsheet) -> None:
    fs.add(Mixer("SX feed"), feed=["pure liquor", "Co liquor", "Ni liquor"], out="SX 1 feed")
    stages = {
        "Mn": {"default": 0.0, "MnSO4": 0.99, "CoSO4": 0.01, "NiSO4": 0.002, "CuSO4": 0.5},
        "Co": {"default": 0.0, "CoSO4": 0.985, "NiSO4": 0.005, "Li2SO4": 0.002, "H2O": 0.05},
        "Ni": {"default": 0.0, "NiSO4": 0.985, "Li2SO4": 0.005, "CoSO4": 0.9, "H2O": 0.08},
    }
    feeds = {"Mn": "SX 1 feed", "Co": "raffinate Mn", "Ni": "raffinate Co"}
    for metal, extraction in stages.items():
        fs.add(
            SolventExtraction(f"SX {metal}", extraction=extraction),
            feed=feeds[metal],
            strip=f"{metal} strip",
            raffinate=f"raffinate {metal}",
        )
    for metal, salt in (("Co", "cobalt salt"), ("Ni", "nickel salt")):
        crystallise = Crystalliser(
            f"{metal} crystalliser",
            reactions=(f"{metal}SO4 -> {metal}Salt",),
            conversion={f"{metal}SO4": 0.85},
        )
        fs.add(crystallise, feed=f"{metal} strip", out=f"{metal} crystals")
        fs.add(
            Filter(f"{metal} filter", liquid_to_cake=0.02),
            slurry=f"{metal} crystals",
            filtrate=f"{metal} liquor",
            cake=salt,
        )


def _lithium(fs: Flowsheet) -> None:
    soda = Precipitation(
        "soda",
        reactions=("Li2SO4 + Na2CO3 -> Li2CO3 + Na2SO4",),
        conversion={"Li2SO4": 0.88},
        doses=(Dose("Na2CO3", excess=1.1),),
    )
    fs.add(soda, feed="raffinate Ni", out="lithium pulp", reagents="soda ash")
    fs.add(
        Filter("lithium filter", liquid_to_cake=0.03),
        slurry="lithium pulp",
        filtrate="mother liquor",
        cake="lithium",
    )
    fs.add(Splitter("purge", share=0.4), feed="mother liquor", first="liquor", rest="bleed")


def _per_mass(of: str, to: str, mol: float) -> float:
    """kg of one component per kg of another from mol per mol."""
    pair = components(
        Component(of, of, phase="liquid"), Component(to, to, phase="liquid"), weights=WEIGHTS
    )
    return mol * float(pair.molar_mass[0] / pair.molar_mass[1])


def answers(solution: object) -> dict[str, object]:
    """The six answers in kg/h, each of shape (scenario,)."""
    flow, mass = solution.flow, solution.mass
    return {
        "Li2CO3": flow("lithium", "Li2CO3"),
        "CoSO4": flow("cobalt salt", "CoSalt"),
        "NiSO4": flow("nickel salt", "NiSalt"),
        "H2SO4": flow("leach reagents", "H2SO4"),
        "NaOH": flow("caustic", "NaOH"),
        "liquor recycle": mass("liquor"),
    }
