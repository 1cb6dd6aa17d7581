"""Registers of cells and packs: serial numbers to lots and lots to serial numbers.

May import ``errors`` and the ground floor; knows nothing of genealogy.

>>> spanning("CELL-1", "C-0001", "C-0010").count
10
"""

from loopbook.serials.importing import Imported, import_serials
from loopbook.serials.ranges import Range, spanning
from loopbook.serials.register import SerialRegister, register_beside, register_of
from loopbook.serials.writing import add_ranges, compact_register

__all__ = [
    "Imported",
    "Range",
    "SerialRegister",
    "add_ranges",
    "compact_register",
    "import_serials",
    "register_beside",
    "register_of",
    "spanning",
]
