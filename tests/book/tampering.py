"""A change of a book's rows by somebody who has its file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def tamper(path: Path, *statements: str) -> None:
    """Change rows as somebody would who has the file: triggers away, change, triggers back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as link:
        link.execute("PRAGMA ignore_check_constraints = ON")
        link.execute("PRAGMA synchronous = OFF")
        link.execute("BEGIN")
        triggers = link.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        known = triggers.fetchall()
        for name, _ in known:
            link.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            link.execute(statement)
        for _, sql in known:
            link.execute(sql)
        link.execute("COMMIT")
