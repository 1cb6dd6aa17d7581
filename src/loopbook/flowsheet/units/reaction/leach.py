"""Leaching."""

from loopbook.flowsheet.units.reaction.reactor import Reactor


class Leach(Reactor):
    """Leaching: solids to dissolved salts by reaction; see `Reactor` for the law."""
