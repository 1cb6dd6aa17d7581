"""Cases: a folder of TOML and CSV is read, run end to end, written and reported.

What lives here: the loader that checks a whole case before anything is computed, the yearly model,
its result tables, the report, and the comparison of two runs. Nothing of any one case stands in
code: all its numbers are in its folder or in the data library. May import every room; no room
imports this one.

>>> from loopbook.cases import Column, Table
>>> table = Table("cells", "Cells", (Column("year", "Year"), Column("made_gwh", "Made", "GWh")),
...     ((2030, 20.0),))
>>> table.column("made_gwh")
[20.0]
"""

from loopbook.cases.folder.load import load_case
from loopbook.cases.folder.shipped import find_case, new_case
from loopbook.cases.run import compute, run_case
from loopbook.report.compare import Comparison, compare_runs
from loopbook.report.table import CaseResult, Cell, Column, InputFile, InputRow, Table
from loopbook.report.write import write_result

__all__ = [
    "CaseResult",
    "Cell",
    "Column",
    "Comparison",
    "InputFile",
    "InputRow",
    "Table",
    "compare_runs",
    "compute",
    "find_case",
    "load_case",
    "new_case",
    "run_case",
    "write_result",
]
