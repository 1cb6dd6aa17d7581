"""Results of laboratories."""

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
    """The assay of a sample, known when its last replicate is; an uncertainty needs a content."""
    shares: dict[str, tuple[Value, ...]] = {}
    sigmas: dict[str, tuple[Decimal, ...]] = {}
    lines: dict[str, int] = {}
    first = rows[0]
    for row in rows:
        number = row["replicate"]
        if number in lines:
            row.note("replicate", "duplicate", f"another than in line {lines[number]}", number)
        lines[number] = row.line
        _compare(row, first)
        for name, result in row["shares"].items():
            readings = result if isinstance(result, tuple) else (result,)
            shares[name] = (*shares.get(name, ()), *readings)
        for name, sigma in row["uncertainty"].items():
            if name in row["shares"]:
                sigmas[name] = (*sigmas.get(name, ()), sigma)
            elif f"shares.{name}" not in row.bad:
                row.note(
                    f"uncertainty.{name}",
                    "missing",
                    f"a content of {name}",
                    "its uncertainty alone",
                )
    results: dict[str, Value] = {name: x[0] if len(x) == 1 else x for name, x in shares.items()}
    uncertainty = {name: sum(x, Decimal(0)) / len(x) for name, x in sigmas.items()}
    key = (*(first[name] for name in _NAMES), "assay")
    last = max(row["occurred_at"] for row in rows)
    command = first.command(Assay, *key, shares=results, uncertainty=uncertainty, occurred_at=last)
    return Entry(
        first.line,
        first.where,
        (command,),
        first.find,
        findings=tuple(finding for row in rows for finding in row.findings),
        bad=frozenset(name for row in rows for name in row.bad),
    )


def _compare(row: ImportRow, first: ImportRow) -> None:
    """Record what else differs from the first replicate."""
    for name in row.names:
        group, value, before = name.partition(".")[0], row.written(name), first.written(name)
        if group not in _OWN and value != before:
            row.note(
                name,
                "differs",
                f"{before or 'nothing'}, as in line {first.line}",
                value or "nothing",
            )
