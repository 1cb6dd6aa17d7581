"""The library: packaged tables load, wrong tables are refused, numbers are found with a source."""

from __future__ import annotations

import csv
import math
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopbook.book.commands.warnings.limits import LIMITS_FILE
from loopbook.errors import (
    DuplicateError,
    FileTruncatedError,
    InputError,
    NotFiniteError,
    UnitError,
    UnknownNameError,
)
from loopbook.matter import Library, Sourced, component_names, explain, load_library, packaged_data
from loopbook.matter.tables import COLUMNS, SOURCE_COLUMNS
from loopbook.report import GRADES, record_text

HEAD = ",".join(COLUMNS) + "\n"
SOURCES = ",".join(SOURCE_COLUMNS) + "\nmine,My scale,me,2026,,,free,\n"
GOOD = "scale,mass,2,1,3,kg,2026,mine,p. 1,A,\n"


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library()


def write(folder: Path, table: str | bytes, sources: str = SOURCES) -> Path:
    (folder / "sources.csv").write_text(sources, encoding="utf-8")
    content = table if isinstance(table, bytes) else table.encode()
    (folder / "own.csv").write_bytes(content)
    return folder


RIGHT = {
    "plain": HEAD + GOOD,
    "no range": HEAD + "scale,mass,2,,,kg,2026,mine,,A,\n",
    "at its limit": HEAD + "scale,mass,3,1,3,kg,2026,mine,,C*,\n",
    "no year": HEAD + "scale,mass,2,,,kg,,mine,,assumption,\n",
    "a month": HEAD + "scale,mass,2,,,kg,2026-02,mine,,M,\n",
    "a day": HEAD + "scale,mass,2,,,kg,2026-02-28,mine,,B,\n",
    "two years": HEAD + GOOD + "scale,mass,2,,,kg,2027,mine,,A,\n",
    "byte order mark": b"\xef\xbb\xbf" + (HEAD + GOOD).encode(),
    "line ends of Windows": (HEAD + GOOD).replace("\n", "\r\n"),
    "comma in quotes": HEAD + 'scale,mass,2,,,kg,2026,mine,,A,"one, two"\n',
    "unit that only pint knows": HEAD + "scale,mass,2,,,lb,2026,mine,,A,\n",
    "source of the package": HEAD + "scale,mass,2,,,kg,2026,loopbook,,A,\n",
    "no rows": HEAD,
}
WRONG: dict[str, tuple[str | bytes, type[InputError], str]] = {
    "unit unknown": (HEAD + "s,p,1,,,kilo,,mine,,A,\n", UnitError, "own.csv:2: unit"),
    "unit refused": (HEAD + "s,p,1,,,USD/ton,,mine,,A,\n", UnitError, "short_ton"),
    "unit missing": (HEAD + "s,p,1,,,,,mine,,A,\n", UnitError, "found none"),
    "source missing": (HEAD + "s,p,1,,,kg,,,,A,\n", InputError, "found none"),
    "source unknown": (HEAD + "s,p,1,,,kg,,minee,,A,\n", InputError, "did you mean mine"),
    "to do": (HEAD + "s,p,1,,,kg,,mine,,A,TODO check\n", InputError, "own.csv:2: todo"),
    "to do in small letters": (HEAD + "s,p,1,,,kg,,mine,todo,A,\n", InputError, "todo"),
    "duplicate": (HEAD + GOOD + GOOD, DuplicateError, "own.csv:3: duplicate"),
    "below range": (HEAD + "s,p,1,2,3,kg,,mine,,A,\n", InputError, "own.csv:2: range"),
    "above range": (HEAD + "s,p,4,2,3,kg,,mine,,A,\n", InputError, "4 in [2, 3]"),
    "above high alone": (HEAD + "s,p,4,,3,kg,,mine,,A,\n", InputError, "range"),
    "range upside down": (HEAD + "s,p,2,3,1,kg,,mine,,A,\n", InputError, "range"),
    "NaN": (HEAD + "s,p,nan,,,kg,,mine,,A,\n", NotFiniteError, "value: not-finite"),
    "NaN as a limit": (HEAD + "s,p,1,nan,,kg,,mine,,A,\n", NotFiniteError, "low: not-finite"),
    "infinite": (HEAD + "s,p,inf,,,kg,,mine,,A,\n", NotFiniteError, "value: not-finite"),
    "no value": (HEAD + "s,p,,,,kg,,mine,,A,\n", InputError, "value: not-a-number"),
    "a word as value": (HEAD + "s,p,many,,,kg,,mine,,A,\n", InputError, "'many'"),
    "decimal comma": (HEAD + 's,p,"1,5",,,kg,,mine,,A,\n', InputError, "without a comma"),
    "too few columns": (HEAD + "s,p,1,,,kg,,mine,,A\n", InputError, "11 columns"),
    "too many columns": (HEAD + "s,p,1,,,kg,,mine,,A,,\n", InputError, "found 12"),
    "cut off in a row": (HEAD + GOOD + "s,p,1,,,kg", InputError, "own.csv:3: file-truncated"),
    "cut off before the line end": (HEAD + GOOD[:-1], FileTruncatedError, "a line end"),
    "cut off in quotes": (HEAD + 's,p,1,,,kg,,mine,,A,"abc\n', FileTruncatedError, "own.csv:2"),
    "empty": ("", InputError, "an empty file"),
    "other columns": (SOURCES, InputError, "own.csv:1: missing: column grade"),
    "other encoding": ((HEAD + "Münze,p,1,,,kg,,mine,,A,\n").encode("latin-1"), InputError, ":2"),
    "grade unknown": (HEAD + "s,p,1,,,kg,,mine,,Z,\n", InputError, "own.csv:2: grade"),
    "grade missing": (HEAD + "s,p,1,,,kg,,mine,,,\n", InputError, "found none"),
    "year unreadable": (HEAD + "s,p,1,,,kg,26,mine,,A,\n", InputError, "YYYY-MM"),
    "month 13": (HEAD + "s,p,1,,,kg,2026-13,mine,,A,\n", InputError, "YYYY-MM"),
    "no subject": (HEAD + " ,p,1,,,kg,,mine,,A,\n", InputError, "an empty cell"),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_table_loads(tmp_path: Path, name: str) -> None:
    table = RIGHT[name]
    loaded = load_library([write(tmp_path, table)])
    assert all(number.table == "own" for number in loaded.numbers)
    count = (table if isinstance(table, str) else table.decode()).count("scale,")
    assert len(loaded.numbers) == count


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_table_is_refused_by_line(tmp_path: Path, name: str) -> None:
    table, kind, says = WRONG[name]
    with pytest.raises(kind) as caught:
        load_library([write(tmp_path, table)])
    assert says in str(caught.value)
    assert all(f.where.startswith("own.csv:") for f in caught.value.findings)


def test_all_findings_of_all_files_come_at_once(tmp_path: Path) -> None:
    write(tmp_path, HEAD + "s,p,9,1,2,kilo,,none,,Z,\n" + "s,p,1,,,kg,,mine,,A\n")
    (tmp_path / "other.csv").write_text(HEAD + "s,p,nan,,,kg,,mine,,A,\n")
    with pytest.raises(InputError) as caught:
        load_library([tmp_path, tmp_path / "nowhere"])
    found = {(f.where, f.code) for f in caught.value.findings}
    assert {("own.csv:2", c) for c in ("range", "unit", "source", "grade")} < found
    assert {("own.csv:3", "columns"), ("other.csv:2, value", "not-finite")} < found
    assert len(found) == 7


@pytest.mark.parametrize(
    "rows",
    ["mine,A,,,,,,\nmine,B,,,,,,\n", "mine,,,,,,,\n", ",A,,,,,,\n", "mine,A,,,,\n"],
    ids=["twice", "no title", "no id", "short"],
)
def test_wrong_sources_are_refused(tmp_path: Path, rows: str) -> None:
    folder = write(tmp_path, HEAD, ",".join(SOURCE_COLUMNS) + "\n" + rows)
    with pytest.raises(InputError, match=r"sources\.csv:\d"):
        load_library([folder])


def test_a_table_may_not_take_a_packaged_key(tmp_path: Path) -> None:
    row = (packaged_data() / "recoveries.csv").read_text().splitlines()[1]
    (tmp_path / "recoveries.csv").write_text(HEAD + row + "\n")
    with pytest.raises(DuplicateError, match="recoveries/hydro/Ni"):
        load_library([packaged_data(), tmp_path])


def test_the_packaged_tables_load_quickly() -> None:
    def seconds() -> float:
        start = time.process_time()
        load_library()
        return time.process_time() - start

    assert min(seconds() for _ in range(5)) < 0.1


def test_every_number_has_its_source(library: Library) -> None:
    assert len(library.numbers) > 1900
    for number in library.numbers:
        assert number.source_id in library.sources
        assert number.grade in GRADES
        assert math.isfinite(number.value)


def test_every_source_is_used_or_named_by_a_reference_table(library: Library) -> None:
    used = {n.source_id for n in library.numbers} | {"iupac2021", "assumed-components"}
    with LIMITS_FILE.open(encoding="utf-8") as limits:  # what the book takes without a word
        used |= {row["source_id"] for row in csv.DictReader(limits)}
    assert set(library.sources) - used == set()


def test_shares_of_a_composition_sum_to_one(library: Library) -> None:
    for table in (t for t in library.tables() if t.startswith("composition_")):
        for subject in library.subjects(table):
            total = math.fsum(n.value for n in library.table(table) if n.subject == subject)
            assert total == pytest.approx(1.0, abs=1e-9), (table, subject)


def test_composition_tables_name_components_of_the_library(library: Library) -> None:
    known = {*component_names(), "active material"}
    for table in (t for t in library.tables() if t.startswith("composition_")):
        assert {n.parameter for n in library.table(table)} <= known


def test_components_with_assumed_shares_name_their_source(library: Library) -> None:
    text = (packaged_data() / "components.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        if not row["formula"]:
            assert row["source_id"] in library.sources, row["name"]


FACTS = [
    ("cell_design", "NMC811", "cell mass per energy", "", 2.9764, "kg/kWh"),
    ("preprocessing", "generic", "electricity", "", 55.56, "kWh/t"),
    ("preprocessing", "generic", "CaO per F", "", 1.4737, "kg/kg"),
    ("recoveries", "hydro", "Li", "", 0.90, "kg/kg"),
    ("burdens", "NMC811", "ghg", "", 25.4889, "kgCO2e/kg"),
    ("burdens", "H2SO4", "ghg", "", 0.0441, "kgCO2e/kg"),
    ("geography", "Korea", "electricity ghg", "", 0.575, "kgCO2e/kWh"),
    ("geography", "US", "landfill price", "", 59.558, "USD/t"),
    ("prices", "cobalt", "price", "", 50.3535208, "USD/kg"),
    ("freight", "packaging hazmat", "price", "", 0.589, "USD/kg"),
    ("freight", "heavy truck hazmat", "payload", "", 9.0718474, "t"),
    ("equipment", "crusher", "cost a", "", 106512.0, "USD"),
    ("mineral_intensity", "NCMA 89-4-4-3", "nickel", "", 0.6814, "kg/kWh"),
    ("scrap_rates", "mature", "foil yield", "", 0.86526, "1"),
    ("regulation", "EU 2023/1542 Art. 8", "recycled content Ni", "2036-08-18", 0.15, "kg/kg"),
    ("regulation", "EU 2023/1542 Annex XII C", "recovery Li", "2031-12-31", 0.80, "kg/kg"),
    ("black_mass_specs", "USA", "Al max", "", 0.02, "kg/kg"),
    ("metal_prices", "nickel", "monthly price", "2026-02", 17173.1, "USD/t"),
    ("cell_design", "NMC811", "cell mass per energy", "", 2976.4, "t/GWh"),
]


@pytest.mark.parametrize(("table", "subject", "parameter", "year", "value", "unit"), FACTS)
def test_numbers_of_the_field(
    library: Library, table: str, subject: str, parameter: str, year: str, value: float, unit: str
) -> None:
    found = library.get(subject, parameter, table, year=year or None).to(unit)
    assert found == pytest.approx(value, rel=1e-4)


def test_the_intensity_of_nickel_follows_from_its_share(library: Library) -> None:
    nickel = library.get("NCMA 89-4-4-3", "nickel", "mineral_intensity").value
    assert nickel / 0.5411 == pytest.approx(1.259, abs=0.001)


def test_a_name_that_nothing_has_shows_the_nearest(library: Library) -> None:
    with pytest.raises(UnknownNameError, match="did you mean NMC811"):
        library.get("NMC8111", "copper", "composition_cell")
    with pytest.raises(UnknownNameError, match="did you mean copper"):
        library.get("NMC811", "coper", "composition_cell")
    with pytest.raises(UnknownNameError, match="did you mean composition_cell"):
        library.get("NMC811", "copper", "composition_cel")
    with pytest.raises(UnknownNameError, match="a table"):
        library.table("nowhere")


def test_what_cannot_be_decided_raises(library: Library) -> None:
    with pytest.raises(InputError, match="name the table"):
        library.get("NMC811", "copper")
    with pytest.raises(InputError, match="name the table or the year"):
        library.get("nickel", "monthly price")
    assert library.get("nickel", "monthly price", year="2020-01").value > 0.0
    with pytest.raises(UnitError):
        library.get("US", "electricity price").to("USD/kg")


def test_a_result_lists_the_rows_it_used(library: Library) -> None:
    numbers = Sourced(library)
    for _ in range(2):
        numbers("US", "electricity price", "geography")
    numbers("US", "labour price", "geography")
    assert [n.parameter for n in numbers.used] == ["electricity price", "labour price"]
    assert numbers.used[0].where == "geography.csv:2"
    assert numbers.references[0] == "library/geography/US/electricity price@2022"


def test_rows_of_a_case_stand_in_for_the_librarys(library: Library) -> None:
    nickel = library.get("hydro", "Ni", "recoveries")
    price = library.get("copper", "monthly price", year="2026-02")
    case = {
        "case/recoveries.csv/hydro/Ni": replace(nickel, value=0.5),
        "case/prices.csv/copper": replace(price, value=1.0, line=7),
    }
    numbers = Sourced(library.overlay(case))
    assert numbers("hydro", "Ni", "recoveries") == 0.5
    assert numbers("hydro", "Co", "recoveries") == 0.98
    assert numbers.row("copper", "monthly price", "metal_prices", year="2026-02").value == 1.0
    assert numbers.references == (
        "case/recoveries.csv/hydro/Ni",
        "library/recoveries/hydro/Co@2022",
        "case/prices.csv/copper",
    )
    assert len(numbers.library.numbers) == len(library.numbers)
    assert library.get("hydro", "Ni", "recoveries").value == 0.98


def test_a_row_that_replaces_nothing_is_refused(library: Library) -> None:
    nickel = library.get("hydro", "Ni", "recoveries")
    wrong = {"a": replace(nickel, parameter="Nii"), "b": replace(nickel, year="1990")}
    with pytest.raises(UnknownNameError) as caught:
        library.overlay(wrong)
    assert [f.where for f in caught.value.findings] == ["a", "b"]
    assert "library/recoveries/hydro/Ni@2022" in caught.value.findings[0].hint


def test_series_come_in_order_of_time(library: Library) -> None:
    series = library.series("copper", "monthly price")
    years = [n.year for n in series]
    assert years == sorted(years)
    assert (years[0], years[-1], len(years)) == ("2015-01", "2026-02", 134)
    assert library.series("copper", "no such price") == ()


def test_finding_by_text_value_and_key(library: Library) -> None:
    assert {n.table for n in library.find("nmc811 COPPER cell")} >= {"composition_cell"}
    assert library.find("no such thing anywhere") == ()
    assert "recoveries/hydro/Li" in {n.key for n in library.with_value(0.9)}
    assert library.with_value(math.nan) == ()
    assert len(library.with_key("copper/price")) == 0
    assert len(library.with_key("metal_prices/copper/monthly price")) == 134


def test_an_explanation_names_row_source_and_grade(library: Library) -> None:
    answer = explain(library, "recoveries/hydro/Li")
    text = record_text(answer.as_record())
    for part in ("recoveries.csv:5", "EverBatt 2023", "CM Rec Par.", "A: read in the source"):
        assert part in text
    assert not any(line.endswith(" ") for line in text.splitlines())
    assert [n.where for n in answer.numbers] == ["recoveries.csv:5"]


@given(st.data())
def test_writing_then_reading_a_table_is_identity(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    words = st.text(
        st.characters(
            codec="utf-8",
            exclude_categories=["Cc", "Cs", "Zl", "Zp"],
            exclude_characters="\ufeff\ufffd",
        ),
        max_size=8,
    )
    names = words.map(str.strip).filter(lambda w: w and "todo" not in w.lower())
    rows = data.draw(
        st.lists(
            st.tuples(names, names, st.floats(-1e12, 1e12), st.sampled_from(["kg", "1", "USD/t"])),
            max_size=5,
            unique_by=lambda r: r[:2],
        )
    )
    folder = tmp_path_factory.mktemp("tables")
    (folder / "sources.csv").write_text(SOURCES)
    with (folder / "own.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for subject, parameter, value, unit in rows:
            cells = [subject, parameter, repr(value), "", "", unit, "", "mine", "", "A", ""]
            writer.writerow(cells)
    read = load_library([folder]).numbers
    assert [(n.subject, n.parameter, n.value, n.unit) for n in read] == rows


def test_a_range_of_a_plain_number_has_no_unit(library: Library) -> None:
    (number,) = explain(library, "extraction/D2EHPA/pH50 Fe").explained
    assert number.range == "0.6 to 1.2"
