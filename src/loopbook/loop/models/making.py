"""What makers share: their capacity, what they need, and what closes their balance."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from loopbook.loop.goods.basis import Basis
from loopbook.loop.goods.exchange import Goods, Needs, Now, Outcome
from loopbook.loop.models.model import SiteModel
from loopbook.tables import Array

_TINY = 1e-12  # of the largest amount


@dataclass(frozen=True, kw_only=True)
class Maker(SiteModel):
    """A model that makes what is ordered, and draws all that goes in until something arrives."""

    def needs(self, orders: Mapping[str, Array], now: Now) -> Needs:
        """Components and elements of what goes in."""
        outcome = self.run({}, orders, now)
        assert outcome.drawn is not None
        return Needs(now.basis.contents(outcome.drawn), outcome)

    def receive(self, arrived: Goods, outcome: Outcome, now: Now) -> Outcome:
        """What arrives replaces new material; what exceeds it stays."""
        assert outcome.drawn is not None
        drawn, left = settled(outcome.drawn, sum_of(arrived, now.basis), now.basis)
        return replace(outcome, drawn=drawn, absorbed=left)


def within_capacity(model: SiteModel, tonnes: Mapping[str, Array], now: Now) -> dict[str, Array]:
    """Tonnes by material, cut by one fraction where a capacity is too small for them.

    Parameters
    ----------
    model : with its capacity by material, empty for all together.
    tonnes : what would be made, shape (draw,).
    now : the site in the step.
    """
    made = dict(tonnes)
    for key, rate in model.capacity.items():
        names = [name for name in made if key in ("", name)]
        whole = np.asarray(sum((made[name] for name in names), np.zeros(1)))
        most = now.amount(rate, key) if key else now.count(rate, "t")
        most = most * now.mean(model.availability) * now.mean(model.ramp)
        share = np.minimum(most / np.where(whole > 0, whole, 1.0), 1.0)
        made |= {name: made[name] * share for name in names}
    return made


def settled(needed: Array, came: Array, basis: Basis) -> tuple[Array, Array]:
    """What must be drawn beside what came so that elements close, and what is left over.

    A component that came and is not needed as such, such as a metal for a compound of it, counts
    by its elements, and so do then the needed components that hold any of them.

    Parameters
    ----------
    needed, came : streams, shape (component, draw).
    basis : their components.

    >>> basis = Basis.of(["NiCO3", "copper", "nickel"], {})
    >>> one = basis.stream("NiCO3", np.ones(1)) + basis.stream("copper", np.ones(1))
    >>> drawn, over = settled(one, basis.stream("nickel", np.full(1, 0.4)), basis)
    >>> basis.content(drawn, "Ni").round(3).tolist(), float(drawn.sum().round(4)), float(over.sum())
    ([0.094], 1.6, 0.0)
    """
    rest = needed - came
    rest = np.where(np.abs(rest) > _TINY * np.abs(needed).max(initial=1.0), rest, 0.0)
    over, lacking = np.maximum(-rest, 0.0), np.maximum(rest, 0.0)
    if not over.any():
        return lacking, over
    elements = (basis.matrix @ over).sum(axis=1) > 0
    mixed = (basis.matrix[elements] > 0).any(axis=0)[:, None]
    net = basis.matrix @ (np.where(mixed, lacking, 0.0) - over)
    drawn, left = np.where(mixed, 0.0, lacking), np.zeros_like(lacking)
    rows = [basis.index[name] for name in basis.elements]
    drawn[rows] += np.maximum(net, 0.0)
    left[rows] += np.maximum(-net, 0.0)
    return drawn, left


def sum_of(goods: Goods, basis: Basis) -> Array:
    """All goods together, shape (component, draw)."""
    return np.asarray(sum(goods.values(), basis.zeros()))
