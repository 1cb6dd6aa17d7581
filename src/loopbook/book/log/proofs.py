"""Proofs that an outsider can check: this event is in the book, the book was only appended to.

A book signs **checkpoints** of its Merkle tree. An **inclusion bundle** carries one event's
canonical bytes, a signed checkpoint, and the hashes that lead from the one to the other. A
**consistency bundle** carries two checkpoints and the hashes that show the older one to be the
beginning of the newer. `check_inclusion` and `check_consistency` need the bundle and the book's
public key, and nothing else.

The leaves' hashes are in the events' rows. Of the tree's inner nodes every fourth level is
stored, when a checkpoint is made: two bytes an event, and any node is at most sixteen hashes away.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from loopbook.book.book import Book
from loopbook.book.event_bytes import event_bytes, leaf_of
from loopbook.book.log.checkpoint import Checkpoint, open_checkpoint, sign
from loopbook.book.log.keys import Signer, VerifierKey, from_base64
from loopbook.book.log.merkle import (
    Frontier,
    NodeReader,
    consistency_proof,
    every_level,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from loopbook.book.storage.database import Database
from loopbook.book.storage.questions.log import (
    keep_checkpoint,
    keep_nodes,
    keep_setting,
    largest_checkpoint,
    leaf_at,
    leaves,
    node_at,
    nodes_at,
    notes_of,
    place_of,
)
from loopbook.book.storage.session import Session
from loopbook.errors import ProofError

STEP = 4
"""Every how many levels the tree's nodes are stored."""

_INCLUSION = "loopbook inclusion 1"
_CONSISTENCY = "loopbook consistency 1"
_BATCH = 20_000


def checkpoint(book: Book, signer: Signer, *, origin: str | None = None) -> str:
    """Sign the book in its present state, keep the note in the book, and return it.

    Nodes of the tree are built from where the last checkpoint left them. The signer's public key
    is noted in the book's settings, so that `loopbook.book.verify` can check old checkpoints; an
    outsider uses the key that it was given.

    Parameters
    ----------
    signer : the book's key.
    origin : which book the note names; by default the signer's name.
    """

    def work(session: Session) -> str:
        db = session.db
        frontier = _grow(db)
        root = Checkpoint(origin or signer.name, frontier.size, frontier.root())
        note = sign(root, signer).text()
        keep_checkpoint(db, frontier.size, note)
        keep_setting(db, f"verifier {signer.verifier.key_id.hex()}", str(signer.verifier))
        return note

    book.store.place_leaves()
    return book.store.transact((), work)


def _grow(db: Database) -> Frontier:
    """Store the nodes that came since the last checkpoint; returns the tree's edge."""
    frontier = Frontier.read(reader(db), nodes_at(db, STEP) << STEP)
    while new := leaves(db, frontier.size, _BATCH):
        if new[-1][0] != frontier.size + len(new) - 1:
            raise ProofError(f"a gap in the log after {frontier.size} leaves: verify the book")
        frontier, nodes = frontier.extended([leaf for _, leaf in new])
        keep_nodes(db, [node for node in nodes if node[0] and node[0] % STEP == 0])
    return frontier


def reader(db: Database) -> NodeReader:
    """The book's Merkle tree, node by node, from its events and stored nodes."""

    def stored(level: int, place: int) -> bytes:
        digest = node_at(db, level, place) if level else leaf_at(db, place)
        if digest is None:
            raise ProofError(f"the book has no node ({level}, {place}) of its Merkle tree")
        return digest

    return every_level(stored, STEP)


def inclusion(book: Book, key: str) -> dict[str, Any]:
    """A bundle that proves an event to be in the book, for `check_inclusion`.

    Parameters
    ----------
    key : the event's key.

    Raises
    ------
    InputError : no such event.
    ProofError : no checkpoint covers it yet, or its rows do not give its sealed hash any more.
    """
    db = book.store
    event = book.event(key)
    placed, covering = place_of(db, key), largest_checkpoint(db)
    if placed is None or covering is None or placed[0] >= covering[0]:
        raise ProofError(f"no checkpoint covers event {key!r} yet: make one first")
    (place, seal), (size, note) = placed, covering
    body = event_bytes(event, book.substances)
    if leaf_of(body) != seal:
        raise ProofError(f"the rows of event {key!r} do not give its sealed hash")
    return {
        "format": _INCLUSION,
        "checkpoint": note,
        "event": body.decode(),
        "index": place,
        "proof": _encoded(inclusion_proof(reader(db), place, size)),
    }


def consistency(book: Book, first: int, second: int) -> dict[str, Any]:
    """A bundle that proves the book of `second` events to begin with that of `first`.

    Parameters
    ----------
    first, second : sizes that the book has signed checkpoints of, 1 <= first <= second.

    Raises
    ------
    ProofError : a size without a checkpoint, or sizes in the wrong order.
    """
    db = book.store
    notes = []
    for size in (first, second):
        signed = notes_of(db, size)
        if not signed:
            raise ProofError(f"the book has no checkpoint of {size} events")
        notes.append(signed[0])
    proof = consistency_proof(reader(db), first, second)
    return {"format": _CONSISTENCY, "first": notes[0], "second": notes[1], "proof": _encoded(proof)}


def check_inclusion(
    bundle: Mapping[str, Any], key: VerifierKey, *, origin: str | None = None
) -> dict[str, Any]:
    """The event that a bundle proves to be in the book; without the book.

    Parameters
    ----------
    bundle : what `inclusion` gave, for example read from JSON.
    key : the book's public key, from a source that you trust.
    origin : which book it must be; by default the key's name.

    Raises
    ------
    ProofError : the bundle proves nothing, and why.
    InputError : the checkpoint is malformed.
    """
    _require(bundle, _INCLUSION, {"checkpoint": str, "event": str, "index": int, "proof": list})
    signed = open_checkpoint(bundle["checkpoint"], key, origin=origin)
    body = _utf8(bundle["event"])
    verify_inclusion(
        leaf_of(body),
        _decoded(bundle["proof"]),
        index=bundle["index"],
        size=signed.size,
        root=signed.root,
    )
    try:
        event = json.loads(body)
    except ValueError as error:
        raise ProofError(f"the proven bytes are not an event: {error}") from error
    if not isinstance(event, dict):
        raise ProofError("the proven bytes are not an event")
    return event


def check_consistency(
    bundle: Mapping[str, Any], key: VerifierKey, *, origin: str | None = None
) -> tuple[Checkpoint, Checkpoint]:
    """The two checkpoints of which a bundle proves that the first begins the second.

    Compare the first with the one that you kept: the bundle cannot know which that is.

    Raises
    ------
    ProofError : the bundle proves nothing, and why.
    InputError : a checkpoint is malformed.
    """
    _require(bundle, _CONSISTENCY, {"first": str, "second": str, "proof": list})
    old, new = (open_checkpoint(bundle[name], key, origin=origin) for name in ("first", "second"))
    verify_consistency(
        _decoded(bundle["proof"]),
        first=old.size,
        second=new.size,
        first_root=old.root,
        second_root=new.root,
    )
    return old, new


def check_proof(raw: bytes, verifier_key: str) -> dict[str, Any]:
    """Check a proof of inclusion or consistency without the book; returns the fact it proves.

    Parameters
    ----------
    raw : JSON text of the proof.
    verifier_key : the book's public key, from a source that you trust.

    Raises
    ------
    ProofError : it proves nothing; the error names the fault.
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
    envelope = {name: event.get(name) for name in ("key", "kind", "actor", "document")}
    return {"proves": "the event is in the book", **envelope, "index": bundle["index"]}


def _require(bundle: Mapping[str, Any], kind: str, fields: Mapping[str, type]) -> None:
    if bundle.get("format") != kind:
        raise ProofError(f"not a bundle of the format {kind!r}: {bundle.get('format')!r}")
    for name, kind_of_value in fields.items():
        value = bundle.get(name)
        if not isinstance(value, kind_of_value) or isinstance(value, bool):
            raise ProofError(f"a bundle whose {name} is no {kind_of_value.__name__}")


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ProofError(f"the event's text is no UTF-8: {error}") from error


def _encoded(hashes: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(digest).decode() for digest in hashes]


def _decoded(proof: Sequence[Any]) -> list[bytes]:
    hashes = []
    for text in proof:
        digest = from_base64(text) if isinstance(text, str) else None
        if digest is None:
            raise ProofError("a hash of the proof is not base64 in its one form")
        hashes.append(digest)
    return hashes
