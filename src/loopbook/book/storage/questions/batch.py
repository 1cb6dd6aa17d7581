"""What a batch of commands reads of the book: the same questions for one name and for many."""

from collections.abc import Mapping, Sequence

from loopbook.book.commands.command import Command
from loopbook.book.storage.database import Database, in_lists
from loopbook.book.storage.needs import HeldRow, MadeRow, Seen, needs_of
from loopbook.book.storage.questions.conditions import columns


def seen_of(db: Database, substances: Sequence[str], batch: Sequence[Command]) -> Seen:
    """What a batch of commands reads, as far as they name it."""
    needs = needs_of(batch)
    keys, lots = needs.keys, sorted(needs.lots)
    return Seen(
        lots,
        makings(db, lots),
        accounts_of(db, substances, lots),
        ever_held(db, lots),
        set(keys).difference(numbers_of(db, keys)),
    )


def makings(db: Database, lots: Sequence[str]) -> list[MadeRow]:
    """The makings of lots, the last one of each last."""
    rows: list[MadeRow] = []
    for some, places in in_lists(lots, db.at_once):
        rows += db.rows(
            "SELECT l.id, l.material, e.occurred_at, l.again, r.id IS NOT NULL FROM lot l "
            "JOIN event e ON e.id = l.event LEFT JOIN event r ON r.reverses = e.key "
            f"WHERE l.id IN ({places}) ORDER BY l.again",
            some,
        )
    return rows


def accounts_of(db: Database, substances: Sequence[str], lots: Sequence[str]) -> list[HeldRow]:
    """The accounts of lots, with what they hold."""
    rows: list[HeldRow] = []
    for some, places in in_lists(lots, db.at_once):
        rows += db.rows(
            f"SELECT a.lot, a.id, a.party, a.site, p.last_at, {columns(substances)} "
            f"FROM account a JOIN balance p ON p.account = a.id WHERE a.lot IN ({places})",
            some,
        )
    return rows


def ever_held(db: Database, lots: Sequence[str]) -> set[str]:
    """Which of some lots ever were on hold."""
    held: set[str] = set()
    for some, places in in_lists(lots, db.at_once):
        rows: list[tuple[str]] = db.rows(
            f"SELECT DISTINCT id FROM noun WHERE kind = 'hold' AND id IN ({places})", some
        )
        held.update(lot for (lot,) in rows)
    return held


def numbers_of(db: Database, keys: Sequence[str]) -> Mapping[str, int]:
    """Numbers of the events that have one of some keys, by key."""
    numbers: dict[str, int] = {}
    for some, places in in_lists(keys, db.at_once):
        numbers |= dict(db.rows(f"SELECT key, id FROM event WHERE key IN ({places})", some))
    return numbers
