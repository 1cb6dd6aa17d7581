"""Wrong rows: each is found with its place, and what depends on it is not reported besides."""

from __future__ import annotations

from pathlib import Path

import pytest
from loop_folder import JOINT, STARTER, changed, findings_of, loop_of

from loopbook.loop import load
from loopbook.matter import load_library

LIBRARY = load_library()

# fmt: off
WRONG = [
    ("sites.csv", "factory,Maker,cell lines", "factory,Maker,cell line", "sites.csv:2, model: unknown-name", "cell line"),
    ("sites.csv", "works,Refiner,process,refining", "works,Refinery,process,refining", "sites.csv:4, party: unknown-name", "Refinery"),
    ("sites.csv", "plant,Venture,process,preprocessing", "plant,Venture,process,", "sites.csv:3, process: missing", "nothing"),
    ("sites.csv", "factory,Maker,cell lines,,", "factory,Maker,cell lines,refining,", "sites.csv:2, process: column", "refining"),
    ("sites.csv", "plant,Venture,process,preprocessing", "plant,Venture,process,preprocesing", "sites.csv:3, process: unknown-name", "preprocesing"),
    ("sites.csv", "works,Refiner,process,refining,,,", "works,Refiner,process,refining,2030-01-01,2029-12-31,", "sites.csv:4, ends: order", "2029-12-31"),
    ("sites.csv", "cathode,Refiner", "works,Refiner", "sites.csv:5: duplicate; lanes.csv:5, to: unknown-name; contracts.csv:7, to: unknown-name; contracts.csv:9, to: unknown-name", "works"),
    ("sites.csv", "cathode,Refiner", "Maker,Refiner", "lanes.csv:5, to: unknown-name; contracts.csv:7, to: unknown-name; contracts.csv:9, to: unknown-name; sites.csv:5: duplicate", "cathode"),
    ("sites.csv", "2026-04-01", "4/1/2026", "sites.csv:3, starts: date", "4/1/2026"),
    ("sites.csv", "2026-04-01", "2026-02-30", "sites.csv:3, starts: date", "2026-02-30"),
    ("sites.csv", "2028-01-01,,second", "2028-01-01,,third", "sites.csv:6, switch: unknown-name", "third"),
    ("parties.csv", "Venture,their", "ve/nture,their", "parties.csv:4, party: name; parameters.csv:18, on: unknown-name; owners.csv:2, company: unknown-name; owners.csv:3, company: unknown-name; owners.csv:4, company: unknown-name; owners.csv:5, company: unknown-name; sites.csv:3, party: unknown-name; terms.csv:17, on: unknown-name", "ve/nture"),
    ("parties.csv", "Refiner,a refiner", "outside,a refiner", "parties.csv:5, party: name; sites.csv:4, party: unknown-name; sites.csv:5, party: unknown-name", "outside"),
    ("parties.csv", "Refiner,a refiner", "Maker,a refiner", "parties.csv:5: duplicate; sites.csv:4, party: unknown-name; sites.csv:5, party: unknown-name", "Maker"),
    ("owners.csv", "Trader,,51 %", "Trader,,52 %", "owners.csv:3, share: sum", "101 % (Trader 52 %, Maker 49 %)"),
    ("owners.csv", "Trader,,51 %", "Trader,,51", "owners.csv:2, share: unit", "51"),
    ("owners.csv", "Maker,2029-01-01,40 %", "Maker,2029-01-01,140 %", "owners.csv:5, share: share", "140 %"),
    ("owners.csv", "Venture,Maker,,49 %", "Venture,Makers,,49 %", "owners.csv:3, owner: unknown-name", "Makers"),
    ("owners.csv", "Venture,Maker,,49 %", "Venture,Trader,,49 %", "owners.csv:3: duplicate", "Venture / Trader"),
    ("materials.csv", "black mass,,,plain,%,,,40", "black mass,,,plain,%,,,41", "materials.csv:5: sum", "101.02"),
    ("materials.csv", "black mass,,,plain,%", "black mass,,,plain,", "materials.csv:5, basis: missing", "nothing"),
    ("materials.csv", "black mass,,,plain,%,,,40,2", "black mass,,,plain,%,,,-40,82", "materials.csv:5, graphite: negative", "-40"),
    ("materials.csv", "cells,,,,,lib:composition_cell/NMC811,NCMA 89-4-4-3,,", "cells,,,,,lib:composition_cell/NMC812,NCMA 89-4-4-3,,", "materials.csv:2, like: unknown-name", "NMC812"),
    ("materials.csv", "cells,,,,,lib:composition_cell/NMC811,NCMA 89-4-4-3,,", "cells,,,,,lib:composition_cell/NMC811,NCMA 89-4-5-3,,", "materials.csv:2, active: unknown-name", "NCMA 89-4-5-3"),
    ("materials.csv", ",graphite,copper", ",grafite,copper", "materials.csv:1, grafite: unknown-name", "grafite"),
    ("materials.csv", "formed cells,scrap,manufacturing waste", "formed cells,scrap,production waste", "materials.csv:3, class: unknown-name", "'production waste'"),
    ("materials.csv", "formed cells,scrap,manufacturing waste,hazmat", "formed cells,scrap,manufacturing waste,hazardous", "materials.csv:3, mode: unknown-name", "hazardous"),
    ("materials.csv", "copper scrap,,,plain,parts", "copper,,,plain,parts", "contracts.csv:6, material: unknown-name; materials.csv:6, material: duplicate", "copper scrap"),
    ("materials.csv", "dry cells,scrap", "dry cells,black mass", "materials.csv:4, group: duplicate", "black mass"),
    ("shares.csv", "98 %,98 %", "98 %,198 %", "shares.csv:2, Co: share", "198 %"),
    ("shares.csv", "98 %,98 %", "98,98 %", "shares.csv:2, Ni: unit", "98"),
    ("shares.csv", "lithium yield", "litium yield", "shares.csv:2, Li: unknown-name", "litium yield"),
    ("shares.csv", "refining,salts,98 %,98 %,lithium yield", "refining,salts,98 %,98 %,lithium yield\nrefining,copper scrap,3 %,,", "shares.csv:3, Ni: sum; sites.csv:4: no-taker", "101 % in 2026-01"),
    ("parameters.csv", "plant,capacity,,13500 t/yr", "plant,capacity,,13500 tons/yr", "parameters.csv:8, value: unit", "tons/yr"),
    ("parameters.csv", "plant,capacity,,13500 t/yr", "plant,capacity,,13500", "parameters.csv:8, value: unit", "13500"),
    ("parameters.csv", "plant,capacity,,13500 t/yr", "plant,capacity,,13500 t", "parameters.csv:8, value: unit", "t"),
    ("parameters.csv", "plant,capacity,,13500 t/yr,12000 t/yr,14000 t/yr", "plant,capacity,,0 t/yr,,", "parameters.csv:8, value: negative", "0 t/yr"),
    ("parameters.csv", "plant,capacity,,13500 t/yr", "plant,capacity,,13500 USD/yr", "parameters.csv:8, value: unit", "USD/yr"),
    ("parameters.csv", "plant,capacity,,13500 t/yr", "plant,capacity,,-13500 t/yr", "parameters.csv:8, value: negative", "-13500 t/yr"),
    ("parameters.csv", "plant,capacity,,13500 t/yr", "plant,capacity,,15000 t/yr", "parameters.csv:8: range", "15000 in [12000 t/yr, 14000 t/yr]"),
    ("parameters.csv", "plant,capacity", "plant,capacty", "parameters.csv:8, parameter: unknown-name", "capacty"),
    ("parameters.csv", "plant,ramp,,running", "plant,ramp,,lines", "parameters.csv:9, value: unit", "GWh/yr"),
    ("parameters.csv", "plant,ramp,,running", "plant,ramp,black mass,running", "parameters.csv:9, of: column", "black mass"),
    ("parameters.csv", "plant,store,black mass", "plant,store,blak mass", "parameters.csv:10, of: unknown-name", "blak mass"),
    ("parameters.csv", "plant,opening,formed cells,35 t", "plant,opening,,35 t", "parameters.csv:11, of: missing", "nothing"),
    ("parameters.csv", "factory,makes,cells,lines", "factory,makes,cells,linse", "parameters.csv:2, value: unknown-name", "linse"),
    ("parameters.csv", "factory,makes,cells,lines,,,,", "", "sites.csv:2: missing", "nothing"),
    ("parameters.csv", "cell lines,reject,,5 %", "cell lines,reject,,105 %", "parameters.csv:4, value: share", "105 %"),
    ("parameters.csv", "scrap,formed cells,70 % of rejects", "scrap,formed cells,70 %", "parameters.csv:6, value: share", "70 %"),
    ("parameters.csv", "scrap,formed cells,70 % of rejects", "scrap,formed cells,70 % of rejcts", "parameters.csv:6, value: share", "70 % of rejcts"),
    ("parameters.csv", "Venture,payout", "Ventur,payout", "parameters.csv:18, on: unknown-name", "Ventur"),
    ("parameters.csv", "plant,ramp,,running", "plant,capacity,,running", "parameters.csv:9: duplicate", "plant / capacity"),
    ("parameters.csv", "lib:freight/heavy truck hazmat/price", "lib:freight/heavy truck/prices", "parameters.csv:14, value: unknown-name", "prices"),
    ("parameters.csv", "works,capacity,,10 kt/yr", "works,capacity,,10 k t/yr", "parameters.csv:12, value: unit", "k t/yr"),
    ("series.csv", "Ni,USD/t,15500", "Ni,USD/ton,15500", "series.csv:4, unit: unit", "USD/ton"),
    ("series.csv", "Ni,USD/t,15500", "Ni,,15500", "series.csv:4, unit: unit", "none"),
    ("series.csv", "Ni,USD/t,15500", "Ni,USD/t,15'500", "series.csv:4, 2026-Q1: not-a-number", "\"15'500\""),
    ("series.csv", "Co,USD/t,28000,,,,,", "Co,USD/t,28000,,,,-,", "series.csv:5: missing", "nothing"),
    ("series.csv", "Co,USD/t,28000,,,", "Co,USD/t,,28000,,", "series.csv:5: missing", "nothing"),
    ("series.csv", "2026-Q4,2027", "2026-Q4,FY27", "series.csv:1: period", "FY27"),
    ("series.csv", "2026-Q3,2026-Q4", "2026-Q4,2026-Q3", "series.csv:1: order", "2026-Q3"),
    ("series.csv", "16000,~,~,17500", "16000,~,~,-", "series.csv:4, 2031: missing; series.csv:4, 2028: missing; series.csv:4, 2029: missing", "none"),
    ("series.csv", "Cu,USD/t", "Co,USD/t", "series.csv:6: duplicate", "Co"),
    ("series-scrap.csv", "age 4,age 5", "age 4,age5", "series-scrap.csv:1: period", "age5"),
    ("series-scrap.csv", "10,~,5", "10,-,5", "series-scrap.csv:2: missing", "nothing"),
    ("lanes.csv", "factory,plant,,,990 km", "factory,plant,,,990", "lanes.csv:2, distance: unit", "990"),
    ("lanes.csv", "works,cathode,,plain,30 km", "works,cathode,,plain,", "lanes.csv:5, distance: missing", "nothing"),
    ("lanes.csv", "works,cathode,,plain", "works,cathode,,train", "lanes.csv:5, mode: unknown-name", "train"),
    ("lanes.csv", "2 months", "2", "lanes.csv:4, lead: unit", "2"),
    ("lanes.csv", "2 months", "-2 months", "lanes.csv:4, lead: negative", "-2 month"),
    ("lanes.csv", "factory,plant", "factory,plnat", "lanes.csv:2, to: unknown-name", "plnat"),
    ("contracts.csv", "20 GWh/yr", "20 GWh", "contracts.csv:2, amount: unit", "GWh"),
    ("contracts.csv", "20 GWh/yr", "20", "contracts.csv:2, amount: unit", "20"),
    ("contracts.csv", "40 % of made", "40 %", "contracts.csv:7, amount: share", "40 %"),
    ("contracts.csv", "60 % of made", "70 % of made", "contracts.csv:8, amount: promised", "110 % in 2026-01: salts 40 %, salts market 70 %"),
    ("contracts.csv", "200..300 t/month", "300..200 t/month", "contracts.csv:4, amount: order", "300..200 t/month"),
    ("contracts.csv", "2026-04-01,2028-12-31", "2029-04-01,2028-12-31", "contracts.csv:4, ends: order", "2028-12-31"),
    ("contracts.csv", "black mass,works,200", "blackmass,works,200", "contracts.csv:4, material: unknown-name", "blackmass"),
    ("contracts.csv", "copper,plant,copper scrap,outside,all,,,,,\n", "", "terms.csv:10, on: unknown-name", "copper"),
    ("contracts.csv", "scrap,factory; annex,scrap,plant,all,1", "scrap,factory; annex,scrap,plant,all,first", "contracts.csv:3, priority: not-a-number", "'first'"),
    ("contracts.csv", "salts market,works,salts,outside", "salts market,works,salts,works", "contracts.csv:8, to: lane", "works"),
    ("contracts.csv", "salts market,works,salts,outside", "salts market,works,cells,outside", "contracts.csv:8, material: unknown-name", "cells"),
    ("contracts.csv", "black mass market,plant", "black mass,plant", "contracts.csv:5: duplicate; terms.csv:5, on: unknown-name; terms.csv:6, on: unknown-name", "black mass / plant / black mass"),
    ("contracts.csv", "metal,outside", "Trader,outside", "terms.csv:11, on: unknown-name; terms.csv:12, on: unknown-name; contracts.csv:9: duplicate", "metal"),
    ("contracts.csv", "as needed", "as neeeded", "contracts.csv:9, amount: unknown-name", "as neeeded"),
    ("contracts.csv", "metal,outside,Ni; Co,cathode", "metal,outside,Ni; Co,works", "contracts.csv:9, amount: amount", "works, whose model is process"),
    ("terms.csv", "scrap,freight,,,,buyer,", "scrap,return,Ni,,,90 %,,,,,\nscrap,freight,,,,buyer,", "terms.csv:4: no-taker", "none"),
    ("terms.csv", "cells,fixed", "cell,fixed", "terms.csv:2, on: unknown-name", "cell"),
    ("terms.csv", "cells,fixed,,,,90 USD/kWh", "cells,fixed,,,,90", "terms.csv:2, value: unit", "90"),
    ("terms.csv", "cells,fixed,,,,90 USD/kWh", "cells,fixed,,,,-90 USD/kWh", "terms.csv:2, value: negative", "-90 USD/kWh"),
    ("terms.csv", "cells,fixed,,,,90 USD/kWh", "cells,fixd,,,,90 USD/kWh", "terms.csv:2, term: unknown-name", "fixd"),
    ("terms.csv", "cells,fixed,,,,90 USD/kWh", "cells,fixed,,,,", "terms.csv:2, value: missing", "nothing"),
    ("terms.csv", "scrap,freight,,,,buyer", "scrap,freight,,,,venture", "terms.csv:4, value: unknown-name", "'venture'"),
    ("terms.csv", "black mass,payable,Li,,,5 %,Li2CO3", "black mass,payable,Li,,,5 %,", "terms.csv:7, index: missing", "nothing"),
    ("terms.csv", "black mass,payable,Li,,,5 %,Li2CO3", "black mass,payable,Li,,,5 %,lines", "terms.csv:7, index: unit", "lines in GWh/yr"),
    ("terms.csv", "black mass,payable,Li,,,5 %,Li2CO3", "black mass,payable,,,,5 %,Li2CO3", "terms.csv:7, of: missing", "nothing"),
    ("terms.csv", "black mass,payable,Li,,,5 %,Li2CO3", "black mass,payable,Lithium,,,5 %,Li2CO3", "terms.csv:7, of: unknown-name", "Lithium"),
    ("terms.csv", "black mass,payable,Li,,,5 %,Li2CO3", "black mass,payable,Li,,,105 %,Li2CO3", "terms.csv:7, value: share", "105 %"),
    ("terms.csv", "\"< 15 %, >= 5 %\"", "\"< 16 %, >= 5 %\"", "terms.csv:6, when: overlap; terms.csv:6, when: overlap", "payables of Ni on black mass that hold at once"),
    ("terms.csv", "\"< 15 %, >= 5 %\"", "\"< 15, >= 5 %\"", "terms.csv:6, when: unit", "15"),
    ("terms.csv", ",70 %,,M+1", ",70 %,,next", "terms.csv:5, lag: lag", "next"),
    ("terms.csv", "20 USD/t per 0.1 %", "20 USD/t per 0.1 t", "terms.csv:8, value: unit", "per 0.1 t"),
    ("terms.csv", "black mass,take_or_pay,,80 %", "black mass,take_or_pay,,", "terms.csv:9, when: missing", "nothing"),
    ("terms.csv", "cost,feed,,,310000 KRW/t", "cost,feed,,,310000 CNY/t", "terms.csv:13, value: missing", "nothing"),
    ("terms.csv", "plant,cost,feed", "copper,cost,feed", "terms.csv:13, on: wrong-list", "copper, a contract"),
    ("terms.csv", "cells,fixed,,,,90 USD/kWh,", "cells,fixed,,,,90 USD/kWh,won", "terms.csv:2, when: missing; terms.csv:2, index: unit", "nothing"),
    ("terms.csv", "plant,cost,,,,1.2 M USD/yr", "plant,cost,,,,1.2 M USD/t", "terms.csv:14, of: missing", "nothing"),
    ("terms.csv", "copper,payable,Cu,,,85 %", "copper,fee,made,,,85 USD/t", "terms.csv:10, of: wrong-list", "made"),
    ("terms.csv", "plant,burden,feed,,,0.1", "plant,burden,,,,0.1", "terms.csv:16, of: missing", "nothing"),
    ("series.csv", "Co,USD/t,28000", "Co,CNY/t,28000", "terms.csv:3, value: missing; terms.csv:11, value: missing", "nothing"),
    ("terms.csv", "plant,burden,feed,,,0.1", "plant,burden,feed,> 3 %,,0.1", "terms.csv:16, when: column", "> 3 %"),
    ("terms.csv", "at 7 %,2026-01-01,25 M USD", "at 7 %,,25 M USD", "terms.csv:15, starts: missing", "nothing"),
    ("terms.csv", "25 M USD", "25 million USD", "terms.csv:15, value: unit", "million USD"),
    ("terms.csv", "plant,burden,feed", "plant,burden,fed", "terms.csv:16, of: unknown-name", "fed"),
    ("terms.csv", "2028-01-01,30 USD/t CO2e,,,,,", "2028-01-01,30 USD/t CO2e,,,,,2027-01-01", "terms.csv:17, ends: order", "2027-01-01"),
    ("case.toml", "\"2028..2031\"", "\"2029..2031\"", "case.toml:2, periods: period", "2029..2031"),
    ("case.toml", "step = \"period\"", "step = \"week\"", "case.toml:3, step: unknown-name", "week"),
    ("case.toml", "rate = \"9 %\"", "rate = \"9\"", "case.toml:11, npv.rate: unit", "9"),
    ("case.toml", "rate = \"9 %\"", "rate = 0.09", "case.toml:11, npv.rate: type", "0.09"),
    ("case.toml", "from = \"2026-Q1\"", "from = \"2025\"", "case.toml:8, money.from: period", "2025"),
    ("case.toml", "year = \"nominal\"", "year = \"real\"", "case.toml:7, money.year: year", "real"),
    ("case.toml", "[carbon]", "[carbn]", "case.toml:14, carbn: unknown-name", "carbn"),
    ("case.toml", "title = \"A joint", "titel = \"A joint", "case.toml:1, titel: unknown-name; case.toml:1, title: missing", "titel"),
    ("contracts.csv", "works,salts,cathode,40 % of made", "works,salts,plant,40 % of made\nblack mass back,plant,black mass,plant,all", "contracts.csv:7: columns; contracts.csv:8, to: lane", "5 columns"),
    ("lanes.csv", "factory,plant,,,990 km,,,\n", "", "terms.csv:4, value: missing", "nothing"),
    ("parameters.csv", "hazmat,price", "hazmat,payload", "parameters.csv:15: duplicate; parameters.csv:14, value: unit", "hazmat / payload"),
    ("contracts.csv", "20 GWh/yr,,,,,", "15 GWh/yr,,,,,\nmore cells,factory,cells,outside,15 GWh/yr,,,,,", "contracts.csv:3, amount: promised", "30 GWh: cells 15, more cells 15"),
    ("materials.csv", "black mass,,,plain", "black‐mass,,,plain", "parameters.csv:10, of: wrong-list; contracts.csv:4, material: wrong-list; contracts.csv:5, material: wrong-list", "black mass, a contract"),
    ("parties.csv", "party,name", "party,nome", "parties.csv:1: unknown-name", "nome"),
    ("terms.csv", "black mass,payable,Li,,,5 %,Li2CO3,,,,\n", "black mass,payable,Li,,,5 %,Li2CO3,,,,\nblack mass,payable,Li,,,7 %,Li2CO3,,,,\n", "terms.csv:8: duplicate", "black mass / payable / Li"),
    ("terms.csv", "black mass,payable,Li,,,5 %,Li2CO3,,,,", "black mass,payable,Li,,,5 %,Li2CO3,,,", "terms.csv:7: columns", "10 columns"),
    ("statements.csv", "S1,the plant", "S/1,the plant", "statements.csv:2, id: name", "S/1"),
]
# fmt: on
"""File, text of it, text in its place, place and kind of each finding, and what the first shows."""


@pytest.mark.parametrize(("name", "old", "new", "places", "shown"), WRONG)
def test_a_wrong_cell_is_found(
    tmp_path: Path, name: str, old: str, new: str, places: str, shown: str
) -> None:
    findings = findings_of(tmp_path, changed(name, old, new), library=LIBRARY)
    assert "; ".join(f"{x.where}: {x.code}" for x in findings) == places
    assert findings[0].found == shown


def test_there_are_wrong_rows_of_many_kinds() -> None:
    kinds = {place.rpartition(": ")[2] for *_, places, _ in WRONG for place in places.split("; ")}
    assert len(WRONG) >= 60
    assert len(kinds) >= 20, sorted(kinds)


def test_right_loops_have_no_findings(tmp_path: Path) -> None:
    assert findings_of(tmp_path / "joint", JOINT) == ()
    assert loop_of(tmp_path / "joint", JOINT).warnings == ()
    assert load(STARTER).warnings == ()
