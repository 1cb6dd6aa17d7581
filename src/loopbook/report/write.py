"""Writing a run to a folder: all of it or nothing."""

import json
from dataclasses import asdict
from pathlib import Path

from loopbook import __version__
from loopbook.errors import Finding, InputError
from loopbook.files import whole_folder
from loopbook.report.answers.writing import WRITERS, with_kinds
from loopbook.report.table import RunResult

INPUTS, SUMMARY, REPORT = "inputs.json", "summary.json", "report.html"
_OURS = "loopbook-run"


def write_result(result: RunResult, out: Path) -> Path:
    """Write tables (CSV and Parquet), inputs with checksums, summary and report.

    Everything is written to a folder beside `out` and then put in its place, so that nobody ever
    sees half a run. An `out` that holds something else than a run is left alone.

    Parameters
    ----------
    result : what the run gave.
    out : folder of the run.

    Returns
    -------
    Path of the report.
    """
    if out.exists() and not _is_run(out):
        raise InputError(
            [
                Finding(
                    "input",
                    str(out),
                    "a folder of a run",
                    "other files",
                    "give a folder that is new, empty or holds an earlier run",
                )
            ]
        )
    with whole_folder(out) as folder:
        _write(result, folder)
    return out / REPORT


def _is_run(out: Path) -> bool:
    if not out.is_dir():
        return False
    try:
        summary = json.loads((out / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return not any(out.iterdir())
    return isinstance(summary, dict) and summary.get("kind") == _OURS


def _write(result: RunResult, folder: Path) -> None:
    from loopbook.report.page import write_report

    tables = folder / "tables"
    tables.mkdir()
    for table in result.tables.values():
        for ending in (".csv", ".parquet"):
            WRITERS[ending](tables / f"{table.name}{ending}", with_kinds(table), table.rows)
    for name, content in ((INPUTS, _inputs(result)), (SUMMARY, _summary(result))):
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        (folder / name).write_text(text + "\n", encoding="utf-8")
    for name, raw in result.attachments.items():
        (folder / name).write_bytes(raw)
    write_report(result, folder / REPORT)


def _inputs(result: RunResult) -> dict[str, object]:
    return {
        "files": [asdict(file) for file in result.files],
        "inputs": {key: asdict(row) for key, row in result.inputs.items()},
        "sources": {name: dict(work) for name, work in result.sources.items()},
    }


def _summary(result: RunResult) -> dict[str, object]:
    """The result without its inputs, as JSON values."""
    return {
        "kind": _OURS,
        "loopbook": __version__,
        "name": result.name,
        "title": result.title,
        "switches": dict(result.switches),
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
