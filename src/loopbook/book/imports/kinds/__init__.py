"""Kinds of files that can be imported, each in a file of its own."""

from loopbook.book.imports.kinds.assays import Assays
from loopbook.book.imports.kinds.runs import Runs
from loopbook.book.imports.kinds.stock import Stock
from loopbook.book.imports.kinds.tickets import Tickets

KINDS = (Tickets, Assays, Stock, Runs)
