"""Tables with references, pages, charts, comparison of two runs; knows no battery.

May import nothing of Loopbook but the ground floor (``errors``, ``tables``).

>>> table = Table("cells", "Cells", (Column("year", "Year"), Column("made_gwh", "Made", "GWh")),
...     ((2030, 20.0),))
>>> table.column("made_gwh")
[20.0]
"""

from loopbook.report.answer import (
    KEYS,
    Answer,
    Plain,
    Record,
    Rows,
    kilograms,
    masses,
    moment,
    share,
    shares,
    table_of,
)
from loopbook.report.table import (
    GRADES,
    HIDDEN,
    CaseResult,
    Cell,
    Column,
    InputFile,
    InputRow,
    Table,
)
from loopbook.report.terminal import record_text

__all__ = [
    "GRADES",
    "HIDDEN",
    "KEYS",
    "Answer",
    "CaseResult",
    "Cell",
    "Column",
    "InputFile",
    "InputRow",
    "Plain",
    "Record",
    "Rows",
    "Table",
    "kilograms",
    "masses",
    "moment",
    "record_text",
    "share",
    "shares",
    "table_of",
]
