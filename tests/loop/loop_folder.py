"""A loop with most of what tables can hold, and folders with one cell changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from loopbook.errors import Finding
from loopbook.loop import Loop, Walk, load, read_loop, walk

STARTER = Path(__file__).parents[2] / "cases" / "starter"

JOINT: Mapping[str, str] = {
    "case.toml": """\
title = "A joint venture between a cell maker and a trader"
periods = ["2026-Q1..2027-Q4", "2028..2031"]
step = "period"

[money]
currency = "USD"
year = "nominal"
from = "2026-Q1"

[npv]
rate = "9 %"
at = "2026-01-01"

[carbon]
boundary = "site"

[switch.second]
title = "a second factory sends its scrap"
""",
    "parties.csv": """\
party,name,country,switch
Maker,a cell maker,US,
Trader,a trading house,JP,
Venture,their joint venture,US,
Refiner,a refiner,KR,
Second,a second cell maker,US,second
""",
    "owners.csv": """\
company,owner,starts,share
Venture,Trader,,51 %
Venture,Maker,,49 %
Venture,Trader,2029-01-01,60 %
Venture,Maker,2029-01-01,40 %
""",
    "sites.csv": """\
site,party,model,process,starts,ends,switch
factory,Maker,cell lines,,2026-01-01,,
plant,Venture,process,preprocessing,2026-04-01,,
works,Refiner,process,refining,,,
cathode,Refiner,make to order,,,,
annex,Second,cell lines,,2028-01-01,,second
""",
    "materials.csv": """\
material,group,class,mode,basis,like,active,graphite,copper,aluminium,Ni,Co,Li,O
cells,,,,,lib:composition_cell/NMC811,NCMA 89-4-4-3,,,,,,,
formed cells,scrap,manufacturing waste,hazmat,,lib:composition_cell/NMC811,NCMA 89-4-4-3,,,,,,,
dry cells,scrap,manufacturing waste,plain,,lib:composition_cell/NMC811,NCMA 89-4-4-3,,,,,,,
black mass,,,plain,%,,,40,2,3,30.02,2,4,19
copper scrap,,,plain,parts,,,,19,1,,,,
salts,,,plain,,,,,,,,,,
""",
    "shares.csv": """\
process,to,Ni,Co,Li
refining,salts,98 %,98 %,lithium yield
""",
    "parameters.csv": """\
on,parameter,of,value,low,high,moves,switch
factory,makes,cells,lines,,,,
annex,makes,cells,2 GWh/yr,,,,second
cell lines,reject,,5 %,,,,
factory,reject,,reject,,,,
cell lines,scrap,formed cells,70 % of rejects,,,,
cell lines,scrap,dry cells,30 % of rejects,,,,
plant,capacity,,13500 t/yr,12000 t/yr,14000 t/yr,,
plant,ramp,,running,,,,
plant,store,black mass,200 t,,,,
plant,opening,formed cells,35 t,,,,
works,capacity,,10 kt/yr,,,,
works,store,salts,500 t,,,,
hazmat,price,,lib:freight/heavy truck hazmat/price,,,,
hazmat,payload,,18 t,,,,
plain,price,,lib:freight/heavy truck/price,,,,
plain,payload,,18 t,,,,
Venture,payout,,80 %,,,,
""",
    "series.csv": """\
series,unit,2026-Q1,2026-Q2,2026-Q3,2026-Q4,2027,2028,2029,2030,2031,2032
lines,GWh/yr,0,2,4,6,12,16,20,,,
running,%,25,50,75,90,100,,,,,
Ni,USD/t,15500,,,,16000,~,~,17500,+2 %,
Co,USD/t,28000,,,,,,,,,
Cu,USD/t,9500,,,,,,,,,
Li2CO3,USD/kg,12,,,,~,~,~,~,15,
won,KRW/USD,1390,,,,,,,,,
lithium yield,%,85,,,,~,90,,,,
""",
    "series-scrap.csv": """\
series,unit,age 0,age 1,age 2,age 3,age 4,age 5
reject,%,22.5,~,~,10,~,5
""",
    "lanes.csv": """\
from,to,material,mode,distance,cost,carbon,lead
factory,plant,,,990 km,,,
annex,plant,,,80 km,,,
plant,works,,,,180 USD/t,0.2 t CO2e/t,2 months
works,cathode,,plain,30 km,,,
""",
    "contracts.csv": """\
contract,from,material,to,amount,priority,seller,starts,ends,switch
cells,factory; annex,cells,outside,20 GWh/yr,,,,,
scrap,factory; annex,scrap,plant,all,1,,,,
black mass,plant,black mass,works,200..300 t/month,1,,2026-04-01,2028-12-31,
black mass market,plant,black mass,outside,offer all,9,,,,
copper,plant,copper scrap,outside,all,,,,,
salts,works,salts,cathode,40 % of made,1,,,,
salts market,works,salts,outside,60 % of made,2,,,,
metal,outside,Ni; Co,cathode,as needed,,,,,
""",
    "terms.csv": """\
on,term,of,when,starts,value,index,lag,payer,payee,ends
cells,fixed,,,,90 USD/kWh,,,,,
scrap,payable,Ni; Co,,,lib:route_rules/feed/payable of Ni and Co,,,,,
scrap,freight,,,,buyer,,,,,
black mass; black mass market,payable,Ni,>= 15 %,,70 %,,M+1,,,
black mass; black mass market,payable,Ni,"< 15 %, >= 5 %",,60 %,,M+1,,,
black mass,payable,Li,,,5 %,Li2CO3,,,,
black mass,penalty,F,> 0.5 %,,20 USD/t per 0.1 %,,,,,
black mass,take_or_pay,,80 %,,100 USD/t,,,,,
copper,payable,Cu,,,85 %,,,,,
salts; salts market; metal,payable,Ni; Co,,,100 %,,,,,
metal,burden,,,,9 t CO2e/t,,,,,
plant,cost,feed,,,310000 KRW/t,,,,,
plant,cost,,,,1.2 M USD/yr,,,,,
plant,invest,,at 7 %,2026-01-01,25 M USD,,,,,
plant,burden,feed,,,0.1 t CO2e/t,,,,,
Venture,carbon price,,,2028-01-01,30 USD/t CO2e,,,,,
""",
    "statements.csv": """\
id,text,stated,answer,reading,doubt
S1,the plant takes 13500 t a year,13500 t/yr,,,
""",
}
"""Files of a loop of five parties, by name."""


TOLLING: Mapping[str, str] = {
    "case.toml": """\
title = "tolling with metal returned"
periods = ["2027-01..2027-12"]
step = "month"
""",
    "parties.csv": """\
party
Maker
Refiner
Mint
""",
    "sites.csv": """\
site,party,model,process
lines,Maker,supply,
refinery,Refiner,process,refining
Mint,Mint,demand,
""",
    "materials.csv": """\
material,basis,Ni,Co,other
black mass,%,30,5,65
nickel,,,,
""",
    "shares.csv": """\
process,to,Ni
refining,nickel,96 %
""",
    "parameters.csv": """\
on,parameter,of,value
lines,makes,black mass,1200 t/yr
refinery,opening,nickel,10 t
Mint,needs,nickel,20 t/month
""",
    "series.csv": """\
series,unit,2027,2028
Ni,USD/t,16000,
""",
    "contracts.csv": """\
contract,from,material,to,amount,title,seller
toll,lines,black mass,refinery,all,stays,
returned,refinery,nickel,Mint,as needed,,Maker
own,refinery,nickel,outside,all,,
bought,outside,Ni,refinery,as needed,,
""",
    "terms.csv": """\
on,term,of,when,value,lag
toll,fee,,,900 USD/t,
toll,return,Ni,<= 30 t/month,92 %,2 months
returned; own; bought,payable,Ni,,100 %,M+1
bought,burden,,,9 t/t,
""",
}
"""Files of a refiner that returns metal, in steps of a month."""

END_OF_LIFE: Mapping[str, str] = {
    "case.toml": """\
title = "end of life"
periods = ["2025..2045"]
""",
    "parties.csv": """\
party
Drivers
Dealer
Packers
""",
    "sites.csv": """\
site,party,model,process,starts
roads,Drivers,fleet,,
yard,Dealer,hold,,
pack plant,Packers,assembly,,2026-01-01
dismantling,Packers,process,dismantling,2026-01-01
cell works,Packers,supply,,
""",
    "materials.csv": """\
material,class,basis,cells,Al,steel,note
packs,,%,70,20,10,
old packs,end of life,%,70,20,10,
cells,,,,,,
casings,,,,,,
""",
    "shares.csv": """\
process,to,cells,Al
dismantling,cells,99 %,
dismantling,casings,,95 %
""",
    "parameters.csv": """\
on,parameter,of,value
roads,sales,packs,sold
roads,lifetime,packs,"weibull 2.8, 12 yr"
roads,returns,old packs,100 % of packs
packs,mass,,410 kg/pack
yard,stay,old packs,18 months
pack plant,makes,packs,120000 packs/yr
cell works,makes,cells,40 kt/yr
dismantling,capacity,,20 kt/yr
""",
    "contracts.csv": """\
contract,from,material,to,amount
packs,pack plant,packs,roads,as needed
new cells,cell works,cells,pack plant,as needed
old,roads,old packs,yard,all
stored,yard,old packs,dismantling,all
cells back,dismantling,cells,pack plant,20 % of made
scrap,dismantling,cells,outside,all
metal,dismantling,casings,outside,all
""",
    "terms.csv": """\
on,term,of,value
old,fixed,,40 USD/t
""",
    "series-sales.csv": (
        "series,unit," + ",".join(map(str, range(2015, 2046))) + "\n"
        "sold,pack/yr,10000" + 30 * ",+10 %" + "\n"
    ),
}
"""Files of packs that come back from use."""


def write_loop(folder: Path, files: Mapping[str, str] = JOINT) -> Path:
    """A folder with these files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def changed(name: str, old: str, new: str, files: Mapping[str, str] = JOINT) -> dict[str, str]:
    """The files with one text in place of another, which is there once."""
    assert files.get(name, "").count(old) == 1, (name, old, files.get(name, "").count(old))
    return {**files, name: files[name].replace(old, new)}


def findings_of(folder: Path, files: Mapping[str, str], **run: object) -> tuple[Finding, ...]:
    """Findings of a loop of these files."""
    return read_loop(write_loop(folder, files), **run).findings


def loop_of(folder: Path, files: Mapping[str, str] = JOINT, **run: object) -> Loop:
    """The loop of these files."""
    return load(write_loop(folder, files), **run)


def walk_of(folder: Path, files: Mapping[str, str], **run: object) -> Walk:
    """The walk of the loop of these files."""
    return walk(loop_of(folder, files, **run))
