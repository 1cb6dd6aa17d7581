"""The tables of a book in SQLite, and the triggers by which the file itself refuses wrong rows."""

import sqlite3
from collections.abc import Sequence

from loopbook.book.storage.schema import INDEXES, PARTS, TABLES, WIDE, TableSpec, quoted

_KEYS = {
    "account": "id = NEW.id OR (lot, kind, party, site) = (NEW.lot, NEW.kind, NEW.party, NEW.site)",
    "lot": "(id, again) = (NEW.id, NEW.again)",
    "closing": "period = NEW.period",
    "leaf": "place = NEW.place OR event = NEW.event",
}
"""Keys that ``INSERT OR REPLACE`` could take from a row, which fires no trigger for DELETE."""

_CLUSTERED = ("posting", "edge", "lot", "node", "noun", "measurement", "snapshot")
"""Tables that are stored in the order of their primary key."""


def substance_column(substance: str) -> str:
    """Declaration of a substance's column in a wide table of SQLite."""
    return f"{quoted(substance)} INTEGER NOT NULL"


def _table(spec: TableSpec, substances: Sequence[str]) -> str:
    lines = [f"  {c.name} {c.type}" for c in spec.columns]
    if spec.wide:
        lines += [f"  {substance_column(s)}" for s in substances]
    lines += [f"  {text}" for text in spec.constraints]
    without = ", WITHOUT ROWID" if spec.name in _CLUSTERED else ""
    return f"CREATE TABLE {spec.name} (\n" + ",\n".join(lines) + f"\n) STRICT{without}"


def sqlite_ddl(substances: Sequence[str]) -> list[str]:
    """Statements that make an empty book in SQLite."""
    made = [_table(spec, substances) for spec in TABLES]
    return [*made, *INDEXES, *_triggers(substances)]


def _triggers(substances: Sequence[str]) -> list[str]:
    frozen = []
    for spec in TABLES:
        if not spec.facts:
            continue
        for verb in ("UPDATE", "DELETE"):
            frozen.append(
                f"CREATE TRIGGER {spec.name}_no_{verb.lower()} BEFORE {verb} ON {spec.name} "
                f"BEGIN SELECT RAISE(ABORT, 'frozen: {spec.name} rows are never changed'); END"
            )
    for name, same in _KEYS.items():
        frozen.append(
            f"CREATE TRIGGER {name}_no_replace BEFORE INSERT ON {name} "
            f"WHEN EXISTS (SELECT 1 FROM {name} WHERE {same}) "
            f"BEGIN SELECT RAISE(ABORT, 'duplicate: this {name} is there already'); END"
        )
    for name in PARTS:
        if name != "posting":
            frozen.append(
                f"CREATE TRIGGER {name}_unsealed BEFORE INSERT ON {name} "
                "WHEN EXISTS (SELECT 1 FROM event WHERE id = NEW.event) "
                f"BEGIN SELECT RAISE(ABORT, 'sealed: the event takes no further {name}'); END"
            )
    return [*frozen, *substance_ddl(substances)]


def _refuse(**reasons: str) -> str:
    """A step of a trigger: the first reason that is true refuses the row with its text."""
    cases = [f"WHEN {when} THEN RAISE(ABORT, '{_WHY[code]}')" for code, when in reasons.items()]
    return f"SELECT CASE {' '.join(cases)} END; "


_WHY = {
    "sealed": "sealed: the event takes no further posting",
    "posted": "duplicate: this posting is there already",
    "leg": "leg: substances do not add up to the mass",
    "duplicate": "duplicate: this event is there already, or a later one",
    "closed": "closed: the event is posted into a closed period",
    "late": "late: the event it amends is not there, or has another date",
    "unbalanced": "unbalanced: the event does not sum to zero",
    "negative": "negative: a lot would be below zero",
    "made": "duplicate: this lot is there already, and what made it is not reversed",
}


def substance_ddl(substances: Sequence[str]) -> list[str]:
    """Triggers that name the substances; made again when one is added.

    One trigger a row: each costs as much as a check. Numbers of events rise, so the closings that
    bind an event are those of lower numbers, and no event can replace another one. No lot may be
    below zero after an event, and none has two makers; events that amend others for a late fact
    come before that fact, what corrects an event before its reversal, and count together with it.
    """
    names = [quoted(s) for s in substances]
    wide = ["mass", *names]
    entering = _refuse(
        sealed="EXISTS (SELECT 1 FROM event WHERE id = NEW.event)",
        posted="EXISTS (SELECT 1 FROM posting WHERE event = NEW.event AND account = NEW.account)",
        leg=f"NEW.mass <> {' + '.join(f'NEW.{c}' for c in names)}",
    )
    sealing = _refuse(
        duplicate="NEW.id <= (SELECT max(id) FROM event) "
        "OR EXISTS (SELECT 1 FROM event WHERE key = NEW.key) OR (NEW.reverses IS NOT NULL "
        "AND EXISTS (SELECT 1 FROM event WHERE reverses = NEW.reverses))",
        closed="EXISTS (SELECT 1 FROM closing WHERE event < NEW.id "
        "AND start_at <= NEW.posted_at AND NEW.posted_at < end_at)",
        late="NEW.posted_at < NEW.occurred_at OR (NEW.amends IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM event WHERE key = NEW.amends AND occurred_at = NEW.occurred_at))",
        unbalanced=f"(SELECT {' OR '.join(f'sum({c}) <> 0' for c in names)} "
        "FROM posting WHERE event = NEW.id)",
    )
    together = (
        "> coalesce((SELECT max(id) FROM event WHERE id < NEW.id "
        "AND amends IS NULL AND corrects IS NULL), 0) AND"
    )
    floor = _refuse(
        negative="EXISTS (SELECT 1 FROM posting p JOIN balance b ON b.account = p.account "
        f"WHERE p.event {together} p.event <= NEW.id AND b.bounded "
        f"AND ({' OR '.join(f'b.{c} < 0' for c in names)}))",
        made="EXISTS (SELECT 1 FROM lot m JOIN lot l ON l.id = m.id AND l.again = m.again - 1 "
        f"JOIN event e ON e.id = l.event WHERE m.event {together} m.event <= NEW.id "
        "AND NOT EXISTS (SELECT 1 FROM event r WHERE r.reverses = e.key))",
    )
    added = ", ".join(f"{c} = balance.{c} + p.{c}" for c in wide)
    return [
        "CREATE TRIGGER account_opens AFTER INSERT ON account "
        f"BEGIN INSERT INTO balance (account, bounded, last_at, {', '.join(wide)}) "
        f"VALUES (NEW.id, NEW.kind = 'lot', 0, {', '.join('0' for _ in wide)}); END",
        f"CREATE TRIGGER posting_enters BEFORE INSERT ON posting BEGIN {entering}END",
        f"CREATE TRIGGER event_enters BEFORE INSERT ON event BEGIN {sealing}"
        f"UPDATE balance SET last_at = max(last_at, bounded * NEW.occurred_at), {added} "
        "FROM posting p WHERE p.event = NEW.id AND balance.account = p.account; END",
        "CREATE TRIGGER event_floor AFTER INSERT ON event "
        "WHEN NEW.amends IS NULL AND NEW.corrects IS NULL "
        f"BEGIN {floor}END",
    ]


def declare_in(link: sqlite3.Connection, substance: str, after: Sequence[str]) -> None:
    """Add a substance's columns to the tables of a file, and make its triggers again."""
    for table in WIDE:
        link.execute(f"ALTER TABLE {table} ADD COLUMN {substance_column(substance)} DEFAULT 0")
    for statement in substance_ddl(after):
        name = statement.split()[2]
        link.execute(f"DROP TRIGGER {name}")
        link.execute(statement)
