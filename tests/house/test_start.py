"""House rule: starting is quick. CPU time, so that a busy machine does not matter much."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LOOPBOOK = str(Path(sys.executable).parent / "loopbook")


def cpu_s(command: list[str]) -> float:
    """CPU seconds, user and system, of one run of a command and its children."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize(
    ("command", "limit_s"),
    [([sys.executable, "-c", "import loopbook"], 0.3), ([LOOPBOOK, "--help"], 0.5)],
    ids=["import loopbook", "loopbook --help"],
)
def test_starting_is_quick(command: list[str], limit_s: float) -> None:
    assert min(cpu_s(command) for _ in range(3)) < limit_s


def test_the_book_opens_without_what_few_commands_need() -> None:
    code = "import sys, loopbook.book; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "cryptography", "openpyxl", "pyarrow", "psycopg", "rich"}
    assert "loopbook.book" in done.stdout.split()
    assert heavy.isdisjoint(done.stdout.split())


def test_the_clock_sees_work() -> None:
    assert cpu_s([sys.executable, "-c", "sum(range(20_000_000))"]) > 0.1


def test_the_command_line_is_a_module_too() -> None:
    words = [sys.executable, "-m", "loopbook", "--version"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("loopbook, version")
