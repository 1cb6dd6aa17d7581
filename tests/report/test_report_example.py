"""A small made-up result for the tests of the report, with what a real one has and worse."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

from headline_example import headline

from loopbook.report import Column, InputFile, InputRow, Quote, RunResult, Table, parse_layout

HOSTILE = "<script>alert('&')</script><!-- \"x"
YEARS = tuple(range(2025, 2036))


def row(
    key: str, value: float, unit: str, *, source: str = "everbatt", grade: str = "A"
) -> InputRow:
    file = key.split("/")[1]
    return InputRow(f"{key}", f"{file}:7", value, unit, source, "sheet 3", grade, "as quoted")


def columns(*given: tuple[Any, ...] | Column) -> tuple[Column, ...]:
    return tuple(g if isinstance(g, Column) else Column(*g) for g in given)


def flows() -> Table:
    basis = ("case/path.csv/2027/cell_reject_share", "case/case.toml/capacity")
    made = []
    for i, year in enumerate(YEARS):
        scrap = 1400.0 * min(i, 6)
        links = [
            ("Cell plant", "Electrode scrap", 0.62, 0.30),
            ("Cell plant", "Rejected cells", 0.38, 0.14),
            ("Electrode scrap", "GMBI shredder", 0.62, 0.30),
            ("Rejected cells", "GMBI shredder", 0.38, 0.14),
            ("GMBI shredder", "Black mass", 0.7, 0.43),
            ("GMBI shredder", "Copper and aluminium foil", 0.2, 0.0),
            ("GMBI shredder", "Waste and losses", 0.1, 0.01),
            ("Black mass", "Refiner", 0.7, 0.43),
            ("Refiner", "Nickel sulphate", 0.4, 0.41),
            ("Refiner", "Residue", 0.3, 0.02),
            ("Nickel sulphate", "Cathode maker", 0.4, 0.41),
            ("Cathode maker", "Cell plant", 0.4, 0.41),
        ]
        made += [(year, s, t, scrap * m, scrap * n) for s, t, m, n in links]
    given = columns(
        ("year", "Year"),
        ("source", "From"),
        ("target", "To"),
        ("mass_t", "Mass", "t", basis, "feed times transfer coefficient"),
        ("nickel_t", "Nickel", "t", basis[:1], "mass times nickel content"),
    )
    return Table("loop_flows", "Flows of the loop", given, tuple(made))


def production() -> Table:
    basis = tuple(f"case/path.csv/{y}/cell_reject_share" for y in YEARS)
    rows: list[tuple[Any, ...]] = []
    for i, year in enumerate(YEARS):
        offered = 1900.0 * min(i, 6) * (1.4 if i < 5 else 1)
        taken = min(offered, 13500.0) if i else None
        rows.append(
            (year, 3.4 * min(i, 6) or math.nan, offered, taken, 13500.0, (taken or 0) * 0.7)
        )
    given = columns(
        ("year", "Year"),
        ("made_gwh", "Cells", "GWh", ("case/case.toml/capacity",), "contract times ramp"),
        ("scrap_offered_t", "Scrap offered", "t", basis, "cells x reject share / (1 - share)"),
        ("scrap_taken_t", "Scrap taken", "t", basis, "the smaller of offered and capacity"),
        ("capacity_t", "Capacity", "t", ("case/case.toml/capacity",), ""),
        ("black_mass_t", "Black mass", "t", basis, "taken times yield"),
    )
    return Table("production", "Production", given, tuple(rows), "Deterministic.")


def metals() -> Table:
    rows = [
        (year, metal, 13500 * part, 13500 * part * share, share)
        for year in YEARS
        for metal, part, share in (
            ("nickel", 0.23, 0.96),
            ("cobalt", 0.01, 0.95),
            ("lithium", 0.03, 0.8),
        )
    ]
    given = columns(
        ("year", "Year"),
        ("metal", "Metal"),
        ("contained_t", "Contained", "t", (), "mass times content"),
        (
            "recovered_t",
            "Recovered",
            "t",
            ("case/path.csv/2027/cell_reject_share",),
            "contained x recovery",
        ),
        Column(
            "covered_share",
            "Demand covered",
            "1",
            how="recovered over demand",
            formula="recovered_t / contained_t",
        ),
    )
    return Table("metals", "Metals", given, tuple(rows))


def money() -> Table:
    rows = [
        (y, 9.1e6 * i, 11e6 * i, 1.9e6 * i, 0.969e6 * i, 0.931e6 * i) for i, y in enumerate(YEARS)
    ]
    given = columns(
        ("year", "Year"),
        ("cost_usd", "Cost", "USD", ("case/case.toml/capacity",), "sum of operating cost"),
        ("revenue_usd", "Revenue", "USD", (), "black mass x payable x price"),
        ("margin_usd", "Margin", "USD", (), "revenue - cost"),
        ("tta_usd", "Toyota Tsusho America", "USD", (), "0.51 x margin"),
        ("lges_usd", "LG Energy Solution Michigan", "USD", (), "0.49 x margin"),
    )
    return Table("money", "Money", given, tuple(rows))


def article() -> Table:
    given = columns(
        ("id", "No."),
        ("statement", "The article says"),
        ("loopbook_computes", "Loopbook computes"),
        ("value", "Value", "", ("case/case.toml/capacity",), "read as tonnes"),
        ("unit", "Unit"),
        ("reading", "Reading"),
        ("doubt", "Doubt"),
    )
    rows = (
        (
            "A5",
            "Up to 13,500 tons of scrap a year",
            "Capacity",
            13500.0,
            "t/yr",
            "Tonnes",
            "Short tons?",
        ),
        ("A6", HOSTILE, HOSTILE, None, "", HOSTILE, "337.5 kg each: a pack's mass"),
    )
    quotes = {(0, "value"): (Quote("", "case/case.toml/capacity"),)}
    return Table("article", "The article says, Loopbook computes", given, rows, quotes=quotes)


def summary(*rows: tuple[str, str], **quotes: tuple[Quote, ...]) -> Table:
    """Key figures; `quotes` by the name of the row."""
    given = columns(("label", "Key figure"), ("text", "Value"))
    cited = {(i, "text"): quotes[label] for i, (label, _) in enumerate(rows) if label in quotes}
    return Table("summary", "Key figures", given, rows, quotes=cited)


def layout() -> Any:
    """The layout of the cases' reports."""
    path = Path(__file__).parents[2] / "cases" / "gmbi" / "report.toml"
    return parse_layout(path.read_text(encoding="utf-8"))


def example(**changes: Any) -> RunResult:
    """A result whose every text field could be hostile, with gaps and an empty table."""
    inputs = [row(f"case/path.csv/{y}/cell_reject_share", 0.3 / (y - 2023), "1") for y in YEARS]
    inputs.append(row("case/case.toml/capacity", 13500.0, "t/yr", source="gmbi"))
    inputs.append(
        row(f"case/x.csv/{HOSTILE}", 1e-9, "kg CO2e/kg", source=HOSTILE, grade="assumption")
    )
    tables = [production(), metals(), money(), article(), flows(), replace(flows(), name="links")]
    tables.append(Table("clients", f"Other clients {HOSTILE}", columns(("year", "Year")), ()))
    fields: dict[str, Any] = {
        "name": "example",
        "title": f"Example {HOSTILE}",
        "switches": {"toyota_own_plant": True, "other_clients": False},
        "summary": summary(("Scrap taken in 2031", "13,500 t"), (HOSTILE, HOSTILE)),
        "layout": layout(),
        "headline": headline(),
        "tables": {t.name: t for t in tables},
        "inputs": {r.key: r for r in inputs},
        "sources": {
            "everbatt": {
                "id": "everbatt",
                "title": "EverBatt",
                "year": "2023",
                "address": "https://www.anl.gov/amd/everbatt",
            },
            "gmbi": {"id": "gmbi", "title": "Release", "address": "javascript:alert(1)"},
        },
        "files": [InputFile("case.toml", "ab" * 32, 1234), InputFile(HOSTILE, "cd" * 32, 99)],
    }
    return RunResult(**{**fields, **changes})
