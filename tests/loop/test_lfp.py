"""LFP in routes: it passes preprocessing with the black mass, and refining does not recover it."""

from __future__ import annotations

from pathlib import Path

import pytest
from loop_folder import changed, walk_of

from loopbook.errors import InputError
from loopbook.loop import Walk

LFP = {
    "case.toml": 'title = "two chemistries"\nperiods = ["2027"]\n',
    "parties.csv": "party\nMaker\nRecycler\n",
    "sites.csv": (
        "site,party,model,process\nlines,Maker,supply,\nshredder,Recycler,process,preprocessing\n"
        "works,Recycler,process,hydro\n"
    ),
    "materials.csv": (
        "material,group,like\nNMC cells,scrap,lib:composition_cell/NMC811\n"
        "LFP cells,scrap,lib:composition_cell/LFP\nblack mass,,\ncopper,,\naluminium,,\n"
        "graphite,,\nLi2CO3,,\n"
    ),
    "parameters.csv": (
        "on,parameter,of,value\nlines,makes,NMC cells,800 t/yr\nlines,makes,LFP cells,200 t/yr\n"
    ),
    "contracts.csv": (
        "contract,from,material,to,amount\nscrap,lines,scrap,shredder,all\n"
        "black mass,shredder,black mass,works,all\nfoils,shredder,copper; aluminium,outside,all\n"
        "metal,works,Ni; Co; Mn; Li2CO3; graphite,outside,all\n"
    ),
}
"""A fifth of the scrap is LFP."""

IN_CELLS = 0.456509683442  # kg LFP per kg of cells
IRON = 55.845 / 157.757  # kg Fe per kg LFP
KEPT = 0.95  # coating to black mass (EverBatt 2023)


def iron(walked: Walk, site: str, kind: str) -> float:
    streams = getattr(walked.sites[site], kind)
    whole = sum(streams.values()) if isinstance(streams, dict) else streams
    return float(walked.content(whole, "Fe")[0, 0])


def test_lfp_passes_to_black_mass_and_is_not_recovered(tmp_path: Path) -> None:
    walked = walk_of(tmp_path, LFP)
    fed = 200 * IN_CELLS
    made = walked.sites["shredder"].made["black mass"]
    assert walked.content(made, "LFP")[0, 0] == pytest.approx(KEPT * fed, rel=1e-9)
    assert iron(walked, "shredder", "disposal") == pytest.approx((1 - KEPT) * fed * IRON, rel=1e-4)
    assert iron(walked, "works", "disposal") == pytest.approx(KEPT * fed * IRON, rel=1e-4)
    assert iron(walked, "works", "made") == 0.0
    share = 100 * KEPT * fed / made.sum()
    (finding,) = walked.findings
    assert (finding.code, finding.where) == ("contamination", "sites.csv:4")
    assert str(finding) == (
        f"sites.csv:4: contamination: up to {share:.3g} % LFP in the feed of works is not "
        "recovered (2027): it goes to its waste, and no reagent is counted for it"
    )


def test_lithium_of_nmc_is_recovered_as_without_lfp(tmp_path: Path) -> None:
    nmc = changed("parameters.csv", "lines,makes,LFP cells,200 t/yr\n", "", LFP)
    nmc = changed("materials.csv", "LFP cells,scrap,lib:composition_cell/LFP\n", "", nmc)
    nmc = changed("contracts.csv", "lines,scrap,", "lines,NMC cells,", nmc)
    with_lfp, without = walk_of(tmp_path / "a", LFP), walk_of(tmp_path / "b", nmc)
    for name in ("Ni", "Li2CO3"):
        made, alone = (x.sites["works"].made[name].sum() for x in (with_lfp, without))
        assert made == pytest.approx(alone, rel=1e-9)
    assert without.findings == ()


def test_black_mass_of_lfp_alone_has_no_route(tmp_path: Path) -> None:
    alone = changed("parameters.csv", "lines,makes,NMC cells,800 t/yr\n", "", LFP)
    alone = changed("materials.csv", "NMC cells,scrap,lib:composition_cell/NMC811\n", "", alone)
    alone = changed("contracts.csv", "lines,scrap,", "lines,LFP cells,", alone)
    sold = changed("contracts.csv", "black mass,works,all", "black mass,outside,all", alone)
    sold = changed(
        "contracts.csv", "metal,works,Ni; Co; Mn; Li2CO3; graphite,outside,all\n", "", sold
    )
    sold = changed("sites.csv", "works,Recycler,process,hydro\n", "", sold)
    (sale,) = walk_of(tmp_path / "sold", sold).of("black mass")
    assert sale.taken[0, 0] == pytest.approx(200 * 0.6654, rel=1e-3)
    with pytest.raises(InputError, match="active material is missing"):
        walk_of(tmp_path / "refined", alone)
