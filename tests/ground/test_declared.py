"""Declared fields: read, checked, named and described from the annotation alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import pytest

from loopbook.errors import Findings
from loopbook.tables import (
    SHARE,
    YEAR,
    Choice,
    Name,
    Number,
    Text,
    check_fields,
    field_type,
    fields_of,
    read_fields,
    schema_of,
)

Lot = Annotated[str, Text("a lot", role="lot")]
Mass = Annotated[Decimal | int | str, Number("kg", low=0, high=1000)]


@dataclass(frozen=True, kw_only=True)
class Output:
    made: Annotated[str, Text("a new lot", role="new lot"), "the lot that is made"]
    mass_kg: Annotated[Mass, "as weighed"]


@dataclass(frozen=True, kw_only=True)
class Run:
    run: Annotated[str, Name("the name of the run")]
    at: Annotated[datetime, "when it ended"]
    inputs_kg: Annotated[Mapping[Lot, Mass | None], "lots that go in; null for all of a lot"]
    outputs: Annotated[Sequence[Output], "lots that come out"] = ()
    shares: Mapping[str, Annotated[Decimal | str, SHARE]] = field(default_factory=dict)
    duty: Annotated[str, Choice("wet", "dry")] = "dry"
    year: Annotated[int, YEAR] = 2026
    night: bool = False


GOOD: dict[str, Any] = {
    "run": "R-1",
    "at": "2026-03-02T08:00:00Z",
    "inputs_kg": {"L-1": "12.5", "L-2": None},
    "outputs": [{"made": "L-3", "mass_kg": 12}],
    "shares": {"Ni": "0.3"},
}

WRONG: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"run": 7}, [("type", "run")]),
    ({"run": " "}, [("missing", "run")]),
    ({"at": "today"}, [("type", "at")]),
    ({"at": 20260302}, [("type", "at")]),
    ({"at": "2026-03-02"}, [("time", "at")]),
    ({"inputs_kg": ["L-1"]}, [("type", "inputs_kg")]),
    ({"inputs_kg": {"L": True, "M": []}}, [("type", "inputs_kg.L"), ("type", "inputs_kg.M")]),
    ({"inputs_kg": {"L": -1}}, [("negative", "inputs_kg.L")]),
    ({"inputs_kg": {"L": "x"}}, [("not-a-number", "inputs_kg.L")]),
    ({"inputs_kg": {"L-1": 1001}}, [("range", "inputs_kg.L-1")]),
    ({"outputs": {}}, [("type", "outputs")]),
    ({"outputs": [7]}, [("type", "outputs.1")]),
    ({"outputs": [{"made": "x"}]}, [("missing", "outputs.1.mass_kg")]),
    ({"outputs": [{"made": "x", "mass_kg": 1, "kg": 1}]}, [("unknown-name", "outputs.1.kg")]),
    ({"outputs": [{"made": "x", "mass_kg": "nan"}]}, [("not-finite", "outputs.1.mass_kg")]),
    ({"shares": {"Ni": "1.2", "Co": -0.1}}, [("share", "shares.Ni"), ("share", "shares.Co")]),
    ({"duty": "moist"}, [("unknown-name", "duty")]),
    ({"year": 20260}, [("range", "year")]),
    ({"year": True}, [("type", "year")]),
    ({"night": "yes"}, [("type", "night")]),
    ({"runn": "R"}, [("unknown-name", "runn")]),
]


def checked(written: Mapping[str, Any], findings: Findings) -> dict[str, Any]:
    values = read_fields(Run, written, findings)
    return {} if values is None else check_fields(Run(**values), findings)


def test_a_record_is_read_and_checked() -> None:
    findings = Findings("a.jsonl:1")
    values = checked(GOOD, findings)
    assert list(findings) == []
    assert values["at"] == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert values["inputs_kg"] == {"L-1": Decimal("12.5"), "L-2": None}
    assert values["outputs"] == ({"made": "L-3", "mass_kg": Decimal(12)},)
    assert (values["duty"], values["year"], values["night"]) == ("dry", 2026, False)


@pytest.mark.parametrize(("changed", "expected"), WRONG)
def test_every_error_is_found_at_its_field(
    changed: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    findings = Findings("a.jsonl:1")
    checked(GOOD | changed, findings)
    assert [(f.code, f.where) for f in findings] == [(c, f"a.jsonl:1, {at}") for c, at in expected]


def test_missing_fields_come_all_at_once() -> None:
    findings = Findings()
    assert read_fields(Run, {}, findings) is None
    assert [f.where for f in findings] == ["run", "at", "inputs_kg"]


def test_names_are_found_with_their_roles_in_a_record_and_in_what_was_written() -> None:
    values = read_fields(Run, GOOD, Findings())
    assert values is not None
    for source in (values, {**GOOD, "outputs": [*GOOD["outputs"], 7, {"made": 7}]}):
        names = [x for f in fields_of(Run) for x in f.type.names(source.get(f.name))]
        assert names == [("lot", "L-1"), ("lot", "L-2"), ("new lot", "L-3")]
    roles = {f.name: f.type.roles for f in fields_of(Run) if f.type.roles}
    assert roles == {"inputs_kg": {"lot"}, "outputs": {"new lot"}}


def test_a_schema_says_what_is_needed_with_units() -> None:
    schema = json.loads(json.dumps(schema_of(fields_of(Run))))
    assert schema["required"] == ["run", "at", "inputs_kg"]
    output = schema["properties"]["outputs"]["items"]
    assert output["properties"]["mass_kg"]["x-unit"] == "kg"
    assert output["properties"]["made"]["description"] == "the lot that is made"
    assert schema["properties"]["duty"]["enum"] == ["wet", "dry"]


def test_fields_are_read_once_for_each_record() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Night(Run):
        lamp: bool = True

    assert fields_of(Run) is fields_of(Run)
    assert [f.name for f in fields_of(Night)] == [*(f.name for f in fields_of(Run)), "lamp"]
    assert fields_of(Night)[0].meaning == ""


def test_an_annotation_that_declares_nothing_is_refused() -> None:
    with pytest.raises(TypeError, match="annotate it"):
        field_type(complex)
