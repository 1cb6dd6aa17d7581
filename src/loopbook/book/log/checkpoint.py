"""Signed checkpoints: "at this size the book had this root", as a text that others can keep.

A checkpoint is a C2SP *signed note* (c2sp.org/signed-note, c2sp.org/tlog-checkpoint)::

    plant.example/book                                   origin: which book
    20852163                                            events in the book
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=        root hash of its Merkle tree
                                                        (extension lines, then an empty line)
    — plant.example/book Az3grlgtzPICa5OS...             who signs, base64(key id || signature)

The book's own key signs the text (Ed25519). Signatures of other keys may follow; they are kept and
ignored, as the format demands.

`parse_checkpoint` is strict and reports all errors of a text; it verifies nothing.
`open_checkpoint` also verifies.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from loopbook.book.log.keys import (
    KEY_ID_BYTES,
    Signer,
    VerifierKey,
    from_base64,
    is_utf8,
    name_findings,
)
from loopbook.book.log.merkle import HASH_BYTES
from loopbook.errors import Finding, InputError, ProofError, raise_findings

_MODELLED: Final = "modelled: "
_DASH: Final = "\N{EM DASH} "
_LARGEST_SIZE: Final = 2**63 - 1
_MOST_CHARACTERS: Final = 1_000_000  # a stranger's text; the format asks verifiers for a limit
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A book's Merkle tree at one size.

    Parameters
    ----------
    origin : which book; one line, the same for all its checkpoints.
    size : number of events.
    root : root hash, 32 bytes.
    extensions : further lines, opaque.

    >>> from hashlib import sha256
    >>> print(Checkpoint("plant.example/book", 0, sha256().digest()).text(), end="")
    plant.example/book
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
            if not line or any(c < " " for c in line) or not is_utf8(line):
                findings.append(
                    _finding(
                        "checkpoint",
                        "a non-empty line of text without control characters",
                        repr(line),
                    )
                )
        if not 0 <= self.size <= _LARGEST_SIZE:
            findings.append(_finding("checkpoint", "a size of 0..2**63-1", str(self.size)))
        if len(self.root) != HASH_BYTES:
            findings.append(
                _finding(
                    "checkpoint", f"a root hash of {HASH_BYTES} bytes", f"{len(self.root)} bytes"
                )
            )
        raise_findings(findings)

    @property
    def modelled(self) -> str:
        """What computed the book, as an extension states it; empty for one of what happened."""
        marks = (x.removeprefix(_MODELLED) for x in self.extensions if x.startswith(_MODELLED))
        return next(marks, "")

    def text(self) -> str:
        """The lines that are signed, with the last newline."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{x}\n" for x in (self.origin, str(self.size), root, *self.extensions))


def modelled_line(model: str) -> tuple[str, ...]:
    """The extension of checkpoints of a modelled book; none for a book of what happened.

    >>> Checkpoint("plant.example/book", 0, bytes(32), modelled_line("case mine")).modelled
    'case mine'
    """
    return (_MODELLED + model,) if model else ()


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: a key's name, its id, and the signed bytes."""

    name: str
    key_id: bytes
    signed: bytes

    def line(self) -> str:
        """The line as it is in the note."""
        encoded = base64.b64encode(self.key_id + self.signed).decode()
        return f"{_DASH}{self.name} {encoded}\n"


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with its signatures, which may be anybody's: see `open_checkpoint`.

    Parameters
    ----------
    checked : whether a key that was kept with it signed it.
    """

    checkpoint: Checkpoint
    signatures: tuple[Signature, ...]
    checked: bool = field(default=False, compare=False)

    def text(self) -> str:
        """The whole note; `parse_checkpoint` reads it back."""
        lines = "".join(signature.line() for signature in self.signatures)
        return f"{self.checkpoint.text()}\n{lines}"


def sign(checkpoint: Checkpoint, signer: Signer) -> SignedCheckpoint:
    """Sign a checkpoint as the book. A book must never sign two histories.

    >>> from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    >>> signer = Signer("plant.example/book", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    >>> print(sign(Checkpoint("plant.example/book", 0, bytes(32)), signer).text()[:82])
    plant.example/book
    0
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
    <BLANKLINE>
    ... plant.example...
    """
    signed = signer.key.sign(checkpoint.text().encode())
    signature = Signature(signer.name, signer.verifier.key_id, signed)
    return SignedCheckpoint(checkpoint, (signature,))


# --- reading and verifying ---------------------------------------------------------------------


def parse_checkpoint(text: str) -> SignedCheckpoint:
    """Read a signed checkpoint, strictly; the `InputError` holds all errors of the text.

    Nothing is verified yet. ``parse_checkpoint(text).text() == text`` for all that it accepts.

    >>> parse_checkpoint("plant.example/book\\n007\\nAAAA\\n\\n")
    Traceback (most recent call last):
    loopbook.errors.InputError: line 2: ... a decimal size without leading zeroes, found '007'
    line 3: checkpoint: expected base64 of 32 bytes, found 'AAAA'
    line 5: checkpoint: expected at least one signature line, found none
    """
    if len(text) > _MOST_CHARACTERS:
        raise InputError(
            [_finding("checkpoint", f"at most {_MOST_CHARACTERS} characters", str(len(text)))]
        )
    _refuse_characters(text)
    body, blank, tail = text.rpartition("\n\n")
    if not blank:
        raise InputError(
            [_finding("checkpoint", "an empty line between the text and the signatures", "none")]
        )
    lines = body.split("\n")
    findings = list(_body_findings(lines))
    signatures = []
    for number, line in _signature_lines(tail, len(lines) + 2, findings):
        signature = _parse_signature(line)
        if signature is None:
            findings.append(
                _finding(f"line {number}", f"'{_DASH}name base64(key id, signature)'", repr(line))
            )
        else:
            signatures.append(signature)
    raise_findings(findings)
    root = base64.b64decode(lines[2])
    checkpoint = Checkpoint(lines[0], int(lines[1]), root, tuple(lines[3:]))
    return SignedCheckpoint(checkpoint, tuple(signatures))


def verify_signature(signed: SignedCheckpoint, key: VerifierKey) -> None:
    """Raise `ProofError` unless this key signed this checkpoint."""
    who = f"{key.name} ({key.key_id.hex()})"
    own = [s.signed for s in signed.signatures if (s.name, s.key_id) == (key.name, key.key_id)]
    if not own:
        signers = ", ".join(f"{s.name} ({s.key_id.hex()})" for s in signed.signatures)
        raise ProofError(f"no signature of {who}; the note is signed by {signers}")
    public, message = Ed25519PublicKey.from_public_bytes(key.public), signed.checkpoint.text()
    try:
        for signature in own:
            public.verify(signature, message.encode())
    except InvalidSignature:
        raise ProofError(f"the signature of {who} does not fit this checkpoint") from None


def open_checkpoint(text: str, key: VerifierKey, *, origin: str | None = None) -> Checkpoint:
    """Read a checkpoint and believe it only if the book's key signed it.

    Parameters
    ----------
    text : the note.
    key : the book's key.
    origin : the origin that the book must have; by default the key's name.

    Raises
    ------
    InputError : the text is malformed.
    ProofError : it is well formed and proves nothing: no signature of the key, or a wrong one.
    """
    signed = parse_checkpoint(text)
    expected = key.name if origin is None else origin
    if signed.checkpoint.origin != expected:
        raise ProofError(f"a checkpoint of {signed.checkpoint.origin!r}, not of {expected!r}")
    verify_signature(signed, key)
    return signed.checkpoint


def _refuse_characters(text: str) -> None:
    """The format is UTF-8 without control characters."""
    if not is_utf8(text):
        raise InputError([_finding("checkpoint", "text that UTF-8 can carry", "a lone surrogate")])
    raise_findings(
        _finding(f"line {number}", "no control characters", repr(line))
        for number, line in enumerate(text.split("\n"), 1)
        if any(c < " " for c in line)
    )


def _body_findings(lines: list[str]) -> Iterator[Finding]:
    if len(lines) < 3:
        yield _finding(
            "checkpoint", "origin, size and root hash, a line each", f"{len(lines)} lines"
        )
        return
    if not _SIZE.fullmatch(lines[1]) or int(lines[1]) > _LARGEST_SIZE:
        yield _finding("line 2", "a decimal size without leading zeroes", repr(lines[1]))
    root = from_base64(lines[2])
    if root is None or len(root) != HASH_BYTES:
        yield _finding("line 3", f"base64 of {HASH_BYTES} bytes", repr(lines[2]))
    for number, line in enumerate(lines, 1):
        if not line:
            yield _finding(
                f"line {number}",
                "an origin" if number == 1 else "a line with text",
                "an empty line",
            )


def _signature_lines(tail: str, first: int, findings: list[Finding]) -> Iterator[tuple[int, str]]:
    *lines, rest = tail.split("\n")
    if rest:
        findings.append(_finding(f"line {first + len(lines)}", "a newline at the end", repr(rest)))
    elif not lines:
        findings.append(_finding(f"line {first}", "at least one signature line", "none"))
    yield from enumerate(lines, first)


def _parse_signature(line: str) -> Signature | None:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    signed = from_base64(encoded)
    if not line.startswith(_DASH) or not space or any(name_findings(name, "")):
        return None
    if signed is None or len(signed) <= KEY_ID_BYTES:
        return None
    return Signature(name, signed[:KEY_ID_BYTES], signed[KEY_ID_BYTES:])


def _finding(where: str, expected: str, content: str) -> Finding:
    return Finding("checkpoint", where, expected, content)
