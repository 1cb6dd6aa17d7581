"""The list of unit operations: complete, described, and open to kinds of others."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from test_unit_operations import UNITS

from loopbook.errors import InputError, UnknownNameError
from loopbook.flowsheet import (
    KINDS,
    Flowsheet,
    Separator,
    Unit,
    describe_unit,
    read_flowsheet,
    to_toml,
    unit_kinds,
)
from loopbook.matter import components

ROOT = Path(__file__).resolve().parents[2]

SIFTER = '''
from typing import Annotated

from loopbook.flowsheet import Bound, Share, Unit


class ZigZagSifter(Unit):
    """Zig-zag sifter: ``heavy = to_heavy * feed``."""

    outs = ("heavy", "light")
    source = "a maker's leaflet"

    to_heavy: Annotated[Share, "share of every component that sinks"]

    def run(self, p: Bound, feed):
        return p.to_heavy * feed, feed - p.to_heavy * feed
'''
PLANT = """
[flowsheet]
name = "sifting"
components = ["copper", "graphite"]
plugins = ["sifter.py"]

[feeds.scrap]
unit = "kg/h"
flow = { copper = 10.0, graphite = 20.0 }

[units.sifter]
kind = "zig-zag-sifter"
streams = { feed = "scrap", heavy = "metal", light = "dust" }
to_heavy = 0.25
"""


def subclasses(base: type) -> set[type]:
    return {base}.union(*(subclasses(one) for one in base.__subclasses__()))


def test_every_unit_operation_is_listed_and_tested() -> None:
    ours = {k for k in subclasses(Unit) if k.__module__.startswith("loopbook.")} - {Unit, Separator}
    assert set(KINDS.values()) == ours
    assert set(UNITS) == set(KINDS)
    assert {type(unit) for unit in UNITS.values()} == ours


def test_the_page_of_the_docs_is_made_from_the_declarations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(ROOT / "docs")
    page = (ROOT / "docs" / "units.md").read_text(encoding="utf-8")
    made = importlib.import_module("make_units").units_page()
    assert page == made, "run python docs/make_units.py"
    for kind, unit in KINDS.items():
        text = page.partition(f"\n## {kind}\n")[2].partition("\n## ")[0]
        for port in (*unit.ins, *unit.outs, *unit.supplies):
            assert port in text


def test_a_unit_operation_is_described_from_its_declaration() -> None:
    record = describe_unit("filter").as_record().as_json()
    assert (record["answer"], record["version"]) == ("unit-kind", 1)
    assert record["inlets"] == ["slurry", "wash"]
    assert [p["parameter"] for p in record["parameters"]] == [
        "solids_to_cake",
        "liquid_to_cake",
        "wash_efficiency",
    ]
    assert record["parameters"][0]["default"] == "0.99"


def test_an_unknown_kind_offers_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean sieve"):
        describe_unit("siev")
    assert [line.kind for line in unit_kinds().units] == sorted(KINDS)


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    (tmp_path / "sifter.py").write_text(SIFTER)
    (tmp_path / "plant.toml").write_text(PLANT)
    return tmp_path / "plant.toml"


def test_a_file_brings_its_own_unit_operation(plant: Path) -> None:
    flowsheet = read_flowsheet(plant)
    assert flowsheet.solve().mass("metal")[0] == pytest.approx(7.5)
    twin = plant.with_name("twin.toml")
    twin.write_text(to_toml(flowsheet))
    assert to_toml(read_flowsheet(twin)) == to_toml(flowsheet)
    assert "zig-zag-sifter" not in KINDS
    again = type(read_flowsheet(plant).placed["sifter"].unit)
    assert again is type(flowsheet.placed["sifter"].unit)


def test_a_plugin_without_a_unit_operation_is_refused(plant: Path) -> None:
    plant.with_name("sifter.py").write_text("x = 1\n")
    with pytest.raises(InputError) as caught:
        read_flowsheet(plant)
    (finding,) = caught.value.findings
    assert (finding.code, finding.where) == ("plugin", "plant.toml:5: flowsheet, plugins")


def package(folder: Path, target: str) -> Path:
    """An installed package, as pip would leave it, that registers a unit operation."""
    (folder / "sifters.py").write_text(SIFTER)
    info = folder / "sifters-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sifters\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[loopbook.units]\nzig-zag-sifter = {target}\n")
    return folder


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{ROOT / 'src'}:{folder}"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_installed_package_brings_a_unit_operation(tmp_path: Path) -> None:
    package(tmp_path, "sifters:ZigZagSifter")
    (tmp_path / "plant.toml").write_text(PLANT.replace('plugins = ["sifter.py"]\n', ""))
    done = run(
        "from loopbook.flowsheet import read_flowsheet, unit_kinds\n"
        "print(read_flowsheet('plant.toml').solve().mass('metal')[0])\n"
        "from loopbook.cli import main\n"
        "main(['units', 'zig-zag-sifter'])\n",
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("7.5\nKind               zig-zag-sifter\n")
    assert "Zig-zag sifter: heavy = to_heavy * feed." in done.stdout
    assert "a maker's leaflet" in done.stdout


def test_an_entry_point_that_is_no_unit_operation_is_refused(tmp_path: Path) -> None:
    package(tmp_path, "sifters:Annotated")
    done = run("from loopbook.flowsheet import unit_kinds\nunit_kinds()\n", tmp_path)
    assert done.returncode == 1
    assert "entry point zig-zag-sifter of loopbook.units" in done.stderr


def test_a_unit_without_a_law_cannot_run() -> None:
    class Idle(Unit):
        """Does nothing."""

    flowsheet = Flowsheet("idle", components("copper"))
    flowsheet.feed("in", {"copper": 1.0}, unit="kg/h")
    flowsheet.add(Idle("idle"), feed="in", out="out")
    with pytest.raises(TypeError, match="has no law"):
        flowsheet.solve()
