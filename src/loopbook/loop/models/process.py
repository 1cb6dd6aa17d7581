"""A process: a route, a flowsheet file, or shares of components."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.models.model import SiteModel
from loopbook.tables import Choice


@dataclass(frozen=True, kw_only=True)
class Process(SiteModel):
    """Makes of what arrives what its process gives; what goes nowhere is `disposal`.

    The column `process` names a route (``preprocessing``, ``hydro``, ``pyro``, ``direct``), a
    flowsheet file, or a process of ``shares``.
    """

    model = "process"
    runs = "needed"

    costing: Annotated[str, Choice("", "everbatt"), "how the plant's own cost is computed"] = ""
