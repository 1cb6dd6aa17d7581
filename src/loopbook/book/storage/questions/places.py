"""Events in the order of their dates, each with all that amends or reverses it."""

from collections.abc import Sequence
from typing import TypeAlias

from loopbook.book.storage.database import Database
from loopbook.book.storage.questions.conditions import columns
from loopbook.book.storage.schema import column_names

Place: TypeAlias = tuple[int, int]
"""A date in microseconds since 1970 UTC, and the number of an event: where it has its place."""
StatingHead: TypeAlias = tuple[int, int, str, str, str, int]
"""Date, number, key, kind, command, planner."""
PlacedHead: TypeAlias = tuple[int, int, str, str, str, int, str | None, int]
"""Date, number, key, kind, command, last planner, key that it reverses or None, 1 if reversed."""
PlacedLeg: TypeAlias = tuple[int, int, int, str, str, str, str, *tuple[int, ...]]
"""Number of the event, and of what has its place; number of the account, kind, party, site, lot;
content."""

_WITHIN = "(e.occurred_at, e.id) > (?, ?) AND (e.occurred_at, e.id) <= (?, ?)"
_UNDONE = "x.reverses = e.key AND x.occurred_at = e.occurred_at"
"""A reversal that has the place of its event; before version 4 it had one of its own."""


def placed_heads(db: Database, after: Place, count: int) -> list[PlacedHead]:
    """Some events after a place in the order of their dates, but those with the place of others."""
    return db.rows(
        "SELECT e.occurred_at, e.id, e.key, e.kind, e.command, coalesce((SELECT max(a.planner) "
        "FROM event a WHERE a.amends = e.key), e.planner), e.reverses, (SELECT count(*) "
        f"FROM event x WHERE {_UNDONE}) FROM event e "
        "WHERE e.amends IS NULL AND (e.occurred_at, e.id) > (?, ?) AND NOT EXISTS (SELECT 1 "
        "FROM event o WHERE o.key = e.reverses AND o.occurred_at = e.occurred_at) "
        "ORDER BY e.occurred_at, e.id LIMIT ?",
        (*after, count),
    )


def placed_legs(
    db: Database, substances: Sequence[str], after: Place, until: Place
) -> list[PlacedLeg]:
    """Legs of the events after a place up to another one, as they were posted."""
    return db.rows(
        f"SELECT e.id, e.id, p.account, a.kind, a.party, a.site, a.lot, {columns(substances)} "
        "FROM event e JOIN posting p ON p.event = e.id JOIN account a ON a.id = p.account "
        f"WHERE {_WITHIN} AND e.amends IS NULL",
        (*after, *until),
    )


def placed_changes(
    db: Database, substances: Sequence[str], after: Place, until: Place
) -> list[PlacedLeg]:
    """Legs of what amends or reverses the events after a place up to another one."""
    legs = f"x.id, p.account, a.kind, a.party, a.site, a.lot, {columns(substances)} FROM event e"
    posted = "JOIN posting p ON p.event = x.id JOIN account a ON a.id = p.account"
    return db.rows(
        f"SELECT e.id, {legs} JOIN event x ON x.amends = e.key {posted} WHERE {_WITHIN} "
        f"UNION ALL SELECT e.id, {legs} JOIN event x ON {_UNDONE} "
        f"{posted} WHERE {_WITHIN}",
        (*after, *until, *after, *until),
    )


def placed_lots(db: Database, after: Place, until: Place) -> list[tuple[int, str, str]]:
    """Number of the event, name and material of the lots that events of a stretch made."""
    return db.rows(
        "SELECT e.id, l.id, l.material FROM event e JOIN lot l ON l.event = e.id "
        f"WHERE {_WITHIN} ORDER BY e.id, l.line",
        (*after, *until),
    )


def placed_measurements(
    db: Database, after: Place, until: Place
) -> list[tuple[int, str, *tuple[str, ...]]]:
    """Number of the event, and the fields of what events of a stretch measured."""
    names = ", ".join(f"m.{name}" for name in column_names("measurement")[2:])
    return db.rows(
        f"SELECT e.id, {names} FROM event e JOIN measurement m ON m.event = e.id "
        f"WHERE {_WITHIN} ORDER BY e.id, m.line",
        (*after, *until),
    )


def stating_heads(db: Database) -> list[StatingHead]:
    """The events that state nouns, in the order of recording."""
    return db.rows(
        "SELECT e.occurred_at, e.id, e.key, e.kind, e.command, e.planner FROM event e "
        "WHERE EXISTS (SELECT 1 FROM noun n WHERE n.event = e.id) ORDER BY e.id"
    )


def lots_ever_held(db: Database) -> dict[str, tuple[str, int]]:
    """Material, and when it was first made, of each lot that was ever on hold."""
    rows: list[tuple[str, str, int]] = db.rows(
        "SELECT l.id, l.material, e.occurred_at FROM lot l JOIN event e ON e.id = l.event "
        "WHERE l.id IN (SELECT id FROM noun WHERE kind = 'hold') ORDER BY e.occurred_at DESC"
    )
    return {lot: (material, made_at) for lot, material, made_at in rows}
