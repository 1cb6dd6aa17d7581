"""A buyer that needs goods and keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from loopbook.loop.models.model import RATE, SiteModel
from loopbook.loop.nouns.numbers import Each
from loopbook.loop.values.quantity import Quantity


@dataclass(frozen=True, kw_only=True)
class Demand(SiteModel):
    """Needs `needs` of each material, and makes nothing."""

    model = "demand"
    makes_goods = False

    needs: Annotated[Mapping[Each, Annotated[Quantity, RATE]], "what it needs of a material"] = (
        field(default_factory=dict)
    )
