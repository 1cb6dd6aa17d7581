"""Names by number and numbers by name, whichever part they are in."""

from __future__ import annotations

import pytest

from loopbook.trace.genealogy import names as module
from loopbook.trace.genealogy.names import Names


@pytest.mark.parametrize("together", [1, 10, 1000])
@pytest.mark.parametrize("few", [0, 3, 10_000])
def test_names_are_found_before_and_after_they_are_sorted(
    few: int, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_FEW", few)
    monkeypatch.setattr(module, "_TOGETHER", together)
    names, told = Names.of(), []
    for size in (0, 1, 2, 5, 40, 1, 1, 30):
        new = [f"L-{len(told) + k}" + "ü" * (k % 3) for k in range(size)]
        names.add(new)
        told += new
        assert len(names) == len(told)
        assert names.many(range(len(told))) == told
        assert list(names.numbers(told)) == list(range(len(told)))
        assert names.number("L-") == -1
        mixed = [name for known in reversed(told) for name in (known, known + "-")]
        wanted = [x for k in reversed(range(len(told))) for x in (k, -1)]
        assert list(names.numbers(mixed)) == wanted
    settled = names.settled()
    assert settled.many(range(len(told))) == told
    assert list(settled.numbers(told)) == list(range(len(told)))
    assert (settled.hashes[1:] >= settled.hashes[:-1]).all()
    assert settled.settled() is settled


def test_names_with_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PRIME", 0)
    monkeypatch.setattr(module, "_TOGETHER", 1)
    names = Names.of(["a", "b"])
    names.add(["c"])
    assert [names.settled().number(x) for x in "abcd"] == [0, 1, 2, -1]
    assert list(names.settled().numbers([*"dcba"])) == [-1, 2, 1, 0]
