"""What changed between two runs: inputs, and results by how much they moved."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

from loopbook.errors import Finding, raise_findings
from loopbook.report.answers.answer import Answer, Rows, counted
from loopbook.report.format import is_number
from loopbook.report.table import Cell, Column
from loopbook.report.write import INPUTS, SUMMARY

_SAME = 1e-12  # of the largest number of the unit; less than this is rounding of the same sum


@dataclass(frozen=True, slots=True)
class SwitchChange:
    """A scenario that is on in one run only; None in a run whose case does not have it."""

    name: Annotated[str, Column(title="Switch"), "name of the scenario"]
    old: Annotated[bool | None, "whether it was on"]
    new: Annotated[bool | None, "whether it is on"]


@dataclass(frozen=True, slots=True)
class InputChange:
    """An input that is not the same; None in a run that does not have it."""

    key: Annotated[str, Column(title="Input"), "address of the number"]
    where: Annotated[str, Column(title="Place"), "file and line, in the newer run if it is there"]
    old: Annotated[Cell, "value in the older run"]
    new: Annotated[Cell, "value in the newer run"]
    unit: Annotated[str, "unit of both; none where it differs, and each value has its own"]


@dataclass(frozen=True, slots=True)
class ResultChange:
    """A cell of a result table that is not the same; None where there was no cell or no number."""

    table: Annotated[str, "table of results"]
    column: Annotated[str, "column of the table"]
    row: Annotated[str, "year and texts that name the row"]
    old: Annotated[Cell, "in the older run"]
    new: Annotated[Cell, "in the newer run"]
    unit: Annotated[str, "unit of both; none where it differs, and each value has its own"]
    effect_share: Annotated[
        float | None,
        Column(title="Effect", unit="1", decimals=2),
        "|new - old| / largest |number| of the column in either run; none for a whole table",
    ]


@dataclass(frozen=True, slots=True)
class Comparison(Answer):
    """Everything that differs between two runs, results with the largest effect first."""

    different: Annotated[int, "number of results that differ"]
    switches: Annotated[tuple[SwitchChange, ...], Rows("Switches")]
    inputs: Annotated[tuple[InputChange, ...], Rows("Inputs")]
    results: Annotated[tuple[ResultChange, ...], Rows("Results, largest effect first")]

    def headline(self) -> str:
        """How many results differ."""
        count, first = self.different, len(self.results)
        if not count:
            return "no result differs"
        text = counted(count, "result differs", "results differ")
        return text if first == count else f"{text}; the first {first} are below"

    def shown(self) -> tuple[str, ...]:
        """The tables with some change."""
        return tuple(name for name in ("switches", "inputs", "results") if getattr(self, name))

    def first(self, limit: int) -> "Comparison":
        """The comparison with so many results at most; 0 for all."""
        return replace(self, results=self.results[: limit or None])


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
    before, after = old["switches"], new["switches"]
    switches = tuple(
        SwitchChange(name, before.get(name), after.get(name))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    )
    inputs = tuple(_inputs(old_inputs["inputs"], new_inputs["inputs"]))
    results = tuple(sorted(_results(old["tables"], new["tables"]), key=_order))
    return Comparison(len(results), switches, inputs, results)


def _order(change: ResultChange) -> tuple[float, str, str, str]:
    effect = math.inf if change.effect_share is None else change.effect_share
    return -effect, change.table, change.column, change.row


def _read(folder: Path, findings: list[Finding]) -> list[Any]:
    parts = []
    for name, key in ((SUMMARY, "tables"), (INPUTS, "inputs")):
        path, remedy = folder / name, "a run is what loopbook run writes, such as out/NAME"
        try:
            parts.append(json.loads(path.read_text(encoding="utf-8")))
        except OSError:
            findings.append(
                Finding("missing-file", str(path), "a file of a run", "nothing", remedy)
            )
        except (ValueError, RecursionError) as error:
            findings.append(Finding("file-truncated", str(path), "whole JSON", str(error)))
        else:
            if not _FORMS[key](parts[-1]):
                findings.append(Finding("input", str(path), "a run of loopbook", "other JSON"))
    return parts


def _has_tables(part: Any) -> bool:
    """Whether JSON has switches and tables of the form that a run is written in."""
    match part:
        case {"switches": dict() as switches, "tables": dict() as tables}:
            return _are_cells(switches.values()) and all(map(_is_table, tables.values()))
    return False


def _has_inputs(part: Any) -> bool:
    match part:
        case {"inputs": dict() as rows}:
            return all(
                isinstance(row, dict)
                and {"value", "where", "unit"} <= row.keys()
                and _are_cells(row.values())
                for row in rows.values()
            )
    return False


def _is_table(table: Any) -> bool:
    match table:
        case {"columns": list() as columns, "rows": list() as rows}:
            named = all(
                isinstance(c, dict) and _are_texts(c.get("name"), c.get("unit")) for c in columns
            )
            return (
                named
                and all(isinstance(row, list) and _are_cells(row) for row in rows)
                and ({len(row) for row in rows} <= {len(columns)})
            )
    return False


def _are_texts(*values: object) -> bool:
    return all(isinstance(value, str) for value in values)


def _are_cells(values: Iterable[object]) -> bool:
    """Whether values are texts, truths, nothing, or numbers that can be compared."""
    return all(
        value is None
        or isinstance(value, str)
        or (isinstance(value, (int, float)) and abs(value) < _TOO_LARGE)
        for value in values
    )


_TOO_LARGE = 10**300
_FORMS = {"tables": _has_tables, "inputs": _has_inputs}


def _inputs(
    old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]
) -> Iterator[InputChange]:
    """Inputs that changed, came or went; what is only re-keyed to another row shows both."""
    for key in {**old, **new}:
        before, after = old.get(key), new.get(key)
        ends = [(row["value"], row["unit"]) if row else None for row in (before, after)]
        if ends[0] != ends[1]:
            yield InputChange(key, str((after or before or {})["where"]), *_in_units(*ends))


def _in_units(old: tuple[Cell, str] | None, new: tuple[Cell, str] | None) -> tuple[Cell, Cell, str]:
    """Two cells and their unit; a unit that differs is beside each number.

    >>> _in_units((1500.0, "t/yr"), (1.8, "kt/yr")), _in_units(None, (1.8, "kt/yr"))
    (('1,500 t/yr', '1.8 kt/yr', ''), (None, 1.8, 'kt/yr'))
    """
    ends = [one for one in (old, new) if one]
    cells = [one[0] if one else None for one in (old, new)]
    if len({unit for _, unit in ends}) == 1:
        return cells[0], cells[1], ends[0][1]
    texts = [f"{x:,.15g} {unit}".strip() if is_number(x) else x for x, unit in ends]
    return texts[0], texts[1], ""


def _results(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[ResultChange]:
    largest: dict[str, float] = {}
    for table in chain(old.values(), new.values()):
        for row in table["rows"]:
            for column, cell in zip(table["columns"], row, strict=True):
                if is_number(cell):
                    unit = column["unit"]
                    largest[unit] = max(largest.get(unit, 0.0), abs(cell))
    for name in {**old, **new}:
        if name not in old or name not in new:
            before, after = ("table" if name in run else None for run in (old, new))
            yield ResultChange(name, "", "", before, after, "", None)
            continue
        yield from _table_changes(name, old[name], new[name], largest)


def _table_changes(
    name: str, old: Any, new: Any, in_unit: Mapping[str, float]
) -> Iterator[ResultChange]:
    before, after = _by_cell(old), _by_cell(new)
    units = [{c["name"]: c["unit"] for c in table["columns"]} for table in (old, new)]
    largest: dict[str, float] = {}
    for (_, column), value in chain(before.items(), after.items()):
        if is_number(value):
            largest[column] = max(largest.get(column, 0.0), abs(value))
    for row, column in {**before, **after}:
        a, b = before.get((row, column)), after.get((row, column))
        of_a, of_b = (own.get(column, "") for own in units)
        numbers = [value for value in (a, b) if is_number(value)]  # texts have no size: come last
        moved = abs(numbers[-1] - numbers[0]) if len(numbers) == 2 else abs(sum(numbers))
        share = moved / largest[column] if moved else 0.0
        if of_a != of_b and len(numbers) == 2:
            yield ResultChange(name, column, row, *_in_units((a, of_a), (b, of_b)), None)
        elif a != b and (len(numbers) < 2 or moved > _SAME * in_unit[of_b]):
            yield ResultChange(name, column, row, a, b, of_b or of_a, share)


def _by_cell(table: Any) -> dict[tuple[str, str], Cell]:
    """Cells by row and column; a row is named by its first cells, so that its name is its own."""
    names, rows = [column["name"] for column in table["columns"]], table["rows"]
    widths = range(1, len(names))
    unique = (w for w in widths if len({tuple(map(str, row[:w])) for row in rows}) == len(rows))
    width = next(unique, len(names))
    return {
        (" ".join(map(str, row[:width])), name): cell
        for row in rows
        for name, cell in zip(names[width:], row[width:], strict=True)
    }
