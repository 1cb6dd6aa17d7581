"""Registers of cells and packs: serial numbers to lots and lots to serial numbers.

May import ``report`` and the ground floor; knows nothing of genealogy.

>>> spanning("CELL-1", "C-0001", "C-0010").count
10
"""

from loopbook.serials.answers import (
    AddedRange,
    LotsOfSerials,
    SavedSerials,
    SerialCounts,
    SerialsOfLots,
    add_range,
    count_serials,
    find_lots,
    list_serials,
    save_serials,
)
from loopbook.serials.importing import Imported, import_serials
from loopbook.serials.ranges import Range, spanning
from loopbook.serials.register import SerialRegister, register_beside, register_of
from loopbook.serials.writing import Compacted, MergedMonth, add_ranges, compact_register

__all__ = [
    "AddedRange",
    "Compacted",
    "Imported",
    "LotsOfSerials",
    "MergedMonth",
    "Range",
    "SavedSerials",
    "SerialCounts",
    "SerialRegister",
    "SerialsOfLots",
    "add_range",
    "add_ranges",
    "compact_register",
    "count_serials",
    "find_lots",
    "import_serials",
    "list_serials",
    "register_beside",
    "register_of",
    "save_serials",
    "spanning",
]
