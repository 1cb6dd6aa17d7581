"""Grades that are accepted."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import Substance
from loopbook.loop.terms.lot import Lot
from loopbook.loop.values.cells import WhenOf
from loopbook.loop.values.quantity import When
from loopbook.tables import Array


@dataclass(frozen=True, kw_only=True)
class Accept(Term):
    """A lot with another grade of `of` is a finding of the walk, and a bound of a plan."""

    law = "accept"
    kinds = ("contract", "site")

    of: Substance
    when: Annotated[When, WhenOf("grade"), "grades that are accepted"]

    def refused(self, lot: Lot) -> Array:
        """1 where a lot has another grade, and 0 elsewhere."""
        return np.where(lot.mass > 0.0, 1.0 - lot.holds(self.when, self.of), 0.0)
