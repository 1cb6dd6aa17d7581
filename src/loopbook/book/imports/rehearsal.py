"""Commands planned one after the other against the book as it stands, and nothing kept.

`book.post` stops at the first command that cannot be posted. A file with forty wrong rows wants
forty findings at once: `rehearse` goes on after a wrong entry, and says of an entry that needs a
lot which a wrong one should have made only that, once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from loopbook.book.book import Book
from loopbook.book.commands.planning import as_text, plan
from loopbook.book.commands.records import Command
from loopbook.book.nouns import Event
from loopbook.book.storage.protocol import in_lists
from loopbook.book.storage.session import Session
from loopbook.errors import Finding, InputError

_OF_STATE = frozenset({"negative", "empty", "place", "heavier", "limit", "hold", "back-dated"})
_OF_TIME = frozenset({"closed-period", "future"})
_OF_CONSTANTS = frozenset({"unknown-name", "closed-period", "future", "basis"})
_OF_NAMES = frozenset({"unknown-name", "closed-period", "future", "name", "duplicate"})


@dataclass(frozen=True, slots=True)
class Entry:
    """What a row, or the rows of a run, tell the book.

    Parameters
    ----------
    line, where : of its first row.
    commands : to be posted in this order.
    places : place in the file of each field of a command.
    makes, uses : lots that it makes; lots that must be there.
    paper : what may be posted only once, whatever its key: quantity, sample, group and stage of
        a measurement, such as the number of a weighbridge ticket.
    findings : what is wrong with the cells; the commands then hold stand-ins.
    bad : fields whose value is a stand-in.
    """

    line: int
    where: str
    commands: tuple[Command, ...]
    places: Mapping[str, str] = field(default_factory=dict)
    makes: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    paper: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    bad: frozenset[str] = frozenset()

    @property
    def file(self) -> str:
        """``file:``, with which all places in the file begin."""
        return self.where.rpartition(":")[0] + ":"

    def place(self, at: str) -> str:
        """Place in the file of a command's field, such as ``gross_kg`` or ``shares.Ni``."""
        while at:
            for name in (at, at.removesuffix("_kg")):
                if name in self.places:
                    return self.places[name]
            at = at.rpartition(".")[0]
        return self.where


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would be posted, how many commands are in the book already, and what is wrong."""

    events: tuple[Event, ...]
    again: int
    findings: tuple[Finding, ...]


class _Undo(BaseException):
    """Carries the result out of a transaction that must not be kept."""

    def __init__(self, result: Rehearsal) -> None:
        super().__init__()
        self.result = result


def rehearse(book: Book, entries: Sequence[Entry]) -> Rehearsal:
    """Plan every entry against the book and what the entries before it did; keep nothing."""
    batch = [command for entry in entries for command in entry.commands]

    def work(session: Session) -> None:
        run = _Run(session, book.recorded_at(session))
        run.find_papers(entries)
        for entry in entries:
            run.take(entry)
        findings = tuple(dict.fromkeys(run.findings))
        raise _Undo(Rehearsal(tuple(run.events), run.again, findings))

    try:
        book.store.transact(batch, work)
    except _Undo as undo:
        return undo.result
    raise AssertionError("a rehearsal that was kept")


def placed(entries: Iterable[Entry], finding: Finding) -> Finding:
    """A planner's finding at its place in the file; as it is, if it belongs to no entry."""
    for entry in entries:
        for command in entry.commands:
            at = _field_of(command, finding)
            if at is not None:
                return _at_place(entry, at, finding)
    return finding


def _field_of(command: Command, finding: Finding) -> str | None:
    """The command's field that a finding is about; empty for all of it, None for another's."""
    head = f"{type(command).__name__} {command.key}"
    if finding.where == head:
        return ""
    return finding.where[len(head) + 2 :] if finding.where.startswith(f"{head}, ") else None


def _at_place(entry: Entry, at: str, finding: Finding) -> Finding:
    place = entry.place(at)
    if not place.startswith(entry.file) and finding.code not in _OF_CONSTANTS:
        place = entry.where  # a limit is no mistake of the constant that names the site
    return replace(finding, where=place)


def _flat(values: Mapping[str, Any], head: str = "") -> dict[str, Any]:
    """A command's fields with those inside them: ``shares.Ni``."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        inner = isinstance(value, dict)
        flat |= _flat(value, f"{head}{name}.") if inner else {head + name: value}
    return flat


@dataclass(slots=True)
class _Run:
    """Entries as they are judged, one after the other."""

    session: Session
    now: int
    events: list[Event] = field(default_factory=list)
    again: int = 0
    findings: list[Finding] = field(default_factory=list)
    unmade: dict[str, int] = field(default_factory=dict)
    unsure: dict[str, int] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    papers: dict[tuple[str, ...], str] = field(default_factory=dict)

    def find_papers(self, entries: Iterable[Entry]) -> None:
        """Look up tickets and samples that the book has already, under whatever key."""
        samples = sorted({entry.paper[1] for entry in entries if entry.paper})
        for some, marks in in_lists(samples):
            found = self.session.db.rows(
                "SELECT m.quantity, m.sample, m.grp, m.stage, m.lot, e.key FROM measurement m "
                f"JOIN event e ON e.id = m.event WHERE m.sample IN ({marks}) ORDER BY e.id",
                some,
            )
            for quantity, sample, group, stage, lot, key in found:
                if not self.session.reversal(key):
                    self.papers.setdefault((quantity, sample, group, stage), key)
                    self.papers.setdefault(("assay", sample, group, stage, lot), key)

    def take(self, entry: Entry) -> None:
        """Judge one entry."""
        found = list(entry.findings)
        twice = self._seen_before(entry)
        unmade = [lot for lot in entry.uses if lot in self.unmade]
        if twice:
            found += twice
        elif unmade:
            if not found:
                found = [f for f in self._plan(entry) if f.code in _OF_TIME]
                found.append(self._depends(entry, unmade[0], self.unmade[unmade[0]]))
        else:
            found += self._plan(entry)
        if found:
            self.findings += found
            self.unmade.update((lot, entry.line) for lot in entry.makes if not self._has(lot))
            self.unsure.update(dict.fromkeys(entry.uses, entry.line))
        else:
            for lot in entry.makes:
                self.unmade.pop(lot, None)  # a later row made it after all

    def _has(self, lot: str) -> bool:
        return self.session.lot(lot) is not None

    def _seen_before(self, entry: Entry) -> list[Finding]:
        """Findings if a row of the file, or a paper of the book, comes again."""
        first = next((self.keys[x.key] for x in entry.commands if x.key in self.keys), None)
        for command in entry.commands:
            self.keys.setdefault(command.key, entry.where)
        if first is not None and not entry.bad & {"ticket", "lot", "run"}:
            expected, found = "each row once", f"the same as {first}"
            return [Finding("duplicate", entry.where, expected, found, "delete one of them")]
        key = self.papers.get(entry.paper)
        known = any(self.session.event(x.key) is not None for x in entry.commands)
        if not entry.paper or key is None or known:
            return []
        place = entry.place("ticket" if "ticket" in entry.places else "sample")
        hint = "was the file imported under another name?"
        found_text = f"{entry.paper[1]} is in the book as {key}"
        return [Finding("duplicate", place, "a new paper", found_text, hint)]

    def _plan(self, entry: Entry) -> list[Finding]:
        """Plan the entry's commands; its findings, and none if it goes in."""
        for command in entry.commands:
            known = self.session.event(command.key)
            if known is not None and not entry.findings:
                if as_text(command) != known.command:
                    return [self._changed(entry, command, known)]
                self.again += 1
                continue
            try:
                event = plan(self.session, command, self.now)
            except InputError as error:
                return list(self._placed(entry, command, error))
            if entry.findings:
                return []
            self.session.append(event)
            self.events.append(event)
        if entry.paper:
            self.papers.setdefault(entry.paper, entry.commands[-1].key)
        return []

    def _changed(self, entry: Entry, command: Command, known: Event) -> Finding:
        """The row was imported before with other values."""
        old, new = (_flat(json.loads(text)) for text in (known.command, as_text(command)))
        names = [name for name in {**new, **old} if new.get(name) != old.get(name)]
        found = ", ".join(f"{n} {new.get(n)}, not {old.get(n)}" for n in names)
        hint = f"reverse {known.key} first, then import the row under another document"
        place = entry.place(names[0] if names else "")
        return Finding("duplicate", place, f"what is posted as {known.key}", found, hint)

    def _placed(self, entry: Entry, command: Command, error: InputError) -> Iterator[Finding]:
        """Findings of a planner, at their places in the file."""
        for finding in error.findings:
            at = _field_of(command, finding) or ""
            if entry.findings and (finding.code not in _OF_NAMES or self._is_bad(entry, at)):
                continue  # it may come from a stand-in
            unsure = [lot for lot in entry.uses if lot in self.unsure]
            if finding.code in _OF_STATE and unsure:
                yield self._depends(entry, unsure[0], self.unsure[unsure[0]])
                return
            yield _at_place(entry, at, finding)

    def _is_bad(self, entry: Entry, at: str) -> bool:
        names = {at, at.removesuffix("_kg"), at.rpartition(".")[2]}
        return bool(names & entry.bad)

    def _depends(self, entry: Entry, lot: str, line: int) -> Finding:
        found = f"line {line}, which is wrong"
        hint = f"correct line {line} first"
        return Finding("depends", entry.place("lot"), f"{lot} as it should be", found, hint)
