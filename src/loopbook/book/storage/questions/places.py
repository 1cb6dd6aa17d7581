"""Events in the order of their dates, each with all that amends or reverses it.

They are asked for by stretches of whole dates: after a moment, up to another one.
"""

from collections.abc import Sequence
from typing import TypeAlias

from loopbook.book.storage.database import Database, first_value
from loopbook.book.storage.questions.conditions import columns, place
from loopbook.book.storage.schema import column_names

Stretch: TypeAlias = tuple[int, int]
"""After a moment, up to and with another one, microseconds since 1970 UTC."""
StatingHead: TypeAlias = tuple[int, int, str, str, str, int]
"""Date, number, key, kind, command, planner."""
PlacedHead: TypeAlias = tuple[int, int, str, str, str, int, str | None, int]
"""Date, number, key, kind, command, last planner, key that it reverses or None, 1 if reversed."""
PlacedLeg: TypeAlias = tuple[int, int, int, str, str, str, str, *tuple[int, ...]]
"""Number of the event, and of what has its place; number of the account, kind, party, site, lot;
content."""

_WITHIN = "e.occurred_at > ? AND e.occurred_at <= ?"
_UNDONE = "x.reverses = e.key AND x.occurred_at = e.occurred_at"
"""A reversal that has the place of its event; before version 4 it had one of its own."""


def next_dates(db: Database, after: int, count: int) -> Stretch | None:
    """A stretch of whole dates after a moment with some events; None if there are none."""
    sql = "SELECT occurred_at FROM event WHERE occurred_at > ? ORDER BY occurred_at LIMIT 1"
    last = "SELECT max(occurred_at) FROM event WHERE occurred_at > ?"
    until: int | None = first_value(db, f"{sql} OFFSET ?", (after, count), None)
    until = first_value(db, last, (after,), None) if until is None else until
    return None if until is None else (after, until)


def placed_heads(db: Database, dates: Stretch) -> list[PlacedHead]:
    """The events of a stretch in the order of their dates, but those with the place of others.

    What corrects an event at its date comes in its place.
    """
    return db.rows(
        "SELECT e.occurred_at, e.id, e.key, e.kind, e.command, coalesce((SELECT max(a.planner) "
        "FROM event a WHERE a.amends = e.key), e.planner), e.reverses, (SELECT count(*) "
        f"FROM event x WHERE {_UNDONE}) FROM event e "
        f"WHERE e.amends IS NULL AND {_WITHIN} AND NOT EXISTS (SELECT 1 "
        "FROM event o WHERE o.key = e.reverses AND o.occurred_at = e.occurred_at) "
        f"ORDER BY e.occurred_at, {place('e')}, e.id",
        dates,
    )


def placed_legs(db: Database, substances: Sequence[str], dates: Stretch) -> list[PlacedLeg]:
    """Legs of the events of a stretch, as they were posted."""
    return db.rows(
        f"SELECT e.id, e.id, p.account, a.kind, a.party, a.site, a.lot, {columns(substances)} "
        "FROM event e JOIN posting p ON p.event = e.id JOIN account a ON a.id = p.account "
        f"WHERE {_WITHIN} AND e.amends IS NULL",
        dates,
    )


def placed_changes(db: Database, substances: Sequence[str], dates: Stretch) -> list[PlacedLeg]:
    """Legs of what amends or reverses the events of a stretch."""
    legs = f"x.id, p.account, a.kind, a.party, a.site, a.lot, {columns(substances)} FROM event e"
    posted = "JOIN posting p ON p.event = x.id JOIN account a ON a.id = p.account"
    return db.rows(
        f"SELECT e.id, {legs} JOIN event x ON x.amends = e.key {posted} WHERE {_WITHIN} "
        f"UNION ALL SELECT e.id, {legs} JOIN event x ON {_UNDONE} "
        f"{posted} WHERE {_WITHIN}",
        (*dates, *dates),
    )


def placed_lots(db: Database, dates: Stretch) -> list[tuple[int, str, str]]:
    """Number of the event, name and material of the lots that events of a stretch made."""
    return db.rows(
        "SELECT e.id, l.id, l.material FROM event e JOIN lot l ON l.event = e.id "
        f"WHERE {_WITHIN} ORDER BY e.id, l.line",
        dates,
    )


def placed_measurements(db: Database, dates: Stretch) -> list[tuple[int, str, *tuple[str, ...]]]:
    """Number of the event, and the fields of what events of a stretch measured."""
    names = ", ".join(f"m.{name}" for name in column_names("measurement")[2:])
    return db.rows(
        f"SELECT e.id, {names} FROM event e JOIN measurement m ON m.event = e.id "
        f"WHERE {_WITHIN} ORDER BY e.id, m.line",
        dates,
    )


def placed_locations(db: Database, dates: Stretch) -> list[tuple[int, str, str, str]]:
    """Number of the event, and the nouns by which events of a stretch state where lots are."""
    return db.rows(
        "SELECT e.id, n.kind, n.id, n.body FROM event e JOIN noun n ON n.event = e.id "
        f"WHERE n.kind = 'located' AND {_WITHIN} ORDER BY e.id, n.id",
        dates,
    )


def stating_heads(db: Database) -> list[StatingHead]:
    """The events that state nouns, in the order of recording."""
    return db.rows(
        "SELECT e.occurred_at, e.id, e.key, e.kind, e.command, e.planner FROM event e "
        "WHERE EXISTS (SELECT 1 FROM noun n WHERE n.event = e.id "
        "AND n.kind NOT IN ('clock', 'located')) "
        "ORDER BY e.id"
    )


def lots_ever_held(db: Database) -> dict[str, tuple[str, int]]:
    """Material, and when it was first made, of each lot that was ever on hold."""
    rows: list[tuple[str, str, int]] = db.rows(
        "SELECT l.id, l.material, e.occurred_at FROM lot l JOIN event e ON e.id = l.event "
        "WHERE l.id IN (SELECT id FROM noun WHERE kind = 'hold') ORDER BY e.occurred_at DESC"
    )
    return {lot: (material, made_at) for lot, material, made_at in rows}
