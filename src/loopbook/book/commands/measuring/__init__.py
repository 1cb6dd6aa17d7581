"""Commands that report what scales, laboratories and stock-takes found."""

from loopbook.book.commands.measuring.assay import Assay
from loopbook.book.commands.measuring.stock_take import StockTake
from loopbook.book.commands.measuring.weigh import Weigh

KINDS = (Weigh, Assay, StockTake)
