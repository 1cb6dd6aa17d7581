"""Origins of many lots: groups of the room's own, what lies at a site, tables of all lots."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from loopbook.errors import Finding, InputError

if TYPE_CHECKING:
    from loopbook.trace.genealogy.answers import Composition
    from loopbook.trace.genealogy.genealogy import Genealogy
    from loopbook.trace.genealogy.numpy_loops import Shares
    from loopbook.trace.suspect import Held


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


def site_origins(genealogy: Genealogy, held: Iterable[Held], by: str) -> dict[str, Shares]:
    """Where all that lies at a site came from, mg of each substance by group.

    Parameters
    ----------
    genealogy : as of the same moments as `held`.
    held : lots and what lies of them.
    by : ``supplier`` or ``material``; metal that no input had is in the group of its boundary.
    """
    found: dict[str, Shares] = {}
    amounts: dict[str, Shares] = {}
    for one in held:
        content = np.array(one.content, np.float64)
        amounts[one.lot] = amounts.get(one.lot, np.zeros_like(content)) + content
    for lot, content in amounts.items():
        for origin in genealogy.trace(lot).origins:
            group = getattr(origin, by) or origin.kind
            part = np.nan_to_num(origin.shares) * content
            found[group] = found.get(group, np.zeros_like(content)) + part
    return dict(sorted(found.items(), key=lambda x: (-float(x[1].sum()), x[0])))


def write_composition(found: Composition, rows: Sequence[int], out: Path) -> None:
    """Write the composition of lots to a CSV or Parquet file.

    Parameters
    ----------
    found : of all lots.
    rows : which of them.
    out : the file; its ending says the format, and another one is an InputError.

    The shares of a lot that has nothing of the substance are empty.
    """
    total = found.total_mg[rows]
    shares = np.where(total[:, np.newaxis] > 0, found.shares[rows], np.nan)
    names = [found.lots[k] for k in rows]
    head = ["lot", f"{found.substance}_mg", *found.groups]
    if out.suffix.lower() == ".csv":
        with out.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(head)
            for name, mg, row in zip(names, total.tolist(), shares.tolist(), strict=True):
                writer.writerow([name, int(mg), *("" if x != x else repr(x) for x in row)])  # noqa: PLR0124
    elif out.suffix.lower() == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        columns = [pa.array(names), pa.array(total.astype(np.int64))]
        columns += [pa.array(shares[:, k], from_pandas=True) for k in range(shares.shape[1])]
        pq.write_table(pa.table(columns, names=head), out)
    else:
        expected = ".csv or .parquet"
        raise InputError([Finding("format", str(out), expected, out.suffix or "no ending")])
