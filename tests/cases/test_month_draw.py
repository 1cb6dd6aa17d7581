"""The month of a loop: the former book to the byte, and the reason where none can be drawn."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from case_folder import ROOT, replace_in

from loopbook.cases import draw_month
from loopbook.errors import InputError
from loopbook.loop import Walk, load, walk
from loopbook.plant import MONTH_FILE, SETTINGS, chain_record, month_page, read_month
from loopbook.report import MONTH_LEFT_OUT, Table
from loopbook.tables import Field
from support.advice import follows

LOOP = ROOT / "cases" / "gmbi"
CLIENTS = ("tbmnc", "gm", "ford", "stellantis", "hyundai", "honda")
FORMER = json.loads((Path(__file__).parent / "data" / "former_month.json").read_text("utf-8"))
"""Books and tables that were drawn from the case before it was a loop."""

QUARTERS = 'periods = ["2025..2028", "2029-Q1..2030-Q4", "2031..2035"]'


@cache
def walked(*switches: str) -> Walk:
    """The founding loop, walked."""
    return walk(load(LOOP, switches=dict.fromkeys(switches, True)))


def sources() -> set[str]:
    library = walked().loop.library
    assert library is not None
    return {*library.sources, *walked().loop.works}


SOURCES = sources()


def copy(folder: Path, *edits: tuple[str, str, str]) -> Path:
    """A copy of the loop with texts replaced."""
    case = folder / "gmbi"
    shutil.copytree(LOOP, case)
    for file, old, new in edits:
        replace_in(case / file, old, new)
    return case


def left_out(case: Path) -> Table:
    """The table in place of the month of a case; its loop is walked all the same."""
    (table,), attachments, inputs, _ = draw_month(case, walk(load(case)))
    assert (table.name, attachments, inputs) == (MONTH_LEFT_OUT, {}, ())
    return table


def leaves(book: bytes, path: Path) -> list[bytes]:
    """Hashes of a book's events."""
    path.write_bytes(book)
    with sqlite3.connect(path) as db:
        hashes = [row[0] for row in db.execute("SELECT leaf FROM event ORDER BY id")]
    db.close()
    return hashes


@pytest.mark.parametrize(
    ("former", "switches"),
    [
        ("none", ()),
        pytest.param("tbmnc", ("tbmnc",), marks=pytest.mark.slow),
        pytest.param("all", CLIENTS, marks=pytest.mark.slow),
    ],
)
def test_the_month_is_the_former_one(
    tmp_path: Path, former: str, switches: tuple[str, ...]
) -> None:
    case = copy(tmp_path)
    of_article = {"may 2026": False, "section 232": False}
    chosen = dict.fromkeys(switches, True) | of_article
    month = draw_month(case, walk(load(case, switches=chosen)))
    tables = {table.name: table for table in month.tables}
    for name, rows in FORMER[former]["tables"].items():
        assert len(tables[name].rows) == len(rows)
        for row, old in zip(tables[name].rows, rows, strict=True):
            assert list(row) == [x if not isinstance(x, float) else pytest.approx(x) for x in old]
    hashes = leaves(month.attachments["book.sqlite"], tmp_path / "book.sqlite")
    assert len(hashes) == FORMER[former]["events"]
    assert hashlib.sha256(b"".join(hashes)).hexdigest() == FORMER[former]["leaves"]
    picture = month.attachments["cell_lineage.svg"]
    assert hashlib.sha256(picture).hexdigest() == FORMER[former]["picture"]
    keys = {row.key for row in month.inputs}
    assert all(set(column.basis) <= keys for table in month.tables for column in table.columns)


def test_a_case_without_a_month_says_nothing(tmp_path: Path) -> None:
    starter = ROOT / "cases" / "starter"
    assert draw_month(starter, walk(load(starter))) == ((), {}, (), "")


@pytest.mark.parametrize(
    ("periods", "days"),
    [
        ('periods = ["2025..2035"]', 365),
        (QUARTERS, 30 + 31 + 30),
        (QUARTERS + '\nstep = "month"', 30),
    ],
)
def test_a_month_takes_its_days_of_the_step_that_holds_it(
    tmp_path: Path, periods: str, days: int
) -> None:
    case = copy(tmp_path, ("case.toml", 'periods = ["2025..2035"]', periods))
    loop = walk(load(case))
    matter = chain_record(loop, read_month(case / MONTH_FILE, SOURCES)).matter
    june = 12 * 2030 + 5
    (place,) = [k for k, step in enumerate(loop.steps) if june in step]
    took = sum(float(flow.taken[place, 0]) for flow in loop.flows if flow.row.to == "plant")
    assert sum(feed.mass_kg for feed in matter.feeds) == pytest.approx(
        took * 1000 * 30 / days, rel=1e-9
    )
    assert matter.lines is not None
    fed = sum(float(x[place].sum()) for x in loop.sites["Lansing"].made.values())
    assert matter.lines.kg_per_day == pytest.approx(fed * 1000 / days, rel=1e-9)


def test_a_month_after_the_last_period_is_left_out_and_the_advice_brings_it_back(
    tmp_path: Path,
) -> None:
    case = copy(tmp_path, ("case.toml", '"2025..2035"', '"2025..2029"'))
    table = left_out(case)
    assert table.rows == (
        ("month.toml:5, month", "period: expected a month within 2025..2029, found 2030-06"),
    )
    follows(table.note, "Change month.toml, or delete it.")
    replace_in(case / MONTH_FILE, 'month = "2030-06"', 'month = "2029-06"')
    record = chain_record(walk(load(case)), read_month(case / MONTH_FILE, SOURCES))
    assert record.settings.start.date() == date(2029, 6, 1)
    (case / MONTH_FILE).unlink()
    assert draw_month(case, walk(load(case))) == ((), {}, (), "")


def test_another_shape_says_what_it_lacks(tmp_path: Path) -> None:
    case = tmp_path / "starter"
    shutil.copytree(ROOT / "cases" / "starter", case)
    shutil.copy(LOOP / MONTH_FILE, case)
    found = [finding for _, finding in left_out(case).rows]
    assert any("Lansing is not a site of the loop" in str(x) for x in found), found
    assert any("LGES is not a party of the loop" in str(x) for x in found), found


def test_every_wrong_name_is_found_at_its_line(tmp_path: Path) -> None:
    case = copy(
        tmp_path,
        (MONTH_FILE, 'owner = "LGES"', 'owner = "LGE"'),
        (MONTH_FILE, 'lines = "Lansing"', 'lines = "Lansin"'),
        (MONTH_FILE, 'black_mass = "black mass"', 'black_mass = "black maß"'),
        (MONTH_FILE, 'refinery = "refinery"', 'refinery = "outside"'),
        (MONTH_FILE, 'dangerous = "hazmat"', 'dangerous = "hazard"'),
    )
    rows = {str(where): str(finding) for where, finding in left_out(case).rows}
    assert {where.partition(", ")[2] for where in rows} == {
        "owner",
        "loop.lines",
        "loop.black_mass",
        "loop.refinery",
        "loop.dangerous",
    }
    lines = (case / MONTH_FILE).read_text("utf-8").splitlines()
    for where, finding in rows.items():
        number = int(where.partition(":")[2].partition(",")[0])
        (name,) = re.findall(r"unknown-name: (.+?) is not", finding)
        assert name in lines[number - 1]
    (owner,) = (finding for where, finding in rows.items() if where.endswith(", owner"))
    assert "did you mean LGES?" in owner


def missing(name: str) -> str:
    """The text of the month without a setting: its line, or its table with all lines."""
    text = (LOOP / MONTH_FILE).read_text("utf-8")
    line = re.compile(rf"^{name} = .*\n", re.MULTILINE)
    table = re.compile(rf"^\[{name}\].*\n(?:\w+ = .*\n)*", re.MULTILINE)
    changed = line.sub("", text, count=1) if line.search(text) else table.sub("", text)
    assert changed != text, name
    return changed


@pytest.mark.parametrize("field", SETTINGS, ids=lambda field: str(field.name))
def test_each_setting_is_needed(tmp_path: Path, field: Field) -> None:
    name = field.name
    path = tmp_path / MONTH_FILE
    path.write_text(missing(name), "utf-8")
    with pytest.raises(InputError, match=rf"missing: {name}\b.* is missing"):
        chain_record(walked(), read_month(path, SOURCES))


NUMBERS = [field for field in SETTINGS if field.type.unit]


@pytest.mark.parametrize("field", NUMBERS, ids=lambda field: str(field.name))
def test_wrong_numbers_are_found_at_their_line(tmp_path: Path, field: Field) -> None:
    name = field.name
    text = (LOOP / MONTH_FILE).read_text("utf-8")
    path = tmp_path / MONTH_FILE
    line = text[: text.index(f"[{name}]")].count("\n") + 2
    for value in ("nan", "-1 kg", "-0.5", "3 USD", "3 furlongs", "1e300", "", "many"):
        changed = re.sub(rf'(\[{name}\]\nvalue = )".*"', rf'\1"{value}"', text)
        assert changed != text
        path.write_text(changed, "utf-8")
        with pytest.raises(InputError) as caught:
            read_month(path, SOURCES)
        (finding,) = caught.value.findings
        assert finding.where == f"month.toml:{line}, {name}.value", (value, finding)


def test_all_findings_come_at_once(tmp_path: Path) -> None:
    text = (LOOP / MONTH_FILE).read_text("utf-8")
    for old, new in (
        ('month = "2030-06"', 'month = "2030-13"'),
        ('seed = "gmbi 2030-06"', "seed = 7"),
        ('value = "18 t"', 'value = "18 tons"'),
        ("[tare]", "[tara]"),
        (
            'value = "0.25 kWh"\nsource_id = "everbatt2023"',
            'value = "nan kWh"\nsource_id = "nobody"',
        ),
        ("[dust]\n", 'dust = "0.003"\n\n[dirt]\n'),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = tmp_path / MONTH_FILE
    path.write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        read_month(path, SOURCES)
    places = {(x.where.partition(", ")[2], x.code) for x in caught.value.findings}
    assert {
        ("month", "month"),
        ("seed", "type"),
        ("scrap_load.value", "unit"),
        ("tara", "unknown-name"),
        ("tare", "missing"),
        ("cell_energy.source_id", "source"),
    } <= places
    assert all(re.match(r"month\.toml:\d+, ", x.where) for x in caught.value.findings)


def test_loads_too_small_for_a_month_are_found(tmp_path: Path) -> None:
    path = tmp_path / MONTH_FILE
    text = (LOOP / MONTH_FILE).read_text("utf-8").replace('value = "18 t"', 'value = "200 kg"')
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"month.toml:\d+, scrap_load.value: range: expected at"):
        chain_record(walked(), read_month(path, SOURCES))


def test_the_reference_is_made_from_the_declaration() -> None:
    page = (ROOT / "docs" / "month.md").read_text("utf-8")
    assert page == month_page(), "run python docs/make_month.py"


def test_a_month_of_too_many_events_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loopbook.plant.state.MOST_EVENTS", 500)
    (table,), attachments, *_ = draw_month(LOOP, walked())
    assert attachments == {}
    ((where, finding),) = table.rows
    assert where == MONTH_FILE
    assert str(finding).startswith("too-large: expected numbers that give at most 500 events")
