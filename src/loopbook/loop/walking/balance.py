"""What goes in comes out or stays: of every element, at every site and in the whole loop."""

import numpy as np

from loopbook.errors import BalanceError
from loopbook.loop.values.cells import OUTSIDE
from loopbook.loop.walking.result import Walk
from loopbook.tables import Array

CLOSURE = 1e-9
"""Largest error, as a share of what moves."""


def check_balance(walk: Walk) -> float:
    """The largest closure error of any element, at any site, in any step and draw, and overall.

    Raises
    ------
    BalanceError : it is above `CLOSURE`.
    """
    matrix = walk.basis.matrix
    worst = 0.0
    start, end, into, out = (np.zeros((1, 1)) for _ in range(4))
    for name, site in walk.sites.items():
        stock = sum(site.waiting.values(), site.held)
        before = np.concatenate([site.opening[None], stock[:-1]])
        moved = sum(
            (x for f in walk.flows if f.row.from_ == name for x in f.materials.values()), 0.0
        )
        came = sum(
            (x[:-1] for f in walk.flows if f.row.to == name for x in f.arrived.values()), 0.0
        )
        gone = site.disposal + site.absorbed
        worst = max(worst, _closure(before + came + site.drawn, moved + gone + stock, matrix, name))
        start = start + matrix @ site.opening
        end = end + matrix @ stock[-1]
        into = into + matrix @ site.drawn.sum(axis=0)
        out = out + matrix @ gone.sum(axis=0)
    for flow in walk.flows:
        lane = flow.row.where
        for material, stream in flow.materials.items():
            came = flow.arrived[material].sum(axis=0)
            on_way = flow.on_way.get(material, 0.0)
            worst = max(worst, _closure(stream.sum(axis=0) + on_way, came, matrix, lane))
        moved = matrix @ sum((x.sum(axis=0) for x in flow.materials.values()), walk.basis.zeros())
        if flow.row.from_ == OUTSIDE:
            into = into + moved
        if flow.row.to == OUTSIDE:
            out = out + moved
        start = start + matrix @ sum(flow.on_way.values(), walk.basis.zeros())
        if flow.row.to != OUTSIDE:
            end = end + matrix @ sum((x[-1] for x in flow.arrived.values()), walk.basis.zeros())
    return max(worst, _closure(start + into, end + out, np.eye(len(matrix)), "the loop"))


def _closure(into: Array, out: Array, matrix: Array, where: str) -> float:
    """The largest error of an element, as a share of all that moves there."""
    first, last = matrix @ into, matrix @ out
    whole = np.maximum(np.abs(first).max(initial=0.0), 1e-9)
    error = float(np.abs(first - last).max(initial=0.0) / whole)
    if not error <= CLOSURE:
        raise BalanceError(f"{where}: an element closes to {error:.3g} of what moves only")
    return error
