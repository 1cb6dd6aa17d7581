"""The address of a book: a file or a server, and how it is shown without its passwords."""

import re
from pathlib import Path

from loopbook.errors import InputError

_SERVERS = ("postgresql://", "postgres://")
_LOGIN = re.compile(r"^(\w+:/{1,2}[^:@/?]*:)(.*)@", re.DOTALL)
_SETTING = re.compile(r"""((?:^|[?&\s])([\w%]+)\s*=\s*)('(?:[^'\\]|\\.)*+'?|[^&\s]*)""")
_SHOWN = frozenset({"options", "host", "hostaddr", "port", "dbname", "user", "sslmode"})


def is_server(address: Path | str) -> bool:
    """Whether an address names a server and not a file.

    >>> is_server("postgresql://db.example/plant"), is_server("plant.sqlite")
    (True, False)
    """
    return str(address).startswith(_SERVERS)


def shown_address(address: Path | str) -> str:
    """The address as it may be shown: no password, and no setting that may hold one.

    >>> shown_address("postgresql://amy:secret@db.example/plant?sslmode=require&password=secret")
    'postgresql://amy:***@db.example/plant?sslmode=require&password=***'
    """
    text = str(address)
    if not _is_connection(text):
        return text
    text = _LOGIN.sub(r"\1***@", text)
    return _SETTING.sub(lambda x: x[0] if x[2] in _SHOWN else f"{x[1]}***", text)


def same_book(shown: str) -> str:
    """How a command that a message advises names the book; a server's address is not repeated.

    >>> same_book("my book.sqlite"), same_book("postgresql://amy:***@db/plant")
    ("--book 'my book.sqlite'", 'with the same --book')
    """
    on_server = shown.startswith(("schema ", *_SERVERS))
    import shlex  # brings what a question does not need

    return "with the same --book" if on_server else f"--book {shlex.quote(shown)}"


def secret_of(address: str) -> str:
    """The text in the place of a login's password; empty where there is none."""
    login = _LOGIN.match(address)
    return login[2] if login else ""


def check_address(address: Path | str) -> None:
    """Refuse an address of a server in another form than the one that is read."""
    if _is_connection(str(address)) and not is_server(address):
        raise InputError.of(
            "file",
            shown_address(address),
            "a file or a server",
            "another address",
            hint="write postgresql://user@host/database",
        )


def _is_connection(text: str) -> bool:
    return re.match(r"\w{2,}:/", text) is not None or re.search(r"\bpassword\s*=", text) is not None
