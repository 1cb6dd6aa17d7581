"""A folder of tables written as one workbook, and a workbook written as a folder."""

from collections.abc import Iterator
from pathlib import Path

from loopbook.errors import Findings
from loopbook.files import whole_folder, write_whole, writing
from loopbook.loop.reading.folder import CASE, read_texts, setting_texts
from loopbook.loop.reading.written import Tables
from loopbook.report import WRITERS, Column, write_workbook


def copy_loop(place: Path | str, to: Path | str) -> Path:
    """Write the tables of a folder as a workbook, or those of a workbook as a folder.

    Cells are texts in both, so that nothing is lost on the way but comments of ``case.toml``.

    Parameters
    ----------
    place : a folder, or a workbook.
    to : a new workbook ``NAME.xlsx``, or a new folder.

    Raises
    ------
    InputError : what is there cannot be read, or what is named exists.
    """
    findings, target = Findings(), Path(to)
    raw = read_texts(Path(place), findings)
    if target.exists():
        hint = "choose another name"
        findings.note("file", "a new name", "it exists", at=str(target), hint=hint)
    findings.raise_all()
    assert raw is not None
    with writing(target):
        if target.suffix.lower() == ".xlsx":
            _write_workbook(raw, target)
        else:
            with whole_folder(target) as folder:
                _write_folder(raw, folder)
    return target


def _write_workbook(raw: Tables, path: Path) -> None:
    settings = [Column("setting"), Column("value")]
    write_workbook(path, [(CASE, settings, [*setting_texts(raw.settings)]), *_sheets(raw)])


def _sheets(raw: Tables) -> Iterator[tuple[str, list[Column], list[tuple[str, ...]]]]:
    """Name, columns and rows of each table."""
    for name, sheet in raw.sheets.items():
        yield name, [*map(Column, sheet.header)], [row.cells for row in sheet.rows]


def _write_folder(raw: Tables, folder: Path) -> None:
    import tomli_w

    write_whole(folder / f"{CASE}.toml", tomli_w.dumps(raw.settings).encode())
    for name, columns, rows in _sheets(raw):
        WRITERS[".csv"](folder / f"{name}.csv", columns, rows)
