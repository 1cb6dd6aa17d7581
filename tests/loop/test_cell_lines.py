"""Cell lines: the founding case's numbers, learning by line, and what arrives."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from loop_folder import loop_of

from loopbook.cases import run_case
from loopbook.errors import InputError
from loopbook.loop import Walk, walk
from support.advice import follows

GMBI = Path(__file__).parents[2] / "cases" / "gmbi"
YEARS = range(2025, 2036)
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


def rows_of(name: str) -> list[dict[str, str]]:
    with (GMBI / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def gmbi_folder() -> dict[str, str]:
    """The founding case's lines and clients, with scrap that all goes to the market."""
    series = ["series,unit," + ",".join(map(str, YEARS))]

    def line(name: str, unit: str, table: str, column: str, **key: str) -> None:
        rows = [x for x in rows_of(table) if all(x[k] == v for k, v in key.items())]
        numbers = {row["year"]: row[column] for row in rows}
        series.append(f"{name},{unit}," + ",".join(numbers[str(year)] for year in YEARS))

    columns = ("cell_reject_share", "active_material_loss", "foil_loss")
    paths = {row["path"] for row in rows_of("scrap_path.csv")}
    for path in sorted(paths):
        for column in columns:
            line(f"{column} {path}", "1", "scrap_path.csv", column, path=path)
    line("Lansing", "GWh/yr", "lines.csv", "made_gwh")
    line("contract", "GWh/yr", "contract.csv", "contract_gwh")
    clients = {row["client"]: row for row in rows_of("clients.csv")}
    parameters = ["on,parameter,of,value"]
    paths_of = {"Lansing": "lansing", **{name: row["path"] for name, row in clients.items()}}
    for site, path in paths_of.items():
        material = "cells of " + (clients[site]["chemistry"] if site in clients else NCMA)
        if site in clients:
            line(site, "GWh/yr", "client_output.csv", "made_gwh", client=site)
        parameters.append(f"{site},makes,{material},{site}")
        for column in columns:
            name = column.replace("cell_reject_share", "reject").replace("_", " ")
            parameters.append(f"{site},{name},,{column} {path}")
    origins = {"cells": "rejects", "cathode": "cathode", "anode": "anode"}
    shares: dict[str, str] = {}
    for row in rows_of("scrap_types.csv"):
        kind = row["scrap_type"]
        dry = row["origin"] == "cells" and row["electrolyte"] == "no"
        origin = origins[row["origin"]] + (" without electrolyte" if dry else "")
        shares[kind] = (
            f"{100 * float(row['share']):g} % of {'electrodes' if kind in shares else origin}"
        )
    parameters += [f"cell lines,scrap,{kind},{share}" for kind, share in shares.items()]
    chemistries = sorted({NCMA, *(row["chemistry"] for row in clients.values())})
    for name in chemistries:
        parameters.append(f"cells of {name},mass,,lib:cell_design/NMC811/cell mass per energy")
    parameters.append("Lansing,foil,copper,lib:cell_design/copper foil 10 um/foil mass per energy")
    sites = ["Lansing", *clients]
    outputs = {name: f"cells of {row['chemistry']}" for name, row in clients.items()}
    return {
        "case.toml": 'title = "lines of the founding case"\nperiods = ["2025..2035"]\n',
        "parties.csv": "party\n" + "".join(f"{site}\n" for site in sites),
        "sites.csv": "site,model\n" + "".join(f"{site},cell lines\n" for site in sites),
        "materials.csv": "material,group,like,active\n"
        + "".join(f"cells of {name},,lib:composition_cell/NMC811,{name}\n" for name in chemistries)
        + "".join(f"{kind},scrap,,\n" for kind in shares),
        "parameters.csv": "\n".join([*parameters, ""]),
        "series.csv": "\n".join([*series, ""]),
        "contracts.csv": "contract,from,material,to,amount\n"
        f"cells,Lansing,cells of {NCMA},outside,contract\n"
        + "".join(f"cells,{name},{made},outside,all\n" for name, made in outputs.items())
        + "".join(f"scrap,{site},scrap,outside,all\n" for site in sites),
    }


def test_the_founding_case_has_the_same_cells_and_scrap(tmp_path: Path) -> None:
    switches = [row["switch"] for row in rows_of("clients.csv")]
    tables = run_case("gmbi", switches, cases=GMBI.parent).tables
    walked = walk(loop_of(tmp_path, gmbi_folder()))
    near = {"rel": 1e-9, "abs": 1e-9}

    def column(table: str, name: str) -> list[float]:
        place = [x.name for x in tables[table].columns].index(name)
        return [row[place] for row in tables[table].rows]

    cells = f"cells of {NCMA}"
    assert tonnes(walked, "Lansing", cells) == pytest.approx(
        column("production", "cells_t"), **near
    )
    nickel = walked.content(walked.sites["Lansing"].made[cells], "Ni")[:, 0]
    assert nickel == pytest.approx(column("production", "nickel_t"), **near)
    kinds = ("cathode foil", "mixed electrode scrap", "anode foil", "dry cells", "wet cells",
             "formed cells")  # fmt: skip
    for kind in kinds:
        expected = column("scrap", kind.replace(" ", "_") + "_t")
        assert tonnes(walked, "Lansing", kind) == pytest.approx(expected, **near)
    scrap = np.sum([tonnes(walked, "Lansing", kind) for kind in kinds], axis=0)
    assert scrap == pytest.approx(column("scrap", "contract_t"), **near)
    assert walked.sites["Lansing"].disposal.max() < 1e-9
    for element in ("Ni", "Co", "Mn", "Li", "Al", "Cu"):
        rows = [row for row in tables["metals"].rows if row[1] == NAMES[element]]
        drawn = walked.content(walked.sites["Lansing"].drawn, element)[:, 0]
        assert drawn == pytest.approx([row[4] for row in rows], **near)
    bought = walked.sites["Lansing"].counts["copper"][:, 0]
    assert bought == pytest.approx(column("copper", "contract_foil_bought_t"), **near)
    for row in tables["clients"].rows:
        year, client, expected = row[0] - 2025, row[1], row[5]
        site = walked.sites[client]
        scrap_t = sum(site.made[kind][year].sum() for kind in kinds)
        assert scrap_t == pytest.approx(expected, **near)


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
    with pytest.raises(InputError, match="component of cells that is of the cathode") as error:
        walk(loop_of(tmp_path / "without", files))
    follows(error.value.findings[0], "write a row lines,part,COMPONENT,cathode coating")
    rows = "lines,part,powder,cathode coating\nlines,part,sheet,anode foil\n"
    walked = walk(loop_of(tmp_path / "with", with_rows(files, parameters=rows)))
    accepted = np.array([3000.0, 6000.0, 6000.0])
    lost = accepted / 0.9 * (0.25 * 0.9 + 0.1)
    assert tonnes(walked, "lines", "coated") == pytest.approx(lost)


def test_shares_of_scrap_above_the_whole_are_found(tmp_path: Path) -> None:
    files = {
        **LINES,
        "parameters.csv": LINES["parameters.csv"].replace("100 % of electrodes", "30 % of rejects"),
    }
    with pytest.raises(InputError, match="at most 100 % of each side") as error:
        walk(loop_of(tmp_path, files))
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
