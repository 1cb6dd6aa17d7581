"""One screen for people: what a run found, in a few lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from loopbook.cases.folder.case import Case
from loopbook.report.table import CaseResult, Table

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


def headline_rows(result: CaseResult) -> list[list[str]]:
    """The decade, a row a year, as text in the order of `YEAR_COLUMNS` with the year in front."""
    years = result.tables["production"].column("year")
    rows = [[str(year)] for year in years]
    for _, _, name, column, factor, form in YEAR_COLUMNS:
        for row, value in zip(rows, _column(result.tables, name, column), strict=True):
            row.append("-" if value is None else format(value * factor + 0.0, form))
    return rows


def summary(case: Case, tables: Mapping[str, Table]) -> Sequence[tuple[str, str]]:
    """(label, text) pairs: the whole run in a few lines."""

    def total(table: str, column: str) -> float:
        return sum(v for v in _column(tables, table, column) if v is not None)

    def peak(table: str, column: str) -> tuple[int, float]:
        values = [v if v is not None else -1.0 for v in _column(tables, table, column)]
        best = max(range(len(values)), key=values.__getitem__)
        return case.years[best], values[best]

    def last(table: str, column: str) -> float:
        return next((v for v in reversed(_column(tables, table, column)) if v is not None), 0.0)

    year, scrap = peak("scrap", "contract_t")
    cover_year, cover = peak("metals/nickel", "covered_share")
    end = case.years[-1]
    margin = total("money", "margin_usd")
    shares = ", ".join(f"{o.name} {margin * o.share / 1e6:.1f}" for o in case.owners)
    saved, new = total("carbon", "avoided_tco2e"), total("carbon", "virgin_equivalent_tco2e")
    share = f" ({saved / new:.0%} of the same metals made new)" if new > 0.0 else ""
    foil = last("copper", "covered_share")
    capacity = float(case.settings.get("plant.capacity"))
    return (
        (
            "Cells",
            f"{total('production', 'made_gwh'):,.6g} GWh of "
            f"{total('production', 'contract_gwh'):,.6g} GWh under the contract, "
            f"{case.years[0]}-{end}",
        ),
        ("Scrap", f"{scrap:,.0f} t in {year}, {last('scrap', 'contract_t'):,.0f} t in {end}"),
        (
            f"{case.settings.get('plant.name')}",
            f"takes {total('scrap', 'taken_t'):,.0f} t of {total('scrap', 'offered_t'):,.0f} t "
            f"offered; capacity {capacity:,.0f} t/yr",
        ),
        (
            "Black mass",
            f"{total('black_mass', 'mass_t'):,.0f} t with "
            f"{total('black_mass', 'nickel_t'):,.0f} t of nickel",
        ),
        (
            "Nickel back",
            f"covers {cover:.1%} of the cells' nickel in {cover_year} at best, "
            f"{last('metals/nickel', 'covered_share'):.1%} in {end}",
        ),
        (
            "Copper",
            f"{total('copper', 'copper_t'):,.0f} t, {foil:.0%} of the contract's foil in {end}",
        ),
        ("Margin", f"{margin / 1e6:,.1f} M USD of {case.settings.get('currency_year')}: {shares}"),
        ("Carbon", f"{saved / 1e3:,.0f} kt CO2e avoided{share}"),
    )
