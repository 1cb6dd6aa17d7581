"""Assembly, makers to order, and a refiner that returns metal to one, beside sums by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from loop_folder import loop_of

from loopbook.errors import InputError
from loopbook.loop import Walk, walk
from loopbook.loop.goods.basis import Basis
from loopbook.loop.models.making import settled

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
