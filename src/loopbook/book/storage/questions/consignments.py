"""Loads that came in by consignments, and what is or was in transit under their numbers."""

from collections.abc import Sequence

from loopbook.book.scope import TRANSIT, AsOf
from loopbook.book.storage.database import Database, in_lists
from loopbook.book.storage.questions.conditions import dated

_FACT = "LEFT JOIN event o ON o.key = coalesce(e.amends, e.reverses)"
_KIND = "coalesce(o.kind, e.kind)"
_POSTED = (
    f"FROM posting p JOIN account a ON a.id = p.account JOIN event e ON e.id = p.event {_FACT}"
)


def loads(db: Database, kind: str, field: str, asof: AsOf) -> list[tuple[int, str]]:
    """Number and command of the events of a kind that have a field and were not reversed."""
    (happened, moments), (undone, undone_by) = dated("e", asof), dated("r", asof)
    return db.rows(
        f"SELECT e.id, e.command FROM event e LEFT JOIN event r ON r.reverses = e.key{undone} "
        f"WHERE e.kind = ? AND r.id IS NULL AND e.command LIKE ?{happened} ORDER BY e.id",
        (*undone_by, kind, f'%"{field}":%', *moments),
    )


def masses_received(db: Database, lots: Sequence[str], asof: AsOf) -> dict[str, int]:
    """Mass of each lot, mg, as it was received and as tickets corrected it since."""
    masses: dict[str, int] = {}
    happened, moments = dated("e", asof)
    for some, places in in_lists(lots, db.at_once):
        rows: list[tuple[str, int]] = db.rows(
            f"SELECT a.lot, sum(p.mass) {_POSTED} WHERE a.lot IN ({places}) "
            f"AND {_KIND} IN ('receive', 'weigh'){happened} GROUP BY a.lot",
            (*some, *moments),
        )
        masses.update({lot: int(mg) for lot, mg in rows})
    return masses


def masses_in_transit(db: Database, asof: AsOf) -> list[tuple[str, str, str, str, int]]:
    """Place in transit, lot, kind of account and of event, and the sum of the masses, mg.

    Of what a lot brought to the place or left there, and of what was missing on arrival. Events
    that were reversed, and what amended or reversed them, do not count.
    """
    (happened, moments), (undone, undone_by) = dated("e", asof), dated("r", asof)
    rows: list[tuple[str, str, str, str, int]] = db.rows(
        f"SELECT a.site, a.lot, a.kind, {_KIND}, sum(p.mass) {_POSTED} "
        f"LEFT JOIN event r ON r.reverses = coalesce(o.key, e.key){undone} "
        f"WHERE a.site LIKE '{TRANSIT} %' AND r.id IS NULL{happened} "
        f"GROUP BY a.site, a.lot, a.kind, {_KIND} ORDER BY a.site, a.lot",
        (*undone_by, *moments),
    )
    return [(place, lot, account, kind, int(mg)) for place, lot, account, kind, mg in rows]
