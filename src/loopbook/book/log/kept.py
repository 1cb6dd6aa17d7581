"""Checkpoints that an outsider keeps, and the file in which a witness keeps them.

Who can write a book can also cut it, write it again, and take its checkpoints away. Nobody can
change what somebody else keeps: `loopbook.book.verify` and `check_proof` take such checkpoints and
refuse a book that is shorter, or has another root at their size.

A witness's file has a line of JSON a checkpoint, and only grows::

    {"kept_at": "2026-03-31T22:00:00+00:00", "verifier_key": "plant...", "checkpoint": "plant..."}

`witness_book` and `witness_proof` add a line if the book begins with the last one kept.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

from loopbook.book.book import Book
from loopbook.book.log.checkpoint import SignedCheckpoint, open_checkpoint, parse_checkpoint
from loopbook.book.log.keys import VerifierKey
from loopbook.book.log.merkle import Frontier, consistency_proof, verify_consistency
from loopbook.book.log.proofs import check_growth, reader, refuse_shorter
from loopbook.book.storage.questions import log
from loopbook.book.storage.questions.checks import count_rows
from loopbook.errors import Finding, Findings, InputError, ProofError, raise_findings
from loopbook.report import Answer, counted
from loopbook.tables import parse_json

_MOST_BYTES: Final = 64_000_000


@dataclass(frozen=True, slots=True)
class Witnessed(Answer):
    """What a witness keeps after a visit to the book."""

    file: Annotated[str, "the file of kept checkpoints"]
    added: Annotated[bool, "whether a line was added; not if the book has not grown"]
    size: Annotated[int, "events that the last kept checkpoint covers"]
    root: Annotated[str, "its root hash, hexadecimal"]
    kept: Annotated[int, "how many checkpoints the file has"]
    uncovered: Annotated[
        int | None, "events of the book that it does not cover; unknown without the book"
    ]

    def headline(self) -> str:
        """What was added, and what is not covered."""
        what = "added" if self.added else "kept before"
        rest = "" if self.uncovered is None else f"; not covered: {self.uncovered}"
        lines = counted(self.kept, "checkpoint")
        events = counted(self.size, "event")
        return f"{self.file}: {lines}; the last one covers {events} ({what}){rest}"


def read_kept(text: bytes | str, name: str = "checkpoint") -> tuple[SignedCheckpoint, ...]:
    """Checkpoints that were kept: a signed note, its JSON, or a witness's file.

    Line ends of Windows, blank lines at the end and a missing last line end are accepted, as mail
    programs leave them. A line that states its verifier key is believed only if that key signed
    it; the signature of a bare note is checked by who knows a key.

    Parameters
    ----------
    name : of the file, for findings.

    Raises
    ------
    InputError : no checkpoint is in it; or all errors of its lines.
    """
    return tuple(note for _, note in _read_lines(text, name))


def _read_lines(text: bytes | str, name: str) -> list[tuple[str, SignedCheckpoint]]:
    """Verifier key, where it is stated, and note of each checkpoint."""
    if len(text) > _MOST_BYTES:
        raise InputError([_finding(name, f"at most {_MOST_BYTES} bytes", str(len(text)))])
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError.of("encoding", name, "a text in UTF-8", error.reason) from error
    text = text.replace("\r\n", "\n")
    if not text.lstrip().startswith("{"):
        return [("", _note(text.rstrip("\n") + "\n", name))]
    try:
        return [_entry(text, name)]  # the JSON of `loopbook book checkpoint --json`
    except InputError:
        return _read_jsonl(text, name)


def _read_jsonl(text: str, name: str) -> list[tuple[str, SignedCheckpoint]]:
    """The lines of a witness's file; sizes rise, and a size has one root."""
    entries: list[tuple[str, SignedCheckpoint]] = []
    findings: list[Finding] = []
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{name}:{number}"
        if not line.strip():
            continue
        try:
            entry = _entry(line, where)
        except InputError as error:
            findings += error.findings
            continue
        if entries:
            findings += _disorder(entries[-1][1], entry[1], where)
        entries.append(entry)
    raise_findings(findings)
    return entries


def _disorder(before: SignedCheckpoint, after: SignedCheckpoint, where: str) -> Sequence[Finding]:
    """A finding where a line cannot be of a book that begins with the line before."""
    old, new = before.checkpoint, after.checkpoint
    if new.size < old.size:
        return [_finding(where, f"{old.size} events or more, as above", str(new.size))]
    if new.size == old.size and new.root != old.root:
        return [_finding(where, f"the root {old.root.hex()}, as above", new.root.hex())]
    return []


def _entry(text: str, where: str) -> tuple[str, SignedCheckpoint]:
    """Key and note of an object of JSON."""
    findings = Findings(where)
    fields = parse_json(text, findings)
    findings.raise_all()
    note = fields.get("checkpoint") if isinstance(fields, dict) else None
    if not isinstance(fields, dict) or not isinstance(note, str):
        raise InputError([_finding(where, 'an object with the text "checkpoint"', text[:60])])
    stated, signed = str(fields.get("verifier_key", "")), _note(note, where)
    if not stated:
        return "", signed
    try:
        key = VerifierKey.parse(stated)
        open_checkpoint(note, key, origin=signed.checkpoint.origin)
    except (ProofError, InputError) as error:
        expected = "a checkpoint that its verifier key signed"
        raise InputError([_finding(where, expected, str(error))]) from error
    return stated, replace(signed, checked=True)


def _note(text: str, where: str) -> SignedCheckpoint:
    try:
        return parse_checkpoint(text)
    except InputError as error:
        raise InputError(
            [replace(x, where=f"{where}, {x.where}") for x in error.findings]
        ) from error


# --- a witness -----------------------------------------------------------------------------------


def witness_book(
    book: Book, file: Path, verifier_key: str = "", *, now: datetime | None = None
) -> Witnessed:
    """Keep the book's last checkpoint in a file, if the book begins with the last one kept.

    Parameters
    ----------
    file : of kept checkpoints; made if it is not there. Best on a computer of somebody else.
    verifier_key : the book's public key; by default the one of the file's last line.
    now : when it is kept; by default the computer's time.

    Raises
    ------
    ProofError : no checkpoint that the key signed; or the book is shorter, or another one.
    """
    kept, key = _kept_and_key(file, verifier_key)
    db = book.store
    with db.snapshot():
        signed = [note for _, note in log.checkpoints(db) if _opens(note, key)]
        if not signed:
            advice = "whoever keeps the book makes one with loopbook book checkpoint"
            raise ProofError(f"the book has no checkpoint that {key.name} signed; {advice}")
        note = parse_checkpoint(signed[-1])
        size, root = note.checkpoint.size, note.checkpoint.root
        hashes = reader(db)
        if Frontier.read(hashes, size).root() != root:
            raise ProofError(f"the book has another root than its checkpoint of {size} events")
        last = kept[-1].checkpoint if kept else None
        refuse_shorter(kept, size)
        if last is not None and last.size:
            verify_consistency(
                consistency_proof(hashes, last.size, size),
                first=last.size,
                second=size,
                first_root=last.root,
                second_root=root,
            )
        uncovered = count_rows(db, "event") - size
    return _keep(file, kept, (note, key), now=now, uncovered=uncovered)


def witness_proof(
    proof: bytes, file: Path, verifier_key: str = "", *, now: datetime | None = None
) -> Witnessed:
    """Keep the newer checkpoint of a proof of growth, without the book.

    Parameters
    ----------
    proof : JSON of ``loopbook book prove --sizes KEPT NEW``; the first time of any two sizes.
    file, verifier_key, now : as in `witness_book`.
    """
    kept, key = _kept_and_key(file, verifier_key)
    bundle = check_growth(proof, key, kept[-1:])
    return _keep(file, kept, (parse_checkpoint(bundle.second), key), now=now, uncovered=None)


def _kept_and_key(file: Path, verifier_key: str) -> tuple[list[SignedCheckpoint], VerifierKey]:
    """What a file keeps; and the key that is given, or that of its last line."""
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        raw = b""
    except OSError as error:
        raise InputError.of(
            "file", str(file), "a file of checkpoints", error.strerror or "unreadable"
        ) from error
    lines = _read_lines(raw, str(file)) if raw.strip() else []
    stated = verifier_key or (lines[-1][0] if lines else "")
    if not stated:
        raise InputError.of(
            "missing",
            str(file),
            "a verifier key",
            "none",
            hint="give --verifier-key once; the file keeps it",
        )
    return [note for _, note in lines], VerifierKey.parse(stated)


def _opens(note: str, key: VerifierKey) -> bool:
    try:
        open_checkpoint(note, key)
    except (ProofError, InputError):
        return False
    return True


def _keep(
    file: Path,
    kept: Sequence[SignedCheckpoint],
    new: tuple[SignedCheckpoint, VerifierKey],
    *,
    now: datetime | None,
    uncovered: int | None,
) -> Witnessed:
    """Add a line at the end of the file, forced to the disk; nothing is ever written over."""
    note, key = new
    checkpoint = note.checkpoint
    added = not kept or kept[-1].checkpoint.size < checkpoint.size
    if added:
        line = {
            "kept_at": (now or datetime.now(UTC)).isoformat(timespec="seconds"),
            "verifier_key": str(key),
            "checkpoint": note.text(),
        }
        _append(file, json.dumps(line, ensure_ascii=False))
    root = checkpoint.root.hex()
    count, model = len(kept) + added, checkpoint.modelled
    return Witnessed(str(file), added, checkpoint.size, root, count, uncovered, modelled=model)


def _append(file: Path, line: str) -> None:
    try:
        with file.open("ab+") as out:
            end = out.seek(0, os.SEEK_END)
            out.seek(max(end - 1, 0))
            open_end = end and out.read(1) != b"\n"
            out.write(b"\n" * bool(open_end) + line.encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise InputError.of(
            "file", str(file), "a file to add to", error.strerror or "not writable"
        ) from error


def _finding(where: str, expected: str, content: str) -> Finding:
    return Finding("checkpoint", where, expected, content)
