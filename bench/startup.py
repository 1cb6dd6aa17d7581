"""How quickly Loopbook starts: CPU seconds of the import and of the help, best of five."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import loopbook": [sys.executable, "-c", "import loopbook"],
    "loopbook --help": [str(Path(sys.executable).parent / "loopbook"), "--help"],
}
LIMITS_S = {"import loopbook": 0.3, "loopbook --help": 0.5}


def cpu_s(command: list[str]) -> float:
    """CPU seconds, user and system, of one run of a command."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print one line a command, with its limit."""
    for name, command in COMMANDS.items():
        best = min(cpu_s(command) for _ in range(5))
        limit = f"limit {LIMITS_S[name]:.1f} s" if name in LIMITS_S else "for comparison"
        print(f"{name:<16} {best:6.3f} s CPU  {limit}")


if __name__ == "__main__":
    main()
