"""Signed checkpoints: "at this size the book had this root", as a text that others can keep.

A checkpoint is a C2SP *signed note* (c2sp.org/signed-note, c2sp.org/tlog-checkpoint)::

    gmbi.example/book                                   origin: which book
    20852163                                            events in the book
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=        root hash of its Merkle tree
                                                        (extension lines, then an empty line)
    — gmbi.example/book Az3grlgtzPICa5OS...             who signs, base64(key id || signature)

The book's own key signs the text (Ed25519, kind ``log``). A **witness**, say the other shareholder
or an auditor, checks consistency with the checkpoint it saw before and adds a cosignature with its
time (c2sp.org/tlog-cosignature v1, Ed25519, kind ``witness``). Two different books behind one
origin then need the witness's help.

`parse_checkpoint` is strict and gives every finding; what it returns is read, not believed.
`open_checkpoint` also verifies. Keys are told apart by name and key id; signatures of keys that
nobody asked for are ignored, as the format demands.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from loopbook.book.log.merkle import HASH_BYTES
from loopbook.errors import Finding, InputError, ProofError, raise_findings

_DASH: Final = "\N{EM DASH} "
_KEY_ID_BYTES: Final = 4
_TIME_BYTES: Final = 8
_LATEST_S: Final = 2**63 - 1
_MOST_CHARACTERS: Final = 1_000_000  # a stranger's text; the format asks verifiers for a limit
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")


class KeyKind(IntEnum):
    """What a key signs: the signature type byte of the note format."""

    LOG = 0x01
    WITNESS = 0x04


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key that checks signatures, in the note format ``name+key id+base64``.

    >>> key = VerifierKey("gmbi.example/book", bytes(32))
    >>> str(key)
    'gmbi.example/book+b043c182+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    >>> VerifierKey.parse(str(key)) == key
    True
    """

    name: str
    public: bytes
    kind: KeyKind = KeyKind.LOG

    def __post_init__(self) -> None:
        """Refuse a name that a signature line cannot carry, and keys of a wrong length."""
        where = "verifier key"
        findings = list(_name_findings(self.name, where))
        if len(self.public) != 32:
            found = f"{len(self.public)} bytes"
            findings.append(_finding(where, "an Ed25519 public key of 32 bytes", found))
        raise_findings(findings)

    @property
    def key_id(self) -> bytes:
        """First 4 bytes of SHA-256(name, newline, kind, public key): tells keys apart."""
        told = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return sha256(told).digest()[:_KEY_ID_BYTES]

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read ``name+key id+base64(kind || public key)``; `InputError` says what is wrong."""
        where = "verifier key"
        name, _, rest = text.partition("+")
        key_id, plus, encoded = rest.partition("+")
        material = _decoded(encoded)
        if not plus or material is None:
            raise InputError([_finding(where, "name+key id+base64", repr(text))])
        if len(material) != 33 or material[0] not in set(KeyKind):
            kinds = " or ".join(f"0x{kind:02x}" for kind in KeyKind)
            found = f"{len(material)} bytes that begin 0x{material[:1].hex()}"
            raise InputError([_finding(where, f"{kinds} and 32 bytes of an Ed25519 key", found)])
        key = cls(name, material[1:], KeyKind(material[0]))
        if key.key_id.hex() != key_id:
            raise InputError([_finding(where, f"the key id {key.key_id.hex()}", repr(key_id))])
        return key

    def __str__(self) -> str:
        material = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key and the name under which it signs. Its repr does not show the key.

    Parameters
    ----------
    name : non-empty, without spaces or ``+``; best an address such as ``gmbi.example/book``.
    key : Ed25519 private key.
    kind : log or witness. One private key serves one name and one kind.
    """

    name: str
    key: Ed25519PrivateKey
    kind: KeyKind = KeyKind.LOG

    def __post_init__(self) -> None:
        """Refuse a name that a signature line cannot carry."""
        raise_findings(_name_findings(self.name, "signer"))

    @property
    def verifier(self) -> VerifierKey:
        """The public half, to hand out."""
        return VerifierKey(self.name, self.key.public_key().public_bytes_raw(), self.kind)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A book's Merkle tree at one size.

    Parameters
    ----------
    origin : which book; one line, the same for all its checkpoints.
    size : number of events.
    root : root hash, 32 bytes.
    extensions : further lines, opaque; witnesses do not vouch for them.

    >>> print(Checkpoint("gmbi.example/book", 0, sha256().digest()).text(), end="")
    gmbi.example/book
    0
    47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what would read back as another checkpoint."""
        findings = []
        for line in (self.origin, *self.extensions):
            if not line or any(c < " " for c in line) or not _is_utf8(line):
                expected = "a non-empty line of text without control characters"
                findings.append(_finding("checkpoint", expected, repr(line)))
        if not 0 <= self.size <= _LATEST_S:
            findings.append(_finding("checkpoint", "a size of 0..2**63-1", str(self.size)))
        if len(self.root) != HASH_BYTES:
            found = f"{len(self.root)} bytes"
            findings.append(_finding("checkpoint", f"a root hash of {HASH_BYTES} bytes", found))
        raise_findings(findings)

    def text(self) -> str:
        """The lines that are signed, with the last newline."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{x}\n" for x in (self.origin, str(self.size), root, *self.extensions))


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: a key's name, its id, and the bytes that it made."""

    name: str
    key_id: bytes
    made: bytes

    def line(self) -> str:
        """The line as it stands in the note."""
        encoded = base64.b64encode(self.key_id + self.made).decode()
        return f"{_DASH}{self.name} {encoded}\n"


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with its signatures, which may be anybody's: see `open_checkpoint`."""

    checkpoint: Checkpoint
    signatures: tuple[Signature, ...]

    def text(self) -> str:
        """The whole note; `parse_checkpoint` reads it back."""
        lines = "".join(signature.line() for signature in self.signatures)
        return f"{self.checkpoint.text()}\n{lines}"


# --- signing -----------------------------------------------------------------------------------


def generate_signer(name: str, kind: KeyKind = KeyKind.LOG) -> Signer:
    """A signer with a new private key from the system's random source."""
    return Signer(name, Ed25519PrivateKey.generate(), kind)


def sign(checkpoint: Checkpoint, signer: Signer) -> SignedCheckpoint:
    """Sign a checkpoint as the book. A book must never sign two histories.

    >>> signer = Signer("gmbi.example/book", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    >>> print(sign(Checkpoint("gmbi.example/book", 0, bytes(32)), signer).text()[:80])
    gmbi.example/book
    0
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
    <BLANKLINE>
    ... gmbi.example...
    """
    _require_kind(signer, KeyKind.LOG)
    made = signer.key.sign(checkpoint.text().encode())
    return SignedCheckpoint(checkpoint, (_signature(signer, made),))


def cosign(signed: SignedCheckpoint, signer: Signer, *, time_s: int) -> SignedCheckpoint:
    """Add a witness's cosignature.

    Parameters
    ----------
    signed : a checkpoint whose book's signature, and whose consistency with the last one seen,
        the witness has verified: that is what a cosignature states.
    time_s : now, in seconds since 1970-01-01 UTC.
    """
    _require_kind(signer, KeyKind.WITNESS)
    if not 0 <= time_s <= _LATEST_S:
        raise InputError([_finding("cosignature", "a time of 0..2**63-1 s", str(time_s))])
    message = _cosigned(signed.checkpoint, time_s)
    made = time_s.to_bytes(_TIME_BYTES, "big") + signer.key.sign(message)
    return replace(signed, signatures=(*signed.signatures, _signature(signer, made)))


def _signature(signer: Signer, made: bytes) -> Signature:
    return Signature(signer.name, signer.verifier.key_id, made)


def _cosigned(checkpoint: Checkpoint, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{checkpoint.text()}".encode()


def _require_kind(signer: Signer, kind: KeyKind) -> None:
    if signer.kind is not kind:
        found = signer.kind.name.lower()
        raise InputError([_finding(signer.name, f"a {kind.name.lower()} key", f"a {found} key")])


# --- reading and verifying ---------------------------------------------------------------------


def parse_checkpoint(text: str) -> SignedCheckpoint:
    """Read a signed checkpoint, strictly; `InputError` holds everything that is wrong with it.

    Nothing is verified yet. ``parse_checkpoint(text).text() == text`` for all that it accepts.

    >>> parse_checkpoint("gmbi.example/book\\n007\\nAAAA\\n\\n")
    Traceback (most recent call last):
    loopbook.errors.InputError: line 2: ... a decimal size without leading zeroes, found '007'
    line 3: checkpoint: expected base64 of 32 bytes, found 'AAAA'
    line 5: checkpoint: expected at least one signature line, found none
    """
    if len(text) > _MOST_CHARACTERS:
        expected = f"at most {_MOST_CHARACTERS} characters"
        raise InputError([_finding("checkpoint", expected, str(len(text)))])
    _refuse_characters(text)
    body, blank, tail = text.rpartition("\n\n")
    if not blank:
        expected = "an empty line between the text and the signatures"
        raise InputError([_finding("checkpoint", expected, "none")])
    lines = body.split("\n")
    findings = list(_body_findings(lines))
    signatures = []
    for number, line in _signature_lines(tail, len(lines) + 2, findings):
        signature = _parse_signature(line)
        if signature is None:
            expected = f"'{_DASH}name base64(key id, signature)'"
            findings.append(_finding(f"line {number}", expected, repr(line)))
        else:
            signatures.append(signature)
    raise_findings(findings)
    root = base64.b64decode(lines[2])
    checkpoint = Checkpoint(lines[0], int(lines[1]), root, tuple(lines[3:]))
    return SignedCheckpoint(checkpoint, tuple(signatures))


def verify_signature(signed: SignedCheckpoint, key: VerifierKey) -> int | None:
    """Raise `ProofError` unless this key signed this checkpoint.

    Returns the time of a witness's cosignature in seconds since 1970-01-01 UTC, the latest if it
    has several; None for a book's signature, which states no time.
    """
    mine = [s for s in signed.signatures if (s.name, s.key_id) == (key.name, key.key_id)]
    if not mine:
        there = ", ".join(f"{s.name} ({s.key_id.hex()})" for s in signed.signatures)
        raise ProofError(f"no signature of {key.name} ({key.key_id.hex()}); there is: {there}")
    return max((_verified_time(signed, key, s) for s in mine), key=lambda time_s: time_s or 0)


def open_checkpoint(
    text: str,
    key: VerifierKey,
    *,
    origin: str | None = None,
    witnesses: Iterable[VerifierKey] = (),
    quorum: int = 0,
) -> Checkpoint:
    """Read a checkpoint and believe it only if it is signed as asked.

    Parameters
    ----------
    text : the note.
    key : the book's key.
    origin : the origin that the book must have; by default the key's name.
    witnesses, quorum : keys of witnesses, and how many of them must have cosigned. A witness who
        did not cosign is missing; one whose cosignature is false spoils the note.

    Raises
    ------
    InputError : the text is malformed.
    ProofError : it is well formed and proves nothing: which signature fails, which is missing.
    """
    signed = parse_checkpoint(text)
    wanted = key.name if origin is None else origin
    if signed.checkpoint.origin != wanted:
        raise ProofError(f"a checkpoint of {signed.checkpoint.origin!r}, not of {wanted!r}")
    if key.kind is not KeyKind.LOG:
        raise ProofError(f"{key.name} is a witness's key, not a book's")
    verify_signature(signed, key)
    present = {(s.name, s.key_id) for s in signed.signatures}
    seen, missing = set(), set()
    for witness in witnesses:
        if witness.kind is not KeyKind.WITNESS:
            raise ProofError(f"{witness.name} is a book's key, not a witness's")
        if (witness.name, witness.key_id) in present:
            verify_signature(signed, witness)
            seen.add(witness.public)  # one key under two names is one witness
        else:
            missing.add(witness.name)
    if len(seen) < quorum:
        absent = ", ".join(sorted(missing)) or "nobody known"
        raise ProofError(f"{len(seen)} of {quorum} cosignatures; missing: {absent}")
    return signed.checkpoint


def _verified_time(signed: SignedCheckpoint, key: VerifierKey, signature: Signature) -> int | None:
    time_s, message, made = None, signed.checkpoint.text().encode(), signature.made
    if key.kind is KeyKind.WITNESS:
        time_s = int.from_bytes(made[:_TIME_BYTES], "big")
        message, made = _cosigned(signed.checkpoint, time_s), made[_TIME_BYTES:]
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(made, message)
    except InvalidSignature:
        who = f"{key.name} ({key.key_id.hex()})"
        raise ProofError(f"the signature of {who} does not fit this checkpoint") from None
    if time_s is not None and time_s > _LATEST_S:
        raise ProofError(f"the cosignature of {key.name} has a time beyond 2**63-1 s")
    return time_s


def _refuse_characters(text: str) -> None:
    """The format is UTF-8 without control characters; nothing else of it is read otherwise."""
    if not _is_utf8(text):
        raise InputError([_finding("checkpoint", "text that UTF-8 can carry", "a lone surrogate")])
    raise_findings(
        _finding(f"line {number}", "no control characters", repr(line))
        for number, line in enumerate(text.split("\n"), 1)
        if any(c < " " for c in line)
    )


def _body_findings(lines: list[str]) -> Iterator[Finding]:
    if len(lines) < 3:
        expected = "origin, size and root hash, a line each"
        yield _finding("checkpoint", expected, f"{len(lines)} lines")
        return
    if not _SIZE.fullmatch(lines[1]) or int(lines[1]) > _LATEST_S:
        yield _finding("line 2", "a decimal size without leading zeroes", repr(lines[1]))
    root = _decoded(lines[2])
    if root is None or len(root) != HASH_BYTES:
        yield _finding("line 3", f"base64 of {HASH_BYTES} bytes", repr(lines[2]))
    for number, line in enumerate(lines, 1):
        if not line:
            what = "an origin" if number == 1 else "a line with text"
            yield _finding(f"line {number}", what, "an empty line")


def _signature_lines(tail: str, first: int, findings: list[Finding]) -> Iterator[tuple[int, str]]:
    *lines, rest = tail.split("\n")
    if rest:
        findings.append(_finding(f"line {first + len(lines)}", "a newline at the end", repr(rest)))
    elif not lines:
        findings.append(_finding(f"line {first}", "at least one signature line", "none"))
    yield from enumerate(lines, first)


def _parse_signature(line: str) -> Signature | None:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    made = _decoded(encoded)
    if not line.startswith(_DASH) or not space or any(_name_findings(name, "")):
        return None
    if made is None or len(made) <= _KEY_ID_BYTES:
        return None
    return Signature(name, made[:_KEY_ID_BYTES], made[_KEY_ID_BYTES:])


def _name_findings(name: str, where: str) -> Iterator[Finding]:
    if not name or "+" in name or any(c.isspace() or c < " " for c in name) or not _is_utf8(name):
        yield _finding(where, "a name without spaces and +", repr(name))


def _decoded(encoded: str) -> bytes | None:
    """Bytes of canonical, padded base64; None for anything else."""
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded if base64.b64encode(decoded).decode() == encoded else None


def _is_utf8(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)


def _finding(where: str, expected: str, found: str) -> Finding:
    return Finding("checkpoint", where, expected, found)


# --- keys in files -----------------------------------------------------------------------------


def save_signer(signer: Signer, path: Path) -> None:
    """Write the private key to a new PEM file (PKCS8) that only its owner can read (0600).

    Never writes over a file: `FileExistsError`. The name and kind are not in the file.
    """
    pem = signer.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())


def load_signer(path: Path, name: str, kind: KeyKind = KeyKind.LOG) -> Signer:
    """Read a private key that `save_signer` wrote; refuses a file that others can read."""
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode & 0o777
        pem = file.read()
    if os.name == "posix" and mode & 0o077:
        hint = "chmod 600, and make a new key if others may have read it"
        raise InputError([Finding("checkpoint", str(path), "mode 600", f"{mode:o}", hint=hint)])
    expected = "an unencrypted Ed25519 private key in PEM (PKCS8)"
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError([_finding(str(path), expected, "something else")]) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError([_finding(str(path), expected, f"a {type(key).__name__}")])
    return Signer(name, key, kind)
