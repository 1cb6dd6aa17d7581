"""Measure the book on SQLite beside raw inserts of the same rows, and beside Beancount.

Every event transfers title of a part of a lot: two legs of 12 substances, 24 values. Five things
are measured in the same run, in turn, and the medians and their ratios printed:

1. *transfers, 1,000 a commit*: full commands, validated, planned against the book and posted;
   canonical bytes, hash and all checks of the database included. Peer: the rows that they make, by
   plain ``sqlite3`` into the same wide tables without planning and without any check (event with
   its unique key, two postings, two balances). The peer is given the rows ready made.
2. *one a commit, durable*: the same, one event to a commit, which the disk's fsync bounds.
3. *a plant's mix*: receive, weigh, assay and transfer; commands a second of one core.
4. *late facts*: assays that come after eight transfers of their lots, which are then amended,
   beside the same assays told in time; corrections of receipts, on which all of that rests; and
   ``verify``, also with ``--replan``, of the book with all of it.
5. *Beancount*: its loader on the same transfers, 12 commodities each, in its own interpreter. It
   reads and checks all that was ever written each time, so that what compares with it is posting
   the commands and then verifying the whole book.

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
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from loopbook.book import (
    SUBSTANCES,
    Assay,
    Book,
    Command,
    Event,
    Receive,
    RegisterMaterial,
    RegisterParty,
    RegisterSite,
    TransferTitle,
    Weigh,
    correct,
    verify,
)

ROOT = Path(__file__).resolve().parents[1]
BEANCOUNT_PYTHON = ROOT / "build" / "beancount" / "bin" / "python"
BATCH = 1000
LOTS = 400
LATER = 8  # transfers of a lot after an assay of it that comes late
REPLANNED = 4_000  # events a second, at least
T0 = datetime(2026, 1, 1, tzinfo=UTC)
COUNT = len(SUBSTANCES)


def opened(path: Path) -> Book:
    """A new book with parties, sites and lots that hold plenty of everything."""
    book = Book(path, create=True)
    envelope: dict[str, Any] = {"actor": "bench", "occurred_at": T0}
    arrival: dict[str, Any] = {
        "material": "scrap",
        "supplier": "LGES",
        "owner": "LGES",
        "site": "WS",
        "mass_kg": 5_000_000,
        "shares": dict.fromkeys(SUBSTANCES, "0.0833"),
    }
    book.post(
        [
            RegisterParty(party="LGES", key="p1", **envelope),
            RegisterParty(party="GMBI", key="p2", **envelope),
            RegisterSite(site="WS", key="s1", **envelope),
            RegisterMaterial(material="scrap", key="m1", **envelope),
            *(Receive(lot=f"L{i}", key=f"r{i}", **arrival, **envelope) for i in range(LOTS)),
        ]
    )
    return book


def transfers(count: int, seed: int) -> list[Command]:
    """Commands that each transfer title of some kilograms of a lot; a later seed, a later day."""
    draw = random.Random(seed)
    return [
        TransferTitle(
            key=f"e{seed}-{i}",
            actor="bench",
            occurred_at=T0 + timedelta(days=1 + seed % 1000, seconds=i),
            lot=f"L{draw.randrange(LOTS)}",
            seller="LGES",
            buyer="GMBI",
            mass_kg=f"{draw.randrange(1, 12 * 10**6) / 10**6:.6f}",
        )
        for i in range(count)
    ]


def post(book: Book, commands: Sequence[Command], size: int) -> None:
    """Post commands, `size` to a commit."""
    for start in range(0, len(commands), size):
        book.post(commands[start : start + size])


def planned(book: Book, commands: Sequence[Command]) -> list[Event]:
    """Post commands to a book that is not measured, and read back the events that they made."""
    post(book, commands, BATCH)
    return [book.event(command.key) for command in commands]


class Raw:
    """The same rows in plain wide tables, a retry found by its key: no plan, no check, no hash.

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

    def post(self, events: Sequence[Event], size: int) -> None:
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


def plant_mix(count: int, seed: int) -> list[Command]:
    """A plant's mix: receive, weigh, assay, transfer title."""
    made: list[Command] = []
    shares = {"Ni": "0.21", "Co": "0.01", "Li": "0.03", "Cu": "0.09", "Al": "0.06", "C": "0.3"}
    arrival: dict[str, Any] = {"supplier": "LGES", "owner": "LGES", "site": "WS"}
    assay: dict[str, Any] = {
        "stage": "provisional",
        "basis": "as received",
        "shares": {"Ni": "0.2131", "Co": "0.0099", "Li": "0.0301"},
        "laboratory": "WS",
    }
    weights: dict[str, Any] = {"gross_kg": "33010.5", "tare_kg": "15020"}
    for i in range(count // 4):
        lot, when = f"F{seed}-{i}", T0 + timedelta(seconds=i)
        base: dict[str, Any] = {"actor": "bench", "occurred_at": when, "lot": lot}
        made += [
            Receive(
                key=f"{lot}r", material="scrap", mass_kg="18000", shares=shares, **arrival, **base
            ),
            Weigh(key=f"{lot}w", ticket=lot, **weights, **base),
            Assay(key=f"{lot}a", **assay, **base),
            TransferTitle(key=f"{lot}t", seller="LGES", buyer="GMBI", **base),
        ]
    return made


def late_story(lots: int, seed: int) -> tuple[list[Command], list[Command], list[Command]]:
    """Receipts of lots, an assay of each, and transfers of eight parts of each after it."""
    receipts: list[Command] = []
    assays: list[Command] = []
    moves: list[Command] = []
    shares = {"Ni": "0.21", "Co": "0.01", "Li": "0.03"}
    arrival = {"material": "scrap", "supplier": "LGES", "owner": "LGES", "site": "WS"}
    for i in range(lots):
        lot, when = f"T{seed}-{i}", T0 + timedelta(seconds=i)
        base: dict[str, Any] = {"actor": "bench", "lot": lot}
        receive = Receive(
            key=f"{lot}r", mass_kg="18000", shares=shares, occurred_at=when, **arrival, **base
        )
        receipts.append(receive)
        assay: dict[str, Any] = {"stage": "final", "basis": "as received", "laboratory": "WS"}
        assay |= {"shares": {"Ni": "0.2131", "Co": "0.0099"}, "sample": lot}
        assays.append(Assay(key=f"{lot}a", occurred_at=when + timedelta(days=1), **assay, **base))
        for k in range(LATER):
            date = when + timedelta(days=2 + k)
            part = {"seller": "LGES", "buyer": "GMBI", "mass_kg": 100 + k}
            moves.append(TransferTitle(key=f"{lot}t{k}", occurred_at=date, **part, **base))
    return receipts, assays, moves


def late_facts(folder: Path, lots: int, rounds: int) -> None:
    """Post assays in time and late, correct receipts, verify; CPU time, in turn."""
    rates: dict[str, list[float]] = defaultdict(list)
    for r in range(rounds):
        receipts, assays, moves = late_story(lots, r)
        held = []
        for told in ("in time", "late") if r % 2 else ("late", "in time"):
            with opened(folder / f"{told}-{r}.sqlite") as book:
                post(book, receipts, BATCH)
                for batch in (assays, moves) if told == "in time" else (moves, assays):
                    work = partial(post, book, batch, BATCH)
                    speed = rate(work, len(batch), time.process_time)
                    if batch is assays:
                        rates[told].append(speed)
                held.append(book.balances())
                if told == "late":
                    changed = [receive.key for receive in receipts[: lots // 4]]
                    work = partial(correct_all, book, changed)
                    rates["corrected"].append(rate(work, len(changed), time.process_time))
                    for name in ("verify", "verify --replan"):
                        replan = name == "verify --replan"
                        rates[name].append(verified(book, time.process_time, replan=replan))
        if held[0] != held[1]:
            sys.exit("facts that are told late give another book")
    print(f"late facts, one core, median of {rounds} rounds")
    print(f"  {'':<30}{'a second':>12}{'in time':>12}{'ratio':>9}")
    line(f"assays, {LATER} later events each", rates["late"], rates["in time"])
    line("receipts corrected", rates["corrected"])
    line("verify, events", rates["verify"])
    line("verify --replan, events", rates["verify --replan"])
    print(f"  targets: verify --replan {REPLANNED:,} events/s")


def correct_all(book: Book, keys: Sequence[str]) -> None:
    """Correct the nickel of receipts."""
    for key in keys:
        correct(book, key, {"shares.Ni": "0.22"}, reason="read wrong", actor="bench")


def verified(book: Book, clock: Callable[[], float], *, replan: bool = False) -> float:
    """Events that are verified a second."""
    start = clock()
    report = verify(book, replan=replan)
    if not report.clean:
        sys.exit(f"verify: {report.findings[0]}")
    return report.events / (clock() - start)


def rate(work: Callable[[], object], count: int, clock: Callable[[], float]) -> float:
    """Events a second."""
    start = clock()
    work()
    return count / (clock() - start)


def as_beancount(events: Sequence[Event]) -> str:
    """Events in Beancount's language: 24 postings each, in kg."""
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


def beancount_load(folder: Path, events: Sequence[Event]) -> dict[str, Any] | None:
    """Seconds and entries of Beancount's loader; None where it is not installed."""
    if not BEANCOUNT_PYTHON.exists():
        return None
    path = folder / "peer.beancount"
    path.write_text(as_beancount(events), encoding="utf-8")
    command = [str(BEANCOUNT_PYTHON), str(ROOT / "bench" / "beancount_load.py"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded: dict[str, Any] = json.loads(done.stdout)
    accounts = len({leg.account for e in events for leg in e.legs})
    if loaded["errors"] or loaded["entries"] != len(events) + accounts:
        sys.exit(f"Beancount did not read the same transactions: {loaded}")
    return loaded


def beside_beancount(folder: Path, count: int, rounds: int) -> None:
    """Post transfers to a new book and verify it, beside Beancount's loader, in turn."""
    ours, peers, version = [], [], ""
    for r in range(rounds):
        commands = transfers(count, 1000 + r)
        with opened(folder / f"planned-{r}.sqlite") as twin:
            loaded = beancount_load(folder, planned(twin, commands))
        if loaded is None:
            print("  Beancount: not installed, not measured; `make bench` installs it")
            return
        with opened(folder / f"beside-{r}.sqlite") as book:
            start = time.perf_counter()
            post(book, commands, BATCH)
            if not verify(book).clean:
                sys.exit("verify finds a fault in the book beside Beancount's")
            ours.append(count / (time.perf_counter() - start))
        peers.append(count / loaded["seconds"])
        version = loaded["version"]
    print(f"{count:,} transactions of 24 postings, written and all read again")
    print(f"  {'':<30}{'events/s':>12}{'Beancount':>12}{'ratio':>9}")
    line("posted and verified", ours, peers)
    print(f"  Beancount {version}: its loader")


def check(book: Book, events: Sequence[Event]) -> None:
    """The buyer's total must be what the transfers moved."""
    moved = [sum(e.legs[0].content[i] for e in events) for i in range(COUNT)]
    held = [c for a, c in book.balances().items() if a.party == "GMBI" and a.lot.startswith("L")]
    if [sum(c[i] for c in held) for i in range(COUNT)] != moved:
        sys.exit("the book's totals are wrong")
    for replan, name in ((False, "verify"), (True, "verify --replan")):
        print(f"{name}: clean, {verified(book, time.perf_counter, replan=replan):,.0f} events/s")


def line(name: str, ours: Sequence[float], peer: Sequence[float] | None = None) -> None:
    """Print medians and the ratio."""
    text = f"  {name:<30}{statistics.median(ours):>12,.0f}"
    if peer is not None:
        ratio = statistics.median([a / b for a, b in zip(ours, peer, strict=True)])
        text += f"{statistics.median(peer):>12,.0f}{ratio:>9.0%}"
    print(text)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--events", type=int, default=5000, help="events a round in batches")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        book, twin = opened(folder / "book.sqlite"), opened(folder / "twin.sqlite")
        raw, alike = Raw(folder / "raw.sqlite"), Raw(folder / "alike.sqlite", book)
        rates: dict[tuple[str, int], list[float]] = defaultdict(list)
        posted: list[Event] = []
        for r in range(options.rounds):
            for count, seed, size in ((options.events, 2 * r, BATCH), (400, 2 * r + 1, 1)):
                commands = transfers(count, seed)
                events = planned(twin, commands)
                works = {
                    "book": partial(post, book, commands, size),
                    "raw": partial(raw.post, events, size),
                    "alike": partial(alike.post, events, size),
                }
                turns = [*works][r % 3 :] + [*works][: r % 3]  # each is first in turn
                for name in turns:
                    rates[name, size].append(rate(works[name], count, time.perf_counter))
                posted += events
            mix = plant_mix(4000, r)
            work = partial(post, book, mix, BATCH)
            rates["mix", BATCH].append(rate(work, len(mix), time.process_time))
        check(book, posted)
        print(f"the book on SQLite, median of {options.rounds} rounds")
        print(f"  {'':<30}{'events/s':>12}{'plain rows':>12}{'ratio':>9}")
        for size, name in ((BATCH, "transfers, 1,000 a commit"), (1, "one a commit, durable")):
            line(name, rates["book", size], rates["raw", size])
            line("  the peer with its pages", rates["book", size], rates["alike", size])
        line("a plant's mix, one core", rates["mix", BATCH])
        late_facts(folder, 100, min(options.rounds, 5))
        beside_beancount(folder, options.events, min(options.rounds, 3))


if __name__ == "__main__":
    main()
