"""A Merkle tree in memory with all its nodes: what the tests compare the log with."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from loopbook.book.event_bytes import leaf_of
from loopbook.book.log.merkle import HASH_BYTES, Frontier, consistency_proof, inclusion_proof
from loopbook.errors import ProofError


class MerkleTree:
    """A tree in memory that only grows: 64 bytes a leaf, every full node kept.

    >>> from loopbook.book.log.merkle import verify_inclusion
    >>> tree = MerkleTree([b"receive", b"weigh", b"shred"])
    >>> tree.append(b"ship")
    3
    >>> proof = tree.inclusion_proof(2)
    >>> verify_inclusion(leaf_of(b"shred"), proof, index=2, size=4, root=tree.root())
    >>> verify_inclusion(leaf_of(b"split"), proof, index=2, size=4, root=tree.root())
    Traceback (most recent call last):
    loopbook.errors.ProofError: the proof does not show event 3 in the book of 4 ...
    """

    __slots__ = ("_levels",)

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels = [bytearray()]
        self.extend_hashes(map(leaf_of, leaves))

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self._levels[0]) // HASH_BYTES

    def append(self, leaf: bytes) -> int:
        """Append one leaf; returns its index."""
        self.extend_hashes((leaf_of(leaf),))
        return self.size - 1

    def extend_hashes(self, leaf_ofes: Iterable[bytes]) -> None:
        """Append leaves by their hashes, all or nothing."""
        new = list(leaf_ofes)
        for one in new:
            assert len(one) == HASH_BYTES
        below = self._levels[0]
        below += b"".join(new)
        for level in range(1, (len(below) // HASH_BYTES).bit_length()):
            if level == len(self._levels):
                self._levels.append(bytearray())
            here = self._levels[level]
            pairs = range(2 * len(here), len(below) - HASH_BYTES, 2 * HASH_BYTES)
            here += b"".join(
                [sha256(b"\x01" + below[at : at + 2 * HASH_BYTES]).digest() for at in pairs]
            )
            below = here

    def hash_at(self, level: int, index: int) -> bytes:
        """Hash of a full node: this tree as a `NodeReader`."""
        start = index * HASH_BYTES
        if not (0 <= level < len(self._levels) and 0 <= start < len(self._levels[level])):
            raise ProofError(f"a tree of {self.size} leaves has no full node ({level}, {index})")
        return bytes(self._levels[level][start : start + HASH_BYTES])

    def root(self, size: int | None = None) -> bytes:
        """Root hash, now or when the tree had ``size`` leaves."""
        return Frontier.read(self.hash_at, self._size_or_now(size)).root()

    def inclusion_proof(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """Proof that leaf ``index`` is in the tree of ``size`` leaves; see `inclusion_proof`."""
        return inclusion_proof(self.hash_at, index, self._size_or_now(size))

    def consistency_proof(self, first: int, second: int | None = None) -> tuple[bytes, ...]:
        """Proof that ``first`` leaves begin the tree of ``second``; see `consistency_proof`."""
        return consistency_proof(self.hash_at, first, self._size_or_now(second))

    def _size_or_now(self, size: int | None) -> int:
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            raise ProofError(f"the tree has {self.size} leaves, not yet {size}")
        return size
