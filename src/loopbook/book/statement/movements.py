"""What moved in a stretch of time, by line of the metal statement and by lot.

Each event's legs go to lines by what the event was (`_line_of`); a reversal takes back what its
event did, on the same line, so that lines of adjoining periods add up:

    receive                  received
    transfer-title           title in, title out
    ship                     shipped out (of a site), into transit
    arrive                   out of transit, shipped in (to a site); unaccounted
    move                     moved in, moved out
    sample, split, blend     from lots, to lots
    process                  consumed, produced; of which: emissions, waste, unaccounted
    dispose                  emissions, waste
    deliver                  delivered
    weigh, assay             re-assay
    stock-take               stock-take
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loopbook.book.nouns import Content, add, negate, zero
from loopbook.book.storage.schema import quoted
from loopbook.book.storage.snapshots import TRANSIT, Rows, Scope
from loopbook.errors import BalanceError

MOVEMENTS = (
    "received",
    "title in",
    "title out",
    "from lots",
    "to lots",
    "consumed",
    "produced",
    "moved in",
    "moved out",
    "shipped out",
    "into transit",
    "out of transit",
    "shipped in",
    "delivered",
    "emissions",
    "waste",
    "unaccounted",
    "re-assay",
    "stock-take",
)
"""Lines between opening and closing, in the order of a statement."""

RUN_LOSSES = ("emissions", "waste", "unaccounted")
"""Where what a run consumed and did not produce went."""

_IN_OUT = {
    "transfer-title": ("title in", "title out"),
    "move": ("moved in", "moved out"),
    "sample": ("from lots", "to lots"),
    "split": ("from lots", "to lots"),
    "blend": ("from lots", "to lots"),
    "process": ("produced", "consumed"),
    "receive": ("received", "received"),
    "deliver": ("delivered", "delivered"),
    "weigh": ("re-assay", "re-assay"),
    "assay": ("re-assay", "re-assay"),
    "stock-take": ("stock-take", "stock-take"),
}
_ROAD = {"ship": ("into transit", "shipped out"), "arrive": ("out of transit", "shipped in")}
_BOUNDARY = {"emission": "emissions", "waste": "waste", "unaccounted": "unaccounted"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` up to and without `end`, as the book knew it at `known_at` (None: now)."""

    start: int
    end: int
    known_at: int | None = None

    def clauses(self) -> tuple[str, list[int]]:
        """Condition on an event ``e``, and its values."""
        sql, values = "e.occurred_at >= ? AND e.occurred_at < ?", [self.start, self.end]
        if self.known_at is None:
            return sql, values
        return f"{sql} AND e.recorded_at <= ?", [*values, self.known_at]


def moved(
    db: Rows, substances: Sequence[str], stretch: Stretch, *, scope: Scope, by_lot: bool = True
) -> Mapping[str, Mapping[str, Content]]:
    """What moved, mg, by line and lot; what runs lost is on lines ``run emissions`` and so on.

    Parameters
    ----------
    db, substances : the book's database, and the order of the contents.
    stretch, scope : when, and which accounts.
    by_lot : tell lots apart; without it all is under the empty name, and long stretches are
        quicker.
    """
    found: dict[str, dict[str, Content]] = {}
    for kind, boundary, road, sign, lot, *numbers in _rows(
        db, substances, stretch, scope=scope, by_lot=by_lot
    ):
        content = tuple([int(x) for x in numbers])
        for line, part in _lines_of(
            str(kind), str(boundary), content, road=bool(road), sign=int(sign)
        ):
            lots = found.setdefault(line, {})
            old = lots.get(lot)
            lots[lot] = part if old is None else add(old, part)
    return found


def _rows(
    db: Rows, substances: Sequence[str], stretch: Stretch, *, scope: Scope, by_lot: bool
) -> list[tuple[Any, ...]]:
    """Sums of legs by kind of event, account, direction and lot."""
    when, values = stretch.clauses()
    where, more = scope.clauses()
    sums = ", ".join(f"sum(p.{quoted(s)})" for s in substances)
    kind = "coalesce(o.kind, e.kind)"
    road = f"CASE WHEN a.site LIKE '{TRANSIT} %' THEN 1 ELSE 0 END"
    sign = "CASE WHEN (p.mass < 0) = (e.reverses IS NULL) THEN -1 ELSE 1 END"
    lot = "a.lot" if by_lot else "''"
    wanted = ["a.kind IN ('lot', 'emission', 'waste', 'unaccounted')", *where]
    source = "event e JOIN posting p ON p.event = e.id"
    if scope.lot is not None:
        source = (
            "(SELECT DISTINCT q.event FROM account b JOIN posting q ON q.account = b.id "
            "WHERE b.lot = ?) t JOIN event e ON e.id = t.event JOIN posting p ON p.event = e.id"
        )
        values = [scope.lot, *values]  # type: ignore[list-item]
        wanted.append(f"(a.lot = ? OR (a.kind <> 'lot' AND {kind} IN ('arrive', 'dispose')))")
        more = [*more, scope.lot]
    return db.rows(
        f"SELECT {kind}, a.kind, {road}, {sign}, {lot}, {sums} FROM {source} "
        "JOIN account a ON a.id = p.account LEFT JOIN event o ON o.key = e.reverses "
        f"WHERE {when} AND {' AND '.join(wanted)} GROUP BY 1, 2, 3, 4, 5",
        [*values, *more],
    )


def _lines_of(
    kind: str, account: str, content: Content, *, road: bool, sign: int
) -> list[tuple[str, Content]]:
    """Lines that legs of one sort belong to, with what they add to them."""
    if account != "lot":
        line = _BOUNDARY[account]
        if kind == "process":
            return [(f"run {line}", negate(content))]
        # What is missing on arrival did not arrive: it left the road as unaccounted.
        back = [("out of transit", content)] if kind == "arrive" else []
        return [*back, (line, negate(content))]
    if kind == "dispose":  # told apart by its boundary legs
        return []
    if kind in _ROAD:
        return [(_ROAD[kind][0 if road else 1], content)]
    if kind in _IN_OUT:
        return [(_IN_OUT[kind][0 if sign > 0 else 1], content)]
    raise BalanceError(f"no line of the metal statement is for events of kind {kind}")


def total(lots: Mapping[str, Content], count: int) -> Content:
    """Sum over lots of `count` substances.

    >>> total({"A": (1, 2), "B": (3, 4)}, 2)
    (4, 6)
    """
    found = zero(count)
    for content in lots.values():
        found = add(found, content)
    return found
