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
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from loopbook.book.book import Book
from loopbook.book.event_bytes import event_bytes, leaf_of
from loopbook.book.listings import Balance
from loopbook.book.log.checkpoint import (
    Checkpoint,
    SignedCheckpoint,
    modelled_line,
    open_checkpoint,
    sign,
)
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
from loopbook.book.modelled import says_modelled
from loopbook.book.storage.database import Database
from loopbook.book.storage.questions.checks import count_rows
from loopbook.book.storage.questions.events import later_about
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
from loopbook.report import HIDDEN, KEYS, Answer, Column, Rows, counted, moment_of

STEP = 4
"""Every how many levels the tree's nodes are stored."""

_INCLUSION = "loopbook inclusion 1"
_CONSISTENCY = "loopbook consistency 1"
_BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Signed(Answer):
    """A signed checkpoint of a book."""

    verbatim: ClassVar[bool] = True

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

    verbatim: ClassVar[bool] = True

    format: Annotated[str, "what it is, with its version"]
    checkpoint: Annotated[str, "a signed note that covers the event"]
    event: Annotated[str, "the event's canonical bytes, as text"]
    index: Annotated[int, "place of the event in the log"]
    proof: Annotated[tuple[str, ...], "hashes from the event to the root, base64"]
    covered: Annotated[int, "events that the note covers"] = 0
    uncovered: Annotated[int, "events of the book that no checkpoint covers"] = 0
    reversed_by: Annotated[str, "key of the event that reverses it"] = ""

    def headline(self) -> str:
        """The bundle as JSON, to give away."""
        return _bundle_text(self)

    def remark(self) -> str:
        """How much of the book the proof's checkpoint covers, and whether the event counts."""
        coverage = _coverage(self.covered, self.uncovered)
        if not self.reversed_by:
            return coverage
        return (
            f"the event is reversed by {self.reversed_by}: the proof shows that it was recorded, "
            f"and not that it still counts\n{coverage}"
        )


@dataclass(frozen=True, slots=True)
class Consistency(Answer):
    """A bundle that proves one state of the book to begin with another."""

    verbatim: ClassVar[bool] = True

    format: Annotated[str, "what it is, with its version"]
    first: Annotated[str, "the older signed note"]
    second: Annotated[str, "the newer signed note"]
    proof: Annotated[tuple[str, ...], "hashes from the older root to the newer, base64"]
    covered: Annotated[int, "events that the newer note covers"] = 0
    uncovered: Annotated[int, "events of the book that no checkpoint covers"] = 0

    def headline(self) -> str:
        """The bundle as JSON, to give away."""
        return _bundle_text(self)

    def remark(self) -> str:
        """How much of the book the newer checkpoint covers."""
        return _coverage(self.covered, self.uncovered)


def _bundle_text(bundle: Inclusion | Consistency) -> str:
    """The fields that a proof needs, as JSON."""
    stated = {name: getattr(bundle, name) for name in _bundle_fields(type(bundle))}
    return json.dumps(stated, indent=2, ensure_ascii=False)


def _bundle_fields(kind: type[Inclusion | Consistency]) -> list[str]:
    """Names of the fields that a proof needs; the others are for the one who makes it."""
    return [field.name for field in fields(kind) if field.default is MISSING]


def _coverage(covered: int, uncovered: int) -> str:
    return (
        f"covered by the checkpoint of this proof: {counted(covered, 'event')}; "
        f"covered by none: {uncovered}"
    )


@dataclass(frozen=True, slots=True)
class ProvenEvent(Answer):
    """What a bundle of inclusion proves: an event of the book."""

    proves: Annotated[str, "the fact"]
    index: Annotated[int, "place of the event in the log"]
    key: Annotated[str, "its key"]
    kind: Annotated[str, "kind of its command"]
    actor: Annotated[str, "who entered it"]
    document: Annotated[str, "on which paper"]
    occurred_at: Annotated[int, "when it happened", Column(read=moment_of)]
    covered: Annotated[int, "events that the proof's checkpoint covers"]
    kept: Annotated[bool, "whether it is a checkpoint that an outsider kept"]
    substances: Annotated[tuple[str, ...], KEYS]
    legs: Annotated[tuple[Balance, ...], Rows("Legs")]

    @property
    def notes(self) -> Annotated[tuple[str, ...], "remarks for people", Column(drops=HIDDEN)]:
        """What is not covered."""
        later = "the proof cannot show whether a later event reverses or amends this one"
        return (*_left_open(self.covered, kept=self.kept), later)


@dataclass(frozen=True, slots=True)
class ProvenGrowth(Answer):
    """What a bundle of consistency proves: nothing of the older book was changed.

    Without a kept checkpoint, compare the older root with yours: the bundle cannot know it.
    """

    proves: Annotated[str, "the fact"]
    from_size: Annotated[int, "events of the older book"]
    to_size: Annotated[int, "events of the newer book"]
    from_root: Annotated[str, "root hash of the older book, base64"]
    to_root: Annotated[str, "root hash of the newer book, base64"]
    covered: Annotated[int, "events that the newer checkpoint covers"]
    kept: Annotated[bool, "whether one of both is a checkpoint that an outsider kept"]

    @property
    def notes(self) -> Annotated[tuple[str, ...], "remarks for people", Column(drops=HIDDEN)]:
        """What is not covered."""
        return _left_open(self.covered, kept=self.kept)


def _left_open(covered: int, *, kept: bool) -> tuple[str, ...]:
    """What a proof cannot show, in words."""
    events = counted(covered, "event")
    beyond = f"the checkpoint covers {events}; it covers no event that was recorded later"
    if kept:
        return (beyond,)
    own = "the checkpoint is the book's own: give --checkpoint FILE to compare it with one you kept"
    return beyond, own


B = TypeVar("B", Inclusion, Consistency)


@says_modelled
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
        line = modelled_line(session.nouns.modelled)
        root = Checkpoint(signer.name, frontier.size, frontier.root(), line)
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


@says_modelled
def inclusion(book: Book, key: str, kept: Sequence[SignedCheckpoint] = ()) -> Inclusion:
    """A bundle that proves an event to be in the book, for `check_inclusion`.

    Parameters
    ----------
    key : the event's key.
    kept : checkpoints that an outsider kept; the proof then leads to the last one.

    Raises
    ------
    InputError : no such event.
    ProofError : no checkpoint covers it yet, its rows do not give its sealed hash any more, or the
        book is not the one of the kept checkpoint.
    """
    db = book.store
    event = book.event(key)
    placed, covering = place_of(db, key), largest_checkpoint(db)
    if placed is None or covering is None or placed[0] >= covering[0]:
        raise ProofError(f"no checkpoint covers event {key!r} yet: make one first")
    (place, seal), (size, note), last = placed, covering, covering[0]
    if kept:
        refuse_shorter(kept, last)
        size, note = kept[-1].checkpoint.size, kept[-1].text()
        if place >= size:
            raise ProofError(
                f"event {key!r} was recorded after the checkpoint of {size} events that was kept: "
                f"prove the growth with --sizes {size} {last}, and keep the newer checkpoint of it"
            )
    body = event_bytes(event, book.substances)
    if leaf_of(body) != seal:
        raise ProofError(f"the rows of event {key!r} do not give its sealed hash")
    hashes = inclusion_proof(reader(db), place, size)
    if kept:
        root = kept[-1].checkpoint.root
        verify_inclusion(seal, hashes, index=place, size=size, root=root)
    uncovered = count_rows(db, "event") - last
    later = later_about(db, key, event.corrects or key)
    return Inclusion(
        _INCLUSION,
        note,
        body.decode(),
        place,
        _encoded(hashes),
        covered=size,
        uncovered=uncovered,
        reversed_by="".join(key for verb, key in later if verb == "reverses"),
    )


@says_modelled
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
    proof = _encoded(consistency_proof(reader(book.store), first, second))
    covering = largest_checkpoint(book.store)
    uncovered = count_rows(book.store, "event") - (covering[0] if covering else 0)
    return Consistency(_CONSISTENCY, older, newer, proof, covered=second, uncovered=uncovered)


def _note_of(book: Book, size: int) -> str:
    """A checkpoint of a size."""
    signed = notes_of(book.store, size)
    if not signed:
        raise ProofError(f"the book has no checkpoint of {size} events")
    return signed[0]


def check_inclusion(
    bundle: Inclusion, key: VerifierKey, kept: Sequence[SignedCheckpoint] = ()
) -> ProvenEvent:
    """The event that a bundle proves to be in the book; without the book.

    Parameters
    ----------
    key : the book's public key, from a source that you trust.
    kept : checkpoints of the book that you kept; the proof must lead to one of them.

    Raises
    ------
    ProofError : the bundle proves nothing, and why.
    InputError : the checkpoint is malformed.
    """
    signed = open_checkpoint(bundle.checkpoint, key)
    if not _compare(kept, [signed]) and kept:
        size = kept[-1].checkpoint.size
        raise ProofError(
            f"the proof leads to a checkpoint of {signed.size} events, and the one that you kept "
            f"is of {size}: ask for the proof with --checkpoint and the one that you kept"
        )
    try:
        body = bundle.event.encode()
        event = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProofError(f"the bytes of the proof are not an event: {error}") from error
    verify_inclusion(
        leaf_of(body),
        _decoded(bundle.proof),
        index=bundle.index,
        size=signed.size,
        root=signed.root,
    )
    return _proven(event, bundle.index, signed, kept=bool(kept))


def _proven(event: Any, index: int, signed: Checkpoint, *, kept: bool) -> ProvenEvent:
    """What the proven bytes of an event say."""
    try:
        stated = {str(k): v for k, v in dict(event).items()}
        amounts = {account: dict(each) for account, each in stated["legs"]}
        substances = tuple(sorted({name for each in amounts.values() for name in each}))
        legs = tuple(
            Balance(kind, party, site, lot, tuple(int(each.get(s, 0)) for s in substances))
            for account, each in amounts.items()
            for kind, party, site, lot in [account.split("/")]
        )
        occurred_at = int(stated["occurred_at"])
    except (KeyError, TypeError, ValueError) as error:
        raise ProofError("the proven bytes are not an event") from error
    texts = {name: str(stated.get(name, "")) for name in ("key", "kind", "actor", "document")}
    return ProvenEvent(
        "the event is in the book",
        index,
        **texts,
        occurred_at=occurred_at,
        covered=signed.size,
        kept=kept,
        substances=substances,
        legs=legs,
        modelled=signed.modelled,
    )


def refuse_shorter(kept: Sequence[SignedCheckpoint], size: int) -> None:
    """Raise `ProofError` if a book of a size is shorter than what was kept."""
    largest = max((note.checkpoint.size for note in kept), default=0)
    if size < largest:
        raise ProofError(
            f"the book is shorter than the one whose checkpoint was kept: {size} events, "
            f"kept was one of {largest}; events were removed, or it is another book"
        )


def _compare(kept: Sequence[SignedCheckpoint], signed: Sequence[Checkpoint]) -> int:
    """How many checkpoints of a proof were kept; `ProofError` where one has another root."""
    roots = {note.checkpoint.size: note.checkpoint.root for note in kept}
    for checkpoint in signed:
        root = roots.get(checkpoint.size, checkpoint.root)
        if root != checkpoint.root:
            raise ProofError(
                f"the proof is of another book: at {checkpoint.size} events the checkpoint that "
                f"was kept has the root {root.hex()}, that of the proof {checkpoint.root.hex()}"
            )
    return sum(checkpoint.size in roots for checkpoint in signed)


def check_consistency(
    bundle: Consistency, key: VerifierKey, kept: Sequence[SignedCheckpoint] = ()
) -> ProvenGrowth:
    """The two states of which a bundle proves that the newer begins with the older.

    Parameters
    ----------
    kept : checkpoints of the book that you kept; one of both must be among them.

    Raises
    ------
    ProofError : the bundle proves nothing, and why.
    InputError : a checkpoint is malformed.
    """
    old, new = (open_checkpoint(note, key) for note in (bundle.first, bundle.second))
    refuse_shorter(kept, new.size)
    if not _compare(kept, [old, new]) and kept:
        size = kept[-1].checkpoint.size
        raise ProofError(
            f"the proof is of {old.size} and {new.size} events, and the checkpoint that you kept "
            f"is of {size}: ask for a proof with --sizes {size} {new.size}"
        )
    verify_consistency(
        _decoded(bundle.proof),
        first=old.size,
        second=new.size,
        first_root=old.root,
        second_root=new.root,
    )
    first_root, second_root = _encoded([old.root, new.root])
    return ProvenGrowth(
        "the book only grew",
        old.size,
        new.size,
        first_root,
        second_root,
        new.size,
        bool(kept),
        modelled=new.modelled,
    )


def check_growth(raw: bytes, key: VerifierKey, kept: Sequence[SignedCheckpoint]) -> Consistency:
    """A proof of growth, which was checked as `check_proof` does; any other is a `ProofError`."""
    bundle = _read_proof(raw)
    if not isinstance(bundle, Consistency):
        raise ProofError("the proof is of one event, not of the book's growth: use --sizes")
    check_consistency(bundle, key, kept)
    return bundle


def check_proof(
    raw: bytes, verifier_key: str, kept: Sequence[SignedCheckpoint] = ()
) -> ProvenEvent | ProvenGrowth:
    """Check a proof of inclusion or consistency without the book; returns the fact it proves.

    Parameters
    ----------
    raw : JSON text of the proof.
    verifier_key : the book's public key, from a source that you trust.
    kept : checkpoints of the book that you kept, as `read_kept` gives them: a proof of a shorter
        book, or of one with another root at such a size, is refused.

    Raises
    ------
    ProofError : it proves nothing; the error names the fault.
    """
    key, bundle = VerifierKey.parse(verifier_key), _read_proof(raw)
    if isinstance(bundle, Inclusion):
        return check_inclusion(bundle, key, kept)
    return check_consistency(bundle, key, kept)


def _read_proof(raw: bytes) -> Inclusion | Consistency:
    """A bundle of JSON text; nothing is checked yet."""
    try:
        bundle = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ProofError(f"the proof is not JSON: {error}") from error
    stated = bundle.get("format") if isinstance(bundle, dict) else "no JSON object"
    if stated == _INCLUSION:
        return _bundle_of(Inclusion, bundle)
    if stated == _CONSISTENCY:
        return _bundle_of(Consistency, bundle)
    raise ProofError(f"not a proof of the book: its format is {stated!r}")


def _bundle_of(kind: type[B], values: Mapping[str, Any]) -> B:
    """A bundle of values from JSON, each of its type; other fields are left out."""
    names = _bundle_fields(kind)
    for name in names:
        expected = {"index": int, "proof": list}.get(name, str)
        if type(values.get(name)) is not expected:
            raise ProofError(f"the {name} of the proof is not of type {expected.__name__}")
    return kind(**{name: values[name] for name in names})


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
