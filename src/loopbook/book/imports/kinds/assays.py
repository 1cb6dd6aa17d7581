"""Results of laboratories."""

import statistics
from collections.abc import Iterable, Iterator
from decimal import Decimal

from loopbook.book.commands.measuring.assay import Assay
from loopbook.book.imports.columns import Column, columns_of
from loopbook.book.imports.posting import Entry
from loopbook.book.imports.rows import ImportKind, ImportRow
from loopbook.tables import Text, Value

_NAMES = ("lot", "stage", "laboratory", "sample")
_OWN = {"shares", "uncertainty", "replicate", "occurred_at", *_NAMES}  # of each replicate


class Assays(ImportKind):
    """Results of laboratories: a row a sample of a lot, or one of its replicates.

    An empty cell is not analysed.
    """

    columns = (
        *columns_of(Assay),
        Column("replicate", Text(), "which replicate of the sample the row is", "", "1"),
    )

    def entries(self, rows: Iterable[ImportRow]) -> Iterator[Entry]:
        """One entry a sample; its replicates are gathered, wherever their rows are."""
        samples: dict[tuple[str, ...], list[ImportRow]] = {}
        for row in rows:
            alone = "" if row["replicate"] else str(row.line)
            samples.setdefault((*(row[name] for name in _NAMES), alone), []).append(row)
        return map(_entry, samples.values())


def _entry(rows: list[ImportRow]) -> Entry:
    """The assay of a sample, known when its last replicate is."""
    first, *others = rows
    shares, uncertainty = first["shares"], _uncertainty(first)
    last = first["occurred_at"]
    if others:
        _compare(rows)
        shares = _gathered([row["shares"] for row in rows])
        sigmas = _gathered([_uncertainty(row) for row in rows]).items()
        uncertainty = {x: statistics.mean(s) if isinstance(s, tuple) else s for x, s in sigmas}
        last = max(row["occurred_at"] for row in rows)
    key = (*(first[name] for name in _NAMES), "assay")
    command = first.command(Assay, *key, shares=shares, uncertainty=uncertainty, occurred_at=last)
    return Entry(
        first.line,
        first.where,
        (command,),
        first.find,
        findings=tuple(finding for row in rows for finding in row.findings),
        bad=frozenset(name for row in rows for name in row.bad),
    )


def _uncertainty(row: ImportRow) -> dict[str, Decimal]:
    """Uncertainties of a row; each needs a content."""
    shares, sigmas = row["shares"], row["uncertainty"]
    for name in sorted(sigmas.keys() - shares.keys()):
        if f"shares.{name}" not in row.bad:
            at, expected = f"uncertainty.{name}", f"a content of {name}"
            row.note(at, "missing", expected, "its uncertainty alone")
    return {name: sigma for name, sigma in sigmas.items() if name in shares}


def _gathered(results: list[dict[str, Value]]) -> dict[str, Value]:
    """What replicates give of each substance, in their order: one value, or a tuple."""
    each: dict[str, tuple[Value, ...]] = {}
    for of_row in results:
        for name, value in of_row.items():
            values = value if isinstance(value, tuple) else (value,)
            each[name] = (*each.get(name, ()), *values)
    return {name: x[0] if len(x) == 1 else x for name, x in each.items()}


def _compare(rows: list[ImportRow]) -> None:
    """Record a replicate that comes twice, and what else differs from the first one."""
    first, lines = rows[0], {rows[0]["replicate"]: rows[0].line}
    for row in rows[1:]:
        number = row["replicate"]
        if number in lines:
            row.note("replicate", "duplicate", f"another than in line {lines[number]}", number)
        lines[number] = row.line
        for name in row.names:
            value, before = row.written(name), first.written(name)
            if value != before and name.partition(".")[0] not in _OWN:
                expected = f"{before or 'nothing'}, as in line {first.line}"
                row.note(name, "differs", expected, value or "nothing")
