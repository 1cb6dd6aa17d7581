"""Metal that is returned under tolling."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import ARRIVAL, Share, Substance
from loopbook.loop.terms.lot import Lot
from loopbook.loop.time.calendar import Span
from loopbook.loop.values.cells import LagOf, WhenOf
from loopbook.loop.values.quantity import Lag, When
from loopbook.tables import Array


@dataclass(frozen=True, kw_only=True)
class Return(Term):
    """The share `value` of the content is credited to the giver, due after `lag`."""

    law = "return"

    of: Substance
    value: Share
    lag: Annotated[Lag, LagOf(whole=False), "time until it is due"] = ARRIVAL
    when: Annotated[When | None, WhenOf("rate"), "most that is returned in a time"] = None

    def credit(self, lot: Lot) -> Array:
        """t of `of` that are credited to the giver's account: ``content * value``."""
        return lot.content(self.of) * self.value.in_month(lot.shipped, "1")

    def due(self, account: Array, span: Span, months: float) -> Array:
        """t of `of` that are returned in some months of what is due on an account.

        ``min(account, most * months)``; what is left stays in the account.

        Parameters
        ----------
        account : t that are due by then, with what earlier limits left.
        span, months : a step, and months of it in which the contract is open.
        """
        limits = self.when.comparisons if self.when else ()
        for limit in limits:
            account = np.minimum(account, limit.limit.over(span, "t/month") * months)
        return account
