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
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, TypeVar

from loopbook.book.book import Book
from loopbook.book.event_bytes import event_bytes, leaf_of
from loopbook.book.log.checkpoint import Checkpoint, open_checkpoint, sign
from loopbook.book.log.keys import Signer, VerifierKey, from_base64, signer_of
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
from loopbook.report import Answer

STEP = 4
"""Every how many levels the tree's nodes are stored."""

_INCLUSION = "loopbook inclusion 1"
_CONSISTENCY = "loopbook consistency 1"
_BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Signed(Answer):
    """A signed checkpoint of a book."""

    checkpoint: Annotated[str, "the signed note"]
    verifier_key: Annotated[str, "the public key that checks it"]

    def headline(self) -> str:
        """The note, as others keep it."""
        return self.checkpoint.rstrip()

    def remark(self) -> str:
        """The public key."""
        return f"verifier key: {self.verifier_key}"


@dataclass(frozen=True, slots=True)
class Inclusion(Answer):
    """A bundle that proves an event to be in the book."""

    format: Annotated[str, "what it is, with its version"]
    checkpoint: Annotated[str, "a signed note that covers the event"]
    event: Annotated[str, "the event's canonical bytes, as text"]
    index: Annotated[int, "place of the event in the log"]
    proof: Annotated[tuple[str, ...], "hashes from the event to the root, base64"]

    def headline(self) -> str:
        """The bundle as JSON, to give away."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Consistency(Answer):
    """A bundle that proves one state of the book to begin with another."""

    format: Annotated[str, "what it is, with its version"]
    first: Annotated[str, "the older signed note"]
    second: Annotated[str, "the newer signed note"]
    proof: Annotated[tuple[str, ...], "hashes from the older root to the newer, base64"]

    def headline(self) -> str:
        """The bundle as JSON, to give away."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class ProvenEvent(Answer):
    """What a bundle of inclusion proves: an event of the book."""

    proves: Annotated[str, "the fact"]
    index: Annotated[int, "place of the event in the log"]
    key: Annotated[str, "its key"]
    kind: Annotated[str, "kind of its command"]
    actor: Annotated[str, "who entered it"]
    document: Annotated[str, "on which paper"]


@dataclass(frozen=True, slots=True)
class ProvenGrowth(Answer):
    """What a bundle of consistency proves: nothing of the older book was changed.

    Compare the older root with that of the checkpoint that you kept: the bundle cannot know it.
    """

    proves: Annotated[str, "the fact"]
    from_size: Annotated[int, "events of the older book"]
    to_size: Annotated[int, "events of the newer book"]
    from_root: Annotated[str, "root hash of the older book, base64"]
    to_root: Annotated[str, "root hash of the newer book, base64"]


B = TypeVar("B", Inclusion, Consistency)


def sign_book(book: Book, key_file: Path, name: str, *, new_key: bool = False) -> Signed:
    """Sign a book in its present state with the private key of a file.

    Parameters
    ----------
    name : who signs.
    new_key : whether the key is made first.
    """
    signer = signer_of(key_file, name, new=new_key)
    return Signed(checkpoint(book, signer), str(signer.verifier))


def checkpoint(book: Book, signer: Signer) -> str:
    """Sign the book in its present state, keep the note in the book, and return it.

    Nodes of the tree are built from where the last checkpoint left them. The signer's public key
    is noted in the book's settings, so that `loopbook.book.verify` can check old checkpoints; an
    outsider uses the key that it was given.

    Parameters
    ----------
    signer : the book's key; its name is the note's origin.
    """

    def work(session: Session) -> str:
        db = session.db
        frontier = _grow(db)
        root = Checkpoint(signer.name, frontier.size, frontier.root())
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


def inclusion(book: Book, key: str) -> Inclusion:
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
    proof = _encoded(inclusion_proof(reader(db), place, size))
    return Inclusion(_INCLUSION, note, body.decode(), place, proof)


def consistency(book: Book, first: int, second: int) -> Consistency:
    """A bundle that proves the book of `second` events to begin with that of `first`.

    Parameters
    ----------
    first, second : sizes that the book has signed checkpoints of, 1 <= first <= second.

    Raises
    ------
    ProofError : a size without a checkpoint, or sizes in the wrong order.
    """
    older, newer = (_note_of(book, size) for size in (first, second))
    proof = consistency_proof(reader(book.store), first, second)
    return Consistency(_CONSISTENCY, older, newer, _encoded(proof))


def _note_of(book: Book, size: int) -> str:
    """A checkpoint of a size."""
    signed = notes_of(book.store, size)
    if not signed:
        raise ProofError(f"the book has no checkpoint of {size} events")
    return signed[0]


def check_inclusion(bundle: Inclusion, key: VerifierKey) -> ProvenEvent:
    """The event that a bundle proves to be in the book; without the book.

    Parameters
    ----------
    key : the book's public key, from a source that you trust.

    Raises
    ------
    ProofError : the bundle proves nothing, and why.
    InputError : the checkpoint is malformed.
    """
    signed = open_checkpoint(bundle.checkpoint, key)
    try:
        body = bundle.event.encode()
        event = json.loads(body)
    except ValueError as error:
        raise ProofError(f"the bytes of the proof are not an event: {error}") from error
    verify_inclusion(
        leaf_of(body),
        _decoded(bundle.proof),
        index=bundle.index,
        size=signed.size,
        root=signed.root,
    )
    if not isinstance(event, dict):
        raise ProofError("the proven bytes are not an event")
    return ProvenEvent(
        "the event is in the book",
        bundle.index,
        *(str(event.get(name, "")) for name in ("key", "kind", "actor", "document")),
    )


def check_consistency(bundle: Consistency, key: VerifierKey) -> ProvenGrowth:
    """The two states of which a bundle proves that the newer begins with the older.

    Raises
    ------
    ProofError : the bundle proves nothing, and why.
    InputError : a checkpoint is malformed.
    """
    old, new = (open_checkpoint(note, key) for note in (bundle.first, bundle.second))
    verify_consistency(
        _decoded(bundle.proof),
        first=old.size,
        second=new.size,
        first_root=old.root,
        second_root=new.root,
    )
    return ProvenGrowth("the book only grew", old.size, new.size, *_encoded([old.root, new.root]))


def check_proof(raw: bytes, verifier_key: str) -> ProvenEvent | ProvenGrowth:
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
        raise ProofError(f"the proof is not JSON: {error}") from error
    stated = bundle.get("format") if isinstance(bundle, dict) else "no JSON object"
    if stated == _INCLUSION:
        return check_inclusion(_bundle_of(Inclusion, bundle), key)
    if stated == _CONSISTENCY:
        return check_consistency(_bundle_of(Consistency, bundle), key)
    raise ProofError(f"not a proof of the book: its format is {stated!r}")


def _bundle_of(kind: type[B], values: Mapping[str, Any]) -> B:
    """A bundle of values from JSON, each of its type; other fields are left out."""
    for name in [field.name for field in fields(kind)]:
        expected = {"index": int, "proof": list}.get(name, str)
        if type(values.get(name)) is not expected:
            raise ProofError(f"the {name} of the proof is not of type {expected.__name__}")
    return kind(**{field.name: values[field.name] for field in fields(kind)})


def _encoded(hashes: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(base64.b64encode(digest).decode() for digest in hashes)


def _decoded(proof: Sequence[object]) -> list[bytes]:
    hashes = []
    for text in proof:
        digest = from_base64(text) if isinstance(text, str) else None
        if digest is None:
            raise ProofError("a hash of the proof is not base64 in its one form")
        hashes.append(digest)
    return hashes
