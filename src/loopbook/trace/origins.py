"""Origins of many lots: of all at a site, or of all in the book, by group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from loopbook.book import Book, Content
from loopbook.report import Answer, Cell, Column, Lazy, Record, Table, counted, kilograms
from loopbook.trace.genealogy.answers import Composition
from loopbook.trace.genealogy.genealogy import Genealogy
from loopbook.trace.groups import read_groups

if TYPE_CHECKING:
    from loopbook.trace.genealogy.columns import Shares


def group_by(what: str) -> Callable[[str, str], str]:
    """Groups by ``supplier``, ``material``, or ``both``.

    >>> group_by("both")("LGES", "dry cells")
    'LGES, dry cells'
    """
    makers: dict[str, Callable[[str, str], str]] = {
        "supplier": lambda supplier, _: supplier,
        "material": lambda _, material: material,
        "both": lambda supplier, material: f"{supplier}, {material}",
    }
    return makers[what]


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

    def as_record(self) -> Record:
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
