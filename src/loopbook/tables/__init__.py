"""Strict readers of TOML, workbooks and cells with units; a place (file:line) for every value.

Knows no battery. May import nothing of Loopbook but ``loopbook.errors``.

>>> convert(2.0, "t", "kg")
2000.0
"""

from loopbook.tables.units import KNOWN_UNITS, check_unit, convert, parse_quantity

__all__ = ["KNOWN_UNITS", "check_unit", "convert", "parse_quantity"]
