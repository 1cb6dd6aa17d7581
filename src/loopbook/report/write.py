"""Writing a run to a folder: all of it or nothing."""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from loopbook import __version__
from loopbook.errors import InputError
from loopbook.files import clear_left, whole_folder, writing
from loopbook.report.answers.writing import WRITERS, with_kinds
from loopbook.report.headline import KeyFigure
from loopbook.report.result import RunResult

INPUTS, SUMMARY, REPORT, TABLES = "inputs.json", "summary.json", "report.html", "tables"
DRAW_VALUES, STATIONS = "draw_values.csv", "stations.svg"
"""Attachment with the values of each draw: column ``draw``, and a column a figure by its name."""
_ENDINGS = (".csv", ".parquet")
_OURS = "loopbook-run"


def write_result(result: RunResult, out: Path) -> Path:
    """Write tables (CSV and Parquet), inputs with checksums, summary and report.

    Everything is written to a folder beside `out` and then put in its place, so that nobody ever
    sees half a run. An `out` that holds something else than a run is left alone. Files in it that
    no run wrote stay, and so does a file that was changed since, such as a book that somebody
    posted to: see `names_beside`.

    Parameters
    ----------
    result : what the run gave.
    out : folder of the run.

    Returns
    -------
    Path of the report.
    """
    clear_left(out)
    if out.exists() and not _is_run(out):
        raise InputError.of(
            "input",
            str(out),
            "a folder of a run",
            "other files",
            hint="give a folder that is new, empty or holds an earlier run",
        )
    made = [f"{TABLES}/{name}{end}" for name in result.tables for end in _ENDINGS]
    ours = [out / name for name in (INPUTS, SUMMARY, REPORT, *made)]
    beside = names_beside(result, out)
    others = _not_ours(result, out)
    own = {*out.iterdir()} - {*others} if out.is_dir() else set[Path]()
    with writing(out, *ours), whole_folder(out, own=own) as folder:
        _write(result, folder, beside)
        for path in others:
            _carry(path, folder / path.relative_to(out))
    return out / REPORT


def _files_of(result: RunResult) -> dict[str, bytes]:
    """Files that belong to a result by their names: its own, and the picture of its stations."""
    if not result.headline or not result.headline.stations:
        return {**result.attachments}
    from loopbook.report.page import strip_svg

    return {**result.attachments, STATIONS: strip_svg(result.headline).encode("utf-8")}


def names_beside(result: RunResult, out: Path) -> dict[str, str]:
    """New name of each file of a run whose place is taken by one that no run wrote as it is."""
    taken = {path.name for path in _not_ours(result, out) if path.parent == out}
    beside = {}
    for name in sorted(taken & _files_of(result).keys()) if taken else ():
        number = 2
        while (new := f"{Path(name).stem}-{number}{Path(name).suffix}") in taken:
            number += 1
        beside[name] = new
    return beside


def _not_ours(result: RunResult, out: Path) -> list[Path]:
    """Files and folders in an earlier run's folder that a run did not write, or not as they are."""
    if not out.is_dir() or not (out / SUMMARY).is_file():
        return []
    summary = json.loads((out / SUMMARY).read_text(encoding="utf-8"))
    written = summary.get("files", {})
    tables = {f"{x}{end}" for x in (*summary.get("tables", ()), *result.tables) for end in _ENDINGS}
    files = _files_of(result)
    inside = sorted((out / TABLES).iterdir()) if (out / TABLES).is_dir() else []
    return [path for path in inside if path.name not in tables] + [
        path
        for path in sorted(out.iterdir())
        if path.name not in (TABLES, INPUTS, SUMMARY, REPORT)
        and not _is_ours(path, str(written.get(path.name, "")), files)
    ]


def _is_ours(path: Path, written: str, attachments: Mapping[str, bytes]) -> bool:
    """Whether a file is as a run wrote it; older runs did not note what they wrote."""
    if not path.is_file():
        return False
    raw = path.read_bytes()
    if raw == attachments.get(path.name) or sha256(raw).hexdigest() == written:
        wal = path.with_name(path.name + "-wal")  # what SQLite has not moved into the file yet
        return not (wal.is_file() and wal.stat().st_size)
    return not written and path.suffix == ".svg" and path.name in attachments


def _carry(path: Path, to: Path) -> None:
    """Keep a file or folder; a program that has the file open goes on writing to it."""
    if path.is_dir():
        shutil.copytree(path, to, copy_function=_link)
    else:
        _link(path, to)


def _link(path: str | Path, to: str | Path) -> None:
    try:
        os.link(path, to)
    except OSError:  # the system has no links
        shutil.copy2(path, to)


def _is_run(out: Path) -> bool:
    if not out.is_dir():
        return False
    try:
        summary = json.loads((out / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return not any(out.iterdir())
    return isinstance(summary, dict) and summary.get("kind") == _OURS


def _write(result: RunResult, folder: Path, beside: Mapping[str, str]) -> None:
    from loopbook.report.page import write_report

    tables = folder / TABLES
    tables.mkdir()
    for table in result.tables.values():
        for ending in _ENDINGS:
            WRITERS[ending](tables / f"{table.name}{ending}", with_kinds(table), table.rows)
    for name, content in ((INPUTS, _inputs(result)), (SUMMARY, _summary(result, beside))):
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        (folder / name).write_text(text + "\n", encoding="utf-8")
    for name, raw in _files_of(result).items():
        (folder / beside.get(name, name)).write_bytes(raw)
    write_report(result, folder / REPORT)


def _inputs(result: RunResult) -> dict[str, object]:
    return {
        "files": [asdict(file) for file in result.files],
        "inputs": {key: asdict(row) for key, row in result.inputs.items()},
        "sources": {name: dict(work) for name, work in result.sources.items()},
    }


def _summary(result: RunResult, beside: Mapping[str, str]) -> dict[str, object]:
    """The result without its inputs, as JSON values."""
    return {
        "kind": _OURS,
        "loopbook": __version__,
        "name": result.name,
        "title": result.title,
        "switches": dict(result.switches),
        "stamp": asdict(result.headline.stamp) if result.headline else None,
        "files": {
            beside.get(name, name): sha256(raw).hexdigest()
            for name, raw in _files_of(result).items()
        },
        "figures": [_figure(x) for x in result.headline.figures] if result.headline else [],
        "summary": {str(label): text for label, text in result.summary.rows},
        "tables": {
            name: {
                "title": table.title,
                "note": table.note,
                "columns": [
                    {"name": c.name, "title": c.title, "unit": c.unit, "how": c.how}
                    for c in table.columns
                ],
                "rows": [list(row) for row in table.rows],
            }
            for name, table in result.tables.items()
        },
    }


def _figure(figure: KeyFigure) -> dict[str, object]:
    """A key figure, as `compare_runs` reads it."""
    names = ("name", "value", "unit", "decimals", "low", "median", "high")
    return {"title": figure.title, **{name: getattr(figure.estimate, name) for name in names}}
