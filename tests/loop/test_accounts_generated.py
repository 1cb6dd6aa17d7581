"""What holds for the money of any loop: generated suppliers, plants, owners and terms."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from loop_folder import loop_of

from loopbook.loop import Accounts, accounts, walk
from loopbook.matter import load_library

LIBRARY = load_library()
TERMS = (
    "payable,Ni,,{share} %,{lag}",
    "payable,Cu,< {grade} %,{share} %,",
    "fixed,,,{money} USD/t,",
    "fee,Ni,,{money} EUR/t,",
    "penalty,Cu,> 1 %,{money} USD/t per 1 %,",
    'premium,Ni,"> 5 %, < {grade} %",{money} USD/t per 0.5 %,',
    "take_or_pay,,90 %,{money} USD/t,",
    "duty,,,{share} %,",
    "burden,Ni,,{money} t/t,",
    "freight,,,{side},",
)
SITE_TERMS = (
    "cost,feed,,{money} USD/t,",
    "cost,,,{money} USD/yr,",
    "burden,disposal,,{money} t/t,",
    "credit,,,{share} %,",
)

FIXED = {
    "case.toml": 'title = "generated"\nperiods = ["2027", "2028-Q1..2028-Q2", "2028-07"]\n',
    "parties.csv": "party\nA\nB\nC\nD\nE\n",
    "owners.csv": """\
company,owner,starts,share
A,D,,30 %
A,E,,70 %
A,D,2027-11-01,60 %
A,E,2027-11-01,40 %
B,A,,100 %
""",
    "materials.csv": "material,mode,basis,Ni,Cu,other\nore,truck,%,10,3,87\nmetal,,,,,\n",
    "shares.csv": "process,to,Ni,Cu,other\nfirst,ore,95 %,90 %,80 %\nlast,metal,93 %,40 %,\n",
    "parameters.csv": """\
on,parameter,of,value
truck,price,,2 USD/km
truck,payload,,20 t
truck,carbon,,1 kgCO2e/km""",
    "series.csv": """\
series,unit,2027,2028,2029
Ni,USD/t,16000,~,20000
Cu,CNY/kg,70,80,
yuan,CNY/USD,7,8,
euro,USD/EUR,1.1,,1.2
""",
}


@st.composite
def loops(draw: st.DrawFn) -> dict[str, str]:
    """Tables of suppliers that sell to plants, which sell to each other in a row and outside."""
    suppliers, plants = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    parties = ["A", "B", "C"]
    party = st.sampled_from(parties)

    def rows(on: str, laws: tuple[str, ...]) -> list[str]:
        chosen = draw(st.lists(st.sampled_from(laws), unique=True, min_size=1))
        return [
            f"{on},"
            + law.format(
                share=draw(st.integers(1, 99)),
                money=draw(st.integers(1, 500)),
                grade=draw(st.integers(6, 30)),
                lag=draw(st.sampled_from(["", "M+1", "A", "A+2"])),
                side=draw(st.sampled_from(["buyer", "seller"])),
            )
            for law in chosen
        ]

    sites, contracts, lanes, parameters, terms = [], [], [], [], []
    for k in range(suppliers):
        to, due = draw(st.integers(0, plants - 1)), draw(st.sampled_from(["shipment", "arrival"]))
        lead = draw(st.sampled_from(["", "1 month", "40 d", "5 months"]))
        sites.append(f"mine {k},{draw(party)},supply,")
        parameters.append(f"mine {k},makes,ore,{draw(st.integers(50, 2000))} t/yr")
        contracts.append(f"ore {k},mine {k},ore,plant {to},all,{due}")
        lanes.append(f"mine {k},plant {to},{draw(st.integers(10, 900))} km,{lead}")
        terms += rows(f"ore {k}", TERMS)
    for k in range(plants):
        process, material, to_site = "first", "ore", f"plant {k + 1}"
        if k == plants - 1:
            process, material, to_site = "last", "metal", "outside"
        sites.append(f"plant {k},{draw(party)},process,{process}")
        contracts.append(f"sold {k},plant {k},{material},{to_site},all,shipment")
        terms += rows(f"sold {k}", TERMS[:-1]) + rows(f"plant {k}", SITE_TERMS)
    return {
        **FIXED,
        "sites.csv": "\n".join(["site,party,model,process", *sites, ""]),
        "parameters.csv": "\n".join([FIXED["parameters.csv"], *parameters, ""]),
        "lanes.csv": "\n".join(["from,to,distance,lead", *lanes, ""]),
        "contracts.csv": "\n".join(["contract,from,material,to,amount,due", *contracts, ""]),
        "terms.csv": "\n".join(["on,term,of,when,value,lag", *terms, ""]),
    }


def account(files: dict[str, str]) -> Accounts:
    with tempfile.TemporaryDirectory() as folder:
        return accounts(walk(loop_of(Path(folder), files, library=LIBRARY)))


def turned(text: str) -> str:
    head, *rows = text.splitlines()
    return "\n".join([head, *reversed(rows), ""])


@settings(max_examples=15, deadline=None, phases=[Phase.generate])
@given(loops())
def test_money_of_any_loop(files: dict[str, str]) -> None:
    money = account(files)
    whole = [money.cash(party) for party in money.parties]
    assert np.abs(np.sum(whole, axis=0)).max() < 0.005
    assert np.abs(money.cash("A")).max() < 0.005, "a company whose owners get all keeps nothing"
    sites = np.sum([money.account(site) for site in money.walked.sites], axis=0)
    parties = np.sum([money.cash(party, shared=False) for party in "ABC"], axis=0)
    np.testing.assert_allclose(sites, parties, atol=0.005)
    tables = ("terms.csv", "contracts.csv", "sites.csv", "lanes.csv", "parties.csv")
    other = account({**files, **{name: turned(files[name]) for name in tables}})
    for party in money.parties:
        np.testing.assert_allclose(other.cash(party), money.cash(party), rtol=1e-9, atol=0.005)
    more = account({**files, "parameters.csv": files["parameters.csv"].replace(" t/yr", "0 t/yr")})
    for entry, amount in money.payments.items():
        if entry.payer_site and (entry.term, entry.of) != ("cost", "") and entry.term != "credit":
            np.testing.assert_allclose(more.payments[entry], 10 * amount, rtol=1e-9, atol=1e-6)
