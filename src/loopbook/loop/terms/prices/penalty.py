"""A penalty for grade."""

from loopbook.loop.terms.law import Graded


class Penalty(Graded):
    """Seller pays ``mass * value * max(0, grade - threshold) / step``; `when` has the threshold."""

    law = "penalty"
    pays = ("seller", "buyer")
