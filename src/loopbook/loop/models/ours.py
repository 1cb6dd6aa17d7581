"""Our site models, a line each."""

from loopbook.loop.models.assembly import Assembly
from loopbook.loop.models.cell_lines import CellLines
from loopbook.loop.models.demand import Demand
from loopbook.loop.models.fleet import Fleet
from loopbook.loop.models.hold import Hold
from loopbook.loop.models.make_to_order import MakeToOrder
from loopbook.loop.models.model import SiteModel
from loopbook.loop.models.process import Process
from loopbook.loop.models.sink import Sink
from loopbook.loop.models.supply import Supply

MODELS: dict[str, type[SiteModel]] = {
    kind.model: kind
    for kind in tuple(vars().values())
    if isinstance(kind, type) and issubclass(kind, SiteModel) and kind is not SiteModel
}
"""Our site models by name."""
