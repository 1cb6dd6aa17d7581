"""The command line: parse, call one function of a room, print its answer.

No arithmetic and no SQL here. May import every room; no room imports this one.

>>> main.name
'main'
"""

from loopbook.cli.top import main

__all__ = ["main"]
