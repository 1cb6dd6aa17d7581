"""The tables of a book, with the reason for each column; each store makes them in its own SQL.

Postings are wide: one row per leg with a column per substance. The database itself checks that
every event sums to zero in every column, that a leg's substances add up to its mass, that no lot's
account is below zero, and that nothing that was posted is changed or deleted.

An event's own row is its seal: it comes after its parts (legs, lots, measurements, nouns) and
carries their hash. Parts may wait for it until the commit and no longer, its insertion checks them,
and then it takes no more parts. `loopbook book schema` lists the tables with their reasons.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import get_type_hints

from loopbook.book.nouns import Measurement
from loopbook.book.storage.address import same_book
from loopbook.errors import Finding, InputError

VERSION = 4
OLDEST = 2
"""The oldest version that can be migrated."""

_EVENT = "INTEGER NOT NULL REFERENCES event (id) DEFERRABLE INITIALLY DEFERRED"
"""Of a part, which comes before its event."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, its type, and why it is there."""

    name: str
    type: str
    why: str


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table: its columns, further constraints, and why it is there."""

    name: str
    why: str
    columns: tuple[Column, ...]
    constraints: tuple[str, ...] = ()
    wide: bool = False
    facts: bool = True


def measurement_column(field: str) -> str:
    """Column of a measurement's field: its name, but ``grp`` where SQL has a word of its own."""
    return "grp" if field == "group" else field


def _measured() -> Iterator[Column]:
    for field, hint in get_type_hints(Measurement, include_extras=True).items():
        yield Column(measurement_column(field), "TEXT NOT NULL", hint.__metadata__[0])


TABLES = (
    TableSpec(
        "book",
        "what the book is: version of these tables, origin, substances in order",
        (
            Column("key", "TEXT PRIMARY KEY", "name of the setting"),
            Column("value", "TEXT NOT NULL", "it"),
        ),
        facts=False,
    ),
    TableSpec(
        "account",
        "who owns, who holds, which lot; or a boundary. A number stands for it in the postings",
        (
            Column("id", "INTEGER PRIMARY KEY", "short, because every posting carries it"),
            Column(
                "kind", "TEXT NOT NULL", "lot or the kind of boundary; lots may not go below zero"
            ),
            Column("party", "TEXT NOT NULL", "title"),
            Column("site", "TEXT NOT NULL", "custody"),
            Column("lot", "TEXT NOT NULL", "the lot, or empty"),
        ),
        ("UNIQUE (lot, kind, party, site)",),
    ),
    TableSpec(
        "event",
        "what happened; rows are only ever added",
        (
            Column("id", "INTEGER PRIMARY KEY", "order of recording"),
            Column("key", "TEXT NOT NULL UNIQUE", "idempotency: a retry finds its first answer"),
            Column("kind", "TEXT NOT NULL", "which planner made it"),
            Column("actor", "TEXT NOT NULL", "who reports it"),
            Column("document", "TEXT NOT NULL", "on which paper"),
            Column(
                "occurred_at", "INTEGER NOT NULL", "when it happened, microseconds since 1970 UTC"
            ),
            Column(
                "recorded_at", "INTEGER NOT NULL", "when the book learned of it; never goes back"
            ),
            Column("command", "TEXT NOT NULL", "as it was given, so that the plan can be checked"),
            Column("reverses", "TEXT", "key of the event that it reverses; one reversal at most"),
            Column("leaf", "BLOB NOT NULL", "its seal: SHA-256 of its canonical bytes (RFC 9162)"),
            Column("amends", "TEXT", "key of the event whose legs a late fact changes"),
            Column("posted_at", "INTEGER NOT NULL", "date that decides its period"),
            Column("planner", "INTEGER NOT NULL", "version of the rules that made its legs"),
            Column("corrects", "TEXT", "key of the event in whose place it is at the same date"),
        ),
    ),
    TableSpec(
        "posting",
        "the legs of an event",
        (
            Column("event", _EVENT, "whose leg"),
            Column("account", "INTEGER NOT NULL REFERENCES account (id)", "where"),
            Column("mass", "INTEGER NOT NULL", "mg, the sum of the substances"),
        ),
        ("PRIMARY KEY (event, account)",),
        wide=True,
    ),
    TableSpec(
        "edge",
        "what went from lot to lot or over a boundary: the genealogy, derived from the postings; "
        "what came into a lot is kept together, because that is asked for",
        (
            Column("event", _EVENT, "which event carried it"),
            Column("source", "TEXT NOT NULL", "lot, or kind/party/site of a boundary"),
            Column("target", "TEXT NOT NULL", "the same"),
            Column("mass", "INTEGER NOT NULL", "mg, the sum of the substances"),
        ),
        ("PRIMARY KEY (target, event, source)",),
        wide=True,
    ),
    TableSpec(
        "lot",
        "every lot that was ever made",
        (
            Column("id", "TEXT NOT NULL", "its name; used again only when its maker is reversed"),
            Column("again", "INTEGER NOT NULL", "how often it was made before under this name"),
            Column("material", "TEXT NOT NULL", "what it is"),
            Column("event", _EVENT, "what made it"),
            Column("line", "INTEGER NOT NULL", "order within the event"),
        ),
        ("PRIMARY KEY (id, again)",),
    ),
    TableSpec(
        "measurement",
        "what scales and laboratories reported",
        (
            Column("event", _EVENT, "which event brought it"),
            Column("line", "INTEGER NOT NULL", "order within the event"),
            *_measured(),
        ),
        ("PRIMARY KEY (event, line)",),
    ),
    TableSpec(
        "noun",
        "parties, sites, materials, substances, holds and periods, by the event that stated them",
        (
            Column("event", _EVENT, "which event stated it"),
            Column(
                "kind", "TEXT NOT NULL", "party, site, material, substance, hold, period, close"
            ),
            Column("id", "TEXT NOT NULL", "its name"),
            Column("body", "TEXT NOT NULL", "canonical JSON of the rest"),
        ),
        ("PRIMARY KEY (kind, id, event)",),
    ),
    TableSpec(
        "closing",
        "stretches of time that are closed: no event is dated into one any more",
        (
            Column("period", "TEXT PRIMARY KEY", "which period"),
            Column("event", _EVENT, "what closed it"),
            Column("start_at", "INTEGER NOT NULL", "from, microseconds since 1970 UTC"),
            Column("end_at", "INTEGER NOT NULL", "up to, but not including"),
        ),
    ),
    TableSpec(
        "leaf",
        "places in the Merkle log, given to committed events when a checkpoint is made",
        (
            Column("place", "INTEGER PRIMARY KEY", "from 0, without gaps"),
            Column("event", "INTEGER NOT NULL UNIQUE REFERENCES event (id)", "whose leaf hash"),
        ),
    ),
    TableSpec(
        "balance",
        "the content of each account now, the sum of its postings: no lot may go below zero",
        (
            Column("account", "INTEGER PRIMARY KEY REFERENCES account (id)", "which account"),
            Column(
                "bounded", "INTEGER NOT NULL", "1 for lots, whose substances may not go below zero"
            ),
            Column("last_at", "INTEGER NOT NULL", "latest date of a posting on it; of lots only"),
            Column("mass", "INTEGER NOT NULL", "mg"),
        ),
        wide=True,
        facts=False,
    ),
    TableSpec(
        "snapshot",
        "contents of lots at the end of each closed period: a moment is asked without all postings",
        (
            Column("moment", "INTEGER NOT NULL", "what occurred before it is in; microseconds"),
            Column("account", "INTEGER NOT NULL REFERENCES account (id)", "which account"),
            Column(
                "recorded_at", "INTEGER NOT NULL", "when the last event that is in was recorded"
            ),
            Column("mass", "INTEGER NOT NULL", "mg"),
        ),
        ("PRIMARY KEY (moment, account)",),
        wide=True,
        facts=False,
    ),
    TableSpec(
        "load",
        "mass of each hazard class at each site that limits it",
        (
            Column("site", "TEXT NOT NULL", "where"),
            Column("hazard", "TEXT NOT NULL", "hazard class of the lots' materials"),
            Column("mass", "INTEGER NOT NULL", "mg"),
            Column("most", "INTEGER NOT NULL", "mg that the site may hold"),
        ),
        ("PRIMARY KEY (site, hazard)", "CONSTRAINT storage_limit CHECK (mass <= most)"),
        facts=False,
    ),
    TableSpec(
        "node",
        "hashes of the Merkle tree's whole subtrees, so that proofs need no re-hashing",
        (
            Column("level", "INTEGER NOT NULL", "0 for leaves"),
            Column("place", "INTEGER NOT NULL", "position in the level"),
            Column("hash", "BLOB NOT NULL", "SHA-256"),
        ),
        ("PRIMARY KEY (level, place)",),
    ),
    TableSpec(
        "checkpoint",
        "signed statements of the tree's size and root",
        (
            Column("size", "INTEGER NOT NULL", "events covered"),
            Column("note", "TEXT NOT NULL", "signed note (C2SP tlog-checkpoint)"),
        ),
        ("PRIMARY KEY (size, note)",),
    ),
)

INDEXES = (
    "CREATE INDEX posting_account ON posting (account, event)",
    "CREATE INDEX event_occurred ON event (occurred_at)",
    "CREATE UNIQUE INDEX event_reverses ON event (reverses) WHERE reverses IS NOT NULL",
    "CREATE INDEX event_posted ON event (posted_at)",
    "CREATE INDEX event_amends ON event (amends) WHERE amends IS NOT NULL",
    "CREATE INDEX edge_source ON edge (source)",
    "CREATE INDEX edge_event ON edge (event)",
    "CREATE INDEX lot_event ON lot (event)",
    "CREATE INDEX measurement_lot ON measurement (lot)",
    "CREATE INDEX noun_event ON noun (event)",
)

WIDE = tuple(spec.name for spec in TABLES if spec.wide)
"""Tables with a column a substance."""

FILLED = frozenset(
    {
        ("measurement", "basis"),
        ("balance", "last_at"),
        ("event", "amends"),
        ("event", "posted_at"),
        ("event", "planner"),
        ("event", "corrects"),
        ("lot", "again"),
    }
)
"""Table and name of columns that the first books of version 2 lack; the migration fills them."""

PARTS = tuple(spec.name for spec in TABLES if any(column.type == _EVENT for column in spec.columns))
"""Tables whose rows belong to an event and come before it; its row closes them."""


def quoted(substance: str) -> str:
    """A substance as a column name, apart from all other columns."""
    return f'"s_{substance}"'


@lru_cache(maxsize=64)
def column_names(table: str) -> tuple[str, ...]:
    """Columns of a table in their order; those of substances follow.

    >>> column_names("leaf")
    ('place', 'event')
    """
    (columns,) = [spec.columns for spec in TABLES if spec.name == table]
    return tuple(column.name for column in columns)


def require_columns(
    where: str, tables: Mapping[str, Collection[str]], substances: Sequence[str]
) -> None:
    """Refuse the tables of an older book that lack a column which no migration can fill.

    Parameters
    ----------
    tables : columns by table; a table that is not there is made.
    substances : of the book.
    """
    lost = [
        f"{spec.name}.{name}"
        for spec in TABLES
        for name in (*column_names(spec.name), *[f"s_{s}" for s in substances if spec.wide])
        if name not in tables.get(spec.name, name) and (spec.name, name) not in FILLED
    ]
    if lost:
        names = ", ".join(lost)
        sentence = f"the book lacks {names}, which nothing can fill; nothing was changed"
        raise InputError([Finding("columns", where, "all columns", names, sentence=sentence)])


def require_known_version(where: str, version: str) -> None:
    """Refuse a book that cannot be migrated."""
    if not (version.isdigit() and OLDEST <= int(version) <= VERSION):
        raise InputError([Finding("version", where, f"{OLDEST} to {VERSION}", version)])


def require_version(where: str, version: str) -> None:
    """Refuse a book of another version; an older one can be migrated.

    Parameters
    ----------
    where : the book's file, or its schema and database.
    """
    if version != str(VERSION):
        older = version.isdigit() and int(version) < VERSION
        hint = f"loopbook book migrate {same_book(where)}" if older else ""
        raise InputError([Finding("version", where, str(VERSION), version, hint)])
