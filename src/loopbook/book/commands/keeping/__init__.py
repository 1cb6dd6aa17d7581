"""Commands that keep the book in order: holds, reversals and periods."""

from loopbook.book.commands.keeping.close_period import ClosePeriod
from loopbook.book.commands.keeping.hold import Hold
from loopbook.book.commands.keeping.open_period import OpenPeriod
from loopbook.book.commands.keeping.release import Release
from loopbook.book.commands.keeping.reverse import Reverse

KINDS = (Hold, Release, Reverse, OpenPeriod, ClosePeriod)
