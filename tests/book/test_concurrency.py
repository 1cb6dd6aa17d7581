"""Many clients at once on a server, and servers, clients and connections that die in the middle."""

from __future__ import annotations

import os
import random
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import server_client as client

from loopbook import book as c
from loopbook.book.book import Book
from loopbook.book.event_bytes import event_bytes, leaf_of
from loopbook.book.log import proofs
from loopbook.book.log.keys import generate_signer
from loopbook.book.nouns import mass
from loopbook.book.storage.postgres import store as postgres
from loopbook.book.storage.postgres.store import PostgresStore
from loopbook.book.storage.schema import PARTS
from loopbook.book.verification.report import verify
from loopbook.errors import StorageError
from support.postgres_server import Server
from support.shelves import Shelf, postgres_shelf

pytestmark = [pytest.mark.server, pytest.mark.slow]

SECONDS = float(os.environ.get("LOOPBOOK_CLIENT_SECONDS", "20"))
KILLS = int(os.environ.get("LOOPBOOK_KILLS", "100"))
CLIENTS = 8
SCRIPT = Path(client.__file__)


@pytest.fixture
def shelf(server: Server) -> Shelf:
    made = postgres_shelf(server)
    with made.new() as book:
        book.post(client.setup())
    return made


class Running:
    """A client process and what it reports, in memory: a pipe that nobody reads fills."""

    def __init__(self, address: str, name: str, first: int, seconds: float) -> None:
        words = [sys.executable, str(SCRIPT), address, name, str(first), str(seconds)]
        self.name = name
        self.first = first
        self._out, self._err = os.memfd_create("out"), os.memfd_create("err")
        self.process = subprocess.Popen(words, stdout=self._out, stderr=self._err)

    def finish(self) -> list[list[str]]:
        """Wait for it; its lines as words."""
        return self._ended(SECONDS + 120, 0)

    def kill(self) -> list[list[str]]:
        """``kill -9``; its lines up to then."""
        self.process.kill()
        return self._ended(30, -signal.SIGKILL)

    def errors(self) -> str:
        """What it wrote to stderr."""
        return _text(self._err)

    def _ended(self, seconds: float, code: int) -> list[list[str]]:
        assert self.process.wait(seconds) == code, self.errors()
        assert not self.errors(), self.errors()
        lines = _words(_text(self._out))
        os.close(self._out)
        os.close(self._err)
        return lines


def _text(file: int) -> str:
    return os.pread(file, os.fstat(file).st_size, 0).decode()


def _words(out: str) -> list[list[str]]:
    whole = out.split("\n")[:-1]  # a killed client may leave half a line
    return [line.split(maxsplit=2) for line in whole]


class Tally:
    """What the clients were told, by client and batch: ``ack`` or ``no``; and what got lost."""

    def __init__(self) -> None:
        self.told: dict[tuple[str, int], str] = {}
        self.lost: list[str] = []

    def take(self, one: Running, lines: list[list[str]]) -> int:
        """Take in a client's lines; returns where it goes on."""
        last, name = one.first, one.name
        for verb, number, *rest in lines:
            last = int(number)
            if verb in ("ack", "no"):
                self.told[name, last] = verb
                last += 1
            if verb == "lost":
                self.lost.append(" ".join(rest))
        return last

    def count(self, verb: str) -> int:
        return sum(told == verb for told in self.told.values())


# --- what must hold afterwards --------------------------------------------------------------------


def check(server: Server, shelf: Shelf, tally: Tally) -> None:
    """The book against what its clients were told, by SQL and by arithmetic of its own."""
    with shelf.open() as book:
        rows = book.store.rows
        posted = {key for (key,) in rows("SELECT key FROM event WHERE amends IS NULL")}
        given = {x.key: x for x in client.setup()}
        for (name, number), told in tally.told.items():
            keys = [x.key for x in client.batch(name, number)]
            there = [key in posted for key in keys]
            assert all(there) if told == "ack" else not any(there) or keys[0].startswith("all-")
            given |= {x.key: x for x in client.batch(name, number)}
        assert posted <= given.keys()
        for key in posted:
            batch = _batch_of(key)
            assert batch is None or all(x.key in posted for x in client.batch(*batch)), key
        _check_sums(book, {key: given[key] for key in posted})
        _check_rows(book)
        _check_seals(book)
        proofs.checkpoint(book, generate_signer("book"))
        assert verify(book, replan=True).findings == ()


def _batch_of(key: str) -> tuple[str, int] | None:
    found = re.fullmatch(r"(\w+)-(\d+)-\w+", key)
    return (found[1], int(found[2])) if found else None


def _check_sums(book: Book, posted: dict[str, c.Command]) -> None:
    """Totals that follow from the commands alone."""
    counts = Counter(type(command) for command in posted.values())
    kg: Counter[str] = Counter()
    for account, content in book.balances().items():
        kg[account.kind] += mass(content)
        if account.kind == "lot":
            kg[f"{account.kind} {account.party}"] += mass(content)
    received = sum(int(x.mass_kg) for x in posted.values() if isinstance(x, c.Receive))
    assert kg["supplier"] == -received * 10**6
    assert kg["waste"] == 2 * 10**6 * counts[c.Dispose]
    assert kg["reassay"] == 0
    assert kg["lot"] == -kg["supplier"] - kg["waste"]
    lots = len(book.store.rows("SELECT id FROM lot"))
    assert lots == counts[c.Receive] + counts[c.Split] + counts[c.Blend]


def _check_rows(book: Book) -> None:
    """Balances, loads, orphans: each query must find nothing."""
    wide = ["mass", *(f'"s_{s}"' for s in book.substances)]
    sums = ", ".join(f"sum({x}) AS {x}" for x in wide)
    same = " AND ".join(f"b.{x} = p.{x}" for x in wide)
    zero = " OR ".join(f"sum({x}) <> 0" for x in wide)
    queries = (
        f"SELECT account FROM balance b FULL JOIN (SELECT account, {sums} FROM posting "
        f"GROUP BY account) p USING (account) WHERE NOT coalesce({same}, false)",
        f"SELECT event FROM posting GROUP BY event HAVING {zero}",
        *(
            f"SELECT event FROM {part} p WHERE NOT EXISTS (SELECT 1 FROM event WHERE id = p.event)"
            for part in PARTS
        ),
        "SELECT event FROM posting p WHERE NOT EXISTS (SELECT 1 FROM account WHERE id = p.account)",
        "SELECT l.mass FROM load l WHERE l.mass <> (SELECT sum(b.mass) FROM balance b "
        "JOIN account a ON a.id = b.account JOIN lot t ON t.id = a.lot "
        "WHERE a.site = l.site AND t.material = 'BM')",
        "SELECT a.lot FROM account a JOIN posting p ON p.account = a.id JOIN event e "
        "ON e.id = p.event WHERE a.kind = 'lot' GROUP BY a.lot "
        "HAVING array_agg(e.recorded_at ORDER BY e.id) "
        "<> array_agg(e.recorded_at ORDER BY e.recorded_at)",
    )
    for query in queries:
        assert book.store.rows(query) == [], query


def _check_seals(book: Book) -> None:
    """Rows still give the hash that was sealed; leaves follow the order of recording."""
    size = book.store.place_leaves()
    found = book.store.rows(
        "SELECT l.place, e.recorded_at, e.key, e.leaf FROM event e "
        "LEFT JOIN leaf l ON l.event = e.id ORDER BY l.place"
    )
    assert [place for place, *_ in found] == list(range(size))
    times = [at for _, at, *_ in found]
    assert times == sorted(times)
    step = max(1, len(found) // 2000)
    for _, _, key, leaf in found[::step]:
        assert leaf_of(event_bytes(book.event(key), book.substances)) == bytes(leaf), key


# --- eight clients --------------------------------------------------------------------------------


def deadlocks(server: Server) -> int:
    with server.connect() as link:
        link.execute("SELECT pg_stat_force_next_flush()")
        found = link.execute("SELECT sum(deadlocks) FROM pg_stat_database").fetchone()
    assert found is not None
    return int(found[0])


def test_eight_clients(server: Server, shelf: Shelf) -> None:
    """No deadlock reaches a caller; there is none, not even one that was tried again."""
    before, tally = deadlocks(server), Tally()
    running = [Running(shelf.address, f"c{k}", 1, SECONDS) for k in range(CLIENTS)]
    with shelf.open() as book:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:  # checkpoints meanwhile: the log's order never changes
            book.store.place_leaves()
            time.sleep(0.5)
    for one in running:
        tally.take(one, one.finish())
    assert tally.lost == []
    assert tally.count("ack") > 40 * CLIENTS
    assert tally.count("no") <= 0.2 * tally.count("ack")
    check(server, shelf, tally)
    assert deadlocks(server) == before
    print(f"{tally.count('ack')} batches in {SECONDS} s, {tally.count('no')} refused")


# --- kill -9 --------------------------------------------------------------------------------------


def backends(server: Server) -> list[int]:
    try:
        with server.connect() as link:
            found = link.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'loopbook'"
            ).fetchall()
    except psycopg.OperationalError:
        return []  # it is starting again after a kill
    return [pid for (pid,) in found]


def wait_for_more(server: Server, shelf: Shelf, known: int, running: Sequence[Running]) -> int:
    """Wait until something was posted since the last kill; returns the number of events."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(psycopg.OperationalError), server.connect(shelf.schema) as link:
            found = link.execute("SELECT count(*) FROM event").fetchone()
            if found is not None and found[0] > known:
                return int(found[0])
        time.sleep(0.02)
    raise AssertionError("no client has posted for a minute", [one.errors() for one in running])


def test_kills(server: Server, shelf: Shelf) -> None:
    """Client or server process dies at a random moment; clients go on with the same keys."""
    rng, tally = random.Random(3), Tally()
    seconds = 3600.0
    running = [Running(shelf.address, f"c{k}", 1, seconds) for k in range(3)]
    known = len(client.setup())
    for _ in range(KILLS):
        known = wait_for_more(server, shelf, known, running)
        time.sleep(rng.uniform(0, 0.1))
        pids = backends(server)
        roll = rng.random()
        if roll < 0.35 or not pids:
            at = rng.randrange(len(running))
            dead = running[at]
            first = tally.take(dead, dead.kill())
            running[at] = Running(shelf.address, dead.name, first, seconds)
        elif roll < 0.8:
            with suppress(psycopg.OperationalError), server.connect() as link:
                link.execute("SELECT pg_terminate_backend(%s)", (rng.choice(pids),))
        else:
            with suppress(ProcessLookupError):
                os.kill(rng.choice(pids), signal.SIGKILL)
    server.wait()
    time.sleep(1)
    last = {one.name: tally.take(one, one.kill()) for one in running}
    server.wait()
    assert tally.count("ack") > KILLS / 2
    with shelf.open() as book:  # what was under way is posted again, once
        for name, number in last.items():
            with suppress(client.InputError):
                book.post(client.batch(name, number))
                tally.told[name, number] = "ack"
    check(server, shelf, tally)
    unsure = sum("may be posted or not" in text for text in tally.lost)
    print(f"{KILLS} kills, {tally.count('ack')} batches, {len(tally.lost)} lost, {unsure} unsure")


# --- a connection that breaks in the middle of a commit -------------------------------------------


@contextmanager
def cut(address: str, *, after: bool) -> Iterator[str]:
    """A wire to the server that breaks at the first COMMIT, before or after it went through."""
    to = urlsplit(address)
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]

        def serve() -> None:
            near, _ = door.accept()
            with near, socket.create_connection((to.hostname or "", to.port or 0)) as far:
                _pump(near, far, after=after)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield address.replace(f":{to.port}/", f":{port}/")
        thread.join(10)


def _pump(near: socket.socket, far: socket.socket, *, after: bool) -> None:
    while True:
        ready, _, _ = select.select([near, far], [], [])
        for one in ready:
            data = one.recv(1 << 20)
            if not data:
                return
            commits = one is near and b"COMMIT" in data
            if not commits or after:
                (far if one is near else near).sendall(data)
            if commits:
                time.sleep(0.5)  # the server's answer comes and is never passed on
                return


@pytest.mark.parametrize("after", [False, True])
def test_lost_while_committing(shelf: Shelf, *, after: bool) -> None:
    command = client.batch("c0", 3)
    with shelf.open() as plain, cut(shelf.address, after=after) as address:
        book = Book(address)
        with pytest.raises(StorageError, match=r"may be posted or not; .*same keys is safe"):
            book.post(command)
        book.close()
        there = plain.store.rows("SELECT key FROM event WHERE key = ?", (command[0].key,))
        assert bool(there) == after
        receipts = plain.post(command)
        assert {r.again for r in receipts} == {after}
        assert len(plain.store.rows("SELECT key FROM event WHERE actor = 'c0'")) == len(command)


def test_lost_before(server: Server, shelf: Shelf) -> None:
    """Between two batches: the next one connects again by itself, or says that nothing went."""
    with shelf.open() as book:
        book.post(client.batch("c0", 1))
        with server.connect() as link:
            for pid in backends(server):
                link.execute("SELECT pg_terminate_backend(%s)", (pid,))
        with pytest.raises(StorageError, match="nothing was posted"):
            book.post(client.batch("c0", 4))
        assert not any(r.again for r in book.post(client.batch("c0", 4)))


def test_server_gone(server: Server, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no connection"):
        Book(server.url("x").replace(f":{server.port}/", ":1/"))


def test_a_held_lot_waits_its_turn(shelf: Shelf) -> None:
    """A client that stops in the middle holds up others on its lot only."""
    elsewhere = client.setup()[-1]
    with shelf.open() as one, shelf.open() as two:
        started, done = threading.Event(), threading.Event()

        def slow(session: Any) -> None:
            session.holdings("P01")
            started.set()
            assert done.wait(20)

        thread = threading.Thread(target=one.store.transact, args=([elsewhere], slow))
        thread.start()
        assert started.wait(20)
        kg = {"key": "t1", "actor": "x", "occurred_at": client.START}
        two.post(c.Dispose(lot="P03", site="WS", mass_kg=1, **kg))
        with shelf.open() as three:
            held = three.store.rows("SHOW lock_timeout")
            assert held == [("1min",)]
            three.store.rows("SELECT set_config('lock_timeout', '200ms', false)")
            with pytest.raises(StorageError, match=r"lock timeout.*nothing was posted"):
                three.post(c.Dispose(lot="P01", site="WS", mass_kg=1, **kg | {"key": "t2"}))
        done.set()
        thread.join(20)
        two.post(c.Dispose(lot="P01", site="WS", mass_kg=1, **kg | {"key": "t2"}))


def test_a_connection_lost_while_a_book_is_opened_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the server has said in which schema the book lies."""

    def lost(*_: object) -> None:
        raise psycopg.OperationalError("the connection is lost")

    link = SimpleNamespace(
        info=SimpleNamespace(dbname="gmbi"), execute=lost, close=lambda: None, closed=True
    )
    monkeypatch.setattr(postgres, "connect", lambda _: link)
    with pytest.raises(StorageError, match=r"schema \? of database gmbi: the connection is lost"):
        PostgresStore("postgresql://gmbi")
