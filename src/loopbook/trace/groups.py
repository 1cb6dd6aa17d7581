"""Groups of origins: by country, chemistry, pre- or post-consumer, or by any other table.

The book knows an origin's supplier and material. Anything else about them comes from a CSV file
with the columns supplier, material and group; an empty cell stands for any. The first row that fits
decides, and an origin that no row fits is a finding: nothing is left over in silence.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from loopbook.errors import Finding, Findings, InputError
from loopbook.tables import read_table

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
        raise InputError(
            [
                Finding(
                    "missing",
                    self.name,
                    "a row for each origin",
                    f"none for {material!r} of {supplier!r}",
                    "a last row with empty supplier and material stands for all others",
                )
            ]
        )


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
    InputError : every error by line: missing columns, no group, a supplier or material that the
        book does not know, a row that an earlier one covers.
    """
    known = {"supplier": set(suppliers), "material": set(materials)}
    findings = Findings()
    rows: list[tuple[str, str, str]] = []
    table = read_table(path, COLUMNS, findings, others=True)
    for line, row in table.records() if table else ():
        at = f"{path.name}:{line}"
        for column, names in known.items():
            if row[column] and row[column] not in names:
                findings.unknown(f"a {column} of the book", row[column], names, at=at)
        if not row["group"]:
            findings.missing("a group", at=at)
        if any(a in ("", row["supplier"]) and b in ("", row["material"]) for a, b, _ in rows):
            findings.note("duplicate", "a row of its own", "covered by a row above", at=at)
        rows.append((row["supplier"], row["material"], row["group"]))
    findings.raise_all()
    return Grouping(path.name, tuple(rows))
