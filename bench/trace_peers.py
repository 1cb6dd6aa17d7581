"""Peers of `bench/trace_scale.py`: each runs alone in a process and prints what it measured.

    trace_peers.py ENGINE FOLDER ANSWERS

A line of JSON comes for each measure as it is taken, so that a peer that is stopped at its time
bound leaves what it had. Answers go into a file, which `bench/trace_scale.py` compares. Only NumPy
and the engine itself are needed: igraph lives in an environment apart.

Times are those of the wall clock and, with ``cpu`` in their name, CPU time of the process.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np

from trace_lots import SUPPLIERS, Array

SAMPLE = 2000  # lots whose composition is compared
SQL_COMPOSES = 100_000  # lots up to which SQLite and PostgreSQL compute all compositions
DUCKDB_COMPOSES = 1_000_000

SETS = (
    "WITH RECURSIVE found (id) AS (SELECT {lot} UNION "
    "SELECT e.{there} FROM found f JOIN edge e ON e.{here} = f.id) SELECT id FROM found"
)
PATHS = (
    "WITH RECURSIVE path (id, share) AS (SELECT {lot}, {one} UNION ALL "
    "SELECT e.parent, p.share * e.share FROM path p JOIN edge e ON e.child = p.id "
    "WHERE e.share > 0) SELECT id, sum(share) FROM path WHERE id < {received} GROUP BY id"
)
LEVEL = (
    "INSERT INTO origin SELECT e.child, o.supplier, sum(e.share * o.share) FROM edge e "
    "JOIN origin o ON o.lot = e.parent WHERE e.child >= {first} AND e.child < {last} "
    "GROUP BY e.child, o.supplier"
)


class Given:
    """What every peer is given: edges, the nickel that came over each, and the questions."""

    parent: Array
    child: Array
    share: Array

    def __init__(self, folder: Path, *, edges: bool = True) -> None:
        self.folder = folder
        self.starts = np.load(folder / "starts.npy")
        for name in ("parent", "child", "share") if edges else ():
            setattr(self, name, np.load(folder / f"{name}.npy"))
        self.supplier = np.load(folder / "end.npy")[: self.starts[1]]
        self.traced = np.load(folder / "traced.npy")
        self.recalled = np.load(folder / "recalled.npy")
        self.count, self.received = int(self.starts[-1]), int(self.starts[1])
        self.nickel = np.load(folder / "nickel.npy")
        """Whether a received lot has nickel."""

    def sample(self) -> Array:
        """Lots whose composition is compared."""
        return np.sort(np.random.default_rng(5).choice(self.count, SAMPLE, replace=False))

    def origins(self) -> Array:
        """Composition of the received lots, zeros for the others."""
        found = np.zeros((self.count, SUPPLIERS))
        lots = np.flatnonzero(self.nickel)
        found[lots, self.supplier[lots]] = 1.0
        return found


class Engine:
    """An engine; what it cannot do is None."""

    sets = shares = 50
    """How many questions it is asked."""

    def __init__(self, given: Given) -> None:
        self.given = given

    def build(self) -> None:
        """Take the edges."""

    def ancestors(self, lot: int) -> Any:
        """A lot and all that is in it."""

    def descendants(self, lot: int) -> Any:
        """A lot and all that it is in."""

    def sources(self, lot: int) -> tuple[Any, Any] | None:
        """Received lots in a lot, and their shares of its nickel."""

    def composition(self) -> Any:
        """Shares of the suppliers in the nickel of the sampled lots; computed for all lots."""

    def more(self) -> None:
        """Further measures of its own."""


class NetworkX(Engine):
    def build(self) -> None:
        import networkx as nx

        self.graph = nx.DiGraph()
        self.graph.add_nodes_from(range(self.given.count))
        pairs = zip(self.given.parent.tolist(), self.given.child.tolist(), strict=True)
        self.graph.add_edges_from(pairs)
        self.nx = nx

    def ancestors(self, lot: int) -> Any:
        return [lot, *self.nx.ancestors(self.graph, lot)]

    def descendants(self, lot: int) -> Any:
        return [lot, *self.nx.descendants(self.graph, lot)]


class Rustworkx(Engine):
    def build(self) -> None:
        import rustworkx as rx

        given, self.rx = self.given, rx
        self.graph = rx.PyDiGraph()
        self.graph.add_nodes_from(range(given.count))
        for some in pieces(len(given.parent)):
            pairs = zip(given.parent[some].tolist(), given.child[some].tolist(), strict=True)
            self.graph.add_edges_from_no_data(list(pairs))

    def ancestors(self, lot: int) -> Any:
        return [lot, *self.rx.ancestors(self.graph, lot)]

    def descendants(self, lot: int) -> Any:
        return [lot, *self.rx.descendants(self.graph, lot)]


class Igraph(Engine):
    def build(self) -> None:
        import igraph

        edges = np.stack([self.given.parent, self.given.child], axis=1)
        self.graph = igraph.Graph(n=self.given.count, edges=edges, directed=True)

    def ancestors(self, lot: int) -> Any:
        return self.graph.subcomponent(lot, mode="in")

    def descendants(self, lot: int) -> Any:
        return self.graph.subcomponent(lot, mode="out")


class Scipy(Engine):
    shares = 3  # each solves for all lots

    def build(self) -> None:
        from scipy import sparse
        from scipy.sparse import linalg

        given, self.solve = self.given, linalg.spsolve_triangular
        shape = (given.count, given.count)
        parts = sparse.csr_matrix((given.share, (given.child, given.parent)), shape=shape)
        self.matrix = (sparse.eye(given.count, format="csr") - parts).tocsr()
        self.turned = self.matrix.T.tocsr()

    def sources(self, lot: int) -> tuple[Any, Any]:
        start = np.zeros(self.given.count)
        start[lot] = 1.0
        found = self.solve(self.turned, start, lower=False, unit_diagonal=True)
        lots = np.flatnonzero(found[: self.given.received])
        return lots, found[lots]

    def composition(self) -> Any:
        origins = self.given.origins()
        return self.solve(self.matrix, origins, lower=True, unit_diagonal=True)[self.given.sample()]


class Sql(Engine):
    """What the three SQL engines have in common: a table of edges, indexed both ways."""

    shares = 10
    one = "1.0"
    composes = SQL_COMPOSES

    def ask(self, sql: str) -> list[Any]:
        """Run a query."""
        raise NotImplementedError

    def load_origins(self) -> None:
        """Make the table ``origin`` of lots, suppliers and shares, with the received lots in it."""
        raise NotImplementedError

    def ancestors(self, lot: int) -> Any:
        rows = self.ask(SETS.format(lot=lot, here="child", there="parent"))
        return [row[0] for row in rows]

    def descendants(self, lot: int) -> Any:
        rows = self.ask(SETS.format(lot=lot, here="parent", there="child"))
        return [row[0] for row in rows]

    def sources(self, lot: int) -> tuple[Any, Any]:
        rows = self.ask(PATHS.format(lot=lot, one=self.one, received=self.given.received))
        rows.sort()
        return [row[0] for row in rows], [row[1] for row in rows]

    def composition(self) -> Any:
        given = self.given
        if given.count > self.composes:
            return None
        self.load_origins()
        for first, last in zip(given.starts[1:-1], given.starts[2:], strict=True):
            self.ask(LEVEL.format(first=first, last=last))
        chosen = ", ".join(map(str, given.sample()))
        places = {int(lot): k for k, lot in enumerate(given.sample())}
        found = np.zeros((len(places), SUPPLIERS))
        for lot, supplier, share in self.ask(f"SELECT * FROM origin WHERE lot IN ({chosen})"):
            found[places[lot], supplier] = share
        return found

    def origin_rows(self) -> Iterator[tuple[int, int, float]]:
        """Received lots that have nickel, with their suppliers."""
        lots = np.flatnonzero(self.given.nickel)
        for lot, supplier in zip(lots.tolist(), self.given.supplier[lots].tolist(), strict=True):
            yield lot, supplier, 1.0


class Sqlite(Sql):
    def build(self) -> None:
        path = self.given.folder / "peer.sqlite"
        path.unlink(missing_ok=True)
        self.link = sqlite3.connect(path, isolation_level=None)
        for pragma in ("synchronous = OFF", "journal_mode = OFF", "cache_size = -512000"):
            self.link.execute(f"PRAGMA {pragma}")
        self.link.execute(
            "CREATE TABLE edge (child INTEGER, parent INTEGER, share REAL, "
            "PRIMARY KEY (child, parent)) WITHOUT ROWID"
        )
        self.link.execute("BEGIN")
        given = self.given
        for some in pieces(len(given.parent)):
            rows = zip(
                given.child[some].tolist(),
                given.parent[some].tolist(),
                given.share[some].tolist(),
                strict=True,
            )
            self.link.executemany("INSERT INTO edge VALUES (?, ?, ?)", rows)
        self.link.execute("CREATE INDEX edge_parent ON edge (parent, child)")
        self.link.execute("COMMIT")

    def ask(self, sql: str) -> list[Any]:
        return self.link.execute(sql).fetchall()

    def load_origins(self) -> None:
        self.ask(
            "CREATE TEMP TABLE origin (lot INTEGER, supplier INTEGER, share REAL, "
            "PRIMARY KEY (lot, supplier)) WITHOUT ROWID"
        )
        self.link.executemany("INSERT INTO origin VALUES (?, ?, ?)", self.origin_rows())


class Duckdb(Sql):
    one = "1.0::DOUBLE"
    sets, shares = 10, 3
    composes = DUCKDB_COMPOSES

    def build(self) -> None:
        import duckdb

        path = self.given.folder / "peer.duckdb"
        path.unlink(missing_ok=True)
        self.link = duckdb.connect(str(path), config={"threads": 2, "memory_limit": "8GB"})
        given = {name: getattr(self.given, name) for name in ("child", "parent", "share")}
        self.link.register("given", given)
        self.ask("CREATE TABLE edge AS SELECT * FROM given ORDER BY child, parent")
        self.ask("CREATE TABLE turned AS SELECT parent, child FROM given ORDER BY parent, child")
        self.link.unregister("given")
        self.ask("CHECKPOINT")

    def ask(self, sql: str) -> list[Any]:
        return self.link.execute(sql).fetchall()

    def descendants(self, lot: int) -> Any:
        sql = SETS.format(lot=lot, here="parent", there="child").replace("edge e", "turned e")
        return [row[0] for row in self.ask(sql)]

    def load_origins(self) -> None:
        lots = np.flatnonzero(self.given.nickel)
        given = {"lot": lots, "supplier": self.given.supplier[lots], "share": np.ones(len(lots))}
        self.link.register("given", given)
        self.ask("CREATE TEMP TABLE origin AS SELECT * FROM given")
        self.link.unregister("given")


class Postgres(Sql):
    one = "1.0::float8"

    def build(self) -> None:
        sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
        from support import postgres_server

        self.scope = ExitStack()
        server = self.scope.enter_context(postgres_server.running())
        self.link = self.scope.enter_context(closing(server.connect()))
        self.link.execute("CREATE TABLE edge (child integer, parent integer, share float8)")
        given = self.given
        with self.link.cursor().copy("COPY edge FROM STDIN") as copy:
            for some in pieces(len(given.parent)):
                rows = zip(
                    given.child[some].tolist(),
                    given.parent[some].tolist(),
                    given.share[some].tolist(),
                    strict=True,
                )
                copy.write("".join([f"{c}\t{p}\t{share!r}\n" for c, p, share in rows]))
        self.link.execute("ALTER TABLE edge ADD PRIMARY KEY (child, parent)")
        self.link.execute("CREATE INDEX edge_parent ON edge (parent, child)")
        self.link.execute("VACUUM ANALYZE edge")

    def ask(self, sql: str) -> list[Any]:
        cursor = self.link.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []

    def load_origins(self) -> None:
        self.ask("CREATE UNLOGGED TABLE origin (lot integer, supplier integer, share float8)")
        with self.link.cursor().copy("COPY origin FROM STDIN") as copy:
            for row in self.origin_rows():
                copy.write_row(row)
        self.ask("CREATE INDEX origin_lot ON origin (lot)")
        self.ask("ANALYZE origin")

    def more(self) -> None:
        self.scope.close()


PEERS: dict[str, type[Engine]] = {
    "igraph": Igraph,
    "rustworkx": Rustworkx,
    "NetworkX": NetworkX,
    "SciPy": Scipy,
    "SQLite": Sqlite,
    "DuckDB": Duckdb,
    "PostgreSQL": Postgres,
}


# -- measuring


def pieces(count: int, size: int = 500_000) -> Iterator[slice]:
    """Slices of so many rows, one after the other."""
    for first in range(0, count, size):
        yield slice(first, min(first + size, count))


def tell(**measures: float) -> None:
    """Print what was measured."""
    print(json.dumps(measures), flush=True)


def peak_mb() -> float:
    """Most memory that this process has ever had, all of it counted."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def once(name: str, work: Callable[[], Any]) -> Any:
    """Do and time something; told in seconds if there is a result."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    if found is not None:
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        tell(**{f"{name}_s": wall, f"{name}_cpu_s": cpu})
    return found


def each(name: str, work: Callable[[Any], Any], questions: Sequence[Any] | Array) -> list[Any]:
    """Ask every question once, after a few that do not count; told in ms, the median and most."""
    asked = [x if isinstance(x, str) else int(x) for x in questions]
    if work(asked[-1]) is None:
        return []
    for question in asked[-3:]:
        work(question)
    found, taken = [], []
    for question in asked:
        wall, cpu = time.perf_counter(), time.process_time()
        found.append(work(question))
        taken.append((time.perf_counter() - wall, time.process_time() - cpu))
    walls, cpus = np.array(taken).T * 1e3
    tell(
        **{
            f"{name}_ms": float(np.median(walls)),
            f"{name}_max_ms": float(walls.max()),
            f"{name}_cpu_ms": float(np.median(cpus)),
            f"{name}_max_cpu_ms": float(cpus.max()),
        }
    )
    return found


def measure(engine: Engine, answers: Path) -> None:
    """Everything that an engine can do; its answers into a file."""
    given = engine.given
    kept: dict[str, Array] = {}
    once("build", lambda: engine.build() or True)
    tell(peak_mb=peak_mb())
    for name, work, questions in (
        ("trace", engine.ancestors, given.traced[: engine.sets]),
        ("recall", engine.descendants, given.recalled[: engine.sets]),
    ):
        sets = [np.sort(np.asarray(x, np.int64)) for x in each(name, work, questions)]
        kept |= {f"{name} {k}": found for k, found in enumerate(sets)}
    for k, (lots, shares) in enumerate(
        each("shares", engine.sources, given.traced[: engine.shares])
    ):
        kept[f"sources {k}"], kept[f"shares {k}"] = np.asarray(lots), np.asarray(shares)
    np.savez(answers, **kept)
    composed = once("composition", engine.composition)
    if composed is not None:
        kept["composition"] = composed
        np.savez(answers, **kept)
    tell(end_peak_mb=peak_mb())
    engine.more()


if __name__ == "__main__":
    measure(PEERS[sys.argv[1]](Given(Path(sys.argv[2]))), Path(sys.argv[3]))
