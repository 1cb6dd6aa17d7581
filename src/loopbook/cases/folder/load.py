"""Loading a case folder: all of it is read and checked before anything is computed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from loopbook.cases.folder.case import Case, library_key
from loopbook.cases.folder.crosscheck import check_case
from loopbook.cases.folder.reading import Context, Record, read_records
from loopbook.cases.folder.schema import FILES, PROVENANCE, SETTINGS, FileSpec, file_spec
from loopbook.cases.folder.settings import Settings, read_settings
from loopbook.cases.folder.shipped import SETTINGS_FILE
from loopbook.cases.month.settings import MONTH_FILE, read_month
from loopbook.errors import nearest_hint, raise_findings
from loopbook.matter.library import Library, load_library
from loopbook.matter.tables import Number
from loopbook.report import InputFile, InputRow


def load_case(folder: Path | str, library: Library | None = None) -> Case:
    """Read and check a case folder, or say everything that is wrong with it.

    Parameters
    ----------
    folder : holds ``case.toml`` and the tables of `loopbook.cases.folder.schema.FILES`.
    library : the data library; None for the packaged one.

    Raises
    ------
    InputError : with every finding of every file, each with file and line.
    """
    root = Path(folder)
    library = library or load_library()
    context = Context(None, library, set(library.sources))
    sources = {name: _source(work) for name, work in library.sources.items()}
    own = read_records(root / "sources.csv", file_spec("sources.csv"), context)
    sources.update({row["source_id"]: {k: str(v) for k, v in row.cells.items()} for row in own})
    context.sources = set(sources)
    settings = read_settings(root / SETTINGS_FILE, context)
    context.years = _span(settings, context)
    tables: dict[str, Sequence[Record]] = {"sources.csv": own}
    for spec in FILES:
        if spec.name != "sources.csv" and (spec.required or (root / spec.name).exists()):
            tables[spec.name] = read_records(root / spec.name, spec, context)
    month = read_month(root / MONTH_FILE, context)
    _strangers(root, context)
    check_case(settings, tables, context)
    raise_findings(context.findings)
    assert context.years is not None
    rows = (*_setting_rows(settings), *_table_rows(tables), *(month.inputs if month else ()))
    inputs = {row.key: row for row in rows}
    years = tuple(range(context.years[0], context.years[1] + 1))
    name = root.resolve().name
    files = tuple(_files(root))
    return Case(name, years, settings, tables, inputs, sources, library, files, month)


def _source(work: object) -> dict[str, str]:
    names = file_spec("sources.csv").columns
    return {name: str(getattr(work, name)) for name in names}


def _span(settings: Settings, context: Context) -> tuple[int, int] | None:
    first, last = settings.values.get("first_year"), settings.values.get("last_year")
    if first is None or last is None:
        return None
    if not first.value <= last.value:
        where = f"{SETTINGS_FILE}:{last.line}"
        context.note("year", where, f"last_year from {first.value} on", str(last.value))
        return None
    return first.value, last.value


def _strangers(root: Path, context: Context) -> None:
    """A table that no rule knows would be ignored in silence: its name is a slip."""
    known = {spec.name for spec in FILES} | {SETTINGS_FILE, MONTH_FILE}
    for path in sorted(root.iterdir()):
        if path.suffix in {".csv", ".toml"} and path.name not in known:
            context.note(
                "unknown-name",
                path.name,
                "a file of a case",
                path.name,
                hint=nearest_hint(path.name, known),
            )


def _setting_rows(settings: Settings) -> Iterator[InputRow]:
    for path, found in settings.values.items():
        where = f"{SETTINGS_FILE}:{found.line}"
        provenance = found.provenance
        if provenance is None:
            if path in SETTINGS[""]:
                yield InputRow(
                    f"case/{SETTINGS_FILE}/{path}", where, found.value, "", "", "", "setting"
                )
            continue
        yield InputRow(
            f"case/{SETTINGS_FILE}/{path}",
            where,
            found.value,
            found.unit,
            provenance["source_id"],
            provenance["page"],
            provenance["grade"],
            provenance["note"],
        )


def _table_rows(tables: dict[str, Sequence[Record]]) -> Iterator[InputRow]:
    for spec in FILES:
        for row in tables.get(spec.name, ()):
            number = row.number
            for column, unit in _number_columns(spec, row):
                cells = {name: str(row[name]) for name in PROVENANCE}
                if number is not None and column == "value":
                    cells = {
                        "source_id": number.source_id,
                        "page": number.page,
                        "grade": number.grade,
                        "note": "; ".join(
                            part
                            for part in (
                                f"{library_key(number)} ({number.value:.6g} {number.unit})",
                                number.note,
                                row["note"],
                            )
                            if part
                        ),
                    }
                source, page, grade, note = (cells[name] for name in PROVENANCE)
                where = row.where
                yield InputRow(row.key(column), where, row[column], unit, source, page, grade, note)


def _number_columns(spec: FileSpec, row: Record) -> Iterator[tuple[str, str]]:
    if not spec.sourced:
        return
    if spec.value_units:
        yield "value", row["unit"]
    for column, kind in spec.columns.items():
        if kind.what in {"amount", "share", "yield loss", "place"}:
            yield column, kind.unit or "1"


def library_input(number: Number) -> InputRow:
    """Input row of a library number."""
    return InputRow(
        library_key(number),
        f"library {number.where}",
        number.value,
        number.unit,
        number.source_id,
        number.page,
        number.grade,
        number.note,
    )


def _files(root: Path) -> Iterator[InputFile]:
    known = {spec.name for spec in FILES} | {SETTINGS_FILE, MONTH_FILE}
    for path in sorted(root.iterdir()):
        if path.name in known:
            raw = path.read_bytes()
            yield InputFile(path.name, hashlib.sha256(raw).hexdigest(), len(raw))
