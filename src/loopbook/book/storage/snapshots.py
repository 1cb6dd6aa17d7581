"""What lay where at a moment: snapshots at the ends of closed periods, and what was posted since.

A snapshot holds what lies on the accounts of lots just before a moment. Lots come and go, so that
it stays small however old the book is; boundaries (suppliers, losses, every road) only ever grow in
number, and are summed from their postings when they are asked for. It is written when a period
closes, and it is taken away when an event is dated before it (which a closed period forbids, and
a stretch of time without a period does not). So a snapshot that is there is always complete:

    balance before t = latest snapshot at or before t + postings dated from there up to t

Both clocks can be asked. With `known_at` only events recorded by then count, and only snapshots
whose last event was recorded by then are used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from loopbook.book.nouns import Account, Content, Event, Period
from loopbook.book.storage.schema import quoted

TRANSIT = "in transit"
"""Site filter for all that is on the road; its accounts are ``in transit NUMBER``."""

_NEVER = -(2**62)


class Rows(Protocol):
    """Whatever can be queried and written: a book's database."""

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a query."""
        ...

    def write(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each row of values."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """Which accounts are looked at: of a party, at a site, of a lot; None for all."""

    party: str | None = None
    site: str | None = None
    lot: str | None = None

    def clauses(self) -> tuple[list[str], list[Any]]:
        """Conditions on an account ``a`` by party and site, and their values."""
        sql: list[str] = []
        values: list[Any] = []
        if self.party is not None:
            sql.append("a.party = ?")
            values.append(self.party)
        if self.site == TRANSIT:
            sql.append(f"a.site LIKE '{TRANSIT} %'")
        elif self.site is not None:
            sql.append("a.site = ?")
            values.append(self.site)
        return sql, values


def balances_before(
    db: Rows,
    substances: Sequence[str],
    moment: int | None,
    *,
    known_at: int | None = None,
    scope: Scope = Scope(),
    boundaries: bool = True,
) -> Mapping[Account, Content]:
    """What lay on each account just before a moment, without the empty ones.

    Parameters
    ----------
    db : the book's database.
    substances : in the order of the contents.
    moment : events that occurred before it count; None for all.
    known_at : events recorded up to and with it count; None for all.
    scope : which accounts.
    boundaries : whether boundary accounts are asked for, too.
    """
    sums = ", ".join(f"sum(x.{quoted(s)})" for s in substances)
    names = ", ".join(f"p.{quoted(s)}" for s in substances)
    if scope.lot is not None:
        inner, values = _postings_of_lot(names, scope.lot, moment, known_at)
    else:
        inner, values = _snapshot_and_postings(db, substances, moment, known_at)
        if boundaries:
            sql, more = _postings(substances, "b.kind <> 'lot'", *_limits(moment, known_at, _NEVER))
            inner, values = f"{inner} UNION ALL {sql}", [*values, *more]
    clauses, rest = scope.clauses()
    where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    found = db.rows(
        f"SELECT a.kind, a.party, a.site, a.lot, {sums} FROM ({inner}) x "
        f"JOIN account a ON a.id = x.account{where} GROUP BY a.id, a.kind, a.party, a.site, a.lot",
        [*values, *rest],
    )
    held = {Account(*row[:4]): tuple([int(x) for x in row[4:]]) for row in found}
    return {a: c for a, c in sorted(held.items()) if any(c)}


def posted_after(
    db: Rows, substances: Sequence[str], lot: str, moment: int
) -> Iterator[tuple[Account, int, Content]]:
    """What was posted on a lot's accounts after a moment: account, date, and the sum of that date.

    Parameters
    ----------
    db, substances : the book's database, and the order of the contents.
    lot : its name.
    moment : events that occurred after it count, microseconds since 1970 UTC.
    """
    sums = ", ".join(f"sum(p.{quoted(s)})" for s in substances)
    for party, site, when, *content in db.rows(
        f"SELECT a.party, a.site, e.occurred_at, {sums} FROM account a "
        "JOIN posting p ON p.account = a.id JOIN event e ON e.id = p.event "
        "WHERE a.lot = ? AND e.occurred_at > ? GROUP BY a.party, a.site, e.occurred_at",
        (lot, moment),
    ):
        yield Account("lot", party, site, lot), int(when), tuple(map(int, content))


def _limits(moment: int | None, known_at: int | None, begun: int) -> tuple[str, list[int]]:
    given = (
        ("e.occurred_at >= ?", None if begun == _NEVER else begun),
        ("e.occurred_at < ?", moment),
        ("e.recorded_at <= ?", known_at),
    )
    used = [(sql, value) for sql, value in given if value is not None]
    return "".join(f" AND {sql}" for sql, _ in used), [value for _, value in used]


def _postings_of_lot(
    names: str, lot: str, moment: int | None, known_at: int | None
) -> tuple[str, list[Any]]:
    limits, values = _limits(moment, known_at, _NEVER)
    sql = (
        f"SELECT p.account, {names} FROM account b JOIN posting p ON p.account = b.id "
        f"JOIN event e ON e.id = p.event WHERE b.lot = ?{limits}"
    )
    return sql, [lot, *values]


def _postings(
    substances: Sequence[str], accounts: str, limits: str, values: Sequence[Any]
) -> tuple[str, list[Any]]:
    """Sums by account, read in the order of events, which is how postings lie on the disk."""
    sums = ", ".join(f"sum(p.{quoted(s)}) AS {quoted(s)}" for s in substances)
    sql = (
        f"SELECT p.account, {sums} FROM event e CROSS JOIN posting p CROSS JOIN account b "
        f"WHERE p.event = e.id AND b.id = p.account AND {accounts}{limits} GROUP BY p.account"
    )
    return sql, list(values)


def _snapshot_and_postings(
    db: Rows, substances: Sequence[str], moment: int | None, known_at: int | None
) -> tuple[str, list[Any]]:
    """What lies on lots before a moment: the last snapshot, and what was posted since."""
    names = ", ".join(f"p.{quoted(s)}" for s in substances)
    given = (("moment <= ?", moment), ("recorded_at <= ?", known_at))
    used = [(sql, value) for sql, value in given if value is not None]
    where = f" WHERE {' AND '.join(sql for sql, _ in used)}" if used else ""
    found = db.rows(f"SELECT max(moment) FROM snapshot{where}", [value for _, value in used])
    begun = _NEVER if found[0][0] is None else int(found[0][0])
    sql, values = _postings(substances, "b.kind = 'lot'", *_limits(moment, known_at, begun))
    if begun == _NEVER:
        return sql, values
    kept = f"SELECT p.account, {names} FROM snapshot p WHERE p.moment = ?"
    return f"{kept} UNION ALL {sql}", [begun, *values]


def keep_snapshots(
    db: Rows,
    substances: Sequence[str],
    events: Sequence[tuple[int, Event]],
    periods: Mapping[str, Period],
) -> None:
    """Keep snapshots true to events that were just written, inside their transaction.

    Takes away the snapshots that an event is dated before, then writes one for each period that
    was closed.

    Parameters
    ----------
    db : the book's database, with the events' postings in it.
    substances : in the order of the contents.
    events : number and event, in order of recording.
    periods : periods by name.
    """
    dated = [event.occurred_at for _, event in events if event.legs]
    if dated and any(p.closed and p.end > min(dated) for p in periods.values()):
        db.write("DELETE FROM snapshot WHERE moment > ?", [(min(dated),)])
    closed = [
        periods[name]
        for _, event in events
        for kind, name, _ in event.nouns
        if kind == "close" and name in periods
    ]
    if not closed:
        return
    recorded_at = max(event.recorded_at for _, event in events)
    for period in sorted(closed, key=lambda p: p.end):
        _write(db, substances, period.end, recorded_at)


def _write(db: Rows, substances: Sequence[str], moment: int, recorded_at: int) -> None:
    columns = ", ".join(quoted(s) for s in substances)
    sums = ", ".join(f"sum(x.{quoted(s)})" for s in substances)
    filled = " OR ".join(f"sum(x.{quoted(s)}) <> 0" for s in substances)
    inner, values = _snapshot_and_postings(db, substances, moment, None)
    total = " + ".join(f"x.{quoted(s)}" for s in substances)
    db.write("DELETE FROM snapshot WHERE moment = ?", [(moment,)])
    db.write(
        f"INSERT INTO snapshot (moment, account, recorded_at, mass, {columns}) "
        f"SELECT ?, x.account, ?, sum({total}), {sums} FROM ({inner}) x "
        f"GROUP BY x.account HAVING {filled}",
        [(moment, recorded_at, *values)],
    )
