"""R20 in BioSTEAM, the established open-source simulator of biorefineries.

Runs in an environment of its own (``make bench-biosteam``), since BioSTEAM's pins conflict with
Loopbook's tools; imports nothing of Loopbook. Alone it prints its answers and its speed. With
``--serve`` it reads one JSON request a line and writes one JSON reply a line, which is how
``r20.py`` measures it between the rounds of the others.

Mass balance only, like the peers: `System.converge`, no design, cost or energy balance.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import biosteam as bst
import thermosteam as tmo

TOLERANCE = 1e-8
METHOD = "aitken"
"""The quickest of its methods and tolerances that keeps 1e-8 in every scenario of the benchmark."""

SOLIDS = {
    "NMC": "LiNi0.6Mn0.2Co0.2O2",
    "Graphite": "C",
    "Al": "Al",
    "Cu": "Cu",
    "Steel": "Fe",
    "Plastic": "C3H6",
    "PVDF": "C2H2F2",
    "AlOH3": "AlH3O3",
    "CuOH2": "CuH2O2",
    "FeOH2": "FeH2O2",
    "Li2CO3": "Li2CO3",
    "NiSalt": "NiSO4",
    "CoSalt": "CoSO4",
}
LIQUIDS = {
    "Electrolyte": "C3H6O3",
    "H2SO4": "H2SO4",
    "H2O2": "H2O2",
    "NiSO4": "NiSO4",
    "CoSO4": "CoSO4",
    "MnSO4": "MnSO4",
    "Li2SO4": "Li2SO4",
    "Al2S3O12": "Al2S3O12",
    "CuSO4": "CuSO4",
    "FeSO4": "FeSO4",
    "NaOH": "NaOH",
    "Na2SO4": "Na2SO4",
    "Na2CO3": "Na2CO3",
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
REFERENCE = (320.0, 0.98, 0.9, 0.6, 0.88)
"""NMC in the scrap in kg/h, leach conversions of NMC, Al and Cu, conversion of lithium sulfate."""


class Tank(bst.Unit):
    """A mixed vessel: joins its feeds and lets them react."""

    _N_ins = 3
    _N_outs = 1
    _ins_size_is_fixed = False

    def __init__(
        self, ID: str = "", ins: Any = None, outs: Any = (), *, reaction: Any = None
    ) -> None:
        bst.Unit.__init__(self, ID, ins, outs)
        self.reaction = reaction

    def _run(self) -> None:
        (out,) = self.outs
        out.mix_from(self.ins, energy_balance=False)
        self.reaction(out)


@dataclass(frozen=True, slots=True)
class Plant:
    """The flowsheet's system, what scenarios change, and the streams that the answers need."""

    system: Any
    scrap: Any
    leaching: Any
    soda: Any
    streams: dict[str, Any]

    def solve(self, scenario: Sequence[float]) -> list[float]:
        """The six answers for one scenario, kg/h; recycles start where they last were."""
        nmc, *leached, soda = scenario
        self.scrap.imass["NMC"] = nmc
        self.leaching.X[:3] = leached
        self.soda.X = soda
        self.system.converge()
        flow = self.streams
        return [
            flow["lithium"].imass["Li2CO3"],
            flow["cobalt"].imass["CoSalt"],
            flow["nickel"].imass["NiSalt"],
            flow["acid"].imass["H2SO4"],
            flow["caustic"].imass["NaOH"],
            flow["liquor"].F_mass,
        ]

    def closure(self) -> float:
        """(in - out) / in of the total mass in the last scenario."""
        entered = sum(s.F_mass for s in self.system.feeds)
        return (entered - sum(s.F_mass for s in self.system.products)) / entered


def plant() -> Plant:
    """Build R20."""
    _chemicals()
    feed = {"scrap": bst.Stream("scrap", **SCRAP_KG_PER_H, units="kg/hr")}
    for name, chemical in {
        "acid": "H2SO4",
        "peroxide": "H2O2",
        "water": "H2O",
        "caustic": "NaOH",
        "ash": "Na2CO3",
    }.items():
        feed[name] = bst.Stream(name, **{chemical: 1.0}, units="kg/hr")
    for name in ("liquor", "cobalt_liquor", "nickel_liquor"):
        feed[name] = bst.Stream(name)
    black_mass = _mechanical(feed["scrap"])
    purified, leaching = _leaching(feed, black_mass)
    cobalt, nickel, lithium_feed = _extraction(feed, purified)
    lithium, soda = _lithium(feed, lithium_feed)
    system = bst.main_flowsheet.create_system("R20")
    system.set_tolerance(
        mol=TOLERANCE, rmol=TOLERANCE, maxiter=1000, method=METHOD, subsystems=True
    )
    streams = {**feed, "lithium": lithium, "cobalt": cobalt, "nickel": nickel}
    return Plant(system, feed["scrap"], leaching, soda, streams)


def _chemicals() -> None:
    made = [bst.Chemical("H2O")]
    for phase, formulas in (("s", SOLIDS), ("l", LIQUIDS)):
        for name, formula in formulas.items():
            chemical = bst.Chemical(
                name, search_db=False, formula=formula, phase=phase, default=False
            )
            volume = tmo.functional.rho_to_V(2000.0, chemical.MW)
            chemical.V.add_model(volume, top_priority=True)
            chemical.default()
            made.append(chemical)
    made += [bst.Chemical("O2", phase="g"), bst.Chemical("H2", phase="g")]
    bst.settings.set_thermo(bst.Chemicals(made), skip_checks=True)


def _shares(default: float, **values: float) -> dict[str, float]:
    names = ("H2O", *SOLIDS, *LIQUIDS, "O2", "H2")
    return {**dict.fromkeys(names, default), **values}


def _filtrate(held: float) -> dict[str, float]:
    return _shares(1.0 - held, **dict.fromkeys(SOLIDS, 0.01))


def _splitter(name: str, feed: Any, outs: Sequence[Any], share: Any) -> Any:
    return bst.Splitter(name, feed, outs, split=share)


def _reaction(conversion: float, **counts: float) -> Any:
    limiting = next(iter(counts))
    return bst.Reaction(counts, reactant=limiting, X=conversion, check_mass_balance=False)


def _mechanical(scrap: Any) -> Any:
    shred = _splitter("shred", scrap, ["shredded", "dust"], _shares(0.995))
    dry = _splitter("dry", shred - 0, ["dried", "solvent"], _shares(1.0, Electrolyte=0.05))
    magnet = _splitter("magnet", dry - 0, ["ferrous", "nonferrous"], _shares(0.01, Steel=0.96))
    fine = _shares(0.97, Al=0.06, Cu=0.04, Plastic=0.02, Steel=0.5)
    sieve = _splitter("sieve", magnet - 1, ["black_mass", "foils"], fine)
    heavy = _shares(0.5, Al=0.95, Cu=0.96, Plastic=0.03, Steel=0.9)
    _splitter("air", sieve - 1, ["metal", "plastics"], heavy)
    return sieve - 0


def _leaching(feed: dict[str, Any], black_mass: Any) -> tuple[Any, Any]:
    leaching = bst.ParallelReaction(
        [
            _reaction(
                0.98,
                NMC=-1,
                H2SO4=-1.5,
                H2O2=-0.5,
                NiSO4=0.6,
                MnSO4=0.2,
                CoSO4=0.2,
                Li2SO4=0.5,
                H2O=2,
                O2=0.5,
            ),
            _reaction(0.9, Al=-1, H2SO4=-1.5, Al2S3O12=0.5, H2=1.5),
            _reaction(0.6, Cu=-1, H2SO4=-1, CuSO4=1, H2=1),
            _reaction(0.95, Steel=-1, H2SO4=-1, FeSO4=1, H2=1),
        ]
    )
    acid, peroxide, water, liquor = (feed[n] for n in ("acid", "peroxide", "water", "liquor"))
    leach = Tank("leach", [black_mass, acid, peroxide, water, liquor], "pulp", reaction=leaching)

    @leach.add_specification(run=True)
    def dose_leach() -> None:
        nmc, al, cu, steel = (black_mass.imol[n] for n in ("NMC", "Al", "Cu", "Steel"))
        need = 1.1 * (1.5 * nmc + 1.5 * al + cu + steel)
        acid.imol["H2SO4"] = max(need - liquor.imol["H2SO4"], 0.0)
        acid.imol["H2O"] = 2.0 * acid.imol["H2SO4"]
        peroxide.imol["H2O2"] = 0.6 * nmc
        water.imass["H2O"] = max(8.0 * black_mass.F_mass - liquor.imass["H2O"], 0.0)

    residue = _splitter("filter_1", leach - 0, ["PLS", "residue"], _filtrate(0.03))
    neutralising = bst.ParallelReaction(
        [
            _reaction(0.99, Al2S3O12=-1, NaOH=-6, AlOH3=2, Na2SO4=3),
            _reaction(0.99, CuSO4=-1, NaOH=-2, CuOH2=1, Na2SO4=1),
            _reaction(0.98, FeSO4=-1, NaOH=-2, FeOH2=1, Na2SO4=1),
            _reaction(0.95, H2SO4=-1, NaOH=-2, Na2SO4=1, H2O=2),
        ]
    )
    caustic, pls = feed["caustic"], residue - 0
    neutralise = Tank("neutralise", [pls, caustic], "neutral", reaction=neutralising)

    @neutralise.add_specification(run=True)
    def dose_caustic() -> None:
        al, cu, fe, acid = (pls.imol[n] for n in ("Al2S3O12", "CuSO4", "FeSO4", "H2SO4"))
        caustic.imol["NaOH"] = 6.0 * al + 2.0 * (cu + fe + acid)

    filtered = _splitter("filter_2", neutralise - 0, ["pure", "impurities"], _filtrate(0.03))
    return filtered - 0, leaching


def _extraction(feed: dict[str, Any], purified: Any) -> tuple[Any, Any, Any]:
    mixed = bst.Mixer("SX_feed", [purified, feed["cobalt_liquor"], feed["nickel_liquor"]])
    mn = _shares(0.0, MnSO4=0.99, CoSO4=0.01, NiSO4=0.002, CuSO4=0.5)
    sx_mn = _splitter("SX_Mn", mixed - 0, ["Mn_strip", "raffinate_Mn"], mn)
    co = _shares(0.0, CoSO4=0.985, NiSO4=0.005, Li2SO4=0.002, H2O=0.05)
    sx_co = _splitter("SX_Co", sx_mn - 1, ["Co_strip", "raffinate_Co"], co)
    ni = _shares(0.0, NiSO4=0.985, Li2SO4=0.005, CoSO4=0.9, H2O=0.08)
    sx_ni = _splitter("SX_Ni", sx_co - 1, ["Ni_strip", "raffinate_Ni"], ni)
    salts = []
    for metal, strip, back in (
        ("Co", sx_co - 0, feed["cobalt_liquor"]),
        ("Ni", sx_ni - 0, feed["nickel_liquor"]),
    ):
        crystallising = _reaction(0.85, **{f"{metal}SO4": -1, f"{metal}Salt": 1})
        crystals = Tank(f"{metal}_crystalliser", [strip], f"{metal}_pulp", reaction=crystallising)
        outs = [back, f"{metal}_salt"]
        salts.append(_splitter(f"{metal}_filter", crystals - 0, outs, _filtrate(0.02)) - 1)
    return salts[0], salts[1], sx_ni - 1


def _lithium(feed: dict[str, Any], raffinate: Any) -> tuple[Any, Any]:
    reaction = _reaction(0.88, Li2SO4=-1, Na2CO3=-1, Li2CO3=1, Na2SO4=1)
    ash = feed["ash"]
    soda = Tank("soda", [raffinate, ash], "lithium_pulp", reaction=reaction)

    @soda.add_specification(run=True)
    def dose_soda() -> None:
        ash.imol["Na2CO3"] = 1.1 * raffinate.imol["Li2SO4"]

    filtered = _splitter("lithium_filter", soda - 0, ["mother", "lithium"], _filtrate(0.03))
    _splitter("purge", filtered - 0, [feed["liquor"], "bleed"], 0.4)
    return filtered - 1, reaction


def _timed(built: Plant, scenarios: Sequence[Sequence[float]]) -> dict[str, Any]:
    answers, worst = [], 0.0
    began = time.process_time()
    for scenario in scenarios:
        answers.append(built.solve(scenario))
    cpu_s = time.process_time() - began
    worst = abs(built.closure())
    return {"answers": answers, "cpu_s": cpu_s, "closure": worst}


def _serve(built: Plant) -> None:
    """Answer requests: a JSON list of scenarios a line."""
    replies = os.fdopen(os.dup(1), "w")
    with contextlib.redirect_stdout(sys.stderr):
        hello = {p: importlib.metadata.version(p) for p in ("biosteam", "thermosteam")}
        print(json.dumps(hello), file=replies, flush=True)
        for line in sys.stdin:
            print(json.dumps(_timed(built, json.loads(line))), file=replies, flush=True)


def main() -> None:
    """Print answers and speed, or serve."""
    built = plant()
    if "--serve" in sys.argv[1:]:
        _serve(built)
        return
    first = _timed(built, [REFERENCE])
    print("answers, kg/h:", *(f"{a:.8f}" for a in first["answers"][0]))
    print(f"closure of the total mass: {first['closure']:.1e}")
    varied = [(280.0 + i, 0.93 + 0.0008 * i, 0.9, 0.6, 0.88) for i in range(80)]
    print(f"{len(varied) / _timed(built, varied)['cpu_s']:.0f} scenarios per core-second")


if __name__ == "__main__":
    main()
