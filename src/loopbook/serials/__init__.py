"""Registers of cells and packs: serial numbers to lots and lots to serial numbers.

May import ``book``, ``report`` and the ground floor; is over the book, whose events name where
serials went.

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
    import_in_step,
    list_serials,
    rebuild_register,
    save_serials,
)
from loopbook.serials.importing import Imported, import_serials
from loopbook.serials.ranges import Range, spanning
from loopbook.serials.register import SerialRegister, open_register, register_beside, register_of
from loopbook.serials.step import Rebuilt
from loopbook.serials.whereabouts import NOT_SURE, InLot, Whereabouts
from loopbook.serials.writing import Compacted, MergedMonth, add_ranges, compact_register

__all__ = [
    "NOT_SURE",
    "AddedRange",
    "Compacted",
    "Imported",
    "InLot",
    "LotsOfSerials",
    "MergedMonth",
    "Range",
    "Rebuilt",
    "SavedSerials",
    "SerialCounts",
    "SerialRegister",
    "SerialsOfLots",
    "Whereabouts",
    "add_range",
    "add_ranges",
    "compact_register",
    "count_serials",
    "find_lots",
    "import_in_step",
    "import_serials",
    "list_serials",
    "open_register",
    "rebuild_register",
    "register_beside",
    "register_of",
    "save_serials",
    "spanning",
]
