"""Units that move matter without changing it: mixers, splitters, sieves, filters, extraction.

All of them follow one law, the transfer coefficient: of each component, a share of what enters
goes to the named outlet and the rest to the other. They differ in ports, parameters and meaning.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from loopbook.flowsheet.units.parameters import BindContext, Bound, Value, parameter
from loopbook.flowsheet.units.unit import Unit
from loopbook.tables import Array

Shares = Mapping[str, Value] | float


def _part(feed: Array, share: Array) -> tuple[Array, Array]:
    """Split a stream: the share, and the rest by difference so that nothing is lost."""
    part = feed * share
    return part, feed - part


class Mixer(Unit):
    """Several streams into one: ``out = sum(feed)``. Connect a list of streams to ``feed``."""

    kind = "mixer"

    def run(self, p: Bound, *ins: Array) -> tuple[Array | None, ...]:
        """Pass the summed inlet on."""
        return (ins[0],)


class Splitter(Unit):
    """One composition into two streams: ``first = share * feed``; a purge, a bleed, a recycle."""

    kind = "splitter"
    outs = ("first", "rest")

    share: Value = parameter("kg/kg", high=1.0, doc="share of every component that goes first")

    def run(self, p: Bound, *ins: Array) -> tuple[Array | None, ...]:
        """Split by the one share."""
        return _part(ins[0], p.share)


class Shredder(Unit):
    """Size reduction: ``dust = dust_loss * feed``, the rest is shredded and unchanged."""

    kind = "shredder"
    outs = ("shredded", "dust")
    optional = ("dust",)

    dust_loss: Shares = parameter(
        "kg/kg", high=1.0, per="component", default=0.0, doc="share lost as dust, per component"
    )

    def run(self, p: Bound, *ins: Array) -> tuple[Array | None, ...]:
        """Shred; without a dust outlet all of the feed is shredded."""
        if "dust" not in p.connected:
            return ins[0], None
        dust, rest = _part(ins[0], p.dust_loss)
        return rest, dust


class Dryer(Unit):
    """Evaporation: ``vapour = to_vapour * feed`` per component."""

    kind = "dryer"
    outs = ("dry", "vapour")

    to_vapour: Shares = parameter(
        "kg/kg", high=1.0, per="component", doc="share that leaves as vapour, per component"
    )

    def run(self, p: Bound, *ins: Array) -> tuple[Array | None, ...]:
        """Split off the vapour."""
        vapour, rest = _part(ins[0], p.to_vapour)
        return rest, vapour


class Sieve(Unit):
    """Screening: ``undersize = to_undersize * feed`` per component; black mass is undersize."""

    kind = "sieve"
    outs = ("undersize", "oversize")

    to_undersize: Shares = parameter(
        "kg/kg", high=1.0, per="component", doc="transfer coefficient to the undersize"
    )

    def run(self, p: Bound, *ins: Array) -> tuple[Array | None, ...]:
        """Screen."""
        return _part(ins[0], p.to_undersize)


class MagneticSeparator(Unit):
    """Magnet: ``magnetic = to_magnetic * feed`` per component."""

    kind = "magnetic-separator"
    outs = ("magnetic", "rest")

    to_magnetic: Shares = parameter(
        "kg/kg", high=1.0, per="component", doc="transfer coefficient to the magnetic fraction"
    )

    def run(self, p: Bound, *ins: Array) -> tuple[Array | None, ...]:
        """Split off the magnetic fraction."""
        return _part(ins[0], p.to_magnetic)


class EddyCurrentSeparator(Unit):
    """Eddy-current separator: ``metal = to_metal * feed`` per component."""

    kind = "eddy-current-separator"
    outs = ("metal", "rest")

    to_metal: Shares = parameter(
        "kg/kg", high=1.0, per="component", doc="transfer coefficient to the metal fraction"
    )

    def run(self, p: Bound, *ins: Array) -> tuple[Array | None, ...]:
        """Split off the metal fraction."""
        return _part(ins[0], p.to_metal)


class AirClassifier(Unit):
    """Air classification: ``heavy = to_heavy * feed`` per component; copper from aluminium foil."""

    kind = "air-classifier"
    outs = ("heavy", "light")

    to_heavy: Shares = parameter(
        "kg/kg", high=1.0, per="component", doc="transfer coefficient to the heavy fraction"
    )

    def run(self, p: Bound, *ins: Array) -> tuple[Array | None, ...]:
        """Split into heavy and light."""
        return _part(ins[0], p.to_heavy)


class Filter(Unit):
    """Solid-liquid separation with an optional displacement wash.

    ``cake = solids_to_cake * solids + liquid_to_cake * (1 - wash_efficiency) * dissolved``; the
    water that fills the cake's pores is ``liquid_to_cake * water`` with or without wash. Wash
    water joins the filtrate. Everything that is not a solid counts as liquid.
    """

    kind = "filter"
    ins = ("slurry", "wash")
    outs = ("filtrate", "cake")
    optional = ("wash",)

    solids_to_cake: Value = parameter(
        "kg/kg", high=1.0, default=0.99, doc="share of each solid that stays in the cake"
    )
    liquid_to_cake: Value = parameter(
        "kg/kg", high=1.0, default=0.03, doc="share of the liquor that the cake holds"
    )
    wash_efficiency: Value = parameter(
        "kg/kg", high=1.0, default=0.0, doc="share of the held solutes that the wash displaces"
    )

    def bind(self, context: BindContext) -> Bound:
        """Precompute each component's share to the cake."""
        p = super().bind(context)
        solid = np.array([ph == "solid" for ph in context.basis.phases])[:, None]
        water = np.array([name == "water" for name in context.basis.names])[:, None]
        held = np.asarray(p.liquid_to_cake)[None, :]
        washed = held * (1.0 - p.wash_efficiency) if "wash" in context.connected else held
        p.to_cake = np.where(solid, p.solids_to_cake[None, :], np.where(water, held, washed))
        return p

    def run(self, p: Bound, *ins: Array) -> tuple[Array | None, ...]:
        """Filter, then wash."""
        cake, filtrate = _part(ins[0], p.to_cake)
        if "wash" in p.connected:
            filtrate = filtrate + ins[1]
        return filtrate, cake


class SolventExtraction(Unit):
    """Solvent extraction by stage recovery: ``strip = extraction * feed`` per component.

    The recovery stands for the whole battery of extraction, scrub and strip stages. Saponification
    and strip acid are doses of a reactor beside it. Isotherms are not covered.
    """

    kind = "solvent-extraction"
    outs = ("strip", "raffinate")

    extraction: Shares = parameter(
        "kg/kg", high=1.0, per="component", doc="share that reaches the strip liquor"
    )

    def run(self, p: Bound, *ins: Array) -> tuple[Array | None, ...]:
        """Extract and strip."""
        return _part(ins[0], p.extraction)
