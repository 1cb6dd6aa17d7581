"""No name of a shipped case is in the sources: what a case is made of is in its tables."""

from __future__ import annotations

import csv
import re
import tomllib
from pathlib import Path

from loopbook.matter import component_names, load_library

ROOT = Path(__file__).parents[2]
ROOMS = ("loop", "report", "cases", "flowsheet")
MONTH = ROOT / "src" / "loopbook" / "cases" / "month"
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


def test_no_name_of_a_case_is_in_the_sources() -> None:
    cases = [path.parent for path in sorted((ROOT / "cases").glob("*/case.toml"))]
    assert len(cases) >= 3
    names = sorted(set().union(*map(names_of, cases)), key=len, reverse=True)
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, names))})(?![\w-])")
    places = []
    for room in ROOMS:
        for path in sorted((ROOT / "src" / "loopbook" / room).rglob("*.py")):
            if MONTH in path.parents:
                continue
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                places += [f"{path.name}:{number}: {x}" for x in pattern.findall(line)]
    assert places == []
