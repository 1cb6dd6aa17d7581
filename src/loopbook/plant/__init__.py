"""The days of a plant: a month of a chain of four firms is drawn and posted to a book.

Lives here: the drawing of the month that a case may have, of scrap that becomes black mass, salts,
active material and cells again. It takes a plain record of what each site did in the month
(`MonthRecord`), enters tickets, assays, runs and shipments through the commands that people use,
and waits here for stations and queues of any site. Beside it are the settings of ``month.toml``
and the record of a loop that was walked (`chain_record`). May import ``loop``, ``book``,
``matter`` and the ground floor.

>>> feed = Feed("Maker", "formed cells", True, mass_kg=1000.0, shares=[0.4, 0.6])
>>> MonthMatter(("copper", "graphite"), (feed,), {}).by_name([1.0, 2.0])["Cu"]
1.0
"""

from loopbook.plant.chain import chain_record
from loopbook.plant.matter import Feed, Lines, MonthMatter, Refining
from loopbook.plant.month import MonthRecord, post_month
from loopbook.plant.reference import month_page
from loopbook.plant.settings import MONTH_FILE, SETTINGS, Measured, MonthSettings, read_month

__all__ = [
    "MONTH_FILE",
    "SETTINGS",
    "Feed",
    "Lines",
    "Measured",
    "MonthMatter",
    "MonthRecord",
    "MonthSettings",
    "Refining",
    "chain_record",
    "month_page",
    "post_month",
    "read_month",
]
