"""The Merkle log: proof that an event is in the book and that the book was only appended to.

The tree of RFC 9162 (section 2.1) over leaves ``d[0], d[1], ...`` is

* ``MTH([]) = SHA-256()``
* ``MTH([d]) = SHA-256(0x00 || d)``, a leaf
* ``MTH(D[0:n]) = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))``, k the largest power of 2 below n

**Coordinates.** Level 0 holds the leaves' hashes; the node ``(level, index)`` is the hash over the
``2**level`` leaves from ``index * 2**level`` on. Only such full nodes are ever stored: once written
they never change, and every root and proof of every size is a few of them folded together.

The leaves' hashes are made by `loopbook.book.event_bytes.leaf_of`.

**Storage** is elsewhere: a store of nodes is read through a `NodeReader` ``hash_at(level, index)``.
`Frontier` computes which nodes a batch of appends adds, and the new root, without reading any;
`every_level` reads a store that keeps only some levels.

**Verifying** needs no storage; its `ProofError` names the fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeAlias

from loopbook.errors import ProofError

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256().digest()
"""Root of the tree without leaves."""

NodeReader: TypeAlias = Callable[[int, int], bytes]
"""``hash_at(level, index)`` of a full node."""

Node: TypeAlias = tuple[int, int, bytes]
"""A full node to store: level, index, hash."""


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node over the hashes of its two children."""
    return sha256(b"\x01" + left + right).digest()


# --- growing -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: all that is needed to append to it and to know its root.

    Parameters
    ----------
    size : number of leaves.
    peaks : hashes of the full nodes that cover the leaves, largest first; one for each 1 in the
        binary form of ``size``.

    >>> a, b, c = (sha256(bytes([0, leaf])).digest() for leaf in b"abc")
    >>> frontier, nodes = Frontier().extended([a, b, c])
    >>> frontier.size, [(level, index) for level, index, _ in nodes]
    (3, [(0, 0), (0, 1), (1, 0), (0, 2)])
    >>> frontier.root() == node_hash(node_hash(a, b), c)
    True
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Refuse peaks that do not fit the size."""
        if self.size < 0 or len(self.peaks) != self.size.bit_count():
            raise ProofError(f"a frontier of size {self.size} cannot have {len(self.peaks)} peaks")
        for peak in self.peaks:
            _require_hash(peak, "a peak")

    @classmethod
    def read(cls, hash_at: NodeReader, size: int) -> Frontier:
        """The frontier of a stored tree at a size: reads at most one node a level."""
        return cls(size, tuple(hash_at(level, index) for level, index in _full_nodes(0, size)))

    def extended(self, leaf_hashes: Iterable[bytes]) -> tuple[Frontier, list[Node]]:
        """The frontier after some leaves, and the full nodes that they add, children first.

        Costs less than two hashes a leaf and reads nothing.
        """
        peaks = list(self.peaks)
        size = self.size
        nodes: list[Node] = []
        for new in leaf_hashes:
            _require_hash(new, "a leaf's hash")
            level, index, digest = 0, size, new
            nodes.append((0, index, digest))
            while index & 1:
                digest = sha256(b"\x01" + peaks.pop() + digest).digest()
                level += 1
                index >>= 1
                nodes.append((level, index, digest))
            peaks.append(digest)
            size += 1
        return Frontier(size, tuple(peaks)), nodes

    def root(self) -> bytes:
        """Root hash of the tree."""
        return _folded(self.peaks) if self.peaks else EMPTY_ROOT


def every_level(stored: NodeReader, step: int) -> NodeReader:
    """A reader of all levels over a store that keeps levels 0, step, 2 * step, ...

    A store with step 4 keeps 2 bytes a leaf beside the leaves' hashes instead of 32, and a node
    costs at most 8 reads and 7 hashes. With leaf hashes in the events' own rows that is all.

    >>> _, nodes = Frontier().extended(sha256(bytes([i])).digest() for i in range(40))
    >>> full = {(level, index): digest for level, index, digest in nodes}
    >>> sparse = every_level(lambda level, index: full[level // 4 * 4, index], 4)
    >>> all(sparse(level, index) == digest for (level, index), digest in full.items())
    True
    """
    if step < 1:
        raise ProofError(f"levels are kept every 1, 2, ... steps, not every {step}")

    def hash_at(level: int, index: int) -> bytes:
        if level % step == 0:
            return stored(level, index)
        return node_hash(hash_at(level - 1, 2 * index), hash_at(level - 1, 2 * index + 1))

    return hash_at


# --- proving -----------------------------------------------------------------------------------


def inclusion_proof(hash_at: NodeReader, index: int, size: int) -> tuple[bytes, ...]:
    """Hashes that lead from leaf ``index`` to the root of ``size`` leaves (RFC 9162, 2.1.3.1).

    They are the siblings on the way up, lowest first; fewer than ``log2(size) + 1`` of them.
    """
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} leaves has no leaf {index}")
    start, end = 0, size
    path = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_hash(hash_at, middle, end))
            end = middle
        else:
            path.append(_range_hash(hash_at, start, middle))
            start = middle
    return tuple(reversed(path))


def consistency_proof(hash_at: NodeReader, first: int, second: int) -> tuple[bytes, ...]:
    """Hashes that show the tree of ``first`` leaves to begin that of ``second`` (2.1.4.1).

    Equal sizes need none. The empty tree begins every tree: there is nothing to prove, and to ask
    for it is a `ProofError`.
    """
    if not 0 < first <= second:
        raise ProofError(f"consistency runs from 1 leaf or more upwards, not {first} to {second}")
    start, end = 0, second
    path = []
    while end != first:
        middle = start + _split(end - start)
        if first <= middle:
            path.append(_range_hash(hash_at, middle, end))
            end = middle
        else:
            path.append(_range_hash(hash_at, start, middle))
            start = middle
    if start:  # otherwise the verifier has this hash: it is the first root
        path.append(_range_hash(hash_at, start, end))
    return tuple(reversed(path))


def _split(size: int) -> int:
    """Largest power of 2 below a size of 2 or more."""
    return 1 << ((size - 1).bit_length() - 1)


def _full_nodes(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The full nodes that cover leaves [start, end), largest first.

    ``start`` is a multiple of a power of 2 that is no smaller than the range, as in all splits.
    """
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def _range_hash(hash_at: NodeReader, start: int, end: int) -> bytes:
    return _folded([hash_at(level, index) for level, index in _full_nodes(start, end)])


def _folded(peaks: Sequence[bytes]) -> bytes:
    """Root over peaks, largest first: the right edge is folded from the small end."""
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


# --- verifying ---------------------------------------------------------------------------------


def verify_inclusion(
    leaf_digest: bytes, proof: Sequence[bytes], *, index: int, size: int, root: bytes
) -> None:
    """Raise `ProofError` unless the leaf is at ``index`` in the tree of that size and root.

    Parameters
    ----------
    leaf_digest : the leaf's hash; compute it from the leaf's bytes yourself.
    proof : what `inclusion_proof` gave.
    index, size, root : place of the leaf, 0 <= index < size, and a root that you trust.
    """
    what = f"the proof does not show event {index + 1} in the book of {size} events"
    if not 0 <= index < size:
        raise ProofError(f"{what}: there is no such event")
    _require_hash(leaf_digest, f"{what}: the event's hash")
    inner, border = _path_shape(index, size)
    _require_hashes(proof, inner + border, what)
    _require_equal(_climb(leaf_digest, proof, index, inner), root, f"{what}: it leads to")


def verify_consistency(
    proof: Sequence[bytes], *, first: int, second: int, first_root: bytes, second_root: bytes
) -> None:
    """Raise `ProofError` unless the first tree is the beginning of the second.

    Parameters
    ----------
    proof : what `consistency_proof` gave; empty for equal sizes.
    first, second : sizes, 1 <= first <= second. From the empty tree nothing can be proven.
    first_root, second_root : their roots, each from a source that you trust for it.
    """
    what = f"the proof does not show that the book of {second} events begins with that of {first}"
    if not 0 < first <= second:
        raise ProofError(f"{what}: sizes must be 1 or more and not shrink")
    if first == second:
        _require_hashes(proof, 0, what)
        _require_equal(first_root, second_root, f"{what}: the older checkpoint has")
        return
    level = (first & -first).bit_length() - 1  # of the last full node that the first tree ends in
    inner, border = _path_shape((first - 1) >> level, ((second - 1) >> level) + 1)
    if first == 1 << level:  # that node is the whole first tree
        _require_hash(first_root, f"{what}: the first root")
        _require_hashes(proof, inner + border, what)
        seed, path = first_root, proof
    else:
        _require_hashes(proof, inner + border + 1, what)
        seed, path = proof[0], proof[1:]
    index = (first - 1) >> level
    old = _climb(seed, path, index, inner, left_only=True)
    _require_equal(old, first_root, f"{what}: for the older checkpoint it leads to")
    new = _climb(seed, path, index, inner)
    _require_equal(new, second_root, f"{what}: for the newer checkpoint it leads to")


def _path_shape(index: int, size: int) -> tuple[int, int]:
    """How many siblings a leaf has on its way up: below the tree's right edge, and along it."""
    inner = (index ^ (size - 1)).bit_length()
    return inner, (index >> inner).bit_count()


def _climb(
    seed: bytes, path: Sequence[bytes], index: int, inner: int, *, left_only: bool = False
) -> bytes:
    """Fold siblings into a hash; along the edge all are on the left.

    ``left_only`` skips siblings on the right: they were not there yet in the smaller tree.
    """
    for height, sibling in enumerate(path[:inner]):
        if index >> height & 1:
            seed = node_hash(sibling, seed)
        elif not left_only:
            seed = node_hash(seed, sibling)
    for sibling in path[inner:]:
        seed = node_hash(sibling, seed)
    return seed


def _require_equal(computed: bytes, trusted: bytes, what: str) -> None:
    if computed != trusted:
        raise ProofError(f"{what} another root than the checkpoint's")


def _require_hash(digest: bytes, what: str) -> None:
    if len(digest) != HASH_BYTES:
        raise ProofError(f"{what} has {len(digest)} bytes, not {HASH_BYTES}")


def _require_hashes(proof: Sequence[bytes], count: int, what: str) -> None:
    if len(proof) != count:
        raise ProofError(f"{what}: a proof has {count} hashes here, this one {len(proof)}")
    for place, digest in enumerate(proof):
        _require_hash(digest, f"{what}: hash {place} of the proof")
