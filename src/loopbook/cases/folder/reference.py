"""The reference of a case's files, made from their declaration."""

from collections.abc import Iterator

from loopbook.cases.folder.fields import PROVENANCE, Sourced
from loopbook.cases.folder.schema import SETTINGS, SETTINGS_FILE, TABLES
from loopbook.cases.folder.tables import TableSpec
from loopbook.plant import MONTH_FILE, Measured
from loopbook.plant import SETTINGS as MONTH
from loopbook.tables import Field, ListOf, MapOf, TableOf

_HEAD = "|  | holds | meaning |\n|---|---|---|\n"


def reference_page() -> str:
    """Settings and tables of a case as Markdown, in the order in which they are read."""
    sourced = ", ".join(f"`{field.name}`" for field in PROVENANCE)
    parts = [
        "# The files of a case\n\nMade by `python docs/make_cases.py` from the declarations that "
        "also read the files.\n\nA case is a folder of TOML and CSV files, UTF-8, with a line end "
        "at their end. Every number has a source: a sourced setting is a table with `value` and "
        f"{sourced}, and the rows of a table end with these columns. A number without a source "
        "has the grade `assumption` and a note that gives the reason.\n",
        f"## {SETTINGS_FILE}\n\n{_HEAD}{''.join(_settings(SETTINGS))}",
        *map(_table, TABLES),
        f"## {MONTH_FILE}\n\nA month of operations, whose events are posted to a book. The file "
        f"may be left out.\n\n{_HEAD}{''.join(_settings(MONTH))}",
    ]
    return "\n".join(parts)


def _settings(fields: tuple[Field, ...], head: str = "") -> Iterator[str]:
    for field in fields:
        kind, name = field.type, head + field.name
        if isinstance(kind, ListOf):
            name, kind = f"{name}.N", kind.item
        elif isinstance(kind, MapOf):
            name, kind = f"{name}.NAME", kind.value
        if isinstance(kind, TableOf):
            yield from _settings(kind.fields, f"{name}.")
        else:
            yield _row(field, name)


def _row(field: Field, name: str) -> str:
    """A line of a table; a number's unit is in its words or follows them."""
    words, unit = field.type.words, field.type.unit
    shown = words if unit in ("", "1") or unit in words else f"{words} in {unit}"
    optional = (
        "" if field.required or isinstance(field.type, Sourced | Measured) else "; may be left out"
    )
    return f"| `{name}` | {shown}{optional} | {field.meaning} |\n"


def _table(spec: TableSpec) -> str:
    every = ", with a row for each year of the case" if spec.every_year else ""
    optional = "" if spec.required else " The table may be left out."
    key = " and ".join(f"`{column}`" for column in spec.key)
    rows = "".join(_row(field, field.name) for field in spec.fields)
    if spec.values:
        units = [f"{name}: {k.unit or 'any'}" for name, k in spec.values.items() if name != "*"]
        words = spec.values["*"].words if "*" in spec.values else "; ".join(units)
        rows += f"| `value`, `unit`, or `library` | {words} | the number, or its library row |\n"
    about = f"{spec.meaning} Rows are named by {key}{every}.{optional}"
    return f"## {spec.name}\n\n{about}\n\n{_HEAD}{rows}"
