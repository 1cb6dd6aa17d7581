"""Where the metal of the month's cells came from, out of the book alone: tables and a picture."""

from collections.abc import Sequence

import numpy as np

from loopbook.book import Book
from loopbook.report import Cell, Column, Table
from loopbook.trace import (
    Genealogy,
    Kernels,
    Trace,
    lineage_back,
    lineage_svg,
    of_substance,
    with_events,
)

LINEAGE = "cell_lineage.svg"
"""Name of the picture of a lot's lineage among the attachments."""

METALS = ("Ni", "Co", "Li")
"""Metals whose origins are shown: those of recycled content (Regulation (EU) 2023/1542)."""

_FOLD = 5  # ends of one kind and stage that are drawn one by one
_HOW = "sum over the cell lots: content of the lot x share of the origin, by element"
_KINDS = ("recovered", "bought", "restated")
_GAINS = "metal that a run measured beyond what went in, or a newer assay trace"


def cell_origins(
    book: Book, lots: Sequence[str], recovered: Sequence[str], keys: tuple[str, ...]
) -> tuple[tuple[Table, ...], dict[str, bytes]]:
    """Origins of the month's cells by supplier and material, and a picture of one lot's lineage.

    Parameters
    ----------
    book : the month's book.
    lots : names of the lots of finished cells, in the order in which they were made.
    recovered : materials whose metal counts as recovered: the types of scrap.
    keys : input rows that the month rests on.

    Returns
    -------
    Two tables (all cells together, and lot by lot), and the picture by its name; nothing where no
    cells were made.
    """
    if not lots:
        return (), {}
    genealogy = Genealogy.of(book, kernels=Kernels())
    traced = [genealogy.trace(lot) for lot in lots]
    chosen = _most_recovered(traced, recovered)
    lineage = of_substance(with_events(lineage_back(genealogy, chosen.lot), book), "Ni")
    picture = lineage_svg(
        lineage, substance="Ni", fold=_FOLD, title=f"Where the nickel of {chosen.lot} came from"
    )
    tables = (_together(traced, set(recovered), keys), _by_lot(traced, set(recovered), keys))
    return tables, {LINEAGE: picture.encode()}


def _most_recovered(traced: Sequence[Trace], recovered: Sequence[str]) -> Trace:
    """The lot with the most recovered nickel of many suppliers: the one that is worth a picture."""

    def worth(trace: Trace) -> tuple[int, float, str]:
        came = [x for x in trace.origins if x.material in recovered]
        place = trace.substances.index("Ni")
        suppliers = {x.supplier for x in came if x.shares[place] > 0.0}
        return len(suppliers), float(sum(x.amounts_mg[place] for x in came)), trace.lot

    return max(traced, key=worth)


def _grouped(traced: Sequence[Trace]) -> dict[tuple[str, str], dict[str, np.ndarray]]:
    """Milligrams of each substance by (supplier, material) and cell lot."""
    amounts: dict[tuple[str, str], dict[str, np.ndarray]] = {}
    for one in traced:
        for x in one.origins:
            group = (x.supplier, x.material) if x.kind == "lot" else ("", x.kind)
            lots = amounts.setdefault(group, {})
            lots[one.lot] = lots.get(one.lot, np.zeros(len(one.substances))) + x.amounts_mg
    return amounts


def _columns(keys: tuple[str, ...], what: str) -> list[Column]:
    columns = []
    for metal in METALS:
        low = metal.lower()
        columns.append(Column(f"{low}_kg", metal, "kg", keys, _HOW))
        columns.append(
            Column(
                f"{low}_share",
                f"Share of {metal}",
                "1",
                keys,
                f"{metal} of this origin / all {metal} in {what}",
            )
        )
    return columns


def _metal_cells(amounts: np.ndarray, whole: np.ndarray, places: Sequence[int]) -> list[Cell]:
    cells: list[Cell] = []
    for k in places:
        cells += [float(amounts[k]) / 1e6, float(amounts[k] / whole[k]) if whole[k] else None]
    return cells


def _together(traced: Sequence[Trace], recovered: set[str], keys: tuple[str, ...]) -> Table:
    """All cells of the month by supplier and material."""
    places = [traced[0].substances.index(metal) for metal in METALS]
    whole = np.sum([one.total_mg for one in traced], axis=0)
    rows: list[tuple[Cell, ...]] = []
    for (supplier, material), lots in _grouped(traced).items():
        amounts = np.sum(list(lots.values()), axis=0)
        if not any(amounts[k] > 0.5 for k in places):
            continue
        reached = sum(1 for x in lots.values() if any(x[k] > 0.5 for k in places))
        kind = _kind(material, supplier, recovered)
        rows.append(
            (supplier or "-", material, kind, reached, *_metal_cells(amounts, whole, places))
        )
    rows.sort(key=lambda row: (_KINDS.index(str(row[2])), -float(str(row[4] or 0.0)), row[:2]))
    total: tuple[Cell, ...] = ("all", "", "", len(traced), *_metal_cells(whole, whole, places))
    return Table(
        "cell_origins",
        "Where the metal of the month's cells came from",
        (
            Column("supplier", "Supplier"),
            Column("material", "Scrap type or material"),
            Column("kind", "Kind"),
            Column(
                "lots", "Cell lots reached", "lots", keys, "number of cell lots with some of it"
            ),
            *_columns(keys, "the cells"),
        ),
        (*rows, total),
        (
            "Traced through the month's book, run by run and blend by blend, each element by "
            f"itself; the shares of an element add up to one. 'Restated' is {_GAINS}. Scrap of "
            "the lines that came back (run-around) has the origins of the cells' material that "
            "it was, so it is not an origin here."
        ),
    )


def _kind(material: str, supplier: str, recovered: set[str]) -> str:
    if not supplier:
        return "restated"
    return "recovered" if material in recovered else "bought"


def _by_lot(traced: Sequence[Trace], recovered: set[str], keys: tuple[str, ...]) -> Table:
    """Recovered metal of each lot of cells by supplier and scrap type."""
    places = [traced[0].substances.index(metal) for metal in METALS]
    rows: list[tuple[Cell, ...]] = []
    for one in traced:
        for (supplier, material), lots in sorted(_grouped([one]).items()):
            amounts = lots[one.lot]
            if _kind(material, supplier, recovered) == "recovered" and amounts.any():
                cells = _metal_cells(amounts, one.total_mg, places)
                rows.append((one.lot, supplier, material, *cells))
    return Table(
        "cell_lot_origins",
        "Recovered metal in each lot of cells, by supplier and scrap type",
        (
            Column("lot", "Lot of cells"),
            Column("supplier", "Supplier"),
            Column("scrap_type", "Scrap type"),
            *_columns(keys, "the lot"),
        ),
        tuple(rows),
        "The rest of each lot is bought metal; see cell_origins.",
    )
