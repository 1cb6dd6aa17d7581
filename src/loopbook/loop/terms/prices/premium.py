"""A premium for grade."""

from loopbook.loop.terms.law import Graded


class Premium(Graded):
    """Buyer pays ``mass * value * max(0, grade - threshold) / step``; `when` has the threshold."""

    law = "premium"
