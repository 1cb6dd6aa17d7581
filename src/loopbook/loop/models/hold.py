"""A place that holds goods: the same again, at once or after a stay."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np

from loopbook.loop.goods.exchange import Goods, Now, Outcome
from loopbook.loop.models.model import SiteModel
from loopbook.loop.nouns.numbers import EachOrAll
from loopbook.loop.values.measure import Measure
from loopbook.loop.values.quantity import Quantity
from loopbook.tables import Array


@dataclass(frozen=True, kw_only=True)
class Hold(SiteModel):
    """Makes what arrives, after its stay."""

    model = "hold"
    by_arrival = True
    keeps_title = True

    stay: Annotated[
        Mapping[EachOrAll, Annotated[Quantity, Measure("month")]], "time that it stays"
    ] = field(default_factory=dict)

    def run(self, feed: Goods, orders: Mapping[str, Array], now: Now) -> Outcome:
        """What arrived, after its stay: an even flow of the step moved by it.

        Its state is what stays, by material and step in which it leaves.
        """
        staying = dict(now.state) if isinstance(now.state, Mapping) else {}
        for material, stream in feed.items():
            stay = self.stay.get(material, self.stay.get(""))
            delay = stay.over(now.step, "month") if stay else np.zeros(1)
            for k, share in now.arrivals(delay):
                before = staying.get((material, k), 0.0)
                staying[material, k] = before + share * stream
        made = {
            material: staying.pop((material, k))
            for material, k in [*staying]
            if k == now.step.index
        }
        held = sum(staying.values(), now.basis.zeros())
        return Outcome(made=made, held=held, state=staying)
