"""Replicates of a sample: all are kept, their mean counts with its standard error; and stages."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from import_case import held
from import_desk import Desk, microseconds
from test_censored import KEY, LABORATORY, post, shown

from loopbook import book as b
from loopbook.book.imports.json_lines import post_lines
from loopbook.errors import Finding, InputError
from support.advice import follows

ROWS = LABORATORY.replace("\n[constants]", 'replicate = "Rep"\n\n[constants]')
SHEET = "Lot,Rep,Ni,Co\nL-1,Rep 1,31.0,4\nL-1,Rep 2,30.0,4\n"


def replicates(desk: Desk, key: str, substance: str) -> list[tuple[str, str]]:
    measured = desk.book.event(key).measurements
    return [(m.stage, m.value) for m in measured if m.quantity == substance]


@pytest.mark.parametrize(
    ("results", "mean", "error"),
    [
        (["0.31", "0.30"], "0.305", "0.005"),
        (["0.31", "0.30", "0.32"], "0.31", "0.00577"),
        ([0.3, 0.3], "0.3", ""),
        (["0.3"], "0.3", ""),
        (["0.1", "0.1", "0.2"], "0.133333333333", "0.0333"),
    ],
)
def test_the_mean_of_replicates_counts_with_its_standard_error(
    desk: Desk, results: list[object], mean: str, error: str
) -> None:
    assert not post(desk, shares={"Ni": results})
    value, sigma = shown(desk.book, "a")["Ni"]
    assert (Decimal(value), sigma) == (Decimal(mean), error)
    assert held(desk.book, "L-1")["Ni"] == pytest.approx(
        10_000 * Decimal(mean), abs=Decimal("1e-6")
    )
    single = [(f"replicate {k}", str(x)) for k, x in enumerate(results, 1)]
    last = ("final", value)
    assert replicates(desk, "a", "Ni") == ([*single, last] if len(results) > 1 else [last])
    assert not post(desk, shares={"Ni": results})  # a retry is the same
    assert b.verify(desk.book).clean


def test_a_stated_uncertainty_counts_before_the_standard_error(desk: Desk) -> None:
    assert not post(desk, shares={"Ni": ["0.31", "0.30"]}, uncertainty={"Ni": "0.002"})
    assert shown(desk.book, "a")["Ni"] == ("0.305", "0.002")


def test_replicates_may_be_limits(desk: Desk) -> None:
    assert not post(desk, shares={"Co": ["<0.0001", "<0.0003"]})
    assert shown(desk.book, "a")["Co"][0] == "<0.0002"
    assert held(desk.book, "L-1")["Co"] == 1
    limits = {"Co": "0.0002"}
    shares = {"Co": ["0.0005", "0.0005", "0.0005", "ND"]}
    assert not post(desk, key="b", shares=shares, limits=limits, below="zero")
    assert shown(desk.book, "b")["Co"][0] == "0.000375"
    assert [value for _, value in replicates(desk, "b", "Co")][2:] == [
        "0.0005",
        "<0.0002",
        "0.000375",
    ]


def test_an_empty_list_and_a_wrong_replicate_are_findings(desk: Desk) -> None:
    assert [f.code for f in post(desk, shares={"Ni": []})] == ["empty"]
    assert [f.code for f in post(desk, shares={"Ni": ["0.3", "1,5"]})] == ["not-a-number"]
    assert [f.code for f in post(desk, shares={"Ni": ["0.3", None]})] == ["type"]
    assert [f.code for f in post(desk, shares={"Ni": ["0.3", ["0.3"]]})] == ["type"]
    assert [f.code for f in post(desk, shares={"Ni": ["0.3", 30]})] == ["share"]


# -- files


@pytest.mark.parametrize("far", [False, True])
def test_rows_of_replicates_are_one_assay(desk: Desk, far: bool) -> None:
    lines = SHEET.splitlines()
    text = "\n".join([*lines[:2], "L-2,1,20,4", *lines[2:]] if far else lines) + "\n"
    assert not desk.try_file("assays", ROWS, text)
    assert held(desk.book, "L-1")["Ni"] == 3050
    assert shown(desk.book) == {"Ni": ("0.305", "0.005"), "Co": ("0.04", "")}
    assert json.loads(desk.book.event(KEY).command)["shares"]["Ni"] == ["0.310", "0.300"]
    assert not desk.try_file("assays", ROWS, text)  # again: nothing new


def test_columns_of_replicates_are_one_assay(desk: Desk) -> None:
    mapping = LABORATORY.replace('column = "Ni"', 'column = ["Ni 1", "Ni 2", "Ni 3"]')
    text = "Lot,Ni 1,Ni 2,Ni 3,Co\nL-1,31,30,,<0.01\nL-2,32,,,ND\n"
    assert not desk.try_file("assays", mapping + 'limits.Co = "100 ppm"\n', text)
    assert shown(desk.book) == {"Ni": ("0.305", "0.005"), "Co": ("<0.0001", "0.0000289")}
    assert shown(desk.book, KEY.replace("L-1", "L-2"))["Ni"] == ("0.32", "")


def test_an_assay_is_known_when_its_last_replicate_is(desk: Desk) -> None:
    mapping = ROWS.replace('occurred_at = "2026-03-04T08:00:00Z"\n', "").replace(
        "\n[constants]", 'occurred_at = "Date"\n\n[constants]'
    )
    text = "Lot,Rep,Ni,Co,Date\nL-1,1,31,4,2026-03-05T08:00Z\nL-1,2,30,4,2026-03-04T08:00Z\n"
    assert not desk.try_file("assays", mapping, text)
    assert desk.book.event(KEY).occurred_at == microseconds("2026-03-05T08:00:00+00:00")
    wrong = text.replace("2026-03-04T08:00Z", "").replace("L-1", "L-2")
    assert [x.where for x in desk.try_file("assays", mapping, wrong)] == ["assays.csv:3, Date"]


def test_a_laboratory_sheet_whose_rows_are_replicates(desk: Desk) -> None:
    """Case 15 with two rows a lot: the serial number of the row is that of the replicate."""
    mapping = "[file]\nheader_line = 2\ndata_line = 4\n" + LABORATORY.replace(
        'lot = "Lot"', 'lot = "Lab ID"\nreplicate = "Serial No"'
    ).replace('column = "Co", unit = "%"', 'column = "Co", unit = "ppm"')
    text = (
        "Results of 7 March,,,\nSerial No,Lab ID,Ni,Co\n,,%,ppm\n"
        "1,L-1 Rep 1,31.2,410\n2,L-1 Rep 2,31.0,<400\n3,L-2,30.9,380\n"
    )
    unknown = desk.try_file("assays", mapping, text)
    assert [x.where for x in unknown] == ["assays.csv:4, Lab ID", "assays.csv:5, Lab ID"]
    assert all(x.hint.startswith("did you mean L-1") for x in unknown)
    words = '\n[words.lot]\n"L-1 Rep 1" = "L-1"\n"L-1 Rep 2" = "L-1"\n'
    assert not desk.try_file("assays", mapping + words, text)
    assert (held(desk.book, "L-1")["Ni"], held(desk.book, "L-1")["Co"]) == (3110, Decimal("3.05"))
    assert shown(desk.book)["Ni"] == ("0.311", "0.001")
    assert held(desk.book, "L-2")["Co"] == Decimal("1.9")


def test_replicates_that_differ_in_something_else_are_findings(desk: Desk) -> None:
    mapping = ROWS.replace('basis = "as received"\n', "").replace(
        "\n[constants]", 'basis = "Basis"\n\n[constants]'
    )
    text = "Lot,Rep,Ni,Co,Basis\nL-1,1,31,4,as received\nL-1,2,30,4,dry\nL-1,2,30,4,as received\n"
    different, twice = desk.try_file("assays", mapping, text)
    assert (different.code, different.where) == ("differs", "assays.csv:3, Basis")
    assert (twice.code, twice.where) == ("duplicate", "assays.csv:4, Rep")


TOGETHER = (
    'report its results together, as replicate = "the column that numbers them" in a mapping, as '
    'a list in a command, "Ni": ["0.31", "0.30"]'
)


@pytest.mark.parametrize(
    ("second", "else_"),
    [("30.0", "; if one is wrong, delete the wrong one"), ("31.0", "; if not, delete one of them")],
)
def test_rows_of_one_sample_without_a_number_are_refused_and_the_hint_helps(
    desk: Desk, second: str, else_: str
) -> None:
    text = SHEET.replace("30.0", second)
    (finding,) = desk.try_file("assays", LABORATORY, text)
    assert finding.code == "duplicate"
    follows(finding, f"if they are replicates, {TOGETHER}{else_}")
    assert not desk.try_file("assays", ROWS, text)
    assert held(desk.book, "L-1")["Ni"] == 100 * (31 + Decimal(second)) / 2


def lines(desk: Desk, *commands: dict[str, object]) -> list[Finding]:
    text = "\n".join(map(json.dumps, commands))
    try:
        post_lines(desk.book, text.encode(), name="a.jsonl")
    except InputError as error:
        return list(error.findings)
    return []


def test_a_sample_reported_twice_is_refused_and_the_hint_helps(desk: Desk) -> None:
    same = {"sample": "S-1", "laboratory": "X"}
    assert not post(desk, key="lab 1", shares={"Ni": "0.31"}, **same)
    assert not post(desk, key="umpire", stage="umpire", shares={"Ni": "0.31"}, **same)
    assert not post(desk, key="other", sample="S-2", shares={"Ni": "0.31"})
    (finding,) = post(desk, key="b", shares={"Ni": "0.30"}, **same)
    assert (finding.code, finding.where) == ("duplicate", "a.jsonl:1, sample")
    follows(finding, f"if it is a replicate, reverse lab 1 and {TOGETHER}")
    when = {"actor": "amy", "occurred_at": "2026-03-05T08:00:00Z"}
    undo = {"kind": "reverse", "key": "u", "event": "lab 1", "reason": "one of two", **when}
    for key in ("other", "umpire"):  # they came after it
        assert not lines(desk, {**undo, "key": f"u {key}", "event": key})
    assert not lines(desk, undo)
    assert not post(desk, key="b", shares={"Ni": ["0.31", "0.30"]}, **same)
    assert held(desk.book, "L-1")["Ni"] == 3050


# -- stages


@pytest.mark.parametrize(
    ("stage", "meant"),
    [
        ("Final", "final"),
        ("finale", "final"),
        ("settlement", "final"),
        ("prov", "provisional"),
        ("preliminary", "provisional"),
        ("referee", "umpire"),
        ("Referee", "umpire"),
        ("exchange", "exchanged"),
    ],
)
def test_a_stage_is_one_of_a_list_and_a_near_match_is_named(
    desk: Desk, stage: str, meant: str
) -> None:
    (finding,) = post(desk, shares={"Ni": "0.31"}, stage=stage)
    assert finding.expected == "provisional, exchanged, umpire or final"
    assert finding.hint == f"did you mean {meant}?"
    (finding,) = desk.try_file(
        "assays", LABORATORY.replace('"final"', f'"{stage}"'), "Lot,Ni,Co\nL-1,31,4\n"
    )
    assert (finding.where, finding.hint) == ("assays.toml:9", f"did you mean {meant}?")
    assert not post(desk, shares={"Ni": "0.31"}, stage=meant)
