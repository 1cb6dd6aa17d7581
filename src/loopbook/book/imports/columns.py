"""Columns that a kind of file declares: fields with an example, most of them those of a command."""

from dataclasses import dataclass
from functools import cached_property

from loopbook.book.commands.command import Command
from loopbook.book.commands.results import ResultField
from loopbook.tables import Choice, Field, MapOf, Maybe, Moment, Text, fields_of

_BASES = {"": "text", "1": "share"}  # what is no mass, by the unit of its type


@dataclass(frozen=True)
class Column(Field):
    """A column of a file: a declared field with an example; its unit is the mapping's."""

    example: object = ""

    @cached_property
    def has_limits(self) -> bool:
        """Whether its cells may hold limits, such as ``<0.01``, and ND."""
        return isinstance(self.type, MapOf) and isinstance(self.type.value, ResultField)

    @cached_property
    def cells(self) -> str:
        """What its cells hold: text, time, mass, share, or shares by substance."""
        if isinstance(self.type, MapOf):
            return "shares"
        return "time" if isinstance(self.type, Moment) else _BASES.get(self.type.unit, "mass")


def columns_of(
    record: type, *names: str, optional: bool = False, about: str = ""
) -> tuple[Column, ...]:
    """Columns for fields that a command declares; the unit is no part of a column's name.

    Parameters
    ----------
    record : the command, or a record inside it.
    names : of its fields; by default all but the envelope.
    optional : whether a row may leave out what the command needs.
    about : begins the meaning of each.

    >>> from loopbook.book.commands.measuring.weigh import Weigh
    >>> [(column.name, column.cells) for column in columns_of(Weigh, "ticket", "gross_kg")]
    [('ticket', 'text'), ('gross', 'mass')]
    """
    fields = {field.name: field for field in fields_of(record)}
    own = names or [name for name in fields if name not in Command.__dataclass_fields__]
    examples = getattr(record, "example", {})
    columns = []
    for name in own:
        kind, default = fields[name].type, None if optional else fields[name].default
        kind = kind.inner if isinstance(kind, Maybe) else kind
        choices = f": {kind.words}" if isinstance(kind, Choice) else ""
        meaning = f"{about}{fields[name].meaning}{choices}"
        example = examples.get(name, "")
        if isinstance(example, dict):
            example = ", ".join(f"{one} {value}" for one, value in example.items())
        columns.append(Column(name.removesuffix("_kg"), kind, meaning, default, example))
    return tuple(columns)


ENVELOPE = (
    *columns_of(Command, "occurred_at", "actor"),
    Column("document", Text(), "on which paper; the file's name if not given", ""),
)
"""Columns of every file."""
