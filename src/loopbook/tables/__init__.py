"""Strict readers of TOML, workbooks and cells with units; a place (file:line) for every value.

Here is also the vocabulary in which rooms declare what a person may enter (`declared`), and the
type of numbers in arrays (`Array`). Knows no battery. May import nothing of Loopbook but
``loopbook.errors``.

>>> convert(2.0, "t", "kg")
2000.0
"""

import importlib
import typing

from loopbook.tables.cells import (
    cell_text,
    factor,
    is_percent,
    quantity,
    quantity_text,
    unit_problem,
    without_sign,
)
from loopbook.tables.declared import (
    SHARE,
    YEAR,
    Choice,
    Field,
    FieldType,
    Flag,
    ListOf,
    MapOf,
    Maybe,
    Moment,
    Name,
    Number,
    RecordOf,
    Schema,
    Text,
    Value,
    Whole,
    check_fields,
    check_line,
    field_type,
    fields_of,
    meaning_of,
    names_in,
    read_fields,
    schema_of,
)
from loopbook.tables.names import escaped, look, near, told_apart, unescaped, unfit
from loopbook.tables.numbers import (
    CellError,
    exact,
    exact_or_none,
    limit_parts,
    remedy,
    within_years,
)
from loopbook.tables.plugins import (
    PLUGIN_ERRORS,
    add_kinds,
    class_place,
    failure,
    in_words,
    installed_kinds,
    kinds_in_files,
)
from loopbook.tables.units import (
    KNOWN_UNITS,
    check_unit,
    composed,
    convert,
    parse_quantity,
    unit_finding,
)

_LATER = {
    "arrays": "Array",
    "json_text": "parse_json",
    "moments": "form_problem moment",
    "nested": "Leaf TableOf read_leaves",
    "sheet": "Cell FileSettings Row Sheet read_sheet read_sheets",
    "text": "Grid LineOf TextTable decode read_table",
    "toml_places": "TomlFile parse_toml read_toml",
}
"""Names by the module that they are imported from when they are first used; each takes time."""

if typing.TYPE_CHECKING:
    from loopbook.tables.arrays import Array
    from loopbook.tables.json_text import parse_json
    from loopbook.tables.moments import form_problem, moment
    from loopbook.tables.nested import Leaf, TableOf, read_leaves
    from loopbook.tables.sheet import Cell, FileSettings, Row, Sheet, read_sheet, read_sheets
    from loopbook.tables.text import Grid, LineOf, TextTable, decode, read_table
    from loopbook.tables.toml_places import TomlFile, parse_toml, read_toml
else:

    def __getattr__(name: str) -> object:
        for module, names in _LATER.items():
            if name in names.split():
                return getattr(importlib.import_module(f"{__name__}.{module}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "KNOWN_UNITS",
    "PLUGIN_ERRORS",
    "SHARE",
    "YEAR",
    "Array",
    "Cell",
    "CellError",
    "Choice",
    "Field",
    "FieldType",
    "FileSettings",
    "Flag",
    "Grid",
    "Leaf",
    "LineOf",
    "ListOf",
    "MapOf",
    "Maybe",
    "Moment",
    "Name",
    "Number",
    "RecordOf",
    "Row",
    "Schema",
    "Sheet",
    "TableOf",
    "Text",
    "TextTable",
    "TomlFile",
    "Value",
    "Whole",
    "add_kinds",
    "cell_text",
    "check_fields",
    "check_line",
    "check_unit",
    "class_place",
    "composed",
    "convert",
    "decode",
    "escaped",
    "exact",
    "exact_or_none",
    "factor",
    "failure",
    "field_type",
    "fields_of",
    "form_problem",
    "in_words",
    "installed_kinds",
    "is_percent",
    "kinds_in_files",
    "limit_parts",
    "look",
    "meaning_of",
    "moment",
    "names_in",
    "near",
    "parse_json",
    "parse_quantity",
    "parse_toml",
    "quantity",
    "quantity_text",
    "read_fields",
    "read_leaves",
    "read_sheet",
    "read_sheets",
    "read_table",
    "read_toml",
    "remedy",
    "schema_of",
    "told_apart",
    "unescaped",
    "unfit",
    "unit_finding",
    "unit_problem",
    "within_years",
    "without_sign",
]
