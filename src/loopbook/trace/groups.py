"""Groups of origins: by country, chemistry, pre- or post-consumer, or whatever a table says.

The book knows of an origin its supplier and its material. What else there is to say of them stands
in a CSV file with the columns supplier, material and group; an empty cell stands for any. The first
row that fits decides, and an origin that none fits is a finding: nothing is left over in silence.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from loopbook.errors import Finding, InputError, nearest_hint, raise_findings

COLUMNS = ("supplier", "material", "group")


@dataclass(frozen=True, slots=True)
class Grouping:
    """Rows of a table of groups: supplier, material, group; empty for any.

    >>> Grouping("groups.csv", (("LGES", "", "US"), ("", "foil", "JP")))("Toyota", "foil")
    'JP'
    """

    name: str
    rows: tuple[tuple[str, str, str], ...]

    def __call__(self, supplier: str, material: str) -> str:
        """Group of an origin; one that no row fits is an InputError."""
        for who, what, group in self.rows:
            if who in ("", supplier) and what in ("", material):
                return group
        expected, found = "a row for each origin", f"none for {material!r} of {supplier!r}"
        hint = "a last row with empty supplier and material stands for all others"
        raise InputError([Finding("missing", self.name, expected, found, hint)])


def read_table(path: Path, columns: Iterable[str]) -> list[tuple[int, dict[str, str]]]:
    """Rows of a CSV file by line number, with blanks around the cells taken off.

    Parameters
    ----------
    path : the file, UTF-8.
    columns : which must be there.

    Raises
    ------
    InputError : it cannot be read, is no UTF-8, or lacks a column.
    """
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        where, hint = f"{path.name}:{line}", "save it as UTF-8"
        raise InputError([Finding("encoding", where, "UTF-8", str(error.reason), hint)]) from error
    except OSError as error:
        found = error.strerror or "unreadable"
        raise InputError([Finding("file", str(path), "a CSV file", found)]) from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    named = list(reader.fieldnames or ())
    missing = [column for column in columns if column not in named]
    raise_findings(
        Finding(
            "missing",
            f"{path.name}:1",
            f"a column {column}",
            ", ".join(named) or "nothing",
            nearest_hint(column, named),
        )
        for column in missing
    )
    rows = []
    for row in reader:
        cells = {name: str(row[name] or "").strip() for name in named}
        if any(cells.values()):
            rows.append((reader.line_num, cells))
    return rows


def read_groups(
    path: Path, suppliers: Iterable[str], materials: Iterable[str]
) -> Callable[[str, str], str]:
    """Groups of origins from a CSV file.

    Parameters
    ----------
    path : with the columns supplier, material and group.
    suppliers, materials : of the book.

    Raises
    ------
    InputError : all that is wrong with it, by line: no such columns, no group, a supplier or
        material that the book does not know, a row that an earlier one covers.
    """
    known = {"supplier": set(suppliers), "material": set(materials)}
    findings: list[Finding] = []
    found: list[tuple[str, str, str]] = []
    for line, row in read_table(path, COLUMNS):
        where = f"{path.name}:{line}"
        for column, names in known.items():
            if row[column] and row[column] not in names:
                hint, told = nearest_hint(row[column], names), repr(row[column])
                expected = f"a {column} of the book, or nothing"
                findings.append(Finding("unknown-name", where, expected, told, hint))
        if not row["group"]:
            findings.append(Finding("missing", where, "a group", "nothing"))
        if any(a in ("", row["supplier"]) and b in ("", row["material"]) for a, b, _ in found):
            findings.append(Finding("duplicate", where, "a row of its own", "covered above"))
        found.append((row["supplier"], row["material"], row["group"]))
    raise_findings(findings)
    return Grouping(path.name, tuple(found))
