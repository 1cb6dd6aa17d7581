"""Measure the book on SQLite beside raw inserts of the same rows, and beside Beancount.

Every event moves 12 substances from one account to another: two legs, 24 substance values. Four
things are measured in the same run, in turn, and the medians and their ratios printed:

1. *prepared postings*: events that are already planned, 1,000 to a commit; canonical bytes, hash,
   and all checks of the database included. Peer: the same rows by plain ``sqlite3`` into the same
   wide tables without any check (event with its unique key, two postings, two balances).
2. *full commands*: validated, planned against the book, posted; per second of one core.
3. *single durable events*: one to a commit. Peer: the plain rows, one event to a commit, which the
   disk's fsync bounds.
4. *Beancount*: its loader on the same transactions, 12 commodities each, in its own interpreter.
   It reads and checks all that was ever written each time, so that what compares with it is
   posting the prepared events and then verifying the whole book.

The exit code is 1 if a total is wrong, never because of time.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from loopbook.book import Account, Book, Event, Leg, commands, verify
from loopbook.book.nouns import SUBSTANCES, negate

ROOT = Path(__file__).resolve().parents[1]
BEANCOUNT_PYTHON = ROOT / "build" / "beancount" / "bin" / "python"
BATCH = 1000
LOTS = 400
T0 = datetime(2026, 1, 1, tzinfo=UTC)
COUNT = len(SUBSTANCES)


def opened(path: Path) -> Book:
    """A new book with parties, sites and lots that hold plenty of everything."""
    book = Book(path, create=True)
    envelope = {"actor": "bench", "occurred_at": T0}
    book.post(
        [
            commands.RegisterParty(party="LGES", key="p1", **envelope),
            commands.RegisterParty(party="GMBI", key="p2", **envelope),
            commands.RegisterSite(site="WS", key="s1", **envelope),
            commands.RegisterMaterial(material="scrap", key="m1", **envelope),
        ]
    )
    shares = dict.fromkeys(SUBSTANCES, "0.0833")
    book.post(
        [
            commands.Receive(
                lot=f"L{i}",
                material="scrap",
                supplier="LGES",
                owner="LGES",
                site="WS",
                mass_kg=5_000_000,
                shares=shares,
                key=f"r{i}",
                **envelope,
            )
            for i in range(LOTS)
        ]
    )
    return book


def prepared(count: int, seed: int) -> list[Event]:
    """Events that pass title of part of a lot, planned beforehand."""
    draw, now = random.Random(seed), time.time_ns() // 1000
    events = []
    for i in range(count):
        lot = f"L{draw.randrange(LOTS)}"
        content = tuple(draw.randrange(1, 10**6) for _ in range(COUNT))
        seller, buyer = (Account("lot", p, "WS", lot) for p in ("LGES", "GMBI"))
        events.append(
            Event(
                key=f"e{seed}-{i}",
                kind="transfer-title",
                actor="bench",
                document="",
                occurred_at=1_770_000_000_000_000 + i,
                recorded_at=now + i,
                command="{}",
                legs=(Leg(buyer, content), Leg(seller, negate(content))),
            )
        )
    return events


def post_prepared(book: Book, events: list[Event], size: int) -> None:
    """Post planned events, `size` to a commit."""
    for start in range(0, len(events), size):
        book.store.append(events[start : start + size])


class Raw:
    """The same rows in plain wide tables, a retry told by its key: no check and no hash.

    Parameters
    ----------
    like : a book whose size of pages and of the log it takes; SQLite's own without.
    """

    def __init__(self, path: Path, like: Book | None = None) -> None:
        self.link = sqlite3.connect(path, isolation_level=None)
        for setting in ("page_size", "wal_autocheckpoint") if like else ():
            ((value,),) = like.store.rows(f"PRAGMA {setting}")
            self.link.execute(f"PRAGMA {setting} = {value}")
        self.link.execute("PRAGMA journal_mode = WAL")
        self.link.execute("PRAGMA synchronous = FULL")
        wide = ", ".join(f"s{i} INTEGER" for i in range(COUNT))
        self.link.execute(
            "CREATE TABLE event (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, "
            "kind TEXT, actor TEXT, document TEXT, occurred_at INTEGER, recorded_at INTEGER, "
            "command TEXT) STRICT"
        )
        self.link.execute(
            f"CREATE TABLE posting (event INTEGER, account INTEGER, mass INTEGER, {wide}, "
            "PRIMARY KEY (event, account)) STRICT, WITHOUT ROWID"
        )
        self.link.execute("CREATE INDEX posting_account ON posting (account, event)")
        self.link.execute(
            f"CREATE TABLE balance (account INTEGER PRIMARY KEY, mass INTEGER, {wide}) STRICT"
        )
        places = ", ".join("?" * (COUNT + 2))
        self.link.executemany(
            f"INSERT INTO balance VALUES ({places})",
            [(a, *(10**17,) * (COUNT + 1)) for a in range(2 * LOTS)],
        )
        sums = ", ".join(f"s{i} = s{i} + ?" for i in range(COUNT))
        self.insert = f"INSERT INTO posting VALUES ({places}, ?)"
        self.update = f"UPDATE balance SET mass = mass + ?, {sums} WHERE account = ?"
        self.next = 1

    def post(self, events: list[Event], size: int) -> None:
        """Insert the events' rows, `size` events to a commit."""
        for start in range(0, len(events), size):
            heads, legs, sums = [], [], []
            for e in events[start : start + size]:
                head = (self.next, e.key, e.kind, e.actor, e.document, e.occurred_at)
                heads.append((*head, e.recorded_at, e.command))
                for k, leg in enumerate(e.legs):
                    place = 2 * int(leg.account.lot[1:]) + k
                    total = sum(leg.content)
                    legs.append((self.next, place, total, *leg.content))
                    sums.append((total, *leg.content, place))
                self.next += 1
            self.link.execute("BEGIN IMMEDIATE")
            self.link.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?)", heads)
            self.link.executemany(self.insert, legs)
            self.link.executemany(self.update, sums)
            self.link.execute("COMMIT")


def full_commands(count: int, seed: int) -> list[commands.Command]:
    """A plant's mix: receive, weigh, assay, transfer title."""
    made: list[commands.Command] = []
    for i in range(count // 4):
        lot, when = f"F{seed}-{i}", T0 + timedelta(seconds=i)
        base = {"actor": "bench", "occurred_at": when}
        shares = {"Ni": "0.21", "Co": "0.01", "Li": "0.03", "Cu": "0.09", "Al": "0.06", "C": "0.3"}
        made += [
            commands.Receive(
                lot=lot,
                material="scrap",
                supplier="LGES",
                owner="LGES",
                site="WS",
                mass_kg="18000",
                shares=shares,
                key=f"{lot}r",
                **base,
            ),
            commands.Weigh(
                lot=lot, ticket=lot, gross_kg="33010.5", tare_kg="15020", key=f"{lot}w", **base
            ),
            commands.Assay(
                lot=lot,
                stage="provisional",
                basis="as received",
                key=f"{lot}a",
                shares={"Ni": "0.2131", "Co": "0.0099", "Li": "0.0301"},
                laboratory="WS",
                **base,
            ),
            commands.TransferTitle(lot=lot, seller="LGES", buyer="GMBI", key=f"{lot}t", **base),
        ]
    return made


def rate(work: Callable[[], None], count: int, clock: Callable[[], float]) -> float:
    """Events a second."""
    start = clock()
    work()
    return count / (clock() - start)


def as_beancount(events: list[Event]) -> str:
    """Prepared events in Beancount's language: 24 postings each, in kg."""
    accounts = {leg.account for e in events for leg in e.legs}
    names = {a: f"Assets:{a.party}:{a.lot}" for a in sorted(accounts)}
    lines = [f"2026-01-01 open {name}" for name in names.values()]
    for event in events:
        lines.append(f'2026-02-02 * "{event.key}"')
        for leg in event.legs:
            lines += [
                f"  {names[leg.account]}  {mg / 1e6:.6f} {commodity.upper()}-KG"
                for commodity, mg in zip(SUBSTANCES, leg.content, strict=True)
            ]
    return "\n".join(lines) + "\n"


def beancount_told(folder: Path, events: list[Event]) -> dict[str, Any] | None:
    """What Beancount's loader says of the same transactions; None where it is not installed."""
    if not BEANCOUNT_PYTHON.exists():
        return None
    path = folder / "peer.beancount"
    path.write_text(as_beancount(events), encoding="utf-8")
    command = [str(BEANCOUNT_PYTHON), str(ROOT / "bench" / "beancount_load.py"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    accounts = len({leg.account for e in events for leg in e.legs})
    if told["errors"] or told["entries"] != len(events) + accounts:
        sys.exit(f"Beancount did not read the same transactions: {told}")
    return told


def beside_beancount(folder: Path, count: int, rounds: int) -> None:
    """Post and verify a new book of prepared events, beside Beancount's loader, in turn."""
    ours, peers, version = [], [], ""
    for r in range(rounds):
        with opened(folder / f"beside-{r}.sqlite") as book:
            events = prepared(count, 1000 + r)
            told = beancount_told(folder, events)
            if told is None:
                print("  Beancount: not installed, not measured; `make bench` installs it")
                return
            start = time.perf_counter()
            post_prepared(book, events, BATCH)
            if not verify(book).clean:
                sys.exit("verify finds a fault in the book beside Beancount's")
            ours.append(count / (time.perf_counter() - start))
        peers.append(count / told["seconds"])
        version = told["version"]
    print(f"{count:,} transactions of 24 postings, written and all read again")
    print(f"  {'':<26}{'events/s':>12}{'Beancount':>12}{'ratio':>9}")
    line("posted and verified", ours, peers, f"Beancount {version}: its loader")


def check(book: Book, posted: list[Event]) -> None:
    """The buyer's total must be what the prepared events moved."""
    want = [sum(e.legs[0].content[i] for e in posted) for i in range(COUNT)]
    held = [c for a, c in book.balances().items() if a.party == "GMBI" and a.lot.startswith("L")]
    if [sum(c[i] for c in held) for i in range(COUNT)] != want:
        sys.exit("the book's totals are wrong")
    start = time.perf_counter()
    report = verify(book)
    if not report.clean:
        sys.exit(f"verify: {report.findings[0]}")
    count = book.store.rows("SELECT count(*) FROM event")[0][0]
    print(f"verify: clean, {count / (time.perf_counter() - start):,.0f} of {count:,} events/s")


def line(name: str, ours: list[float], peer: list[float] | None, target: str) -> None:
    """Print medians and the ratio."""
    mine = statistics.median(ours)
    text = f"  {name:<26}{mine:>12,.0f}"
    if peer is not None:
        ratio = statistics.median([a / b for a, b in zip(ours, peer, strict=True)])
        text += f"{statistics.median(peer):>12,.0f}{ratio:>9.0%}"
    else:
        text += " " * 21
    print(f"{text}   {target}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--events", type=int, default=5000, help="events a round in batches")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there)
        book = opened(folder / "book.sqlite")
        raw, alike = Raw(folder / "raw.sqlite"), Raw(folder / "alike.sqlite", book)
        ours = partial(post_prepared, book)
        table: dict[tuple[str, int], list[float]] = defaultdict(list)
        posted: list[Event] = []
        for r in range(options.rounds):
            many, few = prepared(options.events, 2 * r), prepared(400, 2 * r + 1)
            posts = {"book": ours, "raw": raw.post, "alike": alike.post}
            turns = [*posts][r % 3 :] + [*posts][: r % 3]  # each is first in turn
            for events, size in ((many, BATCH), (few, 1)):
                for name in turns:
                    work = partial(posts[name], events, size)
                    table[name, size].append(rate(work, len(events), time.perf_counter))
            mix = full_commands(4000, r)
            batches = [mix[i : i + BATCH] for i in range(0, len(mix), BATCH)]
            full = lambda b=batches: [book.post(x) for x in b]  # noqa: E731
            table["full", BATCH].append(rate(full, len(mix), time.process_time))
            posted += many + few
        check(book, posted)
        print(f"the book on SQLite, median of {options.rounds} rounds")
        print(f"  {'':<26}{'events/s':>12}{'plain rows':>12}{'ratio':>9}")
        for size, name, target in (
            (BATCH, "prepared, 1,000 a commit", "target 25 %"),
            (1, "one a commit, durable", "target 70 %"),
        ):
            line(name, table["book", size], table["raw", size], target)
            line("  the peer with its pages", table["book", size], table["alike", size], "")
        line("full commands, one core", table["full", BATCH], None, "target 3,000/s")
        beside_beancount(folder, options.events, min(options.rounds, 3))


if __name__ == "__main__":
    main()
