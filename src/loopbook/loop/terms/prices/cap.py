"""The greatest price of payables."""

from loopbook.loop.terms.law import Bounded


class Cap(Bounded):
    """The index of payables on `of` counts as at most `value`."""

    law = "cap"
