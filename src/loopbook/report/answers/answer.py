"""Answers that know their own record: facts and tables with declared columns, and a version.

An answer is a dataclass. Each field declares its meaning in the place where it is written:

* ``Annotated[str, "name of the lot"]`` is a fact, or a column where the dataclass is a row; a
  `Column` beside the text adds unit, decimals and the like;
* ``Annotated[tuple[Lot, ...], Rows("Lots")]`` is a table whose rows are such dataclasses;
* ``Annotated[tuple[str, ...], KEYS]`` names the substances, or groups, that stand for ``{}`` in the
  names of columns: ``{}_kg`` is ``Ni_kg``, ``Co_kg`` and so on.

The terminal's text, JSON, CSV, workbooks, Parquet and Arrow are made from the record, so that all
of them agree.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, TypeAlias, Union, get_args, get_origin, get_type_hints

from loopbook.errors import (
    DuplicateError,
    Finding,
    NotFiniteError,
    StorageError,
    nearest_hint,
    no_date,
    raise_findings,
)
from loopbook.report.table import HIDDEN, Cell, Column, Lazy, Table

KEYS = Column()
"""Marks the field of an answer that holds the substances, or groups, of its columns."""

MODELLED = "Modelled, not measured: {}"
"""What people read over an answer about what a model computed."""

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
"""A value of JSON."""

Lines: TypeAlias = Iterable[Sequence[Cell]]
"""Rows of cells, which may be more than the memory holds."""

_FEW = 3  # keys that people see where the answer prefers others and has none of them
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def kilograms(milligrams: float) -> Decimal:
    """Milligrams as kg, exact; a fraction of a milligram is rounded.

    >>> f"{kilograms(-1_500_000):f}", f"{kilograms(0.6):f}"
    ('-1.500000', '0.000001')
    """
    return Decimal(round(milligrams)).scaleb(-6)


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number of things in words.

    >>> counted(1, "lot"), counted(5007, "lot"), counted(0, "delivery", "deliveries")
    ('1 lot', '5,007 lots', '0 deliveries')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def moment_of(microseconds: int) -> datetime:
    """Microseconds since 1970 UTC as a moment.

    >>> moment_of(1_000_000).isoformat()
    '1970-01-01T00:00:01+00:00'
    """
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        raise StorageError(no_date(microseconds)) from None


def share(value: float) -> float | None:
    """A share; None for NaN, the share of nothing.

    >>> share(0.25), share(float("nan"))
    (0.25, None)
    """
    if math.isinf(value):
        raise NotFiniteError.of("not-finite", "a share", "a number or NaN", str(value))
    return None if math.isnan(value) else float(value)


@dataclass(frozen=True, slots=True)
class Rows:
    """Declares that a field is a table, with its title; its name is the field's by default."""

    title: str
    name: str = ""


def each_mass(
    name: str = "{}_kg", title: str = "{}", *, drops: int = 0, adds: bool = True
) -> Column:
    """Columns of masses that are held in mg: of each substance, and of their sum."""
    return Column(
        name, title, "kg", decimals=3, drops=drops, adds=adds, read=kilograms, whole="mass", order=1
    )


def each_share(name: str = "{}_share", title: str = "{} share") -> Column:
    """Columns of shares 0..1, of each substance."""
    return Column(name, title, "1", decimals=2, read=share, order=2)


@dataclass(frozen=True, slots=True)
class Record:
    """An answer as every door shows it.

    Parameters
    ----------
    name, version : of the kind of answer; the version grows when a column changes its meaning.
    headline : the answer in a sentence, for people.
    facts : a table of one row: what the answer reports beside its tables.
    tables : its tables.
    keys : substances, or groups, that columns are about.
    shown, prefers, blocks, verbatim : see `Answer`.
    """

    name: str
    version: int
    headline: str
    facts: Table
    tables: tuple[Table, ...]
    keys: tuple[str, ...] = ()
    shown: tuple[str, ...] | None = None
    prefers: tuple[str, ...] = ()
    blocks: bool = False
    verbatim: bool = False

    def __post_init__(self) -> None:
        """Refuse two facts or tables of one name, which JSON could not hold."""
        names = [*(c.name for c in self.facts.columns), *(t.name for t in self.tables)]
        if doubled := {name for name in names if names.count(name) > 1}:
            raise DuplicateError.of(
                "duplicate", f"answer {self.name}", "each name once", str(doubled)
            )

    def seen(self) -> list[Table]:
        """The tables that people see."""
        return [t for t in self.tables if self.shown is None or t.name in self.shown]

    def chosen(self, only: Sequence[str] = ()) -> Sequence[str]:
        """Keys that people see: those asked for, else those preferred, where there is some.

        An unknown key is an `UnknownNameError`.
        """
        raise_findings(
            Finding("unknown-name", "--substance", "a substance of the book", repr(x), hint)
            for x in only
            if x not in self.keys
            for hint in [nearest_hint(x, self.keys)]
        )
        tables = (self.facts, *self.seen())
        some = {c.key for t in tables for k, c in enumerate(t.columns) if any(r[k] for r in t.rows)}
        there = [key for key in self.keys if key in some]
        preferred = [key for key in self.prefers if key in some]
        return only or preferred or (there[:_FEW] if self.prefers else there)

    def as_json(self) -> dict[str, Plain]:
        """The record for programs: facts, and each table as a list of rows."""
        (facts,) = _plain_rows(self.facts)
        tables: dict[str, Plain] = {table.name: [*_plain_rows(table)] for table in self.tables}
        return {"answer": self.name, "version": self.version, **facts, **tables}


def _plain_rows(table: Table) -> Iterator[dict[str, Plain]]:
    for record in table.records():
        yield {name: plain(cell) for name, cell in record.items()}


def plain(cell: Cell) -> Plain:
    """A cell as a value of JSON: masses are decimal text, moments ISO 8601 with their offset.

    >>> plain(kilograms(5)), plain(moment_of(0)), plain(("a", "b"))
    ('0.000005', '1970-01-01T00:00:00+00:00', ['a', 'b'])
    """
    if isinstance(cell, tuple):
        return list(cell)
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return cell.isoformat() if isinstance(cell, datetime) else cell


def as_text(cell: Cell) -> str:
    """A cell as text that reads back; nothing for None.

    >>> as_text(None), as_text(True), as_text(0.1), as_text(Decimal("1.50")), as_text(("a", "b"))
    ('', 'yes', '0.1', '1.50', 'a, b')
    """
    if cell is None or isinstance(cell, bool):
        return "" if cell is None else "yes" if cell else "no"
    return ", ".join(cell) if isinstance(cell, tuple) else str(plain(cell))


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Base of the answers: dataclasses whose fields declare their columns.

    Parameters
    ----------
    modelled : what computed the numbers, where nothing of them was measured; see `marked`.

    Attributes
    ----------
    version : grows when a column changes its name or its meaning.
    prefers : keys that people see unless they ask for others; empty for all.
    blocks : whether people see a row as lines, a column a line.
    verbatim : whether the headline is given away as it is, such as a signed text.
    """

    __slots__ = ()  # each kind of answer has a place for the mark
    version: ClassVar[int] = 1
    prefers: ClassVar[tuple[str, ...]] = ()
    blocks: ClassVar[bool] = False
    verbatim: ClassVar[bool] = False

    modelled: str = ""

    def headline(self) -> str:
        """The answer in a sentence; without one people see the facts."""
        return ""

    def remark(self) -> str:
        """What a person at a terminal should know beside the answer; it is no part of it."""
        return ""

    def screen(self, width: int | None) -> str:
        """Text for people in place of the headline and the tables; empty without such a one.

        Parameters
        ----------
        width : cells of the screen; None for as many as it takes.
        """
        return ""

    def shown(self) -> tuple[str, ...] | None:
        """Names of the tables that people see; None for all."""
        return None

    def good(self) -> bool:
        """Whether all is well; if not, a command ends with exit code 1."""
        return True

    def as_record(self) -> Record:
        """The answer as facts and tables, marked where it is modelled."""
        record = self.unmarked()
        return marked(record, self.modelled) if self.modelled else record

    def unmarked(self) -> Record:
        """The answer as facts and tables."""
        shape = shape_of(type(self))
        keys = tuple(getattr(self, shape.keys)) if shape.keys else ()
        return Record(
            answer_name(type(self)),
            self.version,
            self.headline(),
            table_of("facts", "Facts", type(self), [self], keys=keys),
            tuple(
                table_of(rows.name or name, rows.title, kind, getattr(self, name), keys=keys)
                for name, (rows, kind) in shape.tables.items()
            ),
            keys,
            self.shown(),
            self.prefers,
            self.blocks,
            self.verbatim,
        )


def marked(record: Record, model: str) -> Record:
    """A record of which every form shows that it is modelled: text, JSON, and each row of a table.

    Parameters
    ----------
    model : what computed it.
    """
    shown = record.headline and not record.verbatim
    column = Column(
        "modelled", "Modelled", kind=str, meaning="what computed it: nothing was measured"
    )
    hidden = replace(column, drops=HIDDEN)
    return replace(
        record,
        headline=f"{MODELLED.format(model)}\n{record.headline}" if shown else record.headline,
        facts=_with_cell(record.facts, column, model),
        tables=tuple(_with_cell(table, hidden, model) for table in record.tables),
    )


def _with_cell(table: Table, column: Column, cell: Cell) -> Table:
    """A table with one more column, of equal cells."""
    rows = table.rows
    more = Lazy(len(rows), lambda k: (*rows[k], cell))
    return replace(table, columns=(*table.columns, column), rows=more)


def answer_name(kind: type) -> str:
    """Name of a kind of answer.

    >>> answer_name(Answer)
    'answer'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.__name__).lower()


# ---- from declarations to tables ----


@dataclass(frozen=True, slots=True)
class Shape:
    """What the fields of a dataclass declare.

    Parameters
    ----------
    columns : by field; one with ``{}`` in its name is a pattern for the keys.
    tables : title and name, and class of the rows, by field.
    keys : name of the field that holds the keys; empty without one.
    """

    columns: Mapping[str, Column]
    tables: Mapping[str, tuple[Rows, type]]
    keys: str


def shape_of(kind: type) -> Shape:
    """What a class declares: its fields in order, then its properties."""
    hints = get_type_hints(kind, include_extras=True)
    for name, member in vars(kind).items():
        if isinstance(member, property):
            hints[name] = get_type_hints(member.fget, include_extras=True).get("return")
    columns: dict[str, Column] = {}
    tables: dict[str, tuple[Rows, type]] = {}
    keys = ""
    for name, hint in hints.items():
        base, *marks = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        rows = next((mark for mark in marks if isinstance(mark, Rows)), None)
        if rows is not None:
            tables[name] = rows, get_args(base)[0]
        elif any(mark is KEYS for mark in marks):
            keys = name
            columns[name] = _named([Column(drops=HIDDEN), "in the order of columns"], name, base)
        elif marks:
            columns[name] = _named(marks, name, base)
    return Shape(dict(sorted(columns.items(), key=lambda x: x[1].order)), tables, keys)


def _named(marks: Sequence[object], field: str, base: object) -> Column:
    """The column of a field, with its name, where it has no other, and the type of its cells."""
    column = next((mark for mark in marks if isinstance(mark, Column)), Column())
    meaning = next((mark for mark in marks if isinstance(mark, str)), "")
    made = get_type_hints(column.read)["return"] if column.read else base
    union = get_origin(made) in (Union, UnionType)
    kinds = [x for x in get_args(made) if x is not NoneType] if union else [made]
    kind: Any = get_origin(kinds[0]) or kinds[0] if len(kinds) == 1 else object
    title = column.title or field.replace("_", " ").capitalize()
    return replace(column, name=column.name or field, title=title, kind=kind, meaning=meaning)


def _expand(column: Column, keys: Sequence[str]) -> Iterator[Column]:
    if "{}" not in column.name:
        yield column
        return
    for key in [column.whole] * bool(column.whole) + list(keys):
        title = column.title.format(key)
        title = title[:1].upper() + title[1:]
        drops = max(column.drops - 1, 0) if key == column.whole else column.drops
        yield replace(column, name=column.name.format(key), title=title, key=key, drops=drops)


def _cells(row: object, shape: Shape, keys: Sequence[str]) -> Iterator[Cell]:
    for name, column in shape.columns.items():
        value = getattr(row, name)
        values = [value] if "{}" not in column.name else [None] * len(keys)
        if "{}" in column.name:
            values = [None] * len(keys) if value is None else list(value)
            if column.whole:
                values.insert(0, None if value is None else sum(value))
        read = column.read or _same
        yield from (None if x is None else read(x) for x in values)


def _same(cell: Cell) -> Cell:
    return cell


def table_of(
    name: str, title: str, kind: type, rows: Iterable[object], *, keys: Sequence[str] = ()
) -> Table:
    """A table of dataclasses that declare their columns."""
    shape = shape_of(kind)
    columns = tuple(x for column in shape.columns.values() for x in _expand(column, keys))
    listed = [*rows]
    make = cache(lambda k: tuple(_cells(listed[k], shape, keys)))
    return Table(name, title, columns, Lazy(len(listed), make))
