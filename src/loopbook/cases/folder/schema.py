"""What files a case has, what stands in their columns, and what is refused.

A case is a folder with ``case.toml`` and CSV tables. Every number has a source: a ``source_id``
of the data library or of the case's own ``sources.csv``, or the grade ``assumption`` with a note
that says why. A table with ``value, unit, library`` may name a row of the library instead of a
value: ``table/subject/parameter``, with ``@year`` behind it where there are several years.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

PROVENANCE = ("source_id", "page", "grade", "note")
"""Last columns of every table with numbers."""

VALUE = ("value", "unit", "library")
"""Columns of a number that has its own unit, or stands in the library."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What may stand in a column.

    Parameters
    ----------
    what : ``text``, ``name`` (text that must not be empty), ``year``, ``amount`` (number >= 0),
        ``share`` (0..1), ``yield loss`` (0 to below 1), ``flag`` (yes or no), ``place`` (integer).
    unit : of an amount.
    choices : the only texts allowed, if any.
    """

    what: str = "name"
    unit: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileSpec:
    """A table of a case.

    Parameters
    ----------
    name : file name.
    columns : kind of each column, in order; value and provenance columns are not named here.
    key : columns that name a row; each key once.
    value_units : for tables with a value: unit wanted by what stands in the last key column that
        is not a year; ``*`` for all.
    sourced : whether rows end with provenance.
    every_year : whether each group of rows must have all years of the case.
    required : whether a case must have it.
    """

    name: str
    columns: Mapping[str, Kind]
    key: tuple[str, ...]
    value_units: Mapping[str, str] = field(default_factory=dict)
    sourced: bool = True
    every_year: bool = False
    required: bool = True

    @property
    def header(self) -> tuple[str, ...]:
        """All column names, in order."""
        value = VALUE if self.value_units else ()
        return (*self.columns, *value, *(PROVENANCE if self.sourced else ()))

    @property
    def parameter_column(self) -> str:
        """Column that decides on the unit of a value."""
        names = [c for c in self.key if self.columns[c].what != "year"]
        return names[-1] if names else ""


NAME, TEXT, YEAR, SHARE, FLAG = (Kind(w) for w in ("name", "text", "year", "share", "flag"))
LOSS, PLACE = Kind("yield loss"), Kind("place")
GWH = Kind("amount", "GWh")


def _units(**units: str) -> Mapping[str, str]:
    return MappingProxyType({name.replace("_", " "): unit for name, unit in units.items()})


FILES: tuple[FileSpec, ...] = (
    FileSpec(
        "sources.csv",
        {
            "source_id": NAME,
            "title": NAME,
            "authors": TEXT,
            "year": TEXT,
            "publisher": TEXT,
            "url_or_doi": TEXT,
            "licence": TEXT,
            "note": TEXT,
        },
        key=("source_id",),
        sourced=False,
    ),
    FileSpec("contract.csv", {"year": YEAR, "contract_gwh": GWH}, key=("year",), every_year=True),
    FileSpec(
        "lines.csv",
        {"line": NAME, "year": YEAR, "made_gwh": GWH, "path": NAME},
        key=("line", "year"),
        every_year=True,
    ),
    FileSpec(
        "scrap_path.csv",
        {
            "path": NAME,
            "year": YEAR,
            "cell_reject_share": LOSS,
            "active_material_loss": LOSS,
            "foil_loss": LOSS,
        },
        key=("path", "year"),
        every_year=True,
    ),
    FileSpec(
        "scrap_types.csv",
        {
            "scrap_type": NAME,
            "origin": Kind("name", choices=("cathode", "anode", "cells")),
            "share": SHARE,
            "electrolyte": FLAG,
            "hazmat": FLAG,
        },
        key=("scrap_type", "origin"),
    ),
    FileSpec("running.csv", {"year": YEAR, "running_share": SHARE}, key=("year",), every_year=True),
    FileSpec(
        "recoveries.csv",
        {
            "route": Kind("name", choices=("preprocessing", "hydro", "pyro", "direct")),
            "parameter": NAME,
        },
        key=("route", "parameter"),
        value_units={"*": "1"},
    ),
    FileSpec(
        "prices.csv",
        {"item": NAME, "year": YEAR},
        key=("item", "year"),
        value_units={"*": "USD/kg"},
        every_year=True,
    ),
    FileSpec(
        "payables.csv",
        {
            "material": Kind(
                "name", choices=("scrap", "black mass", "copper fraction", "aluminium fraction")
            ),
            "metal": NAME,
        },
        key=("material", "metal"),
        value_units={"*": "1"},
    ),
    FileSpec(
        "freight.csv",
        {"lane": NAME, "from": NAME, "to": NAME},
        key=("lane",),
        value_units={"*": "mile"},
    ),
    FileSpec(
        "freight_rates.csv",
        {"mode": Kind("name", choices=("plain", "hazmat")), "parameter": NAME},
        key=("mode", "parameter"),
        value_units=_units(
            price="USD/mile",
            payload="t",
            packaging="USD/kg",
            ghg="kgCO2e/mile",
            return_ghg="kgCO2e/mile",
        ),
    ),
    FileSpec(
        "foil.csv",
        {"item": NAME, "parameter": NAME},
        key=("item", "parameter"),
        value_units=_units(capacity="t/yr", foil_per_energy="kg/kWh"),
    ),
    FileSpec(
        "foil_demand.csv",
        {"region": NAME, "year": YEAR, "made_gwh": GWH},
        key=("region", "year"),
        every_year=True,
    ),
    FileSpec(
        "virgin.csv",
        {"metal": NAME, "equivalent": NAME},
        key=("metal",),
        value_units={"*": "kgCO2e/kg"},
    ),
    FileSpec(
        "clients.csv",
        {
            "client": NAME,
            "switch": NAME,
            "site": NAME,
            "chemistry": NAME,
            "cell_design": NAME,
            "path": NAME,
            "lane": NAME,
            "priority": PLACE,
            "offered_share": SHARE,
        },
        key=("client",),
        required=False,
    ),
    FileSpec(
        "client_output.csv",
        {"client": NAME, "year": YEAR, "made_gwh": GWH},
        key=("client", "year"),
        every_year=True,
        required=False,
    ),
    FileSpec(
        "batteries.csv",
        {"battery": NAME, "parameter": NAME},
        key=("battery", "parameter"),
        value_units=_units(energy="kWh", pack_mass_per_energy="kg/kWh"),
        required=False,
    ),
    FileSpec(
        "article.csv",
        {
            "id": NAME,
            "statement": NAME,
            "loopbook_computes": NAME,
            "answer": TEXT,
            "unit": TEXT,
            "reading": NAME,
            "doubt": NAME,
        },
        key=("id",),
        sourced=False,
        required=False,
    ),
    FileSpec(
        "article_numbers.csv",
        {"id": NAME, "number": NAME},
        key=("id", "number"),
        value_units={"*": ""},
        required=False,
    ),
)
"""Every table of a case, in the order in which they are read."""


def file_spec(name: str) -> FileSpec:
    """The table of a file name.

    >>> file_spec("contract.csv").header
    ('year', 'contract_gwh', 'source_id', 'page', 'grade', 'note')
    """
    return next(spec for spec in FILES if spec.name == name)


@dataclass(frozen=True, slots=True)
class Setting:
    """A key of ``case.toml``.

    Parameters
    ----------
    what : ``text``, ``year``, ``flag``; or ``quantity`` (text with number and unit), ``share``,
        ``sourced year``: tables with ``value`` and provenance.
    unit : unit wanted of a quantity.
    choices : the only texts allowed, if any.
    required : whether it must be there.
    """

    what: str = "text"
    unit: str = ""
    choices: tuple[str, ...] = ()
    required: bool = True


SETTINGS: Mapping[str, Mapping[str, Setting]] = MappingProxyType(
    {
        "": {
            "title": Setting(),
            "first_year": Setting("year"),
            "last_year": Setting("year"),
            "currency_year": Setting("year"),
            "chemistry": Setting(),
            "cell_design": Setting(),
            "route": Setting(choices=("hydro", "pyro", "direct")),
            "tonne_reading": Setting(choices=("t", "short_ton")),
            "region": Setting(),
            "equipment_year": Setting("year"),
            "foil": Setting(),
            "stated_batteries": Setting(required=False),
        },
        "contract": {"name": Setting(), "site": Setting(), "lane": Setting()},
        "plant": {
            "name": Setting(),
            "place": Setting(),
            "capacity": Setting("quantity", "t/yr"),
            "start": Setting("sourced year"),
        },
        "refiner": {"name": Setting(), "lane": Setting(), "capacity": Setting("quantity", "t/yr")},
        "owner": {"id": Setting(), "name": Setting(), "share": Setting("share")},
        "switch": {"title": Setting(), "default": Setting("flag")},
    }
)
"""Keys of ``case.toml`` by table. ``owner`` is an array of tables, ``switch`` a table of tables;
both may be left out as a whole, nothing else may."""

SOURCED = ("value", *PROVENANCE)
"""Keys of a table that holds a sourced setting."""
