"""Keys of a book: the private one that signs its checkpoints, and the public one that checks them.

A public key is written in the format of C2SP notes (c2sp.org/signed-note), ``name+key id+base64``,
for Ed25519. A private key is in a PEM file that only its owner can read. Keys are distinguished
by name and key id.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loopbook.errors import Finding, InputError, raise_findings

KEY_ID_BYTES: Final = 4
_KIND: Final = b"\x01"  # the signature type byte of the format: a log's Ed25519 key


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key that checks signatures, in the note format ``name+key id+base64``.

    >>> key = VerifierKey("plant.example/book", bytes(32))
    >>> str(key)
    'plant.example/book+677e792b+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    >>> VerifierKey.parse(str(key)) == key
    True
    """

    name: str
    public: bytes

    def __post_init__(self) -> None:
        """Refuse a name that a signature line cannot carry, and keys of a wrong length."""
        findings = list(name_findings(self.name, "verifier key"))
        if len(self.public) != 32:
            findings.append(
                Finding(
                    "checkpoint",
                    "verifier key",
                    "an Ed25519 public key of 32 bytes",
                    f"{len(self.public)} bytes",
                )
            )
        raise_findings(findings)

    @property
    def key_id(self) -> bytes:
        """First 4 bytes of SHA-256(name, newline, kind, public key)."""
        return sha256(self.name.encode() + b"\n" + _KIND + self.public).digest()[:KEY_ID_BYTES]

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read ``name+key id+base64(kind || public key)``; anything else is an `InputError`."""
        name, _, rest = text.partition("+")
        key_id, plus, encoded = rest.partition("+")
        kind_and_public = from_base64(encoded)
        if not plus or kind_and_public is None:
            raise _wrong_key("name+key id+base64", repr(text))
        if len(kind_and_public) != 33 or kind_and_public[:1] != _KIND:
            start = f"{len(kind_and_public)} bytes that begin 0x{kind_and_public[:1].hex()}"
            raise _wrong_key("0x01 and 32 bytes of an Ed25519 key", start)
        key = cls(name, kind_and_public[1:])
        if key.key_id.hex() != key_id:
            raise _wrong_key(f"the key id {key.key_id.hex()}", repr(key_id))
        return key

    def __str__(self) -> str:
        encoded = base64.b64encode(_KIND + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key and the name under which it signs. Its repr does not show the key.

    Parameters
    ----------
    name : non-empty, without spaces or ``+``; best an address such as ``plant.example/book``.
    key : Ed25519 private key. One private key serves one name.
    """

    name: str
    key: Ed25519PrivateKey

    def __post_init__(self) -> None:
        """Refuse a name that a signature line cannot carry."""
        raise_findings(name_findings(self.name, "signer"))

    @property
    def verifier(self) -> VerifierKey:
        """The public half, to hand out."""
        return VerifierKey(self.name, self.key.public_key().public_bytes_raw())


def generate_signer(name: str) -> Signer:
    """A signer with a new private key from the system's random source."""
    return Signer(name, Ed25519PrivateKey.generate())


def save_signer(signer: Signer, path: Path) -> None:
    """Write the private key to a new PEM file (PKCS8) that only its owner can read (0600).

    Never writes over a file: `FileExistsError`. The name is not in the file.
    """
    pem = signer.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())


def load_signer(path: Path, name: str) -> Signer:
    """Read a private key that `save_signer` wrote; refuses a file that others can read."""
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode & 0o777
        pem = file.read()
    if os.name == "posix" and mode & 0o077:
        raise InputError.of(
            "checkpoint",
            str(path),
            "mode 600",
            f"{mode:o}",
            hint="chmod 600, and make a new key if others may have read it",
        )
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError.of(
            "checkpoint",
            str(path),
            "an unencrypted Ed25519 private key in PEM (PKCS8)",
            "something else" if key is None else f"a {type(key).__name__}",
        )
    return Signer(name, key)


def signer_of(path: Path, name: str, *, new: bool = False) -> Signer:
    """The private key of a file; with `new` it is made first.

    Parameters
    ----------
    path : PEM file that only its owner can read.
    name : who signs.
    """
    try:
        if new:
            save_signer(generate_signer(name), path)
        return load_signer(path, name)
    except FileExistsError as error:
        raise InputError.of(
            "file",
            str(path),
            "a new file",
            "it exists",
            hint="the key is there: leave --new-key out",
        ) from error
    except OSError as error:
        hint = "make one with --new-key" if isinstance(error, FileNotFoundError) else ""
        raise InputError.of(
            "file", str(path), "a private key", error.strerror or "unreadable", hint=hint
        ) from error


def name_findings(name: str, where: str) -> Iterator[Finding]:
    """Errors in a name that signature lines and keys must carry."""
    if not name or "+" in name or any(c.isspace() or c < " " for c in name) or not is_utf8(name):
        yield Finding("checkpoint", where, "a name without spaces and +", repr(name))


def from_base64(encoded: str) -> bytes | None:
    """Bytes of canonical, padded base64; None for anything else."""
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded if base64.b64encode(decoded).decode() == encoded else None


def is_utf8(text: str) -> bool:
    """Whether UTF-8 can carry a text: it holds no lone surrogate."""
    return not any("\ud800" <= c <= "\udfff" for c in text)


def _wrong_key(expected: str, content: str) -> InputError:
    return InputError.of("checkpoint", "verifier key", expected, content)
