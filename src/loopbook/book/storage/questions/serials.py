"""Events whose commands name serials."""

from collections.abc import Sequence

from loopbook.book.scope import AsOf
from loopbook.book.storage.database import Database, in_lists
from loopbook.book.storage.questions.conditions import dated


def commands_with_serials(db: Database, after: int) -> list[tuple[int, str, str]]:
    """Number, kind and command of the events after a number that name serials, in their order."""
    return db.rows(
        "SELECT e.id, e.kind, e.command FROM event e WHERE e.id > ? "
        "AND e.command LIKE '%\"serials\":%' ORDER BY e.id",
        (after,),
    )


def event_keys(db: Database, events: Sequence[int]) -> dict[int, str]:
    """Keys of events by their numbers."""
    keys: dict[int, str] = {}
    for some, places in in_lists(events, db.at_once):
        keys |= dict(db.rows(f"SELECT id, key FROM event WHERE id IN ({places})", some))
    return keys


def events_not_reversed(db: Database, events: Sequence[int], asof: AsOf) -> set[int]:
    """Which of some events had happened, or were known, by a moment and not reversed by then."""
    (happened, moments), (undone, undone_by) = dated("e", asof), dated("r", asof)
    kept: set[int] = set()
    for some, places in in_lists(events, db.at_once):
        rows: list[tuple[int]] = db.rows(
            f"SELECT e.id FROM event e LEFT JOIN event r ON r.reverses = e.key{undone} "
            f"WHERE e.id IN ({places}) AND r.id IS NULL{happened}",
            (*undone_by, *some, *moments),
        )
        kept.update([number for (number,) in rows])
    return kept


def amended_by(db: Database, events: Sequence[int]) -> dict[int, int]:
    """The event whose legs each of some events amends; only of those that amend one."""
    amended: dict[int, int] = {}
    for some, places in in_lists(events, db.at_once):
        rows: list[tuple[int, int]] = db.rows(
            "SELECT e.id, o.id FROM event e JOIN event o ON o.key = e.amends "
            f"WHERE e.id IN ({places}) AND e.amends IS NOT NULL",
            some,
        )
        amended.update(rows)
    return amended
