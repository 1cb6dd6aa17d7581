"""Loops as strangers would write them, each with its figures from a sum by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from loop_folder import walk_of

from loopbook.loop import Accounts, Walk, accounts


def taken(walked: Walk, contract: str) -> np.ndarray:
    return np.sum([flow.taken[:, 0] for flow in walked.of(contract)], axis=0)


def paid(money: Accounts, on: str, term: str) -> np.ndarray:
    """What a term on something pays in each step."""
    rows = [x[:, 0] for entry, x in money.payments.items() if (entry.on, entry.term) == (on, term)]
    return np.sum(rows, axis=0)


def closes(money: Accounts) -> None:
    whole = sum(money.cash(party) for party in money.parties)
    assert np.abs(whole).max() < 0.01


RATES = [1300 + 10 * month for month in range(14)]
NICKEL = [21e6 + 0.2e6 * month for month in range(14)]
MONTHS = [f"2027-{month:02}" for month in range(1, 13)] + ["2028-01", "2028-02"]

KOREA: Mapping[str, str] = {
    "case.toml": 'title = "black mass to Korea"\nperiods = ["2027"]\nstep = "month"\n',
    "parties.csv": "party,country\nShredder,US\nRefiner,KR\n",
    "sites.csv": "site,party,model,process\nShredder,,supply,\nOnsan,Refiner,process,refining\n",
    "materials.csv": "material,basis,Ni,other\nblack mass,%,20,80\nsulfate,,,\n",
    "shares.csv": "process,to,Ni\nrefining,sulfate,95 %\n",
    "parameters.csv": "on,parameter,of,value\nShredder,makes,black mass,1200 t/yr\n",
    "series.csv": (
        "series,unit," + ",".join(MONTHS) + "\n"
        "Ni,KRW/t," + ",".join(f"{x:g}" for x in NICKEL) + "\n"
        "won,KRW/USD," + ",".join(map(str, RATES)) + "\n"
    ),
    "lanes.csv": "from,to,cost,lead\nShredder,Onsan,90000 KRW/t,1 month\n",
    "contracts.csv": (
        "contract,from,material,to,amount,currency,due\n"
        "export,Shredder,black mass,Onsan,all,KRW,\n"
        "domestic,Onsan,sulfate,outside,all,KRW,\n"
    ),
    "terms.csv": (
        "on,term,of,value,lag\nexport,payable,Ni,70 %,M+1\nexport,fee,,500000 KRW/t,\n"
        "export,freight,,seller,\nexport,pay,,30 days,\ndomestic,payable,Ni,100 %,\n"
        "Onsan,cost,feed,800000 KRW/t,\n"
    ),
}
"""A year in steps of a month: 100 t of black mass leave each month and arrive a month later."""


def test_a_refiner_in_korea_is_paid_by_the_quotes_and_rates_of_each_month(tmp_path: Path) -> None:
    files = {
        **KOREA,
        "terms.csv": KOREA["terms.csv"].replace("export,pay,,30 days,\n", "export,pay,,1 month,\n"),
    }
    money = accounts(walk_of(tmp_path, files))
    months = range(12)
    bought = [0, *(100 * 0.2 * 0.7 * NICKEL[m] / RATES[m] for m in months[1:])]
    assert paid(money, "export", "payable") == pytest.approx(bought, rel=1e-9)
    fees = [0, *(100 * 5e5 / RATES[m] for m in months[1:])]
    assert paid(money, "export", "fee") == pytest.approx(fees, rel=1e-9)
    freight = [100 * 9e4 / RATES[m] for m in months]
    assert paid(money, "export", "freight") == pytest.approx(freight, rel=1e-9)
    sold = [100 * 0.2 * 0.95 * NICKEL[m] / RATES[m] for m in months]
    assert paid(money, "domestic", "payable") == pytest.approx([0, *sold[1:]], rel=1e-9)
    closes(money)
    notes = [str(x) for x in money.findings if x.code == "not-used"]
    assert notes == [
        "contracts.csv:2: not-used: export pays in KRW; its accounts are in those of prices",
        "contracts.csv:3: not-used: domestic pays in KRW; its accounts are in those of prices",
    ]
    # a year in one step is the sum of its months where nothing takes time
    at_once = {**files, "lanes.csv": "from,to,cost,lead\nShredder,Onsan,90000 KRW/t,\n"}
    yearly = {**at_once, "case.toml": KOREA["case.toml"].replace('step = "month"\n', "")}
    monthly, whole = (
        accounts(walk_of(tmp_path / name, x)) for name, x in (("m", at_once), ("y", yearly))
    )
    for on, term in (("export", "payable"), ("export", "fee"), ("domestic", "payable")):
        assert paid(whole, on, term)[0] == pytest.approx(paid(monthly, on, term).sum(), rel=1e-9)


PYRO: Mapping[str, str] = {
    "case.toml": 'title = "a smelter"\nperiods = ["2027-Q1..2027-Q4", "2028"]\n',
    "parties.csv": "party\nMaker\nSmelter\nAnn\nBob\n",
    "owners.csv": "company,owner,starts,share\nSmelter,Ann,,70 %\nSmelter,Bob,,30 %\n",
    "sites.csv": "site,party,model,process\nlines,Maker,supply,\nSmelter,,process,smelting\n",
    "materials.csv": (
        "material,basis,Ni,Co,Al,Li,other\ncells,%,20,5,10,5,60\nalloy,,,,,,\nslag,,,,,,\n"
    ),
    "shares.csv": (
        "process,to,Ni,Co,Al,Li,other\nsmelting,alloy,95 %,95 %,,,\n"
        "smelting,slag,5 %,5 %,100 %,100 %,40 %\n"
    ),
    "parameters.csv": "on,parameter,of,value\nlines,makes,cells,4000 t/yr\nSmelter,payout,,100 %\n",
    "series.csv": "series,unit,2027,2028\nNi,USD/t,16000,17000\nCo,USD/t,30000,\n",
    "contracts.csv": (
        "contract,from,material,to,amount\ncells,lines,cells,Smelter,all\n"
        "alloy,Smelter,alloy,outside,all\nslag,Smelter,slag,outside,all\n"
    ),
    "terms.csv": (
        "on,term,of,value\ncells,fee,,700 USD/t\nalloy,payable,Ni; Co,80 %\n"
        "slag,fee,,120 USD/t\nSmelter,cost,feed,900 USD/t\nSmelter,cost,,2 M USD/yr\n"
    ),
}
"""1,000 t of cells a quarter for a gate fee; the slag is dumped for one."""


def test_a_smelter_pays_for_its_slag_and_its_owners_share_the_rest(tmp_path: Path) -> None:
    money = accounts(walk_of(tmp_path, PYRO))
    quarters = np.array([1, 1, 1, 1, 4])
    cells = 1000 * quarters
    slag = cells * (0.05 * 0.25 + 0.10 + 0.05 + 0.4 * 0.60)
    assert taken(money.walked, "slag") == pytest.approx(slag, rel=1e-9)
    price = np.array([16000] * 4 + [17000])
    alloy = 0.8 * 0.95 * cells * (0.20 * price + 0.05 * 30000)
    cash = 700 * cells + alloy - 120 * slag - 900 * cells - 5e5 * quarters
    assert money.cash("Smelter", shared=False)[:, 0] == pytest.approx(cash, rel=1e-9)
    assert money.cash("Ann")[:, 0] == pytest.approx(0.7 * cash, rel=1e-9)
    assert money.cash("Bob")[:, 0] == pytest.approx(0.3 * cash, rel=1e-9)
    assert money.cash("Smelter")[:, 0] == pytest.approx(0, abs=1e-6)
    closes(money)


PACKS: Mapping[str, str] = {
    "case.toml": 'title = "old packs"\nperiods = ["2027..2029"]\n',
    "parties.csv": "party\nCollector\nNMC plant\nLFP plant\n",
    "sites.csv": (
        "site,party,model,process\nyard,Collector,supply,\nhall,Collector,process,dismantling\n"
        "NMC plant,,process,NMC shredding\nLFP plant,,process,LFP shredding\n"
    ),
    "materials.csv": (
        "material,group,class,basis,NMC modules,LFP modules,steel,NMC811,LFP,copper\n"
        "NMC packs,packs,end of life,%,60,,40,,,\nLFP packs,packs,end of life,%,,70,30,,,\n"
        "NMC modules,,,%,,,,80,,20\nLFP modules,,,%,,,,,75,25\n"
        "casings,,,,,,,,,\nNMC black mass,,,,,,,,,\nLFP black mass,,,,,,,,,\n"
    ),
    "shares.csv": (
        "process,to,NMC modules,LFP modules,steel,NMC811,LFP\n"
        "dismantling,NMC modules,98 %,,,,\ndismantling,LFP modules,,98 %,,,\n"
        "dismantling,casings,,,90 %,,\n"
        "NMC shredding,NMC black mass,,,,95 %,\nLFP shredding,LFP black mass,,,,,93 %\n"
    ),
    "parameters.csv": (
        "on,parameter,of,value\nyard,makes,NMC packs,NMC back\nyard,makes,LFP packs,LFP back\n"
        "hall,capacity,,1500 t/yr\nhall,store,packs,2 kt\nyard,store,packs,5 kt\n"
    ),
    "series.csv": (
        "series,unit,2027,2028,2029\nNMC back,t/yr,600,900,900\nLFP back,t/yr,300,600,1500\n"
    ),
    "contracts.csv": (
        "contract,from,material,to,amount\nold,yard,packs,hall,all\n"
        "NMC,hall,NMC modules,NMC plant,all\nLFP,hall,LFP modules,LFP plant,all\n"
        "steel,hall,casings,outside,all\nNMC mass,NMC plant,NMC black mass,outside,all\n"
        "LFP mass,LFP plant,LFP black mass,outside,all\n"
    ),
    "terms.csv": "on,term,of,value\nLFP,fee,,200 USD/t\nNMC,fixed,,1500 USD/t\n",
}
"""Packs of two chemistries are dismantled at one hall, 1,500 t a year, and shredded apart."""


def test_modules_of_two_chemistries_go_to_two_plants(tmp_path: Path) -> None:
    """2029: 2,400 t come, 1,500 t are dismantled in proportion, the rest waits in the store."""
    walked = walk_of(tmp_path, PACKS)
    nmc, lfp = np.array([600, 900, 900 * 1500 / 2400]), np.array([300, 600, 1500 * 1500 / 2400])
    assert taken(walked, "NMC") == pytest.approx(0.98 * 0.60 * nmc, rel=1e-9)
    assert taken(walked, "LFP") == pytest.approx(0.98 * 0.70 * lfp, rel=1e-9)
    assert taken(walked, "steel") == pytest.approx(0.9 * (0.4 * nmc + 0.3 * lfp), rel=1e-9)
    assert taken(walked, "NMC mass") == pytest.approx(0.95 * 0.80 * 0.98 * 0.60 * nmc, rel=1e-9)
    assert taken(walked, "LFP mass") == pytest.approx(0.93 * 0.75 * 0.98 * 0.70 * lfp, rel=1e-9)
    waiting = sum(x[:, :, 0].sum(axis=1) for x in walked.sites["hall"].waiting.values())
    assert waiting == pytest.approx([0, 0, 900], abs=1e-9)
    money = accounts(walked)
    cash = 1500 * 0.98 * 0.60 * nmc - 200 * 0.98 * 0.70 * lfp
    assert money.cash("Collector")[:, 0] == pytest.approx(cash, rel=1e-9)
    closes(money)


RAMP: Mapping[str, str] = {
    "case.toml": 'title = "take or pay"\nperiods = ["2027-Q1..2027-Q4"]\n',
    "parties.csv": "party\nMaker\nRecycler\n",
    "sites.csv": (
        "site,party,model,process,starts\nlines,Maker,supply,,\n"
        "Recycler,,process,shredding,2027-02-15\n"
    ),
    "materials.csv": "material,basis,Ni,other\nscrap,%,30,70\nblack mass,,,\n",
    "shares.csv": "process,to,Ni\nshredding,black mass,95 %\n",
    "parameters.csv": (
        "on,parameter,of,value\nlines,makes,scrap,1200 t/quarter\nRecycler,capacity,,4 kt/yr\n"
        "Recycler,ramp,,running in\n"
    ),
    "series.csv": "series,unit,2027-Q1,2027-Q2,2027-Q3,2027-Q4\nrunning in,%,50,60,90,100\n",
    "contracts.csv": (
        "contract,from,material,to,amount,priority\nscrap,lines,scrap,Recycler,1000 t/quarter,1\n"
        "others,lines,scrap,outside,all,2\nsale,Recycler,black mass,outside,all,1\n"
    ),
    "terms.csv": "on,term,when,value\nscrap,take_or_pay,80 %,50 USD/t\nscrap,fee,,100 USD/t\n",
}
"""A recycler that starts in the middle of February must take 80 % of 1,000 t a quarter."""


def test_what_a_ramp_cannot_take_is_paid(tmp_path: Path) -> None:
    money = accounts(walk_of(tmp_path, RAMP))
    part = 14 / 28 / 3 + 1 / 3  # of the first quarter
    asked = np.array([1000 * part, 1000, 1000, 1000])
    room = 1000 * np.array([0.5 * part, 0.6, 0.9, 1.0])
    assert taken(money.walked, "scrap") == pytest.approx(room, rel=1e-9)
    assert taken(money.walked, "others") == pytest.approx(1200 - room, rel=1e-9)
    (flow,) = money.walked.of("scrap")
    assert flow.short_by_buyer[:, 0] == pytest.approx(asked - room, rel=1e-9, abs=1e-9)
    lost = np.maximum(0.8 * asked - room, 0)
    assert paid(money, "scrap", "take_or_pay") == pytest.approx(50 * lost, rel=1e-9)
    cash = 100 * room - 50 * lost
    assert money.cash("Recycler")[:, 0] == pytest.approx(cash, rel=1e-9)
    closes(money)


CATHODE: Mapping[str, str] = {
    "case.toml": 'title = "pCAM of one\'s own"\nperiods = ["2027..2028"]\n',
    "parties.csv": "party,country\nChem,KR\nCells,US\n",
    "sites.csv": (
        "site,party,model,process\npCAM plant,Chem,make to order,\n"
        "CAM plant,Chem,make to order,\nCells,,demand,\n"
    ),
    "materials.csv": ("material,basis,pCAM,Ni,Mn,O,H,Li\npCAM,%,,50,15,33,2,\nCAM,%,95,,,,,5\n"),
    "parameters.csv": (
        "on,parameter,of,value\npCAM plant,yield,pCAM,96 %\nCAM plant,yield,CAM,98 %\n"
        "Cells,needs,CAM,4000 t/yr\n"
    ),
    "series.csv": "series,unit,2027,2028\nNi,USD/t,16000,18000\n",
    "lanes.csv": "from,to,cost,carbon\npCAM plant,CAM plant,150 USD/t,0.2 t/t\n",
    "contracts.csv": (
        "contract,from,material,to,amount\nCAM,CAM plant,CAM,Cells,as needed\n"
        "pCAM,pCAM plant,pCAM,CAM plant,as needed\nnickel,outside,Ni,pCAM plant,as needed\n"
    ),
    "terms.csv": (
        "on,term,of,value\nCAM,fixed,,25 USD/kg\npCAM,freight,,buyer\nnickel,payable,Ni,100 %\n"
        "nickel,burden,,9 t/t\npCAM plant,cost,made,3000 USD/t\n"
    ),
}
"""A maker in two countries: its pCAM crosses the sea, and no money moves for it but freight."""


def test_pcam_of_ones_own_costs_its_freight_only(tmp_path: Path) -> None:
    money = accounts(walk_of(tmp_path, CATHODE))
    pcam = 0.95 * 4000 / 0.98
    nickel = 0.50 * pcam / 0.96
    assert taken(money.walked, "CAM") == pytest.approx([4000, 4000], rel=1e-9)
    assert taken(money.walked, "pCAM") == pytest.approx([pcam, pcam], rel=1e-9)
    assert taken(money.walked, "nickel") == pytest.approx([nickel, nickel], rel=1e-9)
    bought = nickel * np.array([16000, 18000])
    cash = 25e3 * 4000 - 150 * pcam - bought - 3000 * pcam
    assert money.cash("Chem")[:, 0] == pytest.approx(cash, rel=1e-9)
    assert money.account("CAM plant")[:, 0] == pytest.approx([25e3 * 4000 - 150 * pcam] * 2)
    assert money.burden("pCAM plant")[:, 0] == pytest.approx([9 * nickel] * 2, rel=1e-9)
    assert money.burden("CAM plant")[:, 0] == pytest.approx([0.2 * pcam] * 2, rel=1e-9)
    closes(money)


FOIL: Mapping[str, str] = {
    "case.toml": (
        'title = "foil"\nperiods = ["2027-01..2027-03", "2027-Q2..2027-Q4", "2028..2029"]\n'
    ),
    "parties.csv": "party\nFoil maker\n",
    "sites.csv": (
        "site,party,model,process\ncasting,Foil maker,process,casting\n"
        "slitting,Foil maker,process,slitting\n"
    ),
    "materials.csv": (
        "material,class,basis,Cu\ncathode,,%,100\nstrip,,,\nfoil,,,\ntrimmings,run-around,,\n"
    ),
    "shares.csv": (
        "process,to,Cu\ncasting,strip,100 %\nslitting,foil,75 %\nslitting,trimmings,24 %\n"
    ),
    "parameters.csv": "on,parameter,of,value\n",
    "lanes.csv": "from,to,lead\nslitting,casting,2 months\n",
    "contracts.csv": (
        "contract,from,material,to,amount\ncopper,outside,cathode,casting,120 t/month\n"
        "strip,casting,strip,slitting,all\nback,slitting,trimmings,casting,all\n"
        "foil,slitting,foil,outside,all\n"
    ),
}
"""A quarter of the strip is trimmed, and comes back to the furnace after two months."""


def test_trimmings_come_back_after_two_months_in_periods_of_all_lengths(tmp_path: Path) -> None:
    """Even flows: what leaves in a step of n months arrives two months later, spread over n."""
    walked = walk_of(tmp_path, FOIL)
    lengths = [1, 1, 1, 3, 3, 3, 12, 12]
    starts = np.cumsum([0, *lengths])
    back = np.zeros(len(lengths) + 1)
    foil = []
    for k, months in enumerate(lengths):
        # in steps of three months and more a part of what leaves arrives in the same step: that
        # closes a circle, and comes in the next
        strip = 120.0 * months + back[k]
        foil.append(0.75 * strip)
        begin, end = starts[k] + 2, starts[k + 1] + 2
        for j in range(k, len(lengths) + 1):
            first = starts[j]
            last = starts[j + 1] if j < len(lengths) else np.inf
            overlap = max(0.0, min(end, last) - max(begin, first)) / months
            back[max(j, k + 1)] += 0.24 * strip * overlap
    assert taken(walked, "foil") == pytest.approx(foil, rel=1e-9)
    (flow,) = walked.of("back")
    arrived = flow.arrived["trimmings"].sum(axis=(1, 2))
    assert arrived == pytest.approx(back, rel=1e-9, abs=1e-12)


def test_a_store_of_a_group_is_one_store(tmp_path: Path) -> None:
    """900 t wait in 800 t; so they do where the store is of all goods."""
    for name in ("packs", ""):
        rows = PACKS["parameters.csv"].replace("hall,store,packs,2 kt", f"hall,store,{name},800 t")
        walked = walk_of(tmp_path / f"of {name}", {**PACKS, "parameters.csv": rows})
        waiting = sum(x[:, :, 0].sum(axis=1) for x in walked.sites["hall"].waiting.values())
        assert waiting[-1] == pytest.approx(800, rel=1e-9)
        assert walked.findings == ()
    rows = PACKS["parameters.csv"].replace("yard,store,packs,5 kt\n", "yard,store,packs,50 t\n")
    rows = rows.replace("hall,store,packs,2 kt\n", "")
    (finding,) = walk_of(tmp_path / "yard", {**PACKS, "parameters.csv": rows}).findings
    assert finding.expected == "at most 50 t of packs in the store of yard"
    assert finding.found == "850 t more at the end of 2029"
