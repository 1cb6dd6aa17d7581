"""Verify a book: compute everything again from its rows, and name the first wrong event.

What is checked, event by event in the order of recording: numbers without gaps; canonical bytes and
leaf hash against the sealed one; legs that add up and sum to zero; no lot below zero at any time,
on either clock; nothing on a lot before it was made; no event dated into a closed period. Then what
the book keeps beside the events: balances, snapshots, loads, the Merkle tree's nodes, every
checkpoint's root and signature; rows that belong to nothing; and the file itself. The tree and its
checkpoints also show events that were taken away.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import add

import numpy as np

from loopbook.book.book import Book
from loopbook.book.log.checkpoint import open_checkpoint, parse_checkpoint
from loopbook.book.log.keys import VerifierKey
from loopbook.book.log.merkle import EMPTY_ROOT, Frontier
from loopbook.book.log.proofs import STEP
from loopbook.book.storage.database import Database
from loopbook.book.storage.known import Nouns
from loopbook.book.storage.protocol import Store
from loopbook.book.storage.schema import quoted
from loopbook.book.verification.events import EventScan, Notes
from loopbook.book.verification.seals import one_line
from loopbook.book.verification.second_process import helped
from loopbook.errors import Finding, InputError, LoopbookError, ProofError

_LISTED = 20
_PAGE = 20_000  # rows read at once
_UNREADABLE = (LoopbookError, KeyError, ValueError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What `verify` found.

    Parameters
    ----------
    events, checkpoints : how many were read.
    first_wrong : number and key of the first wrong event; empty if all are right.
    findings : the first findings, at most 20.
    found : how many there are in all.
    """

    events: int
    checkpoints: int
    first_wrong: str
    findings: tuple[Finding, ...]
    found: int

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return self.found == 0


def verify(book: Book, *, keys: Iterable[VerifierKey] = ()) -> VerifyReport:
    """Compute everything in a book again and report what does not agree.

    Parameters
    ----------
    keys : public keys of the book that you trust; without any, those that the book itself notes.
        An outsider gives the key, because who can change the book can change what it notes.
    """
    notes = Notes()
    events = checkpoints = 0
    with book.store.snapshot():
        damage = book.store.damage()
        try:
            nouns = _nouns(book.store, notes)
            closed = _closed(book.store, nouns, notes)
        except _UNREADABLE as error:
            notes.add("settings", "settings and nouns", "readable", one_line(error))
        else:
            with helped(book.store, nouns.substances) as helper:
                scan = EventScan(book.store, nouns.substances, closed, notes, helper)
                scan.run()
            rest = _Rest(book.store, nouns, scan, notes, tuple(keys))
            rest.run()
            events, checkpoints = scan.events, rest.checkpoints
        file = Notes()
        try:
            for told in damage:
                file.add("storage", "file", "an undamaged book", told)
        except _UNREADABLE as error:
            file.add("storage", "file", "an undamaged book", one_line(error))
    findings = tuple([*file.findings, *notes.findings][:_LISTED])
    found = file.found + notes.found
    return VerifyReport(events, checkpoints, notes.first_wrong, findings, found)


def _nouns(db: Database, notes: Notes) -> Nouns:
    """All nouns that can be read; findings for those that cannot."""
    settings = dict(db.rows("SELECT key, value FROM book"))
    nouns = Nouns(tuple(map(str, json.loads(settings["substances"]))))
    for event, kind, name, body in db.rows(
        "SELECT event, kind, id, body FROM noun ORDER BY event, kind"
    ):
        try:
            nouns.learn(kind, name, body)
        except _UNREADABLE as error:
            notes.add("noun", f"{kind} {name} of event {event}", "a noun", one_line(error))
    there = []
    for name in nouns.substances:
        try:
            db.rows(f"SELECT {quoted(name)} FROM posting LIMIT 1")
        except LoopbookError as error:
            notes.add("settings", f"substance {name}", "a column", one_line(error))
        else:
            there.append(name)
    nouns.substances = tuple(there)
    return nouns


def _closed(db: Database, nouns: Nouns, notes: Notes) -> list[tuple[int, int, int, str]]:
    """Closed periods by start; findings where the table of closings says something else."""
    closings = db.rows("SELECT id, event FROM noun WHERE kind = 'close' ORDER BY event")
    stated = {
        str(name): (int(event), nouns.periods[name].start, nouns.periods[name].end)
        for name, event in closings
        if name in nouns.periods
    }
    kept = {
        str(name): (event, start, end)
        for name, event, start, end in db.rows(
            "SELECT period, event, start_at, end_at FROM closing"
        )
    }
    for name in sorted(stated.keys() | kept.keys()):
        if stated.get(name) != kept.get(name):
            expected = f"event, start, end {stated.get(name)}"
            notes.add("closing", f"closing of period {name}", expected, str(kept.get(name)))
    return sorted((start, end, event, name) for name, (event, start, end) in stated.items())


@dataclass(slots=True)
class _Rest:
    """Checks of what the book keeps beside its events, after all events were read."""

    db: Store
    nouns: Nouns
    scan: EventScan
    notes: Notes
    keys: tuple[VerifierKey, ...]
    checkpoints: int = 0
    _frontier: Frontier = field(default_factory=Frontier)
    _roots: dict[int, bytes] = field(default_factory=lambda: {0: EMPTY_ROOT})

    def run(self) -> None:
        """All checks; one that cannot read its rows says so."""
        for check in (
            self._strays,
            self._reversals,
            self.scan.back_dated,
            self._balances,
            self._snapshots,
            self._loads,
            self._left_out,
            self._tree,
            self._signed,
        ):
            try:
                check()
            except _UNREADABLE as error:
                what = check.__name__.strip("_")
                self.notes.add("storage", what, "rows that can be read", one_line(error))

    def _strays(self) -> None:
        """Rows that belong to no event, and accounts that nothing was posted on."""
        for table in ("posting", "edge", "lot", "measurement", "noun"):
            (row,) = self.db.rows(f"SELECT count(*) FROM {table}")
            seen = self.scan.seen.get(table, 0)
            if int(row[0]) != seen:
                found = f"{row[0]} rows, {seen} of them of events"
                self.notes.add("stray", table, "rows of events only", found)
        (row,) = self.db.rows("SELECT count(*) FROM account")
        if int(row[0]) != len(self.scan.slots):
            found = f"{row[0]} rows, {len(self.scan.slots)} of them used"
            self.notes.add("stray", "account", "accounts with postings only", found)

    def _reversals(self) -> None:
        """A reversal names an earlier event, earlier on both clocks."""
        for number, key, reverses in self.db.rows(
            "SELECT e.id, e.key, e.reverses FROM event e LEFT JOIN event o ON o.key = e.reverses "
            "WHERE e.reverses IS NOT NULL AND (o.id IS NULL OR o.id >= e.id "
            "OR o.occurred_at > e.occurred_at) ORDER BY e.id"
        ):
            where = f"event {number} {key!r}"
            self.notes.add("reverse", where, "an earlier event", repr(reverses), event=True)

    def _balances(self) -> None:
        """Balances are the sums of the postings, with the latest date of a lot's."""
        names = ", ".join(quoted(s) for s in self.nouns.substances)
        count = 0
        last = -(2**63)
        while True:
            rows = self.db.rows(
                f"SELECT account, bounded, last_at, mass, {names} FROM balance WHERE account > ? "
                "ORDER BY account LIMIT ?",
                (last, _PAGE),
            )
            if not rows:
                break
            if rows[-1][0] <= last:
                raise ValueError("accounts that do not rise: the table is damaged")
            last, count = rows[-1][0], count + len(rows)
            slots = [self.scan.slots.get(row[0], -1) for row in rows]
            sums = self.scan.sums[slots] if len(self.scan.sums) else np.zeros((len(rows), 0))
            for row, slot, posted in zip(rows, slots, sums.tolist(), strict=True):
                if slot < 0:
                    self._wrong_balance(row[0], "no balance, nothing was posted", "one")
                elif list(row[3:]) != posted:
                    self._wrong_balance(row[0], f"{posted} mg", f"{list(row[3:])} mg")
                elif bool(row[1]) != self.scan.bounded[row[0]] or row[1] not in (0, 1):
                    self._wrong_balance(row[0], "1 for lots, 0 for boundaries", str(row[1]))
                elif row[2] != (last_at := self.scan.last_at(slot) if row[1] else 0):
                    self._wrong_balance(row[0], f"last dated {last_at}", str(row[2]))
        if count != len(self.scan.slots):
            expected = f"{len(self.scan.slots)} balances"
            self.notes.add("balance", "balance", expected, str(count))

    def _wrong_balance(self, account: int, expected: str, found: str) -> None:
        sql = "SELECT kind, party, site, lot FROM account WHERE id = ?"
        named = self.db.rows(sql, (account,))
        where = "/".join(map(str, named[0])) if named else f"account {account}"
        self.notes.add("balance", where, expected, found)

    def _snapshots(self) -> None:
        """Snapshots are the sums of what occurred before their moment, on the accounts of lots."""
        columns = [quoted(s) for s in self.nouns.substances]
        sums = ", ".join(f"sum(p.{c})" for c in ["mass", *columns])
        held: dict[int, list[int]] = {}
        begun = -(2**63)
        for (moment,) in self.db.rows("SELECT DISTINCT moment FROM snapshot ORDER BY moment"):
            for account, *change in self.db.rows(
                f"SELECT p.account, {sums} FROM event e JOIN posting p ON p.event = e.id "
                "JOIN account a ON a.id = p.account AND a.kind = 'lot' "
                "WHERE e.occurred_at >= ? AND e.occurred_at < ? GROUP BY p.account",
                (begun, moment),
            ):
                old = held.pop(account, None)
                new = [int(x) for x in change]
                new = new if old is None else list(map(add, old, new))
                if any(new):
                    held[account] = new
            begun = moment
            kept = {
                row[0]: list(row[1:])
                for row in self.db.rows(
                    f"SELECT account, mass, {', '.join(columns)} FROM snapshot WHERE moment = ?",
                    (moment,),
                )
            }
            if kept != held:
                wrong = sorted(a for a in kept.keys() | held.keys() if kept.get(a) != held.get(a))
                where = f"snapshot at {moment}"
                found = f"account {wrong[0]}: {kept.get(wrong[0])}"
                self.notes.add("snapshot", where, str(held.get(wrong[0])), found)
            self._snapshot_times(moment)

    def _snapshot_times(self, moment: int) -> None:
        """A snapshot says when the last event in it was recorded: when its period was closed."""
        closings = {
            int(row[0])
            for row in self.db.rows(
                "SELECT e.recorded_at FROM closing c JOIN event e ON e.id = c.event "
                "WHERE c.end_at = ?",
                (moment,),
            )
        }
        sql = "SELECT DISTINCT recorded_at FROM snapshot WHERE moment = ?"
        found = {int(row[0]) for row in self.db.rows(sql, (moment,))}
        if len(found) > 1 or not found <= closings:
            where = f"snapshot at {moment}"
            expected = f"recorded when its period was closed: {sorted(closings)}"
            self.notes.add("snapshot", where, expected, str(sorted(found)))

    def _loads(self) -> None:
        """Loads are the mass of hazard classes at the sites that limit them."""
        loads: dict[tuple[str, str], int] = {
            (site.id, hazard): 0 for site in self.nouns.sites.values() for hazard in site.limits
        }
        for site, material, amount in self.db.rows(
            "SELECT a.site, l.material, sum(b.mass) FROM account a JOIN lot l ON l.id = a.lot "
            "JOIN balance b ON b.account = a.id WHERE a.kind = 'lot' GROUP BY a.site, l.material"
        ):
            known = self.nouns.materials.get(material)
            place = (site, "" if known is None else known.hazard)
            if place in loads:
                loads[place] += int(amount)
        kept: dict[tuple[str, str], tuple[int, int]] = {}
        for site, hazard, amount, most in self.db.rows("SELECT site, hazard, mass, most FROM load"):
            kept[site, hazard] = (amount, most)
        for place in sorted(loads.keys() | kept.keys()):
            limit = self.nouns.sites[place[0]].limits[place[1]] if place in loads else None
            expected = None if limit is None else (loads[place], limit)
            if kept.get(place, expected if loads.get(place) == 0 else None) != expected:
                where = f"load of {place[1]} at {place[0]}"
                told = f"{kept.get(place)}"
                self.notes.add("load", where, f"mass and limit {expected} mg", told)

    def _tree(self) -> None:
        """The Merkle tree over the events, its stored nodes, and its root at each checkpoint."""
        sizes = [int(r[0]) for r in self.db.rows("SELECT DISTINCT size FROM checkpoint")]
        wanted = sorted(set(sizes) - {0}, reverse=True)
        nodes = 0
        while True:
            most = _PAGE if not wanted else min(_PAGE, wanted[-1] - self._frontier.size)
            rows = self.db.rows(
                "SELECT l.place, e.leaf FROM leaf l JOIN event e ON e.id = l.event "
                "WHERE l.place >= ? ORDER BY l.place LIMIT ?",
                (self._frontier.size, most),
            )
            if not rows:
                break
            if [row[0] for row in rows] != list(
                range(self._frontier.size, self._frontier.size + len(rows))
            ):
                where = f"leaf {self._frontier.size} and following"
                self.notes.add("tree", where, "places 0, 1, 2, ...", "a gap")
                break
            self._frontier, made = self._frontier.extended([bytes(leaf) for _, leaf in rows])
            nodes += self._compare_nodes([x for x in made if x[0] and x[0] % STEP == 0])
            if wanted and wanted[-1] == self._frontier.size:
                self._roots[wanted.pop()] = self._frontier.root()
        for table, size in (("node", nodes), ("leaf", self._frontier.size)):
            (row,) = self.db.rows(f"SELECT count(*) FROM {table}")
            if int(row[0]) != size:
                self.notes.add("tree", table, f"{size} rows of the tree", f"{row[0]} rows")

    def _left_out(self) -> None:
        """Events that have no place in the log, though later ones have."""
        size, last = self.db.rows("SELECT count(*), max(event) FROM leaf")[0]
        if not size or (self.db.gapless and size == last):
            return
        sql = (
            "SELECT e.id, e.key FROM event e WHERE e.id < ? AND e.recorded_at <= (SELECT "
            "d.recorded_at FROM leaf k JOIN event d ON d.id = k.event ORDER BY k.place DESC LIMIT 1"
            ") - ? AND NOT EXISTS (SELECT 1 FROM leaf l WHERE l.event = e.id) ORDER BY e.id"
        )
        for number, key in self.db.rows(sql, (last, self.db.slack_us)):
            self.notes.add("left-out", f"event {number} {key!r}", "a place in the log", "none")

    def _compare_nodes(self, made: Sequence[tuple[int, int, bytes]]) -> int:
        for level, place, digest in made:
            found = self.db.rows(
                "SELECT hash FROM node WHERE level = ? AND place = ?", (level, place)
            )
            if not found or bytes(found[0][0]) != digest:
                there = bytes(found[0][0]).hex()[:16] + "..." if found else "none"
                first = f"over events {(place << level) + 1} and following"
                where = f"node ({level}, {place}) {first}"
                self.notes.add("node", where, f"{digest.hex()[:16]}...", there)
        return len(made)

    def _signed(self) -> None:
        """Each checkpoint's size, root and signature."""
        noted = self._own_keys()
        keys = self.keys or noted
        for size, note in self.db.rows("SELECT size, note FROM checkpoint ORDER BY size, note"):
            self.checkpoints += 1
            where = f"checkpoint of {size} events"
            error = _unsigned(str(note), keys)
            if error:
                self.notes.add("checkpoint", where, "a signature of the book's key", error)
                continue
            root, stated = self._roots.get(int(size)), parse_checkpoint(str(note)).checkpoint
            if stated.size != size:
                self.notes.add("checkpoint", where, f"{size} events", f"{stated.size} signed")
            elif root is None:
                found = f"{self._frontier.size} events: some were taken away"
                self.notes.add("checkpoint", where, f"{size} events", found)
            elif root != stated.root:
                expected = f"the signed root {stated.root.hex()[:16]}..."
                found = f"{root.hex()[:16]}...: an event was changed"
                self.notes.add("checkpoint", where, expected, found)
        if not self.checkpoints and noted:
            self.notes.add("checkpoint", "checkpoint", "some, the book notes keys", "none")

    def _own_keys(self) -> tuple[VerifierKey, ...]:
        """Public keys in the book's settings; one that does not parse is a finding."""
        keys = []
        for name, text in self.db.rows("SELECT key, value FROM book ORDER BY key"):
            if str(name) in ("version", "substances", "lock"):
                continue
            try:
                key = VerifierKey.parse(str(text))
            except InputError as error:
                self.notes.add("settings", str(name), "a setting of a book", one_line(error))
                continue
            if str(name) != f"verifier {key.key_id.hex()}":
                expected = f"verifier {key.key_id.hex()}"
                self.notes.add("settings", str(name), expected, str(name))
            keys.append(key)
        return tuple(keys)


def _unsigned(note: str, keys: Sequence[VerifierKey]) -> str:
    """Why a note is not signed by one of the keys; empty if it is."""
    why = "no key to check it with"
    origin = note.partition("\n")[0]
    for key in keys:
        try:
            open_checkpoint(note, key, origin=origin)
        except (ProofError, InputError) as error:
            why = one_line(error)
        else:
            return ""
    return why
