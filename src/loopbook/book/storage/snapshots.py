"""Balances at a moment: snapshots at the ends of closed periods, and what was posted since.

A snapshot holds the contents of the accounts of lots at the end of a closed period: of all events
that belong to periods up to then. Lots come and go, so that it stays small however old the book is;
boundaries (suppliers, losses, every road) only ever grow in number, and are summed from their
postings when they are asked for. Nothing is posted into a closed period or before one, so a
snapshot never changes; what was reported late belongs to the period that was open, whatever its
date. No event belongs to a period before it happened. So, for a question by either date:

    balance at t = latest snapshot at or before t + what belongs to periods after it, dated up to t

Both clocks can be asked. With `known_at` only events recorded by then count, and only snapshots
whose last event was recorded by then are used.
"""

from collections.abc import Mapping, Sequence

from loopbook.book.nouns import Account, Content, Event, Period
from loopbook.book.scope import EVERYTHING, NOW, AsOf, Scope
from loopbook.book.storage.database import Database, Value, first_value
from loopbook.book.storage.questions.conditions import (
    by_name,
    columns,
    dated,
    in_scope,
    limited,
    sums,
)
from loopbook.book.storage.schema import quoted

_EVER = 2**63  # after all moments


def balances(
    db: Database,
    substances: Sequence[str],
    asof: AsOf = NOW,
    *,
    scope: Scope = EVERYTHING,
    boundaries: bool = True,
) -> Mapping[Account, Content]:
    """The content of each account, without the empty ones.

    Parameters
    ----------
    db : the book's database.
    substances : in the order of the contents.
    asof : the events that count.
    scope : which accounts.
    boundaries : whether boundary accounts are asked for, too.
    """
    conditions, names = in_scope(scope)
    if scope.lot is not None:
        conditions.append("a.lot = ?")
        names.append(scope.lot)
    if not boundaries:
        conditions.append("a.kind = 'lot'")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    rows: list[tuple[str, str, str, str, *Content]]
    if asof.now:
        rows = db.rows(
            f"SELECT a.kind, a.party, a.site, a.lot, {columns(substances)} FROM balance p "
            f"JOIN account a ON a.id = p.account{where}",
            names,
        )
    else:
        inner, values = _of_accounts(db, substances, asof, lot=scope.lot, boundaries=boundaries)
        rows = db.rows(
            f"SELECT a.kind, a.party, a.site, a.lot, {sums(substances, 'x')} FROM ({inner}) x "
            f"JOIN account a ON a.id = x.account{where} "
            "GROUP BY a.id, a.kind, a.party, a.site, a.lot",
            [*values, *names],
        )
    return {Account(*row[:4]): row[4:] for row in sorted(rows) if any(row[4:])}


def holdings(
    db: Database, substances: Sequence[str], lots: Sequence[str], asof: AsOf = NOW
) -> list[tuple[Account, Content]]:
    """The content of each account of some lots, without the empty ones."""
    if not asof.now:
        everything, names = balances(db, substances, asof, boundaries=False), set(lots)
        return [(a, c) for a, c in everything.items() if a.lot in names]
    query = (
        f"SELECT a.lot, a.party, a.site, {columns(substances)} FROM account a "
        "JOIN balance p ON p.account = a.id"
    )
    rows: list[tuple[str, str, str, *Content]] = by_name(
        db, query, "a.lot", lots, more=" AND a.kind = 'lot'"
    )
    return [
        (Account("lot", party, site, lot), tuple(content))
        for lot, party, site, *content in rows
        if any(content)
    ]


def _of_accounts(
    db: Database, substances: Sequence[str], asof: AsOf, *, lot: str | None, boundaries: bool
) -> tuple[str, list[Value]]:
    """A query for parts of the contents of accounts as of a moment, and its values."""
    if lot is not None:
        limits, moments = dated("e", asof)
        return (
            f"SELECT p.account, {columns(substances)} FROM account b "
            "JOIN posting p ON p.account = b.id JOIN event e ON e.id = p.event "
            f"WHERE b.lot = ?{limits}",
            [lot, *moments],
        )
    lots, values = _snapshot_and_postings(db, substances, asof)
    if not boundaries:
        return lots, values
    rest, more = _postings(substances, "b.kind <> 'lot'", asof)
    return f"{lots} UNION ALL {rest}", [*values, *more]


def _postings(
    substances: Sequence[str], accounts: str, asof: AsOf, start: int | None = None
) -> tuple[str, list[int]]:
    """Sums by account, read in the order of events, as the disk has the postings."""
    limits, moments = dated("e", asof, start)
    return (
        f"SELECT p.account, {sums(substances)} FROM event e CROSS JOIN posting p "
        "CROSS JOIN account b "
        f"WHERE p.event = e.id AND b.id = p.account AND {accounts}{limits} GROUP BY p.account",
        moments,
    )


def _snapshot_and_postings(
    db: Database, substances: Sequence[str], asof: AsOf
) -> tuple[str, list[Value]]:
    """The content of lots as of a moment: the last snapshot, and what was posted since."""
    last = min(x for x in (asof.occurred, asof.posted, _EVER) if x is not None)
    before = None if last == _EVER else last + 1
    limits, moments = limited(("moment <= ?", before), ("recorded_at <= ?", asof.recorded))
    begun = first_value(db, f"SELECT max(moment) FROM snapshot WHERE 1 = 1{limits}", moments, None)
    since, values = _postings(substances, "b.kind = 'lot'", asof, begun)
    if begun is None:
        return since, [*values]
    kept = f"SELECT p.account, {columns(substances)} FROM snapshot p WHERE p.moment = ?"
    return f"{kept} UNION ALL {since}", [begun, *values]


def keep_snapshots(
    db: Database, substances: Sequence[str], events: Sequence[Event], periods: Mapping[str, Period]
) -> None:
    """Write a snapshot for each period that events close, inside their transaction.

    Parameters
    ----------
    db : the book's database, with the events' postings in it.
    substances : in the order of the contents.
    events : in order of recording.
    periods : periods by name.
    """
    closed = [
        periods[name]
        for event in events
        for kind, name, _ in event.nouns
        if kind == "close" and name in periods
    ]
    if not closed:
        return
    recorded_at = max(event.recorded_at for event in events)
    for period in sorted(closed, key=lambda p: p.end):
        _write(db, substances, period.end, recorded_at)


def _write(db: Database, substances: Sequence[str], moment: int, recorded_at: int) -> None:
    names = ", ".join(quoted(s) for s in substances)
    filled = " OR ".join(f"sum(x.{quoted(s)}) <> 0" for s in substances)
    inner, values = _snapshot_and_postings(db, substances, AsOf(posted=moment - 1))
    total = " + ".join(f"x.{quoted(s)}" for s in substances)
    db.write("DELETE FROM snapshot WHERE moment = ?", [(moment,)])
    db.write(
        f"INSERT INTO snapshot (moment, account, recorded_at, mass, {names}) "
        f"SELECT ?, x.account, ?, sum({total}), {sums(substances, 'x')} FROM ({inner}) x "
        f"GROUP BY x.account HAVING {filled}",
        [(moment, recorded_at, *values)],
    )
