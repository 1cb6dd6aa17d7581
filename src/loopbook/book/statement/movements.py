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

from loopbook.book.nouns import Content, add, negate, zero
from loopbook.book.scope import Scope, Stretch
from loopbook.book.storage.database import Database
from loopbook.book.storage.questions.events import postings_between
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


def moved(
    db: Database, substances: Sequence[str], stretch: Stretch, *, scope: Scope, by_lot: bool = True
) -> Mapping[str, Mapping[str, Content]]:
    """What moved, mg, by line and lot; what runs lost is on lines ``run emissions`` and so on.

    Parameters
    ----------
    db, substances : the book's database, and the order of the contents.
    stretch, scope : when, and which accounts.
    by_lot : distinguish lots; without it everything is under the empty name, and long stretches
        are quicker.
    """
    moves: dict[str, dict[str, Content]] = {}
    for kind, account, road, sign, lot, *amounts in postings_between(
        db, substances, stretch, scope, by_lot=by_lot
    ):
        content = tuple([int(x) for x in amounts])
        for line, part in _lines_of(kind, account, content, road=bool(road), sign=sign):
            lots = moves.setdefault(line, {})
            old = lots.get(lot)
            lots[lot] = part if old is None else add(old, part)
    return moves


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
    content = zero(count)
    for part in lots.values():
        content = add(content, part)
    return content
