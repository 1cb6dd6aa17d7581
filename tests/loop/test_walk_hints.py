"""What a finding of the walk advises is done, and the loop is walked without it."""

from __future__ import annotations

from pathlib import Path

import pytest
from loop_folder import TOLLING, changed, findings_of, loop_of, walk_of

from loopbook.errors import InputError
from loopbook.loop import walk
from support.advice import follows

SHRED = {
    "case.toml": 'title = "one line"\nperiods = ["2027..2028"]\n',
    "parties.csv": "party\nMaker\nShredder\n",
    "sites.csv": "site,party,model,process\nfactory,Maker,supply,\nShredder,,process,shredding\n",
    "materials.csv": "material,basis,Ni,Cu\ncells,%,40,60\nblack mass,%,,\n",
    "shares.csv": "process,to,Ni,Cu\nshredding,black mass,95 %,2 %\n",
    "parameters.csv": "on,parameter,of,value\nfactory,makes,cells,100 t/yr\n",
    "contracts.csv": (
        "contract,from,material,to,amount\n"
        "cells,factory,cells,Shredder,all\n"
        "sale,Shredder,black mass,outside,all\n"
    ),
}
"""A factory whose cells are shredded."""


def test_goods_beyond_their_store_need_a_contract_or_a_store(tmp_path: Path) -> None:
    capacity = "100 t/yr\n", "100 t/yr\nShredder,capacity,,60 t/yr\n"
    limited = changed("parameters.csv", *capacity, SHRED)
    (finding,) = walk_of(tmp_path / "a", limited).findings
    assert (finding.code, finding.where) == ("store", "sites.csv:2")
    follows(finding, "write a contract that takes cells, or a store for it")
    contract = "sale,Shr", "other,factory,cells,outside,all\nsale,Shr"
    sold = changed("contracts.csv", *contract, limited)
    assert walk_of(tmp_path / "b", sold).findings == ()
    stored = changed("parameters.csv", "60 t/yr\n", "60 t/yr\nfactory,store,cells,80 t\n", limited)
    assert walk_of(tmp_path / "c", stored).findings == ()


def test_goods_in_gwh_need_their_mass(tmp_path: Path) -> None:
    energy = changed("parameters.csv", "100 t/yr\n", "2 GWh/yr\n", SHRED)
    loop = loop_of(tmp_path / "a", energy)
    with pytest.raises(InputError) as error:
        walk(loop)
    follows(
        error.value.findings[0], "write a parameter mass of cells, such as 5 kg/kWh or 410 kg/pack"
    )
    mass = changed("parameters.csv", "2 GWh/yr\n", "2 GWh/yr\ncells,mass,,5 kg/kWh\n", energy)
    (cells,) = walk_of(tmp_path / "b", mass).of("cells")
    assert cells.taken[:, 0].tolist() == pytest.approx([2e6 * 5 / 1000] * 2)


def test_an_opening_of_unknown_composition_needs_one(tmp_path: Path) -> None:
    opening = "100 t/yr\n", "100 t/yr\nShredder,opening,black mass,10 t\n"
    opened = changed("parameters.csv", *opening, SHRED)
    with pytest.raises(InputError) as error:
        walk(loop_of(tmp_path / "a", opened))
    follows(error.value.findings[0], "give black mass its components in materials")
    known = changed("materials.csv", "black mass,%,,", "black mass,%,90,10", opened)
    (sale,) = walk_of(tmp_path / "b", known).of("sale")
    assert sale.taken[0, 0] == pytest.approx(10 + 0.95 * 40 + 0.02 * 60)


def test_metal_that_is_owed_and_not_made_is_bought(tmp_path: Path) -> None:
    files = changed("parameters.csv", "refinery,opening,nickel,10 t\n", "", TOLLING)
    files = changed("parameters.csv", "20 t/month", "30 t/month", files)
    files = changed("shares.csv", "nickel,96 %", "nickel,90 %", files)
    bought = "bought,outside,Ni,refinery,as needed,,\n"
    short = changed("contracts.csv", bought, "", files)
    short = changed("terms.csv", "bought,burden,,,9 t/t,\n", "", short)
    short = changed("terms.csv", "own; bought", "own", short)
    (finding,) = walk_of(tmp_path / "a", short).findings
    assert (finding.code, finding.where) == ("owed", "terms.csv:3")
    follows(finding, "write a contract that brings Ni as needed to a site of Refiner")
    walked = walk_of(tmp_path / "b", files)
    assert walked.findings == ()
    (bring,) = walked.of("bought")
    assert bring.taken[:, 0] == pytest.approx(12 * [0.92 * 30 - 27])


GROUPED = {
    **SHRED,
    "materials.csv": (
        "material,group,basis,Ni,Cu\ncells,scrap,%,40,60\nfoils,scrap,%,0,100\nblack mass,,%,,\n"
    ),
    "contracts.csv": (
        "contract,from,material,to,amount\ncells,outside,scrap,Shredder,10 t/yr\n"
        "sale,Shredder,black mass,outside,all\n"
    ),
    "sites.csv": "site,party,model,process\nShredder,,process,shredding\n",
    "parameters.csv": "on,parameter,of,value\n",
}


def test_a_group_from_outside_is_a_row_for_each_material(tmp_path: Path) -> None:
    (finding,) = findings_of(tmp_path / "a", GROUPED)
    assert (finding.code, finding.where) == ("group", "contracts.csv:2, material")
    follows(finding, "write cells; foils with the amount of each")
    each = changed("contracts.csv", "scrap,Shredder", "cells; foils,Shredder", GROUPED)
    cells, foils = walk_of(tmp_path / "b", each).of("cells")
    assert cells.taken[0, 0] == foils.taken[0, 0] == pytest.approx(10)
    # a source that makes what is ordered is no other
    supply = changed("sites.csv", "Shredder,,", "factory,Maker,supply,\nShredder,,", GROUPED)
    supply = changed("contracts.csv", "outside,scrap", "factory,scrap", supply)
    assert [x.code for x in findings_of(tmp_path / "c", supply)] == ["group"]


def test_a_share_of_an_element_beside_that_of_its_compound_never_acts(tmp_path: Path) -> None:
    """All nickel is in NMC622, which has a column: the column of nickel takes nothing."""
    files = {
        **changed("materials.csv", "basis,Ni,Cu", "basis,NMC622,Cu", SHRED),
        "shares.csv": "process,to,NMC622,Ni,Cu\nshredding,black mass,97 %,50 %,2 %\n",
    }
    walked = walk_of(tmp_path / "a", files)
    (finding,) = walked.findings
    assert (finding.code, finding.where) == ("idle", "shares.csv:2, Ni")
    assert "Ni of shredding never acts at Shredder: all of it arrives in NMC622" in str(finding)
    follows(finding, "leave out the column NMC622, or Ni")
    (sale,) = walked.of("sale")
    assert sale.taken[:, 0] == pytest.approx(2 * [0.97 * 40 + 0.02 * 60])
    opened = {**files, "shares.csv": "process,to,Ni,Cu\nshredding,black mass,50 %,2 %\n"}
    after = walk_of(tmp_path / "b", opened)
    assert after.findings == ()
    assert after.content(after.sites["Shredder"].made["black mass"], "Ni") == pytest.approx(
        0.5 * after.content(after.sites["Shredder"].feed["cells"], "Ni")
    )
    whole = {**files, "shares.csv": "process,to,NMC622,Cu\nshredding,black mass,97 %,2 %\n"}
    assert walk_of(tmp_path / "c", whole).findings == ()


def test_a_share_of_an_element_that_also_arrives_by_itself_acts(tmp_path: Path) -> None:
    files = {
        **changed("materials.csv", "basis,Ni,Cu", "basis,NMC622,Ni", SHRED),
        "shares.csv": "process,to,NMC622,Ni\nshredding,black mass,97 %,50 %\n",
    }
    files["materials.csv"] = "material,basis,NMC622,Ni\ncells,%,40,60\nblack mass,%,,\n"
    walked = walk_of(tmp_path, files)
    assert walked.findings == ()
