"""A book's SQLite file with the genealogy of `trace_lots` in it, for cold questions.

Posting ten million lots would take hours, so the tables ``event``, ``lot`` and ``edge`` are filled
directly, with the book's own tables, indexes and triggers put back afterwards. Postings and
balances are left out: no question of tracing reads them. Further events are posted as in any book.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from loopbook.book import Blend, Book, Receive, RegisterMaterial, RegisterParty, RegisterSite
from loopbook.book.storage.schema import quoted
from loopbook.trace.genealogy.arrays import Additions, Graph
from loopbook.trace.genealogy.genealogy import Genealogy
from loopbook.trace.genealogy.names import Names
from loopbook.trace.genealogy.numpy_loops import Kernels
from trace_lots import (
    COLUMNS,
    CUSTOMERS,
    ENDS,
    GROUPS,
    MATERIALS,
    SUBSTANCES,
    Array,
    Lots,
    name_of,
    packed_names,
)

FIRST = 1000  # number of the first lot's event; nouns are before it
CHUNK = 250_000
START = datetime(2020, 1, 1, tzinfo=UTC)
SITE = "WS"
LEAF = bytes(32)  # for a hash that nobody asks for
_FILLED = ("event", "lot", "edge")


def build(lots: Lots, kernels: Kernels | None = None) -> Genealogy:
    """Loopbook's arrays."""
    return Genealogy(graph_of(lots, additions(lots), kernels), FIRST + events(lots) - 1)


def events(lots: Lots) -> int:
    """Number of events: one makes a lot, one delivers a lot of the last level."""
    return int(2 * len(lots) - lots.starts[-2])


def additions(lots: Lots) -> Additions:
    """The lots as Loopbook takes them."""
    count = len(lots)
    return Additions(
        names=Names(*packed_names(count)),
        material=np.repeat(np.arange(len(MATERIALS), dtype=np.int32), np.diff(lots.starts)),
        event=np.arange(FIRST, FIRST + count),
        parent=lots.parent,
        child=lots.child,
        content=lots.content,
        lot=lots.lot,
        end=lots.end,
        outside=lots.outside,
    )


def graph_of(lots: Lots, more: Additions, kernels: Kernels | None = None) -> Graph:
    """A graph that knows the boundaries and materials, and takes the lots."""
    graph = Graph(SUBSTANCES, kernels)
    for end in ENDS:
        graph.end_number(end, end.startswith("customer"))
    for material in MATERIALS:
        graph.material_number(material)
    graph.extend(more)
    return graph


def one_blend(graph: Graph) -> Additions:
    """A new lot of three late ones, 3 g of each, as arrays."""
    count = len(graph)
    parent = np.array([count - 90, count - 50, count - 10])
    content = {name: np.full(3, 1000) for name in SUBSTANCES} | {"mass": np.full(3, 3000)}
    none = np.empty(0, np.int64)
    return Additions(
        [f"X{count}"],
        np.array([8]),
        np.array([count + FIRST]),
        parent,
        np.full(3, count),
        content,
        none,
        none,
        dict.fromkeys(COLUMNS, none),
    )


# -- the file


def make(path: Path, lots: Lots) -> None:
    """Write the book."""
    with Book(path, create=True, substances=SUBSTANCES) as book:
        names = (*GROUPS, *(f"C{k}" for k in range(CUSTOMERS)), "owner")
        told: dict[str, Any] = {"actor": "bench", "occurred_at": START}
        book.post(
            [
                *(RegisterParty(party=name, key=f"party {name}", **told) for name in names),
                RegisterSite(site=SITE, key="site", **told),
                *(RegisterMaterial(material=m, key=f"material {m}", **told) for m in MATERIALS),
            ]
        )
    link = sqlite3.connect(path, isolation_level=None)
    chosen = "sql IS NOT NULL AND (type = 'trigger' OR type = 'index' AND tbl_name IN {})"
    sql = f"SELECT type, name, sql FROM sqlite_master WHERE {chosen.format(_FILLED)}"
    aside = link.execute(sql).fetchall()
    for pragma in ("synchronous = OFF", "journal_mode = OFF", "cache_size = -400000"):
        link.execute(f"PRAGMA {pragma}")
    for kind, name, _ in aside:
        link.execute(f"DROP {kind} {name}")
    link.execute("BEGIN")
    _fill(link, lots)
    for _, _, statement in aside:
        link.execute(statement)
    link.execute("COMMIT")
    link.execute("PRAGMA journal_mode = WAL")
    link.close()


def _fill(link: sqlite3.Connection, lots: Lots) -> None:
    _insert(link, "event", 14, _event_rows(lots))
    _insert(link, "lot", 5, _lot_rows(lots))
    _insert(link, "edge", 4 + len(SUBSTANCES), _edge_rows(lots))


def _insert(link: sqlite3.Connection, table: str, width: int, rows: Iterable[Any]) -> None:
    columns = ""
    if table == "edge":
        names = ("event", "source", "target", "mass", *(quoted(s) for s in SUBSTANCES))
        columns = f" ({', '.join(names)})"
    places = ", ".join("?" * width)
    link.executemany(f"INSERT INTO {table}{columns} VALUES ({places})", rows)


def _event_rows(lots: Lots) -> Iterator[tuple[Any, ...]]:
    begin, received = int(START.timestamp()), int(lots.starts[1])
    for k in range(events(lots)):
        kind = "receive" if k < received else "blend" if k < len(lots) else "deliver"
        moment = (begin + 2 * k) * 1_000_000
        document = f"ticket {k}"
        known = f"event {k:08d}", kind, "bench", document, moment, moment, "{}"
        yield FIRST + k, *known, None, LEAF, None, moment, 1, None


def _lot_rows(lots: Lots) -> Iterator[tuple[Any, ...]]:
    for level, material in enumerate(MATERIALS):
        for k in range(lots.starts[level], lots.starts[level + 1]):
            yield name_of(k), 0, material, FIRST + k, 0


def _edge_rows(lots: Lots) -> Iterator[tuple[Any, ...]]:
    """Receipts, what went from lot to lot, deliveries: in the order of the events."""
    came = np.flatnonzero(lots.end < len(GROUPS))
    left = np.flatnonzero(lots.end >= len(GROUPS))
    ends = np.array(ENDS, object)

    def outside(rows: Array) -> list[list[Any]]:
        return [np.abs(lots.outside[name][rows]).tolist() for name in COLUMNS]

    for some in _chunks(came):
        lot = lots.lot[some].tolist()
        sources = ends[lots.end[some]].tolist()
        yield from zip(_plus(lot), sources, map(name_of, lot), *outside(some), strict=True)
    for first in range(0, len(lots.parent), CHUNK):
        some = slice(first, first + CHUNK)
        parent, child = lots.parent[some].tolist(), lots.child[some].tolist()
        content = [lots.content[name][some].tolist() for name in COLUMNS]
        yield from zip(
            _plus(child), map(name_of, parent), map(name_of, child), *content, strict=True
        )
    shift = len(lots) - int(lots.starts[-2])
    for some in _chunks(left):
        lot = lots.lot[some].tolist()
        targets = ends[lots.end[some]].tolist()
        event = [FIRST + k + shift for k in lot]
        yield from zip(event, map(name_of, lot), targets, *outside(some), strict=True)


def _plus(numbers: list[int]) -> list[int]:
    return [FIRST + k for k in numbers]


def _chunks(rows: Array) -> Iterator[Array]:
    for first in range(0, len(rows), CHUNK):
        yield rows[first : first + CHUNK]


def post_blends(book: Book, count: int) -> Iterator[str]:
    """Post receipts of three lots and their blend, `count` times; gives the blend's name."""
    free = int(book.store.rows("SELECT count(*) FROM event WHERE id > 2")[0][0])
    moment = START + timedelta(days=1500)
    told: dict[str, Any] = {"actor": "bench", "occurred_at": moment}
    scrap = {"material": "scrap", "owner": "owner", "supplier": GROUPS[0], "site": SITE}
    mixed = {"mass_kg": 100, "shares": {"Ni": "0.3", "Co": "0.05"}}
    for k in range(free, free + count):
        blend, names = f"new {k}", [f"new {k} {part}" for part in "abc"]
        receipts = [Receive(lot=name, key=name, **scrap, **mixed, **told) for name in names]
        its = {"material": "level 1", "site": SITE, "inputs_kg": dict.fromkeys(names)}
        book.post([*receipts, Blend(lot=blend, key=blend, **its, **told)])
        yield blend
