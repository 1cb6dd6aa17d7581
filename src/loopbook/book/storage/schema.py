"""The tables of a book, with the reason for each column, for SQLite and for PostgreSQL.

Postings are wide: one row per leg with a column per substance. The database checks by itself that
every event sums to zero in every column, that a leg's substances add up to its mass, that no lot's
account is below zero, and that nothing that was posted is changed or deleted.

An event's own row is its seal: it comes after its parts (legs, lots, measurements, nouns) and
carries their hash. Parts may wait for it until the commit and no longer, its insertion checks them,
and once it is there it takes no more. `describe` prints the tables with their reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from loopbook.errors import Finding, InputError

VERSION = 2

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


def _c(name: str, kind: str, why: str) -> Column:
    return Column(name, kind, why)


TABLES = (
    TableSpec(
        "book",
        "what the book is: version of these tables, origin, substances in order",
        (_c("key", "TEXT PRIMARY KEY", "name of the setting"), _c("value", "TEXT NOT NULL", "it")),
        facts=False,
    ),
    TableSpec(
        "account",
        "who owns, who holds, which lot; or a boundary. A number stands for it in the postings",
        (
            _c("id", "INTEGER PRIMARY KEY", "short, because every posting carries it"),
            _c("kind", "TEXT NOT NULL", "lot or the kind of boundary; lots may not go below zero"),
            _c("party", "TEXT NOT NULL", "title"),
            _c("site", "TEXT NOT NULL", "custody"),
            _c("lot", "TEXT NOT NULL", "the lot, or empty"),
        ),
        ("UNIQUE (lot, kind, party, site)",),
    ),
    TableSpec(
        "event",
        "what happened; rows are only ever added",
        (
            _c("id", "INTEGER PRIMARY KEY", "order of recording"),
            _c("key", "TEXT NOT NULL UNIQUE", "idempotency: a retry finds its first answer"),
            _c("kind", "TEXT NOT NULL", "which planner made it"),
            _c("actor", "TEXT NOT NULL", "who says so"),
            _c("document", "TEXT NOT NULL", "on which paper"),
            _c("occurred_at", "INTEGER NOT NULL", "when it happened, microseconds since 1970 UTC"),
            _c("recorded_at", "INTEGER NOT NULL", "when the book learned of it; never goes back"),
            _c("command", "TEXT NOT NULL", "as it was given, so that the plan can be checked"),
            _c("reverses", "TEXT", "key of the event that it takes back; one reversal at most"),
            _c("leaf", "BLOB NOT NULL", "its seal: SHA-256 of its canonical bytes (RFC 9162)"),
        ),
    ),
    TableSpec(
        "posting",
        "the legs of an event",
        (
            _c("event", _EVENT, "whose leg"),
            _c("account", "INTEGER NOT NULL REFERENCES account (id)", "where"),
            _c("mass", "INTEGER NOT NULL", "mg, the sum of the substances"),
        ),
        ("PRIMARY KEY (event, account)",),
        wide=True,
    ),
    TableSpec(
        "edge",
        "what went from lot to lot or over a boundary: the genealogy, derived from the postings; "
        "what came into a lot lies together, because that is asked for",
        (
            _c("event", _EVENT, "which event carried it"),
            _c("source", "TEXT NOT NULL", "lot, or kind/party/site of a boundary"),
            _c("target", "TEXT NOT NULL", "the same"),
            _c("mass", "INTEGER NOT NULL", "mg, the sum of the substances"),
        ),
        ("PRIMARY KEY (target, event, source)",),
        wide=True,
    ),
    TableSpec(
        "lot",
        "every lot that was ever made",
        (
            _c("id", "TEXT PRIMARY KEY", "its name; never used twice"),
            _c("material", "TEXT NOT NULL", "what it is"),
            _c("event", _EVENT, "what made it"),
            _c("line", "INTEGER NOT NULL", "order within the event"),
        ),
    ),
    TableSpec(
        "measurement",
        "what scales and laboratories said",
        (
            _c("event", _EVENT, "which event brought it"),
            _c("line", "INTEGER NOT NULL", "order within the event"),
            _c("lot", "TEXT NOT NULL", "of which lot"),
            _c("quantity", "TEXT NOT NULL", "mass, gross, tare, or a substance"),
            _c("value", "TEXT NOT NULL", "as reported, so that no digit is lost"),
            _c("uncertainty", "TEXT NOT NULL", "one standard uncertainty, or empty"),
            _c("method", "TEXT NOT NULL", "how"),
            _c("laboratory", "TEXT NOT NULL", "by whom"),
            _c("sample", "TEXT NOT NULL", "on which sample or ticket"),
            _c(
                "grp",
                "TEXT NOT NULL",
                "measurements that share an error: one scale, one laboratory",
            ),
            _c("stage", "TEXT NOT NULL", "provisional, exchanged, umpire, final, ..."),
            _c("basis", "TEXT NOT NULL", "dry; empty for weights, and for shares as received"),
        ),
        ("PRIMARY KEY (event, line)",),
    ),
    TableSpec(
        "noun",
        "parties, sites, materials, substances, holds and periods, by the event that stated them",
        (
            _c("event", _EVENT, "which event stated it"),
            _c("kind", "TEXT NOT NULL", "party, site, material, substance, hold, period, close"),
            _c("id", "TEXT NOT NULL", "its name"),
            _c("body", "TEXT NOT NULL", "canonical JSON of the rest"),
        ),
        ("PRIMARY KEY (kind, id, event)",),
    ),
    TableSpec(
        "closing",
        "stretches of time that are closed: no event is dated into one any more",
        (
            _c("period", "TEXT PRIMARY KEY", "which period"),
            _c("event", _EVENT, "what closed it"),
            _c("start_at", "INTEGER NOT NULL", "from, microseconds since 1970 UTC"),
            _c("end_at", "INTEGER NOT NULL", "up to and without"),
        ),
    ),
    TableSpec(
        "leaf",
        "places in the Merkle log, given to committed events when a checkpoint is made",
        (
            _c("place", "INTEGER PRIMARY KEY", "from 0, without gaps"),
            _c("event", "INTEGER NOT NULL UNIQUE REFERENCES event (id)", "whose leaf hash"),
        ),
    ),
    TableSpec(
        "balance",
        "what lies on each account now: the sum of its postings, kept so that no lot goes negative",
        (
            _c("account", "INTEGER PRIMARY KEY REFERENCES account (id)", "which account"),
            _c("bounded", "INTEGER NOT NULL", "1 for lots, whose substances may not go below zero"),
            _c("last_at", "INTEGER NOT NULL", "latest date of a posting on it; of lots only"),
            _c("mass", "INTEGER NOT NULL", "mg"),
        ),
        wide=True,
        facts=False,
    ),
    TableSpec(
        "snapshot",
        "what lay on lots at the end of each closed period: a moment is asked without all postings",
        (
            _c("moment", "INTEGER NOT NULL", "what occurred before it is in; microseconds"),
            _c("account", "INTEGER NOT NULL REFERENCES account (id)", "which account"),
            _c("recorded_at", "INTEGER NOT NULL", "when the last event that is in was recorded"),
            _c("mass", "INTEGER NOT NULL", "mg"),
        ),
        ("PRIMARY KEY (moment, account)",),
        wide=True,
        facts=False,
    ),
    TableSpec(
        "load",
        "mass of each hazard class at each site that limits it",
        (
            _c("site", "TEXT NOT NULL", "where"),
            _c("hazard", "TEXT NOT NULL", "hazard class of the lots' materials"),
            _c("mass", "INTEGER NOT NULL", "mg"),
            _c("most", "INTEGER NOT NULL", "mg that the site may hold"),
        ),
        ("PRIMARY KEY (site, hazard)", "CONSTRAINT storage_limit CHECK (mass <= most)"),
        facts=False,
    ),
    TableSpec(
        "node",
        "hashes of the Merkle tree's whole subtrees, so that proofs need no re-hashing",
        (
            _c("level", "INTEGER NOT NULL", "0 for leaves"),
            _c("place", "INTEGER NOT NULL", "position in the level"),
            _c("hash", "BLOB NOT NULL", "SHA-256"),
        ),
        ("PRIMARY KEY (level, place)",),
    ),
    TableSpec(
        "checkpoint",
        "signed statements of the tree's size and root",
        (
            _c("size", "INTEGER NOT NULL", "events covered"),
            _c("note", "TEXT NOT NULL", "signed note (C2SP tlog-checkpoint)"),
        ),
        ("PRIMARY KEY (size, note)",),
    ),
)

INDEXES = (
    "CREATE INDEX posting_account ON posting (account, event)",
    "CREATE INDEX event_occurred ON event (occurred_at)",
    "CREATE UNIQUE INDEX event_reverses ON event (reverses) WHERE reverses IS NOT NULL",
    "CREATE INDEX edge_source ON edge (source)",
    "CREATE INDEX edge_event ON edge (event)",
    "CREATE INDEX lot_event ON lot (event)",
    "CREATE INDEX measurement_lot ON measurement (lot)",
    "CREATE INDEX noun_event ON noun (event)",
)

PARTS = ("posting", "edge", "lot", "measurement", "noun", "closing")
"""Tables whose rows belong to an event and come before it; its row closes them."""


def quoted(substance: str) -> str:
    """A substance as a column name, apart from all other columns."""
    return f'"s_{substance}"'


@lru_cache(maxsize=64)
def wide_columns(substances: tuple[str, ...], table: str = "posting") -> tuple[str, ...]:
    """Columns of a posting, or of an edge, in the order of its values.

    >>> wide_columns(("Ni",), "edge")
    ('event', 'source', 'target', 'mass', '"s_Ni"')
    """
    (named,) = [tuple(c.name for c in spec.columns) for spec in TABLES if spec.name == table]
    return (*named, *map(quoted, substances))


def describe(substances: Sequence[str]) -> str:
    """The tables with the reason for each column, as text."""
    lines = []
    for spec in TABLES:
        lines.append(f"{spec.name}: {spec.why}")
        for column in spec.columns:
            lines.append(f"    {column.name:<12} {column.type:<58} {column.why}")
        if spec.wide:
            names = ", ".join(substances)
            lines.append(f"    {'s_...':<12} {'INTEGER NOT NULL, one each':<58} mg of {names}")
        lines += [f"    {text}" for text in spec.constraints]
        lines.append("")
    return "\n".join(lines)


def of_another_version(where: str, expected: int, found: str) -> InputError:
    """That a book cannot be opened, and what helps if it is an older one."""
    older = found.isdigit() and int(found) < expected
    hint = f"loopbook book migrate --book {where}" if older else ""
    return InputError([Finding("version", where, str(expected), found, hint)])
