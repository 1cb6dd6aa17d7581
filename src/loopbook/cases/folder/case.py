"""A loaded case: its settings and tables, each number with the row that it came from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from loopbook.cases.folder.settings import Settings
from loopbook.cases.folder.tables import Record
from loopbook.errors import UnknownNameError, nearest_hint
from loopbook.matter import Library
from loopbook.plant import MonthSettings
from loopbook.report import InputFile, InputRow
from loopbook.tables import Array


@dataclass(frozen=True, slots=True)
class Owner:
    """An owner of the plant and its share of the margin."""

    id: str
    name: str
    share: float


@dataclass(frozen=True, slots=True)
class Switch:
    """A scenario that can be switched on."""

    name: str
    title: str
    default: bool


@dataclass(frozen=True, slots=True)
class Producer:
    """Somebody who makes cells and so scrap: a line of the contract, or a client.

    Parameters
    ----------
    name, lane : what it is called, and the lane its scrap travels.
    made_gwh : accepted cells that it can make, by year.
    path : scrap path in ``scrap_path.csv``.
    chemistry, cell_design : active material, and subject of the cell's bill of materials.
    offered_share : share of its scrap that is offered to the plant.
    priority : who is served first; the contract is 0.
    switch : scenario that it belongs to; None for the contract.
    """

    name: str
    lane: str
    made_gwh: Array
    path: str
    chemistry: str
    cell_design: str
    offered_share: float = 1.0
    priority: float = 0.0
    switch: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A case folder, checked; made by `load_case`.

    Attributes
    ----------
    name : name of the folder.
    years : years of the case, ascending.
    settings, tables : ``case.toml`` and rows by file name.
    inputs : input rows of the case's own numbers and of the library rows that it names.
    sources : works by source_id, of the library and of the case.
    library : the data library, with the case's recoveries in place of its own.
    files : files that were read.
    month : settings of a month of operations, if the case keeps a book.
    """

    name: str
    years: tuple[int, ...]
    settings: Settings
    tables: Mapping[str, Sequence[Record]]
    inputs: Mapping[str, InputRow]
    sources: Mapping[str, Mapping[str, str]]
    library: Library
    files: tuple[InputFile, ...]
    month: MonthSettings | None = None

    @property
    def title(self) -> str:
        """Title for people."""
        return str(self.settings.get("title"))

    @property
    def owners(self) -> tuple[Owner, ...]:
        """Owners in order of the file."""
        get = self.settings.get
        return tuple(
            Owner(get(f"owner.{i}.id"), get(f"owner.{i}.name"), get(f"owner.{i}.share"))
            for i in self.settings.names("owner")
        )

    @property
    def switches(self) -> tuple[Switch, ...]:
        """Scenarios in order of the file."""
        get = self.settings.get
        return tuple(
            Switch(name, get(f"switch.{name}.title"), get(f"switch.{name}.default"))
            for name in self.settings.names("switch")
        )

    def rows(self, file: str, **match: object) -> list[Record]:
        """Rows of a table whose cells are as given."""
        return [
            row
            for row in self.tables.get(file, ())
            if all(row[column] == value for column, value in match.items())
        ]

    def row(self, file: str, **match: object) -> Record:
        """The one row whose cells are as given."""
        rows = self.rows(file, **match)
        if len(rows) == 1:
            return rows[0]
        column = next(iter(match))
        raise UnknownNameError.of(
            "unknown-name",
            file,
            "one row",
            "/".join(str(value) for value in match.values()),
            hint=nearest_hint(str(match[column]), {str(r[column]) for r in self.rows(file)}),
        )

    def value(self, file: str, **match: object) -> float:
        """Value of the one row whose cells are as given."""
        return float(self.row(file, **match)["value"])

    def series(self, file: str, column: str, **match: object) -> Array:
        """Column of the rows as given, in order of year."""
        by_year = {row["year"]: row[column] for row in self.rows(file, **match)}
        return np.array([by_year[year] for year in self.years], dtype=np.float64)

    def names(self, file: str, column: str) -> list[str]:
        """Names in a column, each once, in order of the file."""
        return list(dict.fromkeys(row[column] for row in self.rows(file)))

    def keys(self, file: str, *columns: str, **match: object) -> tuple[str, ...]:
        """Input keys of columns (``value`` if none) of the rows as given."""
        return tuple(
            row.key(column) for row in self.rows(file, **match) for column in columns or ("value",)
        )

    def setting_keys(self, *paths: str) -> tuple[str, ...]:
        """Input keys of settings."""
        return tuple(f"case/case.toml/{path}" for path in paths)


def join_keys(*groups: Iterable[str]) -> tuple[str, ...]:
    """Keys of several groups, each once, in order."""
    return tuple(dict.fromkeys(key for group in groups for key in group))
