"""A fleet in use: sales from stock or stock from sales, and what leaves use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from loopbook.loop.models.model import Rates, SiteModel, Stocks
from loopbook.loop.nouns.numbers import Each
from loopbook.loop.values.cells import Lifetime, LifetimeOf


@dataclass(frozen=True, kw_only=True)
class Fleet(SiteModel):
    """What was sold leaves use by its lifetime: the stock-driven model of material flows."""

    model = "fleet"

    sales: Annotated[Rates, "what comes into use"] = field(default_factory=dict)
    stock: Annotated[Stocks, "what is in use"] = field(default_factory=dict)
    lifetime: Annotated[
        Mapping[Each, Annotated[Lifetime, LifetimeOf()]], "how long it is in use"
    ] = field(default_factory=dict)
