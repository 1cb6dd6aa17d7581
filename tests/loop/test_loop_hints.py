"""What a finding of a loop advises is done, in each way that it names, and the loop is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from loop_folder import JOINT, changed, findings_of, loop_of

from loopbook.matter import load_library
from support.advice import follows

LIBRARY = load_library()
Change = tuple[str, str, str]

SALTS = "salts market,works,salts,outside,60 % of made,2,,,,\n"
RETURN = (
    "contracts.csv",
    SALTS,
    SALTS.replace("60", "30") + "return,works,salts,plant,30 % of made,3,,,,\n",
)
NO_LEAD = ("lanes.csv", "2 months", "")
SITE_LIKE_PARTY = ("sites.csv", "cathode,Refiner,make", "Maker,Refiner,make")
NO_TAKER = ("contracts.csv", "copper,plant,copper scrap,outside,all,,,,,\n", "")
PAYABLE = "black mass,payable,Li,,,5 %,Li2CO3,,,,\n"
SPLIT = "refining,salts,98 %,98 %,lithium yield\n"

ADVISED: list[tuple[list[Change], str, list[list[Change]]]] = [
    (
        [("shares.csv", SPLIT, SPLIT + "refining,copper scrap,1 %,,\n")],
        "write a contract for it, with outside if it goes to a market, or a store",
        [
            [
                (
                    "contracts.csv",
                    "salts,works",
                    "slag,works,copper scrap,outside,all,,,,,\nsalts,works",
                )
            ],
            [("parameters.csv", "hazmat,price", "works,store,copper scrap,50 t,,,,\nhazmat,price")],
        ],
    ),
    (
        [RETURN, NO_LEAD],
        "write a lead for a lane of it, such as",
        [
            [("lanes.csv", "0.2 t CO2e/t,", "0.2 t CO2e/t,1 month")],
            [("lanes.csv", "works,cathode", "works,plant,,,,9 USD/t,,1 month\nworks,cathode")],
        ],
    ),
    (
        [
            SITE_LIKE_PARTY,
            ("lanes.csv", "works,cathode", "works,Maker"),
            ("contracts.csv", "salts,works,salts,cathode", "salts,works,salts,Maker"),
            ("contracts.csv", "outside,Ni; Co,cathode", "outside,Ni; Co,Maker"),
        ],
        "the party is declared at parties.csv:2; rename the site",
        [
            [
                ("sites.csv", "Maker,Refiner,make", "cathode,Refiner,make"),
                ("lanes.csv", "works,Maker", "works,cathode"),
                ("contracts.csv", "salts,works,salts,Maker", "salts,works,salts,cathode"),
                ("contracts.csv", "outside,Ni; Co,Maker", "outside,Ni; Co,cathode"),
            ]
        ],
    ),
    (
        [
            ("materials.csv", "copper scrap,,,plain,parts", "copper,,,plain,parts"),
            ("contracts.csv", "copper,plant,copper scrap", "copper,plant,copper"),
        ],
        "leave its composition out, or rename it",
        [
            [("materials.csv", "copper,,,plain,parts,,,,19,1", "copper,,,plain,,,,,,")],
            [
                ("materials.csv", "copper,,,plain,parts", "copper scrap,,,plain,parts"),
                ("contracts.csv", "copper,plant,copper", "copper,plant,copper scrap"),
            ],
        ],
    ),
    (
        [("parties.csv", "Second,a", "Mаker,a second,JP,\nSecond,a")],
        "they look alike; copy one of them",
        [[("parties.csv", "Mаker,a second,JP,\n", "")]],
    ),
    (
        [("materials.csv", "plain,%,,,40", "plain,%,,,30")],
        "add what is missing, or write parts as its basis",
        [
            [("materials.csv", "plain,%,,,30", "plain,%,,,40")],
            [("materials.csv", "plain,%,,,30", "plain,parts,,,30")],
        ],
    ),
    (
        [("terms.csv", PAYABLE, PAYABLE.replace("Li2CO3", ""))],
        "write a series Li of prices, or name one in index",
        [
            [
                ("series.csv", "won,", "Li,USD/kg,60,,,,,,,,,\nwon,"),
                ("series.csv", "Li2CO3,USD/kg,12,,,,~,~,~,~,15,\n", ""),
            ],
            [("terms.csv", PAYABLE.replace("Li2CO3", ""), PAYABLE)],
        ],
    ),
    (
        [("lanes.csv", "works,cathode,,plain,30 km", "works,cathode,,plain,")],
        "write its distance, or its cost and carbon",
        [
            [("lanes.csv", "works,cathode,,plain,", "works,cathode,,plain,30 km")],
            [
                (
                    "lanes.csv",
                    "works,cathode,,plain,,,,",
                    "works,cathode,,plain,,8 USD/t,9 kg CO2e/t,",
                )
            ],
        ],
    ),
    (
        [("lanes.csv", "factory,plant,,,990 km", "factory,plant,,,")],
        "write its distance, or its cost and carbon",
        [[("lanes.csv", "factory,plant,,,", "factory,plant,,,990 km")]],
    ),
    (
        [("lanes.csv", "factory,plant,,,990 km,,,\n", "")],
        "write a row factory,plant in lanes.csv",
        [[("lanes.csv", "annex,", "factory,plant,,,990 km,,,\nannex,")]],
    ),
    (
        [
            ("materials.csv", "manufacturing waste,hazmat", "manufacturing waste,"),
            ("parameters.csv", "hazmat,price,,lib:freight/heavy truck hazmat/price,,,,\n", ""),
            ("parameters.csv", "hazmat,payload,,18 t,,,,\n", ""),
        ],
        "write a cost on the lane, or a mode that has a price in parameters",
        [
            [("lanes.csv", "factory,plant,,,990 km,,", "factory,plant,,,990 km,70 USD/t,")],
            [("lanes.csv", "factory,plant,,,990 km", "factory,plant,,plain,990 km")],
        ],
    ),
    (
        [("terms.csv", "310000 KRW/t", "1600 CNY/t")],
        "write a series with the unit CNY/USD",
        [[("series.csv", "won,KRW/USD,1390", "yuan,CNY/USD,7.1")]],
    ),
    (
        [("sites.csv", "plant,Venture,process", "plant,,process")],
        "name a party, or declare plant in parties",
        [
            [("sites.csv", "plant,,process", "plant,Venture,process")],
            [("parties.csv", "Second,a", "plant,a company,US,\nSecond,a")],
        ],
    ),
    (
        [("parameters.csv", "factory,makes,cells,lines,,,,\n", "")],
        "write a row factory,makes in parameters.csv",
        [[("parameters.csv", "annex,makes", "factory,makes,cells,lines,,,,\nannex,makes")]],
    ),
    (
        [("materials.csv", "cells,,,,,lib:composition_cell/NMC811", "cells,,,,,NMC811")],
        "write lib:composition_cell/NMC811",
        [[("materials.csv", "cells,,,,,NMC811", "cells,,,,,lib:composition_cell/NMC811")]],
    ),
    (
        [("materials.csv", "plain,%,,,40,", "plain,%,,,40 %,")],
        "write the number only; the column basis has its unit",
        [[("materials.csv", "plain,%,,,40 %,", "plain,%,,,40,")]],
    ),
    (
        [("parameters.csv", "plant,ramp,,running,,", "plant,ramp,,running,20 %,")],
        "write them in the row running of series",
        [
            [
                ("parameters.csv", "plant,ramp,,running,20 %,", "plant,ramp,,running,,"),
                ("series.csv", "series,unit,", "series,low,unit,"),
                *[
                    ("series.csv", f"\n{name},", f"\n{name},{low},")
                    for name, low in [
                        *[(x, "") for x in ("lines", "Ni", "Co", "Cu", "Li2CO3", "won")],
                        ("lithium yield", ""),
                        ("running", "-20 %"),
                    ]
                ],
            ]
        ],
    ),
]
"""What is wrong, what the finding advises, and what each way of doing it changes."""


def written(changes: list[Change], files: dict[str, str] | None = None) -> dict[str, str]:
    texts = dict(files or JOINT)
    for name, old, new in changes:
        texts = changed(name, old, new, texts)
    return texts


@pytest.mark.parametrize(("wrong", "hint", "ways"), ADVISED)
def test_what_a_finding_advises_is_done(
    tmp_path: Path, wrong: list[Change], hint: str, ways: list[list[Change]]
) -> None:
    files = written(wrong)
    findings = findings_of(tmp_path / "wrong", files, library=LIBRARY)
    follows(findings[0], hint)
    for number, way in enumerate(ways):
        mended = written(way, files)
        assert findings_of(tmp_path / str(number), mended, library=LIBRARY) == ()


def test_an_address_is_written_as_its_hint_advises(tmp_path: Path) -> None:
    (finding,) = findings_of(tmp_path, JOINT, cells=["hold"], library=LIBRARY)
    follows(finding, 'write it as "sites/plant/model=hold"')
    metals = [f"contracts/metal/outside/{name}/amount=9 t/yr" for name in ("Ni", "Co")]
    cells = ["sites/cathode/model=hold", *metals]
    assert loop_of(tmp_path, cells=cells, library=LIBRARY).sites["cathode"].model == "hold"


def test_a_slip_is_mended_as_its_warning_asks(tmp_path: Path) -> None:
    files = written([("parameters.csv", "13500 t/yr,12000 t/yr,14000 t/yr", "13.5 t/yr,,")])
    (warning,) = loop_of(tmp_path / "wrong", files, library=LIBRARY).warnings
    follows(warning, "is it 13,500 t/yr?")
    mended = {**files, "parameters.csv": files["parameters.csv"].replace("13.5", "13500")}
    assert loop_of(tmp_path / "right", mended, library=LIBRARY).warnings == ()


def test_names_that_are_nearly_alike_are_made_one(tmp_path: Path) -> None:
    files = written([("terms.csv", "Venture,carbon", "Ventura,carbon")])
    files = changed("parties.csv", "Second,a", "Ventura,the same,US,\nSecond,a", files)
    warnings = loop_of(tmp_path / "wrong", files, library=LIBRARY).warnings
    follows(next(x for x in warnings if x.code == "alike"), "is it the same?")
    assert loop_of(tmp_path / "right", library=LIBRARY).warnings == ()
