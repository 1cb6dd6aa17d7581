"""Our unit operations, a line each: the lists, the reader of files and the front read them here."""

from loopbook.flowsheet.units.reaction.crystalliser import Crystalliser
from loopbook.flowsheet.units.reaction.heat_treatment import HeatTreatment
from loopbook.flowsheet.units.reaction.leach import Leach
from loopbook.flowsheet.units.reaction.off_gas_treatment import OffGasTreatment
from loopbook.flowsheet.units.reaction.precipitation import Precipitation
from loopbook.flowsheet.units.reaction.reactor import Reactor
from loopbook.flowsheet.units.separation.air_classifier import AirClassifier
from loopbook.flowsheet.units.separation.dryer import Dryer
from loopbook.flowsheet.units.separation.eddy_current_separator import EddyCurrentSeparator
from loopbook.flowsheet.units.separation.filter import Filter
from loopbook.flowsheet.units.separation.magnetic_separator import MagneticSeparator
from loopbook.flowsheet.units.separation.mixer import Mixer
from loopbook.flowsheet.units.separation.shredder import Shredder
from loopbook.flowsheet.units.separation.sieve import Sieve
from loopbook.flowsheet.units.separation.solvent_extraction import SolventExtraction
from loopbook.flowsheet.units.separation.splitter import Splitter
from loopbook.flowsheet.units.unit import Separator, Unit

KINDS: dict[str, type[Unit]] = {
    unit.kind: unit
    for unit in tuple(vars().values())
    if isinstance(unit, type) and issubclass(unit, Unit) and unit not in (Unit, Separator)
}
"""Our unit operations by kind."""
