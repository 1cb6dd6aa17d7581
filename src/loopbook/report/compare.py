"""What changed between two runs: inputs, and results by how much they moved."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from loopbook.errors import Finding, raise_findings
from loopbook.report.format import is_number
from loopbook.report.write import INPUTS, SUMMARY

_SAME = 1e-12  # relative; less than this is rounding of the same calculation


@dataclass(frozen=True, slots=True)
class InputChange:
    """An input that is not the same: where it stands, what it was, what it is."""

    key: str
    where: str
    old: Any
    new: Any
    unit: str

    @property
    def name(self) -> str:
        """Key without the file: ``lansing/2027/cell_reject_share``."""
        return self.key.split("/", 2)[-1] if self.key.startswith("case/") else self.key


@dataclass(frozen=True, slots=True)
class ResultChange:
    """A cell of a result table that is not the same.

    Attributes
    ----------
    table, row, column : which cell; the row by its text columns and year.
    old, new : numbers or texts; None where there was none.
    relative : ``|new - old| / largest |number| of the column in either run``.
    """

    table: str
    row: str
    column: str
    unit: str
    old: Any
    new: Any
    relative: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs between two runs, results with the largest effect first."""

    switches: Mapping[str, tuple[Any, Any]]
    inputs: tuple[InputChange, ...]
    results: tuple[ResultChange, ...]


def compare_runs(a: Path, b: Path) -> Comparison:
    """Compare two folders that `write_result` made.

    Parameters
    ----------
    a, b : the older and the newer run.

    Raises
    ------
    InputError : a folder is not a whole run.
    """
    findings: list[Finding] = []
    runs = [_read(folder, findings) for folder in (a, b)]
    raise_findings(findings)
    (old, old_inputs), (new, new_inputs) = runs
    names = {**old["switches"], **new["switches"]}
    switches = {
        name: (old["switches"].get(name), new["switches"].get(name))
        for name in names
        if old["switches"].get(name) != new["switches"].get(name)
    }
    results = sorted(_results(old["tables"], new["tables"]), key=_order)
    return Comparison(switches, tuple(_inputs(old_inputs, new_inputs)), tuple(results))


def _order(change: ResultChange) -> tuple[float, str, str, str]:
    return -change.relative, change.table, change.column, change.row


def _read(folder: Path, findings: list[Finding]) -> tuple[Any, Any]:
    found = []
    for name in (SUMMARY, INPUTS):
        path = folder / name
        try:
            found.append(json.loads(path.read_text(encoding="utf-8")))
        except OSError:
            findings.append(
                Finding(
                    "missing-file",
                    str(path),
                    "a file of a run",
                    "nothing",
                    "a run is what loopbook run writes, such as out/NAME",
                )
            )
        except ValueError as error:
            findings.append(Finding("file-truncated", str(path), "whole JSON", str(error)))
    if len(found) == 2 and not ("tables" in found[0] and "inputs" in found[1]):
        findings.append(Finding("input", str(folder), "a run of loopbook", "other JSON"))
    return (found[0], found[1]["inputs"]) if len(found) == 2 and not findings else (None, None)


def _inputs(
    old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]
) -> Iterator[InputChange]:
    """Inputs that changed, came or went; what is only re-keyed to another row shows both."""
    for key in {**old, **new}:
        before, after = old.get(key), new.get(key)
        if before is not None and after is not None and before["value"] == after["value"]:
            continue
        row = after or before
        assert row is not None
        yield InputChange(
            key,
            str(row["where"]),
            before["value"] if before else None,
            after["value"] if after else None,
            str(row["unit"]),
        )


def _results(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[ResultChange]:
    for name in {**old, **new}:
        if name not in old or name not in new:
            before, after = ("table" if name in run else None for run in (old, new))
            yield ResultChange(name, "", "", "", before, after, math.inf)
            continue
        yield from _table_changes(name, old[name], new[name])


def _table_changes(name: str, old: Any, new: Any) -> Iterator[ResultChange]:
    before, after = _by_cell(old), _by_cell(new)
    units = {c["name"]: c["unit"] for c in (*old["columns"], *new["columns"])}
    largest: dict[str, float] = {}
    for cells in (before, after):
        for (_, column), value in cells.items():
            if is_number(value):
                largest[column] = max(largest.get(column, 0.0), abs(value))
    for row, column in {**before, **after}:
        a, b = before.get((row, column)), after.get((row, column))
        if a == b:
            continue
        numbers: list[float] = [value for value in (a, b) if is_number(value)]
        relative = 0.0  # texts have no size: they come last
        if numbers:
            moved = abs(numbers[-1] - numbers[0]) if len(numbers) == 2 else abs(numbers[0])
            relative = moved / largest[column] if largest[column] > 0.0 else 0.0
            if relative <= _SAME and len(numbers) == 2:
                continue
        yield ResultChange(name, row, column, units[column], a, b, relative)


def _by_cell(table: Any) -> dict[tuple[str, str], Any]:
    """Cells by row and column; a row is named by its year and its texts without a unit."""
    names = [c["name"] for c in table["columns"]]
    labels = _label_columns(table)
    cells: dict[tuple[str, str], Any] = {}
    for row in table["rows"]:
        label = " ".join(str(row[place]) for place in labels)
        for place, name in enumerate(names):
            if place not in labels:
                cells[label, name] = row[place]
    return cells


def _label_columns(table: Any) -> list[int]:
    """Columns that name a row: leading ones, until the rows are told apart."""
    count = len(table["columns"])
    for width in range(1, count + 1):
        seen = {tuple(str(cell) for cell in row[:width]) for row in table["rows"]}
        if len(seen) == len(table["rows"]):
            return list(range(width))
    return list(range(count))


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as JSON values; an effect without a size is null."""
    results = [asdict(change) for change in comparison.results]
    for row in results:
        row["relative"] = row["relative"] if math.isfinite(row["relative"]) else None
    return {
        "switches": {k: {"old": a, "new": b} for k, (a, b) in comparison.switches.items()},
        "inputs": [asdict(change) for change in comparison.inputs],
        "results": results,
    }
