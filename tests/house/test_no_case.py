"""No name of a shipped case is in the sources: what a case is made of is in its tables."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

from loopbook.matter import component_names, load_library

ROOT = Path(__file__).parents[2]
ROOMS = ("loop", "report", "cases", "flowsheet")
SOURCES = ROOT / "src" / "loopbook"
MONTH = (SOURCES / "cases" / "month", SOURCES / "plant")  # the drawn month waits for its own issue
WORDS = ("lges", "toyota", "lansing", "gmbi", "tbmnc", "winston")
SHIPPED = r"loopbook run gmbi|new mine --from gmbi"  # help names a case that is shipped
COLUMNS = {
    "parties": ("party", "name"),
    "sites": ("site", "place"),
    "contracts": ("contract",),
    "materials": ("material",),
    "series": ("series",),
}


def names_of(case: Path) -> set[str]:
    """Names of its own that a case has: parties, sites, contracts, materials, series, switches."""
    switches = {*tomllib.loads((case / "case.toml").read_text("utf-8")).get("switch", {})}
    names = set[str]()
    for table, columns in COLUMNS.items():
        with (case / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            names |= {row[x] for row in csv.DictReader(file) for x in columns if row.get(x)}
    rows = load_library().numbers
    known = {number.subject for number in rows} | {*component_names()}
    return switches | {x for x in names - known if re.search(r"[A-Z]", x) and len(x) > 2}


def test_a_case_has_names_of_its_own() -> None:
    names = names_of(ROOT / "cases" / "gmbi")
    assert {"GMBI", "LGES", "Lansing", "Spring Hill", "tbmnc", "gm", "SK Nexilis"} <= names


def places_of(pattern: re.Pattern[str], files: Iterable[Path]) -> list[str]:
    """Each match of a pattern in the sources, with its place."""
    places = []
    for path in sorted(files):
        if not any(folder in path.parents for folder in MONTH):
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                places += [f"{path.name}:{number}: {x}" for x in pattern.findall(line)]
    return places


def test_no_name_of_a_case_is_in_the_sources() -> None:
    cases = [path.parent for path in sorted((ROOT / "cases").glob("*/case.toml"))]
    assert len(cases) >= 3
    names = sorted(set().union(*map(names_of, cases)), key=len, reverse=True)
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, names))})(?![\w-])")
    files = (path for room in ROOMS for path in (SOURCES / room).rglob("*.py"))
    assert places_of(pattern, files) == []


def test_no_word_of_the_founding_case_is_in_any_source_or_table() -> None:
    words = "|".join(WORDS)
    pattern = re.compile(rf"(?i){SHIPPED}|(\w*(?:{words})\w*)")
    files = [*SOURCES.rglob("*.py"), *SOURCES.rglob("*.csv"), *SOURCES.rglob("*.toml")]
    assert any(path.suffix == ".csv" for path in files)
    assert [x for x in places_of(pattern, files) if not x.endswith(": ")] == []
    assert pattern.findall("runs of LGES_x; winston-salem; loopbook run gmbi") == [
        "LGES_x",
        "winston",
        "",
    ]
