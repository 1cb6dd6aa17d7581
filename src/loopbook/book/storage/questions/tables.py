"""Tables of a book as an export shows them, some events at a time."""

from collections.abc import Mapping, Sequence

from loopbook.book.storage.database import Database, Value
from loopbook.book.storage.questions.conditions import columns, sums

_POSTING = "posting p JOIN account a ON a.id = p.account"
_TABLES: Mapping[str, tuple[str, str, str]] = {
    "events": ("event p", "p.id", "p.id"),
    "postings": (_POSTING, "p.event", "p.event, a.kind, a.party, a.site, a.lot"),
    "lots": ("lot p", "p.event", "p.event, p.id"),
    "measurements": ("measurement p", "p.event", "p.event, p.line"),
    "nouns": ("noun p", "p.event", "p.event, p.kind, p.id"),
}
"""By name: what is read, the number of the event, the order."""

_EXPRESSIONS = {
    "reverses": "coalesce(p.reverses, '')",
    "account": "a.kind",
    "party": "a.party",
    "site": "a.site",
    "mass_kg": "p.mass",
    "group": "p.grp",
    "unit": "CASE WHEN p.quantity IN ('mass', 'gross', 'tare') THEN 'mg' ELSE 'kg/kg' END",
}
"""Columns that are not of their name in the table."""


def rows_between(
    db: Database,
    table: str,
    names: Sequence[str],
    *,
    substances: Sequence[str],
    events: tuple[int, int],
) -> list[tuple[Value, ...]]:
    """Rows of a table.

    Parameters
    ----------
    table : its name in an export.
    names : of columns; ``kg`` stands for one of each substance.
    events : those after a number, up to and with another one.
    """
    if table == "balances":
        return db.rows(
            f"SELECT a.kind, a.party, a.site, a.lot, sum(p.mass), {sums(substances)} "
            f"FROM {_POSTING} WHERE p.event > ? AND p.event <= ? "
            "GROUP BY a.kind, a.party, a.site, a.lot ORDER BY a.kind, a.party, a.site, a.lot",
            events,
        )
    source, number, order = _TABLES[table]
    own = {"event": number, "kg": columns(substances)}
    own["lot"] = {"postings": "a.lot", "lots": "p.id"}.get(table, "p.lot")
    expressions = ", ".join([own.get(n) or _EXPRESSIONS.get(n, f"p.{n}") for n in names])
    return db.rows(
        f"SELECT {expressions} FROM {source} WHERE {number} > ? AND {number} <= ? ORDER BY {order}",
        events,
    )
