"""Assembly: what it makes of what it receives; other components are bought."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from loopbook.loop.models.model import Rates, SiteModel
from loopbook.loop.nouns.numbers import Each
from loopbook.loop.values.measure import SHARE
from loopbook.loop.values.quantity import Quantity


@dataclass(frozen=True, kw_only=True)
class Assembly(SiteModel):
    """Makes a material from the components in it that arrive, by `use`; the rest is bought."""

    model = "assembly"
    by_arrival = True

    makes: Annotated[Rates, "most that it makes"] = field(default_factory=dict)
    use: Annotated[
        Mapping[Each, Annotated[Quantity, SHARE]], "share of what it receives that is built in"
    ] = field(default_factory=dict)
