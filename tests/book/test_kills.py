"""``kill -9`` at any moment: nothing that was acknowledged is lost, nothing is half written.

Five kinds of work (posting, importing, correcting, closing, migrating) on both stores; each is a
row of tasks, and each task is one transaction. Whenever the process dies, the book is as it was
after the last acknowledged task or after the next one; `verify` finds nothing; and the tasks done
again from there give the book of a process that nobody killed. ``--kills N`` kills N times.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import poster
import pytest
from test_migration import objects, owned, restore

from loopbook import book as b
from loopbook.book.book import Book
from loopbook.book.imports.importing import import_file
from loopbook.book.log import proofs
from loopbook.book.log.keys import generate_signer
from loopbook.book.storage.open import migrate
from loopbook.book.storage.schema import TABLES, VERSION
from loopbook.errors import InputError
from support.killing import Kill, Notes, run
from support.seeds import seeds
from support.shelves import Shelf, postgres_shelf, sqlite_shelf
from support.world import envelope, us

NOW = us(poster.BEGIN + timedelta(days=60))
SIGNER = generate_signer("gmbi.example/book")
SHARES = {"Ni": "0.3", "Co": "0.04"}
HOURS = timedelta(hours=1)
ROWS = 25
Task = Callable[[Any], object]
State = list[Any]


@dataclass(frozen=True)
class Work:
    """Tasks of a kind.

    Parameters
    ----------
    prepare : makes the book that they begin with.
    tasks : each is one transaction, and may be done again.
    open : what the tasks are given.
    state : all that is in the book, whenever it was recorded.
    """

    prepare: Callable[[Shelf], None]
    tasks: Sequence[Task]
    open: Callable[[Shelf], AbstractContextManager[Any]]
    state: Callable[[Shelf], State]


def opened(shelf: Shelf) -> Book:
    """The book, with a clock that stands: the same tasks give the same bytes."""
    return shelf.open(clock=lambda: NOW)


def state(shelf: Shelf) -> State:
    """Every event with its seal, every balance, closing and checkpoint; the book is right."""
    with opened(shelf) as book:
        report = b.verify(book, replan=True)
        assert report.clean, report.findings
        leaves = book.store.rows("SELECT key, leaf FROM event ORDER BY id")
        return [
            [(key, bytes(leaf)) for key, leaf in leaves],
            sorted((str(account), content) for account, content in book.balances().items()),
            *(
                book.store.rows(f"SELECT {names} ORDER BY 1, 2")
                for names in ("period, start_at, end_at FROM closing", "size, note FROM checkpoint")
            ),
        ]


def at(hours: float) -> datetime:
    return poster.BEGIN + hours * HOURS


def receive(lot: str, hours: float, kg: int) -> b.Receive:
    return b.Receive(
        lot=lot,
        material="black mass",
        supplier="LGES",
        owner="LGES",
        site="works",
        mass_kg=kg,
        shares=SHARES,
        **envelope(f"receive {lot}", at(hours)),
    )


# --- the five kinds -------------------------------------------------------------------------------


def posting(folder: Path) -> Work:
    """Batches of many sizes."""
    sizes = (1, 3, 20, 1, 1, 20, 3, 1)
    tasks = [partial(post, poster.commands(n, size)) for n, size in enumerate(sizes)]
    return Work(partial(new, []), tasks, opened, state)


def importing(folder: Path) -> Work:
    """Files of tickets, each of lots that come in and are weighed."""
    mapping = folder / "tickets.toml"
    columns = "\n".join(f'{name} = "{name}"' for name in ("ticket", "lot", "occurred_at"))
    weights = "\n".join(
        f'{name} = {{ column = "{name}", unit = "kg" }}' for name in ("gross", "tare")
    )
    mapping.write_text(
        f'[columns]\n{columns}\n{weights}\n[constants]\nactor = "gate"\nmaterial = "black mass"\n'
        'supplier = "LGES"\nowner = "LGES"\nsite = "works"\n'
    )
    for number in range(3):
        lines = [
            f"T{number}-{k},L{number}-{k},{at(k / 10).isoformat()},{9_000 + k},{4_000 - number}"
            for k in range(ROWS)
        ]
        table = "\n".join(["ticket,lot,occurred_at,gross,tare", *lines])
        (folder / f"{number}.csv").write_text(table + "\n")

    def take(number: int, book: Book) -> object:
        return import_file(book, folder / f"{number}.csv", mapping, kind="tickets")

    return Work(partial(new, []), [partial(take, n) for n in range(3)], opened, state)


def correcting(folder: Path) -> Work:
    """Early weights and owners on which splits, a blend, a run and a change of title rest."""
    commands: list[b.Command] = []
    for n in range(4):
        lot, hours = f"L{n}", n * 10
        key = partial("{} {}".format, lot)
        commands += [
            receive(lot, hours, 1_000 + n),
            b.Split(
                lot=lot,
                parts_kg={f"{lot}a": 300, f"{lot}b": 200},
                **envelope(key("split"), at(hours + 1)),
            ),
            b.Blend(
                lot=f"{lot}c",
                material="black mass",
                site="works",
                inputs_kg={f"{lot}a": 100, f"{lot}b": None},
                **envelope(key("blend"), at(hours + 2)),
            ),
            b.Process(
                run=f"R{n}",
                site="works",
                inputs_kg={f"{lot}c": None},
                outputs=[b.Output(f"{lot}d", "black mass", 280, SHARES)],
                **envelope(key("run"), at(hours + 3)),
            ),
            b.Assay(
                lot=lot,
                stage="final",
                basis="as received",
                shares={"Ni": "0.31"},
                **envelope(key("assay"), at(hours + 4)),
            ),
            b.Dispose(
                lot=f"{lot}a", site="works", mass_kg=50, **envelope(key("dispose"), at(hours + 5))
            ),
        ]
    changes = ({"mass_kg": "1200"}, {"owner": "GMBI"}, {"shares.Ni": "0.2"}, {"mass_kg": "900"})
    tasks = [partial(correct, f"receive L{n}", change) for n, change in enumerate(changes)]
    return Work(partial(new, commands), tasks, opened, state)


def closing_months(folder: Path) -> Work:
    """Periods that are closed, each followed by a checkpoint."""
    commands: list[b.Command] = []
    tasks: list[Task] = []
    for n in range(5):
        start, end = at(n * 10), at((n + 1) * 10)
        period = f"P{n}"
        commands.append(
            b.OpenPeriod(period=period, start=start, end=end, **envelope(f"open {n}", start))
        )
        commands += [receive(f"L{n}-{k}", n * 10 + k / 10, 100 + k) for k in range(8)]
        commands.append(
            b.Split(
                lot=f"L{n}-1", parts_kg={f"L{n}-1a": 40}, **envelope(f"split {n}", at(n * 10 + 5))
            )
        )
        tasks.append(partial(post, [b.ClosePeriod(period=period, **envelope(f"close {n}", end))]))
        tasks.append(lambda book: proofs.checkpoint(book, SIGNER))
    return Work(partial(new, commands), tasks, opened, state)


def post(commands: Sequence[b.Command], book: Book) -> object:
    return book.post(commands)


def correct(key: str, changes: dict[str, str], book: Book) -> None:
    """Correct an event; if the book says that it was corrected, that is what was asked."""
    right = f"{key} corrected"
    if book.store.rows("SELECT 1 FROM event WHERE key = ?", (right,)):
        with pytest.raises(InputError, match=f"correct '{right}', which is in its place"):
            b.correct(book, key, changes, reason="typed wrongly", actor="bob")
    else:
        b.correct(book, key, changes, reason="typed wrongly", actor="bob")


def new(commands: Sequence[b.Command], shelf: Shelf) -> None:
    """A book with some commands posted."""
    with shelf.new(clock=lambda: NOW) as book:
        book.post([*poster.nouns(), b.RegisterParty(party="GMBI", **poster.said("GMBI"))])
        book.post(commands)


def migrating(request: pytest.FixtureRequest, version: str) -> Work:
    """A book of an older version becomes one of this version."""

    def everything(shelf: Shelf) -> State:
        """All bytes of a file; all rows and rules on a server."""
        if shelf.kind == "sqlite":
            with closing(sqlite3.connect(shelf.address)) as link:
                link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return [Path(shelf.address).read_bytes()]
        with request.getfixturevalue("server").connect(shelf.schema) as link:
            there = "SELECT to_regclass(%s) IS NOT NULL"
            names = [x.name for x in TABLES if link.execute(there, (x.name,)).fetchone()[0]]
            rows = [
                sorted(map(repr, link.execute(f"SELECT * FROM {name}").fetchall()))
                for name in names
            ]
        return [rows, [str(row).replace(shelf.schema, "s") for row in objects(shelf, request)]]

    def bring(shelf: Shelf) -> None:
        assert migrate(owned(shelf)) in (version[-1], str(VERSION))

    return Work(lambda shelf: restore(shelf, request, version), [bring], nullcontext, everything)


KINDS = ("posting", "importing", "correcting", "closing", "migrating")


def work_of(kind: str, request: pytest.FixtureRequest, folder: Path, seed: int) -> Work:
    if kind == "migrating":
        return migrating(request, f"version{2 + seed % 2}")
    made = {
        "posting": posting,
        "importing": importing,
        "correcting": correcting,
        "closing": closing_months,
    }
    return made[kind](folder)


# --- killed ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class Tally:
    """Kills, those that were seen inside a transaction, and those seen in a commit."""

    kills: int = 0
    inside: int = 0
    committing: int = 0
    unacknowledged: int = 0


class Killing:
    """Work of a kind on a store, and the states of the book that it goes through.

    Parameters
    ----------
    shelves : makes a place for a new book.
    """

    def __init__(
        self, work: Work, shelves: Callable[[], Shelf], settle: Callable[[], None]
    ) -> None:
        self.work, self.shelves, self.settle = work, shelves, settle
        shelf = shelves()
        work.prepare(shelf)
        self.states = [work.state(shelf)]
        for task in work.tasks:
            with work.open(shelf) as given:
                task(given)
            self.states.append(work.state(shelf))
        shelf = shelves()
        work.prepare(shelf)
        self.whole = run(partial(self._tasks, shelf))
        assert not self.whole.killed
        assert work.state(shelf) == self.states[-1]

    def _tasks(self, shelf: Shelf, notes: Notes) -> None:
        with self.work.open(shelf) as given:
            notes.begin()
            for task in self.work.tasks:
                task(given)
                notes.acknowledge()

    def kill(self, kill: Kill, tally: Tally) -> None:
        """Kill the work on a new book, unless it is too quick, and check what is there."""
        shelf = self.shelves()
        self.work.prepare(shelf)
        ended = run(partial(self._tasks, shelf), kill)
        self.settle()
        if not ended.killed:
            return
        tally.kills += 1
        tally.inside += ended.inside
        tally.committing += ended.committing
        found = self.work.state(shelf)
        assert found in self.states[ended.done : ended.done + 2], (kill, ended)
        tally.unacknowledged += found != self.states[ended.done]
        with self.work.open(shelf) as given:
            for task in self.work.tasks[max(0, ended.done - 1) :]:
                task(given)
        assert self.work.state(shelf) == self.states[-1], (kill, ended)

    def draw(self, number: int, rng: random.Random) -> Kill:
        """Half of all kills at a statement, a third at a random moment, the rest in a commit."""
        if number % 2 == 0:
            return Kill(step=rng.randint(1, self.whole.steps))
        if number % 6 == 1:
            return Kill(commits=True)
        return Kill(seconds=rng.uniform(0, self.whole.seconds))


def kill_often(
    kind: str, store: str, kills: int, request: pytest.FixtureRequest, folder: Path
) -> Tally:
    """Kill so often; each time a new book."""
    (seed,) = seeds(1)
    rng, tally = random.Random(f"{kind} {store} {seed}"), Tally()
    shelves = iter(_shelves(store, request, folder))

    def settle() -> None:
        if store == "postgres":
            _wait_for_backends(request.getfixturevalue("server"))

    killing = Killing(work_of(kind, request, folder, seed), lambda: next(shelves), settle)
    for number in range(3 * kills):
        if tally.kills < kills:
            killing.kill(killing.draw(number, rng), tally)
    assert tally.kills == kills
    assert 2 * tally.inside >= kills, tally
    return tally


def _shelves(store: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Shelf]:
    number = 0
    while True:
        if store == "postgres":
            yield postgres_shelf(request.getfixturevalue("server"))
        else:
            (folder / str(number)).mkdir()
            yield sqlite_shelf(folder / str(number))
        number += 1


def _wait_for_backends(server: Any) -> None:
    """Wait until the server has noticed that its client is dead."""
    until = time.monotonic() + 30
    sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'loopbook'"
    with server.connect() as link:
        while link.execute(sql).fetchone()[0]:
            assert time.monotonic() < until, "the server still works for a client that is dead"
            time.sleep(0.002)


@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_work(request: pytest.FixtureRequest, on_disk: Path, kind: str) -> None:
    kill_often(kind, "sqlite", 2, request, on_disk)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("store", ["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def test_killed_at_work_often(
    request: pytest.FixtureRequest, on_disk: Path, kind: str, store: str
) -> None:
    kills = int(request.config.getoption("--kills")) // (2 * len(KINDS))
    print(kind, store, kill_often(kind, store, kills, request, on_disk))
