"""Make ``docs/commands.md``, the reference of commands, from their declarations::

python docs/make_commands.py
"""

import inspect
import json
from collections.abc import Iterable
from pathlib import Path

from loopbook.book import COMMANDS, WARNINGS, Command
from loopbook.book.commands.warnings.limits import LIMITS_FILE
from loopbook.matter import load_library
from loopbook.tables import Field, fields_of

ENVELOPE = {"actor": "amy", "occurred_at": "2026-03-17T08:15:00-05:00"}


def commands_page() -> str:
    """The page of our commands, in Markdown."""
    head = [
        "# Commands",
        "",
        "What may be reported to the book, made from the declarations in"
        " `src/loopbook/book/commands/`; `loopbook book kinds KIND` prints one of them. A file for"
        " `loopbook book post` has one command a line, as in the examples. Every command has:",
        *_table(fields_of(Command)),
    ]
    commands = ["\n".join(_command(COMMANDS[kind])) + "\n" for kind in sorted(COMMANDS)]
    return "\n".join(["\n".join(head) + "\n", *commands, "\n".join(_warnings()) + "\n"])


def _warnings() -> list[str]:
    """Kinds of warnings, and the table of limits with sources."""
    lines = [
        "## Warnings",
        "",
        "What is outside of these limits is a warning of its kind, which is accepted with a reason"
        " ([the book in ten minutes](book.md#warnings)). A material is compared by its name.",
        "",
        "| kind | warns that |",
        "| --- | --- |",
        *(f"| `{kind}` | {meaning} |" for kind, meaning in WARNINGS.items()),
        "",
        "| kind or material | limit | passes | source, grade | reason |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in load_library([LIMITS_FILE]).numbers:
        unit = "" if row.unit == "1" else f" {row.unit}"
        ends = f"{row.value:g}" if row.low is None else f"{row.low:g} to {row.high:g}"
        source = f"{row.source_id}, {row.grade}"
        lines.append(
            f"| `{row.subject}` | {row.parameter} | {ends}{unit} | {source} | {row.note} |"
        )
    return lines


def _command(command: type[Command]) -> list[str]:
    kind = command.kind
    lines = [f"## {kind}", "", inspect.cleandoc(command.__doc__ or "").replace("``", "`")]
    if command.line not in (Command.line, ("", "")):
        lines += ["", f"On the metal statement: {' and '.join(dict.fromkeys(command.line))}."]
    envelope = {field.name for field in fields_of(Command)}
    fields = [field for field in fields_of(command) if field.name not in envelope]
    example = json.dumps({"kind": kind, "key": f"{kind}-1", **ENVELOPE, **command.example})
    return [*lines, *_table(fields), "", "```json", example, "```"]


def _table(fields: Iterable[Field]) -> list[str]:
    """Rows of a table in Markdown."""
    rows = [("field", "value", "unit", "default", "meaning"), ("---",) * 5]
    for field in fields:
        default = "needed" if field.required else json.dumps(field.default)
        default = "" if default in ("null", "{}", '""') else default
        unit = field.type.unit.removeprefix("1")
        rows.append((f"`{field.name}`", field.type.words, unit, default, field.meaning))
    return ["", *("| " + " | ".join(row) + " |" for row in rows)]


if __name__ == "__main__":
    Path(__file__).with_name("commands.md").write_text(commands_page(), encoding="utf-8")
