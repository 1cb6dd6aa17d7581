"""How fast eight clients post to a book on PostgreSQL, beside hand-written server functions.

The peers are what a good database programmer writes for one kind of event: a PL/pgSQL function that
takes an idempotency key, locks both accounts in order, writes the event and its legs, and moves the
balances, which may not go below zero.

* *rows*: a leg a row for each substance, and a check that each substance sums to zero: the general
  double-entry function, like pgledger's.
* *wide*: two legs with a column a substance, Loopbook's own tables; the leaner, for one shape only.

Both write what Loopbook writes (the same event columns, the same text of the command), but plan
nothing, check no names, holds, periods or owners, keep no hash and trust their caller. In batches
they deadlock unless the caller sorts every batch by account; here it does, which costs nothing.

All run on one server with PostgreSQL's defaults (fsync on, synchronous_commit on), eight client
processes each, in turn (A B C A B C ...); medians are printed. An event moves 1 kg of one of 400
lots, twelve substances, from one owner to the other. Ends with 1 if a book is wrong afterwards,
never because of time.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from loopbook.book import (
    SUBSTANCES,
    Book,
    Content,
    Receive,
    RegisterMaterial,
    RegisterParty,
    RegisterSite,
    TransferTitle,
    verify,
)
from loopbook.book.nouns import part

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from support import postgres_server

CLIENTS = 8
LOTS = 400
LOT_KG = 10**6
KG = 10**6
OWNERS = ("LGES", "GMBI")
START = datetime(2026, 3, 1, tzinfo=UTC)
SHARES = dict(zip(SUBSTANCES, ["0.05"] * 12, strict=True)) | {"Ni": "0.2", "other": "0.3"}
COLUMNS = [f'"s_{s}"' for s in SUBSTANCES]

EVENT = """
  CREATE SEQUENCE numbers;
  CREATE TABLE event (id bigint PRIMARY KEY, key text NOT NULL UNIQUE, kind text NOT NULL,
    actor text NOT NULL, document text NOT NULL, occurred_at bigint NOT NULL,
    recorded_at bigint NOT NULL, command text NOT NULL);
  CREATE INDEX event_occurred ON event (occurred_at);"""
BEGIN = """
  DECLARE n bigint;
  BEGIN
    INSERT INTO event VALUES (nextval('numbers'), k, kd, who, paper, at,
      (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, cmd)
      ON CONFLICT (key) DO NOTHING RETURNING id INTO n;
    IF n IS NULL THEN RETURN (SELECT id FROM event WHERE key = k); END IF;"""


def numbered(form: str) -> str:
    """A form for each substance's column and number from 1."""
    return ", ".join(form.format(x=x, k=k) for k, x in enumerate(COLUMNS, 1))


def wide_peer() -> str:
    """Tables and function with a column a substance."""
    return f"""
  CREATE SCHEMA wide;
  SET search_path = wide;
  {EVENT}
  CREATE TABLE posting (event bigint NOT NULL, account integer NOT NULL, mass bigint NOT NULL,
    {numbered("{x} bigint NOT NULL")}, PRIMARY KEY (event, account));
  CREATE INDEX posting_account ON posting (account, event);
  CREATE TABLE balance (account integer PRIMARY KEY, mass bigint NOT NULL,
    {numbered("{x} bigint NOT NULL CHECK ({x} >= 0)")}) WITH (fillfactor = 50);
  INSERT INTO balance SELECT a, {12 * 10**15}, {numbered("1000000000000000")}
    FROM generate_series(1, {2 * LOTS}) a;
  CREATE FUNCTION post(k text, kd text, who text, paper text, at bigint, cmd text,
    a integer, b integer, m bigint, q bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
  {BEGIN}
    PERFORM 1 FROM balance WHERE account IN (a, b) ORDER BY account FOR UPDATE;
    INSERT INTO posting VALUES
      (n, a, -m, {numbered("-q[{k}]")}), (n, b, m, {numbered("q[{k}]")});
    UPDATE balance SET mass = mass - m, {numbered("{x} = {x} - q[{k}]")} WHERE account = a;
    UPDATE balance SET mass = mass + m, {numbered("{x} = {x} + q[{k}]")} WHERE account = b;
    RETURN n;
  END $$"""


def rows_peer() -> str:
    """Tables and function with a row a substance."""
    return f"""
  CREATE SCHEMA rows;
  SET search_path = rows;
  {EVENT}
  CREATE TABLE posting (event bigint NOT NULL, account integer NOT NULL,
    substance smallint NOT NULL, mg bigint NOT NULL, PRIMARY KEY (event, account, substance));
  CREATE INDEX posting_account ON posting (account, substance) INCLUDE (mg);
  CREATE TABLE balance (account integer, substance smallint, mg bigint NOT NULL CHECK (mg >= 0),
    PRIMARY KEY (account, substance)) WITH (fillfactor = 50);
  INSERT INTO balance SELECT a, s, 1000000000000000
    FROM generate_series(1, {2 * LOTS}) a, generate_series(1, 12) s;
  CREATE FUNCTION post(k text, kd text, who text, paper text, at bigint, cmd text,
    accounts integer[], substances smallint[], mgs bigint[])
    RETURNS bigint LANGUAGE plpgsql AS $$
  {BEGIN}
    IF EXISTS (SELECT 1 FROM unnest(substances, mgs) u (s, v) GROUP BY s HAVING sum(v) <> 0) THEN
      RAISE 'not conserved';
    END IF;
    PERFORM 1 FROM balance b WHERE (b.account, b.substance) IN
      (SELECT * FROM unnest(accounts, substances)) ORDER BY account, substance FOR UPDATE;
    UPDATE balance b SET mg = b.mg + u.v FROM (SELECT a, s, sum(v) v
      FROM unnest(accounts, substances, mgs) x (a, s, v) GROUP BY 1, 2) u
      WHERE b.account = u.a AND b.substance = u.s;
    INSERT INTO posting SELECT n, * FROM unnest(accounts, substances, mgs);
    RETURN n;
  END $$"""


WIDE = "SELECT post(%s, %s, %s, %s, %s::bigint, %s, %s::int, %s::int, %s::bigint, %s::bigint[])"
ROWS = "SELECT post(%s, %s, %s, %s, %s::bigint, %s, %s::int[], %s::smallint[], %s::bigint[])"
PEERS = ("rows", "wide")


def transfer(rng: random.Random, key: str) -> TransferTitle:
    """One event: 1 kg of a lot changes hands."""
    lot, way = rng.randrange(LOTS), rng.randrange(2)
    seller, buyer = OWNERS[way], OWNERS[1 - way]
    envelope = {"key": key, "actor": "amy", "occurred_at": START}
    return TransferTitle(lot=f"lot {lot}", seller=seller, buyer=buyer, mass_kg=1, **envelope)


# --- one client ----------------------------------------------------------------------------------


def loopbook_client(url: str, size: int) -> Callable[[list[TransferTitle]], None]:
    """Posts through Loopbook."""
    del size
    book = Book(url)

    def post(batch: list[TransferTitle]) -> None:
        book.post(batch)

    return post


def text_of(x: TransferTitle) -> str:
    """The command as text, as Loopbook keeps it."""
    fields = {"kind": "TransferTitle", "lot": x.lot, "seller": x.seller, "buyer": x.buyer}
    return json.dumps({**fields, "mass_kg": str(x.mass_kg), "key": x.key, "actor": x.actor})


def one_kg() -> Content:
    """Content of an event."""
    weights = [int(float(SHARES[s]) * 100) for s in SUBSTANCES]
    return part(tuple(w * 10**9 for w in weights), KG)


def peer_client(url: str, size: int) -> Callable[[list[TransferTitle]], None]:
    """Calls a hand-written function: alone in its transaction, or many in a pipeline."""
    link = psycopg.connect(url, autocommit=True, prepare_threshold=0)
    wide = url.endswith("wide")
    content = list(one_kg())
    both, each = [-x for x in content] + content, [*range(1, 13)] * 2

    def call(x: TransferTitle) -> None:
        lot = 2 * int(x.lot.split()[1]) + 1
        a, b = lot + OWNERS.index(x.seller), lot + OWNERS.index(x.buyer)
        head = (x.key, "transfer-title", x.actor, x.document, 0, text_of(x))
        if wide:
            link.execute(WIDE, (*head, a, b, KG, content))
        else:
            link.execute(ROWS, (*head, [a] * 12 + [b] * 12, each, both))

    def post(batch: list[TransferTitle]) -> None:
        if size == 1:
            call(batch[0])
            return
        with link.transaction(), link.pipeline():
            for x in sorted(batch, key=lambda x: int(x.lot.split()[1])):
                call(x)

    return post


def client(who: str, url: str, name: str, size: int) -> None:
    """Warm up, say so, wait for the word, post for the seconds that it names, tell how many."""
    post = (loopbook_client if who == "loopbook" else peer_client)(url, size)
    rng = random.Random(name)
    posted = 0

    def one() -> None:
        nonlocal posted
        post([transfer(rng, f"{name}-{posted + k}") for k in range(size)])
        posted += size

    for _ in range(8):
        one()
    warm = posted
    print("ready", flush=True)
    until = time.perf_counter() + float(sys.stdin.readline())
    while time.perf_counter() < until:
        one()
    print(posted - warm, flush=True)


# --- the run -------------------------------------------------------------------------------------


def measure(who: str, url: str, *, size: int, seconds: float, run: str) -> float:
    """Events a second of eight clients."""
    words = [sys.executable, __file__, "--client", who, url]
    made = [
        subprocess.Popen(
            [*words, f"{run}-{k}", str(size)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for k in range(CLIENTS)
    ]
    for one in made:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    began = time.perf_counter()
    for one in made:
        assert one.stdin is not None
        print(seconds, file=one.stdin, flush=True)
    total = sum(int(one.communicate()[0]) for one in made)
    return total / (time.perf_counter() - began)


def prepare(server: postgres_server.Server) -> dict[str, str]:
    """All books with their 400 lots; their addresses."""
    with server.connect() as link:
        link.execute("CREATE SCHEMA book")
        link.execute("CREATE ROLE poster LOGIN")
        link.execute(wide_peer().encode())
        link.execute(rows_peer().encode())
    envelopes = ({"key": f"setup {k}", "actor": "amy", "occurred_at": START} for k in range(10**6))
    arrival = {"material": "scrap", "supplier": "LGES", "site": "WS", "shares": SHARES}
    with Book(server.url("book"), create=True) as book:
        book.post(
            [
                *(RegisterParty(party=p, **next(envelopes)) for p in OWNERS),
                RegisterSite(site="WS", **next(envelopes)),
                RegisterMaterial(material="scrap", **next(envelopes)),
                *(
                    Receive(
                        lot=f"lot {k}", owner="LGES", mass_kg=LOT_KG, **arrival, **next(envelopes)
                    )
                    for k in range(LOTS)
                ),
            ]
        )
        half = {"seller": "LGES", "buyer": "GMBI", "mass_kg": LOT_KG // 2}
        book.post([TransferTitle(lot=f"lot {k}", **half, **next(envelopes)) for k in range(LOTS)])
    server.admit("book")
    return {"loopbook": server.url("book", "poster"), **{x: server.url(x) for x in PEERS}}


def wrong(server: postgres_server.Server) -> list[str]:
    """What does not add up in either book; Loopbook's is also verified event by event."""
    with Book(server.url("book")) as book:
        problems = [str(finding) for finding in verify(book).findings]
    with server.connect() as link:
        for name in ("book", *PEERS):
            columns = ["mg"] if name == "rows" else ["mass", *COLUMNS]
            sums = ", ".join(f"sum({x})" for x in columns)
            legs = link.execute(f"SELECT {sums} FROM {name}.posting".encode()).fetchone() or ()
            if any(legs):
                problems.append(f"{name}: legs sum to {legs}")
            events, postings = link.execute(
                f"SELECT (SELECT count(*) FROM {name}.event WHERE kind = 'transfer-title'), "
                f"(SELECT count(*) FROM {name}.posting p JOIN {name}.event e ON e.id = p.event "
                "WHERE e.kind = 'transfer-title')".encode()
            ).fetchall()[0]
            if postings != (24 if name == "rows" else 2) * events:
                problems.append(f"{name}: {postings} legs of {events} events")
    return problems


def show(size: int, rates: dict[str, float]) -> None:
    """Print the medians of one batch size, and Loopbook's ratio to each peer."""
    ours = rates["loopbook"]
    others = "; ".join(
        f"function, {who}: {rates[who]:,.0f}, ratio {ours / rates[who]:.2f}" for who in PEERS
    )
    head = f"{CLIENTS} clients, {size:>3} events a commit"
    print(f"{head}: Loopbook {ours:,.0f} events/s; {others}")


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--client", nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 100], help="events a commit")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.client:
        who, url, name, size = options.client
        client(who, url, name, int(size))
        return 0
    results = {}
    if postgres_server.binaries() is None:
        print(postgres_server.MISSING)
        return 0
    with postgres_server.running() as server:
        books = prepare(server)
        for size in options.sizes:
            rates: dict[str, list[float]] = {who: [] for who in books}
            for k in range(options.rounds):
                for who, url in books.items():
                    run = f"{who} {size} {k}"
                    rate = measure(who, url, size=size, seconds=options.seconds, run=run)
                    rates[who].append(rate)
            results[size] = {who: statistics.median(each) for who, each in rates.items()}
            if not options.json:
                show(size, results[size])
        problems = wrong(server)
    if options.json:
        print(json.dumps({"clients": CLIENTS, "events_per_s": results, "wrong": problems}))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
