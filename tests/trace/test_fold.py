"""Folding: fewer ends, the same sums."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lineages import content, large, lineage, lineages

from loopbook.book import Content
from loopbook.errors import InputError
from loopbook.trace import End, Lineage, Link, fold_lineage
from loopbook.trace.lineage.layout import end_columns


def total(contents: Iterable[Content], many: int) -> list[int]:
    """Sum of contents, substance by substance."""
    return (
        [sum(c[k] for c in contents) for k in range(many)] if (contents := list(contents)) else []
    )


@given(lineages(), st.integers(1, 4))
def test_folding_keeps_the_sums_and_what_was_asked_about(drawn: Lineage, most: int) -> None:
    small = fold_lineage(drawn, most=most)
    many = len(drawn.substances)
    seen = small.lineage
    assert total((e.content for e in seen.ends), many) == total(
        (e.content for e in drawn.ends), many
    )
    assert total((k.content for k in seen.links), many) == total(
        (k.content for k in drawn.links), many
    )
    inside = [i for ids in small.folded.values() for i in ids]
    assert sorted([*inside, *(e.id for e in seen.ends if e.id not in small.folded)]) == sorted(
        e.id for e in drawn.ends
    )
    assert not {*inside} & {*drawn.focus}
    kept = {e.id: e for e in drawn.ends}
    for name, ids in small.folded.items():
        (one,) = [e for e in seen.ends if e.id == name]
        assert total((kept[i].content for i in ids), many) == list(one.content)
        assert {(kept[i].kind, kept[i].material) for i in ids} == {(one.kind, one.material)}
        came = [k.content for k in drawn.links if k.target in ids]
        assert total((k.content for k in seen.links if k.target == name), many) == total(came, many)
    assert list(seen.ends) == sorted(seen.ends, key=lambda e: (e.stage, e.id))
    assert [(k.source, k.target) for k in seen.links] == sorted(
        {(k.source, k.target) for k in seen.links}
    )


@given(lineages(), st.integers(1, 4))
def test_folded_columns_are_as_long_as_asked(drawn: Lineage, most: int) -> None:
    seen = fold_lineage(drawn, most=most).lineage
    columns = end_columns(seen)
    alike: dict[tuple[object, ...], int] = {}
    for end in seen.ends:
        key = (columns[end.id], end.kind, end.material)
        alike[key] = alike.get(key, 0) + (end.id not in drawn.focus)
    assert all(many <= max(most, 1) for many in alike.values())
    assert end_columns(drawn).keys() >= {e.id for e in seen.ends if not e.id.startswith("more/")}


def test_the_large_ones_stay() -> None:
    lots = {f"S-{n}": ("scrap", "") for n in range(6)} | {"B": ("black mass", "")}
    links = [(f"S-{n}", "B", content((n + 1) * 10**9)) for n in range(6)]
    small = fold_lineage(lineage(lots, links, focus=("S-0", "B")), most=3)
    assert [e.id for e in small.lineage.ends] == ["S-0", "S-5", "more/0/lot/scrap", "B"]
    assert small.folded == {"more/0/lot/scrap": ("S-1", "S-2", "S-3", "S-4")}


def test_shares_of_the_focus_add_up_and_shares_from_it_are_weighed() -> None:
    ends = [
        End("A1", "lot", "a", 0, (10,)),
        End("A2", "lot", "a", 0, (30,)),
        End("F", "lot", "f", 1, (40,)),
        End("C1", "lot", "c", 2, (10,)),
        End("C2", "lot", "c", 2, (30,)),
    ]
    links = [
        Link("A1", "F", (10,)),
        Link("A2", "F", (30,)),
        Link("F", "C1", (10,)),
        Link("F", "C2", (15,)),
    ]
    shares = {"A1": (0.25,), "A2": (0.75,), "C1": (1.0,), "C2": (0.5,)}
    small = fold_lineage(Lineage(("Ni",), ("F",), ends, links, shares), most=1)
    assert small.lineage.shares == {"more/0/lot/a": (1.0,), "more/2/lot/c": (0.625,)}


def test_hundreds_become_dozens() -> None:
    small = fold_lineage(large(1600), most=12)
    assert len(small.lineage.ends) < 120
    assert fold_lineage(large(100), most=1000).folded == {}


def test_fold_to_nothing_is_a_finding() -> None:
    with pytest.raises(InputError, match="fold: expected 1 or more, found 0"):
        fold_lineage(large(16), most=0)
