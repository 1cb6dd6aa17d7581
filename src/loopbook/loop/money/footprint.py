"""Burdens go to what is sold: by mass or by revenue, within a site or a company."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from loopbook.loop.money.accounts import Accounts
from loopbook.loop.values.cells import OUTSIDE
from loopbook.tables import Array


@dataclass(frozen=True)
class Footprint:
    """Burdens within a boundary, and what flows out of it carries.

    Parameters
    ----------
    own : t CO2e that arises within each unit (a site, or a party with its sites), of what it does,
        buys from the outside and moves, (step, draw).
    whole : the same with what arrives from other units.
    flows : t CO2e that each contract row carries out of its unit, (step, draw), in their order;
        zero within a unit. What a unit that sells nothing carries stays with it.
    """

    own: Mapping[str, Array]
    whole: Mapping[str, Array]
    flows: tuple[Array, ...]


def footprint(accounts: Accounts) -> Footprint:
    """Burdens by the settings ``[carbon]``.

    A unit's burden is its own and that of what arrives from other units in the step; it goes to
    what leaves the unit in the step, in proportion to mass, or to revenue. Between sites of one
    party no money moves: where a unit has no revenue in a step its mass counts.
    ``whole = own + shares @ whole``, solved for all units at once.
    """
    walked = accounts.walked
    loop, carbon = walked.loop, walked.loop.settings.carbon
    unit_of = {
        site: site if carbon.boundary == "site" else row.party for site, row in loop.sites.items()
    } | {OUTSIDE: OUTSIDE}
    units = list(dict.fromkeys(unit_of[site] for site in loop.sites))
    ends = [(unit_of[flow.row.from_], unit_of[flow.row.to]) for flow in walked.flows]
    zero = np.zeros((len(walked.steps), 1))
    own = dict.fromkeys(units, zero)
    for site in loop.sites:
        own[unit_of[site]] = own[unit_of[site]] + accounts.burden(site)
    mass = [np.asarray(flow.taken) for flow in walked.flows]
    paid = [np.maximum(money, 0.0) for money in accounts.paid]
    shares = _shares(mass, paid if carbon.allocate == "revenue" else mass, ends)
    draws = np.broadcast_shapes(*(x.shape for x in (*shares, *own.values())))
    matrix = np.zeros((*draws, len(units), len(units)))
    for share, (start, end) in zip(shares, ends, strict=True):
        if OUTSIDE not in (start, end) and start != end:
            matrix[..., units.index(end), units.index(start)] += share
    right = np.stack([np.broadcast_to(own[unit], draws) for unit in units], axis=-1)[..., None]
    solved = np.asarray(np.linalg.solve(np.eye(len(units)) - matrix, right), dtype=np.float64)
    whole = {unit: solved[..., k, 0] for k, unit in enumerate(units)}
    flows = (
        share * whole[start] if start in whole else np.zeros(draws)
        for share, (start, _) in zip(shares, ends, strict=True)
    )
    return Footprint(own, whole, tuple(flows))


def _shares(mass: list[Array], weights: list[Array], ends: list[tuple[str, str]]) -> list[Array]:
    """Share of the burden of its unit that each flow carries, (step, draw)."""
    leaves = [start != end for start, end in ends]
    shares = []
    for number, (start, _) in enumerate(ends):
        same = [k for k, (other, _) in enumerate(ends) if other == start and leaves[k]]
        whole = sum((weights[k] for k in same), np.zeros(1))
        tonnes = sum((mass[k] for k in same), np.zeros(1))
        by_mass = mass[number] / np.where(tonnes > 0.0, tonnes, 1.0)
        by_weight = weights[number] / np.where(whole > 0.0, whole, 1.0)
        shares.append(np.where(whole > 0.0, by_weight, by_mass) * leaves[number])
    return shares
