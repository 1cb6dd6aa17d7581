"""The library of sourced numbers: every number with its source, page, range and grade.

A number is found by its subject and parameter; its key is ``table/subject/parameter``. Several
years of one key are a series. `loopbook.matter.tables` defines a table and what is refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from loopbook.errors import Findings, InputError, UnknownNameError, require_known
from loopbook.matter.tables import Number, Source, read_numbers, read_sources, repeated

_NO_TABLES = frozenset({"sources.csv", "elements.csv", "components.csv"})


@dataclass(frozen=True, slots=True)
class Library:
    """Numbers of all loaded tables; made by `load_library`.

    Parameters
    ----------
    numbers : rows, in order of table and line.
    sources : works by source_id.
    replaced : reference of a row that replaces another, by the reference of that other; see
        `overlay`.
    """

    numbers: tuple[Number, ...]
    sources: Mapping[str, Source]
    replaced: Mapping[str, str] = field(default_factory=dict, repr=False)
    _by_name: Mapping[tuple[str, str], list[Number]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the rows by subject and parameter."""
        by_name: dict[tuple[str, str], list[Number]] = {}
        for number in self.numbers:
            by_name.setdefault((number.subject, number.parameter), []).append(number)
        object.__setattr__(self, "_by_name", by_name)

    def get(
        self, subject: str, parameter: str, table: str | None = None, *, year: str | None = None
    ) -> Number:
        """The one number of a subject and parameter.

        Parameters
        ----------
        subject, parameter : its names.
        table : table to look in; needed where two tables have the same names.
        year : needed where there are several years.

        Raises
        ------
        UnknownNameError : no such number (three nearest given).
        InputError : several rows fit.

        >>> load_library().get("NMC811", "copper", "composition_cell").value.__round__(4)
        0.078
        """
        rows = [
            number
            for number in self._by_name.get((subject, parameter), ())
            if table in (None, number.table) and year in (None, number.year)
        ]
        if len(rows) == 1:
            return rows[0]
        where = "/".join((table or "*", subject, parameter)) + (f" {year}" if year else "")
        if not rows:
            self._refuse(subject, parameter, table, where)
        raise InputError.of(
            "ambiguous",
            where,
            "one number",
            ", ".join(f"{n.where} ({n.year})" if n.year else n.where for n in rows[:6]),
            hint="name the table or the year",
        )

    def named(self, text: str) -> Number:
        """The number that ``table/subject/parameter`` names, with ``@year`` where several are.

        Raises
        ------
        InputError : the text is no such name; else as `get`.

        >>> load_library().named("recoveries/hydro/Li").value
        0.9
        """
        name, _, year = text.strip().partition("@")
        table, _, rest = name.partition("/")
        subject, slash, parameter = rest.rpartition("/")
        if not slash:
            what = "table/subject/parameter, with @year behind it where there are several"
            raise UnknownNameError.of(
                "unknown-name", "library", "a row of the library", text, hint=f"write {what}"
            )
        return self.get(subject, parameter, table, year=year or None)

    def _refuse(self, subject: str, parameter: str, table: str | None, where: str) -> None:
        """Raise `UnknownNameError` for the first name of a row that nothing has."""
        if table is not None:
            require_known("a table", table, self.tables(), where=where)
        rows = [n for n in self.numbers if table in (None, n.table)]
        require_known("a subject", subject, {n.subject for n in rows}, where=where)
        known = {n.parameter for n in rows if n.subject == subject}
        require_known(f"a parameter of {subject}", parameter, known, where=where)

    def series(self, subject: str, parameter: str, table: str | None = None) -> tuple[Number, ...]:
        """All years of a subject and parameter, in order of year; empty if there are none.

        >>> len(load_library().series("nickel", "monthly price")) >= 120
        True
        """
        rows = self._by_name.get((subject, parameter), ())
        return tuple(sorted((n for n in rows if table in (None, n.table)), key=lambda n: n.year))

    def find(self, text: str) -> tuple[Number, ...]:
        """Rows that hold every word of a text in key, unit, source, note or source's title.

        >>> {number.table for number in load_library().find("nmc811 copper cell")} >= \
{"composition_cell"}
        True
        """
        words = text.lower().split()
        return tuple(n for n in self.numbers if all(w in self._text(n) for w in words))

    def _text(self, number: Number) -> str:
        title = self.sources[number.source_id].title
        parts = (number.key, number.unit, number.year, number.source_id, number.note, title)
        return " ".join(parts).lower()

    def with_value(self, value: float, relative: float = 1e-9) -> tuple[Number, ...]:
        """Rows whose value equals a number: where does 0.9 come from?

        >>> any(n.subject == "hydro" for n in load_library().with_value(0.98))
        True
        """
        return tuple(n for n in self.numbers if math.isclose(n.value, value, rel_tol=relative))

    def with_key(self, key: str) -> tuple[Number, ...]:
        """Rows of a key ``table/subject/parameter``, in order of the file.

        >>> load_library().with_key("recoveries/hydro/Li")[0].value
        0.9
        """
        return tuple(n for n in self.numbers if n.key == key)

    def table(self, name: str) -> tuple[Number, ...]:
        """Rows of a table; `UnknownNameError` if there is none of that name.

        >>> load_library().table("salts")[0].key
        'salts/NiSO4/H2SO4 per salt'
        """
        rows = tuple(n for n in self.numbers if n.table == name)
        if not rows:
            require_known("a table", name, self.tables(), where="library")
        return rows

    def tables(self) -> tuple[str, ...]:
        """Names of the tables, sorted.

        >>> load_library().tables()[0]
        'black_mass_specs'
        """
        return tuple(sorted({n.table for n in self.numbers}))

    def subjects(self, table: str) -> tuple[str, ...]:
        """Subjects of a table, in order of the file.

        >>> load_library().subjects("recoveries")
        ('hydro', 'pyro', 'direct', 'hydro 2019')
        """
        return tuple(dict.fromkeys(n.subject for n in self.table(table)))

    def source(self, number: Number) -> Source:
        """The work that a number comes from.

        >>> library = load_library()
        >>> library.source(library.get("NiSO4", "H2SO4 per salt")).title
        'EverBatt 2023 (workbook)'
        """
        return self.sources[number.source_id]

    def overlay(self, rows: Mapping[str, Number]) -> Library:
        """The library with rows of a case in place of its own of the same key and year.

        Parameters
        ----------
        rows : by the reference under which a result lists each, such as a case's file and row.

        Raises
        ------
        UnknownNameError : the library has no row of that key and year to replace.

        >>> from dataclasses import replace
        >>> library = load_library()
        >>> ours = replace(library.get("hydro", "Li", "recoveries"), value=0.93)
        >>> numbers = Sourced(library.overlay({"case/recoveries.csv/hydro/Li": ours}))
        >>> numbers("hydro", "Li", "recoveries"), numbers.references
        (0.93, ('case/recoveries.csv/hydro/Li',))
        """
        new = {row.reference: row for row in rows.values()}
        own = {number.reference for number in self.numbers}
        findings = Findings()
        for name, row in rows.items():
            findings.check_known("a row of the library", row.reference, own, at=name)
        findings.raise_all()
        numbers = tuple(new.get(number.reference, number) for number in self.numbers)
        places = {row.reference: name for name, row in rows.items()}
        return Library(numbers, self.sources, {**self.replaced, **places})


def packaged_data() -> Path:
    """Folder of the tables that come with the package.

    >>> (packaged_data() / "sources.csv").exists()
    True
    """
    return Path(str(resources.files("loopbook.matter"))) / "data"


def load_library(paths: Iterable[Path | str] | None = None) -> Library:
    """Read tables and sources, or report all their errors.

    Parameters
    ----------
    paths : folders (all CSV files in them) and files; None for `packaged_data`. A
        ``sources.csv`` among them adds to the packaged sources.

    Raises
    ------
    InputError : with a finding, by file and line, for each unknown unit, missing source, ``TODO``,
        duplicate key, value outside its range, NaN, wrong count of columns, cut-off file, wrong
        encoding, unknown grade.

    >>> load_library().get("US", "electricity price").grade
    'A'
    """
    places = [packaged_data()] if paths is None else [Path(path) for path in paths]
    files: list[Path] = []
    findings = Findings()
    for path in places:
        if path.is_dir():
            files.extend(sorted(path.glob("*.csv")))
        elif path.is_file():
            files.append(path)
        else:
            findings.note("input", "a folder or file", "nothing", at=str(path))
    source_files = dict.fromkeys([packaged_data() / "sources.csv"])
    source_files.update(dict.fromkeys(file for file in files if file.name == "sources.csv"))
    sources = read_sources(source_files, findings)
    numbers: list[Number] = []
    for file in files:
        if file.name not in _NO_TABLES:
            numbers.extend(read_numbers(file, sources, findings))
    findings.items.extend(repeated(numbers))
    findings.raise_all()
    return Library(tuple(numbers), sources)


@dataclass(frozen=True, slots=True)
class Sourced:
    """A library that records which of its rows were taken, so that a result can list them.

    Parameters
    ----------
    library : numbers with sources.

    >>> numbers = Sourced()
    >>> numbers("hydro", "Ni", "recoveries"), numbers("hydro", "Ni", "recoveries")
    (0.98, 0.98)
    >>> [row.key for row in numbers.used]
    ['recoveries/hydro/Ni']
    """

    library: Library = field(default_factory=load_library)
    _taken: dict[str, Number] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def used(self) -> tuple[Number, ...]:
        """Rows that were taken, each once, in order of first use."""
        return tuple(self._taken.values())

    @property
    def references(self) -> tuple[str, ...]:
        """References of the rows that were taken: the library's, or their replacements'."""
        return tuple(self.library.replaced.get(name, name) for name in self._taken)

    def __call__(
        self, subject: str, parameter: str, table: str, *, unit: str | None = None
    ) -> float:
        """Value of one row, in `unit` if given; see `Library.get`."""
        row = self.row(subject, parameter, table)
        return row.value if unit is None else row.to(unit)

    def row(self, subject: str, parameter: str, table: str, *, year: str | None = None) -> Number:
        """One row, of a year where there are several; see `Library.get`."""
        return self.take(self.library.get(subject, parameter, table, year=year))

    def rows(self, table: str, subject: str) -> dict[str, float]:
        """Values of all rows of a subject by parameter, in order of the file."""
        rows = [row for row in self.library.table(table) if row.subject == subject]
        return {row.parameter: self.take(row).value for row in rows}

    def has(self, subject: str, parameter: str, table: str) -> bool:
        """Whether there is such a row."""
        return len(self.library.series(subject, parameter, table)) > 0

    def take(self, row: Number) -> Number:
        """Record a row of the library as used, and return it."""
        self._taken.setdefault(row.reference, row)
        return row
