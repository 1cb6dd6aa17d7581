"""Cases: a folder of TOML and CSV is read, run end to end, and becomes tables and a report.

What lives here: the loader that checks a whole case before anything is computed, the yearly model
and its result tables, the month's book, and what the report's page shows of them
(``report.toml``). All numbers of a case are in its folder or in the data library. May import every
room; no room imports this one.

>>> find_case("gmbi").name
'gmbi'
"""

from loopbook.cases.folder.load import load_case
from loopbook.cases.folder.reference import reference_page
from loopbook.cases.folder.shipped import find_case, new_case
from loopbook.cases.month.draw import DrawnMonth, draw_month
from loopbook.cases.run import compute, run_case

__all__ = [
    "DrawnMonth",
    "compute",
    "draw_month",
    "find_case",
    "load_case",
    "new_case",
    "reference_page",
    "run_case",
]
