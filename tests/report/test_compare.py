"""Key figures of runs side by side: differences, and their interval under common draws."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from headline_example import estimate, headline
from test_report_example import example, metals, money

from loopbook.report import DRAW_VALUES, FigureChange, KeyFigure, compare_runs, write_result

DRAWS = 101


def run(
    folder: Path, margin: float, *, gain: float = 0.0, seed: int = 7, unit: str = "M USD"
) -> Path:
    """A run whose margin has a wide interval that its draws share with other runs of the seed."""
    figures = tuple(
        KeyFigure(name.title(), replace(estimate(value, unit, 1, (-40.0, 200.0)), name=name))
        for name, value in (("margin", margin), ("scrap", 100.0))
    )
    made = headline()
    made = replace(made, figures=figures, stamp=replace(made.stamp, seed=seed))
    lines = [f"{k},{2.0 * k + gain * (1 + k / 100)},{k}\n" for k in range(DRAWS)]
    values = ("draw,margin,scrap\n" + "".join(lines)).encode()
    tables = {table.name: table for table in (money(), metals())}
    result = example(headline=made, attachments={DRAW_VALUES: values}, tables=tables)
    write_result(result, folder)
    return folder


def changes(first: Path, *others: Path) -> dict[tuple[str, str], FigureChange]:
    return {(Path(x.run).name, x.title): x for x in compare_runs(first, *others).figures}


def test_what_both_runs_share_has_no_doubt_in_the_difference(tmp_path: Path) -> None:
    found = changes(run(tmp_path / "a", 150.0), run(tmp_path / "b", 160.0, gain=10.0))
    margin, scrap = found["b", "Margin"], found["b", "Scrap"]
    assert (margin.old, margin.new, margin.difference) == (150.0, 160.0, 10.0)
    assert (margin.low, margin.high) == (pytest.approx(10.5), pytest.approx(19.5))
    assert (scrap.difference, scrap.low, scrap.high) == (0.0, 0.0, 0.0)


def test_the_strip_is_a_file_of_its_own(tmp_path: Path) -> None:
    folder = run(tmp_path / "a", 150.0)
    picture = folder / "stations.svg"
    assert "a sixth of the nickel comes back" in picture.read_text("utf-8")
    picture.write_text("mine", encoding="utf-8")
    run(folder, 150.0)
    assert picture.read_text("utf-8") == "mine"
    assert "<svg" in (folder / "stations-2.svg").read_text("utf-8")


def test_other_draws_have_no_interval(tmp_path: Path) -> None:
    first, other = run(tmp_path / "a", 150.0), run(tmp_path / "b", 160.0, seed=8)
    margin = changes(first, other)["b", "Margin"]
    assert (margin.difference, margin.low, margin.high) == (10.0, None, None)


def test_values_that_were_changed_since_are_not_read(tmp_path: Path) -> None:
    first, other = run(tmp_path / "a", 150.0), run(tmp_path / "b", 160.0)
    path = other / DRAW_VALUES
    path.write_text(path.read_text().replace("3,6.0", "3,7.0"), encoding="utf-8")
    assert changes(first, other)["b", "Margin"].low is None


def test_a_figure_in_another_unit_has_both_units_and_no_difference(tmp_path: Path) -> None:
    other = run(tmp_path / "b", 160.0, unit="M EUR")
    margin = changes(run(tmp_path / "a", 150.0), other)["b", "Margin"]
    assert (margin.old, margin.new, margin.unit) == ("150 M USD", "160 M EUR", "")
    assert (margin.difference, margin.low) == (None, None)


def test_each_of_several_runs_is_beside_the_first(tmp_path: Path) -> None:
    runs = [run(tmp_path / name, 150.0 + 5 * k) for k, name in enumerate("abc")]
    found = changes(*runs)
    assert [x.difference for x in found.values()] == [5.0, 0.0, 10.0, 0.0]


def test_the_file_of_draws_is_of_the_draws(tmp_path: Path) -> None:
    from loopbook.cases import run_case
    from loopbook.cases.draws import Drawing, draw_values
    from loopbook.loop import Asked, doubt, load

    case = Path(__file__).resolve().parents[2] / "cases" / "starter"
    asked = {"owed": Asked("sum(taken('metal market'))", "t", "here")}
    drawn = doubt(load(case), asked, draws=20, seed=3)
    lines = draw_values(drawn)[DRAW_VALUES].decode().splitlines()
    assert lines[0] == "draw,owed"
    assert [float(x.split(",")[1]) for x in lines[1:]] == [*drawn.of["owed"].values]
    assert draw_values(None) == {}
    assert DRAW_VALUES not in run_case(case, drawing=Drawing(0)).attachments


def test_two_runs_of_a_case_have_an_interval_for_each_figure(tmp_path: Path) -> None:
    from loopbook.cases import run_case
    from loopbook.cases.draws import Drawing

    case = Path(__file__).resolve().parents[2] / "cases" / "starter"
    for name, cells in (("a", []), ("b", ["parameters/shredder/capacity/value=3 kt/yr"])):
        write_result(run_case(case, cells=cells, drawing=Drawing(20, 7)), tmp_path / name)
    figures = changes(tmp_path / "a", tmp_path / "b").values()
    assert len(figures) > 3
    for figure in figures:
        assert figure.low is not None, figure.title
        assert figure.high is not None
        assert figure.low <= figure.high
