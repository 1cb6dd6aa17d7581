"""Units that move matter without changing it.

All of them follow one law, the transfer coefficient: of each component, a share of what enters
goes to the named outlet and the rest to the other. They differ in ports, parameters and meaning.
"""

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
from loopbook.flowsheet.units.unit import Unit

__all__ = [
    "AirClassifier",
    "Dryer",
    "EddyCurrentSeparator",
    "Filter",
    "MagneticSeparator",
    "Mixer",
    "Shredder",
    "Sieve",
    "SolventExtraction",
    "Splitter",
]

KINDS: tuple[type[Unit], ...] = tuple(globals()[name] for name in __all__)
