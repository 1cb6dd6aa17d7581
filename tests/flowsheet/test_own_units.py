"""Unit operations with errors in their code: each is a finding that names unit, file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from loopbook.errors import InputError
from loopbook.flowsheet import read_flowsheet
from support.advice import follows

HEAD = '''"""A unit operation."""

from typing import Annotated

import numpy as np

from loopbook.flowsheet import Amount, Separator, Shares, Unit, Value


class Drum({base}):
    """Magnetic drum."""

    outs = ("magnetic", "rest")
'''
RUN = "    def run(self, p, feed):\n"
PLANT = """
[flowsheet]
name = "drum"
components = ["graphite", "copper"]
plugins = ["drum.py"]

[feeds.scrap]
unit = "kg/h"
flow = {{ graphite = 600.0, copper = 400.0 }}

[units.d]
kind = "{kind}"
streams = {{ feed = "scrap", magnetic = "m", rest = "r" }}
{parameters}
"""
HALVES = RUN + "        return 0.5 * feed, 0.5 * feed\n"


def solved(folder: Path, body: str, *, base: str = "Unit", parameters: str = "") -> float:
    """Mass of the magnetic stream, kg/h."""
    (folder / "drum.py").write_text(HEAD.format(base=base) + body)
    (folder / "drum.toml").write_text(PLANT.format(kind="drum", parameters=parameters))
    return float(read_flowsheet(folder / "drum.toml").solve().mass("m")[0])


LAWS = {
    RUN
    + "        return feed\n": "2 streams (magnetic, rest), each of 2 components, found one array",
    RUN + "        return (feed,)\n": "found 1 streams from run() of drum.py, class Drum",
    RUN
    + "        return feed[:1], feed[1:]\n": "found shapes [(1, 1), (1, 1)] from run() of drum.py",
    RUN + "        return None\n": "found None from run() of drum.py, class Drum",
    RUN
    + "        feed -= 0.5 * feed\n        return feed, feed\n": "stops at drum.py:15: ValueError",
    RUN + "        return p.k * feed, feed\n": "drum.py:15: AttributeError: 'Bound' object has no",
    RUN + "        return feed @ feed, feed\n": "drum.py:15: ValueError: matmul",
}


@pytest.mark.parametrize("body", LAWS, ids=list(LAWS.values()))
def test_a_law_with_an_error_is_a_finding_that_names_unit_and_line(
    tmp_path: Path, body: str
) -> None:
    with pytest.raises(InputError) as caught:
        solved(tmp_path, body)
    (finding,) = caught.value.findings
    assert "unit d" in finding.where
    assert LAWS[body] in str(finding), finding
    assert solved(tmp_path, HALVES) == 500.0


SHARE = '    to_magnetic: Annotated[Shares, "what the magnet takes"]\n'
SECOND = '    k: Annotated[Value, Amount("kg/kg", 0, 1), "of something"] = 0.2\n'


@pytest.mark.parametrize(
    ("body", "base", "advice"),
    [
        ("", "Unit", "write run() in the class"),
        ("", "Separator", "write run() in the class"),
        (SECOND + SHARE, "Separator", "write run() in the class"),
        (SHARE + '    outs = ("a", "b", "c")\n', "Separator", "write run() in the class"),
    ],
)
def test_a_separator_has_one_share_or_a_law_of_its_own(
    tmp_path: Path, body: str, base: str, advice: str
) -> None:
    """The second share had no effect, and a number that is no share was taken for it."""
    with pytest.raises(InputError) as caught:
        solved(tmp_path, body, base=base, parameters="to_magnetic = 0.25" * ("to_m" in body))
    (finding,) = caught.value.findings
    assert finding.where.endswith("drum.py, class Drum")
    follows(finding, advice)
    assert solved(tmp_path, HALVES) == 500.0
    assert solved(tmp_path, SHARE, base="Separator", parameters="to_magnetic = 0.25") == 250.0


def test_a_plain_number_gets_a_unit_and_a_range(tmp_path: Path) -> None:
    run = RUN + "        return p.k * feed, (1 - p.k) * feed\n"
    with pytest.raises(InputError) as caught:
        solved(tmp_path, "    k: float = 0.5\n" + run)
    follows(caught.value, 'write k: Annotated[Value, Amount("kg/kg", 0, 1), "its meaning"]')
    right = '    k: Annotated[Value, Amount("kg/kg", 0, 1), "its meaning"] = 0.25\n'
    assert solved(tmp_path, right + run) == 250.0


def test_a_unit_operation_with_the_name_of_ours_is_a_finding_that_names_both(
    tmp_path: Path,
) -> None:
    text = HEAD.format(base="Unit").replace("Drum", "Sieve") + HALVES
    (tmp_path / "drum.py").write_text(text)
    (tmp_path / "drum.toml").write_text(PLANT.format(kind="sieve", parameters=""))
    with pytest.raises(InputError) as caught:
        read_flowsheet(tmp_path / "drum.toml")
    follows(caught.value, "rename the class")
    assert "drum.py, class Sieve" in str(caught.value)
    assert "sieve.py, class Sieve" in str(caught.value)
    assert solved(tmp_path, HALVES) == 500.0


def test_a_file_that_was_changed_is_read_again(tmp_path: Path) -> None:
    """In one process, within a second, and with a law of the same length."""
    assert solved(tmp_path, HALVES) == 500.0
    assert solved(tmp_path, HALVES.replace("0.5", "0.9", 1).replace("0.5", "0.1")) == 900.0
