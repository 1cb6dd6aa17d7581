"""Formulas of results, on a loop that is small enough for sums by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from loop_folder import STARTER, TOLLING, findings_of, loop_of, write_loop

from loopbook.errors import InputError
from loopbook.loop import (
    Accounts,
    Walk,
    accounts,
    answer,
    load,
    mass_tables,
    result_tables,
    sample,
    tables_with_zeros,
    walk,
)
from loopbook.report import Cell

FILES = {
    "case.toml": (
        'title = "scrap"\nperiods = ["2027-Q1..2027-Q4", "2028"]\n'
        '[npv]\nrate = "10 %"\nat = "2027-01-01"\n'
        '[switch.other]\ntitle = "another buyer"\n'
    ),
    "parties.csv": "party\nMaker\nShredder\nInvestor\n",
    "owners.csv": "company,owner,share\nShredder,Investor,100 %\n",
    "sites.csv": (
        "site,party,model,process\nfactory,Maker,supply,\nthe plant,Shredder,process,shred\n"
    ),
    "materials.csv": (
        "material,group,basis,Ni,Cu,Al\n"
        "wet cells,scrap,%,40,60,\ndry cells,scrap,%,20,30,50\nblack mass,,%,,,\nfoil,,%,,,\n"
    ),
    "shares.csv": "process,to,Ni,Cu,Al\nshred,black mass,90 %,10 %,\nshred,foil,,80 %,\n",
    "parameters.csv": (
        "on,parameter,of,value\n"
        "factory,makes,wet cells,wet line\nfactory,makes,dry cells,40 t/yr\n"
        "the plant,capacity,,400 t/yr\nwet cells,mass,,5 kg/kWh\n"
    ),
    "series.csv": (
        "series,unit,2027-Q1,2027-Q2,2027-Q3,2027-Q4,2028\n"
        "wet line,t/yr,0,80,,160,\nNi,USD/t,16000,,,,20000\n"
    ),
    "contracts.csv": (
        "contract,from,material,to,amount,priority,switch\n"
        "scrap,factory,scrap,the plant,offer all,,\n"
        "sale,the plant,black mass,outside,all,,\n"
        "foil,the plant,foil,outside,50 % of made,1,other\n"
        "other foil,the plant,foil,outside,all,2,\n"
    ),
    "terms.csv": (
        "on,term,of,value,starts\n"
        "sale,payable,Ni,50 %,\nthe plant,cost,feed,100 USD/t,\nthe plant,burden,feed,2 t CO2e/t,\n"
    ),
    "statements.csv": 'id,text,stated\nA1,it takes,"13,500 tons; 40000 cells"\n'
    "A2,it costs,13500 t/yr; 51 %; 225.6 bn KRW; 163.3 M USD\n",
}
"""A factory, whose scrap is shredded: quarters of a year, and a year."""

WET = np.array([0.0, 20.0, 20.0, 40.0, 160.0])
DRY = np.array([10.0, 10.0, 10.0, 10.0, 40.0])
FEED = WET + DRY
NICKEL = 0.4 * WET + 0.2 * DRY
COPPER = 0.6 * WET + 0.3 * DRY
BLACK = 0.9 * NICKEL + 0.1 * COPPER
PAID = 0.5 * 0.9 * NICKEL * np.array([16000.0] * 4 + [20000.0])

HAND = {
    "made(factory)": ("t", FEED),
    "made(factory, 'wet cells')": ("kt", WET / 1000),
    "made(factory, scrap)": ("kg", FEED * 1000),
    "made(factory, 'wet cells') / parameter('wet cells', mass)": ("GWh", WET / 5000),
    "feed('the plant')": ("t", FEED),
    "made('the plant') + disposal('the plant') - feed('the plant')": ("t", 0 * FEED),
    "content(feed('the plant'), Ni)": ("t", NICKEL),
    "content(made(factory, 'wet cells') * 0.5, Cu) / 2": ("t", 0.15 * WET),
    "content(made('the plant', 'black mass'), Ni) / made('the plant', 'black mass')": (
        "%",
        90 * NICKEL / BLACK,
    ),
    "made(factory, 'dry cells') / made(factory, 'wet cells')": (
        "1",
        np.array([np.nan, 0.5, 0.5, 0.25, 0.25]),
    ),
    "made(factory, 'dry cells') / made(factory, 'wet cells') or 0": (
        "1",
        np.array([0.0, 0.5, 0.5, 0.25, 0.25]),
    ),
    "asked(scrap)": ("t", FEED),
    "taken(scrap, 'dry cells')": ("t", DRY),
    "taken(scrap, factory)": ("t", FEED),
    "asked(scrap) - taken(scrap) - short(scrap)": ("t", 0 * FEED),
    "taken(foil)": ("t", 0 * FEED),
    "taken('other foil')": ("t", 0.8 * COPPER),
    "parameter(factory, makes, 'wet cells') * time": ("t", WET),
    "parameter('contracts/foil/the plant/foil')": ("%", np.array([50.0])),
    "parameter('series/Ni') * '2 t'": ("USD", np.array([32000.0] * 4 + [40000.0])),
    "capacity('the plant')": ("t", np.array([100.0] * 4 + [400.0])),
    "count('the plant', feed)": ("t", FEED),
    "paid(on=sale)": ("USD", PAID),
    "paid(on=[sale, 'other foil'], term=payable, of=Ni, payee=Shredder)": ("M USD", PAID / 1e6),
    "paid(term=cost)": ("USD", 100 * FEED),
    "account('the plant')": ("USD", PAID - 100 * FEED),
    "cash(Investor)": ("USD", PAID - 100 * FEED),
    "burden()": ("tCO2e", 2 * FEED),
    "burden(site='the plant', term=burden) / feed('the plant')": ("t CO2e/t", np.array([2.0] * 5)),
    "footprint(sale) + footprint('other foil')": ("tCO2e", 2 * FEED),
    "share(Investor, Shredder)": ("%", np.array([100.0] * 5)),
    "part(Ni, 'wet cells')": ("%", np.array([40.0])),
    "part(Li, Li2CO3)": ("1", np.array([2 * 6.94 / 73.89])),
    "stated(A1) - stated(A1, 2)": ("1", np.array([-26500.0])),
    "'1 short_ton' / '1 t'": ("1", np.array([0.90718474])),
    "-sum(made(factory))": ("t", np.array([-FEED.sum()])),
    "mean(made(factory))": ("t", np.array([FEED.mean()])),
    "max(made(factory, 'wet cells'))": ("t", np.array([160.0])),
    "max(made(factory, 'wet cells'), made(factory, 'dry cells'))": ("t", np.maximum(WET, DRY)),
    "min(made(factory, 'dry cells') / made(factory, 'wet cells'))": ("1", np.array([0.25])),
    "first(made(factory)) + last(made(factory))": ("t", np.array([FEED[0] + FEED[-1]])),
    "on(other) * 2": ("1", np.array([0.0])),
    "made(factory, 'wet cells') > '20 t'": ("1", np.array([0.0, 0, 0, 1, 1])),
    "made(factory, 'wet cells') >= '20000 kg'": ("1", np.array([0.0, 1, 1, 1, 1])),
    "0 < made(factory, 'wet cells') <= '40 t'": ("1", np.array([0.0, 1, 1, 1, 0])),
    "made(factory, 'wet cells') > 0 and made(factory, 'dry cells') < '40 t'": (
        "1",
        np.array([0.0, 1, 1, 1, 0]),
    ),
    "made(factory, 'wet cells') > '40 t' or made(factory, 'wet cells') < '20 t'": (
        "1",
        np.array([1.0, 0, 0, 0, 1]),
    ),
    "made(factory, 'dry cells') / made(factory, 'wet cells') < 0.4": (
        "1",
        np.array([np.nan, 0, 0, 1, 1]),
    ),
    "on(other) or 1 > 2": ("1", np.array([0.0])),
    "at(made(factory, 'wet cells'), 2028)": ("t", np.array([160.0])),
    "at(made(factory, 'wet cells'), '2027-Q4')": ("t", np.array([40.0])),
    "at(made(factory), 2029)": ("t", np.array([np.nan])),
    "at('3 t', 2028)": ("t", np.array([3.0])),
    "stated(A2)": ("t/yr", np.array([13500.0])),
    "stated(A2, 2)": ("%", np.array([51.0])),
    "stated(A2, 3) / stated(A2, 4)": ("KRW/USD", np.array([225.6e9 / 163.3e6])),
    "2 * (3 - 1) / 4": ("1", np.array([1.0])),
}


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Walk, Accounts]:
    walked = walk(loop_of(tmp_path_factory.mktemp("scrap"), FILES))
    return walked, accounts(walked)


@pytest.mark.parametrize("formula", HAND)
def test_a_formula_is_the_sum_by_hand(formula: str, priced: tuple[Walk, Accounts]) -> None:
    unit, expected = HAND[formula]
    numbers = answer(*priced, formula, unit=unit)
    assert numbers.shape == (len(expected), 1)
    np.testing.assert_allclose(
        numbers[:, 0], expected, rtol=1e-4 if "Li2CO3" in formula else 1e-12, atol=1e-12
    )


def test_npv_is_that_of_the_accounts(priced: tuple[Walk, Accounts]) -> None:
    middle = np.array([3.0, 6.0, 9.0, 12.0, 24.0])
    cash = PAID - 100 * FEED
    expected = (cash / 1.1 ** (middle / 12)).sum()
    assert answer(*priced, "npv(Investor)", unit="USD")[0, 0] == pytest.approx(expected)


WRONG = {
    "made(factry)": ("unknown-name", "factory"),
    "made('black mass')": ("unknown-name", "site"),
    "made(factory, 'wet cell')": ("unknown-name", "wet cells"),
    "mad(factory)": ("unknown-name", "made"),
    "content(made(factory), Xy)": ("unknown-name", "element"),
    "taken(scrap, sale)": ("unknown-name", "site"),
    "parameter(factory, make, 'wet cells')": ("unknown-name", "factory/makes/wet cells"),
    "paid(on=sale, term=payble)": ("unknown-name", "payable"),
    "paid(whom=Maker)": ("unknown-name", "an argument by name"),
    "on(another)": ("unknown-name", "other"),
    "nickel_t + mass_t": ("unknown-name", "nickel_t"),
    "scrup.mass_t": ("unknown-name", "scrap"),
    "scrap.mas_t": ("unknown-name", "mass_t"),
    "shares.share_t": ("unknown-name", "a row of shares"),
    "made(factory) + paid(on=sale)": ("unit", "USD"),
    "paid(on=sale)": ("unit", "USD"),
    "made(factory) / made(factory)": ("unit", "a plain number"),
    "max(made(factory), 1)": ("unit", "a plain number"),
    "black mass": ("formula", "invalid syntax"),
    "made(factory": ("formula", "never closed"),
    "made()": ("formula", "made takes site"),
    "made(factory, of=Ni)": ("formula", "made takes site"),
    "content(4, Ni)": ("formula", "no stream"),
    "'a text' + 1": ("formula", "a text"),
    "'a text'": ("unit", "a text"),
    "made(factory) ** 2": ("formula", "+ - * /"),
    "made(factory) > 2": ("unit", "a plain number"),
    "made(factory) == 0": ("formula", "< <= > >="),
    "made(factory) and made(factory) > 0": ("formula", "no comparison"),
    "made(factory) > 0 or 1": ("formula", "no comparison"),
    "at(made(factory))": ("formula", "at(x, 2030)"),
    "at(made(factory), never)": ("formula", "no period"),
    "when(made(factory), first)": ("formula", "the word last"),
    "when(made(factory))": ("unit", "2027-Q1, no number"),
    "answer + 1": ("unknown-name", "answer"),
    "stated(A1, 3)": ("formula", "A1 states 2 numbers"),
    "[made(factory)]": ("formula", "no meaning"),
    "lambda: 1": ("formula", "no meaning"),
    "__import__('os')": ("unknown-name", "a function"),
    "made.__class__": ("unknown-name", "a table"),
    "made(factory).real": ("formula", "no table.column"),
    "True * made(factory)": ("formula", "no meaning"),
    "'12 ton' + made(factory)": ("unit", "short_ton"),
    "1+" * 900 + "1": ("formula", "1500 characters"),
    "(" * 400 + "1" + ")" * 400: ("formula", "parenthes"),
    "wrong_t + made(factory)": ("cycle", "need itself"),
    "": ("formula", "syntax"),
}
TABLES = (
    "table,column,row,title,unit,answer\n"
    "scrap,mass_t,,Mass,t,made(factory)\n"
    "scrap,year,,Year,,period\n"
    "scrap,wrong_t,,Wrong,t,{}\n"
    "shares,share_t,one; two,Share,t,sum(made(factory))\n"
)


@pytest.mark.parametrize("formula", WRONG)
def test_a_wrong_formula_is_a_finding_with_its_place(formula: str, tmp_path: Path) -> None:
    code, words = WRONG[formula]
    quoted = '"' + formula.replace('"', '""') + '"' if formula else ""
    files = {**FILES, "results.csv": TABLES.format(quoted)}
    (finding,) = findings_of(tmp_path, files)
    assert finding.where.partition(",")[0] == "results.csv:4", finding
    assert (finding.code, words in str(finding)) == (code, True), finding


def test_all_wrong_formulas_are_found_at_once(tmp_path: Path) -> None:
    table = TABLES.format("mad(factory)") + "scrap,more_t,,More,t,wrong_t * 2\n"
    table += "shares,of_t,,Of,t,made(factory)\nscrap,least_t,,Least,t,min(mass_t\n"
    found = findings_of(tmp_path, {**FILES, "results.csv": table})
    places = sorted(x.where.partition(",")[0] for x in found)
    assert places == ["results.csv:4", "results.csv:7", "results.csv:8"]


RESULTS = """\
table,column,row,by,title,unit,answer,how
scrap,,,,Scrap,,,a note
scrap,year,,,Year,,period,
scrap,mass_t,,,Mass,t,made(factory),what it makes
scrap,half_t,,,Half,t,mass_t / 2,
scrap,ratio,,,Wet by dry,1,"made(factory, 'dry cells') / made(factory, 'wet cells')",
scrap,none_t,,,None,t,some(taken(foil)),
metals,,,,Metals,,mass_t - '11 t',
metals,period,,,Period,,period,
metals,metal,,,Metal,,row,
metals,element,nickel,,,,'Ni',
metals,element,copper,,,,'Cu',
metals,mass_t,,,Mass,t,"content(made(factory), element)",
metals,twice_t,,,Twice,t,2 * mass_t,
metals,twice_t,copper,,,,3 * mass_t,
whole,,,,Whole,,,
whole,read,t; kt,wet cells; dry cells,Read as,,row,
whole,kind,,,Of,,by,
whole,sum_t,,,Sum,t,"sum(made(factory, by))",
whole,other_t,,,Other,t,"sum(whole.sum_t[t, 'dry cells']) + sum(total(metals.mass_t))",
"""


def test_tables_have_rows_by_period_and_by_name(tmp_path: Path) -> None:
    walked = walk(loop_of(tmp_path, {**FILES, "results.csv": RESULTS}))
    tables = result_tables(walked, accounts(walked))
    assert [*tables] == ["scrap", "metals", "whole"]
    scrap, metals, whole = tables.values()
    assert (scrap.title, scrap.note) == ("Scrap", "a note")
    assert [(x.name, x.unit) for x in scrap.columns] == [
        *(("year", ""), ("mass_t", "t"), ("half_t", "t"), ("ratio", "1"))
    ]
    assert scrap.rows[0] == ("2027-Q1", pytest.approx(10.0), pytest.approx(5.0), None)
    assert scrap.rows[4] == (
        "2028",
        pytest.approx(200.0),
        pytest.approx(100.0),
        pytest.approx(0.25),
    )
    assert [row[:2] for row in metals.rows] == [
        *(("2027-Q2", "copper"), ("2027-Q3", "copper")),
        *(("2027-Q4", "nickel"), ("2027-Q4", "copper"), ("2028", "nickel"), ("2028", "copper")),
    ]
    assert metals.rows[-2][2:] == pytest.approx((72.0, 144.0))
    assert metals.rows[-1][2:] == pytest.approx((108.0, 324.0))
    assert [row[:3] for row in whole.rows] == [
        *(("t", "wet cells", pytest.approx(240.0)), ("t", "dry cells", pytest.approx(80.0))),
        *(("kt", "wet cells", pytest.approx(240.0)), ("kt", "dry cells", pytest.approx(80.0))),
    ]
    assert whole.rows[0][3] == pytest.approx(80.0 + NICKEL.sum() + COPPER.sum())
    mass, half = scrap.columns[1:3]
    assert (mass.how, half.how) == ("what it makes", "mass_t / 2")
    assert mass.basis == half.basis
    assert mass.basis == (
        *("series/wet line", "parameters/factory/makes/wet cells"),
        *("parameters/factory/makes/dry cells", "parameters/wet cells/mass"),
    )


def test_a_number_a_period_needs_a_column_of_periods(tmp_path: Path) -> None:
    files = {**FILES, "results.csv": RESULTS + "whole,late_t,,,Late,t,made(factory),\n"}
    (finding,) = findings_of(tmp_path, files)
    assert finding.where == "results.csv:21"
    assert "sum(...)" in finding.expected


def test_a_switch_brings_what_was_zero(tmp_path: Path) -> None:
    files = {**FILES, "results.csv": RESULTS}
    walked = walk(loop_of(tmp_path, files, switches={"other": True}))
    table = result_tables(walked, accounts(walked))["scrap"]
    assert table.column("none_t") == pytest.approx(list(0.4 * COPPER))


@pytest.mark.parametrize("formula", [x for x in WRONG if "_t" not in x and x != "paid(on=sale)"])
def test_a_wrong_formula_is_refused_without_a_table(
    formula: str, priced: tuple[Walk, Accounts]
) -> None:
    with pytest.raises(InputError):
        answer(*priced, formula, unit="t")


def test_a_formula_of_another_unit_is_refused(priced: tuple[Walk, Accounts]) -> None:
    with pytest.raises(InputError, match="mass"):
        answer(*priced, "made(factory)", unit="USD")


@pytest.mark.parametrize(
    "tables", [FILES, TOLLING, "integrated"], ids=["scrap", "tolling", "integrated"]
)
def test_elements_of_a_loop_close_in_its_tables(
    tables: Mapping[str, str] | str, tmp_path: Path
) -> None:
    case = STARTER.parent / tables if isinstance(tables, str) else write_loop(tmp_path, tables)
    walked = walk(load(case))
    flows, goods, elements = mass_tables(accounts(walked))
    assert flows.rows
    assert goods.rows
    by_element: dict[Cell, list[tuple[Cell, ...]]] = {}
    for row in elements.rows:
        by_element.setdefault(row[0], []).append(row)
    for rows in by_element.values():
        numbers = np.array([row[2:] for row in rows], dtype=float)
        first, change = numbers[0], np.diff(numbers[:, 2])
        scale = np.abs(numbers).max()
        net = numbers[1:, 0] - numbers[1:, 1]
        np.testing.assert_allclose(net, change, rtol=1e-9, atol=1e-9 * scale)
        assert first[2] >= -1e-9 * scale


def test_tables_of_mass_are_the_sums_by_hand(priced: tuple[Walk, Accounts]) -> None:
    flows, goods, elements = mass_tables(priced[1])
    taken = [row[6] for row in flows.rows if row[0] == "sale"]
    assert taken == pytest.approx(list(BLACK))
    feed = [row[4] for row in goods.rows if row[1:3] == ("feed", "wet cells")]
    assert feed == pytest.approx(list(WET[1:]))  # nothing in the first quarter
    nickel = [row[2:] for row in elements.rows if row[0] == "Ni"]
    assert np.array(nickel, dtype=float) == pytest.approx(np.stack([NICKEL, NICKEL, 0 * NICKEL], 1))


def test_draws_go_through_formulas_and_tables_have_their_means(tmp_path: Path) -> None:
    lines = FILES["parameters.csv"].splitlines()
    ends = [",low,high", ",,", ",20 t/yr,60 t/yr", ",,", ",,"]
    ranged = "".join(f"{line}{end}\n" for line, end in zip(lines, ends, strict=True))
    loop = loop_of(tmp_path, {**FILES, "parameters.csv": ranged, "results.csv": RESULTS})
    walked = walk(sample(loop, 16, seed=1).loop)
    money = accounts(walked)
    dry = answer(walked, money, "made(factory, 'dry cells')", unit="t")
    assert dry.shape == (5, 16)
    assert len(np.unique(dry[0])) == 16
    stated = answer(walked, money, "parameter(factory, makes, 'dry cells') * time", unit="t")
    np.testing.assert_allclose(stated, dry)
    table = result_tables(walked, money)["scrap"]
    assert table.column("mass_t") == pytest.approx(list(WET + dry.mean(axis=1)))


SILENT = {
    "made('the plant', 'wet cells')": ("a material that the plant makes", "black mass"),
    "feed('the plant', foil)": ("a material that the plant gets", "dry cells"),
    "taken(scrap, foil)": ("a site or material of the contract scrap", "wet cells"),
    "short(scrap, 'wet cells')": ("a site or material of the contract scrap", "scrap"),
    "taken(sale, factory)": ("a site or material of the contract sale", "the plant"),
}


@pytest.mark.parametrize("formula", SILENT)
def test_what_can_only_be_zero_is_a_finding(formula: str, tmp_path: Path) -> None:
    table = f'table,column,title,unit,answer\nscrap,year,Year,,period\nscrap,x,X,t,"{formula}"\n'
    (finding,) = findings_of(tmp_path, {**FILES, "results.csv": table})
    what, known = SILENT[formula]
    assert finding.where == "results.csv:3, answer"
    assert (finding.code, finding.expected) == ("unknown-name", what)
    assert known in str(finding)


def test_what_the_walk_finds_to_be_nothing_is_listed(tmp_path: Path) -> None:
    answers = (
        "made('the plant', foil)",
        "content(made(factory, 'wet cells'), Al)",
        "some(content(made(factory, 'wet cells'), Al))",
        "taken(foil, foil)",
        "made(factory, 'wet cells')",
    )
    rows = "".join(f'x,c{k},C,t,"{text}"\n' for k, text in enumerate(answers))
    table = f"table,column,title,unit,answer\nx,year,Year,,period\n{rows}"
    idle = FILES["shares.csv"].replace("80 %", "0 %")
    walked = walk(loop_of(tmp_path, {**FILES, "shares.csv": idle, "results.csv": table}))
    _, zeros = tables_with_zeros(walked, accounts(walked))
    assert [(x.where, x.sentence) for x in zeros] == [  # a contract that is off is not listed
        (
            "results.csv:3, answer",
            "made('the plant', foil) is nothing in every period (the plant, foil)",
        ),
        (
            "results.csv:4, answer",
            "content(made(factory, 'wet cells'), Al) is nothing in every period (Al)",
        ),
    ]
