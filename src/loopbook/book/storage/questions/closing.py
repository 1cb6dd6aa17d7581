"""What a metal accountant looks at before a period is closed."""

import json
from collections.abc import Iterator, Sequence

from loopbook.book.nouns import CameIn, Content, Month, OnRoad, RunLoss, add, mass, negate, zero
from loopbook.book.scope import TRANSIT
from loopbook.book.storage.database import Database, in_lists
from loopbook.book.storage.questions.conditions import columns, sums
from loopbook.book.storage.questions.history import ABOUT, NUMBER

_NOT_REVERSED = "NOT EXISTS (SELECT 1 FROM event r WHERE r.reverses = e.key)"
_WITHIN = "e.posted_at >= ? AND e.posted_at < ?"
_MEASURED = (
    "(SELECT count(*) FROM measurement m JOIN event e ON e.id = m.event "
    f"WHERE m.lot = g.target AND {_NOT_REVERSED} AND "
)
_ON_ROAD = f"a.kind = 'lot' AND a.site LIKE '{TRANSIT} %' AND e.occurred_at < ?"
_WEIGHED = f"{_MEASURED}(m.quantity = 'gross' OR m.stage IN ('arrived', 'counted')))"
_ASSAYED = f"{_MEASURED}m.quantity NOT IN ('mass', 'gross', 'tare'))"


def month_of(db: Database, substances: Sequence[str], start: int, end: int) -> Month:
    """What was posted into a period, and what is open at its end.

    Parameters
    ----------
    start, end : from when the period counts, and its end, microseconds since 1970 UTC; the end
        is not in it.
    """
    span = (start, end)
    came_in: list[tuple[str, str, int, bool, bool]] = db.rows(
        f"SELECT g.target, e.key, g.mass, {_WEIGHED}, {_ASSAYED} FROM edge g "
        "JOIN event e ON e.id = g.event WHERE g.source LIKE 'supplier/%' AND e.amends IS NULL "
        f"AND e.reverses IS NULL AND {_WITHIN} AND {_NOT_REVERSED} ORDER BY e.occurred_at, e.id",
        span,
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
        tuple(_with_parts(db, came_in)),
        _runs(db, substances, span),
        tuple(sorted(_roads(db, end), key=lambda x: (x.since, x.road, x.lot))),
        tuple(lot for (lot,) in negative),
        tuple(accepted),
        tuple(limits),
        tuple(dict.fromkeys(causes)),
    )


def _with_parts(
    db: Database, came_in: Sequence[tuple[str, str, int, bool, bool]]
) -> Iterator[CameIn]:
    """Lots that came in, each with what has no ticket and what no assay: less its parts with one.

    Parameters
    ----------
    came_in : lot, key of its event, mg, whether it was weighed, whether it was assayed.
    """
    parts: dict[str, list[tuple[str, int, bool, bool]]] = {}
    level = sorted({lot for lot, _, _, weighed, assayed in came_in if not (weighed and assayed)})
    while level:
        cut: list[tuple[str, str, int, bool, bool]] = []
        for some, places in in_lists(level, db.at_once):
            cut += db.rows(
                f"SELECT g.source, g.target, sum(g.mass), {_WEIGHED}, {_ASSAYED} FROM edge g "
                f"JOIN event e ON e.id = g.event {ABOUT} WHERE g.source IN ({places}) "
                "AND coalesce(o.kind, e.kind) IN ('split', 'sample') GROUP BY g.source, g.target",
                some,
            )
        for lot, part, mg, weighed, assayed in cut:
            parts.setdefault(lot, []).append((part, int(mg), weighed, assayed))
        level = sorted({part for _, part, *_ in cut} - parts.keys())

    def lacking(lot: str, mg: int, measured: Sequence[bool], place: int) -> int:
        """What of a lot has no ticket (place 0) or no assay (1), mg."""
        if measured[place]:
            return 0
        with_one = [
            part_mg - lacking(part, part_mg, of_part, place)
            for part, part_mg, *of_part in parts.get(lot, ())
        ]
        return max(0, mg - sum(with_one))

    for lot, key, mg, *measured in came_in:
        yield CameIn(lot, key, mg, *(lacking(lot, mg, measured, place) for place in (0, 1)))


def _roads(db: Database, end: int) -> Iterator[OnRoad]:
    """Lots that are in transit at a moment, each since it last had nothing there."""
    there: list[tuple[str, str, int]] = db.rows(
        "SELECT a.site, a.lot, sum(p.mass) FROM account a JOIN posting p ON p.account = a.id "
        f"JOIN event e ON e.id = p.event WHERE {_ON_ROAD} "
        "GROUP BY a.site, a.lot HAVING sum(p.mass) <> 0",
        (end,),
    )
    since: dict[tuple[str, str], int] = {}
    held: dict[tuple[str, str], int] = {}
    for some, places in in_lists(sorted({lot for _, lot, _ in there}), db.at_once):
        changes: list[tuple[str, str, int, int, int]] = db.rows(
            f"SELECT a.site, a.lot, e.occurred_at, {NUMBER}, sum(p.mass) FROM account a "
            f"JOIN posting p ON p.account = a.id JOIN event e ON e.id = p.event {ABOUT} "
            f"WHERE {_ON_ROAD} AND a.lot IN ({places}) GROUP BY 1, 2, 3, 4 ORDER BY 3, 4",
            (end, *some),
        )
        for road, lot, at, _, mg in changes:
            if mg and not held.get((road, lot)):
                since[road, lot] = at
            held[road, lot] = held.get((road, lot), 0) + int(mg)
    for road, lot, mg in there:
        yield OnRoad(road, lot, int(mg), since[road, lot])


def _runs(db: Database, substances: Sequence[str], span: tuple[int, int]) -> tuple[RunLoss, ...]:
    """What each run of which something was posted in a period took and has unaccounted.

    It is the whole run, as it is known at the end of the period: a late fact in a run of a closed
    period is judged where it is posted.
    """
    legs: list[tuple[str, str, int, int, *tuple[int, ...]]] = db.rows(
        "SELECT s.run, a.kind, a.id, min(e.occurred_at) AS at_date, "
        f"{sums(substances)} FROM (SELECT DISTINCT coalesce(o.key, e.key) AS run FROM event e "
        "LEFT JOIN event o ON o.key = e.amends "
        f"WHERE coalesce(o.kind, e.kind) = 'process' AND {_WITHIN}) s "
        "JOIN event e ON e.key = s.run OR e.amends = s.run JOIN posting p ON p.event = e.id "
        "JOIN account a ON a.id = p.account WHERE e.posted_at < ? "
        "AND NOT EXISTS (SELECT 1 FROM event r WHERE r.reverses = s.run) "
        "GROUP BY s.run, a.kind, a.id ORDER BY at_date, s.run, a.id",
        (*span, span[1]),
    )
    nothing = zero(len(substances))
    fed: dict[str, Content] = {}
    lost: dict[str, Content] = {}
    for key, kind, _, _, *amounts in legs:
        content = tuple(map(int, amounts))
        lost.setdefault(key, nothing)
        if kind == "unaccounted":
            lost[key] = add(lost[key], content)
        elif kind == "lot" and mass(content) < 0:
            fed[key] = add(fed.get(key, nothing), negate(content))
    return tuple(RunLoss(key, fed.get(key, nothing), lost[key]) for key in lost)
