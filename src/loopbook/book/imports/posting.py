"""Entries of a file planned and posted in one transaction: all of them, or none with all findings.

`Book.post` stops at the first command that cannot be posted. A file with forty wrong rows needs
forty findings at once: `post_entries` goes on after a wrong entry, and of an entry that needs a lot
which a wrong entry should have made it reports only that, once. The transaction is kept only if
nothing is wrong, so that each command is planned once.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from loopbook.book.book import Book
from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import CommandFinding
from loopbook.book.commands.planning import as_text, plan
from loopbook.book.commands.warnings import (
    Limits,
    accepted_in,
    accepting,
    all_warned,
    never_accepted,
    read_limits,
)
from loopbook.book.imports.changed_rows import changed_row, differences, is_same, standing_event
from loopbook.book.nouns import Event
from loopbook.book.recording import behind_note, refuse_future
from loopbook.book.storage.questions.events import maker, papers, undone_among
from loopbook.book.storage.session import Session
from loopbook.errors import Finding, InputError, raise_findings
from loopbook.tables import escaped, names_in

_ONE_LOAD = (
    "if one truck brought both, its load counts once: give each its own number and its own gross "
    "and tare, so that the net masses add up to the load; if one is wrong, delete the wrong one"
)
_REPLICATES = (
    'report its results together, as replicate = "the column that numbers them" in a mapping, as '
    'a list in a command, "Ni": ["0.31", "0.30"]'
)


@dataclass(frozen=True, slots=True)
class Entry:
    """Commands of one row of a file, or of the rows of one run.

    Parameters
    ----------
    line, where : of its first row.
    commands : to be posted in this order.
    find : place in the file of a field of a command; empty for one that it does not know.
    makes, uses : lots that it makes; lots that must be in the book; those of the commands are
        added automatically.
    paper : what may be posted only once, whatever its key: quantity, sample, group and stage of
        a measurement, such as the number of a weighbridge ticket; by default that of the command.
    findings : errors in the cells; the commands then hold placeholders.
    bad : fields whose value is a placeholder.
    """

    line: int
    where: str
    commands: tuple[Command, ...]
    find: Callable[[str], str] = field(default=lambda name: "")
    makes: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    paper: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    bad: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Add the lots that the commands make and use."""
        made, used = [*self.makes], list[str]()
        for command in self.commands:
            for role, name in names_in(type(command), command, "new lot", "lot"):
                if role == "new lot":
                    made.append(name)
                elif role == "lot":
                    used.append(name)
        if self.commands and not self.paper:
            object.__setattr__(self, "paper", self.commands[-1].paper)
        object.__setattr__(self, "makes", tuple(made))
        object.__setattr__(self, "uses", (*[x for x in used if x not in made], *self.uses))

    def place(self, at: str) -> str:
        """Place in the file of a command's field, such as ``gross_kg`` or ``shares.Ni``."""
        while at:
            place = self.find(at) or self.find(at.removesuffix("_kg"))
            if place:
                return place
            at = at.rpartition(".")[0]
        return self.where


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import posted, or would post.

    Parameters
    ----------
    file : its name.
    rows : rows, or runs, that were read.
    events : events that were posted; in a dry run, that would be.
    again : events that were in the book already.
    posted : False for a dry run.
    ignored : columns that the mapping does not name.
    notes : what people should know of the computer's clock, and of events that were reversed.
    """

    file: str
    rows: int
    events: tuple[Event, ...]
    again: int
    posted: bool
    ignored: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


_SOME = 3  # reversed events that a note names
_MOST = 1_000  # errors of a file that are worth reading


class _DryRunError(Exception):
    """Ends the transaction of a dry run, so that nothing is kept."""


def post_entries(
    book: Book,
    entries: Sequence[Entry],
    *,
    name: str,
    findings: Sequence[Finding] = (),
    dry_run: bool = False,
    ignored: tuple[str, ...] = (),
    words: Callable[[CommandFinding], str] = lambda finding: "",
    beside: str = "give it another key",
    accept: Mapping[str, str] | None = None,
) -> Imported:
    """Plan entries one after the other; keep them if nothing is wrong with any.

    Parameters
    ----------
    name : file that they come from.
    findings : errors of the file itself; raised together with those of the entries.
    dry_run : keep nothing.
    ignored : columns of the file that are not used.
    words : where the file's mapping can take a name of a finding for another.
    beside : how an entry of another content is posted beside the one that the book has.
    accept : reasons for which warnings are accepted, by their kind.

    Raises
    ------
    InputError
        Every finding, in the order of the file; nothing was posted.
    """
    planned: list[_Planner] = []
    limits = read_limits()

    def work(session: Session) -> None:
        now = book.recorded_at(session)
        planner = _Planner(session, now, words, beside, limits, accept or {})
        planned[:] = [planner]
        planner.find_papers(entries)
        for entry in entries:
            planner.take(entry)
            if len(planner.findings) > _MOST:
                hint = "the rows below were not checked"
                planner.findings.append(
                    Finding("too-many", entry.where, f"at most {_MOST} errors", "more", hint)
                )
                break
        every = [*findings, *dict.fromkeys(planner.findings)]
        if not every:
            every = never_accepted(planner.accept, planner.accepted)
        raise_findings(sorted(every, key=lambda f: _line(f.where)))
        planner.undone = undone_among(session.db, planner.again)
        if dry_run:
            raise _DryRunError

    with suppress(_DryRunError):
        book.store.transact([command for entry in entries for command in entry.commands], work)
    events = tuple(planned[0].events)
    behind = planned[0].session.behind
    clock = (behind_note(behind, len(events)),) if behind and events else ()
    notes = (*clock, *_undone_notes(planned[0].undone))
    return Imported(name, len(entries), events, len(planned[0].again), not dry_run, ignored, notes)


def _undone_notes(undone: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """What people should know of events that a file reports again after their reversal."""
    if not undone:
        return ()
    some = ", ".join(f"{key} by {reversal}" for key, reversal in undone[:_SOME])
    more = f" and {len(undone) - _SOME} others" if len(undone) > _SOME else ""
    return (f"reversed in the book, and not posted again: {some}{more}",)


def _line(where: str) -> tuple[str, int]:
    match = re.match(r"(.*?):(\d+)", where)
    return (match[1], int(match[2])) if match else (where, 0)


def _made(event: Event) -> list[tuple[str, str]]:
    """Kind and name of the lots and nouns that an event brings."""
    return [*(("lot", lot.id) for lot in event.lots), *(noun[:2] for noun in event.nouns)]


@dataclass(slots=True)
class _Planner:
    """Plans entries one after the other and collects their errors.

    Attributes
    ----------
    unmade : lots that a wrong entry should have made, with its line.
    unsure : lots that a wrong entry would have changed, with its line.
    keys : the entry of the file that first used each key.
    papers : keys of the events that hold a paper.
    again : keys of the events that were in the book already.
    undone : those that were reversed and not corrected, each with its reversal.
    accepted : kinds of warnings of which one was accepted by `accept`.
    """

    session: Session
    now: int
    words: Callable[[CommandFinding], str]
    beside: str
    limits: Limits
    accept: Mapping[str, str]
    accepted: set[str] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    undone: list[tuple[str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unmade: dict[str, int] = field(default_factory=dict)
    unsure: dict[str, int] = field(default_factory=dict)
    keys: dict[str, Entry] = field(default_factory=dict)
    papers: dict[tuple[str, ...], str] = field(default_factory=dict)

    def find_papers(self, entries: Iterable[Entry]) -> None:
        """Look up tickets and samples that the book has already, under whatever key."""
        samples = sorted({entry.paper[1] for entry in entries if entry.paper})
        for _, quantity, sample, group, stage, lot, key in papers(self.session.db, samples):
            if not self.session.reversal(key):
                self.papers.setdefault((quantity, sample, group, stage), key)
                self.papers.setdefault(("assay", sample, group, stage, lot), key)

    def take(self, entry: Entry) -> None:
        """Plan one entry, or find its errors."""
        unmade = next((lot for lot in entry.uses if lot in self.unmade), None)
        findings = [*entry.findings, *(self._repeated(entry) or self._plan(entry))]
        if unmade is not None and not findings:
            findings.append(self._depends(entry, unmade, self.unmade[unmade]))
        if findings:
            self.findings += findings
            self.unmade.update(
                (lot, entry.line) for lot in entry.makes if self.session.lot(lot) is None
            )
            self.unsure.update(dict.fromkeys(entry.uses, entry.line))
        else:
            for lot in entry.makes:
                self.unmade.pop(lot, None)  # a later row made it after all

    def _repeated(self, entry: Entry) -> list[Finding]:
        """Findings if a row of the file, or a paper of the book, comes again."""
        first = None
        for command in entry.commands:
            before = self.keys.setdefault(command.key, entry)
            if before is not entry and first is None:
                first = before
        if first is not None and not entry.bad & {"ticket", "lot", "run"}:
            return [self._twice(entry, first)]
        key = self.papers.get(entry.paper)
        if key is None or any(self.session.event(x.key) is not None for x in entry.commands):
            return []
        present = f"{entry.paper[1]} is in the book as {key}"
        is_assay = entry.commands[-1].kind == "assay"
        hint = f"if it is a replicate, reverse {key} and {_REPLICATES}" * is_assay
        place = entry.find("ticket") or entry.place("sample")
        return [Finding("duplicate", place, "a new paper", present, hint)]

    def _plan(self, entry: Entry) -> list[Finding]:
        """Plan the entry's commands; its findings, and none if its events are posted."""
        for command in entry.commands:
            known = self.session.event(command.key)
            if known is not None and not entry.findings:
                if not is_same(command, known) and not is_same(
                    command, standing_event(self.session, known)
                ):
                    at, found = changed_row(self.session, entry.commands, command, self.beside)
                    return [replace(found, where=entry.place(at))]
                self.accepted |= accepted_in(known.command)
                self.again.append(known.key)
                continue
            try:
                refuse_future(self.session, command)
                events = self._planned(entry, command)
            except InputError as error:
                return self._placed(entry, error)
            if entry.findings:
                return []
            self.session.append(*events)
            self.events += events
        if entry.paper:
            self.papers.setdefault(entry.paper, entry.commands[-1].key)
        return []

    def _planned(self, entry: Entry, command: Command) -> Sequence[Event]:
        """The events of a command; warnings that are not accepted are findings, and it goes on."""
        if entry.findings:  # its placeholders mean nothing
            return plan(self.session, command, self.now)
        try:
            return plan(self.session, command, self.now, self.limits)
        except InputError as error:
            kinds = all_warned(error.findings)
            if not kinds:
                raise
            reasons = {kind: self.accept[kind] for kind in kinds if kind in self.accept}
            self.accepted |= reasons.keys()
            events = plan(self.session, accepting(command, reasons), self.now)
            left = [x for x in error.findings if x.code not in reasons]
            self.findings += self._placed(entry, InputError(left))
            return events

    def _twice(self, entry: Entry, first: Entry) -> Finding:
        """A row that has the name of another: the same again, or another one."""
        before = {command.key: command for command in first.commands}
        pairs = [(before[x.key], x) for x in entry.commands if x.key in before]
        names = [name for old, new in pairs for name in differences(as_text(old), as_text(new))]
        is_one = not (names or entry.findings or first.findings)
        if is_one and len(pairs) == len(entry.commands) == len(before):
            same = f"the same as {first.where}"
            hint = "delete one of them"
            if entry.commands[-1].kind == "assay":
                hint = f"if they are replicates, {_REPLICATES}; if not, {hint}"
            return Finding("duplicate", entry.where, "each row once", same, hint)
        differ = f" with another {', '.join(dict.fromkeys(names))}" if names else ""
        text = f"{entry.commands[-1].key} in {first.where}{differ}"
        hint = "they are two: give each its own number; if one is wrong, delete the wrong one"
        if entry.commands[-1].kind == "assay":
            hint = f"if they are replicates, {_REPLICATES}; if one is wrong, delete the wrong one"
        elif "lot" in names and not {"gross_kg", "tare_kg"} & {*names, *entry.bad}:
            hint = _ONE_LOAD
        return Finding("duplicate", entry.where, "each row once", text, hint)

    def _placed(self, entry: Entry, error: InputError) -> list[Finding]:
        """Findings of a planner at their places in the file, without mere consequences."""
        missing = {lot: self.unmade[lot] for lot in entry.uses if lot in self.unmade}
        doubtful = missing or {lot: self.unsure[lot] for lot in entry.uses if lot in self.unsure}
        placed: list[Finding] = []
        for finding in error.findings:
            about = finding.about if isinstance(finding, CommandFinding) else ""
            at = finding.field if isinstance(finding, CommandFinding) else ""
            names = {at, at.removesuffix("_kg"), at.rpartition(".")[2]}
            if (about == "state" and doubtful) or (about == "lot" and missing):
                if not entry.findings:
                    lot, line = next(iter(doubtful.items()))
                    placed.append(self._depends(entry, lot, line))
            elif not (entry.findings and (about == "state" or names & entry.bad)):
                place = entry.place(at)
                if about == "state" and not place.startswith(entry.where.rpartition(":")[0]):
                    place = entry.where  # a limit is no mistake of the constant that names the site
                placed.append(self._advised(replace(finding, where=place)))
        return list({(f.code, f.where, f.found): f for f in placed}.values())  # a cell, two fields

    def _advised(self, finding: Finding) -> Finding:
        """The finding, with the other's place and the ways on where a name looks like another."""
        if not isinstance(finding, CommandFinding) or not finding.twin[2]:
            return finding
        noun, name, twin = finding.twin
        made = (e for e in self.events if (noun, twin) in _made(e))
        place = next((self.keys[e.key].where for e in made), "")
        place = place or f"event {maker(self.session.db, noun, twin)}"
        ways = [self.words(finding), f'give --same "{escaped(name)}={escaped(twin)}"']
        one = " or ".join(filter(None, ways))
        hint = f"if they are one, {one}; if not, give this one another name"
        return replace(finding, hint=hint, sentence=f"{finding.sentence} of {place}")

    def _depends(self, entry: Entry, lot: str, line: int) -> Finding:
        text = f"lot {lot} depends on line {line}, which has errors"
        place, hint = entry.place("lot"), f"correct line {line} first"
        return Finding("depends", place, f"lot {lot}", f"line {line}", hint, sentence=text)
