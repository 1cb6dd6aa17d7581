"""Make ``docs/units.md``, the catalogue of unit operations, from their declarations::

python docs/make_units.py
"""

import inspect
from collections.abc import Iterable
from pathlib import Path

from loopbook.flowsheet import KINDS, Dose, Parameter, Unit, UnitKind, describe_unit, parameters_of


def units_page() -> str:
    """The page of our unit operations, in Markdown."""
    head = [
        "# Unit operations",
        "",
        "Made from the declarations in `src/loopbook/flowsheet/units/`; `loopbook units KIND`"
        " prints one of them. Flows are in kg/h, and scenarios may replace every number. Any unit"
        " may also have:",
        *_table(p for p in parameters_of(Unit) if p.parameter != "name"),
        "",
        "A dose, for units that draw reagents from outside, has the reagent and exactly one rule:",
        *_table(parameters_of(Dose)),
    ]
    units = ["\n".join(_unit(describe_unit(name))) + "\n" for name in sorted(KINDS)]
    return "\n".join(["\n".join(head) + "\n", *units])


def _unit(unit: UnitKind) -> list[str]:
    ports = {
        "Inlets": unit.inlets,
        "Outlets": unit.outlets,
        "Drawn from outside": unit.supplies,
        "Optional": unit.optional,
        "Source of the law": (unit.source,),
    }
    law = inspect.cleandoc(KINDS[unit.kind].__doc__ or "").replace("``", "`")
    lines = [f"## {unit.kind}", "", law, ""]
    lines.append(" ".join(f"{what}: {', '.join(ports[what])}." for what in ports if ports[what]))
    return [*lines, *(_table(unit.parameters) if unit.parameters else ())]


def _table(parameters: Iterable[Parameter]) -> list[str]:
    """Rows of a table in Markdown."""
    rows = [("parameter", "value", "unit", "default", "meaning"), ("---",) * 5]
    rows += [(f"`{p.parameter}`", p.value, p.unit, p.default, p.meaning) for p in parameters]
    return ["", *("| " + " | ".join(row) + " |" for row in rows)]


if __name__ == "__main__":
    Path(__file__).with_name("units.md").write_text(units_page(), encoding="utf-8")
