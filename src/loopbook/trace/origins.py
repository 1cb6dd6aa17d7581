"""Origins of many lots: of all at a site, or of all in the book, by group.

The book knows an origin's supplier and material. Groups by anything else (country, chemistry, pre-
or post-consumer) come from a CSV file with the columns supplier, material and group; an empty cell
matches any. The first row that fits decides, and an origin that no row fits is a finding: nothing
is left over in silence.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np

from loopbook.book import Book, Content, says_modelled
from loopbook.errors import Findings, InputError
from loopbook.report import Answer, Cell, Column, Lazy, Record, Table, counted, kilograms
from loopbook.tables import read_table
from loopbook.trace.genealogy.answers import Composition
from loopbook.trace.genealogy.columns import Shares
from loopbook.trace.genealogy.genealogy import Genealogy


def group_by(what: str) -> Callable[[str, str], str]:
    """Groups by ``supplier``, ``material``, or ``both``.

    >>> group_by("both")("Maker", "dry cells")
    'Maker, dry cells'
    """
    makers: dict[str, Callable[[str, str], str]] = {
        "supplier": lambda supplier, _: supplier,
        "material": lambda _, material: material,
        "both": lambda supplier, material: f"{supplier}, {material}",
    }
    return makers[what]


@dataclass(frozen=True, slots=True)
class Grouping:
    """Rows of a table of groups: supplier, material, group; empty for any.

    >>> Grouping("groups.csv", (("Maker", "", "US"), ("", "foil", "JP")))("Trader", "foil")
    'JP'
    """

    name: str
    rows: tuple[tuple[str, str, str], ...]

    def __call__(self, supplier: str, material: str) -> str:
        """Group of an origin; one that no row fits is an InputError."""
        for who, what, group in self.rows:
            if who in ("", supplier) and what in ("", material):
                return group
        raise InputError.of(
            "missing",
            self.name,
            "a row for each origin",
            f"none for {material!r} of {supplier!r}",
            hint="a last row with empty supplier and material stands for all others",
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
    table = read_table(path, ("supplier", "material", "group"), findings, others=True)
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


def site_origins(
    genealogy: Genealogy, held: Iterable[tuple[str, Content]], by: str
) -> dict[str, Shares]:
    """Where all the matter at a site came from, mg of each substance by group.

    Parameters
    ----------
    genealogy : as of the same moment as `held`.
    held : lots and their contents at the site; a lot of two owners comes twice.
    by : ``supplier`` or ``material``; metal that no input had is in the group of its boundary.
    """
    amounts: dict[str, Shares] = {}
    contents: dict[str, Shares] = {}
    for lot, held_mg in held:
        content = np.array(held_mg, np.float64)
        contents[lot] = contents.get(lot, np.zeros_like(content)) + content
    for lot, content in contents.items():
        for origin in genealogy.trace(lot).origins:
            group = getattr(origin, by) or origin.kind
            part = np.nan_to_num(origin.shares) * content
            amounts[group] = amounts.get(group, np.zeros_like(content)) + part
    return dict(sorted(amounts.items(), key=lambda x: (-float(x[1].sum()), x[0])))


@dataclass(frozen=True, slots=True)
class Origins(Answer):
    """Origins of one substance in many lots, by group; a lot that has nothing of it has no shares.

    Parameters
    ----------
    composition, genealogy : of all lots.
    rows : which of them.
    """

    composition: Composition
    genealogy: Genealogy
    rows: Sequence[int]

    def headline(self) -> str:
        """How many lots."""
        return f"Origins of {self.composition.substance} in {counted(len(self.rows), 'lot')}"

    def unmarked(self) -> Record:
        """A column for each group; the rows are made when they are read, since they may be many."""
        composition = self.composition
        columns = (
            Column("lot", "Lot", meaning="name of the lot", kind=str),
            Column("material", "Material", meaning="what it is", kind=str, drops=1),
            Column(
                f"{composition.substance}_kg",
                composition.substance,
                "kg",
                meaning="all of it that came into the lot",
                decimals=3,
                adds=True,
                kind=Decimal,
            ),
            *(
                Column(f"{x}_share", x, "1", meaning="share of the group", decimals=2, kind=float)
                for x in composition.groups
            ),
        )
        facts = Table("facts", "", (Column("substance", kind=str),), ((composition.substance,),))
        lots = Table("lots", "Lots", columns, Lazy(len(self.rows), self._row))
        return Record("origins", self.version, self.headline(), facts, (lots,))

    def _row(self, place: int) -> tuple[Cell, ...]:
        lot = self.rows[place]
        total = float(self.composition.total_mg[lot])
        shares = self.composition.shares[lot].tolist()
        cells = shares if total > 0.0 else [None] * len(shares)
        material = self.genealogy.material(lot)
        return self.composition.lots[lot], material, kilograms(total), *cells


@says_modelled
def origins_of(
    book: Book,
    genealogy: Genealogy,
    substance: str,
    *,
    by: str = "supplier",
    groups: Path | None = None,
    material: str | None = None,
) -> Origins:
    """Origins of all lots, or of the lots of a material.

    Parameters
    ----------
    by : ``supplier``, ``material`` or ``both``.
    groups : a CSV file of other groups, instead; see `read_groups`.
    """
    nouns = book.store.nouns()
    group = group_by(by) if groups is None else read_groups(groups, nouns.parties, nouns.materials)
    composition = genealogy.composition(substance, group)
    lots = range(len(composition.lots))
    rows = [k for k in lots if material == genealogy.material(k)] if material else lots
    return Origins(composition, genealogy, rows)
