"""A source of goods: what it makes, or what is ordered."""

from dataclasses import dataclass, field
from typing import Annotated

from loopbook.loop.models.model import Rates, SiteModel


@dataclass(frozen=True, kw_only=True)
class Supply(SiteModel):
    """Makes `makes` of each material; of a material without a rate what is ordered."""

    model = "supply"
    takes_goods = False

    makes: Annotated[Rates, "what it makes of a material"] = field(default_factory=dict)
