"""Matter of the routes: active materials and the reagents that they take, combustion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from loopbook.errors import InputError, ShareError
from loopbook.flowsheet.units.reaction.stoichiometry import Reaction
from loopbook.flowsheet.units.unit import Value
from loopbook.matter import Component, atomic_weights, components, parse_formula

KEPT, WASTED = "kept", "wasted"
"""What a route does with phosphates: it keeps them in its product, or they go to its waste."""

_METALS = ("Ni", "Co", "Mn")
_LATTICE = {"Li", "Ni", "Co", "Mn", "Al", "O"}
_SHARE_TOLERANCE = 1e-6  # published compositions are rounded


@dataclass(frozen=True, slots=True)
class ActiveMaterial:
    """A lithium metal oxide as atoms per formula unit.

    >>> ActiveMaterial.of("NMC811").acid_mol
    1.5
    >>> ActiveMaterial.of("NCMA 89-4-4-3").peroxide_mol.__round__(3)
    0.485
    """

    name: str
    atoms: Mapping[str, float]
    molar_mass: float

    @classmethod
    def of(cls, name: str) -> ActiveMaterial:
        """From the component library."""
        item = components(name).items[0]
        return cls(name, parse_formula(item.formula or ""), item.mass_kg_per_kmol())

    def count(self, element: str) -> float:
        """Atoms of an element in the formula."""
        return float(self.atoms.get(element, 0.0))

    def share(self, element: str) -> float:
        """kg of an element per kg."""
        weight = atomic_weights().get(element, 0.0)
        return self.count(element) * weight / self.molar_mass

    @property
    def metals_mol(self) -> float:
        """Ni, Co and Mn, mol per mol."""
        return sum(self.count(m) for m in _METALS)

    @property
    def acid_mol(self) -> float:
        """H2SO4 that leaching takes: Li2SO4, MSO4, Al2(SO4)3; mol per mol."""
        return self.count("Li") / 2.0 + self.metals_mol + 1.5 * self.count("Al")

    @property
    def peroxide_mol(self) -> float:
        """H2O2 that brings Ni, Co and Mn to +2; mol per mol."""
        return self.count("O") - self.acid_mol

    def leaching(self, peroxide_mol: float) -> Reaction:
        """Leaching with sulphuric acid and so much peroxide; the rest of the oxygen evolves.

        >>> print(ActiveMaterial.of("LCO").leaching(0.5))
        LCO + 1.5 H2SO4(aq) + 0.5 H2O2 -> 0.5 Li2SO4(aq) + CoSO4(aq) + 2 water + 0.5 O2
        """
        n, x = self.acid_mol, min(peroxide_mol, self.peroxide_mol)
        products = {
            "Li2SO4(aq)": self.count("Li") / 2.0,
            "NiSO4(aq)": self.count("Ni"),
            "CoSO4(aq)": self.count("Co"),
            "MnSO4(aq)": self.count("Mn"),
            "Al2(SO4)3(aq)": self.count("Al") / 2.0,
            "water": n + x,
            "O2": (self.count("O") + x - n) / 2.0,
        }
        return _reaction({self.name: 1.0, "H2SO4(aq)": n, "H2O2": x}, products)

    def smelting(self) -> Reaction:
        """Decomposition in a smelter: Ni and Co to metal, Li, Mn and Al to oxides of the slag.

        >>> print(ActiveMaterial.of("LCO").smelting())
        LCO -> 0.5 Li2O + cobalt + 0.75 O2
        """
        products = {
            "Li2O": self.count("Li") / 2.0,
            "nickel": self.count("Ni"),
            "cobalt": self.count("Co"),
            "MnO": self.count("Mn"),
            "Al2O3": self.count("Al") / 2.0,
        }
        oxygen = self.count("O") - products["Li2O"] - products["MnO"] - 3.0 * products["Al2O3"]
        return _reaction({self.name: 1.0}, products | {"O2": oxygen / 2.0})


def _reaction(taken: Mapping[str, float], made: Mapping[str, float]) -> Reaction:
    terms = [(n, -v) for n, v in taken.items() if v > 0.0]
    return Reaction((*terms, *((n, v) for n, v in made.items() if v > 0.0)))


def active_materials(
    names: Mapping[str, Value], phosphates: str = ""
) -> tuple[tuple[ActiveMaterial, ...], tuple[str, ...]]:
    """Active materials among the names of a feed, in order: lithium oxides, and phosphates.

    Parameters
    ----------
    phosphates : what a route does with LFP; it is refused where that is empty.
    """
    oxides, passing = [], []
    for name in names:
        item = _component(name)
        atoms = set() if item.formula is None else set(parse_formula(item.formula))
        if {"Li", "O"} <= atoms and atoms & {*_METALS, "Fe"} and item.phase == "solid":
            if atoms <= _LATTICE:
                oxides.append(ActiveMaterial.of(name))
                continue
            if not phosphates or "P" not in atoms:
                what = "a lithium oxide of Ni, Co, Mn, Al"
                raise InputError.of("not-covered", f"feed {name}", what, name)
            passing.append(name)
    if not oxides and (not passing or phosphates == WASTED):
        raise InputError.of("missing", "feed", "an active material", "none")
    return tuple(oxides), tuple(passing)


def _component(name: str) -> Component:
    return components(name).items[0]


def combustion(name: str) -> Reaction:
    """Complete combustion; fluorine leaves as HF.

    >>> print(combustion("PVDF"))
    PVDF + 2 O2 -> 2 CO2 + 2 HF
    """
    atoms = parse_formula(_component(name).formula or "")
    c, h, f, o = (float(atoms.get(e, 0.0)) for e in ("C", "H", "F", "O"))
    steam = (h - f) / 2.0
    oxygen = c + steam / 2.0 - o / 2.0
    return _reaction({name: 1.0, "O2": oxygen}, {"CO2": c, "H2O(g)": steam, "HF": f})


def check_shares(feed: Mapping[str, Value]) -> None:
    """Refuse a composition that does not add up to one kilogram per kilogram.

    >>> check_shares({"NMC811": 0.6, "graphite": 0.3})
    Traceback (most recent call last):
    loopbook.errors.ShareError: feed: share: expected a sum of 1 kg/kg, found 0.9
    """
    total = np.sum(
        np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in feed.values())), axis=0
    )
    if not (np.abs(total - 1.0) <= _SHARE_TOLERANCE).all():
        worst = float(np.atleast_1d(total).flat[np.argmax(np.abs(np.atleast_1d(total) - 1.0))])
        raise ShareError.of("share", "feed", "a sum of 1 kg/kg", f"{worst:.6g}")
