"""Files and ranges that are wrong: every finding with its line, and the register as it was."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from loopbook.errors import InputError, StorageError
from loopbook.serials import Range, SerialRegister, add_ranges, compact_register, import_serials
from loopbook.serials.runs import SIZES, Sizes

LOTS = frozenset({"CELL-1", "CELL-2", "PACK-1"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A register with a range and a run."""
    add_ranges(tmp_path / "r", [Range("CELL-1", "R-", 1, 50, 3)], lots=LOTS, month="2026-01")
    (tmp_path / "run.csv").write_text("serial,lot\nQ-7,CELL-2\nQ-5,CELL-1\n")
    import_serials(tmp_path / "r", tmp_path / "run.csv", lots=LOTS, month="2026-01")
    return tmp_path / "r"


def state(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def findings(folder: Path, path: Path, sizes: Sizes = SIZES) -> list[str]:
    """Findings of a file that must be refused; nothing of it is kept."""
    before = state(folder)
    with pytest.raises(InputError) as caught:
        import_serials(folder, path, lots=LOTS, month="2026-02", sizes=sizes)
    assert state(folder) == before
    return [str(finding) for finding in caught.value.findings]


HEAD = "serial,lot\n"
ONE = "expected one lot for each serial, found"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["c.csv: empty: expected a header and rows, found an empty file"]),
        (HEAD, ["c.csv:1: empty: expected rows below the header, found none"]),
        (HEAD + "\n,\n", ["c.csv:1: empty: expected rows below the header, found none"]),
        (
            HEAD + "A,CELL-1",
            [
                "c.csv: file-truncated: expected a file that ends with a line end, found none (if the file is whole, end its last line)"
            ],
        ),
        (
            HEAD + "A,CELL-1\nB\nC,CELL-1,x\n",
            [
                "c.csv:3: columns: expected 2 columns, found 1 columns",
                "c.csv:4: columns: expected 2 columns, found 3 columns (put a cell with a comma in quotes)",
            ],
        ),
        (
            HEAD + "A\n\nB B,CELL-1\nC,\n,CELL-1\n",
            [
                "c.csv:2: columns: expected 2 columns, found 1 columns",
                "c.csv:4, serial: serial: expected 1 to 64 visible ASCII characters, found 'B B'",
                "c.csv:5, lot: missing: expected a lot, found an empty cell",
                "c.csv:6, serial: missing: expected a serial, found an empty cell",
            ],
        ),
        (
            HEAD + "Zellé,CELL-1\n" + "x" * 65 + ",CELL-1\n",
            [
                "c.csv:2, serial: serial: expected 1 to 64 visible ASCII characters, found 'Zellé'",
                f"c.csv:3, serial: serial: expected 1 to 64 visible ASCII characters, found '{'x' * 64}'...",
            ],
        ),
        (HEAD + '"A,CELL-1\nB,CELL-1\n', ["c.csv:2: columns: expected 2 columns, found 1 columns"]),
        (
            HEAD + "A,CELL-1\nA,CELL-2\nB,CELL-2\n A ,CELL-1\n",
            [
                f"c.csv:3, serial: duplicate: {ONE} A of lot CELL-2, and of lot CELL-1 in line 2",
                f"c.csv:5, serial: duplicate: {ONE} A of lot CELL-1, and of lot CELL-1 in line 2",
            ],
        ),
        (
            HEAD + "R-050,CELL-2\nR-051,CELL-2\nQ-7,CELL-1\n",
            [
                f"c.csv:2, serial: duplicate: {ONE} R-050 of lot CELL-2, and in lot CELL-1 already",
                f"c.csv:4, serial: duplicate: {ONE} Q-7 of lot CELL-1, and in lot CELL-2 already",
            ],
        ),
        (
            HEAD + "A,CEL-1\nB,CEL-1\nC,CELL-1\nD,X\n",
            [
                "c.csv:2, lot: unknown-name: 'CEL-1' in 2 rows is not a lot of the book (did you mean CELL-1, CELL-2?)",
                "c.csv:5, lot: unknown-name: 'X' is not a lot of the book (known: CELL-1, CELL-2, PACK-1)",
            ],
        ),
        (
            "Serial,lot\nA,CELL-1\n",
            [
                "c.csv:1: missing-column: expected a column 'serial', found 2 columns without it (did you mean Serial?)"
            ],
        ),
        (
            "serial;lot\nA;CELL-1\n",
            [
                "c.csv:1: missing-column: expected a column 'lot', found 1 column without it (separate columns by commas, not ';')",
                "c.csv:1: missing-column: expected a column 'serial', found 1 column without it (separate columns by commas, not ';')",
            ],
        ),
        (
            "serial,lot,lot\nA,B,C\n",
            [
                "c.csv:1: duplicate: expected one column 'lot', found 2 columns 'lot' (rename one of them)"
            ],
        ),
        (
            "lot,first,last\nCELL-1,1,2\n",
            [
                "c.csv:1: missing-column: expected a column 'width', found 3 columns without it (known: first, last, lot)"
            ],
        ),
        (
            "lot,first,last,width\nCELL-1,5,2,3\nCELL-1,1,1000,3\n,1,x,3\nCELL-9,-1,2,\n",
            [
                "c.csv:2, last: range: expected a last number >= 5, found 2 (are first and last swapped?)",
                "c.csv:3, width: width: expected at least 4 digits, found 3",
                "c.csv:4, lot: missing: expected a lot, found an empty cell",
                "c.csv:4, last: number: expected a whole number of at most 18 digits, found 'x'",
                "c.csv:5, width: missing: expected a whole number of at most 18 digits, found an empty cell",
            ],
        ),
        (
            "lot,prefix,first,last,width,suffix\nCELL-1,A,5,2,3,\nCELL-1,A,1,1000,3,\nCELL-9,Ä,-1,2,3,7\nCELL-2,A,1,2,19,\n",
            [
                "c.csv:2, last: range: expected a last number >= 5, found 2 (are first and last swapped?)",
                "c.csv:3, width: width: expected at least 4 digits, found 3",
                "c.csv:4, first: negative: expected a number >= 0, found -1",
                "c.csv:4, suffix: serial: expected a suffix that does not begin with a digit, found '7'",
                "c.csv:4, prefix: serial: expected visible ASCII characters, at most 64, found 'Ä'",
                "c.csv:4, lot: unknown-name: 'CELL-9' is not a lot of the book (did you mean CELL-2, CELL-1?)",
                "c.csv:5, width: width: expected at most 18 digits, found 19 (leading digits that all serials share belong to the prefix)",
            ],
        ),
        (
            "lot,prefix,first,last,width\nCELL-2,R-,50,60,3\nCELL-2,S-,1,9,3\nCELL-1,S-,9,9,3\nCELL-1,Q-,0,9,1\n",
            [
                "c.csv:2: duplicate: expected ranges that do not overlap, found R-050 to R-060 of lot CELL-2, and R-001 to R-050 of lot CELL-1",
                "c.csv:4: duplicate: expected ranges that do not overlap, found S-009 to S-009 of lot CELL-1, and S-001 to S-009 of lot CELL-2, line 3",
                "c.csv:5: duplicate: expected one lot for each serial, found Q-5 and 1 more of lot CELL-1 in the register already, in lot CELL-1",
            ],
        ),
        ("lot,first,last,width\n", ["c.csv:1: empty: expected rows below the header, found none"]),
    ],
)
def test_a_wrong_csv(folder: Path, tmp_path: Path, text: str, expected: list[str]) -> None:
    path = tmp_path / "c.csv"
    path.write_text(text, encoding="utf-8")
    assert findings(folder, path) == expected


@pytest.mark.parametrize(
    ("name", "raw", "word"),
    [
        ("c.csv", "serial,lot\nA,CELL-1\n".encode("utf-16"), "c.csv:1: encoding: expected UTF-8"),
        ("c.csv", "sériel,lot\nA,B\n".encode("cp1252"), "c.csv:1: encoding: .*byte 0xe9"),
        ("c.csv", "serial,lot\nA,Zelle Ä\n".encode("cp1252"), "c.csv:2, lot: encoding"),
        ("c.csv", b"PK\x03\x04rest\n", "XLSX"),
        ("c.csv", b"PAR1rest\n", "name it .parquet"),
        ("c.xlsx", b"", "c.xlsx: file: expected a file that ends in .csv or .parquet"),
        ("c.parquet", b"PAR1 and not much more", "c.parquet: file-truncated"),
        ("c.parquet", b"", "c.parquet: file-truncated"),
    ],
)
def test_other_kinds_of_files(
    folder: Path, tmp_path: Path, name: str, raw: bytes, word: str
) -> None:
    import re

    (tmp_path / name).write_bytes(raw)
    (finding,) = findings(folder, tmp_path / name)
    assert re.search(word, finding), finding


def test_a_file_that_is_not_there(folder: Path, tmp_path: Path) -> None:
    assert "a readable file, found No such file" in findings(folder, tmp_path / "no.csv")[0]


def test_wrong_parquet_files(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.parquet"
    pq.write_table(pa.table({"serial": [1, 2], "lot": [b"CELL-1", b"CELL-1"]}), path)
    assert findings(folder, path) == [
        "c.parquet, lot: type: expected text, found binary",
        "c.parquet, serial: type: expected text, found int64 (a number has lost its leading zeros)",
    ]
    pq.write_table(pa.table({"cell": ["A"], "lot": ["CELL-1"]}), path)
    assert "missing-column: expected a column 'serial'" in findings(folder, path)[0]
    pq.write_table(pa.table({"serial": ["A", None, "Q-5"], "lot": ["X", "CELL-1", None]}), path)
    assert [f.partition(" (")[0] for f in findings(folder, path)] == [
        "c.parquet:1, lot: unknown-name: 'X' is not a lot of the book",
        "c.parquet:2, serial: missing: expected a serial, found an empty cell",
        "c.parquet:3, lot: missing: expected a lot, found an empty cell",
    ]
    columns = {"lot": ["CELL-1"], "first": [1.0], "last": [2], "width": [3]}
    pq.write_table(pa.table(columns), path)
    assert findings(folder, path) == [
        "c.parquet, first: type: expected whole numbers, found double"
    ]


def test_a_parquet_file_with_a_broken_page(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.parquet"
    names = [f"A{k * 7919 % 100_003}" for k in range(5000)]
    pq.write_table(pa.table({"serial": names, "lot": ["CELL-1"] * 5000}), path, compression="zstd")
    raw = bytearray(path.read_bytes())
    raw[100:9000] = bytes(8900)
    path.write_bytes(raw)
    assert findings(folder, path)[0].startswith("c.parquet: file-truncated: expected a whole")


def test_parquet_of_other_types_and_ranges_in_parquet(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.parquet"
    lots = pa.array(["CELL-1", "CELL-2"]).dictionary_encode()
    cells = pa.array(["A1", "A2"], pa.large_string())
    pq.write_table(pa.table({"when": [1, 2], "serial": cells, "lot": lots}), path)
    done = import_serials(folder, path, lots=LOTS, month="2026-02")
    assert (done.kind, done.serials, done.ignored) == ("serials", 2, ("when",))
    columns = {"lot": ["PACK-1"], "prefix": ["P"], "first": [1], "last": [20], "width": [4]}
    pq.write_table(pa.table(columns), path)
    done = import_serials(folder, path, lots=LOTS, month="2026-02")
    assert (done.kind, done.rows, done.serials) == ("ranges", 1, 20)
    assert import_serials(folder, path, lots=LOTS, month="2026-03").again
    register = SerialRegister(folder)
    assert [register.lot_of(s) for s in ("A2", "P0020", "P0021")] == ["CELL-2", "PACK-1", None]


def test_duplicates_across_the_batches_of_a_file(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    rows = [f"A{k % 9},CELL-{k // 9 + 1}" for k in range(10)]
    path.write_text(HEAD + "\n".join([*rows[:4], "torn", *rows[4:]]) + "\n")
    assert findings(folder, path, Sizes(batch=3, block=30)) == [
        "c.csv:6: columns: expected 2 columns, found 1 columns",
        f"c.csv:12, serial: duplicate: {ONE} A0 of lot CELL-2, and in lot CELL-1 already",
    ]


def test_a_million_mistakes_are_not_all_shown(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text(HEAD + "A,CELL-1\n" * 5001)
    shown = findings(folder, path)
    assert len(shown) == 1001
    assert shown[0].startswith("c.csv:3, serial: duplicate")
    assert shown[-1] == (
        "c.csv: more: expected no findings, found 4,000 more (the first 1,000 are shown)"
    )


@pytest.mark.parametrize("month", ["2026-13", "26-01", "2026-1", "2026_01", "", "2026-00", "x"])
def test_months(folder: Path, tmp_path: Path, month: str) -> None:
    for call in (
        lambda: import_serials(folder, tmp_path / "run.csv", lots=LOTS, month=month),
        lambda: add_ranges(folder, [Range("CELL-1", "X", 1, 2, 2)], lots=LOTS, month=month),
        lambda: compact_register(folder, month),
    ):
        with pytest.raises(InputError, match="a month such as 2026-03"):
            call()


def test_a_range_is_added_once(folder: Path) -> None:
    before = state(folder)
    assert add_ranges(folder, [Range("CELL-1", "R-", 1, 50, 3)], lots=LOTS, month="2026-05") == []
    assert state(folder) == before


def test_other_endings_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends in \.csv or \.parquet"):
        SerialRegister(folder).write_serials(["CELL-1"], tmp_path / "out.txt")
    with pytest.raises(StorageError, match="cannot be written"):
        SerialRegister(folder).write_serials(["CELL-1"], tmp_path / "no" / "out.csv")


@pytest.mark.parametrize("torn", [b"Q-8\xff\n", b"\xc3\n", b"\xed\xa0\xbd,CELL-1,x\n"])
def test_a_torn_row_of_another_encoding(folder: Path, tmp_path: Path, torn: bytes) -> None:
    """The library that splits rows would print a traceback beside the finding."""
    file = tmp_path / "s.csv"
    file.write_bytes(HEAD.encode() + b"Q-6,CELL-1\n" + torn + b"Q-9,CELL-1\n")
    (finding,) = findings(folder, file)
    assert finding == "s.csv: encoding: expected UTF-8, found a row in another encoding" + (
        " (save it as UTF-8)"
    )
