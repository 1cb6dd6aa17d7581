"""Who pays the freight."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.nouns.numbers import ModeNumbers
from loopbook.loop.nouns.places import Lane
from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.lot import Lot
from loopbook.loop.values.measure import is_kind
from loopbook.loop.values.quantity import Quantity
from loopbook.tables import Array, Choice


@dataclass(frozen=True, kw_only=True)
class Freight(Term):
    """The payer pays the outside the cost of the lane, else that of the mode."""

    law = "freight"

    value: Annotated[str, Choice("buyer", "seller"), "who pays"]


def freight(lot: Lot, lane: Lane, mode: ModeNumbers | None) -> Array | None:
    """Cost of moving a lot: ``t * cost``, else ``t * (price * distance / payload + packaging)``.

    Parameters
    ----------
    lane : way; its own cost counts before that of the mode.
    mode : of freight, if one is known. A price of a tonne and km needs no payload.

    Returns
    -------
    Money in the currency of the lot's quotes; None where no row states it.
    """
    if lane.cost is not None:
        return lot.mass * lot.money(lane.cost, "USD/t")
    if mode is None or mode.price is None or lane.distance is None:
        return None
    each = _way(lot, mode.price, lane.distance, mode, money=True)
    if each is not None and mode.packaging is not None:
        each = each + lot.money(mode.packaging, "USD/t")
    return None if each is None else lot.mass * each


def freight_carbon(lot: Lot, lane: Lane, mode: ModeNumbers | None) -> Array | None:
    """Burden of moving a lot, with the way back empty, t CO2e; None where no row states it."""
    if lane.carbon is not None:
        kind = "tCO2e/t" if is_kind(lane.carbon.unit, "tCO2e/t") else "t/t"
        return lot.mass * lane.carbon.in_month(lot.shipped, kind)
    if mode is None or mode.carbon is None or lane.distance is None:
        return None
    ways = [mode.carbon, *([] if mode.empty_carbon is None else [mode.empty_carbon])]
    each = [_way(lot, value, lane.distance, mode, money=False) for value in ways]
    known = [value for value in each if value is not None]
    return lot.mass * sum(known) if len(known) == len(ways) else None


def _way(
    lot: Lot, value: Quantity, distance: Quantity, mode: ModeNumbers, *, money: bool
) -> Array | None:
    """Price or burden of a tonne over a distance; None where a payload is needed and missing."""
    kind = "USD" if money else "tCO2e"
    by_mass = is_kind(value.unit, f"{kind}/t/km")
    if not by_mass and mode.payload is None:
        return None
    unit = f"{kind}/t/km" if by_mass else f"{kind}/km"
    each = lot.money(value, unit) if money else value.in_month(lot.shipped, unit)
    way = each * distance.in_month(lot.shipped, "km")
    return way if by_mass or mode.payload is None else way / mode.payload.in_month(lot.shipped, "t")
