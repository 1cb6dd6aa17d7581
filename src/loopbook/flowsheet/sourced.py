"""Numbers with their sources, on the way into a calculation: a library and the rows it gave."""

from __future__ import annotations

from dataclasses import dataclass, field

from loopbook.matter.library import Library, Used, load_library
from loopbook.matter.tables import Number


@dataclass(frozen=True, slots=True)
class Sourced:
    """A library that remembers what was taken from it.

    Parameters
    ----------
    library : numbers with sources.
    used : rows that were read, in order of first use.

    >>> numbers = Sourced()
    >>> numbers("hydro", "Ni", "recoveries")
    0.98
    >>> [row.where for row in numbers.used] == [numbers.used.numbers[0].where]
    True
    """

    library: Library = field(default_factory=load_library)
    used: Used = field(default_factory=Used)
    _seen: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    def __call__(
        self, subject: str, parameter: str, table: str, *, unit: str | None = None
    ) -> float:
        """Value of one row, in `unit` if given; see `Library.value`."""
        row = self.row(subject, parameter, table)
        return row.value if unit is None else row.to(unit)

    def row(self, subject: str, parameter: str, table: str, *, year: str | None = None) -> Number:
        """One row, of a year where there are several; see `Library.get`."""
        row = self.library.get(subject, parameter, table, year=year)
        self._note(row)
        return row

    def rows(self, table: str, subject: str) -> dict[str, float]:
        """Values of all rows of a subject by parameter, in order of the file."""
        found = [row for row in self.library.table(table) if row.subject == subject]
        for row in found:
            self._note(row)
        return {row.parameter: row.value for row in found}

    def has(self, subject: str, parameter: str, table: str) -> bool:
        """Whether there is such a row."""
        return any(
            (row.subject, row.parameter) == (subject, parameter)
            for row in self.library.table(table)
        )

    def _note(self, row: Number) -> None:
        # a set beside the list: searching the list costs more than solving the flowsheet
        if row.where not in self._seen:
            self._seen.add(row.where)
            self.used.append(row)
