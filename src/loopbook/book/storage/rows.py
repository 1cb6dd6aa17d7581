"""The rows of an event: written and read in one place, the same in every store."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from operator import attrgetter, itemgetter
from typing import NamedTuple, TypeAlias

from loopbook.book.edges import edges_of
from loopbook.book.nouns import Account, Event, Leg, Lot, Measurement
from loopbook.book.storage.database import Database, RowT, Value, in_lists
from loopbook.book.storage.known import Nouns
from loopbook.book.storage.questions.conditions import columns
from loopbook.book.storage.questions.history import legs_before
from loopbook.book.storage.schema import column_names, quoted
from loopbook.errors import StorageError

Sealed: TypeAlias = tuple[int, Event, bytes]
"""An event with its number and its leaf hash."""
Head: TypeAlias = tuple[
    int, str, str, str, str, int, int, str, str | None, bytes, str | None, int, int, str | None
]
"""An event's own row: values of `EVENT_COLUMNS`."""
Fields: TypeAlias = tuple[str, ...]
"""The fields of a measurement after its lot."""
Posting: TypeAlias = tuple[int, int, str, str, str, str, int, *tuple[int, ...]]
"""A leg: event, number of the account, kind, party, site, lot, mass, content."""

EVENT_COLUMNS = column_names("event")
_FIELDS = EVENT_COLUMNS[1:8]  # of an event, between its number and what may be empty
_WRITTEN = {*EVENT_COLUMNS, "legs", "lots", "measurements", "nouns"}  # parts of an event
_values_of = attrgetter(*_FIELDS)
_BY_ACCOUNT = itemgetter(0)  # of a leg


class EventRows(NamedTuple):
    """Rows of some events in order.

    Parameters
    ----------
    heads : values of `EVENT_COLUMNS`.
    postings : event, account, kind, party, site, lot, mass, content.
    edges : event, source, target, mass, content.
    lots : event, line, name, material.
    measurements : event, line, fields of a `Measurement`.
    nouns : event, kind, name, body.
    """

    heads: Sequence[Head]
    postings: Sequence[Posting] = ()
    edges: Sequence[tuple[int, str, str, int, *tuple[int, ...]]] = ()
    lots: Sequence[tuple[int, int, str, str]] = ()
    measurements: Sequence[tuple[int, int, str, *Fields]] = ()
    nouns: Sequence[tuple[int, str, str, str]] = ()


def refuse_unwritten(event: Event) -> None:
    """Refuse an event with a part that `write_parts` does not write: it would be sealed and lost.

    Raises
    ------
    StorageError : names the parts.
    """
    kind: type[Event] = type(event)
    lost = [name for name in _unwritten(kind) if getattr(event, name)]  # type: ignore[arg-type]  # a class has a hash
    if lost:
        raise StorageError(
            f"event {event.key}: no table holds its {', '.join(lost)}; nothing was posted"
        )


@cache
def _unwritten(record: type[Event]) -> list[str]:
    """Parts of an event that `write_parts` does not write."""
    return sorted(record.__dataclass_fields__.keys() - _WRITTEN)


def write_parts(
    db: Database, events: Sequence[Sealed], accounts: Mapping[Account, int], stated: Nouns
) -> None:
    """Write all that belongs to events, before their own rows, which seal them.

    Parameters
    ----------
    accounts : numbers of accounts as far as they are known; others are opened.
    stated : all nouns, the periods that the events close among them.
    """
    new = {x for _, e, _ in events for x, _ in e.legs if x not in accounts}
    if new:
        known = {x: accounts[x] for _, e, _ in events for x, _ in e.legs if x in accounts}
        accounts = {**known, **db.open_accounts(sorted(new))}
    postings: list[Sequence[Value]] = []
    edges: list[Sequence[Value]] = []
    amended = [event.amends for _, event, _ in events if event.amends]
    before = legs_before(db, stated.substances, amended, events[0][0]) if amended else {}
    for number, event, _ in events:
        for account, content in event.legs:
            postings.append((number, accounts[account], sum(content), *content))
        for source, target, content in edges_of(
            event.legs, reverses=bool(event.reverses), before=before.get(event.amends, {})
        ):
            edges.append((number, source, target, sum(content), *content))
    db.insert("posting", postings)
    db.insert("edge", edges)
    others = [(n, e) for n, e, _ in events if e.lots or e.measurements or e.nouns]
    nouns = [(n, *noun) for n, e in others for noun in e.nouns]
    closed = [(stated.periods[name], n) for n, kind, name, _ in nouns if kind == "close"]
    db.insert(
        "lot", [(x.id, x.again, x.material, n, k) for n, e in others for k, x in enumerate(e.lots)]
    )
    db.insert("noun", nouns)
    db.insert("closing", [(p.id, n, p.start, p.end) for p, n in closed])
    db.insert("measurement", [(n, k, *m) for n, e in others for k, m in enumerate(e.measurements)])


def seal_events(db: Database, events: Sequence[Sealed]) -> None:
    """Write the events' own rows; the database checks each event and takes no more parts of it."""
    rows: list[Sequence[Value]] = []
    for number, event, leaf in events:
        posted_at = event.occurred_at if event.posted_at is None else event.posted_at
        rows.append(
            (
                *(number, *_values_of(event), event.reverses or None, leaf),
                *(event.amends or None, posted_at, event.planner, event.corrects or None),
            )
        )
    db.insert("event", rows)


def event_rows(
    db: Database, substances: Sequence[str], after: int, count: int, *, edges: bool = True
) -> EventRows:
    """Some events after a number, with all rows that belong to them; edges if they are asked for.

    Raises
    ------
    StorageError, TypeError, ValueError : rows that cannot be read.
    """
    heads: list[Head] = db.rows(
        f"SELECT {', '.join(EVENT_COLUMNS)} FROM event WHERE id > ? ORDER BY id LIMIT ?",
        (after, count),
    )
    if not heads:
        return EventRows(heads)
    return _with_parts(
        db, substances, heads, those=("BETWEEN ? AND ?", (heads[0][0], heads[-1][0])), edges=edges
    )


def _with_parts(
    db: Database,
    substances: Sequence[str],
    heads: Sequence[Head],
    *,
    those: tuple[str, Sequence[int]],
    edges: bool,
) -> EventRows:
    """Events with all rows that belong to them; `those` is the condition on their numbers."""
    among, numbers = those
    names = ", ".join(quoted(s) for s in substances)
    where = f"WHERE event {among} ORDER BY event"
    measured = ", ".join(column_names("measurement"))
    return EventRows(
        heads,
        db.rows(
            "SELECT p.event, p.account, a.kind, a.party, a.site, a.lot, p.mass, "
            f"{columns(substances)} FROM posting p LEFT JOIN account a ON a.id = p.account "
            f"WHERE p.event {among} ORDER BY p.event, p.account",
            numbers,
        ),
        db.rows(
            f"SELECT event, source, target, mass, {names} FROM edge {where}, source, target",
            numbers,
        )
        if edges
        else (),
        db.rows(f"SELECT event, line, id, material FROM lot {where}, line", numbers),
        db.rows(f"SELECT {measured} FROM measurement {where}, line", numbers),
        db.rows(f"SELECT event, kind, id, body FROM noun {where}, kind, id", numbers),
    )


def event_from(
    head: Head,
    legs: Iterable[Leg],
    lots: Iterable[tuple[int, str, str]],
    measurements: Iterable[tuple[int, str, *Fields]],
    *,
    nouns: Iterable[tuple[str, str, str]],
) -> Event:
    """An event from its rows.

    Parameters
    ----------
    head : values of `EVENT_COLUMNS`.
    legs : in any order; an event has them by account.
    lots, measurements : each with its line in front.
    """
    key, kind, actor, document, occurred_at, recorded_at, command, reverses = head[1:9]
    amends, posted_at, planner, corrects = head[10:]
    return Event(
        key,
        kind,
        actor,
        document,
        occurred_at,
        recorded_at,
        command,
        tuple(sorted(legs, key=_BY_ACCOUNT)),
        tuple([Lot(name, material) for _, name, material in lots]),
        tuple([Measurement._make(row[1:]) for row in measurements]),
        tuple(nouns),
        reverses or "",
        amends or "",
        None if posted_at == occurred_at else posted_at,
        planner,
        corrects or "",
    )


def read_event(db: Database, number: int, substances: Sequence[str]) -> Event:
    """Read an event back from its rows."""
    (event,) = _events_of(event_rows(db, substances, number - 1, 1, edges=False))
    return event


def read_events(db: Database, substances: Sequence[str], keys: Sequence[str]) -> dict[str, Event]:
    """Read events back from their rows, by their keys."""
    events: dict[str, Event] = {}
    for some, places in in_lists(keys, db.at_once):
        heads: list[Head] = db.rows(
            f"SELECT {', '.join(EVENT_COLUMNS)} FROM event WHERE key IN ({places}) ORDER BY id",
            some,
        )
        for numbers, marks in in_lists([head[0] for head in heads], db.at_once):
            those = f"IN ({marks})", numbers
            rows = _with_parts(db, substances, heads, those=those, edges=False)
            events.update((event.key, event) for event in _events_of(rows))
    return events


def _events_of(rows: EventRows) -> Iterator[Event]:
    """Events from their rows."""
    legs, lots = _by_event(rows.postings), _by_event(rows.lots)
    measurements, nouns = _by_event(rows.measurements), _by_event(rows.nouns)
    for head in rows.heads:
        yield event_from(
            head,
            [Leg(Account(*row[2:6]), row[7:]) for row in legs[head[0]]],
            [row[1:] for row in lots[head[0]]],
            [row[1:] for row in measurements[head[0]]],
            nouns=[row[1:] for row in nouns[head[0]]],
        )


def _by_event(rows: Iterable[RowT]) -> Mapping[object, Sequence[RowT]]:
    """Rows by the number of their event."""
    groups: dict[object, list[RowT]] = defaultdict(list)
    for row in rows:
        groups[row[0]].append(row)
    return groups


AMENDED = "SELECT DISTINCT o.id FROM event e JOIN event o ON o.key = e.amends"
"""The query for the numbers of the events that others amend."""


def legs_of_edges(substances: Sequence[str], where: str = "") -> str:
    """The query that `loopbook.book.edges.edge_rows` derives the edges of events from."""
    return (
        "SELECT p.event, e.reverses, o.id, a.kind, a.party, a.site, a.lot, "
        f"{columns(substances)} FROM event e LEFT JOIN event o ON o.key = e.amends "
        "JOIN posting p ON p.event = e.id JOIN account a ON a.id = p.account "
        f"{where} ORDER BY p.event"
    )
