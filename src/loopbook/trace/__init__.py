"""Where every gram came from and where it went.

Here live the genealogy of lots and the questions asked of it, and the register of serials: which
lot each cell and pack belongs to. The room imports ``book`` (and what lies under it) and
``errors``; it derives everything from the book's events and posts nothing.

>>> link = Link("S-1", "S-1a", (500_000_000, 0))
>>> End("S-1a", "lot", "black mass", 1, link.content).stage
1
>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as folder:
...     cells = Range("CELL-1", "LG26A-", 1, 5000, 6)
...     added = add_ranges(folder, [cells], lots={"CELL-1"}, month="2026-03")
...     register = SerialRegister(folder)
...     register.lot_of("LG26A-004711"), register.count_of(["CELL-1"])
('CELL-1', {'CELL-1': 5000})
"""

from loopbook.trace.nouns import End, Lineage, Link
from loopbook.trace.serial_import import Imported, import_serials
from loopbook.trace.serial_ranges import Range, spanning
from loopbook.trace.serial_writing import add_ranges, compact_register
from loopbook.trace.serials import SerialRegister, register_beside

__all__ = [
    "End",
    "Imported",
    "Lineage",
    "Link",
    "Range",
    "SerialRegister",
    "add_ranges",
    "compact_register",
    "import_serials",
    "register_beside",
    "spanning",
]
