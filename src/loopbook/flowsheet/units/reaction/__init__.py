"""Units that turn components into each other, by stoichiometry only."""

from loopbook.flowsheet.units.reaction.crystalliser import Crystalliser as Crystalliser
from loopbook.flowsheet.units.reaction.heat_treatment import HeatTreatment as HeatTreatment
from loopbook.flowsheet.units.reaction.leach import Leach as Leach
from loopbook.flowsheet.units.reaction.off_gas_treatment import OffGasTreatment as OffGasTreatment
from loopbook.flowsheet.units.reaction.precipitation import Precipitation as Precipitation
from loopbook.flowsheet.units.reaction.reactor import Reactor as Reactor

KINDS = (Crystalliser, HeatTreatment, Leach, OffGasTreatment, Precipitation, Reactor)
