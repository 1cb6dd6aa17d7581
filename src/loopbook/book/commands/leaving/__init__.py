"""Commands with which lots leave the book."""

from loopbook.book.commands.leaving.deliver import Deliver
from loopbook.book.commands.leaving.dispose import Dispose

KINDS = (Deliver, Dispose)
