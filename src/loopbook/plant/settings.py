"""``month.toml``: which month, who plays which part, and how goods are weighed and carried.

Parts of the chain are named twice: in the table ``loop`` by the sites and materials of the loop,
and above it by the names that parties and sites have in the month's book. Every number has a
source, or is an assumption with a note that gives the reason.
"""

import calendar
import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from loopbook.errors import Finding, Findings, InputError, nearest_hint, raise_findings
from loopbook.report import GRADES, InputRow
from loopbook.tables import (
    Field,
    Leaf,
    Name,
    Number,
    TableOf,
    Text,
    TomlFile,
    Value,
    parse_quantity,
    read_leaves,
    read_toml,
)

MONTH_FILE = "month.toml"

_MONTH = re.compile(r"(?:19|20|21)\d\d-(0[1-9]|1[0-2])")
_SIZES = (1e-15, 1e15)  # outside, a number is a slip, and sums would lose or overflow


@dataclass(frozen=True)
class MonthName(Name[Findings]):
    """A month."""

    words: str = "a month such as 2030-06"

    def check(self, value: Value, at: str, findings: Findings) -> Value:
        """The month as it is written."""
        if _MONTH.fullmatch(value):
            return value
        findings.note("month", self.words, repr(value), at=at)
        return None


@dataclass(frozen=True)
class Measured(Number[Findings]):
    """A number that is written with its unit, in a table with its source."""

    low: float = 0.0

    def read(self, written: Value, at: str, findings: Findings) -> Value:
        """Number and source."""
        if not isinstance(written, dict):
            hint = f"write [{at}] with value, source_id, page, grade, note under it"
            findings.note("source", "a table with its source", repr(written), at=at, hint=hint)
            return None
        number = Field("value", _Quantity(self.unit, self.low, self.high), "")
        return {
            leaf.field.name: leaf.value
            for leaf in read_leaves((number, *_SOURCE), written, findings, at=at)
        }

    def check(self, value: Value, at: str, findings: Findings) -> Value:
        """The same."""
        return value


class _Quantity(Number[Findings]):
    def read(self, written: Value, at: str, findings: Findings) -> Value:
        try:
            number = parse_quantity(str(written), self.unit)
        except InputError as error:
            findings.adopt(error, at=at)
            return None
        if not math.isfinite(number):
            findings.note("not-finite", "a finite number", f"{number:g}", at=at)
        elif number != 0.0 and not _SIZES[0] <= abs(number) <= _SIZES[1]:
            findings.note("range", "0, or {:g}..{:g}".format(*_SIZES), f"{number:g}", at=at)
        elif not self.low <= number <= self.high:
            self.refuse(number, at, findings)
        else:
            return number
        return None

    def check(self, value: Value, at: str, findings: Findings) -> Value:
        return value


_SOURCE = (
    Field("source_id", Text(), "work of the library's or the case's sources.csv", ""),
    Field("page", Text(), "place in the work", ""),
    Field("grade", Text(), f"how sure the number is: {', '.join(GRADES)}", ""),
    Field("note", Text(), "anything else; the reason of an assumption", ""),
)
_LOAD = Measured("kg", low=100.0)
_MASS, _ENERGY, _NUMBER = (Measured(unit) for unit in ("kg", "kWh", "1"))
_ERROR = Measured("kg", high=1000.0)
_SPREAD = Measured("1", high=0.5)
_SHARE, _YIELD = Measured("1", high=1.0), Measured("1", low=0.01, high=1.0)

TEXTS = (
    Field("month", MonthName(), "the month"),
    Field("seed", Name(), "text from which all draws follow"),
    Field("owner", Name(), "party with title to the scrap when it arrives"),
    Field("plant", Name(), "party that runs the plant and buys what is not tolled"),
    Field("plant_site", Name(), "name of the plant's site"),
    Field("other_sender", Name(), "party that sends a share of the loads"),
    Field("refiner", Name(), "party that refines the black mass"),
    Field("refiner_site", Name(), "name of the refiner's site"),
    Field("merchant", Name(), "party that takes copper, aluminium and graphite"),
    Field("cathode_maker", Name(), "party that makes active material"),
    Field("cathode_site", Name(), "name of the cathode maker's site"),
    Field("cell_site", Name(), "name of the cell lines' site"),
    Field("customer", Name(), "party that receives the cells"),
    Field("serial_prefix", Name(), "beginning of the cells' serial numbers"),
    Field("reagent_supplier", Name(), "party that sells reagents"),
    Field("virgin_supplier", Name(), "party that sells salts of mined metal"),
    Field("foil_maker", Name(), "party that sells copper foil"),
    Field("material_supplier", Name(), "party that sells the cells' other materials"),
)
"""Texts of ``month.toml``: names that parties and sites have in the book."""

PARTS = (
    Field("lines", Name(), "site that makes the cells; its scrap comes back"),
    Field("cells", Name(), "cells that it makes"),
    Field("plant", Name(), "site that takes the scrap"),
    Field("black_mass", Name(), "its product that the refiner takes"),
    Field("refinery", Name(), "site that refines it; salts are made where its process is hydro"),
    Field("dangerous", Name(), "mode of freight of dangerous scrap"),
)
"""Its table ``loop``: sites and materials of the loop that play these parts."""

NUMBERS = (
    Field("scrap_load", _LOAD, "net mass of a load of scrap"),
    Field("load_spread", _SPREAD, "relative standard deviation of a load's mass"),
    Field("tare", Measured("kg", low=6000.0), "empty truck and trailer with packaging"),
    Field("composition_spread", _SPREAD, "relative standard deviation of a component's share"),
    Field("declared_spread", _SPREAD, "relative standard deviation of the sender's mass"),
    Field("scale_uncertainty", _ERROR, "standard uncertainty of a weighbridge's net mass"),
    Field(
        "scale_division",
        Measured("kg", low=1.0, high=1000.0),
        "step in which a weighbridge shows a mass",
    ),
    Field("floor_scale_uncertainty", _ERROR, "standard uncertainty of a run's big bags together"),
    Field("provisional_uncertainty", _SPREAD, "relative uncertainty of the plant's own assay"),
    Field("final_uncertainty", _SPREAD, "relative uncertainty of the refiner's assay"),
    Field("dust", _SHARE, "share of a run's powder that no scale weighs"),
    Field("transit_spread", _SPREAD, "relative standard deviation between the scales of a road"),
    Field("tolled_share", _SHARE, "share of loads whose title stays with the sender"),
    Field("black_mass_load", _LOAD, "black mass in a full truck"),
    Field("road_days", _NUMBER, "days from the plant to the refiner"),
    Field("final_days", _NUMBER, "days from arrival to the final assay"),
    Field("scrap_limit_days", _NUMBER, "days of feed of dangerous scrap that the site may hold"),
    Field("black_mass_limit_days", _NUMBER, "days of feed that the site may hold as black mass"),
    Field("other_share", _SHARE, "share of the loads that the other sender sends"),
    Field("campaign_days", _NUMBER, "days of black mass that are refined together"),
    Field("refining_days", _NUMBER, "days from the beginning of a campaign to its crystals"),
    Field("hold_up_share", _SHARE, "share of products that no scale weighs"),
    Field("product_uncertainty", _SPREAD, "relative uncertainty of a product's assay"),
    Field("waste_uncertainty", _SPREAD, "relative uncertainty of residue and effluent"),
    Field("cathode_road_days", _NUMBER, "days from the refiner to the cathode maker"),
    Field("cathode_lot", _LOAD, "a lot of active material"),
    Field("cathode_share", _YIELD, "share of the salts' metals that becomes active material"),
    Field("cell_road_days", _NUMBER, "days from the cathode maker to the cell lines"),
    Field("material_days", _NUMBER, "days of other materials that the lines receive at a time"),
    Field("cell_energy", _ENERGY, "energy of a cell"),
    Field("line_loss_share", _SHARE, "share of what goes into the lines that no scale weighs"),
    Field("formation_days", _NUMBER, "days from winding to delivery"),
    Field("scrap_road_days", _NUMBER, "days from the cell lines to the plant"),
)
"""Its numbers, each a table with its source."""

SETTINGS = (*TEXTS, *NUMBERS, Field("loop", TableOf(PARTS), "parts of the loop", {}))
"""All of ``month.toml``."""


@dataclass(frozen=True, slots=True)
class MonthSettings:
    """A month's settings, checked.

    Attributes
    ----------
    texts, numbers : by name; numbers in the units of `NUMBERS`.
    inputs : input rows of the numbers.
    document : the file, which knows the line of each setting.
    """

    texts: Mapping[str, str]
    numbers: Mapping[str, float]
    inputs: tuple[InputRow, ...]
    document: TomlFile

    def place(self, path: str) -> str:
        """Place of a setting in a finding: ``month.toml:7, loop.plant``."""
        return f"{self.document.place(path)}, {path}"

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


def read_month(path: Path, sources: Collection[str]) -> MonthSettings:
    """Settings of a ``month.toml``.

    Parameters
    ----------
    path : of the file.
    sources : source_ids that may be named.

    Raises
    ------
    InputError : with every finding of the file, each at its line.
    """
    document, findings = read_toml(path), Findings()
    leaves = {leaf.path: leaf for leaf in read_leaves(SETTINGS, document.data, findings)}
    rows = [*_inputs(document, leaves.values(), sources, findings=findings)]
    raise_findings(_placed(finding, document) for finding in findings)
    return MonthSettings(
        {name: str(leaf.value) for name, leaf in leaves.items() if isinstance(leaf.value, str)},
        {row.key.rpartition("/")[2]: row.value for row in rows if isinstance(row.value, float)},
        tuple(rows),
        document,
    )


def _placed(finding: Finding, document: TomlFile) -> Finding:
    return replace(finding, where=f"{document.place(finding.where)}, {finding.where}")


def _inputs(
    document: TomlFile, leaves: Collection[Leaf], sources: Collection[str], *, findings: Findings
) -> Iterator[InputRow]:
    """Input rows of the numbers; a number without a source, or a reason, is a finding."""
    for leaf in leaves:
        if not isinstance(leaf.value, dict):
            continue
        row = dict.fromkeys((x.name for x in _SOURCE), "") | leaf.value
        _check_source(row, sources, leaf.path, findings)
        source, page, grade, note = (str(row[x.name]) for x in _SOURCE)
        value, place = row.get("value"), document.place(f"{leaf.path}.value")
        if value is not None:
            unit = leaf.field.type.unit
            yield InputRow(f"month/{leaf.path}", place, value, unit, source, page, grade, note)


def _check_source(
    row: Mapping[str, Value], sources: Collection[str], at: str, findings: Findings
) -> None:
    source, grade = row["source_id"], row["grade"]
    if grade not in GRADES:
        hint = nearest_hint(grade, GRADES) if grade else "grades: " + ", ".join(GRADES)
        findings.note("grade", "a grade", grade or "none", at=f"{at}.grade", hint=hint)
        return
    if grade == "assumption" and not row["note"]:
        findings.note("source", "why this is assumed", "an empty note", at=f"{at}.note")
    if source not in sources and (source or grade != "assumption"):
        hint = nearest_hint(source, sources) if source else "or mark it as an assumption"
        findings.note("source", "a source_id", source or "none", at=f"{at}.source_id", hint=hint)
