"""Making books and keys, and checking proofs from files: what stands before and after a book."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from loopbook.book.book import Book
from loopbook.book.log.checkpoint import (
    Signer,
    VerifierKey,
    generate_signer,
    load_signer,
    save_signer,
)
from loopbook.book.log.proofs import check_consistency, check_inclusion
from loopbook.errors import Finding, InputError, ProofError, raise_findings


def new_book(address: str, substances: Sequence[str]) -> Book:
    """Make a book; the caller closes it.

    Parameters
    ----------
    substances : names, each once, ``other`` among them; a name is letters and digits.
    """
    findings = []
    for name in substances:
        if not name.isidentifier():
            findings.append(Finding("name", "substances", "letters and digits", repr(name)))
    for name in sorted({s for s in substances if list(substances).count(s) > 1}):
        findings.append(Finding("duplicate", "substances", "each substance once", name))
    if "other" not in substances:
        hint = "what is none of the others needs a place: add other"
        found = ", ".join(substances)
        findings.append(Finding("missing", "substances", "other", found, hint))
    raise_findings(findings)
    return Book(address, create=True, substances=tuple(substances))


def signer_of(path: Path, name: str, *, new: bool = False) -> Signer:
    """The private key of a file; with `new` it is made first.

    Parameters
    ----------
    path : PEM file that only its owner can read.
    name : who signs.
    """
    try:
        if new:
            signer = generate_signer(name)
            save_signer(signer, path)
            return signer
        return load_signer(path, name)
    except FileExistsError as error:
        hint = "a key is made once: leave the new key out"
        raise InputError([Finding("file", str(path), "a new file", "it exists", hint)]) from error
    except OSError as error:
        hint = "make one with --new-key" if isinstance(error, FileNotFoundError) else ""
        found = error.strerror or "unreadable"
        raise InputError([Finding("file", str(path), "a private key", found, hint)]) from error


def check_proof(raw: bytes, verifier_key: str) -> dict[str, Any]:
    """Check a proof of inclusion or consistency without the book, and say what it proves.

    Parameters
    ----------
    raw : JSON text of the proof.
    verifier_key : the book's public key, from a source that you trust.

    Raises
    ------
    ProofError : it proves nothing, and why.
    """
    key = VerifierKey.parse(verifier_key)
    try:
        bundle = json.loads(raw)
    except ValueError as error:
        raise ProofError(f"the proof is no JSON: {error}") from error
    if not isinstance(bundle, dict):
        raise ProofError("the proof is no JSON object")
    if "first" in bundle:
        old, new = check_consistency(bundle, key)
        return {"proves": "the book only grew", "from_size": old.size, "to_size": new.size}
    event = check_inclusion(bundle, key)
    told = {name: event.get(name) for name in ("key", "kind", "actor", "document")}
    return {"proves": "the event is in the book", **told, "index": bundle["index"]}
