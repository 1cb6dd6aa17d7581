"""A place that takes goods and makes nothing."""

from dataclasses import dataclass

from loopbook.loop.models.model import SiteModel


@dataclass(frozen=True, kw_only=True)
class Sink(SiteModel):
    """Takes what arrives, up to its capacity."""

    model = "sink"
    makes_goods = False
