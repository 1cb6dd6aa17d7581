"""Commands with which lots come into the book."""

from loopbook.book.commands.arriving.receive import Receive

KINDS = (Receive,)
