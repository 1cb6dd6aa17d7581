"""Of which class is what flows: sums by hand over a store, a lead and a blend, and balances."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from loop_folder import findings_of, loop_of

from loopbook.loop import Accounts, Walk, accounts, answer, load, walk
from loopbook.loop.walking.origins import origins
from loopbook.tables import Array

CASES = Path(__file__).parents[2] / "cases"

FILES = {
    "case.toml": (
        'title = "origins"\nperiods = ["2027..2029"]\n[recycled]\nreadings = ["regulation"]\n'
    ),
    "parties.csv": "party\nMaker\nRecycler\n",
    "sites.csv": (
        "site,party,model,process\nfactory,Maker,supply,\n"
        "shredder,Recycler,process,shred\nrefinery,Recycler,process,refine\n"
    ),
    "materials.csv": (
        "material,group,class,basis,Ni,Fe\n"
        "trim,scrap,manufacturing waste,%,50,50\nrework,scrap,run-around,%,50,50\n"
        "old packs,,end of life,%,25,75\nhydroxide,,,%,100,\nblack mass,,,,,\nnickel,,,,,\n"
    ),
    "shares.csv": "process,to,Ni\nshred,black mass,100 %\nrefine,nickel,90 %\n",
    "parameters.csv": (
        "on,parameter,of,value\nfactory,makes,trim,trim\nfactory,makes,rework,20 t/yr\n"
        "shredder,store,black mass,1000 t\n"
    ),
    "series.csv": "series,unit,2027,2028,2029\ntrim,t/yr,80,0,80\n",
    "lanes.csv": "from,to,lead\nshredder,refinery,6 months\n",
    "contracts.csv": (
        "contract,from,material,to,amount\nscrap,factory,scrap,shredder,all\n"
        "packs,outside,old packs,shredder,40 t/yr\nfresh,outside,hydroxide,refinery,10 t/yr\n"
        "black mass,shredder,black mass,refinery,30 t/yr\nnickel,refinery,nickel,outside,all\n"
    ),
}
"""A shredder with a store, six months from its refiner, which buys new metal too."""

# Tonnes of nickel by class (manufacturing waste, run-around, end of life) in the three years.
# Made: 40, 10, 10; 0, 10, 10; 40, 10, 10. In the store: 20, 5, 5; 20 + 0, 15, 15 less 30 of 50.
SHREDDED = np.array([[40.0, 10.0, 10.0], [0.0, 10.0, 10.0], [40.0, 10.0, 10.0]])
SOLD = np.array([[20.0, 5.0, 5.0], [12.0, 9.0, 9.0], [18.0, 6.0, 6.0]])
CAME = np.array([[10.0, 2.5, 2.5], [16.0, 7.0, 7.0], [15.0, 7.5, 7.5]])  # half a year later
COUNTS = {"regulation": [0, 2], "all": [0, 1, 2], "run-around": [1], "end of life": [2]}


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Walk, Accounts]:
    walked = walk(loop_of(tmp_path_factory.mktemp("origins"), FILES))
    return walked, accounts(walked)


@pytest.mark.parametrize("reading", COUNTS)
@pytest.mark.parametrize(
    ("name", "by_hand"), [("shredder", SHREDDED), ("'black mass'", SOLD), ("refinery", 0.9 * CAME)]
)
def test_nickel_of_each_class_is_the_sum_by_hand(
    name: str, by_hand: Array, reading: str, priced: tuple[Walk, Accounts]
) -> None:
    counted = by_hand[:, COUNTS[reading]].sum(axis=1)
    got = answer(*priced, f"recycled({name}, Ni, '{reading}')", unit="kg")[:, 0]
    np.testing.assert_allclose(got, 1000 * counted, rtol=1e-9)


def test_what_is_of_no_class_is_new(priced: tuple[Walk, Accounts]) -> None:
    new = answer(*priced, "content(made(refinery), Ni) - recycled(refinery, Ni, all)", unit="t")
    np.testing.assert_allclose(new[:, 0], [9.0, 9.0, 9.0], rtol=1e-9)
    assert not answer(*priced, "recycled(fresh, Ni, all)", unit="t").any()
    trim = answer(*priced, "recycled(scrap, Ni, all, trim)", unit="t")[:, 0]
    np.testing.assert_allclose(trim, [40.0, 0.0, 40.0], rtol=1e-9)


def test_an_unknown_reading_is_a_finding(tmp_path: Path) -> None:
    table = "table,column,title,unit,answer\nx,year,Year,,period\n"
    row = 'x,a,A,t,"recycled(refinery, Ni, regulations)"\n'
    (finding,) = findings_of(tmp_path, {**FILES, "results.csv": table + row})
    assert "regulation" in str(finding)
    case = FILES["case.toml"].replace("regulation", "EU")
    (finding,) = findings_of(tmp_path / "b", {**FILES, "case.toml": case})
    assert finding.where.startswith("case.toml:4")


@pytest.mark.parametrize("case", ["gmbi", "integrated"])
def test_classes_and_new_material_are_the_flow(case: str) -> None:
    walked = walk(load(CASES / case))
    whole = origins(walked)
    counted = 0.0
    for flow, by_class in zip(walked.flows, whole.flows, strict=True):
        for material, classes in by_class.items():
            content = walked.basis.matrix @ flow.materials[material]
            counted += float(classes.sum())
            assert (classes >= 0.0).all()
            assert (classes.sum(axis=1) <= content + 1e-9 * content.max(initial=1.0)).all()
    assert counted > 0.0
    for name, site in walked.sites.items():
        if walked.loop.models[name].model != "process" or site.waiting:
            continue
        materials = walked.loop.materials
        classed = {x for x in site.made if x in materials and materials[x].class_}
        came = [
            (flow, by_class)
            for flow, by_class in zip(walked.flows, whole.flows, strict=True)
            if flow.row.to == name
        ]
        if classed or any(flow.on_way or flow.row.from_ == name for flow, _ in came):
            continue
        into = sum(x.sum(axis=0) for _, by_class in came for x in by_class.values())
        made = sum(x.sum(axis=0) for (site_, _), x in whole.made.items() if site_ == name)
        assert (made <= into + 1e-6).all(), name
