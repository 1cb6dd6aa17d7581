"""A place that holds goods: the same again, at once or after a stay."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from loopbook.loop.models.model import SiteModel
from loopbook.loop.nouns.numbers import EachOrAll
from loopbook.loop.values.measure import Measure
from loopbook.loop.values.quantity import Quantity


@dataclass(frozen=True, kw_only=True)
class Hold(SiteModel):
    """Makes what arrives, after its stay."""

    model = "hold"
    by_arrival = True

    stay: Annotated[
        Mapping[EachOrAll, Annotated[Quantity, Measure("month")]], "time that it stays"
    ] = field(default_factory=dict)
