"""Assembly, makers to order, and a refiner that returns metal to one, beside sums by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from loop_folder import loop_of
from test_cell_lines import LINES
from test_fleet import RETURNS

from loopbook.errors import InputError
from loopbook.loop import Amount, Facts, Loop, Now, Quantity, SiteModel, Walk, walk
from loopbook.loop.goods.basis import Basis
from loopbook.loop.models.making import settled
from loopbook.loop.values.cells import Lifetime
from loopbook.loop.walking.network import network_of
from loopbook.tables import Array

ASSEMBLY: Mapping[str, str] = {
    "case.toml": 'title = "assembly"\nperiods = ["2027..2028"]\n',
    "parties.csv": "party\nMaker\nPackers\n",
    "sites.csv": "site,party,model\ncell works,Maker,supply\nsmelter,Maker,supply\n"
    "packers,Packers,assembly\n",
    "materials.csv": "material,basis,cells,Al,steel,Ni\ncells,,,,,\ncar packs,%,60,25,15,\n"
    "bus packs,%,80,,20,\nsteel,,,,,\n",
    "parameters.csv": "on,parameter,of,value\ncell works,makes,cells,output\n"
    "smelter,makes,Al,50 t/yr\npackers,makes,car packs,100 t/yr\npackers,makes,bus packs,all\n"
    "packers,use,cells,95 %\n",
    "series.csv": "series,unit,2027,2028\noutput,t/yr,1000,50\n",
    "contracts.csv": """\
contract,from,material,to,amount
cell supply,cell works,cells,packers,all
ingots,smelter,Al,packers,all
cars,packers,car packs,outside,all
buses,packers,bus packs,outside,all
""",
}


def tonnes(walked: Walk, site: str, kind: str) -> list[float]:
    """What a site made of a material, or its disposal and the like, by step."""
    operation = walked.sites[site]
    stream = operation.made[kind] if kind in operation.made else getattr(operation, kind)
    return stream.sum(axis=(1, 2)).tolist()


def changed(files: Mapping[str, str], name: str, old: str, new: str) -> dict[str, str]:
    assert old in files[name]
    return {**files, name: files[name].replace(old, new)}


def test_an_assembly_builds_in_what_arrives_and_buys_the_rest(tmp_path: Path) -> None:
    """950 t of cells: 60 t for car packs, the rest for bus packs; then all 47.5 t for cars."""
    walked = walk(loop_of(tmp_path, ASSEMBLY))
    assert tonnes(walked, "packers", "car packs") == pytest.approx([100, 47.5 / 0.6])
    assert tonnes(walked, "packers", "bus packs") == pytest.approx([890 / 0.8, 0])
    cars = np.array(tonnes(walked, "packers", "car packs"))
    packs = walked.sites["packers"]
    aluminium = walked.content(packs.drawn, "Al")[:, 0]
    assert aluminium == pytest.approx(np.maximum(0.25 * cars - 50, 0), abs=1e-9)
    steel = walked.content(packs.drawn, "steel")[:, 0]
    assert steel == pytest.approx(
        0.15 * cars + 0.2 * np.array(tonnes(walked, "packers", "bus packs"))
    )
    lost = [50 + 50 - 25, 2.5 + 50 - 0.25 * cars[1]]
    assert tonnes(walked, "packers", "disposal") == pytest.approx(lost)


@pytest.mark.parametrize(
    ("rows", "cars", "buses"),
    [
        ("40 % of made;50 % of left", 0.4 * 950 / 0.6, 0.5 * 0.6 * 950 / 0.8),
        ("all;30 % of made", 0.7 * 950 / 0.6, 0.3 * 950 / 0.8),
        ("80 % of made;80 % of made", 475 / 0.6, 475 / 0.8),
        ("all;all", 475 / 0.6, 475 / 0.8),
    ],
)
def test_products_share_what_can_be_made(
    tmp_path: Path, rows: str, cars: float, buses: float
) -> None:
    first, last = rows.split(";")
    files = changed(ASSEMBLY, "parameters.csv", "car packs,100 t/yr", f"car packs,{first}")
    files = changed(files, "parameters.csv", "bus packs,all", f"bus packs,{last}")
    walked = walk(loop_of(tmp_path, files))
    assert tonnes(walked, "packers", "car packs")[0] == pytest.approx(cars)
    assert tonnes(walked, "packers", "bus packs")[0] == pytest.approx(buses)


def test_the_scarcest_of_all_that_arrives_decides_without_use(tmp_path: Path) -> None:
    files = changed(ASSEMBLY, "parameters.csv", "packers,use,cells,95 %\n", "")
    walked = walk(loop_of(tmp_path, files))
    assert tonnes(walked, "packers", "car packs") == pytest.approx([100, 50 / 0.6])
    assert tonnes(walked, "packers", "bus packs")[0] == pytest.approx(940 / 0.8)


def test_an_assembly_orders_the_components_of_what_is_ordered(tmp_path: Path) -> None:
    files = {
        **changed(ASSEMBLY, "parameters.csv", "packers,makes,bus packs,all\n", ""),
        "contracts.csv": "contract,from,material,to,amount,priority\n"
        "cell supply,cell works,cells,packers,as needed,1\n"
        "cars,packers,car packs,outside,70 t/yr,\n"
        "cell market,cell works,cells,outside,all,2\ningots,smelter,Al,outside,all,\n",
    }
    files = changed(files, "parameters.csv", "packers,use,cells,95 %\n", "")
    walked = walk(loop_of(tmp_path, files))
    assert walked.of("cell supply")[0].taken[:, 0] == pytest.approx([42, 42])
    assert tonnes(walked, "packers", "car packs") == pytest.approx([70, 70])


TOLLED: Mapping[str, str] = {
    "case.toml": 'title = "tolling: quantities"\nperiods = ["2027..2029"]\n',
    "parties.csv": "party\nMaker\nRefiner\nCathodes\n",
    "sites.csv": "site,party,model,process\nlines,Maker,supply,\n"
    "refinery,Refiner,process,refining\ncathode,Cathodes,make to order,\n",
    "materials.csv": "material,basis,Ni,Co,other\nblack mass,%,30,5,65\nnickel,,,,\ncobalt,,,,\n"
    "NMC811,,,,\n",
    "shares.csv": "process,to,Ni,Co\nrefining,nickel,96 %,\nrefining,cobalt,,95 %\n",
    "parameters.csv": "on,parameter,of,value\nlines,makes,black mass,output\n"
    "refinery,store,nickel,5000 t\nrefinery,store,cobalt,5000 t\n"
    "cathode,yield,,97 %\ncathode,capacity,,2000 t/yr\n",
    "series.csv": "series,unit,2027,2028,2029\noutput,t/yr,1000,4000,4000\n"
    "ordered,t/yr,1200,1600,2600\n",
    "contracts.csv": """\
contract,from,material,to,amount,title,seller,priority
toll,lines,black mass,refinery,all,stays,,
returned,refinery,nickel; cobalt,cathode,as needed,,,1
powder,cathode,NMC811,outside,ordered,,,
new,outside,nickel; cobalt,cathode,as needed,,,2
""",
}


def test_a_refiner_returns_metal_to_a_maker_to_order(tmp_path: Path) -> None:
    """What comes back counts in the step in which it comes; new metal covers the rest."""
    walked = walk(loop_of(tmp_path, TOLLED))
    basis = walked.basis
    nickel, cobalt = (basis.content(basis.stream("NMC811", np.ones(1)), x)[0] for x in ("Ni", "Co"))
    ordered = np.array([1200.0, 1600.0, 2000.0])  # of 2600 the capacity takes 2000
    goes_in = ordered / 0.97
    assert tonnes(walked, "cathode", "NMC811") == pytest.approx(ordered)
    assert tonnes(walked, "cathode", "disposal") == pytest.approx(goes_in - ordered)
    for metal, element, share, refined in (
        ("nickel", "Ni", nickel, 0.288),
        ("cobalt", "Co", cobalt, 0.0475),
    ):
        there, back = 0.0, []
        for need, black_mass in zip(share * goes_in, (1000, 4000, 4000), strict=True):
            there += refined * black_mass
            back.append(min(there, need))
            there -= back[-1]
        (returned,) = (x for x in walked.of("returned") if x.row.material == metal)
        (new,) = (x for x in walked.of("new") if x.row.material == metal)
        assert returned.taken[:, 0] == pytest.approx(back)
        assert new.taken[:, 0] == pytest.approx(share * goes_in - back)
        waiting = walked.sites["refinery"].waiting[metal].sum(axis=(1, 2))
        assert waiting[-1] == pytest.approx(there)
        assert np.abs(walked.content(walked.sites["cathode"].drawn, element)).max() < 1e-6
    drawn = walked.content(walked.sites["cathode"].drawn, "Li")[:, 0]
    assert drawn == pytest.approx(basis.content(basis.stream("NMC811", goes_in), "Li"))
    (powder,) = walked.of("powder")
    assert powder.short_by_seller[:, 0] == pytest.approx([0, 0, 600])


def test_tolled_metal_goes_to_a_maker_under_its_givers_title(tmp_path: Path) -> None:
    """90 % of the nickel is credited to the maker of scrap and replaces new nickel of cathodes."""
    files = {
        **changed(TOLLED, "contracts.csv", "as needed,,,1", "as needed,,Maker,1"),
        "terms.csv": "on,term,of,value\ntoll,return,Ni,90 %\ntoll,return,Co,80 %\n",
    }
    files["contracts.csv"] += "own,refinery,nickel; cobalt,outside,all,,,3\n"
    walked = walk(loop_of(tmp_path, files))
    basis = walked.basis
    share = basis.content(basis.stream("NMC811", np.ones(1)), "Ni")[0]
    need = share * np.array([1200.0, 1600.0, 2000.0]) / 0.97
    credit = 0.9 * 0.3 * np.array([1000.0, 4000.0, 4000.0])
    (returned,) = (x for x in walked.of("returned") if x.row.material == "nickel")
    (new,) = (x for x in walked.of("new") if x.row.material == "nickel")
    (own,) = (x for x in walked.of("own") if x.row.material == "nickel")
    there, back = 0.0, []
    for amount, most in zip(credit, need, strict=True):
        there += amount
        back.append(min(there, most))
        there -= back[-1]
    assert returned.taken[:, 0] == pytest.approx(back)
    assert new.taken[:, 0] == pytest.approx(need - back)
    assert own.taken[:, 0] == pytest.approx(credit / 0.9 * 0.96 - credit)


def test_vehicles_are_made_of_packs_of_cells(tmp_path: Path) -> None:
    """Steel in packs that arrive is no steel for vehicles: only packs decide."""
    files = {
        **changed(ASSEMBLY, "sites.csv", "packers,", "car works,Packers,assembly\npackers,"),
        "materials.csv": "material,basis,cells,packs,steel\ncells,,,,\npacks,%,65,,35\n"
        "cars,%,,25,75\nsteel,,,,\n",
        "parameters.csv": "on,parameter,of,value\ncell works,makes,cells,output\n"
        "smelter,makes,steel,50 t/yr\npackers,makes,packs,all\ncar works,makes,cars,900 t/yr\n",
        "contracts.csv": """\
contract,from,material,to,amount,priority
cell supply,cell works,cells,packers,all,
ingots,smelter,steel,outside,all,
pack supply,packers,packs,car works,as needed,1
more packs,packers,packs,outside,all,2
sales,car works,cars,outside,600 t/yr,
""",
    }
    walked = walk(loop_of(tmp_path, files))
    packs = [1000 / 0.65, 50 / 0.65]
    assert tonnes(walked, "packers", "packs") == pytest.approx(packs)
    assert walked.of("pack supply")[0].taken[:, 0] == pytest.approx([150, packs[1]])
    cars = tonnes(walked, "car works", "cars")
    assert cars == pytest.approx([600, packs[1] / 0.25])
    assert tonnes(walked, "car works", "drawn") == pytest.approx([450, 0.75 * cars[1]])
    assert max(tonnes(walked, "car works", "disposal")) < 1e-6


ORDERED = {"lines": ["cells"], "foils": ["copper foil 6 um"], "packers": ["car packs"]}
RATE = Quantity(number=1.0, unit="t/yr", draws=np.array([200.0, 5000.0, 5000.0]))
YEARS = Quantity(number=1.0, unit="yr", draws=np.array([1.0, 4.0, 12.0]))
STOCK = Quantity(number=1.0, unit="pack", draws=np.array([1e4, 2e4, 5e4]))
DRAWN = Quantity(number=0.1, draws=np.array([0.05, 0.1, 0.3]))


@pytest.mark.parametrize(
    ("files", "site", "changes"),
    [
        (LINES, "lines", {"reject": DRAWN, "foil_loss": DRAWN, "availability": DRAWN}),
        (LINES, "foils", {"yield_": {"": DRAWN}, "capacity": {"": RATE}}),
        (ASSEMBLY, "packers", {"use": {"cells": DRAWN}}),
        (ASSEMBLY, "packers", {"makes": {"car packs": Amount("share", "made", DRAWN)}}),
        (RETURNS, "roads", {"lifetime": {"packs": Lifetime("weibull", 2.0, YEARS)}, "fails": {}}),
        (RETURNS, "roads", {"returns": {"old packs": Amount("share", "packs", DRAWN)}}),
        (RETURNS, "roads", {"sales": {}, "stock": {"packs": STOCK}}),
    ],
)
def test_draws_are_as_each_of_them_alone(
    tmp_path: Path, files: Mapping[str, str], site: str, changes: Mapping[str, object]
) -> None:
    loop = loop_of(tmp_path, files)
    together = outcomes(loop, replace(loop.models[site], **changes))
    for draw in range(3):
        for all_of_it, alone in zip(
            together, outcomes(loop, replace(loop.models[site], **changes), draw), strict=True
        ):
            assert all_of_it.keys() == alone.keys()
            for name, stream in alone.items():
                whole = np.broadcast_to(all_of_it[name], (len(stream), 3))
                np.testing.assert_allclose(whole[:, draw], stream[:, 0], rtol=1e-12, atol=1e-12)


def outcomes(loop: Loop, model: SiteModel, draw: int | None = None) -> list[dict[str, Array]]:
    """What a model does in the first steps with all draws, or with one of them."""
    if draw is not None:
        model = only(model, draw)
    net, site = network_of(loop), model.name
    days = loop.days(loop.sites[site])
    prepared, state = model.prepare(Facts(net.basis, loop.calendar, days)), None
    results = []
    for step in loop.calendar.steps[:3]:
        now = Now(step, days, loop.calendar, net.basis, prepared, state)
        feed = {"cells": net.basis.stream("cells", np.full(1, 900.0))} if model.by_arrival else {}
        orders = {} if site == "roads" else {name: np.full(1, 300.0) for name in ORDERED[site]}
        outcome = model.run(feed, orders, now)
        if not model.by_arrival:
            outcome = model.receive({}, outcome, now)
        state = outcome.state
        parts = {name: getattr(outcome, name) for name in ("disposal", "drawn", "held")}
        results.append({**outcome.made, **{k: x for k, x in parts.items() if x is not None}})
    return results


def only(thing: object, draw: int) -> Any:
    """The same with one of its draws, however deep."""
    if isinstance(thing, Quantity):
        return thing if thing.draws is None else replace(thing, draws=thing.draws[[draw]])
    if isinstance(thing, Mapping):
        return {name: only(x, draw) for name, x in thing.items()}
    if isinstance(thing, SiteModel | Amount | Lifetime):
        fields = {x.name: getattr(thing, x.name) for x in dataclass_fields(thing)}
        return replace(thing, **{name: only(x, draw) for name, x in fields.items()})
    return thing


def test_makers_of_what_has_no_composition_are_found(tmp_path: Path) -> None:
    files = changed(ASSEMBLY, "materials.csv", "car packs,%,60,25,15,", "car packs,,,,,")
    with pytest.raises(InputError, match="what car packs consists of"):
        walk(loop_of(tmp_path, files))


def test_makes_of_an_assembly_is_no_right_and_no_need(tmp_path: Path) -> None:
    for amount in ("as needed", "offer all", "200..300 t/month"):
        files = changed(ASSEMBLY, "parameters.csv", "bus packs,all", f"bus packs,{amount}")
        with pytest.raises(InputError, match=r"parameters.csv:5, value: amount"):
            loop_of(tmp_path / amount.replace("/", " "), files)


def test_settled_streams_close_by_element() -> None:
    basis = Basis.of(["NMC811", "graphite", "copper", "NiSO4.6H2O"], {})
    needed = sum(basis.stream(x, np.array([10.0, 20.0])) for x in ("NMC811", "graphite", "copper"))
    came = basis.stream("NiSO4.6H2O", np.array([5.0, 200.0]))
    came = came + basis.stream("copper", np.array([3.0, 30.0]))
    drawn, left = settled(needed, came, basis)
    matrix = basis.matrix
    np.testing.assert_allclose(matrix @ (came + drawn), matrix @ (needed + left), rtol=1e-12)
    assert min(drawn.min(), left.min()) >= 0
    both = np.minimum(matrix @ drawn, matrix @ left)
    assert both.max() < 1e-12
    assert basis.content(drawn, "graphite").tolist() == [10.0, 20.0]
