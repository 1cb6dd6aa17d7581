"""Metal that is returned under tolling, against sums by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loopbook.loop import Walk, load, walk

FOLDER = {
    "case.toml": 'title = "Alloy is tolled"\nperiods = ["2027-01..2027-12"]\n',
    "parties.csv": "party\nMaker\nRefiner\n",
    "sites.csv": """\
site,party,model,process
factory,Maker,supply,
shredder,Refiner,process,shredding
works,Refiner,process,refining
""",
    "materials.csv": """\
material,basis,Ni,Co,Fe
alloy,%,40,10,50
grit,,,,
nickel,,,,
cobalt,,,,
""",
    "shares.csv": """\
process,to,Ni,Co,Fe
shredding,grit,100 %,100 %,100 %
refining,nickel,95 %,,
refining,cobalt,,90 %,
""",
    "parameters.csv": "on,parameter,of,value\nfactory,makes,alloy,1200 t/yr\n",
    "contracts.csv": """\
contract,from,material,to,amount,priority,title,seller
toll,factory,alloy,shredder,all,1,stays,
grit,shredder,grit,works,all,1,,
home,works,nickel; cobalt,outside,all,1,,Maker
market,works,nickel; cobalt,outside,all,2,,
""",
    "terms.csv": """\
on,term,of,value,lag,when
toll,return,Ni,90 %,2 months,
toll,return,Co,80 %,,
""",
}


def walked(folder: Path, **changes: str) -> Walk:
    """The loop with other terms."""
    for name, text in FOLDER.items():
        (folder / name).write_text(changes.get(name.partition(".")[0], text), encoding="utf-8")
    return walk(load(folder))


def taken(walk: Walk, contract: str, material: str) -> list[float]:
    """Tonnes by month."""
    (flow,) = [x for x in walk.of(contract) if x.row.material == material]
    return [float(x) for x in flow.taken[:, 0]]


def test_credited_metal_comes_back_after_its_lag(tmp_path: Path) -> None:
    loop = walked(tmp_path)
    # 100 t a month: 40 t of nickel come in, 38 t are made, 36 t are credited and set aside
    assert taken(loop, "home", "nickel") == pytest.approx([0, 0, *(10 * [36])])
    assert taken(loop, "market", "nickel") == pytest.approx(12 * [2])
    assert taken(loop, "home", "cobalt") == pytest.approx(12 * [8])
    assert taken(loop, "market", "cobalt") == pytest.approx(12 * [1])
    assert {name: x.max() for name, x in loop.owed.items()} == {
        ("toll", "Ni"): pytest.approx(0, abs=1e-9),
        ("toll", "Co"): pytest.approx(0, abs=1e-9),
    }


def test_part_of_a_month_is_due_a_month_later(tmp_path: Path) -> None:
    terms = FOLDER["terms.csv"].replace("2 months", "1.5 months")
    loop = walked(tmp_path, terms=terms)
    assert taken(loop, "home", "nickel") == pytest.approx([0, 18, *(10 * [36])])


def test_no_more_than_the_limit_is_returned_in_a_month(tmp_path: Path) -> None:
    terms = FOLDER["terms.csv"].replace("90 %,2 months,", "90 %,2 months,<= 30 t/month")
    loop = walked(tmp_path, terms=terms)
    assert taken(loop, "home", "nickel") == pytest.approx([0, 0, *(10 * [30])])
    owed = np.array([0, 0, *(6.0 * k for k in range(1, 11))])
    assert loop.owed["toll", "Ni"][:, 0] == pytest.approx(owed)


def test_what_is_not_made_stays_owed(tmp_path: Path) -> None:
    terms = FOLDER["terms.csv"].replace("Ni,90 %,2 months", "Ni,97 %,")  # more than is recovered
    loop = walked(tmp_path, terms=terms)
    assert taken(loop, "home", "nickel") == pytest.approx(12 * [38])
    assert taken(loop, "market", "nickel") == pytest.approx(12 * [0], abs=1e-9)
    assert loop.owed["toll", "Ni"][:, 0] == pytest.approx([0.8 * k for k in range(1, 13)])
    assert [finding.code for finding in loop.findings] == ["owed"]


def test_goods_with_two_metals_are_returned_by_the_scarcer(tmp_path: Path) -> None:
    shares = FOLDER["shares.csv"].replace("nickel,95 %,,", "nickel,95 %,90 %,")
    shares = shares.replace("refining,cobalt,,90 %,\n", "")
    contracts = FOLDER["contracts.csv"].replace("nickel; cobalt", "nickel")
    materials = FOLDER["materials.csv"].replace("cobalt,,,,\n", "")
    terms = FOLDER["terms.csv"].replace("Co,80 %,,", "Co,80 %,2 months,")
    changes = {"shares": shares, "contracts": contracts, "materials": materials, "terms": terms}
    loop = walked(tmp_path, **changes)
    # 38 t of nickel and 9 t of cobalt in one salt: 36 of 38 and 8 of 9 are due
    share = min(36 / 38, 8 / 9)
    assert taken(loop, "home", "nickel")[2:] == pytest.approx(10 * [47 * share])
    left = loop.owed["toll", "Ni"][:, 0]
    assert np.diff(left)[2:] == pytest.approx(9 * [36 - 38 * share])
