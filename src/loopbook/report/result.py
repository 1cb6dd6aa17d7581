"""What a run gives: tables, the numbers that went in, and a headline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from loopbook.report.headline import Headline
from loopbook.report.layout import Layout
from loopbook.report.table import Cell, Table

GRADES = {
    "A": "read in the source itself",
    "B": "computed from numbers read in the source",
    "C": "from a secondary source",
    "C*": "sources conflict, or the value looks wrong",
    "M": "from memory, not checked",
    "assumption": "an assumption of this project",
}
"""How sure a number is, surest first, and what that means."""


@dataclass(frozen=True, slots=True)
class InputRow:
    """One number that went in: from a file of the case or from the data library.

    Parameters
    ----------
    key : unique: the address at which a run sets it, such as ``terms/scrap/payable/Ni/value``.
    where : ``terms.csv:5``.
    source, page, grade : the work, the place in it, and how sure (``assumption`` if nobody does).
    low, high : 5 % and 95 % points in its unit; None where not known.
    """

    key: str
    where: str
    value: Cell
    unit: str
    source: str
    page: str
    grade: str
    note: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that was read, with its SHA-256 and size."""

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class RunResult:
    """Everything that a run gives; the report and the files are made from this alone.

    Attributes
    ----------
    name, title : of the case.
    switches : scenarios of the case and whether each is on.
    summary : key figures, columns ``label`` and ``text``.
    tables : result tables by name.
    inputs : every number that went in, by key.
    sources : rows of the sources table: id, title, publisher, year, address.
    files : files that were read.
    attachments : further files that belong to the result, by name.
    layout : sections of the report's page.
    switch_titles : by switch, what the page calls it; its name where it is not among these.
    years : the results that people look at first, a row a year.
    sheets : tables of each of the ``parties`` and ``sites``, a row a flow or sum, a column a year.
    headline : page one; None where the case has none.
    """

    name: str
    title: str
    switches: Mapping[str, bool]
    summary: Table
    tables: Mapping[str, Table]
    inputs: Mapping[str, InputRow]
    sources: Mapping[str, Mapping[str, str]]
    files: Sequence[InputFile]
    attachments: Mapping[str, bytes] = field(default_factory=dict)
    layout: Layout = field(default_factory=Layout)
    switch_titles: Mapping[str, str] = field(default_factory=dict)
    years: Table = field(default_factory=lambda: Table("years", "Year by year", (), ()))
    sheets: Mapping[str, Sequence[Table]] = field(default_factory=dict)
    headline: Headline | None = None
