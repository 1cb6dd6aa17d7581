"""Loops of other shapes, each with its figures from a sum by hand that knows nothing of `loop`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loop_folder import changed, walk_of

from loopbook.loop import Walk

COMPETING = {
    "case.toml": 'title = "two recyclers"\nperiods = ["2027..2029"]\n',
    "parties.csv": "party\nMaker\nNorth\nSouth\n",
    "sites.csv": (
        "site,party,model,process,starts\nfactory,Maker,supply,,\nNorth,,process,shredding,\n"
        "South,,process,shredding,2028-01-01\n"
    ),
    "materials.csv": "material,basis,Ni,Cu\nscrap,%,40,60\nblack mass,%,,\n",
    "shares.csv": "process,to,Ni,Cu\nshredding,black mass,95 %,2 %\n",
    "parameters.csv": (
        "on,parameter,of,value\nfactory,makes,scrap,1000 t/yr\nfactory,store,scrap,10 kt\n"
        "North,capacity,,300 t/yr\nSouth,capacity,,900 t/yr\nSouth,availability,,80 %\n"
    ),
    "contracts.csv": (
        "contract,from,material,to,amount,priority\nto North,factory,scrap,North,all,1\n"
        "to South,factory,scrap,South,all,1\n"
        "sale,North; South,black mass,outside,all,1\n"
    ),
}
"""Two recyclers that both want all of a factory's scrap."""


def _taken(walked: Walk, contract: str) -> list[float]:
    return [float(x) for x in sum(flow.taken for flow in walked.of(contract))[:, 0]]


def test_two_recyclers_compete_for_the_scrap_of_one_factory(tmp_path: Path) -> None:
    """North has room for 300 t, South for 720 t from 2028 on; what waits goes first."""
    walked = walk_of(tmp_path, COMPETING)
    assert _taken(walked, "to North") == pytest.approx([300, 300, 300], rel=1e-12)
    # 2028: 700 + 1000 t, of which each would take half; both are full before
    assert _taken(walked, "to South") == pytest.approx([0, 720, 720], rel=1e-12)
    waiting = walked.sites["factory"].waiting["scrap"].sum(axis=(1, 2))
    assert waiting.tolist() == pytest.approx([700, 680, 660], rel=1e-12)
    black_mass = (0.95 * 0.4 + 0.02 * 0.6) * 1020
    assert _taken(walked, "sale")[1:] == pytest.approx([black_mass, black_mass], rel=1e-12)
    north, south = walked.of("to North")[0], walked.of("to South")[0]
    assert north.short_by_buyer[0, 0] == pytest.approx(1000 - 300)
    assert north.short_by_seller.max() == south.short_by_seller.max() == 0


def test_what_is_short_is_so_by_the_seller_where_the_buyer_has_room(tmp_path: Path) -> None:
    """South asks for 600..800 t, and has room for 720; the factory has 700 t less North's 300."""
    rate = changed("contracts.csv", "South,all,1", "South,600..800 t/yr,2", COMPETING)
    empty = changed("parameters.csv", "factory,store,scrap,10 kt\n", "", rate)
    empty = changed("sites.csv", "2028-01-01", "", empty)
    empty = changed("parameters.csv", "1000 t/yr", "700 t/yr", empty)
    (south,) = walk_of(tmp_path, empty).of("to South")
    assert south.asked[:, 0].tolist() == pytest.approx([800] * 3)
    assert south.taken[:, 0].tolist() == pytest.approx([400] * 3)
    assert south.short_by_seller[:, 0].tolist() == pytest.approx([200] * 3)
    assert south.short_by_buyer.max() == 0


def test_equal_ones_are_cut_alike_and_the_first_goes_first(tmp_path: Path) -> None:
    large = changed("parameters.csv", "North,capacity,,300 t/yr\n", "", COMPETING)
    alike = walk_of(tmp_path / "alike", large)
    assert _taken(alike, "to North") == pytest.approx([1000, 500, 500], rel=1e-12)
    assert _taken(alike, "to South") == pytest.approx([0, 500, 500], rel=1e-12)
    second = changed("contracts.csv", "North,all,1", "North,all,2", large)
    ranked = walk_of(tmp_path / "ranked", second)
    assert _taken(ranked, "to South") == pytest.approx([0, 720, 720], rel=1e-12)
    assert _taken(ranked, "to North") == pytest.approx([1000, 280, 280], rel=1e-12)
    shares = changed("contracts.csv", "North,all,1", "North,30 % of made,1", large)
    shares = changed("contracts.csv", "South,all,1", "South,50 % of left,2", shares)
    part = walk_of(tmp_path / "part", shares)
    # 2027: 300 t of 1000; 2028: 300 t, then half of 700 + 700; 2029: half of 700 + 700 again
    assert _taken(part, "to North") == pytest.approx([300, 300, 300], rel=1e-12)
    assert _taken(part, "to South") == pytest.approx([0, 700, 700], rel=1e-12)


IN_A_ROW = {
    "case.toml": 'title = "two plants in a row"\nperiods = ["2027-Q1..2027-Q4"]\n',
    "parties.csv": "party\nMaker\nShredder\nRefiner\n",
    "sites.csv": (
        "site,party,model,process\nfactory,Maker,supply,\nShredder,,process,shredding\n"
        "Refiner,,process,refining\n"
    ),
    "materials.csv": "material,basis,Ni,Cu\nscrap,%,40,60\nblack mass,%,100,0\nnickel,%,,\n",
    "shares.csv": "process,to,Ni\nshredding,black mass,90 %\nrefining,nickel,98 %\n",
    "parameters.csv": (
        "on,parameter,of,value\nfactory,makes,scrap,fed\nShredder,store,black mass,50 t\n"
        "Shredder,opening,black mass,5 t\nRefiner,capacity,,100 t/yr\n"
        "Refiner,store,black mass,8 t\n"
    ),
    "series.csv": "series,unit,2027-Q1,2027-Q2,2027-Q3,2027-Q4\nfed,t/quarter,100,100,40,0\n",
    "lanes.csv": "from,to,lead\nRefiner,Shredder,2 months\n",
    "contracts.csv": (
        "contract,from,material,to,amount\nscrap,factory,scrap,Shredder,all\n"
        "black mass,Shredder,black mass,Refiner,all\nsale,Refiner,nickel,outside,all\n"
    ),
}
"""A shredder, a store and a refiner; the refiner takes 25 t a quarter."""


def test_two_plants_in_a_row_with_stock_between(tmp_path: Path) -> None:
    files = changed("lanes.csv", "Refiner,Shredder", "Shredder,Refiner", IN_A_ROW)
    quick = {**IN_A_ROW, "lanes.csv": "from,to,lead\n"}
    waits, at_refiner, taken, refined = 5.0, 0.0, [], []
    for scrap in (100, 100, 40, 0):
        made = 0.9 * 0.4 * scrap
        taken.append(min(waits + made, 25 + 8 - at_refiner))
        waits += made - taken[-1]
        refined.append(min(at_refiner + taken[-1], 25))
        at_refiner += taken[-1] - refined[-1]
    walked = walk_of(tmp_path / "quick", quick)
    assert _taken(walked, "black mass") == pytest.approx(taken, rel=1e-12)
    assert _taken(walked, "sale") == pytest.approx([0.98 * x for x in refined], rel=1e-12)
    waiting = walked.sites["Shredder"].waiting["black mass"].sum(axis=(1, 2))
    assert waiting[-1] == pytest.approx(waits, rel=1e-12)
    # with two months on the way a third of a quarter's flow arrives in it
    slow = walk_of(tmp_path / "slow", files)
    (flow,) = slow.of("black mass")
    left, arrived = (x["black mass"].sum(axis=(1, 2)) for x in (flow.materials, flow.arrived))
    both = [left[k] / 3 + left[k - 1] * 2 / 3 for k in (1, 2, 3)]
    expected = [left[0] / 3, *both, left[3] * 2 / 3]
    np.testing.assert_allclose(arrived, expected, rtol=1e-12)
    assert slow.findings == ()


SORTED = {
    "case.toml": 'title = "sorting"\nperiods = ["2027..2028"]\n',
    "parties.csv": "party\nMaker\nSorter\n",
    "sites.csv": "site,party,model,process\nfactory,Maker,supply,\nSorter,,process,sorting\n",
    "materials.csv": "material,basis,Ni,Cu\nscrap,%,40,60\nfoils,%,0,100\ngood,,,\nmetal,,,\n",
    "shares.csv": "process,to,scrap,Cu\nsorting,good,75 %,\nsorting,metal,5 %,90 %\n",
    "parameters.csv": (
        "on,parameter,of,value\nfactory,makes,scrap,200 t/yr\nfactory,makes,foils,50 t/yr\n"
    ),
    "contracts.csv": (
        "contract,from,material,to,amount\nin,factory,scrap; foils,Sorter,all\n"
        "good,Sorter,good,outside,all\nmetal,Sorter,metal,outside,all\n"
    ),
}
"""A sorter that sends parts of a material on as it came; another it opens into copper."""


def test_a_process_acts_on_a_material_that_it_has_a_column_for(tmp_path: Path) -> None:
    """Scrap is not opened: its copper does not go by the column of copper."""
    walked = walk_of(tmp_path, SORTED)
    sorter = walked.sites["Sorter"]
    assert sorter.made["good"].sum(axis=1)[0, 0] == pytest.approx(150, rel=1e-12)
    assert walked.content(sorter.made["good"], "Ni")[0, 0] == pytest.approx(60, rel=1e-12)
    assert sorter.made["metal"].sum(axis=1)[0, 0] == pytest.approx(10 + 45, rel=1e-12)
    assert walked.content(sorter.made["metal"], "Cu")[0, 0] == pytest.approx(6 + 45, rel=1e-12)
    assert sorter.disposal[0].sum() == pytest.approx(40 + 5, rel=1e-12)


FIVE = {
    "case.toml": 'title = "five sites"\nperiods = ["2027-01..2027-12"]\nstep = "month"\n',
    "parties.csv": "party\nMaker\nRecycler\nTrader\n",
    "sites.csv": (
        "site,party,model,process\nlines,Maker,supply,\nshredder,Recycler,process,shredding\n"
        "yard,Trader,hold,\nrefinery,Recycler,process,refining\nmint,Maker,demand,\n"
    ),
    "materials.csv": (
        "material,basis,Ni,Co,Cu\nscrap,%,30,10,60\nblack mass,%,,,\ncopper,%,,,\nnickel,%,,,\n"
        "residue,%,,,\n"
    ),
    "shares.csv": (
        "process,to,Ni,Co,Cu\nshredding,black mass,90 %,80 %,5 %\nshredding,copper,,,70 %\n"
        "refining,nickel,95 %,,\nrefining,residue,3 %,50 %,100 %\n"
    ),
    "parameters.csv": (
        "on,parameter,of,value\nlines,makes,scrap,120 t/yr\nmint,needs,nickel,2 t/month\n"
    ),
    "lanes.csv": "from,to,lead\nrefinery,shredder,1 month\n",
    "contracts.csv": (
        "contract,from,material,to,amount,priority\nscrap,lines,scrap,shredder,all,1\n"
        "stored,shredder,black mass,yard,40 % of made,1\n"
        "refined,shredder,black mass,refinery,all,2\n"
        "drawn,yard,black mass,refinery,all,1\n"
        "copper,shredder,copper,outside,all,1\nback,refinery,residue,shredder,all,1\n"
        "nickel,refinery,nickel,mint,as needed,1\nmarket,refinery,nickel,outside,all,2\n"
    ),
}
"""A loop: what the refinery leaves comes back to the shredder after a month."""

ORDER = ("Ni", "Co", "Cu")
SHREDDED = {"black mass": (0.9, 0.8, 0.05), "copper": (0.0, 0.0, 0.7)}
REFINED = {"nickel": (0.95, 0.0, 0.0), "residue": (0.03, 0.5, 1.0)}


def test_a_loop_of_five_sites_by_hand(tmp_path: Path) -> None:
    """Each month 10 t of scrap, and the residue of the month before."""
    back = [0.0, 0.0, 0.0]
    scrap, nickel, residue = (3.0, 1.0, 6.0), [], []
    for _ in range(12):
        fed = [a + b for a, b in zip(scrap, back, strict=True)]
        black = [x * y for x, y in zip(fed, SHREDDED["black mass"], strict=True)]
        back = [x * y for x, y in zip(black, REFINED["residue"], strict=True)]
        nickel.append(black[0] * 0.95)
        residue.append(sum(back))
    walked = walk_of(tmp_path, FIVE)
    assert _taken(walked, "nickel") == pytest.approx([min(x, 2.0) for x in nickel], rel=1e-12)
    surplus = [max(x - 2.0, 0.0) for x in nickel]
    assert _taken(walked, "market") == pytest.approx(surplus, rel=1e-9)
    assert _taken(walked, "back") == pytest.approx(residue, rel=1e-12)
    (flow,) = walked.of("back")
    on_way = flow.arrived["residue"][-1].sum()
    assert on_way == pytest.approx(residue[-1], rel=1e-12)
    lacking = walked.sites["mint"].lacking["nickel"][:, 0]
    assert lacking.tolist() == pytest.approx([max(2.0 - x, 0.0) for x in nickel], abs=1e-12)


def test_a_loop_in_steady_state_solves_its_linear_system(tmp_path: Path) -> None:
    """After many months the flows solve ``x = A x + b`` over sites and elements."""
    years = changed("case.toml", "2027-01..2027-12", "2027-01..2034-12", FIVE)
    walked = walk_of(tmp_path, years)
    for k, element in enumerate(ORDER):
        # unknowns: shredder's feed, black mass at the yard, refinery's feed, what comes back
        part = SHREDDED["black mass"][k]
        system = np.array(
            [
                [1, 0, 0, -1],
                [-0.4 * part, 1, 0, 0],
                [-0.6 * part, -1, 1, 0],
                [0, 0, -REFINED["residue"][k], 1],
            ]
        )
        solution = np.linalg.solve(system, [(3.0, 1.0, 6.0)[k], 0, 0, 0])
        fed = [
            sum(walked.content(x, element)[-1, 0] for x in walked.sites[site].feed.values())
            for site in ("shredder", "yard", "refinery")
        ]
        (flow,) = walked.of("back")
        fed.append(walked.content(flow.materials["residue"], element)[-1, 0])
        np.testing.assert_allclose(fed, solution, rtol=1e-9, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(
    made=st.lists(st.floats(0.0, 500.0), min_size=3, max_size=3),
    north=st.floats(0.0, 400.0),
    share=st.integers(0, 100),
    factor=st.floats(0.5, 20.0),
    backwards=st.booleans(),
)
def test_scaled_and_in_another_order_a_loop_is_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    made: list[float],
    north: float,
    share: int,
    factor: float,
    *,
    backwards: bool,
) -> None:
    """Conservation is checked in each walk; here its scale and the order of rows."""

    def walked(scale: float, *, turned: bool) -> Walk:
        fed = ",".join(f"{scale * x:.12f}" for x in made)
        files = {
            **COMPETING,
            "series.csv": f"series,unit,2027,2028,2029\nfed,t/yr,{fed}\n",
            "parameters.csv": (
                "on,parameter,of,value\nfactory,makes,scrap,fed\nfactory,store,scrap,10 kt\n"
                f"North,capacity,,{scale * north:.12f} t/yr\nSouth,ramp,,{share} %\n"
                f"South,capacity,,{scale * 300:.12f} t/yr\n"
            ),
        }
        if turned:
            for name in ("contracts.csv", "sites.csv", "parameters.csv"):
                head, *rows = files[name].splitlines(keepends=True)
                files[name] = head + "".join(reversed(rows))
        return walk_of(tmp_path_factory.mktemp("loop"), files)

    one, other = walked(1.0, turned=False), walked(factor, turned=backwards)
    for contract in ("to North", "to South", "sale"):
        expected = [factor * x for x in _taken(one, contract)]
        assert _taken(other, contract) == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_two_sellers_as_needed_bring_what_is_needed_once(tmp_path: Path) -> None:
    """Equal ones bring half each; the outside is last and brings what the other has not."""
    files = {
        "case.toml": 'title = "two sellers"\nperiods = ["2027"]\n',
        "parties.csv": "party\nMint\nMine\n",
        "sites.csv": "site,party,model,process\nMint,,demand,\nMine,,supply,\n",
        "materials.csv": "material,basis,Ni\ncoin,%,100\n",
        "parameters.csv": "on,parameter,of,value\nMint,needs,coin,100 t/yr\n",
        "contracts.csv": (
            "contract,from,material,to,amount\none,outside,coin,Mint,as needed\n"
            "other,Mine,coin,Mint,as needed\n"
        ),
    }
    both = walk_of(
        tmp_path / "both", changed("contracts.csv", "other,Mine", "other,outside", files)
    )
    assert [*_taken(both, "one"), *_taken(both, "other")] == pytest.approx([50, 50])
    few = changed("parameters.csv", "100 t/yr\n", "100 t/yr\nMine,makes,coin,30 t/yr\n", files)
    walked = walk_of(tmp_path / "few", few)
    assert [*_taken(walked, "one"), *_taken(walked, "other")] == pytest.approx([70, 30])
