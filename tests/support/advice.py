"""Advice that is followed: a test takes a message, does what it says, and compares what came of it.

The test of the house (``tests/house/test_advice.py``) reads the texts in the test modules that call
`follows`: each hint of the sources must be among them.
"""

from __future__ import annotations


def follows(message: object, advice: str) -> None:
    """The advice that a test follows is what a message says: the whole hint, or words of it."""
    text = str(getattr(message, "hint", "") or message)
    assert advice in text, text
