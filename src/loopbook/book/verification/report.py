"""Verify a book: compute everything again from its rows, and name the first wrong event.

What is checked, event by event in the order of recording: numbers without gaps; canonical bytes and
leaf hash against the sealed one; legs that add up and sum to zero; no lot below zero at any time,
on either clock; nothing on a lot before it was made; no event dated into a closed period. Then what
the book keeps beside the events: balances, snapshots, loads, the Merkle tree's nodes, every
checkpoint's root and signature; rows that belong to nothing; and the file itself. The tree and its
checkpoints also show events that were taken away.
"""

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
from loopbook.book.storage.questions import checks as ask
from loopbook.book.storage.questions import log
from loopbook.book.verification.events import MOST, EventScan, Notes
from loopbook.book.verification.seals import one_line
from loopbook.book.verification.second_process import helped
from loopbook.errors import Finding, InputError, LoopbookError, ProofError

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
            events, checkpoints = scan.seen["heads"], rest.checkpoints
        file = Notes()
        try:
            for fault in damage:
                file.add("storage", "file", "an undamaged book", fault)
        except _UNREADABLE as error:
            file.add("storage", "file", "an undamaged book", one_line(error))
    findings = tuple([*file.findings, *notes.findings][:MOST])
    found = file.count + notes.count
    return VerifyReport(events, checkpoints, notes.first_wrong, findings, found)


def _nouns(db: Database, notes: Notes) -> Nouns:
    """All nouns that can be read; findings for those that cannot."""
    nouns = Nouns(tuple(map(str, json.loads(log.settings(db)["substances"]))))
    for event, kind, name, body in ask.noun_rows(db):
        try:
            nouns.learn(kind, name, body)
        except _UNREADABLE as error:
            notes.add("noun", f"{kind} {name} of event {event}", "a noun", one_line(error))
    there = []
    for name in nouns.substances:
        try:
            ask.must_have_column(db, name)
        except LoopbookError as error:
            notes.add("settings", f"substance {name}", "a column", one_line(error))
        else:
            there.append(name)
    nouns.substances = tuple(there)
    return nouns


def _closed(db: Database, nouns: Nouns, notes: Notes) -> list[tuple[int, int, int, str]]:
    """Closed periods by start; findings where the table of closings says something else."""
    stated = {
        str(name): (int(event), nouns.periods[name].start, nouns.periods[name].end)
        for name, event in ask.stated_closings(db).items()
        if name in nouns.periods
    }
    kept = ask.kept_closings(db)
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
        used = {
            t: self.scan.seen[f"{t}s"] for t in ("posting", "edge", "lot", "measurement", "noun")
        }
        used["account"] = len(self.scan.slots)
        for table, right in used.items():
            count = ask.count_rows(self.db, table)
            if count != right:
                found = f"{count} rows, {right} of them of events"
                self.notes.add("stray", table, "rows of events only", found)

    def _reversals(self) -> None:
        """A reversal names an earlier event, earlier on both clocks."""
        for number, key, reverses in ask.wrong_reversals(self.db):
            where = f"event {number} {key!r}"
            self.notes.add("reverse", where, "an earlier event", repr(reverses), event=True)

    def _balances(self) -> None:
        """Balances are the sums of the postings, with the latest date of a lot's."""
        count, last, substances = 0, -(2**63), self.nouns.substances
        while rows := ask.kept_balances(self.db, substances, last, _PAGE):
            if rows[-1][0] <= last:
                raise ValueError("accounts that do not rise: the table is damaged")
            last, count = rows[-1][0], count + len(rows)
            slots = [self.scan.slots.get(row[0], -1) for row in rows]
            sums = self.scan.sums[slots] if len(self.scan.sums) else np.zeros((len(rows), 0))
            for (account, *kept), slot, posted in zip(rows, slots, sums.tolist(), strict=True):
                bounded = slot >= 0 and self.scan.bounded[account]
                due = [int(bounded), self.scan.last_at(slot) if bounded else 0, *posted]
                if slot < 0 or kept != due:
                    where = ask.account_named(self.db, account)
                    expected = f"{due} (bounded, last date, mg)" if slot >= 0 else "nothing posted"
                    self.notes.add("balance", where, expected, str(kept))
        if count != len(self.scan.slots):
            self.notes.add("balance", "balance", f"{len(self.scan.slots)} balances", str(count))

    def _snapshots(self) -> None:
        """Snapshots are the sums of what occurred before their moment, on the accounts of lots."""
        substances = self.nouns.substances
        held: dict[int, list[int]] = {}
        begun = -(2**63)
        for moment in ask.snapshot_moments(self.db):
            for account, change in ask.changes_of_lots(self.db, substances, begun, moment):
                old = held.pop(account, None)
                new = change if old is None else list(map(add, old, change))
                if any(new):
                    held[account] = new
            begun = moment
            kept = ask.kept_snapshot(self.db, substances, moment)
            if kept != held:
                first = min(a for a in kept.keys() | held.keys() if kept.get(a) != held.get(a))
                found = f"account {first}: {kept.get(first)}"
                self.notes.add("snapshot", f"snapshot at {moment}", str(held.get(first)), found)
            recorded, closed = ask.snapshot_times(self.db, moment)
            if len(recorded) > 1 or not recorded <= closed:
                expected = f"recorded when its period was closed: {sorted(closed)}"
                found = str(sorted(recorded))
                self.notes.add("snapshot", f"snapshot at {moment}", expected, found)

    def _loads(self) -> None:
        """Loads are the mass of hazard classes at the sites that limit them."""
        loads: dict[tuple[str, str], int] = {
            (site.id, hazard): 0 for site in self.nouns.sites.values() for hazard in site.limits
        }
        for site, material, amount in ask.masses_at_sites(self.db):
            known = self.nouns.materials.get(material)
            place = (site, "" if known is None else known.hazard)
            if place in loads:
                loads[place] += amount
        kept = ask.kept_loads(self.db)
        for place in sorted(loads.keys() | kept.keys()):
            limit = self.nouns.sites[place[0]].limits[place[1]] if place in loads else None
            expected = None if limit is None else (loads[place], limit)
            if kept.get(place, expected if loads.get(place) == 0 else None) != expected:
                where = f"load of {place[1]} at {place[0]}"
                found = str(kept.get(place))
                self.notes.add("load", where, f"mass and limit {expected} mg", found)

    def _tree(self) -> None:
        """The Merkle tree over the events, its stored nodes, and its root at each checkpoint."""
        sizes = {int(size) for size, _ in log.checkpoints(self.db)}
        signed = sorted(sizes - {0}, reverse=True)
        nodes = 0
        while True:
            begin = self._frontier.size
            most = _PAGE if not signed else min(_PAGE, signed[-1] - begin)
            leaves = log.leaves(self.db, begin, most)
            if not leaves:
                break
            if [place for place, _ in leaves] != list(range(begin, begin + len(leaves))):
                self.notes.add(
                    "tree", f"leaf {begin} and following", "places 0, 1, 2, ...", "a gap"
                )
                break
            self._frontier, made = self._frontier.extended([leaf for _, leaf in leaves])
            stored = [node for node in made if node[0] and node[0] % STEP == 0]
            nodes += len(stored)
            self._compare_nodes(stored)
            if signed and signed[-1] == self._frontier.size:
                self._roots[signed.pop()] = self._frontier.root()
        for table, size in (("node", nodes), ("leaf", self._frontier.size)):
            count = ask.count_rows(self.db, table)
            if count != size:
                self.notes.add("tree", table, f"{size} rows of the tree", f"{count} rows")

    def _left_out(self) -> None:
        """Events that have no place in the log, though later ones have."""
        for number, key in ask.left_out(self.db, self.db.slack_us):
            self.notes.add("left-out", f"event {number} {key!r}", "a place in the log", "none")

    def _compare_nodes(self, nodes: Sequence[tuple[int, int, bytes]]) -> None:
        for level, place, digest in nodes:
            kept = log.node_at(self.db, level, place)
            if kept != digest:
                found = "none" if kept is None else f"{kept.hex()[:16]}..."
                first = (place << level) + 1
                where = f"node ({level}, {place}) over events {first} and following"
                self.notes.add("node", where, f"{digest.hex()[:16]}...", found)

    def _signed(self) -> None:
        """Each checkpoint's size, root and signature."""
        noted = self._own_keys()
        keys = self.keys or noted
        for size, note in log.checkpoints(self.db):
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
        for name, text in log.settings(self.db).items():
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
