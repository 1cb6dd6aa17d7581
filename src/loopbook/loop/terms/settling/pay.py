"""Days until payment."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from loopbook.loop.nouns.trade import Term
from loopbook.loop.values.measure import Measure
from loopbook.loop.values.quantity import Quantity
from loopbook.tables import Array


@dataclass(frozen=True, kw_only=True)
class Pay(Term):
    """Prices are paid `value` after the day on which they are due; duties and credits on it."""

    law = "pay"

    value: Annotated[Quantity, Measure("month"), "time after it is due"]


def waits(terms: Iterable[tuple[Pay, Array]]) -> Iterator[tuple[int, Array]]:
    """Months from the due day to the payment, and the share of payments, (month, 1 or draw).

    After 1.5 months half is paid one month later, and half two.

    Parameters
    ----------
    terms : with the share of each month in which each holds, (month, 1).
    """
    at_once = np.ones((1, 1))
    for term, held in terms:
        months, at_once = term.value.in_month(0, "month"), at_once - held
        for later in range(int(months.min()), math.ceil(months.max()) + 1):
            share = np.maximum(1.0 - np.abs(months - later), 0.0) * held
            if share.any():
                yield later, share
    if (at_once > 0.0).any():
        yield 0, at_once
