"""Recycling routes after EverBatt 2023, each in a file of its own; `ROUTES` lists them."""

from collections.abc import Mapping

from loopbook.flowsheet.routes.direct import direct as direct
from loopbook.flowsheet.routes.hydro import hydro as hydro
from loopbook.flowsheet.routes.preprocessing import preprocessing as preprocessing
from loopbook.flowsheet.routes.pyro import pyro as pyro
from loopbook.flowsheet.routes.route import Route

ROUTES: Mapping[str, Route] = {route.name: route for route in (preprocessing, hydro, pyro, direct)}
"""Routes by name."""
