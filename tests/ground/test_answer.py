"""Answers: what they declare, and that text, JSON and files made from it say the same."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from loopbook.errors import DuplicateError, InputError, UnknownNameError
from loopbook.report import (
    KEYS,
    Answer,
    Column,
    Record,
    Rows,
    Table,
    each_mass,
    each_share,
    kilograms,
    moment_of,
    save_record,
)
from loopbook.report.answers.terminal import cell_text, cells_wide, record_text
from support.advice import follows


@dataclass(frozen=True, slots=True)
class Lot:
    """A row with each kind of cell."""

    lot: Annotated[str, "its name"]
    sites: Annotated[tuple[str, ...], "where it is", Column(drops=3)]
    made_at: Annotated[int, "when it was made", Column(read=moment_of, drops=2)]
    content: Annotated[tuple[int, ...], each_mass()]
    share: Annotated[tuple[float, ...] | None, each_share()]
    held: Annotated[bool, "whether it is on hold"]

    @property
    def code(self) -> Annotated[str, "short name", Column(order=-1)]:
        """Short name."""
        return self.lot[:2]


@dataclass(frozen=True, slots=True)
class Stock(Answer):
    """An answer with a fact, keys and one table."""

    prefers: ClassVar[tuple[str, ...]] = ("Co", "Li")
    site: Annotated[str, "which site"]
    substances: Annotated[tuple[str, ...], KEYS]
    lots: Annotated[tuple[Lot, ...], Rows("Lots")]
    notes: Annotated[tuple[str, ...], "what a reader must know"] = ()


LOTS = (
    Lot("L-1", ("WS", "GMBI"), 0, (1_500_000, 0), (0.25, float("nan")), False),
    Lot("L-2", ("WS",), 60_000_000, (-2_000_001, 7), None, True),
)
STOCK = Stock("WS", ("Ni", "Co"), LOTS, ("weighed wet",))


def test_an_answer_knows_its_record() -> None:
    record = STOCK.as_record()
    assert (record.name, record.version, record.keys) == ("stock", 1, ("Ni", "Co"))
    (table,) = record.tables
    assert [c.name for c in table.columns] == [
        "code",
        "lot",
        "sites",
        "made_at",
        "held",
        "mass_kg",
        "Ni_kg",
        "Co_kg",
        "Ni_share",
        "Co_share",
    ]
    assert [c.unit for c in table.columns if c.key == "Ni"] == ["kg", "1"]
    assert [c.kind for c in table.columns][2:6] == [tuple, datetime, bool, Decimal]
    assert record.facts.column("site") == ["WS"]


def test_json_holds_exact_masses_shares_and_moments_with_offset() -> None:
    data = json.loads(json.dumps(STOCK.as_record().as_json(), allow_nan=False))
    assert (data["answer"], data["version"], data["site"]) == ("stock", 1, "WS")
    first, second = data["lots"]
    assert (first["mass_kg"], first["Ni_kg"], first["Co_kg"]) == (
        "1.500000",
        "1.500000",
        "0.000000",
    )
    assert (first["Ni_share"], first["Co_share"], second["Ni_share"]) == (0.25, None, None)
    assert second["made_at"] == "1970-01-01T00:01:00+00:00"
    assert second["mass_kg"] == "-1.999994"
    assert first["sites"] == ["WS", "GMBI"]


def test_people_see_preferred_keys_totals_and_notes() -> None:
    lines = record_text(STOCK.as_record()).splitlines()
    assert lines == [
        "Site  WS",
        "",
        "Code   Lot  Sites     Made at                    Held  Mass, kg  Co, kg",
        "L-     L-1  WS, GMBI  1970-01-01 00:00:00+00:00  no       1.500       0",
        "L-     L-2  WS        1970-01-01 00:01:00+00:00  yes     -2.000   0.000",
        "Total                                                    -0.500   0.000",
        "",
        "Note: weighed wet",
    ]


def test_only_some_keys_and_the_rows_that_have_them() -> None:
    text = record_text(STOCK.as_record(), only=("Co",))
    assert "L-2" in text
    assert "L-1" not in text
    with pytest.raises(UnknownNameError) as caught:
        record_text(STOCK.as_record(), only=("Cu",))
    assert caught.value.findings[0].found == "'Cu'"


@given(st.integers(1, 140), st.lists(st.integers(-(10**13), 10**13), min_size=1, max_size=4))
def test_no_table_is_wider_than_the_screen_and_none_cuts_a_number(
    width: int, held: list[int]
) -> None:
    lots = tuple(Lot(f"L-{mg}", ("WS",), 0, (mg, 1), (0.5, 1.0), False) for mg in held)
    record = Stock("WS", ("Ni", "Co"), lots).as_record()
    (table,) = record.tables
    lines = record_text(record, width=width, only=("Ni", "Co")).splitlines()[2:]
    lines = [line for line in lines if "more column" not in line]
    whole = {
        cell_text(cell, c) for row in table.rows for cell, c in zip(row, table.columns, strict=True)
    }
    whole |= {
        f"{Decimal(sum(c)).scaleb(-6):z,.3f}"
        for c in (held, [1 for _ in held], [m + 1 for m in held])
    }
    for word in " ".join(lines).split():
        assert word in whole or not re.fullmatch(r"-?[0-9,.]+", word), word
    if lines[0].startswith("Code  "):
        assert max(map(cells_wide, lines)) <= max(width, 50)


def test_heads_take_lines_before_a_column_drops_and_what_dropped_is_named() -> None:
    assert "Mass, kg  Co, kg" in record_text(STOCK.as_record(), width=90)
    narrow = record_text(STOCK.as_record(), width=70)
    assert "Sites" in narrow
    assert re.search(r"Mass, +Co, kg.*\n +kg\n", narrow)
    short = record_text(STOCK.as_record(), width=62)
    assert "Made at" in short
    follows(short, "1 more column (Sites): widen the window, or use --json")
    blocks = record_text(STOCK.as_record(), width=20)
    assert "Mass, kg  1.500" in blocks


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in words."""

    name: Annotated[str, "its name"]
    law: Annotated[str, "in words"]


@dataclass(frozen=True, slots=True)
class RuleBook(Answer):
    """Rules."""

    rules: Annotated[tuple[Rule, ...], Rows("Rules")]


@dataclass(frozen=True, slots=True)
class LoneRule(Answer):
    """A rule alone."""

    law: Annotated[str, "in words"]


def test_a_long_text_takes_several_lines_on_a_narrow_screen() -> None:
    law = "what comes in is what goes out and what stays, of every element and every day"
    record = RuleBook((Rule("balance", law), Rule("short", "yes"))).as_record()
    lines = record_text(record, width=50).splitlines()
    assert lines[0] == "Name     Law"
    assert lines[1].startswith("balance  what comes in")
    assert max(map(cells_wide, lines)) <= 50
    assert " ".join(line[9:] for line in lines[1:-1]) == law
    assert lines[-1] == "short    yes"
    narrow = record_text(record, width=20).splitlines()
    assert narrow[:3] == ["Name  balance", "Law   what comes in", "      is what goes"]


def test_two_long_texts_share_the_room_and_a_long_row_is_wrapped_under_its_head() -> None:
    law, name = (
        "all that comes in goes out or stays, every day",
        "the balance of an element or a lot",
    )
    record = RuleBook((Rule(name, law), Rule("short", "yes"))).as_record()
    lines = record_text(record, width=60).splitlines()
    assert lines[0].split() == ["Name", "Law"]
    assert max(map(cells_wide, lines)) <= 60
    assert len(lines) == 4
    lone = LoneRule(law * 3).as_record()
    lines = record_text(lone, width=50).splitlines()
    assert max(map(cells_wide, lines)) <= 50
    assert {line[:5] for line in lines[1:]} == {"     "}
    assert record_text(lone).splitlines() == [f"Law  {law * 3}"]


def test_a_long_text_takes_lines_before_another_column_drops() -> None:
    columns = (Column("law", "Law"), Column("unit", "Unit", drops=1))
    facts = Table("facts", "", (), ((),))
    laws = Table("laws", "", columns, (("every day " * 6, "kilograms"), ("", "t")))
    lines = record_text(Record("x", 1, "", facts, (laws,)), width=60).splitlines()
    assert lines[0].split() == ["Law", "Unit"]
    assert max(map(cells_wide, lines)) <= 60
    assert "1 more column (Unit)" in record_text(Record("x", 1, "", facts, (laws,)), width=40)


def test_a_headline_is_wrapped_but_not_what_is_given_away_or_posted() -> None:
    facts = Table("facts", "", (), ((),))
    headline = 'signed by the works\n{"kind": "hold", "lot": "L-1"}'
    whole = Record("x", 1, headline, facts, (), verbatim=True)
    assert record_text(whole, width=12) == headline
    wrapped = record_text(replace(whole, verbatim=False), width=12)
    assert wrapped == 'signed by\nthe works\n{"kind": "hold", "lot": "L-1"}'


def test_east_asian_signs_take_two_cells() -> None:
    lots = (Lot("배터리", (), 0, (1, 1), None, False), Lot("L-1", (), 0, (1, 1), None, False))
    lines = record_text(Stock("WS", ("Ni", "Co"), lots).as_record()).splitlines()[2:5]
    assert len({cells_wide(line) for line in lines[1:]}) == 1
    assert cells_wide("배터리") == 6


def test_two_things_of_one_name_are_refused() -> None:
    facts = Table("facts", "", (Column("lots", "Lots"),), ((1,),))
    with pytest.raises(DuplicateError):
        Record("x", 1, "", facts, (Table("lots", "", (), ()),))


@given(st.integers(-(10**18), 10**18))
def test_kilograms_are_exact(milligrams: int) -> None:
    assert int(Decimal(f"{kilograms(milligrams):f}") * 1_000_000) == milligrams


# ---- files ----

LINES: dict[str, Callable[[Path], list[list[Any]]]] = {
    ".csv": lambda p: list(csv.reader(p.read_text(encoding="utf-8").splitlines())),
    ".xlsx": lambda p: [list(r) for r in load_workbook(p)["lots"].iter_rows(values_only=True)],
}
COLUMNS: dict[str, Callable[[Path], Any]] = {
    ".parquet": pq.read_table,
    ".arrow": lambda p: pa.ipc.open_file(str(p)).read_all(),
}


@pytest.mark.parametrize("ending", LINES)
def test_rows_of_files_are_those_of_json(tmp_path: Path, ending: str) -> None:
    record = STOCK.as_record()
    (path,) = save_record(record, tmp_path / f"lots{ending}")
    head, *rows = LINES[ending](path)
    lots: Any = record.as_json()["lots"]
    assert head == list(lots[0])
    for row, lot in zip(rows, lots, strict=True):
        for cell, value in zip(row, lot.values(), strict=True):
            if isinstance(value, list):
                assert cell == ", ".join(value)
            elif isinstance(value, bool):
                assert cell in (value, "yes" if value else "no")
            elif isinstance(value, float) or isinstance(cell, int | float):
                assert float(cell) == float(value)
            else:
                assert cell == value or (cell in ("", None) and value is None)


@pytest.mark.parametrize("ending", COLUMNS)
def test_columns_of_files_have_types_units_and_meanings(tmp_path: Path, ending: str) -> None:
    record = STOCK.as_record()
    (table,) = record.tables
    (path,) = save_record(record, tmp_path / f"lots{ending}")
    read = COLUMNS[ending](path)
    assert read.column_names == [column.name for column in table.columns]
    for name, written in read.to_pydict().items():
        assert written == [list(x) if isinstance(x, tuple) else x for x in table.column(name)]
    about = read.schema.field("made_at").metadata
    assert (about[b"meaning"], read.schema.field("Ni_kg").metadata[b"unit"]) == (
        b"when it was made",
        b"kg",
    )


def test_types_are_those_declared_where_there_is_no_row(tmp_path: Path) -> None:
    (path,) = save_record(Stock("WS", ("Ni",), ()).as_record(), tmp_path / "a.parquet")
    types = dict(zip(pq.read_schema(path).names, pq.read_schema(path).types, strict=True))
    assert types["Ni_kg"] == pa.decimal128(25, 6)
    assert types["made_at"] == pa.timestamp("us", "UTC")
    assert types["held"] == pa.bool_()


def test_an_ending_without_a_format_is_a_finding(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        save_record(STOCK.as_record(), tmp_path / "lots.doc")
    assert caught.value.findings[0].found == ".doc"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("key", "others", "total"), [("Co", "1 other without Co", "-0.500"), ("Ni", "", "-0.500")]
)
def test_what_is_printed_adds_up(key: str, others: str, total: str) -> None:
    lots = tuple(replace(x, sites=()) for x in STOCK.lots)
    lines = record_text(replace(STOCK, lots=lots).as_record(), only=(key,)).splitlines()
    rows = [x for x in lines if re.search(r"\d\.\d{3}", x)]
    masses = [Decimal(re.findall(r"-?\d+\.\d{3}", x)[0]) for x in rows]
    assert str(sum(masses[:-1])) == str(masses[-1]) == total
    assert others in "\n".join(lines)
    assert ("without" in "\n".join(lines)) == bool(others)


def test_rows_that_are_all_without_a_key_are_named() -> None:
    lots = tuple(Lot(f"L-{k}", ("WS",), 0, (5_000_000, 0), None, False) for k in range(3))
    text = record_text(Stock("WS", ("Ni", "Co"), lots).as_record(), only=("Co",))
    assert re.search(r"3 others without Co .* 15\.000", text)


@dataclass(frozen=True, slots=True)
class Reasoned:
    """A row with a long text, whose substances drop first."""

    lot: Annotated[str, "its name"]
    hold: Annotated[str, "why"]
    content: Annotated[tuple[int, ...], each_mass(drops=1)]


@dataclass(frozen=True, slots=True)
class Holds(Answer):
    """Lots on hold."""

    substances: Annotated[tuple[str, ...], KEYS]
    lots: Annotated[tuple[Reasoned, ...], Rows("Lots")]


@pytest.mark.parametrize(("only", "kept"), [((), ["Mass"]), (("P",), ["Mass", "P"])])
def test_the_mass_and_the_keys_that_are_asked_for_stay(
    only: tuple[str, ...], kept: list[str]
) -> None:
    names = ("Li", "Ni", "Co", "Mn", "P", "other")
    why = "the supplier wrote of a coolant with PFAS in some of its modules"
    lots = tuple(Reasoned(x, why, (10**10,) * 6) for x in ("a lot of modules", "another lot"))
    lines = record_text(Holds(names, lots).as_record(), width=60, only=only).splitlines()
    assert max(map(len, lines)) <= 60
    text = " ".join(" ".join(lines).split(" 1 more")[0].split())
    assert all(f"{name}, kg" in text for name in kept)
    assert "PFAS" in text
    assert re.search(r"Total .*120,000\.000", text)
    last = record_text(Holds(names, lots).as_record(), width=48, only=only)
    assert not re.search(r"(?m)^Total\s*$", last)
