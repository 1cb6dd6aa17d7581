"""Tables with references, pages, charts, comparison of two runs; knows no battery.

May import nothing of Loopbook but the ground floor (``errors``, ``tables``).

>>> table = Table("cells", "Cells", (Column("year", "Year"), Column("made_gwh", "Made", "GWh")),
...     ((2030, 20.0),))
>>> table.column("made_gwh")
[20.0]
"""

from loopbook.report.table import CaseResult, Cell, Column, InputFile, InputRow, Table

__all__ = ["CaseResult", "Cell", "Column", "InputFile", "InputRow", "Table"]
