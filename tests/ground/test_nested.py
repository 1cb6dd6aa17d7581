"""Nested tables: every good value is read, every error is found, whatever else is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from loopbook.errors import Findings
from loopbook.tables import Field, Flag, ListOf, MapOf, Name, Number, TableOf, read_leaves

FIELDS = (
    Field("title", Name(), "title"),
    Field("plant", TableOf((Field("t", Number("t", low=0), "mass"),)), "plant"),
    Field("owner", ListOf(TableOf((Field("id", Name(), "name"),))), "owners", None),
    Field("switch", MapOf(Name(), TableOf((Field("on", Flag(), "on"),))), "switches", None),
)
GOOD: dict[str, Any] = {"title": "x", "plant": {"t": "2.5"}}

WRONG: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"title": 7}, [("type", "title")]),
    ({"plant": 7}, [("type", "plant")]),
    ({"plant": {}}, [("missing", "plant.t")]),
    ({"plant": {"t": -1, "u": 1}}, [("negative", "plant.t"), ("unknown-name", "plant.u")]),
    ({"owner": {}}, [("type", "owner")]),
    ({"owner": [{"id": ""}, 7]}, [("missing", "owner.0.id"), ("type", "owner.1")]),
    ({"switch": []}, [("type", "switch")]),
    ({"switch": {"a": {"on": 1}, "b": {}}}, [("type", "switch.a.on"), ("missing", "switch.b.on")]),
    ({"titel": "x"}, [("unknown-name", "titel")]),
]


def read(data: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    findings = Findings()
    leaves = {leaf.path: leaf.value for leaf in read_leaves(FIELDS, data, findings)}
    return leaves, [(f.code, f.where) for f in findings]


def test_good_values_come_with_their_paths() -> None:
    more = {"owner": [{"id": "a"}, {"id": "b"}], "switch": {"s": {"on": True}}}
    leaves, findings = read({**GOOD, **more})
    assert findings == []
    assert list(leaves) == ["title", "plant.t", "owner.0.id", "owner.1.id", "switch.s.on"]


@pytest.mark.parametrize(("change", "findings"), WRONG)
def test_each_error_is_found_at_its_path(
    change: dict[str, Any], findings: list[tuple[str, str]]
) -> None:
    assert sorted(read({**GOOD, **change})[1]) == sorted(findings)


def test_what_is_missing_at_the_top_is_found() -> None:
    assert read({}) == ({}, [("missing", "title"), ("missing", "plant")])
