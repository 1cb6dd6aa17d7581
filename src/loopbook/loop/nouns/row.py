"""What every row of a loop has: its key, its switch, and where its numbers come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from loopbook.loop.values.cells import Ref
from loopbook.loop.values.quantity import Amount, Quantity
from loopbook.report import GRADES
from loopbook.tables import Choice, Field, Text, fields_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Provenance:
    """Where a row comes from: the last columns of every table, and its place.

    Parameters
    ----------
    where : ``file:line``.
    address : what ``--set`` calls the row: ``terms/black mass/payable/Li``.
    changed : places of the cells that one run sets, by column.
    """

    switch: Annotated[str, Ref("a switch", "switch"), "the row holds only when that is on"] = ""
    low: Annotated[str, Text("a quantity"), "5 % point; of a series a factor, or a series"] = ""
    high: Annotated[str, Text("a quantity"), "95 % point; of a series a factor, or a series"] = ""
    moves: Annotated[str, Text("a word"), "rows with the same word have the same draw"] = ""
    source_id: Annotated[str, Text("a source"), "the work that the numbers are from"] = ""
    page: Annotated[str, Text("a page"), "place in the work"] = ""
    grade: Annotated[str, Choice(*GRADES), "how sure the numbers are"] = ""
    note: Annotated[str, Text("a note"), "anything else, such as a second source"] = ""
    where: str = ""
    address: str = ""
    changed: Mapping[str, str] = field(default_factory=dict)


PROVENANCE = tuple(field for field in fields_of(Provenance) if field.meaning)
"""Last columns of every table."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of a table. A noun is a subclass with a field a column.

    A column that is a word of Python has an underscore behind it: `from_` is the column ``from``.

    Attributes
    ----------
    table : name of the table.
    key : columns that no two rows share.
    wide : what further columns are: ``component``, ``period``, or empty where there are none.
    role : what a name of the first column stands for; empty where it refers to another table.
    ranged : field that `low` and `high` are of; empty where no number has a range.
    provenance : where the row comes from.
    """

    table: ClassVar[str] = ""
    key: ClassVar[tuple[str, ...]] = ()
    wide: ClassVar[str] = ""
    role: ClassVar[str] = ""
    ranged: ClassVar[str] = ""

    provenance: Annotated[Provenance, "where the row comes from"] = Provenance()

    @property
    def where(self) -> str:
        """``file:line`` of the row."""
        return self.provenance.where

    @property
    def number(self) -> Quantity | None:
        """The quantity that `low` and `high` are of: of an amount its upper; None without one."""
        whole = getattr(self, self.ranged, None) if self.ranged else None
        quantity = whole.upper if isinstance(whole, Amount) else whole
        return quantity if isinstance(quantity, Quantity) else None

    @property
    def address(self) -> str:
        """What ``--set`` calls the row."""
        return self.provenance.address


def column_of(field: str) -> str:
    """The column of a field.

    >>> column_of("from_"), column_of("source_id")
    ('from', 'source_id')
    """
    return field.rstrip("_")


def columns_of(noun: type[Row]) -> tuple[Field, ...]:
    """Columns of a noun's own, without those of `PROVENANCE`; each has the name of its field.

    >>> from loopbook.loop.nouns.places import Lane
    >>> [column_of(field.name) for field in columns_of(Lane)][:3]
    ['from', 'to', 'material']
    """
    return tuple(x for x in fields_of(noun) if x.name not in ("provenance", "components"))


def all_columns(noun: type[Row]) -> dict[str, Field]:
    """Fields by column: those of a noun's own, then the last ones of every table."""
    return {column_of(field.name): field for field in (*columns_of(noun), *PROVENANCE)}
