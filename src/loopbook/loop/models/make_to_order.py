"""A maker to order: what is ordered, from the elements that it needs for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from loopbook.loop.models.model import SiteModel
from loopbook.loop.nouns.numbers import EachOrAll
from loopbook.loop.values.measure import SHARE
from loopbook.loop.values.quantity import Quantity


@dataclass(frozen=True, kw_only=True)
class MakeToOrder(SiteModel):
    """Makes ``ordered / yield``; what it lacks of the elements in it, it needs."""

    model = "make to order"

    yield_: Annotated[
        Mapping[EachOrAll, Annotated[Quantity, SHARE]], "share of what goes in that is sold"
    ] = field(default_factory=dict)
