"""Commands as JSON Lines: one object a line, with its kind and the fields of its record.

    {"kind": "hold", "key": "h1", "actor": "amy", "occurred_at": "2026-03-01T08:00:00Z",
     "lot": "L1", "reason": "wet"}

Numbers are read exactly, as they are written. What is wrong with a line is a finding with its line
and field, and the lines after it are read all the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, get_origin, get_type_hints

from loopbook.book.book import Book
from loopbook.book.commands import records as c
from loopbook.book.imports.posting import Entry, Imported, post_entries
from loopbook.errors import Finding, InputError, nearest_hint

_SCALARS = (str, int, Decimal)
_HINTS = {record: get_type_hints(record) for record in c.COMMANDS.values()}


class _WrongFieldError(ValueError):
    """A field that is not what it must be: what was expected and found."""


def read_command_lines(text: str, name: str) -> list[Entry]:
    """Entries of a text of JSON Lines; empty lines are skipped.

    Parameters
    ----------
    name : stands for the file in findings.

    >>> read_command_lines('{"kind": "holt"}', "a.jsonl")[0].findings[0].hint
    'did you mean hold?'
    """
    lines = enumerate(text.splitlines(), start=1)
    return [_entry(line, number, name) for number, line in lines if line.strip()]


def post_lines(book: Book, raw: bytes, *, name: str, dry_run: bool = False) -> Imported:
    """Post the commands of a file of JSON Lines, all of them or none.

    Parameters
    ----------
    raw : bytes of the file, UTF-8.
    name : stands for the file in findings.
    dry_run : only show what would be posted.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        finding = Finding("encoding", f"{name}:{line}", "UTF-8", f"byte 0x{raw[error.start]:02x}")
        raise InputError([finding]) from error
    entries = read_command_lines(text, name)
    if not entries:
        raise InputError([Finding("empty", name, "commands, one a line", "an empty file")])
    return post_entries(book, entries, name=name, dry_run=dry_run)


def _entry(line: str, number: int, name: str) -> Entry:
    where = f"{name}:{number}"
    try:
        data = json.loads(
            line, parse_float=Decimal, parse_constant=Decimal, object_pairs_hook=_once
        )
    except json.JSONDecodeError as error:
        cut = error.pos >= len(line.rstrip()) or "Unterminated" in error.msg
        code, hint = ("file-truncated", "was the line cut off?") if cut else ("syntax", "")
        return Entry(number, where, (), findings=(Finding(code, where, "JSON", str(error), hint),))
    except _WrongFieldError as error:
        finding = Finding("duplicate", where, "each field once", str(error))
        return Entry(number, where, (), findings=(finding,))
    if not isinstance(data, dict):
        finding = Finding("type", where, "an object", json.dumps(data, default=str))
        return Entry(number, where, (), findings=(finding,))
    kind = data.pop("kind", None)
    if not isinstance(kind, str) or kind not in c.COMMANDS:
        hint = nearest_hint(str(kind), c.COMMANDS)
        finding = Finding("unknown-name", where, "a kind of command", str(kind), hint)
        return Entry(number, where, (), findings=(finding,))
    return _read(c.COMMANDS[kind], data, number, where)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise _WrongFieldError(f"{twice} twice")
    return dict(pairs)


def _read(record: type[c.Command], data: dict[str, Any], number: int, where: str) -> Entry:
    findings = []
    values = {}
    known = {f.name: f for f in fields(record)}
    for name in data.keys() - known.keys():
        hint = nearest_hint(name, known)
        finding = Finding("unknown-name", f"{where}, {name}", "a field of it", name, hint)
        findings.append(finding)
    hints = _HINTS[record]
    for name, one in known.items():
        if name not in data:
            if one.default is MISSING and one.default_factory is MISSING:
                findings.append(Finding("missing", where, f"the field {name}", "none"))
            continue
        try:
            values[name] = _value(data[name], hints[name])
        except _WrongFieldError as error:
            expected, found = error.args
            findings.append(Finding("type", f"{where}, {name}", expected, found))
    findings.sort(key=lambda f: f.where)
    if findings:
        return Entry(number, where, (), findings=tuple(findings), makes=_names_in(data))
    command = record(**values)
    makes, uses = _lots(command)
    places = {name: f"{where}, {name}" for name in values}
    return Entry(number, where, (command,), places, makes=makes, uses=uses)


def _value(value: Any, hint: Any) -> Any:
    """A JSON value as what a command's field holds."""
    origin = get_origin(hint)
    if hint is str:
        return _must(value, isinstance(value, str), "a text")
    if hint is datetime:
        return _moment(value)
    if origin is not None and issubclass(_class_of(origin), Mapping):
        _must(value, isinstance(value, dict), "an object")
        return {name: _scalar(one) for name, one in value.items()}
    if origin is not None and issubclass(_class_of(origin), Sequence):
        _must(value, isinstance(value, list), "a list")
        return tuple(_output(one) for one in value)
    return _scalar(value)


def _class_of(origin: Any) -> type:
    return origin if isinstance(origin, type) else object


def _must(value: Any, right: bool, expected: str) -> Any:
    if not right:
        raise _WrongFieldError(expected, json.dumps(value, default=str))
    return value


def _scalar(value: Any) -> Any:
    right = value is None or (isinstance(value, _SCALARS) and not isinstance(value, bool))
    return _must(value, right, "a number, as number or text")


def _moment(value: Any) -> datetime:
    _must(value, isinstance(value, str), "a time as 2026-03-01T08:15:00-05:00")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise _WrongFieldError("a time as 2026-03-01T08:15:00-05:00", repr(value)) from None


def _output(value: Any) -> c.Output:
    names = {f.name for f in fields(c.Output)}
    right = isinstance(value, dict) and set(value) == names
    _must(value, right, f"an object with {', '.join(sorted(names))}")
    _must(value["shares"], isinstance(value["shares"], dict), "shares as an object")
    shares = {s: _scalar(x) for s, x in value["shares"].items()}
    lot, material = (_must(value[n], isinstance(value[n], str), n) for n in ("lot", "material"))
    return c.Output(lot, material, _scalar(value["mass_kg"]), shares)


def _lots(command: c.Command) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Lots that a command makes, and lots that must be there."""
    lot = getattr(command, "lot", "")
    inputs = tuple(getattr(command, "inputs_kg", ()))
    match command:
        case c.Receive():
            return (lot,), ()
        case c.Blend():
            return (lot,), inputs
        case c.Process():
            return tuple(o.lot for o in command.outputs), inputs
        case c.Split():
            return tuple(command.parts_kg), (lot,)
        case c.Sample():
            return (command.sample,), (lot,)
    return (), (lot,) if lot else ()


def _names_in(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of lots that a wrong command may have been meant to make."""

    def walk() -> Iterator[str]:
        for name in ("lot", "sample"):
            if isinstance(data.get(name), str):
                yield data[name]
        if isinstance(data.get("parts_kg"), dict):
            yield from data["parts_kg"]
        for output in data["outputs"] if isinstance(data.get("outputs"), list) else ():
            if isinstance(output, dict) and isinstance(output.get("lot"), str):
                yield output["lot"]

    return tuple(walk())
