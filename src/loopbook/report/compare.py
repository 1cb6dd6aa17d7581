"""What changed between runs: key figures first, then inputs, and results by how much they moved."""

import csv
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

from loopbook.errors import Finding, raise_findings
from loopbook.report.answers.answer import Answer, Rows, counted
from loopbook.report.format import is_number, unit_text
from loopbook.report.run import DRAW_FINDINGS
from loopbook.report.table import Cell, Column
from loopbook.report.write import DRAW_VALUES, INPUTS, SUMMARY

_SAME = 1e-12  # of the largest number of the unit; less than this is rounding of the same sum


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A key figure of a run beside that of the first; the interval is of the difference.

    Where both runs have the same draws, each draw is a difference: what both runs share has no
    doubt in it.
    """

    title: Annotated[str, Column(title="Key figure"), "what it is"]
    run: Annotated[str, Column(drops=1), "folder of the run that is compared with the first"]
    old: Annotated[Cell, Column(title="First"), "in the first run"]
    new: Annotated[Cell, Column(title="Run"), "in this run"]
    difference: Annotated[float | None, "new - old"]
    low: Annotated[float | None, Column(title="5 %"), "5 % point of the differences of the draws"]
    high: Annotated[float | None, Column(title="95 %"), "95 % point of them"]
    unit: Annotated[str, "unit of all; none where it differs"]


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
    """What differs between runs: key figures of each, the rest between the first and the last."""

    different: Annotated[int, "number of results that differ"]
    figures: Annotated[tuple[FigureChange, ...], Rows("Key figures")]
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
        return tuple(
            name for name in ("figures", "switches", "inputs", "results") if getattr(self, name)
        )

    def first(self, limit: int) -> "Comparison":
        """The comparison with so many results at most; 0 for all."""
        return replace(self, results=self.results[: limit or None])


def compare_runs(first: Path, *others: Path) -> Comparison:
    """Compare folders that `write_result` made.

    Key figures of each run are compared with those of the first; switches, inputs and results of
    the last run with those of the first. Results are those with the largest effect first.

    Parameters
    ----------
    first, others : folders; of two runs, the older and the newer.

    Raises
    ------
    InputError : a folder is not a whole run.
    """
    findings: list[Finding] = []
    folders = (first, *others)
    runs = [_read(folder, findings) for folder in folders]
    raise_findings(findings)
    (old, old_inputs), (new, new_inputs) = runs[0], runs[-1]
    before, after = old["switches"], new["switches"]
    switches = tuple(
        SwitchChange(name, before.get(name), after.get(name))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    )
    inputs = tuple(_inputs(old_inputs["inputs"], new_inputs["inputs"]))
    results = tuple(sorted(_results(old["tables"], new["tables"]), key=_order))
    drawn = [
        _draw_values(folder, summary) for folder, (summary, _) in zip(folders, runs, strict=True)
    ]
    figures = tuple(
        change
        for place, (summary, _) in enumerate(runs[1:], 1)
        for change in _figures(str(folders[place]), (old, summary), (drawn[0], drawn[place]))
    )
    return Comparison(len(results), figures, switches, inputs, results)


_OF_DRAWS = {"draws", "drivers", DRAW_FINDINGS}
"""Tables about the draws; what they hold of a figure is beside the figure."""

_Draws = Mapping[str, Mapping[str, float]]
"""Values by figure and draw."""


def _figures(
    run: str, summaries: tuple[Any, Any], drawn: tuple[_Draws, _Draws]
) -> Iterator[FigureChange]:
    """Key figures of two runs; the interval of the difference where they have the same draws."""
    before, after = ({x["name"]: x for x in one.get("figures", ())} for one in summaries)
    seeds = [(one.get("stamp") or {}).get("seed") for one in summaries]
    for name in {**before, **after}:
        a, b = (one.get(name, {}) for one in (before, after))
        old, new, unit = _in_units(
            (a["value"], unit_text(a["unit"])) if a else None,
            (b["value"], unit_text(b["unit"])) if b else None,
        )
        values = [one.get(name, {}) for one in drawn]
        shared = values[0].keys() & values[1].keys() if seeds[0] == seeds[1] else ()
        differences = sorted(values[1][x] - values[0][x] for x in shared) if unit else []
        low, high = _ends(differences)
        moved = new - old if is_number(old) and is_number(new) else None
        yield FigureChange({**a, **b}["title"], run, old, new, moved, low, high, unit)


def _ends(ordered: Sequence[float]) -> tuple[float | None, float | None]:
    """5 and 95 % points of ordered numbers.

    >>> _ends([0.0, 1.0, 2.0]), _ends([])
    ((0.1, 1.9), (None, None))
    """
    if not ordered:
        return None, None
    low, high = (_point(ordered, (len(ordered) - 1) * share) for share in (0.05, 0.95))
    return low, high


def _point(ordered: Sequence[float], place: float) -> float:
    """A number between two of a row, by its place."""
    before, after = ordered[int(place)], ordered[math.ceil(place)]
    return before + (place - int(place)) * (after - before)


def _draw_values(folder: Path, summary: Any) -> _Draws:
    """Values of the draws of a run, if its file is as the run wrote it."""
    path, written = folder / DRAW_VALUES, summary.get("files", {}).get(DRAW_VALUES)
    if not written or not path.is_file():
        return {}
    raw = path.read_bytes()
    if sha256(raw).hexdigest() != written:
        return {}
    rows = [*csv.DictReader(raw.decode("utf-8").splitlines())]
    return {
        name: {row["draw"]: float(row[name]) for row in rows if row[name]}
        for name in (rows[0] if rows else ())
        if name != "draw"
    }


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
            figures = part.get("figures", [])
            return (
                _are_cells(switches.values())
                and all(map(_is_table, tables.values()))
                and isinstance(figures, list)
                and all(map(_is_figure, figures))
            )
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


def _is_figure(figure: Any) -> bool:
    match figure:
        case {"name": str(), "title": str(), "unit": str(), "value": value}:
            return _are_cells([value])
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
    for name in {**old, **new}.keys() - _OF_DRAWS:
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
