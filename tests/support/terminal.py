"""A command of ours with a terminal for its input and its messages."""

from __future__ import annotations

import os
import pty
import sys
from collections.abc import Sequence
from subprocess import PIPE, Popen

SCRIPT = "from loopbook.cli import main; main()"


def at_terminal(words: Sequence[str], answers: str) -> tuple[int, str]:
    """Exit code of a command that is run with answers, and what it showed."""
    master, slave = pty.openpty()
    command = [sys.executable, "-c", SCRIPT, *words]
    with Popen(command, stdin=slave, stderr=slave, stdout=PIPE) as process:
        os.close(slave)
        os.write(master, answers.encode())
        process.wait(timeout=60)
        shown = b""
        while True:
            try:
                piece = os.read(master, 10_000)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        os.close(master)
    return process.returncode, shown.decode()
