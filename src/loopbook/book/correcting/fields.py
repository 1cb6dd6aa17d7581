"""Fields of a command with other values: each by its path, from the texts of a command line."""

import itertools
from collections.abc import Mapping, Sequence

from loopbook.book.storage.database import Database
from loopbook.book.storage.questions.events import event_number
from loopbook.errors import Findings, nearest_hint
from loopbook.tables import CellError, Value, parse_json

_LATER = "leave it out, and give --accept KIND=REASON when a warning has come"


def set_fields(
    values: dict[str, Value], changes: Mapping[str, str], known: Sequence[str], findings: Findings
) -> None:
    """Put changes over the fields of a command.

    Parameters
    ----------
    values : of the command; they are changed.
    changes : texts by path: ``owner``, ``shares.Ni``, ``outputs.1.mass_kg`` (entries of a list
        count from 1). A text that begins with a bracket or a brace is JSON; an empty one leaves the
        field out.
    known : fields that may be set.
    findings : get what cannot be set.
    """
    if not changes:
        findings.note("missing", "a field and its right value", "none", at="--set")
    for path, text in changes.items():
        field = path.partition(".")[0]
        if field not in known:
            hint = _LATER if field == "accepted" else nearest_hint(field, known)
            findings.note("unknown-name", "a field", field, at=path, hint=hint)
            continue
        value = _value(text, path, findings)
        try:
            _put(values, path, value, is_record=True)
        except CellError as error:
            findings.note(error.code, error.expected, error.found, at=path, hint=error.hint)


def _put(holder: Value, path: str, value: Value, *, is_record: bool = False) -> None:
    """Set a value by its path in a record, a map or a list; an empty text leaves it out."""
    head, _, rest = path.partition(".")
    if isinstance(holder, list):
        number = int(head) if head.isascii() and head.isdecimal() and len(head) < 5 else 0
        if not 1 <= number <= len(holder):
            hint = "entries count from 1; give the whole list as JSON for another entry"
            raise CellError("field", f"an entry 1..{len(holder)}", head, hint)
        if rest:
            _put(holder[number - 1], rest, value, is_record=True)
        elif value == "":
            del holder[number - 1]
        else:
            holder[number - 1] = value
    elif not isinstance(holder, dict):
        raise CellError("field", "a field without entries", path)
    elif rest and (is_record or isinstance(holder.get(head), (dict, list))) and path not in holder:
        if holder.get(head) is None:
            holder[head] = {}
        elif not isinstance(holder[head], (dict, list)):
            raise CellError("field", f"no entry of {head}", rest)
        _put(holder[head], rest, value)
    elif value == "":
        holder.pop(path, None)
    else:
        holder[path] = value


def _value(text: str, path: str, findings: Findings) -> Value:
    """A field's value as people write it."""
    if text[:1] not in ("[", "{"):
        return text
    read = Findings(f"{findings.where}, {path}")
    value = parse_json(text, read)
    if any(finding.code in ("syntax", "file-truncated") for finding in read):
        return text
    findings.items += read
    return value


def free_key(db: Database, key: str) -> str:
    """The key, or with a number behind it if an event has it."""
    keys = itertools.chain([key], (f"{key} {count}" for count in itertools.count(2)))
    return next(one for one in keys if event_number(db, one) is None)
