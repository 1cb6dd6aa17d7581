"""The least price of payables."""

from loopbook.loop.terms.law import Bounded


class Floor(Bounded):
    """The index of payables on `of` counts as at least `value`."""

    law = "floor"
