"""Events: their numbers and keys, what they moved, and what was measured."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from loopbook.book.nouns import Content
from loopbook.book.scope import NOW, TRANSIT, AsOf, Scope, Stretch
from loopbook.book.storage.database import Database, first_column, first_value, in_lists
from loopbook.book.storage.questions.conditions import (
    by_name,
    columns,
    dated,
    in_scope,
    place,
    sums,
)

_RECENT = 10_000  # keys that a hint is chosen from


def last_event(db: Database) -> int:
    """Number of the last event; 0 in an empty book."""
    return first_value(db, "SELECT coalesce(max(id), 0) FROM event", (), 0)


def event_number(db: Database, key: str) -> int | None:
    """Number of an event; None if there is none with this key."""
    return first_value(db, "SELECT id FROM event WHERE key = ?", (key,), None)


def latest_events(db: Database, count: int) -> list[int]:
    """Numbers of the last events, rising."""
    return first_column(db, "SELECT id FROM event ORDER BY id DESC LIMIT ?", (count,))[::-1]


def last_recorded(db: Database) -> tuple[str, str, int]:
    """Key, actor and time of recording of the event that was recorded last."""
    rows: list[tuple[str, str, int]] = db.rows(
        "SELECT key, actor, recorded_at FROM event ORDER BY recorded_at DESC, id DESC LIMIT 1"
    )
    return rows[0]


def recent_keys(db: Database) -> list[str]:
    """Keys of the last events, for hints."""
    return first_column(db, "SELECT key FROM event ORDER BY id DESC LIMIT ?", (_RECENT,))


def keys_taken(db: Database, keys: Sequence[str]) -> frozenset[str]:
    """Those of some keys that posted events have."""
    rows: list[tuple[str]] = by_name(db, "SELECT e.key FROM event e", "e.key", keys)
    return frozenset(key for (key,) in rows)


def undone_among(db: Database, keys: Sequence[str]) -> list[tuple[str, str]]:
    """Of some events those that were reversed and not corrected, each with its reversal."""
    query = "SELECT e.key, r.key FROM event e JOIN event r ON r.reverses = e.key"
    corrected = "SELECT 1 FROM event c WHERE c.corrects = coalesce(e.corrects, e.key)"
    return sorted(by_name(db, query, "e.key", keys, more=f" AND NOT EXISTS ({corrected})"))


def later_about(db: Database, key: str, first: str) -> list[tuple[str, str]]:
    """Later events about an event: a word for what each does to it, and its key.

    Parameters
    ----------
    first : key of the event that was the first in this place.
    """
    sql = (
        "SELECT CASE WHEN reverses = ? THEN 'reverses' WHEN amends = ? THEN 'amends' "
        "ELSE 'corrects' END, key FROM event WHERE reverses = ? OR amends = ? "
        "OR (corrects = ? AND id > (SELECT id FROM event WHERE key = ?)) ORDER BY id"
    )
    return db.rows(sql, (key, key, key, key, first, key))


def seal_of(db: Database, number: int) -> bytes:
    """Leaf hash of an event; empty if it is not there."""
    return first_value(db, "SELECT leaf FROM event WHERE id = ?", (number,), b"")


def holds(db: Database, asof: AsOf = NOW) -> dict[str, str]:
    """Why each lot was on hold at a moment; empty for one that was released."""
    happened, moments = dated("e", asof)
    rows: list[tuple[str, str]] = db.rows(
        "SELECT n.id, n.body FROM noun n JOIN event e ON e.id = n.event "
        f"WHERE n.kind = 'hold'{happened} ORDER BY e.occurred_at, n.event",
        moments,
    )
    return {lot: str(json.loads(body)["reason"]) for lot, body in rows}


def holds_after(db: Database, lot: str, moment: int) -> list[tuple[int, str]]:
    """Dates and reasons of a lot's holds after a moment, in order; empty of a release."""
    rows: list[tuple[int, str]] = db.rows(
        "SELECT e.occurred_at, n.body FROM noun n JOIN event e ON e.id = n.event "
        "WHERE n.kind = 'hold' AND n.id = ? AND e.occurred_at > ? ORDER BY e.occurred_at, n.event",
        (lot, moment),
    )
    return [(at, str(json.loads(body)["reason"])) for at, body in rows]


def measurements(
    db: Database, lots: Sequence[str], asof: AsOf
) -> Iterator[tuple[int, str, str, str, str, str, str]]:
    """Weights and shares of lots that were not reversed, in the order of their dates.

    What corrects an event at its date comes in its place.

    Yields
    ------
    event, lot, quantity, value, uncertainty, group and basis.
    """
    (happened, moments), (undone, undone_by) = dated("e", asof), dated("r", asof)
    for some, places in in_lists(lots, db.at_once):
        yield from db.rows(
            "SELECT m.event, m.lot, m.quantity, m.value, m.uncertainty, m.grp, m.basis "
            "FROM measurement m JOIN event e ON e.id = m.event "
            f"LEFT JOIN event r ON r.reverses = e.key{undone} "
            f"WHERE m.lot IN ({places}) AND r.id IS NULL{happened} "
            "AND m.quantity NOT IN ('gross', 'tare') "
            f"ORDER BY e.occurred_at, {place('e')}, m.event, m.line",
            (*undone_by, *some, *moments),
        )


def papers(db: Database, samples: Sequence[str]) -> list[tuple[int, str, str, str, str, str, str]]:
    """Measurements by their tickets or samples, in the order of recording.

    Returns
    -------
    event, quantity, sample, group, stage, lot, and key of the event.
    """
    query = (
        "SELECT e.id, m.quantity, m.sample, m.grp, m.stage, m.lot, e.key "
        "FROM measurement m JOIN event e ON e.id = m.event"
    )
    return sorted(by_name(db, query, "m.sample", samples))


def maker(db: Database, kind: str, name: str) -> str:
    """Key of the event that made a lot, or first stated another noun; empty if none did."""
    made = "lot x ON" if kind == "lot" else "noun x ON x.kind = ? AND"
    sql = (
        f"SELECT e.key FROM event e JOIN {made} x.event = e.id WHERE x.id = ? ORDER BY e.id LIMIT 1"
    )
    values = (name,) if kind == "lot" else (kind, name)
    return first_value(db, sql, values, "")


def reversed_before(db: Database, stretch: Stretch) -> list[tuple[str, str, str, int]]:
    """Reversals in a stretch of events before it: key, and key, kind and moment of the other."""
    when, values = dated("e", stretch.asof, stretch.start)
    return db.rows(
        "SELECT e.key, o.key, o.kind, o.occurred_at FROM event e "
        f"JOIN event o ON o.key = e.reverses WHERE o.posted_at < ?{when} ORDER BY e.id",
        (stretch.start, *values),
    )


def first_of_kind(db: Database, kind: str, stretch: Stretch) -> str:
    """Key of the first event of a kind in a stretch; empty if there is none."""
    when, moments = dated("e", stretch.asof, stretch.start)
    sql = f"SELECT e.key FROM event e WHERE e.kind = ?{when} ORDER BY e.id LIMIT 1"
    return first_value(db, sql, (kind, *moments), "")


def postings_between(
    db: Database,
    substances: Sequence[str],
    stretch: Stretch,
    scope: Scope,
    *,
    by_lot: bool,
    single: Sequence[str],
) -> list[tuple[str, str, int, int, str, *tuple[int, ...]]]:
    """Sums of the legs of a stretch by kind of event, account, direction and lot.

    What amends or reverses an event counts as that event. It has the direction of the event's own
    leg on the account; where a late fact brought the event to the account, as with another owner,
    that of the first leg that it brought. `single` are the kinds of events of one lot, whose
    emissions, waste and unaccounted matter are that lot's.

    Returns
    -------
    kind of the event, kind of the account, 1 on a road else 0, 1 for what came and -1 for what
    went, lot (empty unless `by_lot`), content.
    """
    conditions, names = in_scope(scope)
    when, moments = dated("e", stretch.asof, stretch.start)
    kind = "coalesce(o.kind, e.kind)"
    source = "event e JOIN posting p ON p.event = e.id"
    conditions.append("a.kind IN ('lot', 'emission', 'waste', 'unaccounted')")
    if scope.lot is not None:
        source = (
            "(SELECT DISTINCT q.event FROM account b JOIN posting q ON q.account = b.id "
            "WHERE b.lot = ?) t JOIN event e ON e.id = t.event JOIN posting p ON p.event = e.id"
        )
        marks = ", ".join("?" * len(single))
        conditions.append(f"(a.lot = ? OR (a.kind <> 'lot' AND {kind} IN ({marks})))")
    lot = [] if scope.lot is None else [scope.lot]
    name = "a.lot" if by_lot else "''"
    first = (
        "(SELECT f.mass FROM event g JOIN posting f ON f.event = g.id AND f.account = p.account "
        "WHERE g.amends = o.key AND f.mass <> 0 ORDER BY g.id LIMIT 1)"
    )
    return db.rows(
        f"SELECT {kind}, a.kind, CASE WHEN a.site LIKE '{TRANSIT} %' THEN 1 ELSE 0 END, "
        "CASE WHEN CASE WHEN o.id IS NULL THEN p.mass WHEN coalesce(q.mass, 0) <> 0 THEN q.mass "
        f"ELSE coalesce({first}, 0) END < 0 THEN -1 ELSE 1 END, "
        f"{name}, {sums(substances)} FROM {source} "
        "JOIN account a ON a.id = p.account "
        "LEFT JOIN event o ON o.key = coalesce(e.reverses, e.amends) "
        "LEFT JOIN posting q ON q.event = o.id AND q.account = p.account "
        f"WHERE {' AND '.join(conditions)}{when} GROUP BY 1, 2, 3, 4, 5",
        (*lot, *names, *lot, *(single if lot else ()), *moments),
    )


def run_legs(
    db: Database, substances: Sequence[str], stretch: Stretch
) -> Iterator[tuple[tuple[str, int, str], tuple[str, str, Content]]]:
    """Legs of the runs of a stretch that were not reversed, run by run in order of time.

    Late facts amend them, as far as they were posted in the stretch, too.

    Yields
    ------
    (key, moment and command of the run), (kind of the account, lot, content).
    """
    when, moments = dated("e", stretch.asof, stretch.start)
    undone, undone_by = dated("r", AsOf(recorded=stretch.known_at))
    rows: list[tuple[str, int, str, int, str, str, *tuple[int, ...]]] = db.rows(
        "SELECT coalesce(o.key, e.key), e.occurred_at, coalesce(o.command, e.command), "
        f"a.id, a.kind, a.lot, {columns(substances)} "
        "FROM event e LEFT JOIN event o ON o.key = e.amends AND o.posted_at >= ? "
        f"LEFT JOIN event r ON r.reverses = coalesce(o.key, e.key){undone} "
        "JOIN posting p ON p.event = e.id JOIN account a ON a.id = p.account "
        f"WHERE coalesce(o.kind, e.kind) = 'process' AND r.id IS NULL{when} "
        "ORDER BY e.occurred_at, coalesce(o.id, e.id), a.kind, a.lot, a.party, a.id, e.id",
        (stretch.start, *undone_by, *moments),
    )
    for (key, moment, command, _, kind, lot), legs in groupby(rows, key=itemgetter(slice(6))):
        content = tuple(map(sum, zip(*(leg[6:] for leg in legs), strict=True)))
        if any(content):
            yield (key, moment, command), (kind, lot, content)


def tickets_of(db: Database, method: str, moment: int) -> list[tuple[int, str]]:
    """Date and key of the tickets from a moment on whose tare is by a method, in their order."""
    return db.rows(
        "SELECT e.occurred_at, e.key FROM measurement m JOIN event e ON e.id = m.event "
        "WHERE m.quantity = 'tare' AND m.method = ? AND e.occurred_at >= ? AND NOT EXISTS "
        "(SELECT 1 FROM event r WHERE r.reverses = e.key) ORDER BY e.occurred_at, e.id",
        (method, moment),
    )
