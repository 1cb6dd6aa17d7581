"""What is truly in the loads and lots of a month: drawn around the computed year.

The book never gets these numbers, only what scales and laboratories report. A lot's true
matter is kilograms by component. A run passes each component on by the year's own shares:

    share(component, product) = flow in the product / flow in the feed

and the rest of it is burnt (components that reach no product at all: binders, solvents, plastics)
or goes to the residue.

Beyond the plant, what happens follows the year too. Refining follows the computed refiner: its
recoveries and reagents per kilogram of black mass. Two things differ from its flowsheet, because
what is sold are crystals and not hydroxides: the caustic that would precipitate the hydroxides is
not dosed, and the crystals' water is. Other water only passes through and is not in the book.

The cell lines follow the computed lines: of all that goes in, the year's share of each component
becomes accepted cells, or scrap of each type. Recovered nickel is mixed with bought nickel as in
the year: recovered by all that the lines take.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from loopbook.book import SUBSTANCES
from loopbook.matter import atomic_weights, components, molar_mass
from loopbook.tables import Array


@dataclass(frozen=True, slots=True)
class Salt:
    """A compound in which a metal is sold.

    Parameters
    ----------
    material : its name in the book.
    component : its component in the data library.
    caustic : mol of caustic that turns a mol of the metal in it into hydroxide.
    """

    material: str
    component: str
    caustic: int


SALTS: Mapping[str, Salt] = {
    "Ni": Salt("nickel sulfate", "NiSO4.6H2O", 2),
    "Co": Salt("cobalt sulfate", "CoSO4.7H2O", 2),
    "Mn": Salt("manganese sulfate", "MnSO4.H2O", 2),
    "Li": Salt("lithium carbonate", "Li2CO3", 0),
    "Al": Salt("aluminium sulfate", "Al2(SO4)3", 3),
}
"""By metal. Aluminium is only bought: what black mass has of it goes to the refiner's waste."""

CAUSTIC = "NaOH"
REAGENTS: Mapping[str, str] = {
    "H2SO4": "sulfuric acid",
    "H2O2": "hydrogen peroxide",
    "NaOH": "caustic soda",
    "Na2CO3": "soda ash",
    "CaO": "lime",
    "water": "process water",
}
"""Names in the book, by component."""

EXTRA = (*REAGENTS, "CO2", "O2", *(salt.component for salt in SALTS.values()))
"""Components beside those of the scrap."""


@dataclass(frozen=True, slots=True)
class Refining:
    """A kilogram of black mass at the refiner.

    Attributes
    ----------
    recovered : share of each metal of `SALTS` that is recovered; of graphite as ``C``.
    reagents : kg per kg of black mass by component, for hydroxides.
    oxygen : kg of oxygen that leaves, per kg of black mass.
    """

    recovered: Mapping[str, float]
    reagents: Mapping[str, float]
    oxygen: float


@dataclass(frozen=True, slots=True)
class Lines:
    """A kilogram of all that goes into the contract's cell lines.

    Attributes
    ----------
    active : component of the active material.
    cells : accepted cells by component, kg/kg.
    scrap : scrap by type and component, kg/kg.
    kg_per_day : what goes into all lines in a day.
    recovered_share : recovered nickel by all nickel that the lines take.
    kg_per_kwh : mass of accepted cells per energy.
    """

    active: str
    cells: Array
    scrap: Mapping[str, Array]
    kg_per_day: float
    recovered_share: float
    kg_per_kwh: float

    @property
    def whole(self) -> Array:
        """All that goes in by component, kg/kg."""
        return np.asarray(self.cells + np.sum(list(self.scrap.values()), axis=0))


@dataclass(frozen=True, slots=True)
class Feed:
    """Scrap of one type from one sender: tonnes in the month, and its composition, kg/kg."""

    sender: str
    scrap_type: str
    hazmat: bool
    mass_kg: float
    shares: Array


@dataclass(frozen=True, slots=True)
class MonthMatter:
    """Feeds of the month, and what a run makes of them.

    Attributes
    ----------
    names : components of all arrays.
    feeds : what comes in.
    passed : share of each component that goes to each product.
    refining, lines : what the refiner and the cell lines do with a kilogram; None where idle.
    """

    names: tuple[str, ...]
    feeds: tuple[Feed, ...]
    passed: Mapping[str, Array]
    refining: Refining | None = None
    lines: Lines | None = None

    def with_reagents(self) -> "MonthMatter":
        """The same with components for reagents, salts and gases, of which there is nothing."""
        names = tuple(dict.fromkeys((*self.names, *EXTRA)))
        none = np.zeros(len(names) - len(self.names))

        def wide(kg: Array) -> Array:
            return np.concatenate((kg, none))

        lines = self.lines and replace(
            self.lines,
            cells=wide(self.lines.cells),
            scrap={kind: wide(kg) for kind, kg in self.lines.scrap.items()},
        )
        return replace(
            self,
            names=names,
            feeds=tuple(replace(feed, shares=wide(feed.shares)) for feed in self.feeds),
            passed={product: wide(share) for product, share in self.passed.items()},
            lines=lines,
        )

    def of(self, kg: Mapping[str, float]) -> Array:
        """Kilograms by component as an array of all components."""
        return np.array([kg.get(name, 0.0) for name in self.names])

    def substances(self, kg: Array) -> Array:
        """Kilograms of each substance of the book in kilograms by component."""
        return np.asarray(_matrix(self.names) @ kg)

    def by_name(self, kg: Array) -> dict[str, float]:
        """Kilograms by name of substance in kilograms by component."""
        return dict(zip(SUBSTANCES, self.substances(kg).tolist(), strict=True))

    @property
    def burnt(self) -> Array:
        """1 for components that reach no product, else 0."""
        reached = np.sum(list(self.passed.values()), axis=0)
        return np.where(reached <= 0.0, 1.0, 0.0)


@dataclass(slots=True)
class Lab:
    """A laboratory or scale with an error of its own, the same all month, and one a reading."""

    draws: np.random.Generator
    bias: Array

    def assay(self, shares: Array, relative: float) -> dict[str, tuple[str, str]]:
        """Reported share and standard uncertainty of the metals that are there, as text."""
        reported = {}
        for place, name in enumerate(SUBSTANCES):
            if name not in ("Li", "Ni", "Co", "Mn", "Al", "Cu") or not shares[place] > 1e-4:
                continue
            error = relative * (0.7 * self.bias[place] + 0.7 * self.draws.standard_normal())
            value = float(shares[place]) * (1.0 + error)
            reported[name] = (f"{value:.5f}", f"{value * relative:.5f}")
        return reported


@cache
def _matrix(names: tuple[str, ...]) -> Array:
    """Substances of the book by component; what is no substance of the book is ``other``."""
    basis = components(*names)
    matrix = np.zeros((len(SUBSTANCES), len(basis.names)))
    other = SUBSTANCES.index("other")
    for k, element in enumerate(basis.elements):
        row = SUBSTANCES.index(element) if element in SUBSTANCES else other
        matrix[row] += basis.element_matrix[k]
    matrix[other] += 1.0 - matrix.sum(axis=0)
    return matrix


@cache
def element_share(component: str, element: str) -> float:
    """kg of an element per kg of a component.

    >>> round(element_share("NiSO4.6H2O", "Ni"), 4)
    0.2233
    """
    return float(components(component).items[0].element_shares().get(element, 0.0))


def caustic_kg(element: str) -> float:
    """kg of caustic per kg of a metal in its salt, to its hydroxide.

    >>> round(caustic_kg("Ni"), 3), caustic_kg("Li")
    (1.363, 0.0)
    """
    return SALTS[element].caustic * molar_mass(CAUSTIC) / atomic_weights()[element]


def crystal_water_kg(element: str) -> float:
    """kg of water in the crystals per kg of the metal in them.

    >>> round(crystal_water_kg("Ni"), 2), crystal_water_kg("Li")
    (1.84, 0.0)
    """
    name = SALTS[element].component
    dry = name.partition(".")[0]
    wet_kg = 1.0 / element_share(name, element)
    return wet_kg - 1.0 / element_share(dry, element)
