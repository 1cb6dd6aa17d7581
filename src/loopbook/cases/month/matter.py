"""What is truly in the loads and lots of a month: drawn around the computed year.

The book never gets these numbers, only what scales and laboratories report. A lot's true
matter is kilograms by component. A run passes each component on by the year's own shares:

    share(component, product) = flow in the product / flow in the feed

and the rest of it is burnt (components that reach no product at all: binders, solvents, plastics)
or goes to the residue.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from loopbook.book import SUBSTANCES
from loopbook.cases.month.beyond import EXTRA, Lines, Refining, lines, refining
from loopbook.cases.month.settings import MonthSettings
from loopbook.cases.year.mass import Outcome
from loopbook.matter import ComponentSet, components
from loopbook.tables import Array


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
    to_substances : matrix (substance, component), kg/kg.
    """

    names: tuple[str, ...]
    feeds: tuple[Feed, ...]
    passed: Mapping[str, Array]
    to_substances: Array
    refining: Refining | None = None
    lines: Lines | None = None

    def of(self, kg: Mapping[str, float]) -> Array:
        """Kilograms by component as an array of all components."""
        return np.array([kg.get(name, 0.0) for name in self.names])

    def substances(self, kg: Array) -> Array:
        """Kilograms of each substance of the book in kilograms by component."""
        return np.asarray(self.to_substances @ kg)

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


def month_matter(outcome: Outcome, settings: MonthSettings) -> MonthMatter:
    """The year of the month, cut down to the month."""
    made = outcome.made
    place = outcome.case.years.index(settings.start.year)
    names = tuple(dict.fromkeys((*made.components, *EXTRA)))
    padding = np.zeros(len(names) - len(made.components))
    feeds = []
    for flow in made.scrap:
        taken = flow.taken_t[:, place] * 1000.0 * settings.year_share
        mass = float(taken.sum())
        if mass > 0.0:
            contract = flow.producer.switch is None
            shares = np.concatenate((taken / mass, padding))
            feeds.append(
                Feed(
                    settings.texts["owner"] if contract else flow.producer.name,
                    flow.scrap_type,
                    flow.hazmat,
                    mass,
                    shares,
                )
            )
    solution = outcome.plant.route.solution
    feed = made.feed_t()[:, place]
    feed_share = feed / max(float(feed.sum()), 1e-12)
    whole = _whole_flow(outcome, place)
    passed = {}
    for product in outcome.plant.route.products:
        share = np.zeros(len(made.components))
        for k, name in enumerate(made.components):
            if name in solution.plan.basis.names and feed_share[k] > 0.0:
                flow_kg = float(solution.flow(product, name)[place])
                share[k] = min(flow_kg / (whole * feed_share[k]), 1.0)
        if share.any():
            passed[product] = np.concatenate((share, padding))
    return MonthMatter(
        names,
        tuple(feeds),
        passed,
        _matrix(components(*names)),
        refining(outcome, settings),
        lines(outcome, settings, len(names)),
    )


def _whole_flow(outcome: Outcome, place: int) -> float:
    """Feed of the plant's flowsheet, kg/h: a product's flow over its share of the feed."""
    route = outcome.plant.route
    return max(
        float(route.solution.mass(name)[place]) / float(share[place])
        for name, share in route.products.items()
        if float(share[place]) > 0.0
    )


def _matrix(basis: ComponentSet) -> Array:
    """Substances of the book by component; what is no substance of the book is ``other``."""
    matrix = np.zeros((len(SUBSTANCES), len(basis.names)))
    other = SUBSTANCES.index("other")
    for k, element in enumerate(basis.elements):
        row = SUBSTANCES.index(element) if element in SUBSTANCES else other
        matrix[row] += basis.element_matrix[k]
    matrix[other] += 1.0 - matrix.sum(axis=0)
    return matrix
