"""Pieces of queries that several questions share."""

from collections.abc import Sequence

from loopbook.book.scope import NOW, TRANSIT, AsOf, Scope
from loopbook.book.storage.database import Database, RowT, in_lists
from loopbook.book.storage.schema import quoted


def columns(substances: Sequence[str], table: str = "p") -> str:
    """Columns of the substances in a wide table.

    >>> columns(["Ni", "Co"])
    'p."s_Ni", p."s_Co"'
    """
    return ", ".join([f"{table}.{quoted(s)}" for s in substances])


def sums(substances: Sequence[str], table: str = "p") -> str:
    """Sums of the substances' columns, under their names."""
    return ", ".join([f"sum({table}.{quoted(s)}) AS {quoted(s)}" for s in substances])


def dated(event: str, asof: AsOf, start: int | None = None) -> tuple[str, list[int]]:
    """Conditions on a table of events, each begun with AND, and their values.

    >>> dated("e", AsOf(occurred=7))
    (' AND e.occurred_at <= ?', [7])
    """
    return limited(
        (f"{event}.posted_at >= ?", start),
        (f"{event}.posted_at <= ?", asof.posted),
        (f"{event}.occurred_at <= ?", asof.occurred),
        (f"{event}.recorded_at <= ?", asof.recorded),
    )


def place(event: str) -> str:
    """Number of the place that an event has among those of its date.

    It is that of the first event of this date which it corrects, else its own.
    """
    first = (
        f"SELECT min(f.id) FROM event f WHERE f.occurred_at = {event}.occurred_at "
        f"AND (f.key = {event}.corrects OR f.corrects = {event}.corrects)"
    )
    return f"CASE WHEN {event}.corrects IS NULL THEN {event}.id ELSE ({first}) END"


def limited(*limits: tuple[str, int | None]) -> tuple[str, list[int]]:
    """Conditions whose moment is not None, each begun with AND, and their moments."""
    used = [(limit, moment) for limit, moment in limits if moment is not None]
    return "".join(f" AND {limit}" for limit, _ in used), [moment for _, moment in used]


def of_event(table: str, asof: AsOf) -> tuple[str, str, list[int]]:
    """Join of a table with its events ``v``, if they matter; conditions on them; their values."""
    joined = "" if asof.now else f" JOIN event v ON v.id = {table}.event"
    return joined, *dated("v", asof)


def in_scope(scope: Scope) -> tuple[list[str], list[str]]:
    """Conditions on an account ``a`` by party and site, and their values."""
    conditions: list[str] = []
    if scope.party is not None:
        conditions.append("a.party = ?")
    if scope.site is not None:
        conditions.append("a.site LIKE ? || ' %'" if scope.site == TRANSIT else "a.site = ?")
    return conditions, [x for x in (scope.party, scope.site) if x is not None]


def by_name(
    db: Database, query: str, column: str, names: Sequence[str], *, asof: AsOf = NOW, more: str = ""
) -> list[RowT]:
    """Rows of a query whose column has one of some names, some hundred names at a time.

    Parameters
    ----------
    query : up to its joins; ``column`` is of a table of it that has an event, if `asof` is not now.
    more : further conditions, each begun with AND.
    """
    joined, limits, moments = of_event(column.partition(".")[0], asof)
    rows: list[RowT] = []
    for some, places in in_lists(names, db.at_once):
        rows += db.rows(
            f"{query}{joined} WHERE {column} IN ({places}){more}{limits}", (*some, *moments)
        )
    return rows
