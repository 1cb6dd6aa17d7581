"""House rule: a test that is skipped says why, and `make test` prints it."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent


def skips(text: str) -> Iterator[ast.Call]:
    """Calls that skip a test.

    >>> [ast.unparse(call) for call in skips("pytest.skip('no server')")]
    ["pytest.skip('no server')"]
    """
    calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    for call in calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("skip", "skipif", "xfail"):
            yield call


def has_reason(call: ast.Call) -> bool:
    """Whether a call gives a reason: by name, or as the one argument of ``pytest.skip``."""
    assert isinstance(call.func, ast.Attribute)
    stated = [x.value for x in call.keywords if x.arg == "reason"]
    stated += call.args[:1] if call.func.attr == "skip" else []
    return any(not isinstance(x, ast.Constant) or str(x.value).strip() for x in stated)


def test_every_skip_has_a_reason() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in sorted(TESTS.rglob("*.py"))
        for call in skips(path.read_text("utf-8"))
        if not has_reason(call)
    ]
    assert silent == []


def test_a_bare_skip_is_seen() -> None:
    text = "pytest.skip('')\npytest.mark.skipif(True)\npytest.mark.skip(reason='slow disk')"
    assert [has_reason(call) for call in skips(text)] == [False, False, True]


def test_a_run_prints_the_reasons(tmp_path: Path) -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        options = tomllib.load(file)["tool"]["pytest"]["ini_options"]["addopts"].split()
    path = tmp_path / "test_it.py"
    path.write_text("import pytest\ndef test_it():\n    pytest.skip('no server here')\n")
    shown = ["-rs"] if "-rs" in options else []
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *shown, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert "no server here" in done.stdout, done.stdout + done.stderr
