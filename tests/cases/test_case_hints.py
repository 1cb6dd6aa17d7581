"""What a message about a case or a run advises is done, and the case then runs."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from case_folder import GMBI, TOY, copy_case, replace_in
from test_case_command import call

from loopbook.cases import load_case, run_case
from loopbook.cases.folder import shipped
from loopbook.errors import InputError
from loopbook.report import write_result
from support.advice import follows


@pytest.fixture
def case(tmp_path: Path) -> Path:
    return copy_case(TOY, tmp_path)


def hints(case: Path) -> list[str]:
    """The hints of a case that is not taken."""
    with pytest.raises(InputError) as caught:
        load_case(case)
    return [finding.hint for finding in caught.value.findings]


CAPACITY = '[plant.capacity]\nvalue = "400 t/yr"\ngrade = "assumption"\nnote = "round"\n'


def test_a_setting_gets_its_source(case: Path) -> None:
    settings = case / "case.toml"
    replace_in(settings, CAPACITY, "")
    replace_in(settings, 'place = "there"\n', 'place = "there"\ncapacity = "400 t/yr"\n')
    follows(
        hints(case)[0], "write [plant.capacity] with value, source_id, page, grade, note under it"
    )
    replace_in(settings, 'capacity = "400 t/yr"\n', "")
    settings.write_text(settings.read_text() + CAPACITY)
    assert load_case(case)


def test_a_number_without_a_source_is_marked_as_an_assumption(case: Path) -> None:
    settings = case / "case.toml"
    replace_in(settings, CAPACITY, CAPACITY.replace('"assumption"', '"A"'))
    follows(hints(case)[0], "or mark it as an assumption")
    replace_in(settings, CAPACITY.replace('"assumption"', '"A"'), CAPACITY)
    assert load_case(case)


@pytest.mark.parametrize("wrong", ["copper", "preprocessing/generic"])
def test_a_row_of_the_library_is_named_whole(case: Path, wrong: str) -> None:
    row = "preprocessing/generic/copper recovery"
    replace_in(case / "recoveries.csv", row, wrong)
    advice = "write table/subject/parameter, with @year behind it where there are several"
    follows(hints(case)[0], advice)
    replace_in(case / "recoveries.csv", f",{wrong},", f",{row},")
    assert load_case(case)


def test_a_row_of_several_years_is_named_with_its_year() -> None:
    case = load_case(GMBI)
    named = [x.note for x in case.inputs.values() if "@" in x.note]
    assert any("metal_prices/nickel/monthly price@" in note for note in named)


def test_a_file_in_another_encoding_is_saved_as_utf_8(case: Path) -> None:
    table = case / "sources.csv"
    text = table.read_text(encoding="utf-8") + "m,M\u00fcller,,,,,,\n"
    table.write_bytes(text.encode("cp1252"))
    follows(hints(case)[0], "save the file as UTF-8")
    table.write_bytes(text.encode("utf-16"))
    follows(hints(case)[0], "save the file as UTF-8")
    columns = text.splitlines()[0].count(",")
    table.write_text(text.replace("m,M\u00fcller,,,,,,", "m,M\u00fcller" + "," * (columns - 1)))
    assert not [hint for hint in load_hints(case) if "UTF-8" in hint]


def load_hints(case: Path) -> list[str]:
    try:
        load_case(case)
    except InputError as error:
        return [finding.hint for finding in error.findings]
    return []


def test_the_last_line_of_a_whole_file_is_ended(case: Path) -> None:
    table = case / "prices.csv"
    table.write_text(table.read_text().rstrip("\n"))
    follows(hints(case)[0], "if the file is whole, end its last line")
    table.write_text(table.read_text() + "\n")
    assert load_case(case)


def test_a_new_case_gets_another_name_or_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        shutil.copytree(GMBI, tmp_path / "shipped" / name)
    monkeypatch.setattr(shipped, "shipped_cases", lambda: tmp_path / "shipped")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    follows(call("new", "mine", "--from", "one").output, "choose another name")
    assert call("new", "other", "--from", "one").exit_code == 0
    wrong = call("new", "third").output
    follows(wrong, "choose one: one, two")
    chosen = re.search(r"choose one: (\w+)", wrong)
    assert chosen
    assert call("new", "third", "--from", chosen[1]).exit_code == 0


def test_a_new_case_is_run_with_the_command_of_its_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(TOY, tmp_path / "shipped" / "toy")
    monkeypatch.setattr(shipped, "shipped_cases", lambda: tmp_path / "shipped")
    monkeypatch.chdir(tmp_path)
    shown = call("new", "my case", "--from", "toy").output
    follows(shown, "edit its CSV and TOML files, then: loopbook run ")
    replace_in(tmp_path / "my case" / "case.toml", "400 t/yr", "800 t/yr")
    command = re.search(r"then: (loopbook run .*)", shown)
    assert command
    done = call(*shlex.split(command[1])[1:])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("way", ["new", "empty", "earlier"])
def test_a_run_gets_a_folder_of_its_own(tmp_path: Path, way: str) -> None:
    result = run_case(TOY)
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
    write_result(run_case(TOY), tmp_path / "a")
    (tmp_path / "b").mkdir()
    wrong = call("compare", tmp_path / "a", tmp_path / "b").output
    follows(wrong, "a run is what loopbook run writes, such as out/NAME")
    assert call("run", TOY, "--out", tmp_path / "b").exit_code == 0
    assert call("compare", tmp_path / "a", tmp_path / "b").output == "no result differs\n"
