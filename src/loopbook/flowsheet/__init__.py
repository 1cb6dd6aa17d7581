"""Inside a plant: streams, unit operations, solver, cost, burdens, uncertainty.

What lives here: flowsheets as pure NumPy functions over batches of scenarios, the unit
operations of dismantling, shredding and refining, and what they cost and emit. What should happen
in a plant, not what happened (that is the book). May import ``matter`` and the ground floor.

>>> from loopbook.matter import components
>>> from loopbook.flowsheet import Flowsheet, Sieve
>>> fs = Flowsheet("one sieve", components("graphite", "copper"))
>>> fs.feed("scrap", {"graphite": 600, "copper": 400}, unit="kg/h")
>>> fs.add(Sieve("sieve", to_undersize={"graphite": 0.95, "copper": 0.05}),
...        feed="scrap", undersize="black mass", oversize="foil")
>>> fs.solve().flow("black mass", "copper").round(3).tolist()
[20.0]
"""

from loopbook.flowsheet.checking import UnitCheck, check_unit
from loopbook.flowsheet.economics.burden import Burdens, burdens
from loopbook.flowsheet.economics.cost import (
    COST_GROUPS,
    VARIABLE_GROUPS,
    Equipment,
    EquipmentCatalogue,
    Plant,
    PlantCost,
    capital_usd,
    plant_cost,
)
from loopbook.flowsheet.economics.sampling import (
    Distribution,
    Interval,
    Normal,
    Triangular,
    Uniform,
    drivers,
    interval,
    sample,
)
from loopbook.flowsheet.files import from_toml, read_flowsheet, to_toml
from loopbook.flowsheet.model import Flowsheet
from loopbook.flowsheet.routes import ROUTES, direct, hydro, preprocessing, pyro
from loopbook.flowsheet.routes.matter import ActiveMaterial
from loopbook.flowsheet.routes.route import (
    Route,
    RouteBase,
    RouteResult,
    RouteSetting,
    black_mass_composition,
)
from loopbook.flowsheet.solution import Solution, SolveReport, StreamFlow
from loopbook.flowsheet.units.catalogue import (
    Parameter,
    UnitKind,
    UnitKinds,
    describe_unit,
    known_kinds,
    parameters_of,
    unit_kinds,
)
from loopbook.flowsheet.units.ours import *  # noqa: F403  # a unit is listed once
from loopbook.flowsheet.units.ours import KINDS
from loopbook.flowsheet.units.reaction.reactor import Dose
from loopbook.flowsheet.units.reaction.stoichiometry import Reaction
from loopbook.flowsheet.units.unit import (
    Amount,
    BindContext,
    Bound,
    Catalogue,
    PerComponent,
    Separator,
    Share,
    Shares,
    Streams,
    Unit,
    UnitFlows,
    Value,
)
from loopbook.flowsheet.wiring import Feed, Placed, Wiring

__all__ = [
    "COST_GROUPS",
    "KINDS",
    "ROUTES",
    "VARIABLE_GROUPS",
    "ActiveMaterial",
    "Amount",
    "BindContext",
    "Bound",
    "Burdens",
    "Catalogue",
    "Distribution",
    "Dose",
    "Equipment",
    "EquipmentCatalogue",
    "Feed",
    "Flowsheet",
    "Interval",
    "Normal",
    "Parameter",
    "PerComponent",
    "Placed",
    "Plant",
    "PlantCost",
    "Reaction",
    "Route",
    "RouteBase",
    "RouteResult",
    "RouteSetting",
    "Separator",
    "Share",
    "Shares",
    "Solution",
    "SolveReport",
    "StreamFlow",
    "Streams",
    "Triangular",
    "Uniform",
    "Unit",
    "UnitCheck",
    "UnitFlows",
    "UnitKind",
    "UnitKinds",
    "Value",
    "Wiring",
    "black_mass_composition",
    "burdens",
    "capital_usd",
    "check_unit",
    "describe_unit",
    "direct",
    "drivers",
    "from_toml",
    "hydro",
    "interval",
    "known_kinds",
    "parameters_of",
    "plant_cost",
    "preprocessing",
    "pyro",
    "read_flowsheet",
    "sample",
    "to_toml",
    "unit_kinds",
]

__all__ += [kind.__name__ for kind in KINDS.values()]
