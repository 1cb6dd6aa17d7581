"""The Merkle log: the public vectors, the RFC's own definition by brute force, and tampering."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from merkle_tree import MerkleTree

from loopbook.book.event_bytes import leaf_of
from loopbook.book.log.merkle import (
    EMPTY_ROOT,
    Frontier,
    ProofError,
    consistency_proof,
    every_level,
    inclusion_proof,
    node_hash,
    verify_consistency,
    verify_inclusion,
)
from loopbook.errors import LoopbookError

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "acceptance"
VECTORS = Path(os.environ.get("LOOPBOOK_ACCEPTANCE", BESIDE)) / "merkle"

MOST = 70
LEAVES = [f"event {i}".encode() for i in range(MOST)]
HASHES = [leaf_of(leaf) for leaf in LEAVES]


# --- the public vectors --------------------------------------------------------------------------


def vectors(kind: str) -> list[dict[str, Any]]:
    if not VECTORS.is_dir():
        pytest.skip(f"NO VECTORS: {VECTORS} is absent; set LOOPBOOK_ACCEPTANCE")
    files = sorted((VECTORS / kind).rglob("*.json"))
    return [{"file": f, **json.loads(f.read_text(encoding="utf-8"))} for f in files]


def proof_of(vector: dict[str, Any]) -> list[bytes]:
    return [base64.b64decode(h) for h in vector["proof"] or []]


def holds(vector: dict[str, Any]) -> bool:
    read = base64.b64decode
    try:
        if "leafIdx" in vector:
            verify_inclusion(
                read(vector["leafHash"]),
                proof_of(vector),
                index=vector["leafIdx"],
                size=vector["treeSize"],
                root=read(vector["root"]),
            )
        else:
            verify_consistency(
                proof_of(vector),
                first=vector["size1"],
                second=vector["size2"],
                first_root=read(vector["root1"]),
                second_root=read(vector["root2"]),
            )
    except ProofError:
        return False
    return True


@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_all_public_vectors_are_judged_right(kind: str) -> None:
    found = vectors(kind)
    assert len(found) == 98
    assert sum(v["wantErr"] for v in found) == 92
    assert [v["file"].name for v in found if holds(v) == v["wantErr"]] == []


# --- the definition by brute force ---------------------------------------------------------------
# RFC 9162, sections 2.1.1, 2.1.3.1 and 2.1.4.1, letter by letter; D is a range of LEAVES.


def k_of(n: int) -> int:
    return max(2**i for i in range(n.bit_length() + 1) if 2**i < n)


@cache
def mth(start: int, end: int) -> bytes:
    n = end - start
    if n == 0:
        return EMPTY_ROOT
    if n == 1:
        return leaf_of(LEAVES[start])
    k = k_of(n)
    return node_hash(mth(start, start + k), mth(start + k, end))


def path(m: int, start: int, end: int) -> list[bytes]:
    n = end - start
    if n == 1:
        return []
    k = k_of(n)
    if m < k:
        return [*path(m, start, start + k), mth(start + k, end)]
    return [*path(m - k, start + k, end), mth(start, start + k)]


def subproof(m: int, start: int, end: int, *, known: bool) -> list[bytes]:
    n = end - start
    if m == n:
        return [] if known else [mth(start, end)]
    k = k_of(n)
    if m <= k:
        return [*subproof(m, start, start + k, known=known), mth(start + k, end)]
    return [*subproof(m - k, start + k, end, known=False), mth(start, start + k)]


TREE = MerkleTree(LEAVES)


@pytest.mark.parametrize("size", range(MOST + 1))
def test_every_root_and_proof_of_a_size_is_the_rfcs(size: int) -> None:
    root = TREE.root(size)
    assert root == mth(0, size) == MerkleTree(LEAVES[:size]).root()
    for i in range(size):
        proof = TREE.inclusion_proof(i, size)
        assert list(proof) == path(i, 0, size)
        verify_inclusion(HASHES[i], proof, index=i, size=size, root=root)
    for first in range(1, size + 1):
        proof = TREE.consistency_proof(first, size)
        assert list(proof) == subproof(first, 0, size, known=True)
        roots = {"first_root": mth(0, first), "second_root": root}
        verify_consistency(proof, first=first, second=size, **roots)


@pytest.mark.parametrize("size", range(1, 34))
def test_a_proof_holds_at_its_own_place_only(size: int) -> None:
    root = TREE.root(size)
    for i in range(size):
        proof = TREE.inclusion_proof(i, size)
        for j in range(size):
            if i != j:
                with pytest.raises(ProofError):
                    verify_inclusion(HASHES[i], proof, index=j, size=size, root=root)


@given(
    st.integers(0, MOST).flatmap(
        lambda n: st.lists(st.integers(0, n), max_size=5).map(lambda cuts: (n, sorted(cuts)))
    )
)
def test_a_tree_grows_alike_in_any_batches(case: tuple[int, list[int]]) -> None:
    size, cuts = case
    tree, frontier, stored = MerkleTree(), Frontier(), {}
    for start, end in zip([0, *cuts], [*cuts, size], strict=True):
        tree.extend_hashes(HASHES[start:end])
        frontier, nodes = frontier.extended(HASHES[start:end])
        assert not stored.keys() & {(level, index) for level, index, _ in nodes}
        stored |= {(level, index): digest for level, index, digest in nodes}
        assert frontier.root() == tree.root() == mth(0, end)
        assert Frontier.read(tree.hash_at, end) == frontier
    full = {(level, i) for level in range(8) for i in range(size >> level)}
    assert stored == {(level, i): tree.hash_at(level, i) for level, i in full}


@given(st.integers(1, 9), st.integers(1, MOST), st.data())
def test_a_store_of_some_levels_proves_the_same(step: int, size: int, data: st.DataObject) -> None:
    def stored(level: int, index: int) -> bytes:
        assert level % step == 0
        return TREE.hash_at(level, index)

    hash_at = every_level(stored, step)
    index = data.draw(st.integers(0, size - 1))
    assert inclusion_proof(hash_at, index, size) == TREE.inclusion_proof(index, size)
    assert consistency_proof(hash_at, index + 1, size) == TREE.consistency_proof(index + 1, size)
    assert Frontier.read(hash_at, size).root() == TREE.root(size)


# --- tampering -----------------------------------------------------------------------------------


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def flips(hashes: Sequence[bytes], bit: int) -> list[tuple[bytes, ...]]:
    """The hashes with a bit of one of them changed, for each of them."""
    return [
        tuple(flipped(h, bit) if i == j else h for j, h in enumerate(hashes))
        for i in range(len(hashes))
    ]


def damages(proof: tuple[bytes, ...], bit: int) -> list[tuple[bytes, ...]]:
    """A proof changed, cut, made longer and put in another order."""
    wrong = flips(proof, bit)
    wrong += [proof[:i] + proof[i + 1 :] for i in range(len(proof))]
    wrong += [(*proof[:i], HASHES[0], *proof[i:]) for i in range(len(proof) + 1)]
    wrong += [(*proof[:-1], last) for last in (proof[-1][:-1], proof[-1] + b"\0")] if proof else []
    if len(proof) > 1:
        wrong.append(proof[1:] + proof[:1])
    return wrong


@given(st.integers(1, MOST), st.integers(0, 255), st.data())
def test_a_changed_byte_breaks_an_inclusion_proof(size: int, bit: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof, root, leaf = TREE.inclusion_proof(index, size), TREE.root(size), LEAVES[index]
    at = {"index": index, "size": size}
    changed = leaf_of(flipped(leaf, bit % (8 * len(leaf))))
    cases = [(changed, proof, root), (HASHES[index], proof, flipped(root, bit))]
    cases += [(flipped(HASHES[index], bit), proof, root)]
    cases += [(HASHES[index], wrong, root) for wrong in damages(proof, bit)]
    for digest, wrong, given_root in cases:
        with pytest.raises(
            ProofError, match=f"does not show event {index + 1} in the book of {size} events: "
        ):
            verify_inclusion(digest, wrong, root=given_root, **at)


@given(st.integers(1, MOST), st.integers(0, 255), st.data())
def test_a_changed_byte_breaks_a_consistency_proof(
    second: int, bit: int, data: st.DataObject
) -> None:
    first = data.draw(st.integers(1, second))
    proof, old, new = TREE.consistency_proof(first, second), TREE.root(first), TREE.root(second)
    cases = [(proof, flipped(old, bit), new), (proof, old, flipped(new, bit))]
    cases += [(wrong, old, new) for wrong in damages(proof, bit)]
    if first != second:
        cases.append((proof, new, old))
    for wrong, first_root, second_root in cases:
        roots = {"first_root": first_root, "second_root": second_root}
        with pytest.raises(
            ProofError,
            match=f"does not show that the book of {second} events begins with that of {first}: ",
        ):
            verify_consistency(wrong, first=first, second=second, **roots)


@given(st.integers(0, MOST - 1), st.integers(1, MOST))
def test_a_changed_event_changes_every_later_root(changed: int, size: int) -> None:
    leaves = [flipped(x, 0) if i == changed else x for i, x in enumerate(LEAVES[:size])]
    assert (MerkleTree(leaves).root() == TREE.root(size)) == (changed >= size)


def test_a_rewritten_history_is_not_consistent() -> None:
    rewritten = MerkleTree([b"another beginning", *LEAVES[1:]])
    for first in range(1, MOST):
        roots = {"first_root": TREE.root(first), "second_root": rewritten.root()}
        for proof in (rewritten.consistency_proof(first), TREE.consistency_proof(first)):
            with pytest.raises(ProofError):
                verify_consistency(proof, first=first, second=MOST, **roots)


def test_an_inner_node_is_no_leaf() -> None:
    pair = HASHES[0] + HASHES[1]
    assert leaf_of(pair) != TREE.hash_at(1, 0)
    assert MerkleTree([pair]).root() != TREE.root(2)


# --- misuse says what is wrong -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: TREE.inclusion_proof(3, 3), "a tree of 3 leaves has no leaf 3"),
        (lambda: TREE.inclusion_proof(-1), "a tree of 70 leaves has no leaf -1"),
        (lambda: TREE.inclusion_proof(0, 71), "the tree has 70 leaves, not yet 71"),
        (lambda: TREE.consistency_proof(0), "not 0 to 70"),
        (lambda: TREE.consistency_proof(9, 8), "not 9 to 8"),
        (lambda: TREE.root(-1), "the tree has 70 leaves, not yet -1"),
        (lambda: TREE.hash_at(1, 35), "70 leaves has no full node (1, 35)"),
        (lambda: TREE.hash_at(0, -1), "no full node (0, -1)"),
        (lambda: TREE.hash_at(7, 0), "no full node (7, 0)"),
        (lambda: Frontier().extended([b"short"]), "a leaf's hash has 5 bytes, not 32"),
        (lambda: Frontier().extended([b""]), "a leaf's hash has 0 bytes, not 32"),
        (lambda: Frontier(3, (HASHES[0],)), "a frontier of size 3 cannot have 1 peaks"),
        (lambda: Frontier(1, (b"",)), "a peak has 0 bytes, not 32"),
        (lambda: every_level(TREE.hash_at, 0), "not every 0"),
        (
            lambda: verify_inclusion(HASHES[0], [], index=1, size=1, root=HASHES[0]),
            "the proof does not show event 2 in the book of 1 events: there is no such event",
        ),
        (
            lambda: verify_inclusion(HASHES[0], [], index=0, size=2, root=HASHES[0]),
            "a proof has 1 hashes here, this one 0",
        ),
        (
            lambda: verify_inclusion(HASHES[0], [b"x"], index=0, size=2, root=HASHES[0]),
            "hash 0 of the proof has 1 bytes, not 32",
        ),
        (
            lambda: verify_consistency([], first=0, second=5, first_root=b"", second_root=b""),
            "sizes must be 1 or more and not shrink",
        ),
        (
            lambda: verify_consistency([], first=2, second=1, first_root=b"", second_root=b""),
            "sizes must be 1 or more and not shrink",
        ),
        (
            lambda: verify_consistency(
                TREE.consistency_proof(4, 6),
                first=4,
                second=6,
                first_root=b"",
                second_root=TREE.root(6),
            ),
            "the first root has 0 bytes, not 32",
        ),
    ],
)
def test_misuse_says_what_is_wrong(call: Any, says: str) -> None:
    with pytest.raises(ProofError) as raised:
        call()
    assert says in str(raised.value)
    assert isinstance(raised.value, LoopbookError)
