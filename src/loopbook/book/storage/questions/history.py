"""What lots held from date to date, for facts that are reported late."""

from collections.abc import Mapping, Sequence

from loopbook.book.nouns import Account, Assayed, Content, Entry
from loopbook.book.storage.database import Database, first_value, in_lists
from loopbook.book.storage.questions.conditions import columns, place, sums

ABOUT = "LEFT JOIN event o ON o.key = coalesce(e.amends, e.reverses)"
NUMBER = f"CASE WHEN o.id IS NULL THEN {place('e')} ELSE {place('o')} END"
"""Number by which an event is ordered among those of its date."""
_PLACE = f"e.occurred_at, {NUMBER}, coalesce(o.key, e.key), e.id"
"""Date, number and key of the place that an event has, and its own number."""


def lot_history(db: Database, substances: Sequence[str], lot: str) -> list[Entry]:
    """All that was posted on a lot's accounts, by the dates of the events.

    On customers' accounts, what they got of the lot and, below zero, sent back. What amends or
    reverses an event has that event's place, and what corrects one at its date has its place.
    """
    rows: list[tuple[str, str, str, int, int, str, int, *Content]] = db.rows(
        f"SELECT a.party, a.site, '', {_PLACE}, {columns(substances)} "
        "FROM account a JOIN posting p ON p.account = a.id "
        f"JOIN event e ON e.id = p.event {ABOUT} WHERE a.lot = ? "
        f"UNION ALL SELECT '', '', g.target, {_PLACE}, {columns(substances, 'g')} "
        f"FROM edge g JOIN event e ON e.id = g.event {ABOUT} "
        "WHERE g.source = ? AND g.target LIKE 'customer/%' ORDER BY 4, 5, 7",
        (lot, lot),
    )
    return [
        Entry(at, number, key, _account(lot, party, site, end), tuple(amounts))
        for party, site, end, at, number, key, _, *amounts in rows
    ]


def results_of(db: Database, lots: Sequence[str]) -> dict[str, list[Assayed]]:
    """Results of each of some lots that were not reversed, in the order in which they count."""
    results: dict[str, list[Assayed]] = {lot: [] for lot in lots}
    for some, places in in_lists(lots, db.at_once):
        rows: list[tuple[str, int, str, str, str]] = db.rows(
            "SELECT m.lot, e.occurred_at, e.key, m.quantity, m.stage FROM measurement m "
            "JOIN event e ON e.id = m.event LEFT JOIN event r ON r.reverses = e.key "
            f"WHERE m.lot IN ({places}) AND e.kind = 'assay' AND r.id IS NULL "
            f"ORDER BY e.occurred_at, {place('e')}, m.line",
            some,
        )
        for lot, at, key, substance, stage in rows:
            results[lot].append(Assayed(at, key, substance, stage))
    return results


def _account(lot: str, party: str, site: str, end: str) -> Account:
    """The account of a lot, or of the customer who is an end."""
    return Account("customer", end.split("/")[1]) if end else Account("lot", party, site, lot)


def facts_of(
    db: Database, substances: Sequence[str], keys: Sequence[str]
) -> dict[str, Mapping[Account, Content]]:
    """Legs of events with all that amends or reverses them, by key and account."""
    return _sums_of(db, substances, keys, ("key", "amends", "reverses"))


def legs_before(
    db: Database, substances: Sequence[str], keys: Sequence[str], number: int
) -> dict[str, Mapping[Account, Content]]:
    """Legs of events with what amended them before the event of a number, by key and account."""
    return _sums_of(db, substances, keys, ("key", "amends"), more=f" WHERE t.id < {number:d}")


def _sums_of(
    db: Database,
    substances: Sequence[str],
    keys: Sequence[str],
    about: Sequence[str],
    *,
    more: str = "",
) -> dict[str, Mapping[Account, Content]]:
    """Sums of the legs of the events that have one of the keys in a column."""
    facts: dict[str, dict[Account, Content]] = {key: {} for key in keys}
    for some, places in in_lists(keys, db.at_once):
        those = " UNION ALL ".join(
            f"SELECT {name} AS fact, id FROM event WHERE {name} IN ({places})" for name in about
        )
        rows: list[tuple[str, str, str, str, str, *Content]] = db.rows(
            f"SELECT t.fact, a.kind, a.party, a.site, a.lot, {sums(substances)} FROM ({those}) t "
            f"JOIN posting p ON p.event = t.id JOIN account a ON a.id = p.account{more} "
            "GROUP BY t.fact, a.id, a.kind, a.party, a.site, a.lot",
            some * len(about),
        )
        for fact, kind, party, site, lot, *amounts in rows:
            facts[fact][Account(kind, party, site, lot)] = tuple(map(int, amounts))
    return {**facts}


def reversals_of(db: Database, keys: Sequence[str]) -> dict[str, str]:
    """Keys of the events that reversed events, by the keys of these; empty where none did."""
    reversals = dict.fromkeys(keys, "")
    for some, places in in_lists(keys, db.at_once):
        sql = f"SELECT reverses, key FROM event WHERE reverses IN ({places})"
        reversals |= dict(db.rows(sql, some))
    return reversals


def place_of_event(db: Database, key: str) -> int:
    """Number of the place that an event has among those of its date."""
    return first_value(db, f"SELECT {place('e')} FROM event e WHERE e.key = ?", (key,), 0)


def closed_when(db: Database, moment: int) -> int | None:
    """When the first period that ends after a moment was closed; None if none is closed."""
    sql = (
        "SELECT e.recorded_at FROM closing c JOIN event e ON e.id = c.event "
        "WHERE c.end_at > ? ORDER BY c.end_at LIMIT 1"
    )
    none: int | None = None
    return first_value(db, sql, (moment,), none)


def standing_for(db: Database, key: str, first: str) -> tuple[str, str]:
    """The reversal of an event, and the event that is in its place now; empty where there is none.

    Parameters
    ----------
    first : key of the event that was the first in this place.
    """
    reversal = first_value(db, "SELECT key FROM event WHERE reverses = ?", (key,), "")
    if not reversal:
        return "", ""
    right = (
        "SELECT e.key FROM event e WHERE e.corrects = ? "
        "AND NOT EXISTS (SELECT 1 FROM event r WHERE r.reverses = e.key)"
    )
    return reversal, first_value(db, right, (first,), "")
