"""The month that a case keeps a book of: believable, exact, the same every time."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from case_folder import GMBI, STARTER, copy_case, founding, replace_in

from loopbook.book import Book, RegisterParty, metal_statement, run_accounts, verify
from loopbook.book.commands.draft import microseconds
from loopbook.cases import run_case
from loopbook.errors import BalanceError, Finding, InputError
from loopbook.plant import read_month
from loopbook.report import Run, RunResult, write_result
from support.advice import follows
from support.world import envelope

MONTH = "month.toml"
CAPACITY = "parameters/plant/capacity/value"


@pytest.fixture(scope="module")
def result() -> RunResult:
    return founding()


@pytest.fixture(scope="module")
def path(result: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return file_of(result, tmp_path_factory.mktemp("book"))


def file_of(result: RunResult, folder: Path) -> Path:
    path = folder / "book.sqlite"
    path.write_bytes(result.attachments["book.sqlite"])
    return path


def changed(folder: Path, *edits: tuple[str, str]) -> Path:
    """A copy of the case with another month."""
    case = copy_case(GMBI, folder)
    for old, new in edits:
        replace_in(case / MONTH, old, new)
    return case


def lines_of(result: RunResult, name: str = "metal_statement") -> dict[str, float]:
    table = result.tables[name]
    return dict(zip(table.column("line"), table.column("mass_t"), strict=True))


def leaves(path: Path) -> list[bytes]:
    with sqlite3.connect(path) as db:
        found = [row[0] for row in db.execute("SELECT leaf FROM event ORDER BY id")]
    db.close()
    return found


def test_the_month_takes_what_the_year_says(result: RunResult) -> None:
    """Loads are whole trucks, so that a type of scrap may be half a load off."""
    (taken,) = [r["taken_t"] for r in result.tables["scrap"].records() if r["year"] == 2030]
    lines = lines_of(result)
    month = float(str(taken)) * 30 / 365
    taken_in = lines["received"] + lines["shipped in"] + lines["opening"]
    assert taken_in == pytest.approx(month, abs=3 * 18)
    (made,) = [r["mass_t"] for r in result.tables["black_mass"].records() if r["year"] == 2030]
    share = float(str(made)) / float(str(taken))
    assert -lines["shipped out"] == pytest.approx(share * -lines["consumed"], abs=2 * 20 + 15)


def test_the_book_is_sound(path: Path) -> None:
    with Book(path) as book:
        report = verify(book)
        assert report.clean, report
        kinds = dict(book.store.rows("SELECT kind, count(*) FROM event GROUP BY kind"))
        loads = book.store.rows("SELECT count(*) FROM lot WHERE id GLOB '[LB][0-9]*'")[0][0]
        trucks = book.store.rows("SELECT count(*) FROM lot WHERE id GLOB 'S[0-9]*'")[0][0]
    assert 55 <= loads <= 65
    assert kinds["process"] >= 28
    assert 35 <= trucks <= 42
    assert kinds["arrive"] == kinds["ship"]
    assert (kinds["reverse"], kinds["hold"], kinds["release"]) == (1, 1, 1)
    assert kinds["close-period"] == 2
    assert kinds["stock-take"] >= 1
    with Book(path) as book:
        bought = book.store.rows(
            "SELECT count(*) FROM event "
            "WHERE kind = 'transfer-title' AND key GLOB 'title [LB][0-9]*'"
        )[0][0]
    assert 30 <= bought < loads  # the others are tolled


def test_losses_are_believable(path: Path, result: RunResult) -> None:
    lines = lines_of(result)
    assert 0.0 < lines["of which unaccounted"] / lines["consumed"] < 0.01
    loop = lines_of(result, "loop_statement")
    assert abs(loop["unaccounted"]) < 0.001 * loop["received"]
    assert abs(lines["re-assay"]) < 0.002 * lines["received"]
    with Book(path) as book:
        runs = run_accounts(book, start=0, end=2**62)
    assert len(runs) >= 28
    for run in runs:
        assert abs(run.share() or 0.0) < 0.02
        for substance in ("Li", "Ni", "Cu"):
            share = run.share(substance)
            assert share is None or abs(share) < 0.1, f"{run.run} {substance}"


def test_scrap_of_two_owners_is_run_together(path: Path) -> None:
    with Book(path) as book:
        owners: dict[str, set[str]] = {}
        for account in book.balances():
            if account.lot.startswith("S"):
                owners.setdefault(account.lot, set()).add(account.party)
    assert any(len(parties) == 2 for parties in owners.values())


def mg_of(tonnes: object) -> int:
    return round(float(str(tonnes)) * 1e9)


@pytest.mark.parametrize("name", ["metal_statement", "loop_statement"])
def test_the_table_is_the_books_statement(path: Path, result: RunResult, name: str) -> None:
    month = read_month(GMBI / MONTH, result.sources)
    with Book(path) as book:
        site = "Winston-Salem" if name == "metal_statement" else None
        statement = metal_statement(book, start=month.start, end=month.end, site=site)
    table = result.tables[name]
    assert statement.title == "Metal statement, 2030-06, closed"
    counts = {line.name for line in statement.lines if line.counts}
    moved = sum(mg_of(r["mass_t"]) for r in table.records() if r["line"] in counts)
    assert moved == 2 * statement.line("closing").mass
    for row in table.records():
        line = statement.line(str(row["line"]))
        assert row["mass_t"] == line.mass / 1e9
        assert row["ni_t"] == line.content[statement.substances.index("Ni")] / 1e9
    assert set(table.columns[1].basis) <= set(result.inputs)


def test_the_book_is_marked_as_modelled(result: RunResult, path: Path) -> None:
    """W4: nothing showed that the book was a model's, and people posted to it."""
    with Book(path) as book:
        assert book.modelled == "case gmbi, month 2030-06"
        assert verify(book).modelled == book.modelled
        with pytest.raises(InputError, match="loopbook book new"):
            book.post(RegisterParty(party="amy", **envelope()))
    (picture,) = (raw for name, raw in result.attachments.items() if name.endswith(".svg"))
    assert b"Modelled, not measured: case gmbi" in picture


def test_the_same_case_gives_the_same_events(path: Path, tmp_path: Path) -> None:
    again = file_of(run_case(GMBI), tmp_path)
    assert leaves(again) == leaves(path)
    other = changed(tmp_path, ('seed = "gmbi 2030-06"', 'seed = "another"'))
    assert leaves(file_of(run_case(other), tmp_path)) != leaves(path)


def test_the_book_lies_beside_the_report(result: RunResult, tmp_path: Path) -> None:
    write_result(result, tmp_path / "out")
    assert file_of(result, tmp_path).read_bytes() == (tmp_path / "out/book.sqlite").read_bytes()
    text = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "Metal statement of Winston-Salem, 2030-06" in text
    assert "Lots of finished cells of 2030-06" in text


def test_a_case_without_a_month_keeps_no_book() -> None:
    result = run_case(STARTER)
    assert "metal_statement" not in result.tables
    assert result.attachments == {}


def test_a_month_without_feed_is_an_empty_book(tmp_path: Path) -> None:
    case = changed(tmp_path, ('month = "2030-06"', 'month = "2025-06"'))
    assert run_case(case).tables["metal_statement"].rows == ()


def test_a_leap_february_with_every_client(tmp_path: Path) -> None:
    """Other senders, three times the trucks; the limits are days of feed, so they follow."""
    case = changed(tmp_path, ('month = "2030-06"', 'month = "2032-02"'))
    month = read_month(case / MONTH, founding().sources)
    assert month.days == 29
    every = {name: name != "may 2026" for name in founding().switches}  # as of the article
    result = run_case(case, every, [f"{CAPACITY}=60000 t/yr"])
    assert lines_of(result)["received"] > 2500
    with Book(file_of(result, tmp_path)) as book:
        senders = book.store.rows(
            "SELECT DISTINCT a.party FROM account a JOIN posting p ON p.account = a.id "
            "JOIN event e ON e.id = p.event WHERE a.kind = 'supplier' AND e.key GLOB 'receive L*'"
        )
        late = book.store.rows(
            "SELECT count(*) FROM event WHERE occurred_at >= ? AND kind = 'arrive'",
            (microseconds(month.end),),
        )
        assert verify(book).clean
    assert len(senders) > 3
    assert late[0][0] > 0  # what was on the road arrives in the next month


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('month = "2030-06"', 'month = "June"', r"month.toml:5, month: month"),
        ('month = "2030-06"', "month = 2030-06-01", r"month.toml:5, month: type"),
        ("[tare]", "[tara]", r"unknown-name: .*tara.*did you mean tare"),
        ("[tare]", "[tara]", r"missing: tare is missing"),
        ('value = "18 t"', 'value = "18"', r"month.toml:\d+, scrap_load.value: unit"),
        ('value = "18 t"', 'value = "18 tons"', r"month.toml:\d+, scrap_load.value: unit"),
        ('value = "0.3"', 'value = "1.3"', r"month.toml:\d+, tolled_share.value: share"),
        ('value = "0.3"', 'value = "-0.3"', r"month.toml:\d+, tolled_share.value: share"),
        ('value = "0.3"', 'value = "nan"', r"month.toml:\d+, tolled_share.value: "),
        ('value = "15.2 t"', 'value = "15.2 t"\npages = "1"', r"unknown-name: .*pages"),
        ('merchant = "metal merchant"', 'merchant = " "', r"month.toml:12, merchant: missing"),
        ('plant = "GMBI" ', 'plant = "GMBI', r"month.toml:\d+: "),
        (
            'grade = "assumption"\nnote = "empty truck and trailer with packaging"',
            'grade = "assumption"',
            r"month.toml:\d+, tare.note: source",
        ),
        ('value = "18 t"\ngrade = "assumption"', 'value = "18 t"\ngrade = "A"', "source_id"),
    ],
)
def test_a_wrong_month_is_found(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    case = changed(tmp_path, (old, new))
    with pytest.raises(InputError, match=complaint):
        read_month(case / MONTH, founding().sources)


@pytest.mark.parametrize(
    ("capacity", "rejects"),
    [
        ("18000", "30"),
        pytest.param("17000", "20", marks=pytest.mark.slow),
        pytest.param("30000", "40", marks=pytest.mark.slow),
    ],
)
def test_more_loads_a_day_than_a_week_has_days_are_drawn(
    tmp_path: Path, capacity: str, rejects: str
) -> None:
    """Several packed loads of one day leave in the order in which they were drawn."""
    rows = ("rejects", "losses of active material", "losses of foil")
    paths = [f"series/Lansing {row}/2030={rejects}" for row in rows]
    result = run_case(GMBI, cells=[f"{CAPACITY}={capacity} t/yr", *paths])
    assert "month_left_out" not in result.tables
    with Book(file_of(result, tmp_path)) as book:
        assert verify(book).clean


@pytest.mark.parametrize(
    "name",
    [
        "mixed electrode scrap",
        pytest.param("anode foil", marks=pytest.mark.slow),
        pytest.param("cathode foil", marks=pytest.mark.slow),
    ],
)
def test_a_scrap_type_of_another_name_is_drawn(tmp_path: Path, name: str) -> None:
    """Attack 11: black mass of graphite alone made a campaign of salts of nothing."""
    case = copy_case(GMBI, tmp_path)
    for path in case.glob("*.csv"):
        path.write_text(re.sub(rf"\b{name}\b", "other scrap", path.read_text("utf-8")), "utf-8")
    result = run_case(case)
    assert "month_left_out" not in result.tables
    with Book(file_of(result, tmp_path)) as book:
        assert verify(book).clean


@pytest.mark.parametrize(
    ("failure", "says"),
    [
        (InputError([Finding("empty", "Blend blend B076", "a lot with content", "Z012")]), "Z012"),
        (ValueError("tuple.index(x): x not in tuple"), "ValueError: tuple.index"),
        (ZeroDivisionError("float division by zero"), "ZeroDivisionError: float division"),
        (FloatingPointError("invalid value encountered in divide"), "invalid value encountered"),
        (BalanceError("nickel does not close over blend B076"), "nickel does not close"),
    ],
)
def test_a_month_that_cannot_be_drawn_leaves_the_years_as_they_are(
    tmp_path: Path,
    result: RunResult,
    monkeypatch: pytest.MonkeyPatch,
    failure: Exception,
    says: str,
) -> None:
    def cannot(*_: object) -> None:
        raise failure

    monkeypatch.setattr("loopbook.plant.month.month_events", cannot)
    without = run_case(GMBI)
    assert without.years == result.years
    assert without.summary.rows == result.summary.rows
    assert without.attachments == {}
    report = write_result(without, tmp_path / "out")
    text = report.read_text("utf-8")
    assert "No month drawn" in text
    assert says in text
    assert says in Run.of(without, report).remark()


def test_a_site_too_small_for_the_month_leaves_out_the_month_and_the_advice_brings_it_back(
    tmp_path: Path, result: RunResult
) -> None:
    case = changed(
        tmp_path, ('[scrap_limit_days]\nvalue = "10"', '[scrap_limit_days]\nvalue = "0.5"')
    )
    without = run_case(case)
    assert without.years.rows == result.years.rows
    table = without.tables["month_left_out"]
    assert any("limit" in str(row) for row in table.rows)
    follows(table.note, "Change month.toml, or delete it.")
    (case / MONTH).unlink()
    assert "month_left_out" not in run_case(case).tables
