"""Loading a case folder: all of it is read and checked before anything is computed."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from loopbook.cases.folder.case import Case
from loopbook.cases.folder.fields import PROVENANCE, CaseFindings, Known, Real
from loopbook.cases.folder.metals import RECOVERY_TABLES
from loopbook.cases.folder.schema import SETTINGS, SETTINGS_FILE, TABLES
from loopbook.cases.folder.settings import Settings, check_owners, read_settings
from loopbook.cases.folder.tables import Record, TableSpec, read_records
from loopbook.cases.month.settings import month_of
from loopbook.matter import Library, Number, load_library
from loopbook.plant import MONTH_FILE
from loopbook.report import InputFile, InputRow

_FILES = (SETTINGS_FILE, MONTH_FILE, *(spec.name for spec in TABLES))


def load_case(folder: Path | str, library: Library | None = None) -> Case:
    """Read and check a case folder, or report all its errors.

    Parameters
    ----------
    folder : holds ``case.toml`` and the tables of `loopbook.cases.folder.schema.TABLES`.
    library : the data library; None for the packaged one.

    Raises
    ------
    InputError : with every finding of every file, each with file and line.
    """
    root = Path(folder)
    library = library or load_library()
    works: dict[str, dict[str, str]] = {n: asdict(work) for n, work in library.sources.items()}
    findings = CaseFindings(library=library, sources=works)
    tables = {TABLES[0].name: read_records(root / TABLES[0].name, TABLES[0], findings)}
    works |= {row["source_id"]: dict(row.cells) for row in tables[TABLES[0].name]}
    settings = read_settings(root / SETTINGS_FILE, SETTINGS, findings)
    findings.years = _span(settings, findings)
    for spec in TABLES[1:]:
        if spec.required or (root / spec.name).exists():
            tables[spec.name] = read_records(root / spec.name, spec, findings)
    month = month_of(root / MONTH_FILE, findings)
    for path in sorted(root.iterdir()):
        if path.suffix in {".csv", ".toml"} and path.name not in _FILES:
            findings.unknown("a file of a case", path.name, _FILES, at=path.name)
    _check_together(settings, tables, findings)
    findings.raise_all()
    assert findings.years is not None
    rows = (*settings.inputs(), *_table_rows(tables), *(month.inputs if month else ()))
    first, last = findings.years
    return Case(
        root.resolve().name,
        tuple(range(first, last + 1)),
        settings,
        tables,
        {row.key: row for row in rows},
        works,
        _with_recoveries(library, tables["recoveries.csv"]),
        tuple(_files(root)),
        month,
    )


def _with_recoveries(library: Library, rows: Sequence[Record]) -> Library:
    """The data library with the case's recoveries in place of its own."""
    numbers: dict[str, Number] = {}
    for row in rows:
        table, subject = RECOVERY_TABLES.get(row["route"], ("recoveries", row["route"]))
        numbers[row.key("value")] = replace(
            library.get(subject, row["parameter"], table), value=row["value"], unit=row["unit"]
        )
    return library.overlay(numbers)


def _span(settings: Settings, findings: CaseFindings) -> tuple[int, int] | None:
    first, last = settings.get("first_year"), settings.get("last_year")
    if first is None or last is None:
        return None
    if first <= last:
        return first, last
    findings.note(
        "year", f"last_year from {first} on", str(last), at=settings.document.place("last_year")
    )
    return None


def _check_together(
    settings: Settings, tables: Mapping[str, list[Record]], findings: CaseFindings
) -> None:
    """Names and rules between files; a file that has errors itself is left out."""
    broken = {finding.where.partition(":")[0] for finding in findings}
    good = [spec for spec in TABLES if spec.name not in broken]
    findings.known[SETTINGS_FILE, "switch"] = settings.names("switch")
    for spec in good:
        rows = tables.get(spec.name, [])
        named = [row.name for row in rows if row.cells.get("value", True)]
        findings.known[spec.name, "/".join(spec.key)] = named
        for column in spec.fields:
            findings.known[spec.name, column.name] = {str(row[column.name]) for row in rows}
    settings.refer(findings)
    check_owners(settings, findings)
    for spec in good:
        rows = tables.get(spec.name, [])
        names = {c.name: c.type for c in spec.fields if isinstance(c.type, Known)}
        for row in rows:
            for name, kind in names.items():
                kind.refer(row[name], name, findings.about(row.where))
        for rule in spec.rules:
            rule(rows, findings)


def _table_rows(tables: Mapping[str, list[Record]]) -> Iterator[InputRow]:
    for spec in TABLES:
        for row in tables.get(spec.name, ()) if spec.sourced else ():
            for column, unit in _number_columns(spec, row):
                source, page, grade, note = (str(row[field.name]) for field in PROVENANCE)
                number = row.number
                if number is not None and column == "value":
                    source, page, grade = number.source_id, number.page, number.grade
                    note = "; ".join(
                        filter(
                            None,
                            (
                                f"{number.reference} ({number.value:.6g} {number.unit})",
                                number.note,
                                row["note"],
                            ),
                        )
                    )
                yield InputRow(
                    row.key(column), row.where, row[column], unit, source, page, grade, note
                )


def _number_columns(spec: TableSpec, row: Record) -> Iterator[tuple[str, str]]:
    if spec.values:
        yield "value", row["unit"]
    for column in spec.fields:
        if isinstance(column.type, Real):
            yield column.name, column.type.unit


def library_input(number: Number) -> InputRow:
    """Input row of a library number."""
    return InputRow(
        number.reference,
        f"library {number.where}",
        number.value,
        number.unit,
        number.source_id,
        number.page,
        number.grade,
        number.note,
    )


def _files(root: Path) -> Iterator[InputFile]:
    for path in sorted(root.iterdir()):
        if path.name in _FILES:
            raw = path.read_bytes()
            yield InputFile(path.name, hashlib.sha256(raw).hexdigest(), len(raw))
