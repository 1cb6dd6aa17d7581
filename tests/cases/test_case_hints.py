"""What a message about a case or a run advises is done, and the case then runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from case_folder import GMBI, STARTER, copy_case, founding, replace_in
from test_case_command import call

from loopbook.cases import run_case
from loopbook.errors import InputError
from loopbook.loop import load
from loopbook.plant import read_month
from loopbook.report import write_result
from support.advice import follows


@pytest.fixture
def case(tmp_path: Path) -> Path:
    return copy_case(STARTER, tmp_path)


def hint(case: Path) -> str:
    """The first hint of a case that is not taken."""
    with pytest.raises(InputError) as caught:
        load(case)
    return caught.value.findings[0].hint


def test_a_number_of_the_month_gets_its_source(tmp_path: Path) -> None:
    month, sources = copy_case(GMBI, tmp_path) / "month.toml", founding().sources
    whole = month.read_text("utf-8")
    table = re.search(r"\[tare\]\nvalue = (.*)\ngrade = .*\nnote = .*\n", whole)
    assert table
    for written, advice in (
        (f"tare = {table[1]}\n", "write [tare] with value, source_id, page, grade, note under it"),
        (table[0].replace('"assumption"', '"A"'), "or mark it as an assumption"),
    ):
        plain = written.startswith("tare")
        text = whole.replace(table[0], "" if plain else written)
        month.write_text(written + text if plain else text, "utf-8")
        with pytest.raises(InputError) as caught:
            read_month(month, sources)
        follows(caught.value.findings[0].hint, advice)
    month.write_text(whole, "utf-8")
    assert read_month(month, sources)


@pytest.mark.parametrize("wrong", ["price", "freight/heavy truck"])
def test_a_row_of_the_library_is_named_whole(case: Path, wrong: str) -> None:
    row = "lib:freight/heavy truck/price"
    replace_in(case / "parameters.csv", row, f"lib:{wrong}")
    advice = "write table/subject/parameter, with @year behind it where there are several"
    follows(hint(case), advice)
    replace_in(case / "parameters.csv", f",lib:{wrong},", f",{row},")
    assert load(case)


def test_a_file_in_another_encoding_is_saved_as_utf_8(case: Path) -> None:
    table = case / "parties.csv"
    text = table.read_text(encoding="utf-8").replace("a cell maker", "a cell maker of M\u00fcnchen")
    table.write_bytes(text.encode("cp1252"))
    follows(hint(case), "save the file as UTF-8")
    table.write_bytes(text.encode("utf-16"))
    follows(hint(case), "save the file as UTF-8")
    table.write_text(text, "utf-8")
    assert load(case)


def test_the_last_line_of_a_whole_file_is_ended(case: Path) -> None:
    table = case / "series.csv"
    table.write_text(table.read_text().rstrip("\n"))
    follows(hint(case), "if the file is whole, end its last line")
    table.write_text(table.read_text() + "\n")
    assert load(case)


def test_a_new_case_is_run_with_the_command_of_its_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    follows(call("new", "mine").output, "choose another name")
    shown = call("new", "my case").output
    follows(shown, "edit its CSV and TOML files, then: loopbook run ")
    replace_in(tmp_path / "my case" / "parameters.csv", "5000 t/yr", "8000 t/yr")
    command = re.search(r"then: (loopbook run .*)", shown)
    assert command
    done = call(*shlex.split(command[1])[1:])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("way", ["new", "empty", "earlier"])
def test_a_run_gets_a_folder_of_its_own(tmp_path: Path, way: str) -> None:
    result = run_case(STARTER)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep")
    with pytest.raises(InputError) as caught:
        write_result(result, tmp_path / "mine")
    follows(caught.value.findings[0], "give a folder that is new, empty or holds an earlier run")
    if way == "empty":
        (tmp_path / "run").mkdir()
    elif way == "earlier":
        write_result(result, tmp_path / "run")
    assert write_result(result, tmp_path / "run").exists()


def test_two_runs_are_compared_not_two_folders(tmp_path: Path) -> None:
    write_result(run_case(STARTER), tmp_path / "a")
    (tmp_path / "b").mkdir()
    wrong = call("compare", tmp_path / "a", tmp_path / "b").output
    follows(wrong, "a run is what loopbook run writes, such as out/NAME")
    assert call("run", STARTER, "--draws", "0", "--out", tmp_path / "b").exit_code == 0
    assert call("compare", tmp_path / "a", tmp_path / "b").output.startswith("no result differs\n")
