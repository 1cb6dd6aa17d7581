"""Commands that report what processes took and made."""

from loopbook.book.commands.running.process import Process

KINDS = (Process,)
