"""Cases: a loop with its report is run end to end, and becomes tables, a page and a month's book.

What lives here: where cases are, the run, what a report shows of a loop, statements beside what is
computed for them, draws, and the month. All numbers of a case are in its folder or in the library.
May import every room; no room imports this one.

>>> find_case("starter").name
'starter'
"""

from loopbook.cases.draws import DRAWS, Drawing
from loopbook.cases.month.draw import DrawnMonth, draw_month
from loopbook.cases.run import run_case
from loopbook.cases.shipped import copy_case, find_case, new_case

__all__ = [
    "DRAWS",
    "Drawing",
    "DrawnMonth",
    "copy_case",
    "draw_month",
    "find_case",
    "new_case",
    "run_case",
]
