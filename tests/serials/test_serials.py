"""The register of serials against a plain dict: any imports, ranges, compactions, any questions."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopbook.errors import InputError
from loopbook.serials import (
    Range,
    SerialRegister,
    add_ranges,
    compact_register,
    import_serials,
    spanning,
)
from loopbook.serials.ranges import RangeTable, expand, range_findings
from loopbook.serials.runs import SIZES, Sizes, group_lengths
from loopbook.serials.text import hashes_of, lengths_of, matrix_of, order_of, words_of

LOTS = ("CELL-1", "CELL-2", "PACK,1", "Zelle Ä", "EMPTY")
Model = dict[str, str]

# Few signs, so that serials meet: digits, letters, a sign below the digits and one above.
serials = st.text("0129AZ-:~!", min_size=1, max_size=18)
lots = st.sampled_from(LOTS[:-1])
ranges = st.builds(
    lambda lot, prefix, width, at, rows, suffix: Range(
        lot, prefix, at % 10**width, min(at % 10**width + rows, 10**width - 1), width, suffix
    ),
    lots,
    st.text("01A-", max_size=3),
    st.integers(1, 6),
    st.integers(0, 10**6),
    st.integers(0, 40),
    st.sampled_from(["", "", "A", "-0", "-01", "A1"]),
)
months = st.sampled_from(["2026-01", "2026-02"])
files = st.tuples(st.dictionaries(serials, lots, min_size=1, max_size=30), st.booleans())
steps = st.lists(
    st.one_of(
        st.tuples(st.just("file"), files, months),
        st.tuples(st.just("ranges"), st.lists(ranges, min_size=1, max_size=4), months),
        st.tuples(st.just("compact"), st.none(), st.one_of(st.none(), months)),
    ),
    min_size=1,
    max_size=8,
)


def all_of(one: Range) -> list[str]:
    """Serials of a range, the plain way."""
    return [f"{one.prefix}{n:0{one.width}d}{one.suffix}" for n in range(one.first, one.last + 1)]


def written(folder: Path, rows: Model, *, parquet: bool) -> Path:
    table = pa.table({"serial": list(rows), "lot": list(rows.values())})
    path = folder / ("cells.parquet" if parquet else "cells.csv")
    pq.write_table(table, path) if parquet else pa_csv.write_csv(table, path)
    return path


def listed(register: SerialRegister, lots_asked: list[str]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for table in register.serials_of(lots_asked):
        assert table.num_rows
        rows += zip(table["lot"].to_pylist(), table["serial"].to_pylist(), strict=True)
    return rows


def must_agree(folder: Path, model: Model, sizes: Sizes = SIZES) -> None:
    """Every question, answered by the register, opened again, and by the model."""
    register = SerialRegister(folder, sizes)
    for asked in (list(LOTS), [LOTS[0], LOTS[-1]], []):
        rows = sorted((lot, serial) for serial, lot in model.items() if lot in asked)
        assert listed(register, asked) == rows
        counts = {lot: sum(lot == known for known in model.values()) for lot in asked}
        assert register.count_of(asked) == counts
    for serial in [*model, *(s + "0" for s in model), *(s[:-1] for s in model), "", "no such", "é"]:
        assert register.lot_of(serial) == model.get(serial), serial


def apply(folder: Path, step: tuple[str, object, str | None], model: Model, number: int) -> None:
    """Do a step; it must be refused exactly when a serial would have two lots."""
    kind, what, month = step
    register = folder / "register"
    if kind == "compact":
        compact_register(register, month)
        return
    assert month is not None
    if kind == "file":
        rows, parquet = what
        new = [(s, lot) for s, lot in rows.items()]
        new += [(f"#{number}", LOTS[0])]  # so that no two files are the same
        path = written(folder, dict(new), parquet=parquet)
        refused = any(s in model for s, _ in new)
    else:
        known = {replace(r, month="") for r in SerialRegister(register).ranges}
        fresh = [r for r in what if r not in known]
        new = [(s, r.lot) for r in fresh for s in all_of(r)]
        wrong = [f for r in fresh for f in range_findings(r, "x")]
        refused = bool(wrong) or any(s in model for s, _ in new) or len(dict(new)) < len(new)
    try:
        if kind == "file":
            import_serials(register, path, lots=set(LOTS), month=month)
        else:
            add_ranges(register, what, lots=LOTS, month=month)
    except InputError:
        assert refused
        return
    assert not refused
    model.update(new)


@settings(max_examples=60)
@given(steps)
def test_a_register_is_a_dict(done: list[tuple[str, object, str | None]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, model = Path(name), Model()
        for number, step in zip(count(), done, strict=False):
            apply(folder, step, model, number)
        must_agree(folder / "register", model)
        compact_register(folder / "register")
        must_agree(folder / "register", model)
        assert len(SerialRegister(folder / "register").runs) <= 2  # a run for each of two months


# -- the parts, one by one


@given(st.lists(serials, max_size=20))
def test_words_sort_as_text_and_hash_as_themselves(texts: list[str]) -> None:
    array = pa.array(texts, pa.string())
    words = words_of(matrix_of(array))
    assert [texts[k] for k in order_of(words)] == sorted(texts)
    alone = [int(hashes_of(words_of(matrix_of(pa.array([s]))))[0]) for s in texts]
    assert hashes_of(words).tolist() == alone
    assert len(set(alone)) == len(set(texts))
    part = pa.array(["x", *texts, "y"])[1:-1]  # a slice of a longer array
    assert matrix_of(part).tolist() == matrix_of(array).tolist()


@given(ranges)
def test_a_range_is_its_serials(one: Range) -> None:
    parts = [part.to_pylist() for part in expand(one)]
    assert [s for part in parts for s in part] == all_of(one)
    if not list(range_findings(one, "x")):
        table = RangeTable.of([one])
        assert all(table.range_of(s) == one for s in all_of(one))
        array = pa.array([*all_of(one), one.first_serial + "0", "?" * len(one.first_serial)])
        places = table.find(matrix_of(array), lengths_of(array)).tolist()
        assert places == [0] * one.count + [-1, -1]


def test_a_wide_range_is_made_in_slices_across_its_blocks() -> None:
    one = Range("CELL-1", "LG-", 99_990, 300_010, 9, "/A")
    parts = list(expand(one))
    assert len(parts) > 1
    assert [s for p in parts for s in p.to_pylist()] == all_of(one)


@settings(max_examples=300)
@given(st.lists(ranges, max_size=6))
def test_overlaps_are_seen_whatever_the_shapes(drawn: list[Range]) -> None:
    good = [one for one in drawn if not list(range_findings(one, "x"))]
    each = [set(all_of(one)) for one in good]
    shared = any(each[a] & each[b] for b in range(len(each)) for a in range(b))
    overlaps = RangeTable.of(good).overlaps()
    assert bool(overlaps) == shared
    assert all(each[a] & each[b] for a, b in overlaps)


def test_a_serial_of_two_shapes_is_seen() -> None:
    one, other = Range("A", "C", 0, 99, 2, "-0007"), Range("B", "C42-", 1, 9, 4)
    assert RangeTable.of([one, other]).overlaps() == [(0, 1)]
    assert RangeTable.of([one, Range("B", "C42-", 8, 9, 4)]).overlaps() == []


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("A-001", "A-250", Range("L", "A-", 1, 250, 3)),
        ("A-101/7", "A-109/7", Range("L", "A-10", 1, 9, 1, "/7")),
        ("A-7", "A-7", Range("L", "A-", 7, 7, 1)),
        ("199", "200", Range("L", "", 199, 200, 3)),
    ],
)
def test_a_range_is_read_off_two_labels(first: str, last: str, expected: Range) -> None:
    one = spanning("L", first, last)
    assert one == expected
    assert (one.first_serial, one.last_serial) == (first, last)


@pytest.mark.parametrize(
    ("first", "last"),
    [("A-1", "A-10"), ("A-1", "B-2"), ("A", "B"), ("A", "A"), ("A-1-1", "A-2-2"), ("Ä1", "Ä2")],
)
def test_two_labels_that_are_no_range(first: str, last: str) -> None:
    with pytest.raises(InputError, match="range: expected two serials of one length"):
        spanning("L", first, last)


def test_groups_and_batches_of_all_sizes(tmp_path: Path) -> None:
    """Small sizes show what only large files would: many groups, batches, runs and merges."""
    sizes = Sizes(
        batch=16,
        block=64,
        group=7,
        small=5,
        large=9,
        slice=4,
        merged_runs=4,
        merged_groups=3,
        open_files=2,
    )
    assert list(group_lengths([3, 3, 25, 1], sizes)) == [3, 3, 9, 9, 7, 1]
    folder, model = tmp_path / "register", Model()
    for number in range(3):
        rows = {
            f"{(k * 37 + number) % 997:03d}-{number}": LOTS[k % 4 - (k % 4 > k % 7)]
            for k in range(70)
        }
        path = written(tmp_path, rows, parquet=number == 1)
        done = import_serials(folder, path, lots=set(LOTS), month="2026-01", sizes=sizes)
        assert (done.rows, done.serials, done.again) == (len(rows), len(rows), False)
        model.update(rows)
    assert len(SerialRegister(folder).runs) > 3
    must_agree(folder, model, sizes)
    assert compact_register(folder, "2026-02", sizes=sizes).months == ()
    assert [merged.month for merged in compact_register(folder, sizes=sizes).months] == ["2026-01"]
    assert compact_register(folder, sizes=sizes).months == ()
    must_agree(folder, model, sizes)
    again = import_serials(folder, path, lots=set(LOTS), month="2026-09")
    assert (again.again, again.serials, again.month) == (True, 0, "2026-01")
    must_agree(folder, model, sizes)
