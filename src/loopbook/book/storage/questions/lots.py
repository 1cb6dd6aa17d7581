"""Lots and what went from one to another, by name or by the events that made them."""

from collections.abc import Sequence
from operator import itemgetter
from typing import TypeAlias

from loopbook.book.nouns import Content, add, apportion, negate
from loopbook.book.scope import NOW, AsOf
from loopbook.book.storage.database import Database, RowT, first_column, in_lists
from loopbook.book.storage.questions.conditions import by_name, columns, dated, of_event
from loopbook.errors import Finding, nearest_hint

EdgeRow: TypeAlias = tuple[str, str, int, *tuple[int, ...]]
"""Source, target, event, and content: milligrams of each substance asked for."""

_Delivered: TypeAlias = tuple[str, str, str, str, int]
"""Lot, end of the customer, document, key and moment of a delivery."""
_RECENT = 10_000  # names that a hint is chosen from


def edges_into(
    db: Database, substances: Sequence[str], lots: Sequence[str], asof: AsOf = NOW
) -> list[EdgeRow]:
    """What came into lots."""
    return by_name(db, _edges(substances), "g.target", lots, asof=asof)


def edges_out_of_book(
    db: Database, substances: Sequence[str], lots: Sequence[str], asof: AsOf = NOW
) -> list[EdgeRow]:
    """What left the book's lots from lots: to customers, waste, losses."""
    return by_name(
        db, _edges(substances), "g.source", lots, asof=asof, more=" AND g.target LIKE '%/%'"
    )


def targets_of(db: Database, lots: Sequence[str], asof: AsOf = NOW) -> list[tuple[str, str]]:
    """Each lot with an end that something went to from it, once for each event."""
    query = "SELECT g.source, g.target FROM edge g"
    return by_name(db, query, "g.source", lots, asof=asof)


def edges_between(
    db: Database, substances: Sequence[str], events: tuple[int, int], asof: AsOf = NOW
) -> list[EdgeRow]:
    """Edges of the events after a number, up to and with another one, in their order."""
    joined, limits, moments = of_event("g", asof)
    return db.rows(
        f"{_edges(substances)}{joined} WHERE g.event > ? AND g.event <= ?{limits} "
        "ORDER BY g.event, g.source, g.target",
        (*events, *moments),
    )


def _edges(substances: Sequence[str]) -> str:
    return f"SELECT g.source, g.target, g.event, {columns(substances, 'g')} FROM edge g"


def deliveries(
    db: Database, substances: Sequence[str], lots: Sequence[str], asof: AsOf = NOW
) -> list[tuple[str, str, str, str, int, Content]]:
    """Deliveries of lots that were not reversed, as late facts amended them, less what came back.

    Returns
    -------
    lot, end of the customer, document, key, moment and content of each.
    """
    (happened, moments), (undone, undone_by) = dated("e", asof), dated("r", asof)
    rows: list[tuple[str, str, str, str, int, *tuple[int, ...]]] = []
    for some, places in in_lists(lots, db.at_once):
        rows += db.rows(
            "SELECT g.source, g.target, coalesce(o.document, e.document), "
            "coalesce(o.key, e.key), e.occurred_at, "
            f"{columns(substances, 'g')} FROM edge g JOIN event e ON e.id = g.event "
            "LEFT JOIN event o ON o.key = e.amends "
            f"LEFT JOIN event r ON r.reverses = coalesce(e.amends, e.key){undone} "
            f"WHERE g.source IN ({places}) "
            f"AND g.target LIKE 'customer/%' AND r.id IS NULL AND e.reverses IS NULL{happened}",
            (*undone_by, *some, *moments),
        )
    sums: dict[_Delivered, Content] = {}
    for row in rows:
        sums[row[:5]] = add(sums[row[:5]], row[5:]) if row[:5] in sums else row[5:]
    _take_off_returns(sums)
    return [(*about, content) for about, content in sums.items() if any(content)]


def _take_off_returns(deliveries: dict[_Delivered, Content]) -> None:
    """Take what came back, which is below zero, off the deliveries of the lot to its customer.

    Of several deliveries each is less by its share.
    """
    returned = {about: x for about, x in deliveries.items() if sum(x) < 0}
    for about, back in returned.items():
        del deliveries[about]
        same = [x for x in deliveries if x[:2] == about[:2] and x not in returned]
        parts = [
            apportion(-mg, whole) if mg and sum(whole) else (0,) * len(same)
            for mg, whole in zip(
                back, zip(*map(deliveries.__getitem__, same), strict=True), strict=True
            )
        ]
        for delivery, part in zip(same, zip(*parts, strict=True), strict=True):
            deliveries[delivery] = add(deliveries[delivery], negate(part))


def lots_named(
    db: Database, lots: Sequence[str], asof: AsOf = NOW
) -> list[tuple[int, int, str, str]]:
    """Event, place in it, name and material of each lot that is there."""
    rows: list[tuple[int, int, str, str]] = by_name(
        db, "SELECT l.event, l.line, l.id, l.material FROM lot l", "l.id", lots, asof=asof
    )
    return _last_made(rows, 2)


def lots_between(
    db: Database, events: tuple[int, int], asof: AsOf = NOW
) -> list[tuple[str, str, int]]:
    """Name, material and event of the lots that events made, as numbered in `edges_between`.

    A lot that was made again comes again.
    """
    joined, limits, moments = of_event("l", asof)
    return db.rows(
        f"SELECT l.id, l.material, l.event FROM lot l{joined} "
        f"WHERE l.event > ? AND l.event <= ?{limits} ORDER BY l.event, l.line",
        (*events, *moments),
    )


def _last_made(rows: list[RowT], name: int) -> list[RowT]:
    """Rows of lots, each beginning with the event: of a lot that was made again the last one.

    Parameters
    ----------
    name : place of the lot's name in a row.
    """
    if len({row[name] for row in rows}) == len(rows):
        return rows
    return [*{row[name]: row for row in sorted(rows, key=itemgetter(0))}.values()]


def makers_of(
    db: Database, lots: Sequence[str], asof: AsOf = NOW
) -> dict[str, tuple[str, str, int]]:
    """Key, kind and moment of the event that made each lot; the last one, if it was made again."""
    query = (
        "SELECT l.event, l.line, l.id, e.key, e.kind, e.occurred_at "
        "FROM lot l JOIN event e ON e.id = l.event"
    )
    rows: list[tuple[int, int, str, str, str, int]] = by_name(db, query, "l.id", lots, asof=asof)
    return {lot: (key, kind, when) for _, _, lot, key, kind, when in _last_made(rows, 2)}


def all_lots(db: Database) -> list[tuple[str, str, str]]:
    """Name, material and the last maker's key of every lot, by name."""
    rows: list[tuple[str, str, str]] = db.rows(
        "SELECT l.id, l.material, e.key FROM lot l JOIN event e ON e.id = l.event "
        "ORDER BY l.id, l.event"
    )
    return [*{row[0]: row for row in rows}.values()]


def lot_names(db: Database) -> list[str]:
    """Names of all lots."""
    return first_column(db, "SELECT DISTINCT id FROM lot")


def recent_lots(db: Database) -> list[str]:
    """Names of lots made lately, for hints."""
    names: list[str] = first_column(
        db, "SELECT id FROM lot ORDER BY event DESC LIMIT ?", (_RECENT,)
    )
    return [*dict.fromkeys(names)]


def strange_lots(db: Database, after: int) -> list[tuple[str, int]]:
    """Lots of events after a number whose names have other signs than ASCII or two blanks.

    Each has its event's number; the first row is no lot and has the last number.
    """
    return db.rows(
        "SELECT '', coalesce(max(event), 0) FROM lot UNION ALL SELECT id, event FROM lot "
        f"WHERE event > ? AND ({db.id_bytes} <> length(id) OR id LIKE '%  %')",
        (after,),
    )


def unknown_lot(db: Database, lot: str, where: str = "lot") -> Finding:
    """The finding for a lot that is not there, with the nearest of the recent ones."""
    return Finding(
        "unknown-name", where, "a lot of the book", lot, nearest_hint(lot, recent_lots(db))
    )
