"""What verification asks: rows as they are, so that everything can be computed again from them."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from loopbook.book.storage.database import Database, first_column, first_value, in_lists
from loopbook.book.storage.questions.conditions import columns
from loopbook.book.storage.schema import quoted

DatedPosting: TypeAlias = tuple[int, int, int, str, str, *tuple[int, ...]]
"""Account, date, number and key of the event, lot, content."""


def numbers_between(db: Database) -> tuple[int, int] | None:
    """Lowest and highest number of an event; None in an empty book, or if one is no number."""
    rows: list[tuple[int, int]] = db.rows("SELECT min(id), max(id) FROM event")
    return rows[0] if all(type(number) is int for number in rows[0]) else None


def dated_postings(
    db: Database, substances: Sequence[str], accounts: Sequence[int]
) -> Iterator[DatedPosting]:
    """Postings on accounts, account by account in order of their dates."""
    for some, places in in_lists(accounts, db.at_once):
        rows: list[DatedPosting] = db.rows(
            "SELECT p.account, e.occurred_at, e.id, e.key, a.lot, "
            f"{columns(substances)} FROM posting p "
            "JOIN event e ON e.id = p.event JOIN account a ON a.id = p.account "
            f"WHERE p.account IN ({places}) ORDER BY p.account, e.occurred_at",
            some,
        )
        yield from rows


def noun_rows(db: Database) -> list[tuple[int, str, str, str]]:
    """Event, kind, name and body of every noun, in order; no clocks, nor where lots are."""
    return db.rows(
        "SELECT event, kind, id, body FROM noun WHERE kind NOT IN ('clock', 'located') "
        "ORDER BY event, kind"
    )


def must_have_column(db: Database, substance: str) -> None:
    """Raise StorageError if the postings have no column for a substance."""
    db.rows(f"SELECT {quoted(substance)} FROM posting LIMIT 1")


def stated_closings(db: Database) -> dict[str, int]:
    """The event that closed each period, by the period's name."""
    return dict(db.rows("SELECT id, event FROM noun WHERE kind = 'close' ORDER BY event"))


def kept_closings(db: Database) -> dict[str, tuple[int, int, int]]:
    """Event, start and end of each closed period, as the table of closings has them."""
    rows: list[tuple[str, int, int, int]] = db.rows(
        "SELECT period, event, start_at, end_at FROM closing"
    )
    return {period: (event, start, end) for period, event, start, end in rows}


def count_rows(db: Database, table: str) -> int:
    """How many rows a table has."""
    return first_value(db, f"SELECT count(*) FROM {table}", (), 0)


def wrong_reversals(db: Database) -> list[tuple[int, str, str]]:
    """Number, key and reversed key of reversals of no event, or of one that is not earlier."""
    return db.rows(
        "SELECT e.id, e.key, e.reverses FROM event e LEFT JOIN event o ON o.key = e.reverses "
        "WHERE e.reverses IS NOT NULL AND (o.id IS NULL OR o.id >= e.id "
        "OR o.occurred_at > e.occurred_at) ORDER BY e.id"
    )


def wrong_makings(db: Database) -> list[tuple[int, str, int]]:
    """Event, lot and count of makings again that follow no earlier one that was reversed."""
    return db.rows(
        "SELECT m.event, m.id, m.again FROM lot m WHERE m.again <> 0 AND NOT EXISTS (SELECT 1 "
        "FROM lot l JOIN event e ON e.id = l.event JOIN event r ON r.reverses = e.key "
        "WHERE l.id = m.id AND l.again = m.again - 1 AND l.event < m.event) ORDER BY m.event"
    )


def wrong_amendments(db: Database) -> list[tuple[int, str, str]]:
    """Number, key and amended key of what amends no event, or one of another date or a later one.

    The amended key is empty where there is none; what amends an event has the kind ``amend``.
    """
    return db.rows(
        "SELECT e.id, e.key, coalesce(e.amends, '') FROM event e "
        "LEFT JOIN event o ON o.key = e.amends "
        "WHERE (e.amends IS NULL AND e.kind = 'amend') OR (e.amends IS NOT NULL "
        "AND (e.kind <> 'amend' OR o.id IS NULL OR o.id >= e.id OR o.amends IS NOT NULL "
        "OR o.occurred_at <> e.occurred_at)) ORDER BY e.id"
    )


def kept_balances(
    db: Database, substances: Sequence[str], after: int, count: int
) -> list[tuple[int, *tuple[int, ...]]]:
    """Account, bounded, last date, mass and content of some balances, by account."""
    return db.rows(
        f"SELECT p.account, p.bounded, p.last_at, p.mass, {columns(substances)} FROM balance p "
        "WHERE p.account > ? ORDER BY p.account LIMIT ?",
        (after, count),
    )


def account_named(db: Database, number: int) -> str:
    """An account as people read it, by its number."""
    rows: list[tuple[str, ...]] = db.rows(
        "SELECT kind, party, site, lot FROM account WHERE id = ?", (number,)
    )
    return "/".join(map(str, rows[0])) if rows else f"account {number}"


def snapshot_moments(db: Database) -> list[int]:
    """Moments of the snapshots, rising."""
    return first_column(db, "SELECT DISTINCT moment FROM snapshot ORDER BY moment")


def kept_snapshot(db: Database, substances: Sequence[str], moment: int) -> dict[int, list[int]]:
    """Mass and content by account of a snapshot."""
    rows: list[tuple[int, *tuple[int, ...]]] = db.rows(
        f"SELECT p.account, p.mass, {columns(substances)} FROM snapshot p WHERE p.moment = ?",
        (moment,),
    )
    return {account: amounts for account, *amounts in rows}


def changes_of_lots(
    db: Database, substances: Sequence[str], start: int, end: int
) -> Iterator[tuple[int, list[int]]]:
    """Account, and change of mass and content, of the lots' accounts from a moment up to another.

    The second moment itself is not in it.
    """
    amounts = ", ".join(f"sum(p.{c})" for c in ["mass", *map(quoted, substances)])
    rows: list[tuple[int, *tuple[int, ...]]] = db.rows(
        f"SELECT p.account, {amounts} FROM event e JOIN posting p ON p.event = e.id "
        "JOIN account a ON a.id = p.account AND a.kind = 'lot' "
        "WHERE e.posted_at >= ? AND e.posted_at < ? GROUP BY p.account",
        (start, end),
    )
    for account, *change in rows:
        yield account, [int(x) for x in change]


def snapshot_times(db: Database, moment: int) -> tuple[set[int], set[int]]:
    """When a snapshot was recorded, and when its periods' closings were."""
    kept = "SELECT DISTINCT recorded_at FROM snapshot WHERE moment = ?"
    closed = "SELECT e.recorded_at FROM closing c JOIN event e ON e.id = c.event WHERE c.end_at = ?"
    return set(first_column(db, kept, (moment,))), set(first_column(db, closed, (moment,)))


def kept_loads(db: Database) -> dict[tuple[str, str], tuple[int, int]]:
    """Mass and limit of each load, by site and hazard class."""
    rows: list[tuple[str, str, int, int]] = db.rows("SELECT site, hazard, mass, most FROM load")
    return {(site, hazard): (mass, most) for site, hazard, mass, most in rows}


def masses_at_sites(db: Database) -> list[tuple[str, str, int]]:
    """Mass of each material at each site."""
    return db.rows(
        "SELECT a.site, l.material, sum(b.mass) FROM account a JOIN lot l ON l.id = a.lot "
        "JOIN balance b ON b.account = a.id WHERE a.kind = 'lot' "
        "AND l.event = (SELECT max(m.event) FROM lot m WHERE m.id = a.lot) "
        "GROUP BY a.site, l.material"
    )


def left_out(db: Database, slack_us: int) -> list[tuple[int, str]]:
    """Number and key of events without a place in the log, though later ones have one.

    Parameters
    ----------
    slack_us : how long before another event one may have been recorded that comes in only now.
    """
    return db.rows(
        "SELECT e.id, e.key FROM event e WHERE e.id < (SELECT max(event) FROM leaf) "
        "AND e.recorded_at <= (SELECT d.recorded_at FROM leaf k JOIN event d ON d.id = k.event "
        "ORDER BY k.place DESC LIMIT 1) - ? "
        "AND NOT EXISTS (SELECT 1 FROM leaf l WHERE l.event = e.id) ORDER BY e.id",
        (slack_us,),
    )
