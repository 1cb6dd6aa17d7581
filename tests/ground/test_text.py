"""One strict reader of text: every wrong file is refused with its line, all errors at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from loopbook.errors import Findings
from loopbook.tables import read_table, read_toml
from loopbook.tables.text import CsvForm, decode, parse_csv

WRONG = [
    (b"", "empty", "t.csv:1"),
    (b"\n , \n", "empty", "t.csv:1"),
    (b"a,b\n", "empty", "t.csv:1"),
    (b"a,b\n1,2", "file-truncated", "t.csv:2"),
    (b'a,b\n1,"2\n', "file-truncated", "t.csv:2"),
    (b"a,b\n1,2\n1\n", "columns", "t.csv:3"),
    (b"a,b\n1,2,3\n", "columns", "t.csv:2"),
    (b"a;b\n1;2\n", "columns", "t.csv:1"),
    (b"a,b,a\n1,2,3\n", "duplicate", "t.csv:1"),
    (b"a\n1\n", "missing", "t.csv:1"),
    (b"a,b,c\n1,2,3\n", "unknown-name", "t.csv:1"),
    (b"a,b,\n1,2,3\n", "unknown-name", "t.csv:1"),
    (b"a,b\n1,M\xfcller\n", "encoding", "t.csv:2"),
    ("a,b\n1,2\n".encode("utf-16"), "encoding", "t.csv:1"),
    (b"a,b\n1,\x00\n", "encoding", "t.csv:2"),
    ("a,b\n1,2\n\ufffd,\n".encode(), "encoding", "t.csv:3"),
]


@pytest.mark.parametrize(("raw", "code", "place"), WRONG)
def test_a_wrong_table_is_refused(tmp_path: Path, raw: bytes, code: str, place: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(raw)
    findings = Findings()
    read_table(path, ("a", "b"), findings)
    assert [(f.code, f.where) for f in findings] == [(code, place)]


def test_an_absent_file_is_a_finding(tmp_path: Path) -> None:
    findings = Findings()
    assert read_table(tmp_path / "t.csv", ("a",), findings) is None
    assert [(f.code, f.where) for f in findings] == [("file", "t.csv")]


def test_errors_of_a_file_come_at_once_and_good_rows_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b'\xef\xbb\xbfb, a\n\n 1 ,"x\ny"\n1\n2,z\n3,cut')
    findings = Findings()
    table = read_table(path, ("a", "b"), findings)
    assert table is not None
    assert list(table.records()) == [(3, {"b": "1", "a": "x\ny"}), (6, {"b": "2", "a": "z"})]
    codes = [(f.code, f.where) for f in findings]
    assert codes == [("file-truncated", "t.csv:7"), ("columns", "t.csv:5")]


def test_further_columns_and_no_rows_are_allowed_where_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,z\n")
    findings = Findings()
    table = read_table(path, ("a",), findings, others=True, may_be_empty=True)
    assert table is not None
    assert (table.rows, len(findings)) == ((), 0)


def test_utf8_read_as_another_encoding_is_refused() -> None:
    findings = Findings()
    raw = "a\nMüller\n".encode()
    assert decode(raw, "t.csv", findings, CsvForm(encoding="cp1252")) is None
    assert [(f.code, f.where, f.found) for f in findings] == [("encoding", "t.csv:2", "UTF-8")]


def test_a_form_names_delimiter_header_line_and_end() -> None:
    findings = Findings()
    form = CsvForm("utf-16", delimiter="\t", header_line=2, open_end=True)
    table = parse_csv("title\na\tb\n1\t2".encode("utf-16"), "t.txt", findings, form)
    assert table is not None
    assert (table.header, [row.cells for row in table.rows], len(findings)) == (
        ("a", "b"),
        [("1", "2")],
        0,
    )


def test_toml_is_read_by_the_same_rules(tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    path.write_bytes(b"a = 1\n[b]\nc = 2")
    assert read_toml(path).where("b", "c") == "t.toml:3"
    path.write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(Exception, match=r"t\.toml:2: encoding"):
        read_toml(path)
