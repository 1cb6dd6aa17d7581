"""What a metal accountant looks at before a period is closed."""

import json
from collections.abc import Sequence

from loopbook.book.nouns import CameIn, Content, Month, OnRoad, RunLoss, add, mass, negate, zero
from loopbook.book.scope import TRANSIT, Stretch
from loopbook.book.storage.database import Database
from loopbook.book.storage.questions.conditions import columns
from loopbook.book.storage.questions.events import run_legs

_NOT_REVERSED = "NOT EXISTS (SELECT 1 FROM event r WHERE r.reverses = e.key)"
_WITHIN = "e.posted_at >= ? AND e.posted_at < ?"
_MEASURED = (
    "(SELECT count(*) FROM measurement m JOIN event e ON e.id = m.event "
    f"WHERE m.lot = g.target AND {_NOT_REVERSED} AND "
)
_WEIGHED = f"{_MEASURED}(m.quantity = 'gross' OR m.stage IN ('arrived', 'counted')))"
_ASSAYED = f"{_MEASURED}m.quantity NOT IN ('mass', 'gross', 'tare'))"


def month_of(db: Database, substances: Sequence[str], start: int, end: int) -> Month:
    """What was posted into a period, and what is open at its end.

    Parameters
    ----------
    start, end : of the period, microseconds since 1970 UTC; the end is not in it.
    """
    span = (start, end)
    came_in: list[tuple[str, str, int, int, int]] = db.rows(
        f"SELECT g.target, e.key, g.mass, {_WEIGHED}, {_ASSAYED} FROM edge g "
        "JOIN event e ON e.id = g.event WHERE g.source LIKE 'supplier/%' AND e.amends IS NULL "
        f"AND e.reverses IS NULL AND {_WITHIN} AND {_NOT_REVERSED} ORDER BY e.occurred_at, e.id",
        span,
    )
    roads: list[tuple[str, str, int, int]] = db.rows(
        "SELECT a.site, a.lot, sum(p.mass), min(e.occurred_at) FROM account a "
        "JOIN posting p ON p.account = a.id JOIN event e ON e.id = p.event "
        f"WHERE a.kind = 'lot' AND a.site LIKE '{TRANSIT} %' AND e.occurred_at < ? "
        "GROUP BY a.site, a.lot HAVING sum(p.mass) <> 0 ORDER BY 4, 1, 2",
        (end,),
    )
    below = " OR ".join(f"{column} < 0" for column in columns(substances, "b").split(", "))
    negative: list[tuple[str]] = db.rows(
        "SELECT DISTINCT a.lot FROM balance b JOIN account a ON a.id = b.account "
        f"WHERE b.bounded = 1 AND ({below}) ORDER BY 1"
    )
    accepted: list[tuple[str, str]] = db.rows(
        f"SELECT e.key, e.command FROM event e WHERE {_WITHIN} "
        f"AND e.command LIKE '%\"accepted\":%' AND {_NOT_REVERSED} ORDER BY e.id",
        span,
    )
    limits: list[tuple[str, str, str, str]] = db.rows(
        "SELECT e.key, m.lot, m.quantity, m.value FROM measurement m "
        f"JOIN event e ON e.id = m.event WHERE {_WITHIN} AND {_NOT_REVERSED} "
        "AND substr(m.value, 1, 1) IN ('<', '>') AND m.stage NOT LIKE 'replicate %' "
        "ORDER BY e.id, m.line",
        span,
    )
    late: list[tuple[str, str, str | None]] = db.rows(
        f"SELECT e.key, e.command, e.amends FROM event e WHERE {_WITHIN} "
        "AND (e.amends IS NOT NULL OR e.occurred_at <> e.posted_at) ORDER BY e.id",
        span,
    )
    causes = [json.loads(text)["because"] if amends else key for key, text, amends in late]
    return Month(
        tuple(CameIn(lot, key, mg, bool(w), bool(a)) for lot, key, mg, w, a in came_in),
        _runs(db, substances, Stretch(start, end)),
        tuple(OnRoad(*row) for row in roads),
        tuple(lot for (lot,) in negative),
        tuple(accepted),
        tuple(limits),
        tuple(dict.fromkeys(causes)),
    )


def _runs(db: Database, substances: Sequence[str], stretch: Stretch) -> tuple[RunLoss, ...]:
    """What each run took and has unaccounted."""
    nothing = zero(len(substances))
    fed: dict[str, Content] = {}
    lost: dict[str, Content] = {}
    for (key, _, _), (kind, _, content) in run_legs(db, substances, stretch):
        lost.setdefault(key, nothing)
        if kind == "unaccounted":
            lost[key] = add(lost[key], content)
        elif kind == "lot" and mass(content) < 0:
            fed[key] = add(fed.get(key, nothing), negate(content))
    return tuple(RunLoss(key, fed.get(key, nothing), lost[key]) for key in lost)
