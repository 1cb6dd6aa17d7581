"""What a message about units, formulas and the library advises is done, and the value is right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from loopbook.cli import main
from loopbook.errors import FormulaError, InputError, UnitError
from loopbook.flowsheet.economics.burden import OF_GRID, check_place
from loopbook.matter import Sourced, load_library, molar_mass, packaged_data
from loopbook.tables import check_unit, convert
from loopbook.tables.units import _REFUSED
from support.advice import follows

SHORT = "a short ton is short_ton (907.18474 kg), a stone 6.35029318 kg; a tonne is t"


@pytest.mark.parametrize(
    ("written", "advice", "unit", "base", "value"),
    [
        ("$", "write USD", "USD", "USD", 1),
        ("\u20ac", "write EUR", "EUR", "EUR", 1),
        ("\u20a9", "write KRW", "KRW", "KRW", 1),
        ("\u00a5", "write CNY", "CNY", "CNY", 1),
        ("rmb", "write CNY", "CNY", "CNY", 1),
        ("", "write 1 for a plain number", "1", "1", 1),
        ("ktpa", "write kt/yr, t/yr or Mt/yr: m is metric to some", "kt/yr", "t/yr", 1000),
        ("mtpa", "write kt/yr, t/yr or Mt/yr: m is metric to some", "t/yr", "t/yr", 1),
        ("mtpa", "write kt/yr, t/yr or Mt/yr: m is metric to some", "Mt/yr", "t/yr", 1e6),
        ("Mg", "a megagram is t; a milligram is mg", "t", "kg", 1000),
        ("MG", "a megagram is t; a milligram is mg", "mg", "kg", 1e-6),
        ("megagram", "a megagram is t; a milligram is mg", "t", "kg", 1000),
        ("st", SHORT, "short_ton", "kg", 907.18474),
        ("ST", SHORT, "t", "kg", 1000),
        ("tn", SHORT, "short_ton", "kg", 907.18474),
        ("LT", "a long ton is long_ton (1016.0469088 kg)", "long_ton", "kg", 1016.0469088),
        ("stone", "a stone is 6.35029318 kg; write kg", "kg", "kg", 1),
        (
            "cwt",
            "a hundredweight is 100 lb in America and 112 lb in Britain; write lb",
            "lb",
            "kg",
            0.45359237,
        ),
        ("quintal", "a quintal is 100 kg; write kg", "kg", "kg", 1),
        (
            "mol%",
            "a share of mass is 1, %, wt%, ppm or kg/kg; convert it with molar masses or densities",
            "%",
            "1",
            0.01,
        ),
        (
            "vol%",
            "a share of mass is 1, %, wt%, ppm or kg/kg; convert it with molar masses or densities",
            "ppm",
            "1",
            1e-6,
        ),
    ],
)
def test_a_unit_is_written_as_the_hint_says(
    written: str, advice: str, unit: str, base: str, value: float
) -> None:
    with pytest.raises(UnitError) as caught:
        check_unit(written)
    follows(caught.value.findings[0], advice)
    assert unit in advice
    assert convert(1.0, unit, base) == pytest.approx(value)


@pytest.mark.parametrize("remedy", sorted(set(_REFUSED.values())))
def test_every_unit_that_a_remedy_names_is_one(remedy: str) -> None:
    """What is no word of the sentence is a unit."""
    words = re.findall(r"[\w/%]*[\w%]", remedy)
    units = {word for word in words if "_" in word or "/" in word or word in SYMBOLS}
    assert units or "no unit" in remedy
    for unit in units:
        assert check_unit(unit) == unit


SYMBOLS = frozenset(
    ("t", "mg", "kt", "Mt", "kg", "g", "lb", "degC", "USD", "EUR", "KRW", "CNY", "ppm")
)


def test_a_formula_counts_one_unit() -> None:
    with pytest.raises(FormulaError) as caught:
        molar_mass("2H2O")
    follows(caught.value.findings[0], "a formula counts one unit; drop the number in front")
    assert molar_mass("H2O") == pytest.approx(18.015, abs=1e-3)


@pytest.mark.parametrize("text", ["Ni10.5H2O", "NiSO4.06H2O", "NiCO3.2Ni(OH)2"])
def test_a_formula_that_reads_two_ways_is_written_in_either(text: str) -> None:
    with pytest.raises(FormulaError) as caught:
        molar_mass(text)
    (finding,) = caught.value.findings
    match = re.fullmatch(r"write (.+) or (.+)", finding.hint)
    assert match
    follows(finding, "write ")
    assert molar_mass(match[1]) != pytest.approx(molar_mass(match[2]))


def test_dots_that_read_many_ways_are_raised() -> None:
    text = "NiSO4.2H2O.2H2O.2H2O.2H2O.2H2O.2H2O.2H2O.2H2O.2H2O"
    with pytest.raises(FormulaError) as caught:
        molar_mass(text)
    follows(caught.value.findings[0], "write raised dots between parts")
    raised = molar_mass(text.replace(".", "\u00b7"))
    assert raised == pytest.approx(molar_mass("NiSO4") + 18 * molar_mass("H2O"))


def test_a_number_that_stands_several_times_is_named_by_table_or_year() -> None:
    library = load_library()
    with pytest.raises(InputError) as caught:
        library.get("nickel", "monthly price")
    follows(caught.value.findings[0], "name the table or the year")
    last = library.series("nickel", "monthly price")[-1]
    assert library.get("nickel", "monthly price", year=last.year) == last


def test_a_value_is_explained_as_its_table_writes_it() -> None:
    wrong = CliRunner().invoke(main, ["library", "explain", "8.45"])  # cent, not USD
    follows(wrong.output, "write it as in its table, in the table's unit")
    right = CliRunner().invoke(main, ["library", "explain", "0.0845"])
    assert "geography/US/electricity price" in right.output


HEAD = "subject,parameter,value,low,high,unit,year,source_id,page,grade,note\n"


@pytest.mark.parametrize("way", ["another place", "own rows"])
def test_a_place_that_lacks_a_factor(tmp_path: Path, way: str) -> None:
    library = load_library()
    needed = [*OF_GRID, "labour price"]
    rows = library.table("geography")
    places = {row.subject for row in rows}
    has = {place: {row.parameter for row in rows if row.subject == place} for place in places}
    poor = next(place for place in sorted(places) if not set(needed) <= has[place])
    with pytest.raises(InputError) as caught:
        check_place(Sourced(library), poor, needed)
    (finding,) = caught.value.findings
    follows(finding, "; or give the rows in a table geography of your own")
    if way == "another place":
        named = finding.hint.partition("all of them: ")[2].partition(";")[0].split(", ")
        for place in named:
            check_place(Sourced(library), place, needed)
        return
    units = {row.parameter: row.unit for row in rows}
    own = tmp_path / "geography.csv"
    absent = [name for name in needed if name not in has[poor]]
    lines = [f"{poor},{name},1,,,{units[name]},2022,derived,,assumption,ours\n" for name in absent]
    own.write_text(HEAD + "".join(lines))
    check_place(Sourced(load_library([packaged_data(), own])), poor, needed)
