"""Tables and site models that would give a wrong number in silence, or end in a traceback."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from loop_folder import END_OF_LIFE, JOINT, changed, findings_of, walk_of
from loopbook.errors import BalanceError, InputError


def first(folder: Path, files: Mapping[str, str], **run: object) -> str:
    """Place, kind and what the first finding shows."""
    finding = findings_of(folder, files, **run)[0]
    return f"{finding.where}: {finding.code}: {finding.found}"


def test_a_lead_and_a_mass_are_one_number_for_all_of_time(tmp_path: Path) -> None:
    lead = changed("lanes.csv", "2 months", "on the way")
    years = ",".join("1" if year < 2029 else "3" for year in range(2026, 2033))
    columns = ",".join(map(str, range(2026, 2033)))
    lead["series-lead.csv"] = f"series,unit,{columns}\non the way,month,{years}\n"
    assert first(tmp_path / "a", lead) == "lanes.csv:4, lead: series: 1, 3"
    assert not findings_of(
        tmp_path / "b",
        lead
        | {"series-lead.csv": lead["series-lead.csv"].replace("3\n", "1\n").replace(",3", ",1")},
    )
    mass = changed("parameters.csv", "410 kg/pack", "heavy", END_OF_LIFE)
    mass["series-heavy.csv"] = "series,unit,2015,2030\nheavy,kg/pack,400,500\n"
    assert first(tmp_path / "c", mass) == "parameters.csv:5, value: series: 400, 500"
