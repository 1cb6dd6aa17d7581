"""Rows on their way to PostgreSQL and back: placeholders, arrays of rows, whole numbers.

A batch goes to the server as one array of rows for each table, whose text is written here: quicker
than a thousand bound parameters, and the same statement for one event and for a thousand.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from psycopg.abc import Buffer
from psycopg.adapt import Loader

from loopbook.book.storage.database import Value
from loopbook.book.storage.schema import column_names

_SORTED = {"event": "key", "lot": "id", "noun": "id", "closing": "period", "load": "site"}
"""Tables with names as keys, which two clients may want at the same time."""


class WholeLoader(Loader):
    """Sums of bigint are numeric on the wire and whole numbers here."""

    def load(self, data: Buffer) -> int:
        """Read one number."""
        return int(bytes(data))


@lru_cache(maxsize=512)
def translated(statement: str) -> bytes:
    """A statement with ``?`` for parameters, as psycopg wants it.

    >>> translated("SELECT 1 WHERE site LIKE 'in transit %' AND lot = ?")
    b"SELECT 1 WHERE site LIKE 'in transit %%' AND lot = %s"
    """
    return statement.replace("%", "%%").replace("?", "%s").encode()


def literal(text: str | None) -> str:
    """Text as SQL, for a connection with standard strings and UTF-8 (see `connection`).

    >>> print(literal("Maker's"), literal(None))
    'Maker''s' NULL
    """
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


def text_array(texts: Iterable[str]) -> str:
    r"""Texts as the text of an array.

    >>> print(text_array(["A", 'a "b"']))
    {"A","a \"b\""}
    """
    return "{" + ",".join(['"' + _escaped(text) + '"' for text in texts]) + "}"


def row_array(rows: Iterable[Sequence[Value]]) -> str:
    r"""Rows of a table as the text of an array of its type.

    >>> row_array([(1, 'a "b"'), (2, None)])
    '{"(1,\\"a \\\\\\"b\\\\\\"\\")","(2,)"}'
    """
    return "{" + ",".join([_row(row) for row in rows]) + "}"


def _row(row: Sequence[Value]) -> str:
    if all(type(value) is int for value in row):
        return '"(' + ",".join(map(str, row)) + ')"'
    inner = "(" + ",".join([_value(value) for value in row]) + ")"
    return '"' + _escaped(inner) + '"'


def _value(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return '"' + _escaped(value) + '"'
    if isinstance(value, bytes):
        return '"\\\\x' + value.hex() + '"'
    return str(value)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def sorted_rows(table: str, rows: Sequence[Sequence[Value]]) -> Sequence[Sequence[Value]]:
    """Rows in the order in which every client writes them, so that two meet in order.

    >>> sorted_rows("lot", [("B", "scrap"), ("A", "scrap")])
    [('A', 'scrap'), ('B', 'scrap')]
    """
    if len(rows) < 2 or table not in _SORTED:
        return rows
    place = column_names(table).index(_SORTED[table])
    return sorted(rows, key=lambda row: str(row[place]))
