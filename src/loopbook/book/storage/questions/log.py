"""The Merkle log: places of events, stored nodes of the tree, checkpoints, settings of the book."""

from collections.abc import Iterable

from loopbook.book.storage.database import Database, first_column, first_value


def leaves(db: Database, first: int, count: int) -> list[tuple[int, bytes]]:
    """Places and hashes of leaves from a place on, in order."""
    return db.rows(
        "SELECT l.place, e.leaf FROM leaf l JOIN event e ON e.id = l.event "
        "WHERE l.place >= ? ORDER BY l.place LIMIT ?",
        (first, count),
    )


def leaf_at(db: Database, place: int) -> bytes | None:
    """Hash of the leaf at a place; None if there is none."""
    sql = "SELECT e.leaf FROM leaf l JOIN event e ON e.id = l.event WHERE l.place = ?"
    return first_value(db, sql, (place,), None)


def place_of(db: Database, key: str) -> tuple[int, bytes] | None:
    """Place and hash of an event's leaf; None before a checkpoint has given it a place."""
    rows: list[tuple[int, bytes]] = db.rows(
        "SELECT l.place, e.leaf FROM event e JOIN leaf l ON l.event = e.id WHERE e.key = ?", (key,)
    )
    return rows[0] if rows else None


def node_at(db: Database, level: int, place: int) -> bytes | None:
    """Hash of a stored node of the tree; None if it is not stored."""
    sql = "SELECT hash FROM node WHERE level = ? AND place = ?"
    return first_value(db, sql, (level, place), None)


def nodes_at(db: Database, level: int) -> int:
    """How many nodes of a level are stored."""
    return first_value(db, "SELECT count(*) FROM node WHERE level = ?", (level,), 0)


def keep_nodes(db: Database, nodes: Iterable[tuple[int, int, bytes]]) -> None:
    """Store nodes: level, place and hash of each."""
    db.write("INSERT INTO node (level, place, hash) VALUES (?, ?, ?)", nodes)


def checkpoints(db: Database) -> list[tuple[int, str]]:
    """Size and note of every checkpoint, by size."""
    return db.rows("SELECT size, note FROM checkpoint ORDER BY size, note")


def notes_of(db: Database, size: int) -> list[str]:
    """Notes of the checkpoints of a size."""
    return first_column(db, "SELECT note FROM checkpoint WHERE size = ? ORDER BY note", (size,))


def largest_checkpoint(db: Database) -> tuple[int, str] | None:
    """Size and note of the checkpoint that covers most; None if there is none."""
    rows: list[tuple[int, str]] = db.rows(
        "SELECT size, note FROM checkpoint ORDER BY size DESC, note LIMIT 1"
    )
    return rows[0] if rows else None


def keep_checkpoint(db: Database, size: int, note: str) -> None:
    """Store a checkpoint, if it is not there."""
    if note not in notes_of(db, size):
        db.write("INSERT INTO checkpoint (size, note) VALUES (?, ?)", [(size, note)])


def settings(db: Database) -> dict[str, str]:
    """Settings of the book by name: version, substances, public keys."""
    return dict(db.rows("SELECT key, value FROM book ORDER BY key"))


def keep_setting(db: Database, name: str, value: str) -> None:
    """Store a setting, if there is none of the name."""
    if name not in settings(db):
        db.write("INSERT INTO book (key, value) VALUES (?, ?)", [(name, value)])
