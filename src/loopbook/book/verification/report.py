"""Verify a book: compute everything again from its rows, and name the first wrong event.

What is checked, event by event in the order of recording: numbers without gaps; canonical bytes and
leaf hash against the sealed one; legs that add up and sum to zero; no lot below zero at any time,
on either clock; nothing on a lot before it was made; no event posted into a closed period; versions
of the planner that only rise; a late fact after all that amends other events for it. Then what the
book keeps beside the events: balances, snapshots, loads, the Merkle tree's nodes, every
checkpoint's root and signature; rows that belong to nothing; and the file itself. The tree and its
checkpoints also show events that were taken away. With `replan`, the events are planned again from
their commands (`loopbook.book.verification.replan`).

The report counts the events that the last good checkpoint covers. Who can write the book can change
all that no checkpoint covers; and who has its key as well can change all that is in it, but not a
checkpoint that somebody else kept.
"""

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from loopbook.book.book import Book
from loopbook.book.commands.kinds import loadable_commands
from loopbook.book.commands.planning import AMEND
from loopbook.book.log.checkpoint import SignedCheckpoint, open_checkpoint, parse_checkpoint
from loopbook.book.log.keys import VerifierKey
from loopbook.book.log.merkle import EMPTY_ROOT, Frontier
from loopbook.book.log.proofs import STEP
from loopbook.book.storage.known import Nouns
from loopbook.book.storage.protocol import Store
from loopbook.book.storage.questions import checks, log
from loopbook.book.verification.answer import UnknownKind, VerifyReport
from loopbook.book.verification.events import MOST, UNREADABLE, EventScan, Notes
from loopbook.book.verification.replan import Replan
from loopbook.book.verification.seals import PAGE, one_line
from loopbook.book.verification.second_process import Second, helped
from loopbook.errors import InputError, ProofError

_PAGE = 20_000  # rows read at once
_FIRST = -(2**63)  # before every account and moment


def verify(
    book: Book,
    *,
    keys: Iterable[VerifierKey] = (),
    kept: Iterable[SignedCheckpoint] = (),
    second: Second | None = None,
    replan: bool = False,
    page: int = PAGE,
) -> VerifyReport:
    """Compute everything in a book again and report what does not agree.

    Parameters
    ----------
    keys : public keys of the book that you trust; without any, those that the book itself notes.
        An outsider gives the key, because who can change the book can change what it notes. A key
        that signed no checkpoint of the book is a finding.
    kept : checkpoints of the book that an outsider kept, as `read_kept` gives them. A shorter book,
        or one with another root at such a size, is a finding.
    second : when a second process helps; by default with large books where there is a core for it.
    replan : whether to plan the events again from their commands, too, and compare.
    page : events that are read at once.
    """
    notes, file = Notes(), Notes()
    commands, unloaded = loadable_commands()
    rest: _Rest | None = None
    kinds: Mapping[str, int] = {}
    planned: int | None = None
    with book.store.snapshot():
        damage = book.store.damage()
        try:
            nouns = _nouns(book.store, notes)
            closed = _closed(book.store, nouns, notes)
        except UNREADABLE as error:
            notes.add("settings", "settings and nouns", "readable", one_line(error))
        else:
            with helped(book.store, nouns.substances, second or Second()) as helper:
                scan = EventScan(book.store, nouns.substances, closed, notes, helper, page)
                scan.run()
            rest = _Rest(book.store, nouns, scan, notes, tuple(keys), tuple(kept))
            rest.run()
            kinds = scan.kinds
            if replan:
                again = Replan(book.store, nouns, commands, notes)
                with notes.reading("replan", "rows that can be read"):
                    again.run()
                planned = scan.seen["heads"] - again.left
        with file.reading("file", "an undamaged book"):
            for fault in damage:
                file.add("storage", "file", "an undamaged book", fault)
    events = 0 if rest is None else rest.scan.seen["heads"]
    covered = 0 if rest is None else min(max(rest.covered, rest.kept_covered or 0), events)
    return VerifyReport(
        events,
        0 if rest is None else rest.checkpoints,
        notes.first_wrong,
        tuple([*file.findings, *notes.findings][:MOST]),
        file.count + notes.count,
        _unknown(kinds, commands),
        covered,
        events - covered,
        None if rest is None else rest.kept_covered,
        rest is not None and bool(rest.checkpoints) and not rest.keys,
        0 if rest is None or rest.keys else sum(not note.checked for note in rest.kept),
        planned,
        modelled="" if rest is None else rest.nouns.modelled,
        unloaded=tuple(map(str, unloaded)),
    )


def _unknown(kinds: Mapping[str, int], commands: Container[str]) -> tuple[UnknownKind, ...]:
    """Kinds of events that are not ours and not of a plugin that can be loaded."""
    return tuple(
        UnknownKind(kind, n)
        for kind, n in sorted(kinds.items())
        if kind not in commands and kind != AMEND
    )


def _nouns(db: Store, notes: Notes) -> Nouns:
    """All nouns that can be read; findings for those that cannot."""
    nouns = Nouns(tuple(map(str, json.loads(log.settings(db)["substances"]))))
    for event, kind, name, body in checks.noun_rows(db):
        with notes.reading(f"{kind} {name} of event {event}", "a noun", code="noun"):
            nouns.learn(kind, name, body, number=int(event))
    with_columns = []
    for name in nouns.substances:
        with notes.reading(f"substance {name}", "a column", code="settings"):
            checks.must_have_column(db, name)
            with_columns.append(name)
    nouns.substances = tuple(with_columns)
    return nouns


def _closed(db: Store, nouns: Nouns, notes: Notes) -> list[tuple[int, int, int, str]]:
    """Closed periods by start; findings where the table of closings differs from the nouns."""
    stated = {
        str(name): (int(event), nouns.periods[name].start, nouns.periods[name].end)
        for name, event in checks.stated_closings(db).items()
        if name in nouns.periods
    }
    kept = checks.kept_closings(db)
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
    kept: tuple[SignedCheckpoint, ...]
    checkpoints: int = 0
    covered: int = 0
    kept_covered: int | None = None
    _frontier: Frontier = field(default_factory=Frontier)
    _roots: dict[int, bytes] = field(default_factory=lambda: {0: EMPTY_ROOT})

    def run(self) -> None:
        """All checks; one that cannot read its rows is a finding."""
        for check in (
            self._strays,
            self._reversals,
            self._makings,
            self._amendments,
            self.scan.back_dated,
            self._balances,
            self._snapshots,
            self._loads,
            self._left_out,
            self._tree,
            self._signed,
            self._kept_elsewhere,
        ):
            with self.notes.reading(check.__name__.strip("_"), "rows that can be read"):
                check()

    def _strays(self) -> None:
        """Rows that belong to no event, and accounts that nothing was posted on."""
        tables = ("posting", "edge", "lot", "measurement", "noun")
        seen = {table: self.scan.seen[f"{table}s"] for table in tables}
        self._count({**seen, "account": len(self.scan.slots)}, "of events")

    def _count(self, right: Mapping[str, int], of: str, code: str = "stray") -> None:
        """Tables that have other rows beside the right ones, or lack some."""
        for table, number in right.items():
            count = checks.count_rows(self.db, table)
            if count != number:
                self.notes.add(code, table, f"{number} rows {of}", f"{count} rows")

    def _reversals(self) -> None:
        """A reversal names an earlier event, earlier on both clocks."""
        for number, key, reverses in checks.wrong_reversals(self.db):
            where = f"event {number} {key!r}"
            self.notes.add("reverse", where, "an earlier event", repr(reverses), event=True)

    def _makings(self) -> None:
        """A lot is made again only when what made it before is reversed."""
        for number, lot, again in checks.wrong_makings(self.db):
            where, expected = f"event {number}", f"lot {lot} made once, or again after a reversal"
            self.notes.add("made", where, expected, f"made {again} times before", event=True)

    def _amendments(self) -> None:
        """What amends an event names an earlier one of the same date, and its late fact follows."""
        for number, key, amends in checks.wrong_amendments(self.db):
            where = f"event {number} {key!r}"
            self.notes.add("amend", where, "an earlier event of its date", repr(amends), event=True)
        for code, number, key, due in self.scan.together.waiting.values():
            where, expected = f"event {number} {key!r}", f"{due} after it"
            self.notes.add(code, where, expected, "none", event=True)

    def _balances(self) -> None:
        """Balances are the sums of the postings, with the latest date of a lot's."""
        count, last, substances = 0, _FIRST, self.nouns.substances
        while rows := checks.kept_balances(self.db, substances, last, _PAGE):
            if rows[-1][0] <= last:
                raise ValueError("accounts that do not rise: the table is damaged")
            last, count = rows[-1][0], count + len(rows)
            slots = [self.scan.slots.get(row[0], -1) for row in rows]
            sums = self.scan.sums[slots] if len(self.scan.sums) else np.zeros((len(rows), 0))
            for (account, *kept), slot, posted in zip(rows, slots, sums.tolist(), strict=True):
                bounded = slot >= 0 and self.scan.bounded[account]
                due = [int(bounded), self.scan.last_at(slot) if bounded else 0, *posted]
                if slot < 0 or kept != due:
                    where = checks.account_named(self.db, account)
                    expected = f"{due} (bounded, last date, mg)" if slot >= 0 else "nothing posted"
                    self.notes.add("balance", where, expected, str(kept))
        if count != len(self.scan.slots):
            self.notes.add("balance", "balance", f"{len(self.scan.slots)} balances", str(count))

    def _snapshots(self) -> None:
        """Snapshots are the sums of what occurred before their moment, on the accounts of lots."""
        substances = self.nouns.substances
        sums: dict[int, list[int]] = {}
        begun = _FIRST
        for moment in checks.snapshot_moments(self.db):
            for account, change in checks.changes_of_lots(self.db, substances, begun, moment):
                old = sums.get(account, [0] * len(change))
                sums[account] = [x + y for x, y in zip(old, change, strict=True)]
            sums = {account: amounts for account, amounts in sums.items() if any(amounts)}
            begun, where = moment, f"snapshot at {moment}"
            kept = checks.kept_snapshot(self.db, substances, moment)
            if kept != sums:
                first = min(a for a in kept.keys() | sums.keys() if kept.get(a) != sums.get(a))
                wrong = f"account {first}: {kept.get(first)}"
                self.notes.add("snapshot", where, str(sums.get(first)), wrong)
            recorded, closed = checks.snapshot_times(self.db, moment)
            if len(recorded) > 1 or not recorded <= closed:
                expected = f"recorded when its period was closed: {sorted(closed)}"
                self.notes.add("snapshot", where, expected, str(sorted(recorded)))

    def _loads(self) -> None:
        """Loads are the mass of hazard classes at the sites that limit them."""
        limits = {(x.id, h): mg for x in self.nouns.sites.values() for h, mg in x.limits.items()}
        loads = dict.fromkeys(limits, 0)
        for site, material, amount in checks.masses_at_sites(self.db):
            known = self.nouns.materials.get(material)
            place = (site, "" if known is None else known.hazard)
            if place in loads:
                loads[place] += amount
        kept = checks.kept_loads(self.db)
        for place in sorted(loads.keys() | kept.keys()):
            due = (loads[place], limits[place]) if place in loads else None
            if kept.get(place, due if loads.get(place) == 0 else None) != due:
                where = f"load of {place[1]} at {place[0]}"
                self.notes.add("load", where, f"mass and limit {due} mg", str(kept.get(place)))

    def _tree(self) -> None:
        """The Merkle tree over the events, its stored nodes, and its root at each checkpoint."""
        sizes = {int(size) for size, _ in log.checkpoints(self.db)}
        sizes |= {note.checkpoint.size for note in self.kept}
        signed = sorted(sizes - {0}, reverse=True)
        nodes, begin, grown = 0, 0, self._grown()
        while leaves := log.leaves(self.db, begin, min([_PAGE, *(x - begin for x in signed[-1:])])):
            if [place for place, _ in leaves] != list(range(begin, begin + len(leaves))):
                where = f"leaf {begin} and following"
                self.notes.add("tree", where, "places 0, 1, 2, ...", "a gap")
                break
            self._frontier, made = self._frontier.extended([leaf for _, leaf in leaves])
            stored = [
                (level, place, digest)
                for level, place, digest in made
                if level and level % STEP == 0 and (place + 1) << level <= grown
            ]
            nodes, begin = nodes + len(stored), self._frontier.size
            self._compare_nodes(stored)
            if signed and signed[-1] == begin:
                self._roots[signed.pop()] = self._frontier.root()
        self._count({"node": nodes, "leaf": self._frontier.size}, "of the tree", "tree")

    def _grown(self) -> int:
        """Leaves over which nodes are stored: all, or those of the last checkpoint.

        Leaves get their places before the checkpoint is made with its nodes; who is killed between
        leaves the rest to the next checkpoint.
        """
        leaves = checks.count_rows(self.db, "leaf")
        signed = min(leaves, max((int(size) for size, _ in log.checkpoints(self.db)), default=0))
        nodes = sum(signed >> level for level in range(STEP, signed.bit_length(), STEP))
        return signed if checks.count_rows(self.db, "node") == nodes else leaves

    def _left_out(self) -> None:
        """Events that have no place in the log, though later ones have."""
        for number, key in checks.left_out(self.db, self.db.slack_us):
            self.notes.add("left-out", f"event {number} {key!r}", "a place in the log", "none")

    def _compare_nodes(self, nodes: Sequence[tuple[int, int, bytes]]) -> None:
        for level, place, digest in nodes:
            kept = log.node_at(self.db, level, place)
            if kept != digest:
                where = f"node ({level}, {place}) over events {(place << level) + 1} and following"
                self.notes.add("node", where, _short(digest), _short(kept))

    def _signed(self) -> None:
        """Each checkpoint's size, root and signature."""
        noted = self._own_keys()
        silent = {str(key): key for key in self.keys}
        for size, note in log.checkpoints(self.db):
            self.checkpoints += 1
            wrong = self._wrong_checkpoint(int(size), str(note), self.keys or noted)
            if wrong:
                self.notes.add("checkpoint", f"checkpoint of {size} events", *wrong)
                continue
            self.covered = max(self.covered, int(size))
            silent = {name: key for name, key in silent.items() if _unsigned(str(note), [key])}
        for name in silent:
            self.notes.add("checkpoint", f"key {name}", "a checkpoint that it signed", "none")
        if not self.checkpoints and noted:
            self.notes.add("checkpoint", "checkpoint", "some, the book notes keys", "none")

    def _wrong_checkpoint(
        self, size: int, note: str, keys: Sequence[VerifierKey]
    ) -> tuple[str, str] | None:
        """What a checkpoint should have, and has instead: its first error; None if it is good."""
        error = _unsigned(note, keys)
        if error:
            return "a signature of the book's key", error
        root, stated = self._roots.get(size), parse_checkpoint(note).checkpoint
        if stated.size != size:
            return f"{size} events", f"{stated.size} signed"
        if root is None:
            return f"{size} events", f"{self._frontier.size} events: some were removed"
        if root != stated.root:
            return f"the signed root {_short(stated.root)}", f"{_short(root)}: an event was changed"
        if size and stated.modelled != self.nouns.modelled:
            mark = f"the line 'modelled: {self.nouns.modelled}'"
            return mark if self.nouns.modelled else "no mark of a model", stated.modelled or "none"
        return None

    def _kept_elsewhere(self) -> None:
        """The book begins with each checkpoint that an outsider kept."""
        for note in self.kept:
            stated = note.checkpoint
            wrong = self._wrong_kept(note)
            if wrong:
                where = f"kept checkpoint of {stated.size} events"
                self.notes.add("checkpoint", where, *wrong)
            self.kept_covered = max(self.kept_covered or 0, 0 if wrong else stated.size)

    def _wrong_kept(self, note: SignedCheckpoint) -> tuple[str, str] | None:
        """What a kept checkpoint asks of the book, and the book has instead; None if it fits."""
        stated = note.checkpoint
        error = _unsigned(note.text(), self.keys) if self.keys else ""
        if error:
            return "a signature of the book's key", error
        root = self._roots.get(stated.size)
        if root is None:
            cut = f"{self._frontier.size} events: some were removed, or it is another book"
            return f"a book of {stated.size} events or more", cut
        if root != stated.root:
            other = f"{_short(root)}: events were changed, or it is another book"
            return f"the kept root {_short(stated.root)}", other
        return None

    def _own_keys(self) -> tuple[VerifierKey, ...]:
        """Public keys in the book's settings; one that does not parse is a finding."""
        keys = []
        for name, text in log.settings(self.db).items():
            if name not in ("version", "substances", "lock"):
                with self.notes.reading(name, "a setting of a book", code="settings"):
                    key = VerifierKey.parse(str(text))
                    keys.append(key)
                    if name != f"verifier {key.key_id.hex()}":
                        expected = f"verifier {key.key_id.hex()}"
                        self.notes.add("settings", name, expected, name)
        return tuple(keys)


def _short(digest: bytes | None) -> str:
    return "none" if digest is None else f"{digest.hex()[:16]}..."


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
