"""Results below or above the limit of a method: kept as limits, counted by a stated rule."""

from __future__ import annotations

import json
import math
from datetime import datetime
from decimal import Decimal

import pytest
from import_case import held, said
from import_desk import STOCK, TICKETS, Desk
from openpyxl import Workbook

from loopbook import book as b
from loopbook.book.commands.planning import as_text
from loopbook.book.exports import table_rows
from loopbook.book.imports.json_lines import post_lines
from loopbook.errors import Finding, InputError
from support.advice import follows

LABORATORY = """\
[columns]
lot = "Lot"
shares.Ni = { column = "Ni", unit = "%" }
shares.Co = { column = "Co", unit = "%" }

[constants]
actor = "lab desk"
laboratory = "Lab X"
stage = "final"
basis = "as received"
sample = "S-1"
occurred_at = "2026-03-04T08:00:00Z"
"""
LINE = {"kind": "assay", "key": "a", "actor": "amy", "occurred_at": "2026-03-04T08:00:00Z"}
LINE |= {"lot": "L-1", "stage": "final", "basis": "as received"}
KEY = "assays.csv/L-1/final/Lab X/S-1/assay"


def sheet(cobalt: str, nickel: str = "30") -> str:
    return f'Lot,Ni,Co\nL-1,{nickel},"{cobalt}"\n'


def shown(book: b.Book, key: str = KEY) -> dict[str, tuple[str, str]]:
    """Value and uncertainty of each measurement that counts, as the event shows them."""
    return {m.quantity: (m.value, m.uncertainty) for m in b.show_event(book, key).measurements}


def cobalt(desk: Desk) -> Decimal:
    return held(desk.book, "L-1").get("Co", Decimal(0))


def post(desk: Desk, **fields: object) -> list[Finding]:
    try:
        post_lines(desk.book, json.dumps(LINE | fields).encode(), name="a.jsonl")
    except InputError as error:
        return list(error.findings)
    return []


@pytest.mark.parametrize(("written", "right"), [("<0.01", "0.5"), ("0.02", "2"), ("<0.02", "1")])
@pytest.mark.parametrize("form", ["General", "0.00%", "@"])
def test_a_text_among_cells_in_percent_states_its_unit(
    desk: Desk, written: str, right: str, form: str
) -> None:
    mapping = LABORATORY.replace('"%"', '"1"')

    def workbook(text: str) -> Workbook:
        made = Workbook()
        for row in (("Lot", "Ni", "Co"), ("L-1", 0.3, text), ("L-1b", 0.3, 0.04)):
            made.active.append(row)
        for place in ("B2", "B3", "C3"):
            made.active[place].number_format = "0.00%"
        made.active["C2"].number_format = form
        made.active.delete_rows(3) if form == "0.00%" else None
        return made

    finding = desk.try_file("assays", mapping, workbook(written))[0]
    follows(finding, f"write {written} % if it is in percent, {written} kg/kg if it is not")
    assert (finding.code, finding.where) == ("unit", "assays.xlsx:2, Co")
    if form == "0.00%":
        assert not desk.try_file("assays", mapping, workbook(f"{written} %"))
        assert cobalt(desk) == Decimal(right)


# -- case 04: 10,000 kg whose supplier declared 4 % cobalt


@pytest.mark.parametrize(
    ("rule", "right", "doubt"),
    [
        ("", "0.5", "0.0000289"),
        ('below = "half"\n', "0.5", "0.0000289"),
        ('below = "zero"\n', "0", "0.0000577"),
        ('below = "limit"\n', "1", "0.0000577"),
    ],
)
def test_a_result_below_a_limit_counts_by_the_rule_and_is_shown(
    desk: Desk, rule: str, right: str, doubt: str
) -> None:
    assert not desk.try_file("assays", LABORATORY + rule, sheet("<0.01"))
    assert cobalt(desk) == Decimal(right)
    assert held(desk.book, "L-1")["Ni"] == 3000
    assert shown(desk.book) == {"Ni": ("0.30", ""), "Co": ("<0.0001", doubt)}
    (row,) = [x for x in table_rows(desk.book, "measurements", 99) if x[3] == "Co"]
    assert "<0.0001" in row
    stored = json.loads(desk.book.event(KEY).command)
    assert stored["shares"]["Co"] == "<0.0001"
    assert stored["below"] == (rule.split('"')[1] if rule else "half")
    counts = {"half": "half of it", "zero": "zero", "limit": "the limit"}[stored["below"]]
    assert b.show_event(desk.book, KEY).notes == (f"a result below a limit counts as {counts}",)


@pytest.mark.parametrize(
    "cell",
    [
        "< 0.01",
        "<0.01%",
        "< 0.01 %",
        "<100 ppm",
        "< 0.1 g/kg",
        "\u22640.01",
        "<= 0.01",
        "\uff1c0.01",
        "<.01",
        "less than 0.01",
        "ND (<0.01)",
        "nd<0.01",
        "<LOD (0.01)",
        "below detection limit 0.01 %",
    ],
)
def test_a_limit_is_read_in_every_spelling(desk: Desk, cell: str) -> None:
    assert not desk.try_file("assays", LABORATORY, sheet(cell))
    assert shown(desk.book)["Co"][0] == "<0.0001"
    assert cobalt(desk) == Decimal("0.5")


def test_a_limit_with_a_decimal_comma(desk: Desk) -> None:
    comma = '[file]\ndelimiter = ";"\ndecimal = ","\n' + LABORATORY
    assert not desk.try_file("assays", comma, "Lot;Ni;Co\nL-1;30,5;< 0,01 %\n")
    assert (shown(desk.book)["Co"][0], held(desk.book, "L-1")["Ni"]) == ("<0.0001", 3050)


@pytest.mark.parametrize("column", [True, False])
@pytest.mark.parametrize(
    "word",
    [
        "ND",
        "n.d.",
        "N. D.",
        "not detected",
        "trace",
        "Tr.",
        "BDL",
        "LOD",
        "<LOD",
        "< DL",
        "below detection limit",
        "n.n.",
        "\ubd88\uac80\ucd9c",
    ],
)
def test_a_word_has_its_limit_in_a_column_or_a_constant(
    desk: Desk, word: str, column: bool
) -> None:
    mapping = LABORATORY + 'limits.Co = "0.01 %"\n'
    text = sheet(word)
    if column:
        place = 'limits.Co = { column = "LOD", unit = "ppm" }\n\n[constants]'
        mapping = LABORATORY.replace("\n[constants]", place)
        text = f'Lot,Ni,Co,LOD\nL-1,30,"{word}",100\n'
    assert not desk.try_file("assays", mapping, text)
    assert shown(desk.book)["Co"] == ("<0.0001", "0.0000289")
    assert cobalt(desk) == Decimal("0.5")
    assert json.loads(desk.book.event(KEY).command)["shares"]["Co"] == word


@pytest.mark.parametrize("word", ["ND", "trace", "<LOQ"])
def test_a_word_without_a_limit_is_refused_and_the_hint_helps(desk: Desk, word: str) -> None:
    (finding,) = desk.try_file("assays", LABORATORY, sheet(word))
    assert (finding.code, finding.where) == ("censored", "assays.csv:2, Co")
    follows(
        finding,
        'give it as limits.Co, such as "0.01 %" under [constants] of a mapping, "limits": '
        '{"Co": "0.0001"} in a command; a substance that was not analysed has no result at all',
    )
    assert not desk.try_file("assays", LABORATORY + 'limits.Co = "0.01 %"\n', sheet(word))
    assert cobalt(desk) == Decimal("0.5")
    (finding,) = post(desk, shares={"Co": word})
    assert '"limits": {"Co": "0.0001"}' in finding.hint
    assert not post(desk, shares={"Co": word}, limits={"Co": "0.0001"})
    assert shown(desk.book, "a")["Co"] == ("<0.0001", "0.0000289")


@pytest.mark.parametrize("cell", [">10", "> 10 %", "\u226510", "more than 10"])
def test_a_result_above_a_limit_needs_a_rule_and_the_hint_helps(desk: Desk, cell: str) -> None:
    (finding,) = desk.try_file("assays", LABORATORY, sheet("4", cell))
    assert (finding.code, finding.where) == ("censored", "assays.csv:2, Ni")
    follows(
        finding,
        'write above = "limit" if it is to count as its limit until another method measures it',
    )
    assert not desk.try_file("assays", LABORATORY + 'above = "limit"\n', sheet("4", cell))
    assert held(desk.book, "L-1")["Ni"] == 1000
    assert shown(desk.book)["Ni"] == (">0.1", "0.497")  # (1 - 0.1 - 0.04) / sqrt(3)
    assert b.show_event(desk.book, KEY).notes == ("a result above a limit counts as the limit",)


@pytest.mark.parametrize(
    ("cell", "advice"),
    [
        ("-0.01", "write <0.01 where a minus sign stands for below that limit"),
        ("n.a.", "write <0.01 or ND for a result below a limit; what was not analysed is an empty"),
        ("-", "write <0.01 or ND for a result below a limit; what was not analysed is an empty"),
    ],
)
def test_another_sign_for_a_limit_is_refused_and_the_hint_helps(
    desk: Desk, cell: str, advice: str
) -> None:
    (finding,) = desk.try_file("assays", LABORATORY, sheet(cell))
    follows(finding, advice)
    assert not desk.try_file("assays", LABORATORY, sheet("<0.01"))
    assert cobalt(desk) == Decimal("0.5")


SIGNED = LABORATORY.replace(
    'shares.Co = { column = "Co", unit = "%" }',
    'shares.Co = { column = "Co", sign_column = "Remark", unit = "%" }',
)


@pytest.mark.parametrize(
    ("mark", "right"), [("<", "<0.0001"), ("ND", "<0.0001"), ("U", "<0.0001"), ("=", "0.0001")]
)
@pytest.mark.parametrize("is_workbook", [False, True])
def test_signs_may_be_in_a_column_of_their_own(
    desk: Desk, mark: str, right: str, is_workbook: bool
) -> None:
    made = Workbook()
    made.active.append(("Lot", "Ni", "Remark", "Co"))
    made.active.append(("L-1", 30, mark, 0.01))
    if mark == "=":
        made.active["C2"].data_type = "s"
    text = f"Lot,Ni,Remark,Co\nL-1,30,{mark},0.01\n"
    assert not desk.try_file("assays", SIGNED, made if is_workbook else text)
    key = KEY.replace("csv", "xlsx") if is_workbook else KEY
    assert Decimal(shown(desk.book, key)["Co"][0].lstrip("<")) == Decimal("0.0001")
    assert shown(desk.book, key)["Co"][0].startswith("<") == right.startswith("<")


@pytest.mark.parametrize("order", ["Remark,Co", "Co,Remark"])
def test_a_sign_beside_a_number_is_found_and_the_hint_helps(desk: Desk, order: str) -> None:
    is_left = order == "Remark,Co"
    text = f"Lot,Ni,{order}\nL-1,30,{'<,0.01' if is_left else '0.01,<'}\n"
    (finding, *_) = desk.try_file("assays", LABORATORY, text)
    place = f"assays.csv:2, {'Ni' if is_left else 'Co'}"
    assert (finding.code, finding.where) == ("censored", place)
    follows(finding, 'write sign_column = "Remark" for this column, "" if it is no sign of it')
    plain = LABORATORY.replace('column = "Ni",', 'column = "Ni", sign_column = "",')
    (finding,) = desk.try_file("assays", plain, text)
    assert finding.where == "assays.csv:2, Co"
    assert not desk.try_file("assays", SIGNED, text)
    assert cobalt(desk) == Decimal("0.5")


def test_a_mark_that_is_no_sign_is_found_and_the_hint_helps(desk: Desk) -> None:
    (finding,) = desk.try_file("assays", SIGNED, "Lot,Ni,Remark,Co\nL-1,30,J,0.01\n")
    assert finding.code == "censored"
    follows(finding, "clear the cell if the number counts as it is")
    assert not desk.try_file("assays", SIGNED, "Lot,Ni,Remark,Co\nL-1,30,,0.01\n")
    assert cobalt(desk) == 1
    masses = STOCK.replace('column = "kg",', 'column = "kg", sign_column = "Remark",')
    assert desk.try_file("stock", masses, "Lot,Remark,kg,Ni\nX,<,2,3\n")[0].code == "type"
    unknown = SIGNED.replace('"Remark"', '"Remarks"')
    (finding,) = desk.try_file("assays", unknown, "Lot,Ni,Remark,Co\nL-1,30,<,0.01\n")
    assert finding.hint == "did you mean Remark?"


# -- other readers


@pytest.mark.parametrize("share", ["<0.0001", "< 0.01 %", "\u2264100 ppm"])
def test_a_limit_in_a_command(desk: Desk, share: str) -> None:
    assert not post(desk, shares={"Co": share}, below="limit")
    assert shown(desk.book, "a") == {"Co": ("<0.0001", "0.0000577")}
    assert cobalt(desk) == 1
    assert not post(desk, shares={"Co": share}, below="limit")  # a retry is the same
    (finding,) = post(desk, key="b", shares={"Co": "<0"})
    assert (finding.code, finding.expected) == ("censored", "a limit above zero")


def test_a_limit_as_a_constant_and_of_an_oxide(desk: Desk) -> None:
    place = 'shares.Li = { column = "Li2O", unit = "%", as = "Li2O" }\n\n[constants]'
    mapping = LABORATORY.replace("\n[constants]", place).replace(
        'shares.Co = { column = "Co", unit = "%" }\n', ""
    )
    mapping += 'shares.Co = "< 100 ppm"\nbelow = "limit"\n'
    assert not desk.try_file("assays", mapping, "Lot,Ni,Li2O\nL-1,30,<0.02\n")
    assert cobalt(desk) == 1
    lithium = held(desk.book, "L-1")["Li"]
    assert lithium == pytest.approx(Decimal(2) * Decimal("0.4645"), rel=Decimal("0.001"))


@pytest.mark.parametrize("form", ['"<"0.00', '"< "0.00', "\\<0.00", "<0.00"])
def test_a_number_that_a_workbook_shows_as_a_limit_is_one(desk: Desk, form: str) -> None:
    made = Workbook()
    made.active.append(("Lot", "Ni", "Co"))
    made.active.append(("L-1", 30, 0.01))
    made.active["C2"].number_format = form
    assert not desk.try_file("assays", LABORATORY, made)
    assert shown(desk.book, KEY.replace("csv", "xlsx"))["Co"][0] == "<0.0001"


@pytest.mark.parametrize(
    ("kind", "place", "form"), [("assays", "C2", '[<0.01]"<0.01";0.00'), ("stock", "B2", '"<"0.0')]
)
def test_a_number_that_is_shown_as_a_limit_elsewhere_is_refused(
    desk: Desk, kind: str, place: str, form: str
) -> None:
    made = Workbook()
    made.active.append(("Lot", "Ni", "Co") if kind == "assays" else ("Lot", "kg", "Ni"))
    made.active.append(("L-1", 30, 0.004) if kind == "assays" else ("X-1", 20, 30))
    made.active[place].number_format = form
    (finding,) = desk.try_file(kind, LABORATORY if kind == "assays" else STOCK, made)
    assert finding.code == "censored"
    follows(
        finding, "format the cells as General, and write <0.01 as text where that is the result"
    )
    if kind == "assays":
        made.active[place].number_format = "General"
        made.active[place] = "<0.01"
        assert not desk.try_file(kind, LABORATORY, made)
        assert cobalt(desk) == Decimal("0.5")


# -- what cannot be a limit


@pytest.mark.parametrize("word", ["<0.01", "ND", "> 5", "trace"])
def test_a_field_that_is_no_result_says_so(desk: Desk, word: str) -> None:
    found = post(desk, basis="dry", shares={"Ni": ".3"}, moisture=word)
    found += post(desk, shares={"Ni": ".3"}, uncertainty={"Ni": word})
    found += post(desk, shares={"Ni": ".3", "Co": "ND"}, limits={"Co": word})
    fields = ["moisture", "uncertainty.Ni", "limits.Co"]
    assert [f.where.split(", ")[1] for f in found if f.code == "censored"] == fields
    moisture = LABORATORY.replace(
        "\n[constants]", 'moisture = { column = "W", unit = "%" }\n\n[constants]'
    )
    found = desk.try_file("assays", moisture, f"Lot,Ni,Co,W\nL-1,30,4,{word}\n")
    found += desk.try_file("stock", STOCK, f"Lot,kg,Ni\nX-1,20,{word}\nX-2,{word},30\n")
    found += desk.try_file(
        "tickets", TICKETS, f"Ticket,Lot,Date,Gross,Tare,Ni\nT,X-1,2026-03-10 08:00,30,{word},30\n"
    )
    places = ["assays.csv:2, W", "stock.csv:2, Ni", "stock.csv:3, kg", "tickets.csv:2, Tare"]
    assert [f.where for f in found] == places
    assert {(f.code, f.hint) for f in found} == {
        ("censored", "only the shares of an assay may be limits; write the number that is to count")
    }


def test_the_hint_of_a_field_that_is_no_result_helps(desk: Desk) -> None:
    (finding,) = desk.try_file("stock", STOCK, "Lot,kg,Ni\nX-1,2000,<0.5\n")
    follows(finding, "only the shares of an assay may be limits; write the number that is to count")
    assert not desk.try_file("stock", STOCK, "Lot,kg,Ni\nX-1,2000,0.25\n")
    assert held(desk.book, "X-1")["Ni"] == 5


def test_a_limit_has_no_uncertainty_of_its_own(desk: Desk) -> None:
    shares = {"Co": "<0.0001"}
    (finding,) = post(desk, shares=shares, uncertainty={"Co": "0.00001"})
    assert (finding.code, finding.where) == ("censored", "a.jsonl:1, uncertainty.Co")
    assert "the result of Co is a limit" in str(finding)
    follows(finding, "leave out this uncertainty")
    assert not post(desk, shares=shares)
    assert cobalt(desk) == Decimal("0.5")


# -- what follows from a limit


def test_a_dry_limit_is_of_the_dry_matter(desk: Desk) -> None:
    shares = {"Ni": "0.3", "Co": "<0.0001"}
    assert not post(desk, basis="dry", moisture="0.2", shares=shares, below="limit")
    assert cobalt(desk) == Decimal("0.8")
    assert b.verify(desk.book).clean
    (row,) = [m for m in desk.book.event("a").measurements if m.quantity == "Co"]
    assert (row.value, row.basis) == ("<0.0001", "dry")


@pytest.mark.parametrize("rule", ["half", "zero", "limit"])
def test_limits_do_not_make_a_sum_above_one(desk: Desk, rule: str) -> None:
    shares = {"Ni": "0.3", "other": "0.7", "Co": "<0.0001", "Li": "<0.001"}
    assert not post(desk, shares=shares, below=rule)
    assert held(desk.book, "L-1")["Ni"] == 3000
    (finding,) = post(desk, key="b", shares={"Ni": "0.31", "other": "0.7", "Co": "<0.0001"})
    assert "sum to 1.01005" in str(finding)


@pytest.mark.parametrize(
    ("rule", "basis", "part"),
    [
        ("half", "as received", 0.5),
        ("limit", "as received", 1.0),
        ("zero", "as received", 1.0),
        ("zero", "dry", 0.8),
    ],
)
def test_the_doubt_of_a_limit_is_in_the_statement(
    desk: Desk, rule: str, basis: str, part: float
) -> None:
    scale = {"gross_kg": 15000, "tare_kg": 5000, "uncertainty_kg": 10}
    desk.book.post(b.Weigh(lot="L-1", ticket="T-9", **scale, **said("w", 2, 3)))
    water = {"moisture": "0.2", "moisture_uncertainty": "0.001"} if basis == "dry" else {}
    assert not post(desk, shares={"Ni": "0.3", "Co": "<0.0001"}, below=rule, basis=basis, **water)
    start, end = (datetime.fromisoformat(f"2026-0{m}-01T00:00:00Z") for m in (2, 4))
    line = b.metal_statement(desk.book, start=start, end=end, lot="L-1").line("closing")
    place = desk.book.substances.index("Co")
    assert line.sure is not None
    right = 10**10 * 0.0001 * part / math.sqrt(3)  # mg, of 10,000 kg
    content = {"half": 0.5e6, "limit": 1e6, "zero": 0.0}[rule]
    assert line.content[place] == content
    sigma = math.hypot(right, 0.001 * content)
    assert line.sure.substances[place] == pytest.approx(sigma, rel=2e-3)
    assert line.sure.covered[place] == (1.0 if content else None)


def test_assays_without_limits_are_stored_as_before(desk: Desk) -> None:
    plain = {"lot": "L-1", "stage": "final", "basis": "as received", "shares": {"Ni": "0.3"}}
    text = as_text(b.Assay(**plain, **said("it")))
    assert not {"limits", "below", "above"} & json.loads(text).keys()
    assert text == as_text(b.Assay(**plain, below="half", limits={}, **said("it")))
    again = LABORATORY + 'below = "half"\n'
    assert not desk.try_file("assays", LABORATORY, sheet("4"))
    assert not desk.try_file("assays", again, sheet("4"))  # as it is in the book


def test_a_rule_that_is_none_lists_the_rules(desk: Desk) -> None:
    (finding,) = desk.try_file("assays", LABORATORY + 'below = "0"\n', sheet("<0.01"))
    assert (finding.where, finding.expected) == ("assays.toml:13", "half, zero or limit")
    (finding,) = post(desk, shares={"Co": "<0.01"}, below="halve")
    assert finding.hint == "did you mean half?"


def test_a_late_limit_is_played_at_its_date(desk: Desk) -> None:
    """The lot was split before the laboratory told its result, of two replicates."""
    parts = {"lot": "L-1", "parts_kg": {"L-1a": 4000}}
    desk.book.post(b.Split(**parts, **said("split", 5, 3)))
    shares = {"Ni": ["0.31", "0.30"], "Co": ["<0.0001", "ND"]}
    assert not post(desk, shares=shares, limits={"Co": "0.0001"}, below="limit")
    assert held(desk.book, "L-1") == {"Ni": 1830, "Co": Decimal("0.6"), "other": Decimal("4169.4")}
    assert held(desk.book, "L-1a")["Co"] == Decimal("0.4")
    assert shown(desk.book, "a") == {"Ni": ("0.305", "0.005"), "Co": ("<0.0001", "0.0000577")}
    assert b.verify(desk.book, replan=True).clean
