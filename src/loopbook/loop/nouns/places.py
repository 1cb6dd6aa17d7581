"""Where things happen: sites with their models, and lanes between them."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from loopbook.loop.nouns.row import Row
from loopbook.loop.values.cells import Day, Own, Ref
from loopbook.loop.values.measure import Measure
from loopbook.loop.values.quantity import Quantity
from loopbook.tables import Text


@dataclass(frozen=True, kw_only=True)
class Site(Row):
    """A place where a model turns what arrives into what leaves."""

    table = "sites"
    key = ("site",)
    role = "site"

    site: Annotated[str, Own(), "its name"]
    party: Annotated[str, Ref("a party", "party"), "who runs it; the party of that name"] = ""
    model: Annotated[str, Text(), "site model: process, cell lines, make to order, ..."]
    process: Annotated[
        str, Text(), "what it runs: a route, a process of `shares`, or a flowsheet file"
    ] = ""
    place: Annotated[str, Text(), "where it is, for people"] = ""
    starts: Annotated[date | None, Day(), "first day of operation"] = None
    ends: Annotated[date | None, Day(last=True), "last day of operation"] = None


@dataclass(frozen=True, kw_only=True)
class Lane(Row):
    """A way for goods from one site to another; without one, goods move at once."""

    table = "lanes"
    key = ("from", "to", "material")
    ranged = "distance"

    from_: Annotated[str, Ref("a site", "site"), "where it begins"]
    to: Annotated[str, Ref("a site", "site"), "where it ends"]
    material: Annotated[str, Ref("a material", "material"), "what travels; all if empty"] = ""
    mode: Annotated[str, Ref("a mode", "mode"), "of freight; that of the material if empty"] = ""
    distance: Annotated[Quantity | None, Measure("km", usual={"km": (0.5, 30000.0)}), "how far"] = (
        None
    )
    cost: Annotated[
        Quantity | None,
        Measure("USD/t", usual={"USD/t": (0.5, 5000.0)}),
        "of a tonne; by mode if empty",
    ] = None
    carbon: Annotated[
        Quantity | None, Measure("kgCO2e/t", "kg/t"), "burden of a tonne; by mode if empty"
    ] = None
    lead: Annotated[
        Quantity | None,
        Measure("month", usual={"month": (0.03, 24.0)}, steady=True),
        "time on the way; none if empty",
    ] = None
