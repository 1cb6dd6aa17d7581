"""Units that turn components into each other, by stoichiometry only."""

from loopbook.flowsheet.units.reaction.crystalliser import Crystalliser
from loopbook.flowsheet.units.reaction.heat_treatment import HeatTreatment
from loopbook.flowsheet.units.reaction.leach import Leach
from loopbook.flowsheet.units.reaction.off_gas_treatment import OffGasTreatment
from loopbook.flowsheet.units.reaction.precipitation import Precipitation
from loopbook.flowsheet.units.reaction.reactor import Reactor
from loopbook.flowsheet.units.unit import Unit

__all__ = ["Crystalliser", "HeatTreatment", "Leach", "OffGasTreatment", "Precipitation", "Reactor"]

KINDS: tuple[type[Unit], ...] = tuple(globals()[name] for name in __all__)
