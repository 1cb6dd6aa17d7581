"""What a message about a file to write advises is done, and the file has what was meant."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from loopbook.errors import InputError
from loopbook.report import Column
from loopbook.report.answers import workbook
from loopbook.report.answers.writing import WRITERS
from support.advice import follows

COLUMN = Column("note", "Note")


@pytest.mark.parametrize("text", ["x" * 40_000, "a\x01b"])
def test_a_text_that_no_workbook_holds_goes_into_another_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError) as caught:
        workbook.write_workbook(tmp_path / "a.xlsx", [("notes", [COLUMN], [(text,)])])
    follows(caught.value.findings[0], "write csv, jsonl or parquet instead")
    for ending in (".csv", ".jsonl", ".parquet"):
        assert WRITERS[ending](tmp_path / f"a{ending}", [COLUMN], [(text,)]) == 1
    assert pq.read_table(tmp_path / "a.parquet").column(0).to_pylist() == [text]


def test_more_rows_than_a_sheet_has_go_into_parquet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "_SHEET_ROWS", 2)
    rows = [("a",), ("b",), ("c",)]
    with pytest.raises(InputError) as caught:
        workbook.write_workbook(tmp_path / "a.xlsx", [("notes", [COLUMN], rows)])
    follows(caught.value.findings[0], "write parquet instead")
    assert WRITERS[".parquet"](tmp_path / "a.parquet", [COLUMN], rows) == 3
