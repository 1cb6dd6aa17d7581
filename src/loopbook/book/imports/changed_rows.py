"""A row that the book has with other values: what differs, and how what is posted is corrected."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import microseconds
from loopbook.book.commands.planning import as_text
from loopbook.book.nouns import Event
from loopbook.book.recording import repeats
from loopbook.book.storage.questions.history import standing_for
from loopbook.book.storage.session import Session
from loopbook.errors import Finding
from loopbook.tables import Value, escaped

_OF_EVENT = frozenset(("key", "actor", "document"))  # a correction has its own
_ALL = "all of it"


def standing_event(session: Session, known: Event) -> Event | None:
    """The event itself, or the one that corrects it; None if it was reversed."""
    reversal, right = standing_for(session.db, known.key, known.corrects or known.key)
    return session.event(right) if right else None if reversal else known


def is_same(command: Command, event: Event | None) -> bool:
    """Whether an event is of this command; what corrects another one has its own key and actor."""
    if event is None or not event.corrects:
        return event is not None and repeats(command, event)
    changed = set(differences(event.command, as_text(command)))
    return command.kind == event.kind and not changed - _OF_EVENT


def differences(before: str, after: str) -> list[str]:
    """Names of fields in which two commands differ, as text.

    A number in other digits is not among them, unless there is nothing else.

    >>> differences('{"actor": "a", "kg": "1"}', '{"actor": "b", "kg": "1.0", "lots": {"L": null}}')
    ['actor', 'lots.L']
    """
    old, new = (_flat(json.loads(text)) for text in (before, after))
    names = [name for name in {**new, **old} if new.get(name) != old.get(name)]
    names = [name for name in names if not name.startswith("accepted")]
    return [x for x in names if _amount(old.get(x)) != _amount(new.get(x))] or names


def _amount(value: Value) -> Value | Decimal:
    """A number whatever its digits; another value as it is."""
    try:
        return Decimal(value) if isinstance(value, str) and value[:1].isdecimal() else value
    except InvalidOperation:
        return value


def changed_row(
    session: Session, commands: Sequence[Command], command: Command, beside: str
) -> tuple[str, Finding]:
    """The field and the finding of a row that is in the book with other values.

    Parameters
    ----------
    commands : of the row.
    command : the first of them that differs from what is in the book.
    beside : how a row of another content is posted beside the one that the book has.
    """
    known = session.event(command.key)
    event = known and (standing_event(session, known) or known)
    if event is None:
        raise ValueError(f"{command.key} is not in the book")
    text = as_text(command)
    old, new = (_flat(json.loads(x)) for x in (event.command, text))
    ours = _OF_EVENT if event.corrects else frozenset()
    names = [name for name in differences(event.command, text) if name not in ours]
    if command.kind != event.kind:
        old, new, names = {"kind": event.kind}, {"kind": command.kind}, ["kind"]
    differ = ", ".join(f"{n} {new.get(n) or 'empty'}, not {old.get(n) or 'empty'}" for n in names)
    renamed = [
        f'"{escaped(new[n])}={escaped(old[n])}"' for n in names if _is_name(session, old, new, n)
    ]
    right = [line for one in commands for line in _correction(session, one)]
    ways = []
    if renamed:
        ways = [f"if it is the same, give --same {' --same '.join(dict.fromkeys(renamed))} again"]
    again = _entered_again(session, commands)
    if again and not renamed:
        ways = [f"if the row is right, {again}, and {beside}"]
    elif right and not renamed:
        ways = [f"if the row is right, correct what is posted: {', and then '.join(right)}"]
    is_made = any(session.lot(name) for x in commands for name in x.names("new lot"))
    other = ", with another name for its lot" * is_made
    number = ", with its own ticket or sample number" * bool(ways and commands[-1].paper)
    ways.append(f"{'if it is another one, ' * bool(ways)}{beside}{number}{other}")
    return (names[0] if names else ""), Finding(
        "duplicate", "", f"what is posted as {event.key}", differ, "; ".join(ways)
    )


def _entered_again(session: Session, commands: Sequence[Command]) -> str:
    """What is reversed where a row cannot be corrected event by event; empty where it can.

    That is so if one of its events is reversed, or if they are later than posted: a lot would be
    weighed before it came.
    """
    known = [(one, event) for one in commands if (event := session.event(one.key))]
    pairs = [(one, standing_event(session, event)) for one, event in known]
    keys = [event.key for _, event in pairs if event is not None]
    later = [event and microseconds(one.occurred_at) > event.occurred_at for one, event in pairs]
    if not keys or len(pairs) < 2 or not (len(keys) < len(pairs) or any(later)):
        return ""
    return ", then ".join(f"reverse {key!r}" for key in reversed(keys))


def _is_name(
    session: Session, old: Mapping[str, Value], new: Mapping[str, Value], field: str
) -> bool:
    """Whether a field has a name that the book does not know, in the place of one that it knows."""
    one, other = old.get(field), new.get(field)
    if not (isinstance(one, str) and isinstance(other, str)):
        return False
    nouns = (session.party, session.site, session.material, session.lot)
    return any(noun(one) and not noun(other) for noun in nouns)


def _correction(session: Session, command: Command) -> Iterator[str]:
    """How the event of a command becomes what the command says; nothing where it is that."""
    known = session.event(command.key)
    event = None if known is None else standing_event(session, known)
    if event is None or event.states or event.reverses or event.kind != command.kind:
        return
    values = json.loads(as_text(command))
    new = _flat(values)
    names = [x for x in differences(event.command, as_text(command)) if x not in _OF_EVENT]
    for k, name in enumerate(names):
        if new.get(name) == _ALL:  # a text cannot be null: the whole map is given
            names[k] = name.partition(".")[0]
            new[names[k]] = values[names[k]]
    settings = [shlex.quote(f"{name}={_text(new.get(name))}") for name in dict.fromkeys(names)]
    if settings:
        yield f"loopbook book correct {shlex.quote(event.key)} --set {' --set '.join(settings)}"


def _text(value: Value) -> str:
    """A field's value as it is set."""
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _flat(values: Mapping[str, Value], head: str = "") -> dict[str, Value]:
    """A command's fields with those inside them: ``shares.Ni``; there, null is all of it."""
    flat: dict[str, Value] = {}
    for name, value in values.items():
        inner = isinstance(value, dict)
        one = _ALL if head and value is None else value
        flat |= _flat(value, f"{head}{name}.") if inner else {head + name: one}
    return flat
