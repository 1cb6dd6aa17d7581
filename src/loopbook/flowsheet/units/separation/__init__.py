"""Units that move matter without changing it.

All of them follow one law, the transfer coefficient: of each component, a share of what enters
goes to the named outlet and the rest to the other. They differ in ports, parameters and meaning.
"""

from loopbook.flowsheet.units.separation.air_classifier import AirClassifier as AirClassifier
from loopbook.flowsheet.units.separation.dryer import Dryer as Dryer
from loopbook.flowsheet.units.separation.eddy_current_separator import (
    EddyCurrentSeparator as EddyCurrentSeparator,
)
from loopbook.flowsheet.units.separation.filter import Filter as Filter
from loopbook.flowsheet.units.separation.magnetic_separator import (
    MagneticSeparator as MagneticSeparator,
)
from loopbook.flowsheet.units.separation.mixer import Mixer as Mixer
from loopbook.flowsheet.units.separation.shredder import Shredder as Shredder
from loopbook.flowsheet.units.separation.sieve import Sieve as Sieve
from loopbook.flowsheet.units.separation.solvent_extraction import (
    SolventExtraction as SolventExtraction,
)
from loopbook.flowsheet.units.separation.splitter import Splitter as Splitter

KINDS = (
    AirClassifier,
    Dryer,
    EddyCurrentSeparator,
    Filter,
    MagneticSeparator,
    Mixer,
    Shredder,
    Sieve,
    SolventExtraction,
    Splitter,
)
