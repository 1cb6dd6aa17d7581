"""After every solve: no element made or lost, no flow negative, in any unit or scenario."""

import numpy as np

from loopbook.errors import BalanceError, NegativeError
from loopbook.flowsheet.compiled import Plan
from loopbook.tables import Array

CLOSURE_TOLERANCE = 1e-9
_NEGATIVE_TOLERANCE = 1e-12
_TINY = 1e-300  # kg/h: below this floats lose their digits
_TRACE = 1e-12  # of an element's flow into the whole: less than that in a unit may be rounding


class Ledger:
    """Element tallies of one solve; the arrays are reused from chunk to chunk.

    Fresh megabyte arrays for each chunk cost more in page faults than the sums themselves.
    """

    def __init__(self, plan: Plan, width: int) -> None:
        """Make room for chunks of up to `width` scenarios."""
        units, elements = len(plan.units) + 1, plan.basis.element_matrix.shape[0]
        self.plan = plan
        self._entered = np.empty((units, elements, width))
        self._left = np.empty((units, elements, width))
        self._limit = np.empty((units, elements, width))
        self._flow = np.empty((elements, width))

    def audit(self, streams: list[Array]) -> Array:
        """Check every unit and the whole; return the closure of the whole.

        Parameters
        ----------
        streams : flows by index, shape (component, scenario) each, kg/h.

        Returns
        -------
        numpy array, shape (element, scenario)
            ``(in - out) / in`` of each element over the flowsheet; 0 where none enters, or
            less than 1e-291 kg/h, of which floats cannot give a closure.

        Raises
        ------
        BalanceError
            An element does not close to 1e-9 of what enters a unit or the flowsheet.
        NegativeError
            A component leaves a unit with a negative flow: a reagent runs out.
        """
        plan, width = self.plan, streams[-1].shape[1]
        entered, left, limit, flow = (
            a[..., :width] for a in (self._entered, self._left, self._limit, self._flow)
        )
        entered[...] = 0.0
        left[...] = 0.0
        narrow = width < 16  # one call is then cheaper than one for each stream
        positive = not narrow or bool(np.concatenate(streams).min() >= 0.0)
        for i, (into, out_of) in enumerate(plan.tally):
            np.matmul(plan.basis.element_matrix, streams[i], out=flow)
            for u in into:
                entered[u] += flow
            for u in out_of:
                left[u] += flow
            positive = positive and (narrow or bool(streams[i].min() >= 0.0))
        if not positive:
            _check_negative(plan, streams, entered[-1].sum(axis=0))
        np.multiply(entered, CLOSURE_TOLERANCE, out=limit)
        limit += _TRACE * entered[-1] + _TINY
        np.subtract(entered, left, out=left)
        net = left[-1].copy()
        np.abs(left, out=left)
        if not (left <= limit).all():
            raise BalanceError(_open_element(plan, left, entered))
        closure: Array = np.zeros_like(net)
        np.divide(net, entered[-1], out=closure, where=entered[-1] > _TINY / CLOSURE_TOLERANCE)
        return closure


def _open_element(plan: Plan, gap: Array, entered: Array) -> str:
    ratio = gap / np.maximum(entered, 1e-300)
    ratio = np.where(np.isfinite(gap), ratio, np.inf)
    ratio[entered <= _TRACE * entered[-1]] = 0.0
    u, e, s = (int(i) for i in np.unravel_index(np.argmax(ratio), ratio.shape))
    place = plan.units[u].unit.name if u < len(plan.units) else "the whole"
    return (
        f"{plan.flowsheet.name}: {plan.basis.elements[e]} does not close over {place} in scenario "
        f"{s}: in {entered[u, e, s]:.9g} kg/h, in and out differ by {gap[u, e, s]:.3g} kg/h"
    )


def _check_negative(plan: Plan, streams: list[Array], total: Array) -> None:
    """Raise unless negative flows are mere rounding of what enters."""
    lowest = np.array([flow.min(axis=0) for flow in streams[: len(plan.streams)]])
    if (lowest >= -_NEGATIVE_TOLERANCE * total).all():
        return
    if np.isnan(lowest).any():
        raise BalanceError(f"{plan.flowsheet.name}: a flow is NaN in {_nan_streams(plan, lowest)}")
    i, s = (int(k) for k in np.unravel_index(np.argmin(lowest), lowest.shape))
    flow = streams[i][:, s]
    component = plan.basis.names[int(np.argmin(flow))]
    maker = next((u.unit.name for u in plan.units if i in u.outs), "feed")
    raise NegativeError.of(
        "negative",
        f"unit {maker}, stream {plan.streams[i]}, {component}, scenario {s}",
        "a flow >= 0 kg/h",
        f"{flow.min():.6g} kg/h",
        hint="a reaction wants more of it than there is: raise its dose or lower the conversion",
    )


def _nan_streams(plan: Plan, lowest: Array) -> str:
    return ", ".join(n for n, low in zip(plan.streams, lowest, strict=True) if np.isnan(low).any())
