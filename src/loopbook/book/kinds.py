"""All kinds that a book takes: commands and files to import, each with its declared fields."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.kinds import all_commands
from loopbook.book.imports.columns import Column as CellColumn
from loopbook.book.imports.importing import all_imports
from loopbook.book.imports.rows import ImportKind
from loopbook.book.plugins import Kind
from loopbook.errors import require_known
from loopbook.report import HIDDEN, Answer, Column, Rows
from loopbook.tables import Field, fields_of, meaning_of, schema_of


@dataclass(frozen=True, slots=True)
class KindRow:
    """A kind in a line."""

    kind: Annotated[str, "its name"]
    purpose: Annotated[str, "what it is for"]


@dataclass(frozen=True, slots=True)
class BookKinds(Answer):
    """Kinds of commands and kinds of files that a book takes."""

    commands: Annotated[tuple[KindRow, ...], Rows("Commands")]
    files: Annotated[tuple[KindRow, ...], Rows("Files to import")]


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field of a kind."""

    field: Annotated[str, "its name"]
    value: Annotated[str, "what a person enters"]
    default: Annotated[str, "needed, or the value without an entry"]
    example: Annotated[str, "an entry"]
    meaning: Annotated[str, "what it is"]


@dataclass(frozen=True, slots=True)
class BookKind(Answer):
    """A kind of command or of file, with its fields."""

    kind: Annotated[str, "its name"]
    purpose: Annotated[str, "what it is for"]
    fields: Annotated[tuple[FieldRow, ...], Rows("Fields")]
    example: Annotated[str, "a command as JSON; empty for a file"]
    schema: Annotated[str, "JSON Schema of the fields", Column(drops=HIDDEN)]

    def headline(self) -> str:
        """The kind, its purpose and an example."""
        example = f"\n\nExample: {self.example}" if self.example else ""
        return f"{self.kind}: {self.purpose}{example}"


def list_kinds() -> BookKinds:
    """Kinds of commands and of files to import: ours, and those of plugins."""
    return BookKinds(_rows(all_commands()), _rows(all_imports()))


def _rows(kinds: Mapping[str, type[Kind]]) -> tuple[KindRow, ...]:
    return tuple(KindRow(name, meaning_of(kind)[0]) for name, kind in kinds.items())


def describe_kind(name: str) -> BookKind:
    """What a kind is for, and its fields; a wrong name is a finding with the three nearest.

    >>> describe_kind("hold").purpose
    'A lot may not be used until it is released.'
    >>> print(describe_kind("stock").fields[0].meaning)
    name of the lot
    """
    known: dict[str, type[Command] | type[ImportKind]] = {**all_imports(), **all_commands()}
    require_known("a kind of command or of file", name, known)
    kind = known[name]
    if issubclass(kind, Command):
        fields, example = fields_of(kind), json.dumps({"kind": name, **kind.example}, default=str)
    else:
        fields, example = tuple(kind.known.values()), ""
    schema = json.dumps(schema_of(fields))
    return BookKind(
        name, "\n\n".join(meaning_of(kind)), tuple(map(_field_row, fields)), example, schema
    )


def _field_row(field: Field) -> FieldRow:
    cells, example = field.type.words, ""
    default = "may be empty" if field.default in ("", None) else str(field.default)
    if isinstance(field, CellColumn):
        cells, example, default = field.cells, str(field.example), "may be empty"
    return FieldRow(
        field.name, cells, "needed" if field.required else default, example, field.meaning
    )
