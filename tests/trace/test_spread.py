"""Shares' uncertainties against a Monte Carlo over the measurements, and by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loopbook import book as c
from loopbook.book.book import Book
from loopbook.trace import Genealogy, sure_shares
from support import world
from support.shelves import sqlite_shelf

DRAWS = 10_000
SHARED = 0.6


class Plant(world.Desk):
    """Writes a book whose scales and laboratories are shared by many lots."""

    def __init__(self, folder: Path) -> None:
        shelf = sqlite_shelf(folder)
        super().__init__(shelf, ("Ni", "other"), parties=("A", "B"), sites=("WS",))

    def load(self, lot: str, kg: float, ni: float) -> None:
        its = {"supplier": "A", "owner": "A", "site": "WS"}
        self.receive(lot, f"{kg:.3f}", {"Ni": f"{ni:.4f}"}, **its)

    def measure(self, lot: str, kg: float, ni: float, *, scale: str, lab: str) -> None:
        self.post(
            c.Weigh,
            lot=lot,
            ticket=lot,
            gross_kg=f"{kg + 10:.3f}",
            tare_kg=10,
            uncertainty_kg=f"{0.02 * kg:.3f}",
            scale=scale,
        )
        self.post(
            c.Assay,
            lot=lot,
            stage="final",
            basis="as received",
            shares={"Ni": f"{ni:.4f}"},
            uncertainty={"Ni": f"{0.03 * ni:.5f}"},
            laboratory=lab,
        )

    def blend(self, lot: str, *inputs: str, **parts: float) -> None:
        taken: dict[str, Any] = dict.fromkeys(inputs) | parts
        self.post(c.Blend, lot=lot, material="scrap", site="WS", inputs_kg=taken)

    def make(self, lot: str, kg: float, ni: float, *inputs: str) -> None:
        made = [(lot, f"{kg:.3f}", {"Ni": f"{ni:.4f}"})]
        self.run(f"run {lot}", dict.fromkeys(inputs), made, site="WS")


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    made = Plant(tmp_path)
    yield made
    made.book.close()


def the_book(plant: Plant) -> None:
    """Six loads on two scales and in two laboratories, two runs, a split, a blend, a last run."""
    for k in range(6):
        plant.load(f"S{k}", 900 + 60 * k, 0.2 + 0.02 * k)
        scale, lab = ("bridge" if k % 3 else "floor"), ("works" if k % 2 else "umpire")
        plant.measure(f"S{k}", 880 + 60 * k, 0.19 + 0.02 * k, scale=scale, lab=lab)
    plant.make("B1", 1500, 0.35, "S0", "S1")
    plant.measure("B1", 1490, 0.36, scale="floor", lab="works")
    plant.make("B2", 1900, 0.30, "S2", "S3", "S4")
    plant.measure("B2", 1910, 0.31, scale="floor", lab="works")
    plant.post(c.Split, lot="B1", parts_kg={"B1a": 700})
    plant.post(c.Split, lot="S5", parts_kg={"S5a": 300, "S5b": 200})
    plant.blend("M", "B1a", B2=800.0)
    plant.blend("P", "B1", "M", "S5a", B2=400.0)
    plant.make("P2", 1500, 0.40, "P", "S5b")


def measurements(book: Book) -> dict[str, list[tuple[str, float, str]]]:
    """Of each lot: what was measured last, its relative uncertainty, its group."""
    found: dict[str, dict[str, tuple[float, str]]] = {}
    for lot, quantity, value, sigma, group in book.store.rows(
        "SELECT lot, quantity, value, uncertainty, grp FROM measurement ORDER BY event, line"
    ):
        if quantity in ("mass", "Ni") and sigma:
            found.setdefault(lot, {})[quantity] = float(sigma) / float(value), group
    return {lot: [(q, *x) for q, x in known.items()] for lot, known in found.items()}


def drawn_shares(book: Book, lot: str, shared: float) -> dict[str, np.ndarray]:
    """Shares by origin in many draws: every edge is as wrong as the lot that it left."""
    draws = np.random.default_rng(11)
    known = measurements(book)
    biases: dict[tuple[str, str], np.ndarray] = {}
    errors: dict[str, np.ndarray] = {}
    shares: dict[str, dict[str, np.ndarray]] = {}
    for name, kind in book.store.rows(
        "SELECT l.id, e.kind FROM lot l JOIN event e ON e.id = l.event ORDER BY l.event, l.line"
    ):
        came = book.store.rows(
            'SELECT source, sum("s_Ni") FROM edge WHERE target = ? GROUP BY source', (name,)
        )
        parents = {source: mg for source, mg in came if "/" not in source and mg}
        gains = {
            end: mg - gone
            for end, mg in came
            if "/" in end and parents
            for gone in [
                book.store.rows(
                    'SELECT coalesce(sum("s_Ni"), 0) FROM edge WHERE source = ? AND target = ?',
                    (name, end),
                )[0][0]
            ]
            if mg > gone
        }
        weights = {p: mg * (1 + errors[p]) for p, mg in parents.items()}
        whole = sum(weights.values()) + sum(gains.values())
        made: dict[str, np.ndarray] = {}
        for p, weight in weights.items():
            for origin, share in shares[p].items():
                made[origin] = made.get(origin, 0.0) + weight / whole * share
        for end, mg in gains.items():
            made[end] = made.get(end, 0.0) + mg / whole
        shares[name] = made if parents else {name: np.ones(DRAWS)}
        error = np.zeros(DRAWS)
        if name in known:
            for quantity, sigma, group in known[name]:
                key = (quantity, group)
                if key not in biases:
                    biases[key] = draws.standard_normal(DRAWS)
                noise = draws.standard_normal(DRAWS)
                error += sigma * (np.sqrt(shared) * biases[key] + np.sqrt(1 - shared) * noise)
        elif kind in ("split", "sample", "blend"):
            error = sum(w * errors[p] for p, w in weights.items()) / sum(weights.values())
        errors[name] = error
    return shares[lot]


@pytest.mark.parametrize("lot", ["P2", "P", "M", "B2"])
@pytest.mark.parametrize("shared", [0.0, SHARED, 1.0])
def test_intervals_agree_with_monte_carlo(plant: Plant, lot: str, shared: float) -> None:
    the_book(plant)
    found = sure_shares(plant.book, lot, "Ni", shared=shared)
    drawn = drawn_shares(plant.book, lot, shared)
    assert sum(found.shares.values()) == pytest.approx(1.0, abs=1e-12)
    assert found.shares.keys() == {k for k, x in drawn.items() if np.any(x > 0)}
    for origin, share in found.shares.items():
        sigma, seen = found.sigmas[origin], float(np.std(drawn[origin]))
        # 10,000 draws know a standard deviation to 0.7 %; four of that and the second order
        assert abs(sigma - seen) <= 4 * 0.0071 * seen + 2e-3 * share * 0.05, origin
        centre = float(np.mean(drawn[origin]))
        assert abs(share - centre) <= 4 * seen / np.sqrt(DRAWS) + 2e-3 * share
        low, high = found.interval(origin)
        inside = float(np.mean((drawn[origin] >= low) & (drawn[origin] <= high)))
        assert inside == pytest.approx(0.954, abs=0.012), origin


def test_two_parents_by_hand(plant: Plant) -> None:
    """w = 0.25, 0.75; both with 3.6 % error, half of the variance of the laboratory's shared."""
    plant.load("A", 100, 0.1)
    plant.load("B", 100, 0.3)
    for lot, ni in (("A", 0.1), ("B", 0.3)):
        plant.measure(lot, 100, ni, scale="", lab="")
    plant.blend("M", "A", "B")
    found = sure_shares(plant.book, "M", "Ni")
    relative = np.sqrt(2 * (0.02**2 + 0.03**2))
    assert found.shares == pytest.approx({"A": 0.25, "B": 0.75})
    assert found.sigmas["A"] == pytest.approx(0.25 * 0.75 * relative, rel=1e-9)
    assert found.sigmas["B"] == found.sigmas["A"]
    assert found.covered == 1.0


def test_a_shared_error_cancels(plant: Plant) -> None:
    plant.load("A", 100, 0.1)
    plant.load("B", 100, 0.3)
    for lot, ni in (("A", 0.1), ("B", 0.3)):
        plant.measure(lot, 100, ni, scale="bridge", lab="works")
    plant.blend("M", "A", "B")
    assert sure_shares(plant.book, "M", "Ni", shared=1.0).sigmas["A"] == pytest.approx(0, abs=1e-12)
    alone = sure_shares(plant.book, "M", "Ni", shared=0.0).sigmas["A"]
    half = sure_shares(plant.book, "M", "Ni", shared=0.5).sigmas["A"]
    assert half == pytest.approx(alone * np.sqrt(0.5))


def test_what_was_not_measured_is_not_called_sure(plant: Plant) -> None:
    plant.load("A", 100, 0.2)
    plant.load("B", 300, 0.2)
    plant.measure("A", 100, 0.2, scale="bridge", lab="works")
    plant.blend("M", "A", "B")
    found = sure_shares(plant.book, "M", "Ni")
    assert found.covered == pytest.approx(0.25, abs=0.01)
    genealogy = Genealogy.of(plant.book)
    assert sure_shares(plant.book, "M", "Ni", genealogy=genealogy) == found


def test_a_lot_from_outside_is_wholly_itself(plant: Plant) -> None:
    plant.load("A", 100, 0.2)
    found = sure_shares(plant.book, "A", "Ni")
    assert (found.shares, found.sigmas, found.covered) == ({"A": 1.0}, {"A": 0.0}, 1.0)


def test_nothing_of_a_substance(plant: Plant) -> None:
    plant.load("A", 100, 0)
    plant.load("B", 100, 0)
    plant.blend("M", "A", "B")
    for lot in ("M", "A"):
        found = sure_shares(plant.book, lot, "Ni")
        assert (found.shares, found.sigmas) == ({}, {})
        assert np.isnan(found.covered)
