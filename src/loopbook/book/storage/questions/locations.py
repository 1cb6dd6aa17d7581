"""Where inside their sites lots are, as events stated it.

A statement counts until a later one, or until the lot has left the site; one that was counted as
nothing has not left it. A part that was cut from a lot is where the lot was, until it is stated
otherwise.
"""

from bisect import bisect_right
from collections import defaultdict
from typing import TypeAlias

from loopbook.book.scope import NOW, AsOf
from loopbook.book.storage.database import Database, in_lists
from loopbook.book.storage.known import stored_object
from loopbook.book.storage.questions.conditions import dated, place
from loopbook.book.storage.questions.history import ABOUT, NUMBER

_Place: TypeAlias = tuple[int, int]
"""Date and number of an event: its place in the order of what happened."""
_END = (2**63, 0)


class Located:
    """Where lots are.

    Parameters
    ----------
    db : the book's storage.
    asof : only what had happened, or was known, by a moment.
    """

    def __init__(self, db: Database, asof: AsOf = NOW) -> None:
        self._stated: dict[tuple[str, str], list[tuple[_Place, str]]] = defaultdict(list)
        self._emptied: dict[tuple[str, str], list[_Place]] = defaultdict(list)
        self._cut: dict[str, tuple[str, _Place]] = {}
        (happened, moments), (undone, undone_by) = dated("e", asof), dated("r", asof)
        rows: list[tuple[str, str, int, int]] = db.rows(
            f"SELECT n.id, n.body, e.occurred_at, {NUMBER} FROM noun n "
            f"JOIN event e ON e.id = n.event {ABOUT} "
            f"LEFT JOIN event r ON r.reverses = e.key{undone} "
            f"WHERE n.kind = 'located' AND r.id IS NULL{happened} ORDER BY 3, 4, e.id",
            (*undone_by, *moments),
        )
        for lot, body, at, number in rows:
            values = stored_object(body, f"where lot {lot!r} is")
            self._stated[lot, values["site"]].append(((at, number), values["location"]))
        if not rows:
            return
        cuts: list[tuple[str, str, int, int]] = db.rows(
            f"SELECT g.target, g.source, e.occurred_at, {place('e')} FROM edge g "
            "JOIN event e ON e.id = g.event "
            f"LEFT JOIN event r ON r.reverses = e.key{undone} WHERE e.kind IN ('split', 'sample') "
            f"AND e.reverses IS NULL AND r.id IS NULL{happened} ORDER BY e.id",
            (*undone_by, *moments),
        )
        self._cut = {part: (lot, (at, number)) for part, lot, at, number in cuts}
        self._find_emptied(db, (happened, moments))

    def _find_emptied(self, db: Database, when: tuple[str, list[int]]) -> None:
        """Note when each lot had left a site; an event and its reversal moved nothing."""
        happened, moments = when
        lots = sorted({lot for lot, _ in self._stated} | self._cut.keys())
        held: dict[tuple[str, str], int] = defaultdict(int)
        for some, places in in_lists(lots, db.at_once):
            rows: list[tuple[str, str, int, int, int, int]] = db.rows(
                f"SELECT a.lot, a.site, e.occurred_at, {NUMBER}, sum(p.mass), "
                "max(CASE WHEN coalesce(o.kind, e.kind) = 'stock-take' THEN 1 ELSE 0 END) "
                "FROM account a JOIN posting p ON p.account = a.id "
                f"JOIN event e ON e.id = p.event {ABOUT} "
                f"WHERE a.kind = 'lot' AND a.lot IN ({places}){happened} "
                "GROUP BY 1, 2, 3, 4 ORDER BY 3, 4",
                (*some, *moments),
            )
            for lot, site, at, number, mass, is_counted in rows:
                held[lot, site] += int(mass)
                if mass and held[lot, site] == 0 and not is_counted:
                    self._emptied[lot, site].append((at, number))

    def at(self, lot: str, site: str, before: tuple[int, int] = _END) -> str:
        """The location of a lot at a site, before a place in the order of events; empty if none."""
        known, emptied = self._stated.get((lot, site), []), self._emptied.get((lot, site), [])
        stated = [x for x in known if x[0] < before]
        left = bisect_right(emptied, before)
        if stated:
            place, location = stated[-1]
            is_there = not left or emptied[left - 1] < place
            return location if is_there else ""
        if lot not in self._cut:
            return ""
        parent, cut_at = self._cut[lot]
        return "" if left and emptied[left - 1] > cut_at else self.at(parent, site, cut_at)
