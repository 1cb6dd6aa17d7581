"""One screen for people: the results of a run in a few lines."""

from collections.abc import Mapping

from loopbook.cases.folder.case import Case
from loopbook.report import Column, References, RunResult, Table

YEAR_COLUMNS = (
    ("cells", "GWh", "production", "made_gwh", 1.0, ".0f"),
    ("scrap", "t", "scrap", "contract_t", 1.0, ",.0f"),
    ("taken", "t", "scrap", "taken_t", 1.0, ",.0f"),
    ("black mass", "t", "black_mass", "mass_t", 1.0, ",.0f"),
    ("nickel back", "t", "metals/nickel", "recovered_t", 1.0, ",.0f"),
    ("of cells' nickel", "%", "metals/nickel", "covered_share", 100.0, ".1f"),
    ("copper", "t", "copper", "copper_t", 1.0, ",.0f"),
    ("margin", "M USD", "money", "margin_usd", 1e-6, ".1f"),
    ("CO2e avoided", "kt", "carbon", "avoided_tco2e", 1e-3, ".1f"),
)
"""Columns of the screen: title, unit, table (and metal), column, factor, format."""


def _column(tables: Mapping[str, Table], name: str, column: str) -> list[float | None]:
    table, _, metal = name.partition("/")
    rows = [r for r in tables[table].records() if not metal or r["metal"] == metal]
    return [None if r[column] is None else float(str(r[column])) for r in rows]


def headline_rows(result: RunResult) -> list[list[str]]:
    """The decade, a row a year, as text in the order of `YEAR_COLUMNS` with the year in front."""
    years = result.tables["production"].column("year")
    rows = [[str(year)] for year in years]
    for _, _, name, column, factor, form in YEAR_COLUMNS:
        for row, value in zip(rows, _column(result.tables, name, column), strict=True):
            row.append("-" if value is None else format(value * factor + 0.0, form))
    return rows


def summary(case: Case, references: References) -> Table:
    """The whole run in a few lines, columns ``label`` and ``text``; numbers know their column."""
    first, last = (f"{{input:case/case.toml/{name}_year|}}" for name in ("first", "last"))
    nickel, margin = "metals.covered_share[metal=nickel]", "money.margin_usd:sum / 1e6"
    avoided, new = "carbon.avoided_tco2e:sum", "carbon.virgin_equivalent_tco2e:sum"
    saved = f"{{{avoided} / 1e3|,.0f}} kt CO2e avoided"
    if references.value(f"{avoided} / {new}").value is not None:
        saved += f" ({{{avoided} / {new}|.0%}} of the same metals made new)"
    shares = ", ".join(
        f"{{setting:owner.{number}.name|}} {{money.{owner.id}_share_usd:sum / 1e6|.1f}}"
        for number, owner in enumerate(case.owners)
    )
    texts = {
        "Cells": "{production.made_gwh:sum|,.6g} GWh of {production.contract_gwh:sum|,.6g} GWh "
        f"under the contract, {first}-{last}",
        "Scrap": "{scrap.contract_t:max|,.0f} t in {scrap.contract_t:argmax|}, "
        f"{{scrap.contract_t:last|,.0f}} t in {last}",
        case.settings.get("plant.name"): "takes {scrap.taken_t:sum|,.0f} t of "
        "{scrap.offered_t:sum|,.0f} t offered; "
        "capacity {input:case/case.toml/plant.capacity|,.0f} t/yr",
        "Black mass": "{black_mass.mass_t:sum|,.0f} t with {black_mass.nickel_t:sum|,.0f} t of "
        "nickel",
        "Nickel back": f"covers {{{nickel}:max|.1%}} of the cells' nickel in {{{nickel}:argmax|}} "
        f"at best, {{{nickel}:last|.1%}} in {last}",
        "Copper": "{copper.copper_t:sum|,.0f} t, {copper.covered_share:last|.0%} of the "
        f"contract's foil in {last}",
        "Margin": f"{{{margin}|,.1f}} M USD of {{setting:currency_year|}}: {shares}",
        "Carbon": saved,
    }
    lines = [(label, references.fill(text, f"summary {label}")) for label, text in texts.items()]
    rows = tuple((label, line.text) for label, line in lines)
    quotes = {(place, "text"): line.quotes for place, (_, line) in enumerate(lines)}
    columns = (Column("label", "Key figure"), Column("text", "Value"))
    return Table("summary", "Key figures", columns, rows, quotes=quotes)
