"""Commands as JSON Lines: one object a line, with its kind and the fields of its record.

    {"kind": "hold", "key": "h1", "actor": "amy", "occurred_at": "2026-03-01T08:00:00Z",
     "lot": "L1", "reason": "wet"}

Numbers are read exactly, as they are written. Each error is reported with its line and field; later
lines are still checked.
"""

import json
from collections.abc import Mapping
from functools import partial

from loopbook.book.book import Book
from loopbook.book.commands.command import Command
from loopbook.book.commands.kinds import all_commands
from loopbook.book.imports.posting import Entry, Imported, post_entries
from loopbook.book.storage.database import uncollected
from loopbook.errors import Findings
from loopbook.tables import Value, decode, names_in, parse_json, read_fields


def read_command_lines(text: str, name: str, same: Mapping[str, str] | None = None) -> list[Entry]:
    """Entries of a text of JSON Lines; empty lines are skipped.

    Parameters
    ----------
    name : stands for the file in findings.
    same : names of the book, by the names of the file that stand for them.

    >>> read_command_lines('{"kind": "holt"}', "a.jsonl")[0].findings[0].hint
    'did you mean hold?'
    """
    lines = enumerate(text.split("\n"), start=1)
    entry = partial(_entry, known=all_commands(), same=same or {})
    return [entry(line, number, f"{name}:{number}") for number, line in lines if line.strip()]


@uncollected()
def post_lines(
    book: Book,
    raw: bytes,
    *,
    name: str,
    dry_run: bool = False,
    same: Mapping[str, str] | None = None,
    accept: Mapping[str, str] | None = None,
) -> Imported:
    """Post the commands of a file of JSON Lines, all of them or none.

    Parameters
    ----------
    raw : bytes of the file, UTF-8.
    name : stands for the file in findings.
    dry_run : only show what would be posted.
    same : names of the book, by the names of the file that stand for them.
    accept : reasons for which warnings are accepted, by their kind.
    """
    findings = Findings()
    text = decode(raw, name, findings)
    entries = [] if text is None else read_command_lines(text, name, same)
    if not entries and not len(findings):
        findings.note("empty", "commands, one a line", "an empty file", at=name)
    findings.raise_all()
    return post_entries(book, entries, name=name, dry_run=dry_run, accept=accept)


def _entry(
    line: str,
    number: int,
    where: str,
    *,
    known: Mapping[str, type[Command]],
    same: Mapping[str, str],
) -> Entry:
    findings = Findings(where)
    data = _object(line, findings)
    if same:
        data = {
            field: value if field == "key" else _renamed(value, same, field, findings)
            for field, value in data.items()
        }
    kind = data.pop("kind", None)
    record = known.get(str(kind))
    if record is None:
        if not len(findings):
            findings.unknown("a kind of command", str(kind), known)
        return Entry(number, where, (), findings=tuple(findings))
    values = read_fields(record, data, findings)
    if values is None or len(findings):
        makes = (name for role, name in names_in(record, data) if role == "new lot")
        return Entry(number, where, (), findings=tuple(findings), makes=tuple(makes))
    command = record(**values)
    return Entry(
        number,
        where,
        (command,),
        lambda at: f"{where}, {at}" if at.partition(".")[0] in values else "",
    )


def _renamed(value: Value, same: Mapping[str, str], at: str, findings: Findings) -> Value:
    """A value with other names in it; two names of an object that become one are a finding."""
    if isinstance(value, str):
        return same.get(value, value)
    if isinstance(value, list):
        return [_renamed(item, same, at, findings) for item in value]
    if not isinstance(value, dict):
        return value
    renamed = {
        same.get(name, name): _renamed(item, same, at, findings) for name, item in value.items()
    }
    if len(renamed) < len(value):
        twice = next(name for name in value if same.get(name, name) in value and name in same)
        findings.note("duplicate", "each name once", f"{same[twice]} as {twice}, too", at=at)
    return renamed


def _object(line: str, findings: Findings) -> dict[str, Value]:
    """The object of a line; an empty one after a finding."""
    before, data = len(findings), parse_json(line, findings)
    if isinstance(data, dict):
        return data
    if len(findings) == before:
        findings.note("type", "an object", json.dumps(data, default=str)[:80])
    return {}
