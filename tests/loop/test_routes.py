"""A route as the process of a site, against the same route called alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loopbook.flowsheet import ROUTES, RouteSetting, black_mass_composition
from loopbook.loop import load, walk
from loopbook.loop.goods.basis import Basis
from loopbook.loop.routes.running import Running, route_components
from loopbook.matter import Sourced, composition, load_library

LIBRARY = load_library()
NCA = composition(Sourced(LIBRARY), "composition_cell", "NCA")
NMC = composition(Sourced(LIBRARY), "composition_cell", "NMC811")


def running(name: str, **cells: dict[str, float]) -> Running:
    """A route in a basis with some cells as materials."""
    basis = Basis.of([*cells, *route_components(name, LIBRARY)], cells)
    return Running.of(name, RouteSetting(throughput_t_per_yr=13500.0), LIBRARY, basis)


def test_products_are_those_of_the_route() -> None:
    plant = running("preprocessing")
    feed = sum(plant.basis.stream(x, np.array([1000.0 * share])) for x, share in NCA.items())
    outcome = plant.run(feed, None)
    alone = ROUTES["preprocessing"](NCA, numbers=Sourced(LIBRARY))
    assert outcome.made.keys() == alone.products.keys()
    for name, stream in outcome.made.items():
        assert stream.sum() == pytest.approx(1000.0 * alone.products[name].item(), rel=1e-12)
    black = outcome.made["black mass"]
    for name, share in black_mass_composition(alone).items():
        held = black[plant.basis.index[name]].item()
        assert held == pytest.approx(share.item() * black.sum(), rel=1e-12)


def test_what_is_counted_as_an_element_is_that_element() -> None:
    works = running("hydro")
    black = black_mass_composition(ROUTES["preprocessing"](NCA, numbers=Sourced(LIBRARY)))
    feed = sum(works.basis.stream(name, 500.0 * share) for name, share in black.items())
    outcome = works.run(feed, None)
    alone = ROUTES["hydro"](black, numbers=Sourced(LIBRARY))
    nickel = outcome.made["Ni"]
    assert nickel[works.basis.index["Ni"]].item() == nickel.sum()
    for name, share in alone.products.items():
        assert outcome.made[name].sum() == pytest.approx(500.0 * share.item(), rel=1e-12)
    assert outcome.made["Li2CO3"][works.basis.index["Li2CO3"]].item() > 0


@pytest.mark.parametrize("route", ["preprocessing", "pyro"])
def test_elements_close(route: str) -> None:
    plant = running(route)
    parts = NCA
    if route == "pyro":
        alone = ROUTES["preprocessing"](NCA, numbers=Sourced(LIBRARY))
        parts = {name: x.item() for name, x in black_mass_composition(alone).items()}
    feed = sum(plant.basis.stream(x, np.array([share])) for x, share in parts.items())
    outcome = plant.run(feed, None)
    assert outcome.drawn is not None
    assert outcome.disposal is not None
    into = plant.basis.matrix @ (feed + outcome.drawn)
    out = plant.basis.matrix @ (sum(outcome.made.values()) + outcome.disposal)
    assert np.abs(into - out).max() < 1e-12
    assert outcome.disposal.min() > -1e-12
    assert outcome.drawn.sum() > 0.01


def test_cells_are_opened_and_scenarios_are_apart() -> None:
    plant = running("preprocessing", cells=NCA, others=NMC)
    basis = plant.basis
    feed = basis.stream("cells", np.array([100.0, 0.0, 0.0]))
    feed = feed + basis.stream("others", np.array([0.0, 50.0, 0.0]))
    outcome = plant.run(feed, None)
    first = ROUTES["preprocessing"](NCA, numbers=Sourced(LIBRARY)).products["black mass"].item()
    second = ROUTES["preprocessing"](NMC, numbers=Sourced(LIBRARY)).products["black mass"].item()
    black = outcome.made["black mass"].sum(axis=0)
    assert black == pytest.approx([100.0 * first, 50.0 * second, 0.0], rel=1e-9)


def test_a_feed_of_the_same_shares_is_solved_once() -> None:
    plant = running("preprocessing", cells=NCA, others=NMC)
    one, other = (plant.basis.stream(x, np.array([1.0])) for x in ("cells", "others"))
    ran = plant.run(one, None)
    again = plant.run(3.0 * one, ran.state)
    assert again.solved is ran.solved
    for name, stream in again.made.items():
        assert stream == pytest.approx(3.0 * ran.made[name], rel=1e-12)
    mixed = plant.run(one + 1e-9 * other, ran.state)
    assert mixed.solved is not ran.solved
    assert plant.run(one, mixed.state).solved is not mixed.solved


def test_a_plant_that_stands_still_makes_nothing() -> None:
    plant = running("preprocessing", cells=NCA)
    ran = plant.run(plant.basis.stream("cells", np.array([1.0])), None)
    still = plant.run(plant.basis.zeros(), ran.state)
    assert (still.made, still.solved) == ({}, ran.solved)


FOLDER = {
    "case.toml": 'title = "A plant and a works"\nperiods = ["2027..2028"]\n',
    "parties.csv": "party\nMaker\nRecycler\n",
    "sites.csv": """\
site,party,model,process
factory,Maker,supply,
line,Recycler,process,preprocessing
works,Recycler,process,hydro
""",
    "materials.csv": "material,like\ncells,lib:composition_cell/NCA\nblack mass,\n",
    "parameters.csv": "on,parameter,of,value\nfactory,makes,cells,2000 t/yr\n",
    "contracts.csv": """\
contract,from,material,to,amount
scrap,factory,cells,line,all
black mass,line,black mass,works,all
nickel,works,Ni,outside,all
""",
}


def test_two_routes_in_a_row_are_walked(tmp_path: Path) -> None:
    for name, text in FOLDER.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    walked = walk(load(tmp_path))
    first = ROUTES["preprocessing"](NCA, numbers=Sourced(LIBRARY))
    second = ROUTES["hydro"](black_mass_composition(first), numbers=Sourced(LIBRARY))
    each = first.products["black mass"] * second.products["Ni"]
    (nickel,) = walked.of("nickel")
    assert nickel.taken.ravel() == pytest.approx(2 * [2000.0 * each.item()], rel=1e-9)
    assert [x is not None for x in walked.sites["works"].solved] == [True, True]
