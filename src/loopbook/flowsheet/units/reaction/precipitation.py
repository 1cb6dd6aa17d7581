"""Precipitation."""

from loopbook.flowsheet.units.reaction.reactor import Reactor


class Precipitation(Reactor):
    """Precipitation: dissolved salts to solids by reaction; a filter behind it separates them."""
