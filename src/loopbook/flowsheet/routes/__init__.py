"""Recycling routes, ready to solve: preprocessing, hydro, pyro, direct, after EverBatt 2023.

What lives here: functions that build a closed flowsheet for a feed, solve it over scenarios, and
give products, reagents, wastes, burdens and cost per kg of feed, beside EverBatt's own figures. May
import from `loopbook.flowsheet` and `loopbook.matter`; nothing there imports from here.

>>> from loopbook.flowsheet.routes import preprocessing
>>> from loopbook.matter import Sourced, composition
>>> cells = composition(Sourced(), "composition_cell", "NMC811")
>>> print(f"{preprocessing(cells).products['copper'][0]:.4f} kg/kg")
0.0702 kg/kg
"""

from loopbook.flowsheet.routes.direct import direct, direct_flowsheet
from loopbook.flowsheet.routes.hydro import hydro, hydro_flowsheet
from loopbook.flowsheet.routes.matter import ActiveMaterial
from loopbook.flowsheet.routes.preprocessing import preprocessing, preprocessing_flowsheet
from loopbook.flowsheet.routes.pyro import pyro, pyro_flowsheet
from loopbook.flowsheet.routes.result import RouteResult, RouteSetting, black_mass_composition
from loopbook.matter import Sourced

__all__ = [
    "ActiveMaterial",
    "RouteResult",
    "RouteSetting",
    "Sourced",
    "black_mass_composition",
    "direct",
    "direct_flowsheet",
    "hydro",
    "hydro_flowsheet",
    "preprocessing",
    "preprocessing_flowsheet",
    "pyro",
    "pyro_flowsheet",
]
