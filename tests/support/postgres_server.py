"""A PostgreSQL server of the tests' own: made in a scratch folder, stopped and removed after."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from loopbook.book.storage.postgres.schema import grants

NAME = "postgres"
MISSING = "PostgreSQL is not on this machine (apt-get install postgresql): its tests do not run"


def binaries() -> Path | None:
    """Folder with initdb and pg_ctl, the newest version if there are several."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parent.parent.name)
    )
    if found:
        return found[-1].parent
    named = shutil.which("initdb")
    return Path(named).resolve().parent if named else None


@dataclass(slots=True)
class Server:
    """A running server.

    Parameters
    ----------
    folder : its scratch folder.
    port : on 127.0.0.1.
    """

    bin: Path
    folder: Path
    port: int

    def url(self, schema: str, user: str = NAME) -> str:
        """Address of a book in a schema."""
        return (
            f"postgresql://{user}@127.0.0.1:{self.port}/postgres?options=-csearch_path%3D{schema}"
        )

    def connect(self, schema: str = "public", user: str = NAME) -> psycopg.Connection:
        """A connection beside the book's."""
        return psycopg.connect(self.url(schema, user), autocommit=True, connect_timeout=10)

    def admit(self, schema: str, role: str = "poster") -> None:
        """Let a role read a book's schema and post into it, and change nothing."""
        with self.connect(schema) as link:
            for statement in grants(role, schema):
                link.execute(statement.encode())

    def kill_a_backend(self, pid: int) -> None:
        """SIGKILL one server process; the server then restarts all of them."""
        os.kill(pid, signal.SIGKILL)

    def wait(self, seconds: float = 30) -> None:
        """Wait until the server takes connections."""
        until = time.monotonic() + seconds
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)
            else:
                return


@contextmanager
def running(*settings: str) -> Iterator[Server]:
    """A new server; as another user where this one is root, which PostgreSQL refuses."""
    tools = binaries()
    assert tools is not None, MISSING
    folder = Path(tempfile.mkdtemp(prefix="loopbook-pg-"))
    data, log = folder / "data", folder / "log"
    user = "postgres" if os.getuid() == 0 else None
    if user:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": folder,
        "max_connections": 60,
    }
    options = " ".join(f"-c {k}={v}" for k, v in given.items()) + " " + " ".join(settings)
    setup = ("--auth=trust", f"--username={NAME}", "--encoding=UTF8", "--locale=C", "--no-sync")
    _run(user, tools / "initdb", "-D", data, *setup)
    _run(user, tools / "pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "start")
    try:
        yield Server(tools, folder, port)
    finally:
        _run(user, tools / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _run(user: str | None, *command: object) -> None:
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd="/", user=user, capture_output=True, text=True, check=False, timeout=120
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stdout}{done.stderr}")
