"""Kinds of files to import, and their rows in the columns that a kind declares.

An error in a cell becomes a finding at its place, and a harmless value replaces it, so that
the rest of the row is still read and checked.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import ClassVar, TypeVar

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import CommandFinding, microseconds
from loopbook.book.imports.columns import ENVELOPE, Column
from loopbook.book.imports.mapping import ImportMap
from loopbook.book.imports.posting import Entry
from loopbook.book.nouns import Vehicle
from loopbook.book.plugins import Kind
from loopbook.errors import Finding, nearest_hint
from loopbook.tables import (
    Cell,
    CellError,
    Row,
    Sheet,
    Value,
    cell_text,
    escaped,
    factor,
    fields_of,
    is_percent,
    limit_parts,
    moment,
    quantity,
    unit_problem,
    without_sign,
)

C = TypeVar("C", bound=Command)

_STAND_INS = {"time": datetime(2000, 1, 1, tzinfo=UTC), "text": ""}
_SIGNS = frozenset(("<", ">", "<=", ">=", "≤", "≥", "＜", "＞"))
_RESULTS = "write <0.01 or ND for a result below a limit; what was not analysed is an empty cell"
_FRACTIONS = ("1", "kg/kg")
_NOWHERE = ((), None)  # a column that the mapping does not give
_ONE_KG = Decimal(1)  # replaces a mass that cannot be read


@dataclass(frozen=True, slots=True)
class Binding:
    """A mapping bound to the columns of a sheet.

    Parameters
    ----------
    places : numbers of the sheet's columns, and number of the one with the unit, by field.
    groups : fields of each group of shares, by substance.
    signs : number of the column with the signs of results, by field.
    beside : numbers of unused columns beside results, by field, where no column has their signs.
    ignored : columns that the mapping does not use.
    declared : names of the columns that the kind declares.
    vehicles : of the book.
    percents : numbers of the columns of a workbook that has cells of them in percent.
    same : values of the columns that are the same in every row: constants, and what the mapping
        does not name.
    """

    sheet: Sheet
    map: ImportMap
    places: Mapping[str, tuple[tuple[int, ...], int | None]]
    groups: Mapping[str, Mapping[str, str]]
    signs: Mapping[str, int]
    beside: Mapping[str, tuple[int, ...]]
    ignored: tuple[str, ...]
    declared: frozenset[str]
    vehicles: Mapping[str, Vehicle]
    percents: frozenset[int]
    same: Mapping[str, Value]

    def words(self, finding: CommandFinding) -> str:
        """How the mapping takes the name of a finding, which looks like another, for that one."""
        _, name, twin = finding.twin
        column, where = finding.where.partition(", ")[2], finding.where
        heads = {
            x: " ".join(self.sheet.header[k] for k in at) for x, (at, _) in self.places.items()
        }
        names = [x for x, one in self.map.known.items() if one.cells == "text"]
        names = [x for x in names if heads.get(x) == column or self.map.places.get(x) == where]
        texts = [f"[words.{x}]" for x in names]
        line = f'"{escaped(name)}" = "{escaped(twin)}"'
        return f"write {line} under {' and under '.join(texts)} of the mapping" if texts else ""


def bind(
    sheet: Sheet, plan: ImportMap, vehicles: Mapping[str, Vehicle], findings: list[Finding]
) -> Binding:
    """Find each column of the mapping; one that is missing or comes twice is a finding."""
    numbers = {head: k for k, head in enumerate(sheet.header)}
    used: set[str] = set()
    places: dict[str, tuple[tuple[int, ...], int | None]] = {}
    for name, source in plan.sources.items():
        heads = (*source.columns, *filter(None, [source.unit_column, source.sign_column]))
        for head in heads:
            if head not in used and sheet.header.count(head) != 1:
                findings.append(_no_column(head, sheet, plan))
        used.update(heads)
        columns = tuple(numbers.get(head, 0) for head in source.columns)
        places[name] = columns, numbers.get(source.unit_column) if source.unit_column else None
    groups: dict[str, dict[str, str]] = {}
    for name in (*plan.sources, *plan.constants):
        group, _, substance = name.partition(".")
        groups.setdefault(group, {})[substance] = name
    findings += _other_units(sheet, plan, places)
    ignored = tuple(head for head in sheet.header if head and head not in used)
    signs = {x: numbers[s.sign_column] for x, s in plan.sources.items() if s.sign_column in numbers}
    beside = {
        name: tuple(
            k
            for column in places[name][0]
            for k in (column - 1, column + 1)
            if 0 <= k < len(sheet.header) and sheet.header[k] in ignored
        )
        for name, source in plan.sources.items()
        if source.sign_column is None and plan.known[name.partition(".")[0]].has_limits
    }
    shares = {k for name, s in plan.sources.items() if s.base == "1" for k in places[name][0]}
    percents = frozenset(k for k in shares if any(is_percent(row.cells[k]) for row in sheet.rows))
    known, same = frozenset(plan.known), _same_in_all(plan)
    return Binding(
        sheet, plan, places, groups, signs, beside, ignored, known, vehicles, percents, same
    )


def _same_in_all(plan: ImportMap) -> dict[str, Value]:
    """Values of the columns that no cell gives, without those of which a row needs one."""
    same: dict[str, Value] = {}
    for name, column in plan.known.items():
        value: Value = plan.constants.get(name)
        if column.cells == "shares" or (value is None and name in plan.sources):
            continue
        if column.cells == "text":
            value = "" if value is None else plan.words.get(name, {}).get(value, value)
        if not (column.required and value in ("", None)):
            same[name] = value
    return same


def _other_units(
    sheet: Sheet, plan: ImportMap, places: Mapping[str, tuple[tuple[int, ...], int | None]]
) -> Iterator[Finding]:
    """Units in skipped rows that are not those of the mapping."""
    for row in sheet.skipped:
        for name, source in plan.sources.items():
            columns, unit_at = places[name]
            if not source.base or unit_at is not None or columns[0] >= len(row.cells):
                continue
            unit = str(row.cells[columns[0]].value or "").strip(" []()")
            if not unit or unit_problem(unit, source.base):
                continue
            if factor(unit, source.base) != factor(source.unit, source.base):
                yield Finding(
                    "unit",
                    sheet.where(row.line, source.columns[0]),
                    f"{source.unit}, as in the mapping",
                    unit,
                    f'write unit = "{unit}" for this column, if the sheet is right',
                )


def _no_column(name: str, sheet: Sheet, plan: ImportMap) -> Finding:
    """The finding about a column that is not there, or is there more than once."""
    where, count = sheet.where(sheet.header_line), sheet.header.count(name)
    if count:
        return Finding(
            "duplicate",
            where,
            f"one column {name!r}",
            f"{count} columns {name!r}",
            "rename one of them",
        )
    hint = nearest_hint(name, filter(None, sheet.header))
    if sheet.header[0].lower().startswith("sep="):
        hint = "the header is below this line: write header_line = 2"
    elif len(sheet.header) == 1:
        signs = [s for s in ";,\t|" if s in sheet.header[0] and s != plan.settings.delimiter]
        hint = f"write delimiter = {json.dumps(signs[0])} in the mapping" if signs else hint
    return Finding(
        "missing-column",
        where,
        f"a column {name!r}",
        f"{len(sheet.header)} columns without it",
        hint,
    )


def kg(value: Decimal) -> str:
    """Mass as people read it.

    >>> kg(Decimal("10100.00"))
    '10100 kg'
    """
    return f"{value.normalize():f} kg"


class ImportRow(dict[str, Value]):
    """A row of a file; ``row["gross"]`` is the value of a column, read when it is first asked for.

    The value is a text, a moment, a mass in kg, a share, or shares by substance. Where a cell is
    empty it is None, or an empty text; after a finding, too, or it is a harmless value.

    Attributes
    ----------
    line : of the file.
    findings : errors in its cells.
    bad : columns with such an error.
    """

    __slots__ = ("_binding", "_map", "_row", "bad", "findings", "line")

    def __init__(self, binding: Binding, row: Row) -> None:
        super().__init__(binding.same)
        self.line = row.line
        self.findings: list[Finding] = []
        self.bad: set[str] = set()
        self._binding, self._row, self._map = binding, row, binding.map

    def __missing__(self, name: str) -> Value:
        column = self._map.known[name]
        if column.cells == "shares":
            group = self._binding.groups.get(name, {})
            kind = "result" if column.has_limits else "share"
            read = {s: self._read(one, kind) for s, one in group.items()}
            self[name] = {s: share for s, share in read.items() if share is not None}
        else:
            self[name] = self._read(name, column.cells)
            if column.required:
                self.need(name)
        return self[name]

    def need(self, *names: str) -> None:
        """Record each of these columns that is empty."""
        for name in names:
            if self[name] in ("", None) and name not in self.bad:
                self.note(
                    name,
                    "missing",
                    f"a {name}",
                    "an empty cell" if name in self._binding.places else "no column",
                )

    @property
    def document(self) -> str:
        """The paper that the row stands for: the file, if it names no other."""
        return self["document"] or self._binding.sheet.name

    @property
    def names(self) -> list[str]:
        """Columns and constants of the mapping."""
        return [*self._map.sources, *self._map.constants]

    @property
    def where(self) -> str:
        """``file:line``."""
        return self._binding.sheet.where(self.line)

    def find(self, name: str) -> str:
        """``file:line, column``, or the mapping's line of a constant; empty for another name."""
        if name in self._map.places:
            return self._map.places[name]
        if name not in self._binding.places:
            return ""
        sheet, (columns, _) = self._binding.sheet, self._binding.places[name]
        return sheet.where(self.line, " ".join(sheet.header[k] for k in columns))

    def note(
        self,
        name: str,
        code: str,
        expected: str,
        value: str,
        *,
        hint: str = "",
        difference: str = "",
    ) -> None:
        """Record an error of a column."""
        self.findings.append(
            Finding(code, self.find(name) or self.where, expected, value, hint, difference)
        )
        self.bad.add(name)

    def stored_tare(self, vehicle: str) -> Decimal | None:
        """The tare that the book has of a vehicle at the row's time, kg."""
        known = self._binding.vehicles.get(vehicle)
        tare_mg = None if known is None else known.tare_mg(microseconds(self["occurred_at"]))
        return None if tare_mg is None else Decimal(tare_mg) / 1_000_000

    def written(self, name: str) -> str:
        """The cells of a column, unread; empty for a constant."""
        return " ".join(str(c.value) for c in self._cells(name) if c.value not in (None, ""))

    def command(self, record: type[C], *names: str, **values: Value) -> C:
        """A command of the row.

        Parameters
        ----------
        record : its class.
        names : with the document they make its key.
        values : of its fields; the others are read from the columns of their names.
        """
        fields = _taken(self._binding.declared, record)  # type: ignore[arg-type]  # a class has a hash
        for field, column, default in fields:
            if field not in values:
                value = self[column]
                values[field] = default if value is None else value
        values["document"] = self.document
        return record(key="/".join((self.document, *names)), **values)

    def entry(
        self, *commands: Command, paper: tuple[str, ...] = (), same: Mapping[str, str] | None = None
    ) -> Entry:
        """An entry of commands.

        Parameters
        ----------
        paper : see `Entry`.
        same : columns by fields of the commands that have other names.
        """
        columns = same or {}
        return Entry(
            self.line,
            self.where,
            commands,
            lambda name: self.find(columns.get(name, name)),
            paper=paper,
            findings=tuple(self.findings),
            bad=frozenset(self.bad),
        )

    def _read(self, name: str, kind: str) -> Value:
        """The value of a column, or of one substance's."""
        value: Value = self._map.constants.get(name)
        if value is None and name not in self._map.sources:
            return "" if kind == "text" else None
        try:
            if kind == "text":
                return self._text(name, value)
            if value is not None:
                return value
            cells = self._cells(name)
            if kind == "time":
                return moment(cells, self._map.settings, self._binding.sheet.epoch)
            return self._numbers(cells, name, kind)
        except CellError as error:
            hint = error.hint or self._units_hint(name, error)
            if kind == "result" and error.code == "not-a-number":
                hint = hint or _RESULTS
            self.note(name, error.code, error.expected, error.found, hint=hint)
            return _STAND_INS.get(kind)

    def _numbers(self, cells: list[Cell], name: str, kind: str) -> Value:
        """The number of a cell, or a tuple where several cells have one."""
        if len(cells) == 1:
            return self._number(cells[0], name, kind)
        numbers = [self._number(cell, name, kind) for cell in cells]
        if len(numbers) > 1:
            numbers = [one for one in numbers if one is not None] or [None]
        return numbers[0] if len(numbers) == 1 else tuple(numbers)

    def _text(self, name: str, value: Value) -> Value:
        """The text of a column, or a constant, in the words of the mapping."""
        if value is None:
            cells = self._cells(name)
            texts = map(cell_text, cells)
            value = next(texts) if len(cells) == 1 else " ".join(filter(None, texts))
            if "/" in value:
                value = value.replace("/", self._map.sources[name].slash)
        words = self._map.words.get(name)
        return words.get(value, value) if words else value

    def _units_hint(self, name: str, error: CellError) -> str:
        """The remedy where a number's cell holds a unit: a row of units below the header."""
        source = self._map.sources.get(name)
        word = self.written(name).strip(" []()")
        if not (source and source.base and error.code == "not-a-number" and word):
            return ""
        is_unit = not unit_problem(word, source.base)
        return f"if line {self.line} holds units, write data_line = {self.line + 1}" * is_unit

    def _number(self, written: Cell, name: str, kind: str) -> Decimal | str | None:
        """A mass in kg or a share; None for an empty cell, text for a result that is a limit."""
        if name in self._binding.signs:
            written = self._signed(written, self._row.cells[self._binding.signs[name]])
        if written.value in (None, "") and written.form != "formula":
            return None
        sign, cell = without_sign(written) if kind == "result" else ("", written)
        if not sign and name in self._binding.beside:
            self._refuse_sign_beside(name)
        if cell.value == "":
            return str(written.value)
        source, (columns, unit_at) = self._map.sources[name], self._binding.places[name]
        unit = source.unit if unit_at is None else cell_text(self._row.cells[unit_at])
        is_bare = isinstance(cell.value, str) and cell.value[-1:].isdecimal()
        if is_bare and unit in _FRACTIONS and not self._binding.percents.isdisjoint(columns):
            text = str(written.value)
            hint = f"write {text} % if it is in percent, {text} kg/kg if it is not"
            expected = "a number with its unit, since cells of this column are shown in percent"
            raise CellError("unit", expected, text, hint)
        value = quantity(cell, unit, source.base, self._map.settings)
        if source.k != 1:
            value /= source.k
        value *= source.per
        if source.base == "kg" and value < 0:
            raise CellError("negative", "a mass >= 0 kg", kg(value))
        if source.base == "1" and not 0 <= value <= 1:
            is_percent = unit_at is None and unit in _FRACTIONS and 1 < value <= 100
            hint = 'write unit = "%" if the numbers are percent' * is_percent
            if kind == "result" and value < 0:
                hint = "write <0.01 where a minus sign stands for below that limit"
            raise CellError("share", "0..1 kg/kg", f"{value.normalize():f} kg/kg", hint)
        return f"{sign}{value.normalize():f}" if sign else value

    def _refuse_sign_beside(self, name: str) -> None:
        """Raise a `CellError` for a sign beside a result whose signs the mapping does not name."""
        for k in self._binding.beside[name]:
            mark, head = str(self._row.cells[k].value).strip(), self._binding.sheet.header[k]
            if mark in _SIGNS:
                raise CellError(
                    "censored",
                    "no sign beside a number",
                    f"{mark} in the column {head}",
                    f'write sign_column = "{head}" for this column, "" if it is no sign of it',
                )

    def _signed(self, written: Cell, sign: Cell) -> Cell:
        """The cell of a result with its sign, which is in a column of its own."""
        mark = cell_text(sign)
        if mark in ("", "="):
            return written
        value = written.value
        point = self._map.settings.decimal
        number = f"{value:.15g}".replace(".", point) if isinstance(value, float) else value or ""
        if limit_parts(f"{mark} {number}") is None:
            raise CellError(
                "censored",
                "<, > or a word such as ND",
                repr(mark),
                "clear the cell if the number counts as it is",
            )
        return Cell(f"{mark} {number}", written.form)

    def _cells(self, name: str) -> list[Cell]:
        cells, (columns, _) = self._row.cells, self._binding.places.get(name, _NOWHERE)
        return [cells[k] for k in columns]


class ImportKind(Kind):
    """Base of all kinds of files; a kind is a subclass in a file of its own.

    Class attributes
    ----------------
    kind : its name, made from the name of the class.
    columns : what its files may and must have, beside time, actor and document of the commands.
    known : all columns, by name.
    sums_are_totals : whether a last row whose masses sum those above is a total.
    entry : the commands that a row means, made with `ImportRow.command` and `ImportRow.entry`; not
        needed where `entries` is given.
    """

    methods = ("entry", "entries")
    columns: ClassVar[tuple[Column, ...]] = ()
    known: ClassVar[dict[str, Column]] = {}
    sums_are_totals: ClassVar[bool] = False
    entry: ClassVar[Callable[..., Entry]]

    def __init_subclass__(cls) -> None:
        """Add the columns of every file."""
        super().__init_subclass__()
        cls.known = {column.name: column for column in (*cls.columns, *ENVELOPE)}

    def entries(self, rows: Iterable[ImportRow]) -> Iterator[Entry]:
        """Entries of a file's rows; by default one a row."""
        return map(self.entry, rows)


@cache
def _taken(columns: frozenset[str], record: type) -> tuple[tuple[str, str, Value], ...]:
    """Fields of a command that have a column, with its name and what replaces an empty cell."""
    fields = [(field, field.name.removesuffix("_kg")) for field in fields_of(record)]
    return tuple(
        (field.name, column, _ONE_KG if field.required else field.default)
        for field, column in fields
        if column in columns
    )
