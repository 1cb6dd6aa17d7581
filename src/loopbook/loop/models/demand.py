"""A buyer that needs goods and keeps them."""

from dataclasses import dataclass, field
from typing import Annotated

from loopbook.loop.models.model import Rates, SiteModel


@dataclass(frozen=True, kw_only=True)
class Demand(SiteModel):
    """Needs `needs` of each material, and makes nothing."""

    model = "demand"
    makes_goods = False

    needs: Annotated[Rates, "what it needs of a material"] = field(default_factory=dict)
