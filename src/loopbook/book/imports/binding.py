"""Rows of a file as fields of ours: bound to columns once, then read row by row.

A `RowReader` gives the fields of one row. What is wrong with a cell becomes a finding at its place,
and a harmless value stands in, so that the rest of the row is still read and checked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from loopbook.book.imports.mapping import FIELDS, ImportMap
from loopbook.errors import Finding, nearest_hint
from loopbook.tables import Cell, CellError, Row, Sheet, cell_text, moment, quantity

_STAND_IN = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Binding:
    """A mapping bound to the columns of a sheet; numbers of columns by field."""

    sheet: Sheet
    map: ImportMap
    columns: Mapping[str, tuple[int, ...]]
    units: Mapping[str, int]
    ignored: tuple[str, ...]


def bind(sheet: Sheet, plan: ImportMap, findings: list[Finding]) -> Binding:
    """Find each column of the mapping; one that is missing or comes twice is a finding."""
    used: set[str] = set()
    columns: dict[str, tuple[int, ...]] = {}
    units: dict[str, int] = {}
    for name, column in plan.columns.items():
        wanted = (*column.columns, *([column.unit_column] if column.unit_column else []))
        found = [_find(one, sheet, plan, findings) for one in wanted if one not in used]
        used.update(wanted)
        if None in found:
            continue
        places = [sheet.header.index(one) for one in wanted if one in sheet.header]
        columns[name] = tuple(places[: len(column.columns)])
        if column.unit_column and len(places) > len(column.columns):
            units[name] = places[-1]
    ignored = tuple(h for h in sheet.header if h and h not in used)
    return Binding(sheet, plan, columns, units, ignored)


def _find(name: str, sheet: Sheet, plan: ImportMap, findings: list[Finding]) -> int | None:
    count = sheet.header.count(name)
    if count == 1:
        return sheet.header.index(name)
    where = sheet.where(sheet.header_line)
    if count:
        hint = "rename one of them"
        found = f"{count} columns {name!r}"
        findings.append(Finding("duplicate", where, f"one column {name!r}", found, hint))
        return None
    hint = nearest_hint(name, [h for h in sheet.header if h])
    if sheet.header[0].lower().startswith("sep="):
        hint = "the header is below this line: write header_line = 2"
    elif len(sheet.header) == 1:
        signs = [s for s in ";,\t|" if s in sheet.header[0] and s != plan.settings.delimiter]
        hint = f"write delimiter = {signs[0]!r} in the mapping" if signs else hint
    found = f"{len(sheet.header)} columns without it"
    findings.append(Finding("missing-column", where, f"a column {name!r}", found, hint))
    return None


def kg(value: Decimal) -> str:
    """Mass as people read it.

    >>> kg(Decimal("10100.00"))
    '10100 kg'
    """
    return f"{value.normalize():f} kg"


class RowReader:
    """Fields of one row.

    Attributes
    ----------
    findings : errors in its cells.
    bad : fields for which a stand-in was given.
    """

    def __init__(self, binding: Binding, row: Row) -> None:
        self.line = row.line
        self.findings: list[Finding] = []
        self.bad: set[str] = set()
        self._binding, self._row = binding, row
        self._needed = {f.name for f in FIELDS[binding.map.kind] if f.needed}

    @property
    def where(self) -> str:
        """``file:line``."""
        return self._binding.sheet.where(self.line)

    def place(self, name: str) -> str:
        """``file:line, column`` of a field, or the mapping's line of a constant."""
        binding = self._binding
        if name in binding.map.places:
            return binding.map.places[name]
        if name in binding.columns:
            header = (binding.sheet.header[k] for k in binding.columns[name])
            return binding.sheet.where(self.line, " ".join(header))
        return self.where

    def places(self) -> dict[str, str]:
        """Places of all fields that the mapping gives; ``shares`` is the place of the row."""
        names = [*self._binding.columns, *self._binding.map.constants]
        return {name: self.place(name) for name in names}

    def note(self, name: str, code: str, expected: str, found: str, *, hint: str = "") -> None:
        """Record an error of a field."""
        self.findings.append(Finding(code, self.place(name), expected, found, hint))
        self.bad.add(name)

    def text(self, name: str, *, need: bool = False) -> str:
        """Text of a field in our words; empty if there is none, a finding if it is needed."""
        constant = self._binding.map.constants.get(name)
        if constant is not None:
            value = str(constant)
        else:
            try:
                value = " ".join(filter(None, map(cell_text, self._cells(name))))
            except CellError as error:
                self._take(name, error)
                return ""
        value = self._binding.map.words.get(name, {}).get(value, value)
        if not value and (need or name in self._needed):
            self.note(name, "missing", f"a {name}", "an empty cell")
        return value

    def written(self, name: str) -> str:
        """The cells of a field, unread; empty for a constant."""
        return " ".join(str(c.value) for c in self._cells(name) if c.value not in (None, ""))

    def moment(self, name: str = "occurred_at") -> datetime:
        """A moment with time zone."""
        constant = self._binding.map.constants.get(name)
        if isinstance(constant, datetime):
            return constant
        plan, epoch = self._binding.map, self._binding.sheet.epoch
        try:
            return moment(self._cells(name), plan.settings, epoch)
        except CellError as error:
            self._take(name, error)
            return _STAND_IN

    def mass(self, name: str, *, need: bool = False) -> Decimal | None:
        """Mass in kg; None where there is none, or it cannot be read."""
        value = self._quantity(name, "kg", need=need or name in self._needed)
        if value is not None and value < 0:
            self.note(name, "negative", "a mass >= 0 kg", kg(value))
            return None
        return value

    def share(self, name: str) -> Decimal | None:
        """Share in kg/kg; None where there is none, or it cannot be read."""
        value = self._quantity(name, "1")
        if value is not None and not 0 <= value <= 1:
            self.note(
                name,
                "share",
                "0..1 kg/kg",
                f"{value.normalize():f} kg/kg",
                hint="is the unit right?" if value > 1 else "",
            )
            return None
        return value

    def shares(self, group: str = "shares") -> dict[str, Decimal]:
        """Shares by substance, without the empty cells."""
        names = self._binding.map.substances(group)
        given = {s: self.share(f"{group}.{s}") for s in names}
        return {s: value for s, value in given.items() if value is not None}

    def _quantity(self, name: str, base: str, *, need: bool = False) -> Decimal | None:
        plan = self._binding.map
        constant = plan.constants.get(name)
        if isinstance(constant, Decimal):
            return constant
        cells = self._cells(name)
        empty = not cells or cells[0].value in (None, "")
        if empty and cells and cells[0].form != "formula":
            if need:
                self.note(name, "missing", f"a {name}", "an empty cell")
            return None
        if not cells:
            if need:
                self.note(name, "missing", f"a {name}", "no column")
            return None
        column = plan.columns[name]
        try:
            unit = (
                cell_text(self._row.cells[k])
                if (k := self._unit(name)) is not None
                else column.unit
            )
            return quantity(cells[0], unit, base, plan.settings) / column.k
        except CellError as error:
            self._take(name, error)
            return None

    def _unit(self, name: str) -> int | None:
        return self._binding.units.get(name)

    def _cells(self, name: str) -> list[Cell]:
        return [self._row.cells[k] for k in self._binding.columns.get(name, ())]

    def _take(self, name: str, error: CellError) -> None:
        self.note(name, error.code, error.expected, error.found, hint=error.hint)
