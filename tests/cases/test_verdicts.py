"""Verdicts on statements: the rule, and what a run tries for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from test_loop_run import small_loop

from loopbook.cases import Drawing, run_case
from loopbook.cases.verdicts import Trial, ruling, words_of
from loopbook.cli import main
from loopbook.errors import InputError
from loopbook.report import RunResult, Verdict

RULE = [
    (Trial(None), "cannot be told", "Cannot be told"),
    (Trial(None, probability=0.95, held=True, brought="if x"), "cannot be told", "Cannot be told"),
    (Trial(True), "holds", "Holds"),
    (Trial(True, probability=0.9), "holds", "Holds"),
    (Trial(False, probability=0.9), "holds", "Holds"),
    (Trial(True, held=False, brought="if x"), "holds", "Holds"),
    (Trial(True, probability=0.899), "not by this reading", "Holds in only 90 % of draws"),
    (Trial(True, probability=0.7, brought="if x"), "holds if", "Holds if x"),
    (Trial(True, probability=0.7, held=True), "not by this reading", "Holds in only 70 % of draws"),
    (Trial(False), "not by this reading", "Not by this reading"),
    (Trial(False, probability=0.2), "not by this reading", "Not by this reading"),
    (Trial(False, held=False), "not by this reading", "Not by this reading"),
    (Trial(False, brought="with gm"), "holds if", "Holds with gm"),
    (Trial(False, held=True, since="May 2026"), "no longer so", "No longer so since May 2026"),
    (
        Trial(False, probability=0.1, held=True, since="May 2026", brought="if x"),
        "no longer so",
        "No longer so since May 2026",
    ),
]


@pytest.mark.parametrize(("trial", "verdict", "words"), RULE)
def test_the_rule(trial: Trial, verdict: str, words: str) -> None:
    assert (ruling(trial), words_of(trial)) == (verdict, words)


def test_words_of_a_case_are_put_behind_holds_alone() -> None:
    assert words_of(Trial(True), "as modelled") == "Holds; as modelled"
    assert words_of(Trial(False), "as modelled") == "Not by this reading"


SETTINGS = """\
title = "One mill"
as_of = "2026-06-01"
periods = ["2027-01..2027-03", "2027-Q2", "2027-Q3"]
[switch.second]
title = "a second line"
[switch.late]
title = "what is known a year later"
default = true
as_of = "2027-05-31"
"""
TABLES = {
    "parameters": (
        "on,parameter,of,value,low,high,switch\n"
        "Mill,makes,sheet,1200 t/yr,1000 t/yr,1400 t/yr,\n"
        "Mill,makes,sheet,2400 t/yr,2300 t/yr,2500 t/yr,second\n"
        "Mill,makes,sheet,600 t/yr,500 t/yr,700 t/yr,late\n"
    ),
    "statements": (
        "id,text,stated,answer,unit,decimals,test,readings,meaning,words\n"
        "S1,it makes half a kiloton,0.4 kt,sum(made(Mill)),t,1,answer >= stated(S1),,"
        '"{sum(made(Mill))|,.0f} t, most in {when(made(Mill))}",so far\n'
        "S2,it makes 800 tonnes,800 t,sum(made(Mill)),t,,answer >= stated(S2),,,\n"
        "S3,it makes 1600 tonnes,1600 t,sum(made(Mill)),t,,answer >= stated(S3),short; second,,\n"
        "S4,it makes 5000 tonnes,5000 t,sum(made(Mill)),t,,answer >= stated(S4),second,,\n"
        "S5,it is the best,,,,,,,,\n"
        "S6,it makes 1600 pounds,1600 t,sum(made(Mill)),t,,answer >= stated(S6),pounds; second,,\n"
        "S7,it makes 450 tonnes,450 t,sum(made(Mill)),t,,answer >= stated(S7),,,\n"
    ),
    "readings": (
        "statement,reading,title,answer,test\n"
        "S3,short,tons are short,,answer >= stated(S3) * 0.907\n"
        "S6,pounds,stated in pounds,,answer >= stated(S6) / 2205\n"
    ),
}


@pytest.fixture
def mill(tmp_path: Path) -> Path:
    folder = small_loop(tmp_path / "mill", **TABLES)
    (folder / "case.toml").write_text(SETTINGS, encoding="utf-8")
    return folder


def verdicts(result: RunResult) -> dict[str, Verdict]:
    assert result.headline is not None
    return {x.id: x for x in result.headline.verdicts}


def test_a_run_tries_its_earlier_version_switches_and_readings(mill: Path) -> None:
    """Nine months of 600 t/yr are 450 t; 900 t in the version before; 1,800 t with two lines."""
    told = {name: (x.verdict, x.words) for name, x in verdicts(run_case(mill)).items()}
    assert told == {
        "S1": ("holds", "Holds; so far"),
        "S2": ("no longer so", "No longer so since May 2027"),
        "S3": ("not by this reading", "Not by this reading"),
        "S4": ("not by this reading", "Not by this reading"),
        "S5": ("cannot be told", "Cannot be told"),
        "S6": ("holds if", "Holds if stated in pounds"),
        "S7": ("holds", "Holds"),
    }


def test_a_switch_that_is_tried_changes_the_verdict(mill: Path) -> None:
    without = SETTINGS.replace("default = true\n", "")
    (mill / "case.toml").write_text(without, encoding="utf-8")
    told = verdicts(run_case(mill))
    assert told["S3"].words == "Holds with second"
    assert verdicts(run_case(mill, ["second"]))["S3"].verdict == "holds"
    assert told["S2"].estimate.value == pytest.approx(900)


def test_a_verdict_has_its_number_its_meaning_and_its_probability(mill: Path) -> None:
    result = run_case(mill, drawing=Drawing(400, seed=3))
    one, split = verdicts(result)["S1"], verdicts(result)["S7"]
    assert one.estimate.value == pytest.approx(450)
    assert (one.estimate.decimals, one.meaning) == (1, "450 t, most in 2027-Q2")
    low, high = one.estimate.low, one.estimate.high
    assert low is not None
    assert high is not None
    assert low == pytest.approx(375, rel=0.03)
    assert high == pytest.approx(525, rel=0.03)
    assert one.probability is not None
    assert split.probability is not None
    assert 0.8 < one.probability < 0.95  # 400 t is 1.1 standard deviations of 450 t away
    assert split.probability == pytest.approx(0.5, abs=0.06)
    assert (split.verdict, split.words[:13]) == ("not by this reading", "Holds in only")


def test_the_earlier_version_is_beside_this_one(mill: Path) -> None:
    page = run_case(mill).headline
    assert page is not None
    assert page.changes is not None
    assert page.stamp.version == "as of May 2027"
    assert page.stamp.date == "2027-05-31"
    assert [c.title for c in page.changes.columns][2:4] == ["As of June 2026", "As of May 2027"]
    (sale,) = [row for row in page.changes.records() if row["figure"] == "Sale"]
    assert [sale[x] for x in ("before", "now", "change")] == pytest.approx([900, 450, -450])


WRONG = {
    "S1,a text,4 t,sum(made(Mil)),t,,answer > 0,,,": ("answer", "unknown-name", "Mill"),
    "S1,a text,4 t,made(Mill),t,,answer > 0,,,": ("answer", "formula", "a number a period"),
    "S1,a text,4 t,sum(made(Mill)),USD,,answer > 0,,,": ("answer", "unit", "mass"),
    "S1,a text,4 t,sum(made(Mill)),tns,,answer > 0,,,": ("answer", "unit", "tns"),
    "S1,a text,4 t,sum(made(Mill)),t,9,answer > 0,,,": ("decimals", "unknown-name", "0, 1"),
    "S1,a text,4 t,sum(made(Mill)),t,,answr > 0,,,": ("test", "unknown-name", "answr"),
    "S1,a text,4 t,sum(made(Mill)),t,,answer > 4,,,": ("test", "unit", "plain number"),
    "S1,a text,4 t,sum(made(Mill)),t,,answer,,,": ("test", "unit", "mass"),
    'S1,a text,4 t,sum(made(Mill)),t,,"answer > stated(S1, 2)",,,': ("test", "formula", "1 number"),
    "S1,a text,4 t,,t,,1 > 0,,,": ("answer", "missing", "an answer beside"),
    "S1,a text,4 t,sum(made(Mill)),t,,,second,,": ("test", "missing", "a test"),
    "S1,a text,4 t,sum(made(Mill)),t,,answer > 0,secnd,,": ("readings", "unknown-name", "second"),
    "S1,a text,4 t,sum(made(Mill)),t,,answer > 0,,{sum(made(Mill))|,": ("meaning", "format", "{"),
    "S1,a text,4 t,sum(made(Mill)),t,,answer > 0,,{sum(made(Mill))|x},": ("meaning", "format", "x"),
    "S1,a text,4 t,sum(made(Mill)),t,,answer > 0,,{sum(made(Mill))|.1f|kWh},": (
        "meaning",
        "unit",
        "kWh",
    ),
    "S1,a text,4 t,sum(made(Mill)),t,,answer > 0,,{made(Mill)|.0f},": (
        "meaning",
        "formula",
        "a number a period",
    ),
    "S1,a text,4 t,sum(made(Mill)),t,,answer > 0,,{},": ("meaning", "formula", "nothing"),
}


@pytest.mark.parametrize("row", WRONG)
def test_a_wrong_statement_is_a_finding_with_its_place(row: str, mill: Path) -> None:
    column, code, words = WRONG[row]
    head = TABLES["statements"].partition("\n")[0]
    (mill / "statements.csv").write_text(f"{head}\n{row}\n", encoding="utf-8")
    (mill / "readings.csv").unlink()
    with pytest.raises(InputError) as caught:
        run_case(mill)
    (finding,) = caught.value.findings
    place = "statements.csv:2"
    assert finding.where in (place, f"{place}, {column}"), finding
    assert (finding.code, words in repr(finding)) == (code, True), finding


PAGES = {
    "stations": (
        "station,title,answer,unit,back,note\n"
        "a,A,sum(made(Mill)),t,b,\n"
        "b,B,sum(made(Mill)),t,,{sum(made(Mil))|.0f}\n"
        "c,C,sum(made(Mill)),t,d,\n"
    ),
    "figures": "figure,title,answer,unit\nf,F,sum(made(Mill)),GWh\nf,F,sum(made(Mill)),t\n",
    "readings": (
        "statement,reading,test\nS1,another,answer > 0\nS9,other,answer > 0\nS2,second,answer > 0\n"
    ),
    "messages": (
        "message,order,when,text\n"
        "title,1,,It makes {sum(made(Mill))|.0f} t\n"
        "title,2,sum(made(Mill)) > 0,It makes some\n"
        "lead,,sum(made(Mill)),It makes some\n"
    ),
    "statements": (
        "id,text,answer,unit,test,readings\n"
        "S1,a text,sum(made(Mill)),t,answer > 0,\n"
        "S2,a text,sum(made(Mill)),t,answer > 0,second\n"
    ),
}


def test_all_that_is_wrong_on_page_one_is_found_at_once(mill: Path) -> None:
    for name, text in PAGES.items():
        (mill / f"{name}.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        run_case(mill)
    places = sorted((x.where.partition(",")[0], x.code) for x in caught.value.findings)
    assert places == [
        ("figures.csv:2", "unit"),
        ("figures.csv:3", "duplicate"),
        ("messages.csv:3", "order"),
        ("messages.csv:4", "unit"),
        ("readings.csv:2", "unused"),
        ("readings.csv:3", "unknown-name"),
        ("readings.csv:4", "duplicate"),
        ("stations.csv:2", "order"),
        ("stations.csv:3", "unknown-name"),
        ("stations.csv:4", "unknown-name"),
    ]


def test_a_message_is_the_first_of_its_name_that_holds(mill: Path) -> None:
    text = (
        "message,order,when,text\n"
        "title,1,sum(made(Mill)) > '700 t',It makes much\n"
        "title,2,sum(made(Mill)) > '400 t',It makes {sum(made(Mill))|.0f} t\n"
        "title,3,,It makes little\n"
        "loop,,,{sum(taken(sale))|.0f} t are sold\n"
        "sale_t,,,of one mill\n"
    )
    (mill / "messages.csv").write_text(text, encoding="utf-8")
    (mill / "case.toml").write_text(SETTINGS.replace("default = true\n", ""), encoding="utf-8")
    titles = [
        run_case(mill, cells=[f"parameters/Mill/makes/sheet/value={x} t/yr"]).headline
        for x in (1200, 600, 60)
    ]
    assert [x.title for x in titles if x] == ["It makes much", "It makes 450 t", "It makes little"]
    result = run_case(mill, ["late"])
    assert result.layout.sections[0].title == "450 t are sold"
    assert result.headline
    assert result.headline.figures[0].note == "of one mill"
    (mill / "messages.csv").write_text(text.replace("sale_t", "sal_t"), encoding="utf-8")
    with pytest.raises(InputError, match="did you mean sale_t"):
        run_case(mill)


def test_a_scenario_that_is_on_by_default_is_switched_off(mill: Path, tmp_path: Path) -> None:
    def call(*options: str) -> Result:
        out = ("--out", str(tmp_path / "out"), "--draws", "0", "--json")
        return CliRunner().invoke(main, ["run", str(mill), *out, *options])

    for options, amount, version in (((), 450, True), (("--without", "late"), 900, False)):
        answer = json.loads(call(*options).output)
        assert answer["figures"][0]["value"] == pytest.approx(amount)
        assert ("versions" in answer) == version
    wrong = call("--without", "lat")
    assert (wrong.exit_code, "--without: unknown-name" in wrong.output) == (1, True)
    assert call("--without", "late", "--switch", "late").exit_code == 2


PLANT = {
    "parties": "party\nMill\nSmelter\n",
    "sites": "site,party,model,process\nmine,Mill,supply,\nkiln,Smelter,process,burn\n",
    "materials": "material,basis,Cu\nore,%,100\nslag,,\n",
    "shares": "process,to,Cu\nburn,slag,90 %\n",
    "parameters": ("on,parameter,of,value\nmine,makes,ore,ore made\nkiln,capacity,,1000 t/yr\n"),
    "series": "series,unit,2027-01,2027-02,2027-03,2027-Q2,2027-Q3\nore made,t/yr,{}\n",
    "contracts": (
        "contract,from,material,to,amount\nore,mine,ore,kiln,offer all\n"
        "sale,kiln,slag,outside,all\n"
    ),
    "terms": (
        "on,term,of,value\nore,fixed,,100 USD/t\nsale,fixed,,{} USD/t\nkiln,cost,feed,50 USD/t\n"
    ),
}


@pytest.mark.parametrize(
    ("ore", "price", "title"),
    [
        ("900,900,900,1000,400", 200, "Of 2 parties 2 earn; kiln is full in 1 period of 5"),
        ("900,1200,1000,1000,400", 200, "Of 2 parties 2 earn; kiln is full 2027-02 to 2027-Q2"),
        ("900,700,800,500,400", 100, "Of 2 parties 1 earns; kiln is never more than 90 % full"),
        ("1000,1200,1000,1000,4000", 170, "Of 2 parties 2 earn; kiln is full all the time"),
    ],
)
def test_the_general_title_is_what_the_run_shows(
    ore: str, price: int, title: str, tmp_path: Path
) -> None:
    """The kiln sells 0.9 t of a tonne of ore, which costs it 150 USD."""
    tables = {name: text.format(ore if name == "series" else price) for name, text in PLANT.items()}
    folder = small_loop(tmp_path / "kiln", **tables)
    page = run_case(folder).headline
    assert page is not None
    assert page.title == title
    stations = {x.name: x for x in page.stations}
    assert [*stations] == ["mine", "kiln", "result of Mill", "result of Smelter"]
    waits, rates = 0.0, []
    for made, months in zip(map(float, ore.split(",")), (1, 1, 1, 3, 3), strict=True):
        takes = min(waits + made * months / 12, 1000 * months / 12)
        waits += made * months / 12 - takes
        rates.append((takes, 12 / months))
    result = stations["result of Smelter"].estimate.value
    assert result == pytest.approx(sum(t for t, _ in rates) * (0.9 * price - 150) / 1e6)
    assert stations["kiln"].estimate.value == pytest.approx(0.9 * max(t * x for t, x in rates))
    assert page.proven == "nothing yet: the case keeps no book"
