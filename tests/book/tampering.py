"""A change of a book's rows by somebody who has its file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from loopbook import book as b
from loopbook.book.edges import edges_of
from loopbook.book.event_bytes import event_bytes, leaf_of
from loopbook.book.log.merkle import Frontier
from loopbook.book.log.proofs import STEP
from loopbook.book.storage.questions import log
from loopbook.book.storage.rows import event_from
from loopbook.book.verification.seals import Page


def tamper(path: Path, *statements: str | tuple[str, tuple[Any, ...]]) -> None:
    """Change rows as somebody would who has the file: triggers away, change, triggers back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as link:
        link.execute("PRAGMA ignore_check_constraints = ON")
        link.execute("PRAGMA synchronous = OFF")
        link.execute("BEGIN")
        triggers = link.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        known = triggers.fetchall()
        for name, _ in known:
            link.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            link.execute(*((statement,) if isinstance(statement, str) else statement))
        for _, sql in known:
            link.execute(sql)
        link.execute("COMMIT")


def reseal(path: Path) -> None:
    """Make leaf hashes, edges, balances and nodes again from the rows, as anybody can."""
    with b.Book(path) as book:
        substances = book.substances
        page = Page(book.store, substances, 0, 100_000)
        changes: list[tuple[str, tuple[Any, ...]]] = []
        for head in page.heads:
            number = head[0]
            event = event_from(
                head,
                page.legs.get(number, ()),
                page.lots.get(number, ()),
                page.measurements.get(number, ()),
                nouns=page.nouns.get(number, ()),
            )
            leaf = leaf_of(event_bytes(event, substances))
            changes.append(("UPDATE event SET leaf = ? WHERE id = ?", (leaf, number)))
            changes.append(("DELETE FROM edge WHERE event = ?", (number,)))
            before = page.before(event.amends, number) if event.amends else {}
            for source, target, x in edges_of(
                event.legs, reverses=bool(event.reverses), before=before
            ):
                marks = ", ?" * len(x)
                sql = f"INSERT INTO edge VALUES (?, ?, ?, ?{marks})"
                changes.append((sql, (number, source, target, sum(x), *x)))
    tamper(path, *changes, *_balances(substances))
    with b.Book(path) as book:
        _, nodes = Frontier().extended([leaf for _, leaf in log.leaves(book.store, 0, 100_000)])
    kept = [node for node in nodes if node[0] and node[0] % STEP == 0]
    insert = "INSERT INTO node (level, place, hash) VALUES (?, ?, ?)"
    tamper(path, "DELETE FROM node", *[(insert, node) for node in kept])


def _balances(substances: Sequence[str]) -> Iterator[str]:
    """Statements that make balances again."""
    yield "DELETE FROM balance WHERE account NOT IN (SELECT account FROM posting)"
    for column in ("mass", *(f'"s_{s}"' for s in substances)):
        yield (
            f"UPDATE balance SET {column} = (SELECT sum(p.{column}) FROM posting p "
            "WHERE p.account = balance.account)"
        )
    yield (
        "UPDATE load SET mass = (SELECT coalesce(sum(b.mass), 0) FROM balance b JOIN account a "
        "ON a.id = b.account WHERE a.kind = 'lot' AND a.site = load.site AND a.lot IN "
        "(SELECT l.id FROM lot l JOIN noun n ON n.kind = 'material' AND n.id = l.material "
        "WHERE n.body LIKE '%' || load.hazard || '%'))"
    )
    yield (
        "UPDATE balance SET last_at = (SELECT max(e.occurred_at) FROM posting p JOIN event e "
        "ON e.id = p.event WHERE p.account = balance.account) WHERE bounded = 1"
    )


def forget_proofs(path: Path) -> None:
    """Take away all checkpoints, the keys that the book notes, and its tree."""
    tables = [f"DELETE FROM {table}" for table in ("checkpoint", "leaf", "node")]
    tamper(path, *tables, "DELETE FROM book WHERE key LIKE 'verifier%'")


def cut(path: Path, last: int) -> None:
    """Take away all events after a number, and what was derived from them."""
    tables = ("posting", "edge", "lot", "measurement", "noun", "closing", "leaf")
    tamper(
        path,
        *[f"DELETE FROM {table} WHERE event > {last}" for table in tables],
        f"DELETE FROM event WHERE id > {last}",
        "DELETE FROM account WHERE id NOT IN (SELECT account FROM posting)",
        f"DELETE FROM checkpoint WHERE size > {last}",
        "DELETE FROM snapshot WHERE moment NOT IN (SELECT end_at FROM closing)",
    )
    reseal(path)
