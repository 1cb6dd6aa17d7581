"""Warnings: what a person would ask about before it is posted, and what was accepted of it."""

from loopbook.book.commands.warnings.limits import Limits, read_limits
from loopbook.book.commands.warnings.warned import (
    KINDS,
    Warned,
    accepted_in,
    accepting,
    all_warned,
    never_accepted,
    same_fact,
)

__all__ = [
    "KINDS",
    "Limits",
    "Warned",
    "accepted_in",
    "accepting",
    "all_warned",
    "never_accepted",
    "read_limits",
    "same_fact",
]
