"""Reading ``month.toml``: how a month of operations is weighed, assayed and shipped."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from loopbook.cases.folder.reading import Context, provenance_findings
from loopbook.cases.folder.schema import PROVENANCE, SOURCED
from loopbook.errors import InputError, nearest_hint
from loopbook.report import InputRow
from loopbook.tables import TomlFile, parse_quantity, read_toml

MONTH_FILE = "month.toml"

TEXTS = (
    "month",
    "seed",
    "owner",
    "plant",
    "plant_site",
    "other_sender",
    "refiner",
    "refiner_site",
    "merchant",
    "cathode_maker",
    "cathode_site",
    "cell_site",
    "customer",
    "serial_prefix",
    "reagent_supplier",
    "virgin_supplier",
    "foil_maker",
    "material_supplier",
)
"""Settings that are text; the others are tables with a value, its source and grade."""

QUANTITIES: Mapping[str, str] = {
    "scrap_load": "kg",
    "load_spread": "1",
    "tare": "kg",
    "composition_spread": "1",
    "declared_spread": "1",
    "scale_uncertainty": "kg",
    "scale_division": "kg",
    "floor_scale_uncertainty": "kg",
    "provisional_uncertainty": "1",
    "final_uncertainty": "1",
    "dust": "1",
    "transit_spread": "1",
    "tolled_share": "1",
    "black_mass_load": "kg",
    "road_days": "1",
    "final_days": "1",
    "scrap_limit_days": "1",
    "black_mass_limit_days": "1",
    "other_share": "1",
    "campaign_days": "1",
    "refining_days": "1",
    "hold_up_share": "1",
    "product_uncertainty": "1",
    "waste_uncertainty": "1",
    "cathode_road_days": "1",
    "cathode_lot": "kg",
    "cathode_share": "1",
    "cell_road_days": "1",
    "material_days": "1",
    "cell_energy": "kWh",
    "line_loss_share": "1",
    "formation_days": "1",
    "scrap_road_days": "1",
}
"""Settings with a number, and the unit that it is wanted in."""

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])$")


@dataclass(frozen=True, slots=True)
class MonthSettings:
    """A month's settings, checked.

    Attributes
    ----------
    texts, numbers : by name; numbers in the units of `QUANTITIES`.
    inputs : input rows of the numbers.
    """

    texts: Mapping[str, str]
    numbers: Mapping[str, float]
    inputs: tuple[InputRow, ...]

    @property
    def start(self) -> datetime:
        """First moment of the month, UTC."""
        year, month = self.texts["month"].split("-")
        return datetime(int(year), int(month), 1, tzinfo=UTC)

    @property
    def days(self) -> int:
        """Days of the month."""
        return calendar.monthrange(self.start.year, self.start.month)[1]

    @property
    def end(self) -> datetime:
        """First moment after the month."""
        return self.start + timedelta(days=self.days)

    @property
    def year_share(self) -> float:
        """Share of the year's days that the month has."""
        return self.days / (366 if calendar.isleap(self.start.year) else 365)

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the input rows."""
        return tuple(row.key for row in self.inputs)


def read_month(path: Path, context: Context) -> MonthSettings | None:
    """Settings of a ``month.toml``, or None without one; what is wrong goes to the findings."""
    if not path.exists():
        return None
    try:
        document = read_toml(path)
    except InputError as error:
        context.findings.extend(error.findings)
        return None
    for name in document.data:
        if name not in TEXTS and name not in QUANTITIES:
            hint = nearest_hint(name, [*TEXTS, *QUANTITIES])
            context.note("unknown-name", document.where(name), "a setting", name, hint=hint)
    texts = {name: _text(document, name, context) for name in TEXTS}
    found = list(_quantities(document, context))
    if found and context.years is not None and _MONTH.match(texts["month"]):
        first, last = context.years
        if not first <= int(texts["month"][:4]) <= last:
            where = document.where("month")
            context.note("year", where, f"a month of {first} to {last}", texts["month"])
    numbers = {row.key.rpartition("/")[2]: float(str(row.value)) for row in found}
    return MonthSettings(texts, numbers, tuple(found))


def _text(document: TomlFile, name: str, context: Context) -> str:
    value = document.data.get(name)
    if not isinstance(value, str) or not value.strip():
        context.note("text", document.where(name), f"{name}, text in quotes", repr(value))
        return ""
    if name == "month" and not _MONTH.match(value):
        context.note("text", document.where(name), "a month such as 2030-06", value)
    return value


def _quantities(document: TomlFile, context: Context) -> Iterator[InputRow]:
    for name, unit in QUANTITIES.items():
        table: Any = document.data.get(name)
        where = document.where(name)
        if not isinstance(table, dict):
            hint = f"write [{name}] with value, source_id, page, grade, note under it"
            context.note("missing", where, f"a table [{name}]", repr(table), hint=hint)
            continue
        for key in table:
            if key not in SOURCED:
                place = document.where(name, key)
                hint = nearest_hint(key, SOURCED)
                context.note("unknown-name", place, ", ".join(SOURCED), key, hint=hint)
        row = {key: str(table.get(key, "")) for key in PROVENANCE}
        provenance_findings(row, where, context)
        place = document.where(name, "value")
        try:
            value = parse_quantity(str(table.get("value", "")), unit, where=place)
        except InputError as error:
            context.findings.extend(error.findings)
            continue
        if not value >= 0.0 or (unit == "1" and name.endswith(("_share", "dust")) and value > 1.0):
            context.note("negative", place, "a number from 0 up; a share up to 1", f"{value:g}")
            continue
        yield InputRow(
            f"case/{MONTH_FILE}/{name}",
            place,
            value,
            unit,
            row["source_id"],
            row["page"],
            row["grade"],
            row["note"],
        )
