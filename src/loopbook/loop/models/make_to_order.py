"""A maker to order: what is ordered, from the elements that it needs for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np

from loopbook.loop.goods.exchange import Goods, Now, Outcome
from loopbook.loop.models.making import Maker, sum_of, within_capacity
from loopbook.loop.nouns.numbers import EachOrAll
from loopbook.loop.values.measure import Measure
from loopbook.loop.values.quantity import Quantity
from loopbook.tables import Array

YIELD = Measure("1", low=0.01, high=1.0, words="a share above 1 %")


@dataclass(frozen=True, kw_only=True)
class MakeToOrder(Maker):
    """Makes what is ordered, within its capacity: ``ordered / yield`` goes in.

    It needs the components of that, and their elements. What arrives counts in the same step, by
    component or by element; the rest is new material, drawn without a contract. What does not
    become goods is `disposal`, of their composition. Examples: a cathode plant, a foil maker with
    a yield for each thickness.
    """

    model = "make to order"

    yield_: Annotated[
        Mapping[EachOrAll, Annotated[Quantity, YIELD]], "share of what goes in that is sold"
    ] = field(default_factory=dict)

    def run(self, feed: Goods, orders: Mapping[str, Array], now: Now) -> Outcome:
        """What is ordered; all that goes in is new until something arrives."""
        tonnes = within_capacity(self, orders, now)
        made = {name: now.basis.stream(name, x) for name, x in tonnes.items()}
        goes_in = now.basis.zeros()
        for name, stream in made.items():
            share = self.yield_.get(name, self.yield_.get(""))
            goes_in = goes_in + stream / (now.mean(share) if share and now.months else np.ones(1))
        return Outcome(made=made, drawn=goes_in, disposal=goes_in - sum_of(made, now.basis))
