"""All kinds that a book takes: commands and files to import, each with its declared fields."""

import json
from collections.abc import Mapping

from loopbook.book.commands.command import Command
from loopbook.book.commands.kinds import all_commands
from loopbook.book.imports.columns import Column
from loopbook.book.imports.importing import all_imports
from loopbook.book.imports.kind import ImportKind
from loopbook.book.plugins import Kind
from loopbook.errors import Findings
from loopbook.tables import Field, Schema, fields_of, schema_of


def list_kinds() -> dict[str, dict[str, str]]:
    """Kinds of commands and kinds of files, each with its first sentence, by name."""
    groups: dict[str, Mapping[str, type[Kind]]] = {
        "Commands": all_commands(),
        "Files to import": all_imports(),
    }
    return {
        title: {name: (kind.__doc__ or "").splitlines()[0] for name, kind in kinds.items()}
        for title, kinds in groups.items()
    }


def describe_kind(name: str) -> str:
    """What a kind is for, and its fields: what is in them, whether they are needed, the meaning.

    >>> print(describe_kind("hold").splitlines()[0])
    hold: A lot may not be used until it is released.
    >>> print(describe_kind("stock").splitlines()[2])
      lot (text; needed; such as S-2): name of the lot
    """
    kind = _named(name)
    lines = [f"{name}: {(kind.__doc__ or '').strip()}", ""]
    for field in _fields(kind):
        needed, words = "needed", field.type.words
        if isinstance(field, Column):
            words = field.cells
            needed = "needed" if field.required else "may be empty"
            needed += f"; such as {field.example}" if field.example else ""
        elif not field.required:
            needed = f"default {field.default!r}"
        lines.append(f"  {field.name} ({words}; {needed}): {field.meaning}")
    if issubclass(kind, Command):
        example = json.dumps({"kind": name, **kind.example}, default=str)
        lines += ["", f"Example: {example}"]
    return "\n".join(lines) + "\n"


def schema_of_kind(name: str) -> Schema:
    """JSON Schema of a kind's fields, with their meanings."""
    return schema_of(_fields(_named(name)))


def _fields(kind: type[Command] | type[ImportKind]) -> tuple[Field, ...]:
    return fields_of(kind) if issubclass(kind, Command) else tuple(kind.known.values())


def _named(name: str) -> type[Command] | type[ImportKind]:
    """A kind by its name; a wrong name is a finding with the three nearest."""
    known: dict[str, type[Command] | type[ImportKind]] = {**all_imports(), **all_commands()}
    findings = Findings()
    if name not in known:
        findings.unknown("a kind of command or of file", name, known)
    findings.raise_all()
    return known[name]
