"""Names by number and numbers by name, whichever part they are in."""

from __future__ import annotations

import pytest

from loopbook.trace.genealogy.names import Names


@pytest.mark.parametrize("together", [1, 10, 1000])
@pytest.mark.parametrize("few", [0, 3, 10_000])
def test_names_are_found_before_and_after_they_are_sorted(few: int, together: int) -> None:
    names, added = Names.of(few=few, together=together), list[str]()
    for size in (0, 1, 2, 5, 40, 1, 1, 30):
        new = [f"L-{len(added) + k}" + "ü" * (k % 3) for k in range(size)]
        names.add(new)
        added += new
        assert len(names) == len(added)
        assert names.many(range(len(added))) == added
        assert list(names.numbers(added)) == list(range(len(added)))
        assert names.number("L-") == -1
        mixed = [name for known in reversed(added) for name in (known, known + "-")]
        expected = [x for k in reversed(range(len(added))) for x in (k, -1)]
        assert list(names.numbers(mixed)) == expected
    names.settle()
    assert names.many(range(len(added))) == added
    assert list(names.numbers(added)) == list(range(len(added)))
    assert (names.hashes[1:] >= names.hashes[:-1]).all()
    hashes = names.hashes
    names.settle()
    assert names.hashes is hashes


@pytest.mark.parametrize("together", [1, 64])
def test_names_with_one_hash_are_distinguished(together: int) -> None:
    names = Names.of(["a", "b", "ab"], together=together, prime=0)
    names.add(["ba"])
    for _ in ("one of them in the dictionary", "all of them sorted"):
        assert [names.number(x) for x in ("ba", "ab", "a", "c", "b")] == [3, 2, 0, -1, 1]
        assert list(names.numbers(["ba", "ab", "a", "c", "b"])) == [3, 2, 0, -1, 1]
        names.settle()
    assert len(set(names.hashes.tolist())) == 1
