"""Tables and site models that would give a wrong number in silence, or end in a traceback."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from loop_folder import END_OF_LIFE, STARTER, changed, findings_of, walk_of

from loopbook.errors import BalanceError, InputError


def first(folder: Path, files: Mapping[str, str], **run: object) -> str:
    """Place, kind and what the first finding shows."""
    finding = findings_of(folder, files, **run)[0]
    return f"{finding.where}: {finding.code}: {finding.found}"


def test_a_lead_and_a_mass_are_one_number_for_all_of_time(tmp_path: Path) -> None:
    lead = changed("lanes.csv", "2 months", "on the way")
    columns = ",".join(map(str, range(2026, 2033)))
    same = f"series,unit,{columns}\non the way,month,1,1,1,1,1,1,1\n"
    lead["series-lead.csv"] = same.replace(",1\n", ",3\n")
    assert first(tmp_path / "a", lead) == "lanes.csv:4, lead: series: 1, 3"
    assert findings_of(tmp_path / "b", {**lead, "series-lead.csv": same}) == ()
    mass = changed("parameters.csv", "410 kg/pack", "heavy", END_OF_LIFE)
    mass["series-heavy.csv"] = "series,unit,2015,2030\nheavy,kg/pack,400,500\n"
    assert first(tmp_path / "c", mass) == "parameters.csv:5, value: series: 400, 500"


MILL = """\
from dataclasses import dataclass
import numpy as np
from loopbook.loop import Outcome, SiteModel

@dataclass(frozen=True, kw_only=True)
class Mill(SiteModel):
    "A mill."
    model = "mill"
    by_arrival = True

    def run(self, feed, orders, now):
        "Runs."
        whole = sum(feed.values(), now.basis.zeros())
        LAW
"""


def starter() -> dict[str, str]:
    """The tables of the starter."""
    texts = {path.name: path.read_text() for path in STARTER.iterdir() if path.suffix == ".csv"}
    texts.pop("results.csv", None)
    texts["case.toml"] = 'title = "starter"\nperiods = ["2027..2028"]\n'
    return texts


def with_mill(law: str) -> dict[str, str]:
    """The starter with a mill in place of its shredder."""
    texts = changed("sites.csv", "process,shredding", "mill,", starter())
    return {
        **texts,
        "case.toml": texts["case.toml"] + 'plugins = ["mill.py"]\n',
        "mill.py": MILL.replace("LAW", law),
    }


MADE = "return Outcome(made={'black mass': "


@pytest.mark.parametrize(
    ("law", "kind", "words"),
    [
        (f"{MADE}1.5 * whole}}, disposal=-0.5 * whole)", BalanceError, "disposal of"),
        (f"{MADE}0.5 * whole}}, drawn=-0.5 * whole)", BalanceError, "drawn of"),
        (f"{MADE}np.nan * whole}})", BalanceError, "made black mass of"),
        (f"{MADE}whole + np.inf}})", BalanceError, "is inf t"),
        ("return None", InputError, "NoneType from"),
        (f"{MADE}'x'}})", InputError, "made black mass of"),
        (f"{MADE}np.ones((3, 1))}})", InputError, "float64 3 x 1"),
        (f"{MADE}whole * (1 + 0j)}})", InputError, "complex128"),
        ("raise RuntimeError('no power')", InputError, "mill.py:14: RuntimeError: no power"),
        ("return 1 / 0", InputError, "stops at mill.py:14: ZeroDivisionError"),
        ("raise SystemExit(3)", InputError, "stops at mill.py:14: SystemExit: 3"),
    ],
)
def test_what_a_site_model_must_not_give_names_site_step_and_model(
    tmp_path: Path, law: str, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match="site shredder, 2027: ") as error:
        walk_of(tmp_path, with_mill(law))
    assert words in str(error.value)
    assert "mill.py" in str(error.value)
