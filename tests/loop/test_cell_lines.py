"""Cell lines: the founding case's numbers, learning by line, and what arrives."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from loop_folder import loop_of

from loopbook.cases import run_case
from loopbook.errors import InputError
from loopbook.loop import Walk, load, walk
from support.advice import follows

CASES = Path(__file__).parents[2] / "cases"
NCMA = "NCMA 89-4-4-3"

LINES: Mapping[str, str] = {
    "case.toml": 'title = "cell lines"\nperiods = ["2027..2029"]\n',
    "parties.csv": "party\nMaker\nFoilworks\n",
    "sites.csv": "site,party,model,starts\nlines,Maker,cell lines,2027-01-01\n"
    "foils,Foilworks,make to order,\n",
    "materials.csv": """\
material,group,basis,like,active,copper
cells,,,lib:composition_cell/NMC811,NCMA 89-4-4-3,
rejected,scrap,,,,
coated,scrap,,,,
copper foil 6 um,,parts,,,1
""",
    "parameters.csv": """\
on,parameter,of,value
lines,makes,cells,lines
lines,reject,,10 %
lines,active material loss,,20 %
lines,foil loss,,50 %
lines,scrap,rejected,100 % of rejects
lines,scrap,coated,100 % of electrodes
lines,foil,copper foil 6 um,0.147 kg/kWh
cells,mass,,3 kg/kWh
foils,yield,copper foil 6 um,80 %
""",
    "series.csv": "series,unit,2027,2028,2029\nlines,GWh/yr,1,3,2\n",
    "contracts.csv": """\
contract,from,material,to,amount,priority
cells,lines,cells,outside,2 GWh/yr,
scrap,lines,scrap,outside,all,
foil,foils,copper foil 6 um,lines,as needed,
""",
}


def with_rows(files: Mapping[str, str], **more: str) -> dict[str, str]:
    """The files with rows added to the tables of these names."""
    return {**files, **{f"{x}.csv": files[f"{x}.csv"] + rows for x, rows in more.items()}}


def tonnes(walked: Walk, site: str, material: str) -> list[float]:
    """What a site made of a material, by step."""
    return walked.sites[site].made[material].sum(axis=(1, 2)).tolist()


def test_the_founding_case_has_the_same_cells_and_scrap() -> None:
    """The founding case from its tables has the cells, scrap, needs and foil of its own code."""
    clients = ("tbmnc", "gm", "ford", "stellantis", "hyundai", "honda")
    tables = run_case("gmbi", clients, cases=CASES).tables
    walked = walk(load(CASES / "gmbi", switches=dict.fromkeys(clients, True)))
    near = {"rel": 1e-9, "abs": 1e-9}

    def column(table: str, name: str) -> list[float]:
        place = [x.name for x in tables[table].columns].index(name)
        return [row[place] for row in tables[table].rows]

    lansing = walked.sites["Lansing"]
    cells = lansing.made["NCMA cells"]
    assert cells.sum(axis=(1, 2)) == pytest.approx(column("production", "cells_t"), **near)
    nickel = walked.content(cells, "Ni")[:, 0]
    assert nickel == pytest.approx(column("production", "nickel_t"), **near)
    kinds = (
        "cathode foil",
        "mixed electrode scrap",
        "anode foil",
        "dry cells",
        "wet cells",
        "formed cells",
    )
    for kind in kinds:
        expected = column("scrap", kind.replace(" ", "_") + "_t")
        assert tonnes(walked, "Lansing", kind) == pytest.approx(expected, **near)
    assert lansing.disposal.max() < 1e-9
    for element, metal in NAMES.items():
        expected = [row[4] for row in tables["metals"].rows if row[1] == metal]
        assert lansing.needs[element][:, 0] == pytest.approx(expected, **near)
    held, bought = walked.content(cells, "Cu")[1:, 0], lansing.needs["Cu"][1:, 0]
    foil = np.array(column("copper", "contract_foil_t"))[1:] * bought / held
    assert foil == pytest.approx(column("copper", "contract_foil_bought_t")[1:], **near)
    names = ("Liberty", "Spring Hill", "Glendale", "Windsor", "Ellabell", "Fayette County")
    sites = dict(zip(("TBMNC", "GM", "Ford", "Stellantis", "Hyundai", "Honda"), names, strict=True))
    for row in tables["clients"].rows:
        year, client, expected = row[0] - 2025, row[1], row[5]
        made = walked.sites[sites[client]].made
        assert sum(made[kind][year].sum() for kind in kinds) == pytest.approx(expected, **near)


NAMES = {
    "Ni": "nickel",
    "Co": "cobalt",
    "Mn": "manganese",
    "Li": "lithium",
    "Al": "aluminium",
    "Cu": "copper",
}


def test_scrap_and_foil_by_hand(tmp_path: Path) -> None:
    """2 GWh are ordered, the lines can make 1, 3 and 2: 3,000, 6,000 and 6,000 t."""
    walked = walk(loop_of(tmp_path, LINES))
    accepted = np.array([3000.0, 6000.0, 6000.0])
    assert tonnes(walked, "lines", "cells") == pytest.approx(accepted)
    assert tonnes(walked, "lines", "rejected") == pytest.approx(accepted / 9)
    cell = walked.basis.stream("cells", np.ones(1))[:, 0]
    share = dict(zip(walked.basis.names, cell, strict=True))
    coated = sum(share[x] for x in (NCMA, "carbon black", "PVDF", "graphite", "anode binder"))
    lost = accepted / 0.9 * (0.25 * coated + 1.0 * (share["copper"] + share["aluminium"]))
    assert tonnes(walked, "lines", "coated") == pytest.approx(lost)
    copper = share["copper"] * accepted / 0.9 * 2
    foil = walked.of("foil")[0]
    assert foil.taken[:, 0] == pytest.approx(copper)
    counts = walked.sites["lines"].counts["copper foil 6 um"][:, 0]
    assert counts == pytest.approx(0.147 / 3 * accepted / 0.9 * 2)
    drawn = walked.content(walked.sites["lines"].drawn, "copper")
    assert np.abs(drawn).max() == pytest.approx(0.0, abs=1e-6)
    smelted = walked.sites["foils"]
    assert walked.content(smelted.drawn, "Cu")[:, 0] == pytest.approx(copper / 0.8)
    assert smelted.disposal.sum(axis=(1, 2)) == pytest.approx(copper / 0.8 - copper)


LEARNING = with_rows(
    {
        **LINES,
        "case.toml": 'title = "learning"\nperiods = ["2027-Q1..2028-Q4", "2029"]\n',
        "series.csv": "series,unit,2027-Q1,2027-Q2,2027-Q3,2027-Q4,2028,2029\n"
        "lines,GWh/yr,2,,4,,,8\n",
        "series-age.csv": "series,unit,age 0,age 1,age 2\nreject,%,30,20,10\nramp,%,50,100,\n",
        "parameters.csv": LINES["parameters.csv"].replace(
            "lines,reject,,10 %", "lines,reject,,reject"
        ),
        "contracts.csv": LINES["contracts.csv"].replace("2 GWh/yr", "20 GWh/yr"),
    },
    parameters="lines,ages,,line\nlines,ramp,,ramp\n",
)


def test_learning_steps_up_at_each_start_of_a_line(tmp_path: Path) -> None:
    """Lines of 2 GWh/yr start in 2027-01 and 2027-07, of 4 GWh/yr in 2029-01; by hand."""
    walked = walk(loop_of(tmp_path, LEARNING))
    starts = [(0, 2.0), (6, 2.0), (24, 4.0)]
    reject, ramp = [0.3, 0.2, 0.1], [0.5, 1.0, 1.0]
    accepted, rejected = [0.0] * 9, [0.0] * 9
    for month in range(36):
        step = min(month // 3, 8)
        for start, gwh in starts:
            if month >= start:
                age = (month - start) // 12
                made = gwh / 12 * ramp[age] * 3000
                accepted[step] += made
                rejected[step] += made * reject[age] / (1 - reject[age])
    assert tonnes(walked, "lines", "cells") == pytest.approx(accepted, rel=1e-12)
    assert tonnes(walked, "lines", "rejected") == pytest.approx(rejected, rel=1e-12)
    share = np.array(rejected) / (np.array(rejected) + np.array(accepted))
    assert share[2] == pytest.approx(0.3)
    assert share[4] < share[2]
    assert share[8] > 0.1


def test_ages_of_the_site_count_from_its_start(tmp_path: Path) -> None:
    files = {
        **LEARNING,
        "parameters.csv": LEARNING["parameters.csv"].replace("lines,ages,,line\n", ""),
    }
    walked = walk(loop_of(tmp_path, files))
    share = np.array(tonnes(walked, "lines", "rejected")) / tonnes(walked, "lines", "cells")
    assert share == pytest.approx([3 / 7] * 4 + [1 / 4] * 4 + [1 / 9])


def test_part_names_components_that_are_not_of_the_library(tmp_path: Path) -> None:
    materials = (
        "material,group,basis,powder,sheet\ncells,,parts,9,1\nrejected,scrap,,,\ncoated,scrap,,,\n"
    )
    files = {**LINES, "materials.csv": materials + "powder,,,,\nsheet,,,,\ncopper foil 6 um,,,,\n"}
    files["parameters.csv"] = files["parameters.csv"].replace(
        "lines,foil,copper foil 6 um,0.147 kg/kWh\n", ""
    )
    with pytest.raises(InputError, match="component of cells that is of the cathode") as error:
        walk(loop_of(tmp_path / "without", files))
    follows(error.value.findings[0], "write a row lines,part,COMPONENT,cathode coating")
    rows = "lines,part,powder,cathode coating\nlines,part,sheet,anode foil\n"
    walked = walk(loop_of(tmp_path / "with", with_rows(files, parameters=rows)))
    accepted = np.array([3000.0, 6000.0, 6000.0])
    lost = accepted / 0.9 * (0.25 * 0.9 + 0.1)
    assert tonnes(walked, "lines", "coated") == pytest.approx(lost)


@pytest.mark.parametrize(
    ("old", "new", "of"),
    [
        ("rejected,100 % of rejects", "rejected,101 % of rejects", ""),
        ("coated,100 % of electrodes", "coated,30 % of rejects", "rejects"),
        ("coated,100 % of electrodes", "coated,1 % of rejects without electrolyte", "rejects"),
        ("rejected,100 % of rejects", "rejected,30 % of anode", "anode"),
        ("rejected,100 % of rejects", "rejected,shares of electrodes", "cathode"),
    ],
)
def test_shares_of_scrap_above_the_whole_are_found(
    tmp_path: Path, old: str, new: str, of: str
) -> None:
    files = with_rows({**LINES}, series="shares,%,0,0,10\n")
    files["parameters.csv"] = files["parameters.csv"].replace(old, new)
    match = f"shares of {of} at lines that sum to at most 100 %" if of else "0..100 %"
    with pytest.raises(InputError, match=match) as error:
        loop_of(tmp_path, files)
    assert error.value.findings[0].where.startswith("parameters.csv:")


def test_metal_that_comes_back_is_not_bought(tmp_path: Path) -> None:
    """Nickel counts by element: as much less is drawn."""
    files = with_rows(
        LINES,
        parties="Refiner\n",
        sites="works,Refiner,supply,\n",
        parameters="works,makes,Ni,500 t/yr\n",
        contracts="nickel,works,Ni,lines,as needed,\n",
    )
    alone = walk(loop_of(tmp_path / "alone", LINES))
    walked = walk(loop_of(tmp_path / "nickel", files))
    before, after = (x.content(x.sites["lines"].drawn, "Ni")[:, 0] for x in (alone, walked))
    saved = before - after
    lines = walked.sites["lines"]
    assert saved == pytest.approx([500.0] * 3)
    assert not lines.absorbed.any()


def test_a_foil_that_is_of_no_component_of_the_cell_is_found(tmp_path: Path) -> None:
    files = {
        **LINES,
        "materials.csv": LINES["materials.csv"].replace("6 um,,parts,,,1", "6 um,,,,,"),
    }
    with pytest.raises(InputError, match="a component of cells that copper foil 6 um") as error:
        walk(loop_of(tmp_path, files))
    assert error.value.findings[0].where == "parameters.csv:8"
