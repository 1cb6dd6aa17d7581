"""Which input rows a column rests on, briefly: what another column rests on, and the rest.

Columns late in a chain rest on hundreds of rows, nearly all of them those of an earlier column.
Naming that column is shorter than a list, and so a person would write it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from loopbook.report.table import Table

ColumnName: TypeAlias = tuple[str, str]
"""Table and column."""

_LEAST = 5  # rows that naming another column must save
_MOST_PARENTS = 6


@dataclass(frozen=True, slots=True)
class Rests:
    """What a column rests on.

    Parameters
    ----------
    count : number of its input rows.
    on : columns whose input rows are all among them, with their numbers.
    keys : input rows of no column in `on`, in the order of the basis.
    """

    count: int
    on: tuple[tuple[ColumnName, int], ...]
    keys: tuple[str, ...]


def shared_basis(tables: Mapping[str, Table]) -> dict[ColumnName, Rests]:
    """What each column rests on; together `Rests.on` and `Rests.keys` give its whole basis.

    A column only names columns with fewer rows than it has, or the first one with the same rows,
    so that following the names always ends.

    >>> from loopbook.report.table import Column
    >>> rows = tuple(f"r{i}" for i in range(9))
    >>> columns = (Column("a", "A", "t", rows), Column("b", "B", "t", (*rows, "more")))
    >>> shared_basis({"t": Table("t", "T", columns, ())})["t", "b"]
    Rests(count=10, on=((('t', 'a'), 9),), keys=('more',))
    """
    first: dict[frozenset[str], ColumnName] = {}
    names: dict[ColumnName, tuple[str, ...]] = {}
    for table in tables.values():
        for column in table.columns:
            names[table.name, column.name] = tuple(dict.fromkeys(column.basis))
            first.setdefault(frozenset(column.basis), (table.name, column.name))
    smaller = sorted((s for s in first if len(s) >= _LEAST), key=len)
    return {name: _rests(name, basis, first, smaller) for name, basis in names.items()}


def _rests(
    name: ColumnName,
    basis: tuple[str, ...],
    first: Mapping[frozenset[str], ColumnName],
    smaller: list[frozenset[str]],
) -> Rests:
    whole = frozenset(basis)
    if len(whole) >= _LEAST and first[whole] != name:
        return Rests(len(whole), ((first[whole], len(whole)),), ())
    inside = [s for s in smaller if s < whole]
    left = set(whole)
    on: list[tuple[ColumnName, int]] = []
    while inside and len(on) < _MOST_PARENTS:
        best = max(inside, key=lambda s: (len(s & left), -len(s)))
        if len(best & left) < _LEAST:
            break
        on.append((first[best], len(best)))
        left -= best
    return Rests(len(whole), tuple(on), tuple(k for k in basis if k in left))
