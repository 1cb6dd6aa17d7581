"""Ask a large book: balances as of any moment, metal statements, bytes an event.

The book holds ten years of a plant: scrap lots arrive in pairs, are weighed and assayed, run,
shipped as black mass, arrive, are assayed again and delivered, eleven events and 25 legs a pair;
120 months are closed. It is made once from a seed through prepared events, as a file in the
system's temporary folder, and used again by the next run. Answers are compared with the sums of
all postings before anything is measured; the exit code is 1 if one is wrong, never because of time.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from loopbook.book import (
    SUBSTANCES,
    Account,
    Book,
    ClosePeriod,
    Content,
    Event,
    Leg,
    Lot,
    Measurement,
    OpenPeriod,
    RegisterMaterial,
    RegisterParty,
    RegisterSite,
    metal_statement,
    verify,
)
from loopbook.book.nouns import add, apportion, negate, part
from loopbook.book.storage.schema import quoted
from loopbook.book.storage.sqlite.schema import sqlite_ddl

BATCH = 5000
YEARS = 10
DAY_US = 86_400 * 1_000_000
HOUR_US = DAY_US // 24
T0 = datetime(2026, 1, 1, tzinfo=UTC)
STEPS = (
    ("receive", 0.0, 0),
    ("receive", 0.1, 1),
    ("weigh", 0.2, 0),
    ("weigh", 0.3, 1),
    ("assay", 1.0, 0),
    ("assay", 1.1, 1),
    ("process", 2.0, 0),
    ("ship", 3.0, 0),
    ("arrive", 5.0, 0),
    ("assay", 11.0, 2),
    ("deliver", 13.0, 0),
)
ANALYTES = ("Li", "Ni", "Co", "Mn", "Al", "Cu")
WEIGHTS = (40, 310, 14, 13, 70, 90, 2, 330, 8, 2, 5, 116)


def us(moment: datetime) -> int:
    """Microseconds since 1970 UTC."""
    return int(moment.timestamp()) * 1_000_000


def months() -> list[tuple[str, datetime, datetime]]:
    """Name, first moment and end of each month."""
    first = [datetime(T0.year + k // 12, k % 12 + 1, 1, tzinfo=UTC) for k in range(12 * YEARS + 1)]
    return [(f"{a:%Y-%m}", a, b) for a, b in pairwise(first)]


class Pair:
    """Two scrap lots and what becomes of them; gives its events one after the other."""

    def __init__(self, number: int, seed: int) -> None:
        self.number, self.draw = number, random.Random(seed * 1_000_003 + number)
        self.held: dict[int, Content] = {}
        self.lots = (f"A{number:06d}", f"B{number:06d}", f"M{number:06d}")
        self.owners = ("LGES", "GMBI")

    def event(self, step: int, moment: int) -> Event:
        """The event of a step."""
        kind, _, which = STEPS[step]
        legs, lots, measured = getattr(self, f"_{kind}")(which)
        return Event(
            key=f"{self.number}-{step}",
            kind=kind,
            actor="plant",
            document=f"paper {self.number}",
            occurred_at=moment,
            recorded_at=moment + HOUR_US,
            command="{}",
            legs=tuple(Leg(a, c) for a, c in sorted(legs.items()) if any(c)),
            lots=tuple(lots),
            measurements=tuple(measured),
            planner=1,
        )

    def _place(self, which: int, site: str = "WS") -> Account:
        return Account("lot", self.owners[which % 2], site, self.lots[which])

    def _receive(self, which: int) -> tuple[dict[Account, Content], list[Lot], list[Measurement]]:
        grams = self.draw.randrange(17_000_000, 19_000_000)
        mixed = [max(w + self.draw.randrange(-w // 10, w // 10 + 1), 1) for w in WEIGHTS]
        content = apportion(grams * 1000, mixed)
        self.held[which] = content
        legs = {self._place(which): content, Account("supplier", "LGES"): negate(content)}
        mass = Measurement(self.lots[which], "mass", str(grams * 1000), stage="declared")
        return legs, [Lot(self.lots[which], "scrap")], [mass]

    def _restate(self, which: int, new: Content, site: str) -> dict[Account, Content]:
        change = add(new, negate(self.held[which]))
        self.held[which] = new
        account = self._place(which, site)
        return {account: change, Account("reassay", account.party, site): negate(change)}

    def _weigh(self, which: int) -> tuple[dict[Account, Content], list[Lot], list[Measurement]]:
        old = self.held[which]
        net = sum(old) // 10_000_000 * 10_000_000 - 10_000_000
        known = [
            Measurement(
                self.lots[which],
                quantity,
                str(value),
                "10000000",
                "weighbridge",
                sample=f"T{self.number}",
                group="scale W1",
            )
            for quantity, value in (
                ("gross", net + 15_000_000_000),
                ("tare", 15_000_000_000),
                ("mass", net),
            )
        ]
        return self._restate(which, part(old, net), "WS"), [], known

    def _assay(self, which: int) -> tuple[dict[Account, Content], list[Lot], list[Measurement]]:
        old = self.held[which]
        new = list(old)
        for name in ANALYTES:
            place = SUBSTANCES.index(name)
            new[place] += old[place] * self.draw.randrange(-15, 16) // 1000
        new[-1] += sum(old) - sum(new)
        final = which == 2
        site = "REF" if final else "WS"
        laboratory = "refiner" if final else "plant"
        known = [
            Measurement(
                self.lots[which],
                name,
                f"{new[SUBSTANCES.index(name)] / sum(new):.5f}",
                "0.00150",
                "ICP-OES",
                laboratory,
                f"S{self.number}",
                f"laboratory {laboratory}",
                "final" if final else "provisional",
            )
            for name in ANALYTES
        ]
        return self._restate(which, tuple(new), site), [], known

    def _process(self, _: int) -> tuple[dict[Account, Content], list[Lot], list[Measurement]]:
        legs: dict[Account, Content] = {}
        made = None
        for which in (0, 1):
            taken = self.held.pop(which)
            owner = self.owners[which]
            legs[self._place(which)] = negate(taken)
            rest = taken
            for account, share in (
                (Account("lot", owner, "WS", self.lots[2]), 720),
                (Account("emission", owner, "WS"), 120),
                (Account("waste", owner, "WS"), 155),
            ):
                content = part(taken, sum(taken) * share // 1000)
                legs[account] = content
                rest = add(rest, negate(content))
                if account.kind == "lot":
                    made = content if made is None else add(made, content)
            legs[Account("unaccounted", owner, "WS")] = rest
        assert made is not None
        self.shares = {o: legs[Account("lot", o, "WS", self.lots[2])] for o in self.owners}
        self.held[2] = self.shares["LGES"]
        return legs, [Lot(self.lots[2], "black mass")], []

    def _carry(self, source: str, target: str) -> dict[Account, Content]:
        legs: dict[Account, Content] = {}
        for owner, content in self.shares.items():
            legs[Account("lot", owner, source, self.lots[2])] = negate(content)
            legs[Account("lot", owner, target, self.lots[2])] = content
        return legs

    def _ship(self, _: int) -> tuple[dict[Account, Content], list[Lot], list[Measurement]]:
        return self._carry("WS", f"in transit C{self.number}"), [], []

    def _arrive(self, _: int) -> tuple[dict[Account, Content], list[Lot], list[Measurement]]:
        road = f"in transit C{self.number}"
        legs: dict[Account, Content] = {}
        for owner, content in self.shares.items():
            got = part(content, sum(content) - 20_000_000)
            legs[Account("lot", owner, road, self.lots[2])] = negate(content)
            legs[Account("lot", owner, "REF", self.lots[2])] = got
            legs[Account("unaccounted", owner, road)] = add(content, negate(got))
            self.shares[owner] = got
        self.held[2] = self.shares["LGES"]
        total = sum(sum(x) for x in self.shares.values())
        return legs, [], [Measurement(self.lots[2], "mass", str(total), stage="arrived")]

    def _deliver(self, _: int) -> tuple[dict[Account, Content], list[Lot], list[Measurement]]:
        self.shares["LGES"] = self.held[2]
        legs: dict[Account, Content] = {}
        whole: Content | None = None
        for owner, content in self.shares.items():
            legs[Account("lot", owner, "REF", self.lots[2])] = negate(content)
            whole = content if whole is None else add(whole, content)
        assert whole is not None
        legs[Account("customer", "refiner")] = whole
        return legs, [], []


def story(count: int, seed: int) -> Iterator[Event]:
    """Events of all pairs in order of time."""
    pairs = count // len(STEPS)
    start, end = us(T0), us(months()[-1][2]) - 15 * DAY_US
    gap = (end - start) // pairs
    order = sorted(
        (start + HOUR_US + pair * gap + int(days * DAY_US), pair, step)
        for pair in range(pairs)
        for step, (_, days, _) in enumerate(STEPS)
    )
    alive: dict[int, Pair] = {}
    for moment, number, step in order:
        pair = alive.setdefault(number, Pair(number, seed))
        yield pair.event(step, moment)
        if step == len(STEPS) - 1:
            del alive[number]


def make(path: Path, count: int, seed: int) -> None:
    """Write the book: prepared events in large batches, each month closed on the fifth."""
    clock = [us(T0)]
    book = Book(path, create=True, clock=lambda: clock[0])
    book.store.rows("PRAGMA synchronous = OFF")
    envelope = {"actor": "bench", "occurred_at": T0}
    book.post(
        [
            *(RegisterParty(party=p, key=p, **envelope) for p in ("LGES", "GMBI")),
            RegisterParty(party="refiner", key="refiner", **envelope),
            *(RegisterSite(site=s, key=s, **envelope) for s in ("WS", "REF")),
            RegisterMaterial(material="scrap", key="scrap", **envelope),
            RegisterMaterial(material="black mass", key="black mass", **envelope),
        ]
    )
    to_close = iter(months())
    name, _, end = next(to_close)
    due = us(end) + 5 * DAY_US
    batch: list[Event] = []
    done, began = 0, time.perf_counter()
    for event in story(count, seed):
        if event.recorded_at > due or len(batch) >= BATCH:
            book.store.transact([], lambda session, b=batch: session.append(*b))
            done, batch = done + len(batch), []
        while event.recorded_at > due:
            clock[0] = due
            close(book, name, end, due)
            name, _, end = next(to_close)
            due = us(end) + 5 * DAY_US
            if name.endswith("-01"):
                print(f"  {done:,} events, {time.perf_counter() - began:.0f} s", flush=True)
        batch.append(event)
    book.store.transact([], lambda session: session.append(*batch))
    book.store.rows("PRAGMA synchronous = FULL")
    book.close()


def close(book: Book, name: str, end: datetime, when: int) -> None:
    """Open and close a month."""
    start = next(a for n, a, _ in months() if n == name)
    moment = datetime.fromtimestamp(when // 1_000_000, UTC)
    envelope = {"actor": "bench", "occurred_at": moment}
    book.post(
        [
            OpenPeriod(period=name, start=start, end=end, key=f"open {name}", **envelope),
            ClosePeriod(period=name, key=f"close {name}", **envelope),
        ]
    )


def milliseconds(work: Callable[[], object]) -> tuple[float, float]:
    """How long it takes, by the clock on the wall and of this process."""
    start, busy = time.perf_counter(), time.process_time()
    work()
    return 1000 * (time.perf_counter() - start), 1000 * (time.process_time() - busy)


def brute(book: Book, moment: int, lot: str | None = None) -> dict[Account, Content]:
    """What lies where before a moment, by one sum over all postings."""
    sums = ", ".join(f"sum(p.{quoted(s)})" for s in book.substances)
    where, values = ("", [moment]) if lot is None else (" AND a.lot = ?", [moment, lot])
    rows = book.store.rows(
        f"SELECT a.kind, a.party, a.site, a.lot, {sums} FROM posting p "
        "JOIN event e ON e.id = p.event JOIN account a ON a.id = p.account "
        f"WHERE e.occurred_at < ?{where} GROUP BY a.id",
        values,
    )
    return {Account(*r[:4]): tuple(r[4:]) for r in rows if any(r[4:])}


def check(book: Book, seed: int) -> None:
    """Answers against sums of all postings."""
    draw = random.Random(seed)
    moment = us(T0) + draw.randrange(YEARS * 365 * DAY_US)
    if dict(book.balances(occurred=moment - 1)) != brute(book, moment):
        sys.exit("the balances as of a moment are wrong")
    name, first, last = draw.choice(months()[:-2])
    statement = metal_statement(book, start=first, end=last)
    for line, when in (("opening", first), ("closing", last)):
        held = [sum(c) for a, c in brute(book, us(when)).items() if a.kind == "lot"]
        if statement.line(line).mass != sum(held):
            sys.exit(f"the {line} of {name} is wrong")


def posting_bytes(book: Book) -> float | None:
    """Bytes of an event's postings with their index; None where SQLite was built without dbstat."""
    if not book.store.rows("SELECT 1 FROM pragma_module_list WHERE name = 'dbstat'"):
        return None
    names = "('posting', 'posting_account')"
    (found,) = book.store.rows(f"SELECT sum(pgsize) FROM dbstat WHERE name IN {names}")
    return float(found[0]) / book.store.rows("SELECT count(DISTINCT event) FROM posting")[0][0]


def place(events: int, seed: int) -> Path:
    """Where the book of a seed is kept: another file for other tables, or another bench."""
    makes = "\n".join([*sqlite_ddl(SUBSTANCES), Path(__file__).read_text(encoding="utf-8")])
    mark = hashlib.sha256(makes.encode()).hexdigest()[:8]
    return Path(tempfile.gettempdir()) / f"loopbook-scale-{events}-{seed}-{mark}.sqlite"


def main() -> None:
    """Make or take the book; check, measure, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--verify", action="store_true", help="verify the whole book, too")
    given = options.parse_args()
    path = place(given.events, given.seed)
    name = path.name
    if not path.exists():
        print(f"making {name}")
        scratch = path.with_suffix(".part")
        scratch.unlink(missing_ok=True)
        make(scratch, given.events, given.seed)
        scratch.rename(path)
    with Book(path) as book:
        report(book, path, given.seed)
        if given.verify:
            verify_rate(book)


def report(book: Book, path: Path, seed: int) -> None:
    """Check, measure, and print medians with their targets."""
    check(book, seed)
    draw = random.Random(seed + 1)
    events = book.store.rows("SELECT count(*) FROM event")[0][0]
    lots = [row[0] for row in book.store.rows("SELECT id FROM lot")]
    span = YEARS * 365 * DAY_US

    def moment() -> int:
        return us(T0) + draw.randrange(span)

    def month(**more: object) -> object:
        _, first, last = draw.choice(months()[:-2])
        return metal_statement(book, start=first, end=last, **more)

    def year(**more: object) -> object:
        start = datetime(T0.year + draw.randrange(YEARS - 1), 1, 1, tzinfo=UTC)
        end = start.replace(year=start.year + 1)
        return metal_statement(book, start=start, end=end, **more)

    known = {"known_at": us(T0) + 3 * span // 4}
    work: list[tuple[str, int, Callable[[], object], str]] = [
        (
            "balance of a lot as of a moment",
            300,
            lambda: book.balances(lot=draw.choice(lots), occurred=moment()),
            "10 ms",
        ),
        (
            "the same, as known at a moment",
            300,
            lambda: book.balances(lot=draw.choice(lots), occurred=moment(), recorded=moment()),
            "10 ms",
        ),
        ("all balances as of a moment", 3, lambda: book.balances(occurred=moment()), ""),
        ("metal statement of a month", 15, month, "1,000 ms"),
        ("the same, of one party", 15, lambda: month(party="GMBI"), "1,000 ms"),
        ("the same, of one site", 15, lambda: month(site="WS"), "1,000 ms"),
        ("the same, as known at a moment", 15, lambda: month(**known), "1,000 ms"),
        ("the same, without uncertainty", 15, lambda: month(uncertainty=False), "1,000 ms"),
        ("metal statement of a year", 3, lambda: year(uncertainty=False), ""),
        (
            "metal statement of a lot's life",
            50,
            lambda: metal_statement(book, start=us(T0), end=us(T0) + span, lot=draw.choice(lots)),
            "",
        ),
    ]
    print(f"{events:,} events, {path.stat().st_size / events:,.0f} bytes of file an event")
    if (size := posting_bytes(book)) is not None:
        print(f"{size:,.0f} bytes of postings an event, with their index (target: under 400)")
    print(f"{'medians':<36}{'ms':>12}{'ms of CPU':>12}{'95 %, ms':>12}{'target':>12}")
    for title, times, one, target in work:
        taken = sorted(milliseconds(one) for _ in range(times))
        wall = statistics.median(x for x, _ in taken)
        busy = statistics.median(x for _, x in taken)
        high = taken[min(int(0.95 * times), times - 1)][0]
        print(f"{title:<36}{wall:>12.2f}{busy:>12.2f}{high:>12.2f}{target:>12}", flush=True)


def verify_rate(book: Book) -> None:
    """Compute everything again, and print how many events a second that takes."""
    start = time.perf_counter()
    found = verify(book)
    if not found.clean:
        sys.exit(f"verify: {found.count} findings; the first: {found.findings[0]}")
    rate = book.store.rows("SELECT count(*) FROM event")[0][0] / (time.perf_counter() - start)
    print(f"verify: {rate:,.0f} events a second (target: 10,000)")


if __name__ == "__main__":
    main()
