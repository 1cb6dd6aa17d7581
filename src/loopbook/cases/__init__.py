"""Cases: a loop with its report is run end to end, and becomes tables, a page and a month's book.

What lives here: where cases are, the run, what a report shows of a loop, statements beside what is
computed for them, and the month. All numbers of a case are in its folder or in the data library.
May import every room; no room imports this one.

>>> find_case("gmbi").name
'gmbi'
"""

from loopbook.cases.month.draw import DrawnMonth, draw_month
from loopbook.cases.run import run_case
from loopbook.cases.shipped import copy_case, find_case, new_case

__all__ = ["DrawnMonth", "copy_case", "draw_month", "find_case", "new_case", "run_case"]
