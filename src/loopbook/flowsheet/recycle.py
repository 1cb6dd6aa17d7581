"""Converge the recycles of one group of units on their own balance.

A pass evaluates ``G(t)``, the torn streams that follow from guessed ones; sought is ``t = G(t)``.

1. *Secant passes.* Most of a plant is linear in the flows and most components come back by one
   path, so each component of each torn stream and each scenario gets its own secant step (Wegstein
   1958), kept positive. Single loops converge in five to eight passes, all scenarios together.
2. *Newton steps* for the scenarios that are left, one at a time: the derivative of ``G`` is one
   pass over a batch in which each column steps one component, exact for a linear loop. This is
   what nested and nearly closed loops need, whose secants disturb each other.

Converged means that in the last pass no component of a torn stream changed by more than the
tolerance, and that no element's change exceeded a tenth of the closure that the audit allows; where
rounding prevents that, all of it. No solve starts from another's result.

What is promised: a component is wrong by at most the rounding of its flow in the loop, 2e-16 over
the share of it that leaves the loop in a round, and every element closes to 1e-9. A loop that lets
out less than `LEAST_PURGE` of a component cannot keep that and is refused.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from loopbook.errors import ConvergenceError
from loopbook.flowsheet.audit import CLOSURE_TOLERANCE
from loopbook.flowsheet.compiled import Plan, Step, run_pass
from loopbook.flowsheet.graph import Group
from loopbook.tables import Array

Flags: TypeAlias = NDArray[np.bool_]

_ROUNDING = 1e-15  # of a torn stream's mass: below this a component's change is rounding
_SECANT_PASSES = 25
_AUDITED = 10.0  # times the closure that is sought: what the audit allows


@dataclass(slots=True)
class Recycle:
    """One group's recycles in one chunk of scenarios.

    Parameters
    ----------
    steps_of : the group's calculations for all scenarios (None) or for one of them.
    tolerance, max_passes : see `Flowsheet.solve`.
    """

    plan: Plan
    group: Group
    steps_of: Callable[[int | None], list[Step]]
    tolerance: float
    max_passes: int
    _entering: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Find the streams that bring matter into the group."""
        inside = set(self.group.units)
        whole = len(self.plan.units)
        self._entering = tuple(
            i
            for i, (into, out_of) in enumerate(self.plan.tally)
            if inside.intersection(into) and (not inside.intersection(out_of) or whole in into)
        )

    def converge(self, streams: list[Array]) -> tuple[int, Array]:
        """Converge all scenarios in place; returns passes and residuals, shape (scenario,).

        Raises
        ------
        ConvergenceError
            Names the tears, the worst scenario and the largest flow in the loop.
        """
        steps = self.steps_of(None)
        rows, width = len(self.group.tears) * len(self.plan.basis), streams[-1].shape[1]
        guess = np.zeros((rows, width))
        previous: tuple[Array, Array] | None = None
        for passes in range(1, min(_SECANT_PASSES, self.max_passes) + 1):
            image = self._image(guess, steps, streams)
            change = image - guess
            error = self._error(image, change)
            if (error <= self.tolerance).all() and self._closed(change, streams, 0.1).all():
                return passes, error
            if not np.isfinite(error).all():
                break
            guess, previous = _secant(guess, image, change, previous), (guess, change)
        used = self._newton(guess, streams)
        image = self._image(guess, steps, streams)
        error = self._error(image, image - guess)
        closed = self._closed(image - guess, streams, 1.0)
        bad = ~(error <= self.tolerance) | ~closed
        if bad.any():
            raise ConvergenceError(
                self._complaint(streams, error, image - guess, int(np.argmax(bad)))
            )
        return passes + used, error

    def _image(self, guess: Array, steps: Sequence[Step], streams: list[Array]) -> Array:
        """Torn streams that follow from guessed ones; fills in all streams of the group."""
        tears = self.group.tears
        parts = guess.reshape(len(tears), len(self.plan.basis), -1)
        for k, i in enumerate(tears):
            streams[i] = parts[k]
        run_pass(steps, streams)
        return np.concatenate([streams[i] for i in tears])

    def _error(self, image: Array, change: Array) -> Array:
        """Largest relative change of a component, shape (scenario,)."""
        scale = np.abs(image)
        floor = scale.sum(axis=0)
        floor *= _ROUNDING / self.tolerance
        floor += 1e-300
        scale += floor
        np.divide(np.abs(change), scale, out=scale)
        worst: Array = scale.max(axis=0)
        return worst

    def _closed(self, change: Array, streams: list[Array], part: float) -> Flags:
        """Whether no element's change exceeds a part of the audit's limit, by scenario."""
        gap, entering = self._gap(change, streams)
        limit = part * CLOSURE_TOLERANCE * entering + 1e-300
        return np.asarray((gap <= limit).all(axis=0))

    def _gap(self, change: Array, streams: list[Array]) -> tuple[Array, Array]:
        """Change of each element in the torn streams, and what enters the group of it."""
        matrix = self.plan.basis.element_matrix
        parts = change.reshape(len(self.group.tears), len(self.plan.basis), -1)
        gap: Array = np.abs(matrix @ parts).sum(axis=0)
        entering: Array = np.sum([matrix @ streams[i] for i in self._entering], axis=0)
        return gap, entering

    def _newton(self, guess: Array, streams: list[Array]) -> int:
        """Improve the columns of `guess` that have not converged; returns the passes taken."""
        steps = self.steps_of(None)
        image = self._image(guess, steps, streams)
        error = self._error(image, image - guess)
        open_ = ~(error <= self.tolerance) | ~self._closed(image - guess, streams, 0.1)
        most = 1
        for s in np.flatnonzero(open_).tolist():
            own = [x[:, s : s + 1] for x in streams]
            start = np.where(np.isfinite(guess[:, s]), guess[:, s], 0.0)
            guess[:, s], used = self._newton_one(start, self.steps_of(s), own)
            most = max(most, used)
        return most + 1

    def _newton_one(self, t: Array, steps: Sequence[Step], own: list[Array]) -> tuple[Array, int]:
        """Newton from `t` in one scenario until a step no longer helps; the best guess, passes."""
        size = len(t)
        wide = [np.repeat(x, size + 1, axis=1) for x in own]
        best, least, passes = t, np.inf, 0
        while passes < max(self.max_passes - _SECANT_PASSES, 1):
            passes += 1
            h = 1e-3 * (t + t.mean()) + 1e-12
            probes = np.column_stack([t, t[:, None] + np.diag(h)])
            image = self._image(probes, steps, wide)
            change = image[:, :1] - t[:, None]
            gap, entering = self._gap(change, [x[:, :1] for x in wide])
            open_share = float((gap / (0.1 * CLOSURE_TOLERANCE * entering + 1e-300)).max())
            error = float(self._error(image[:, :1], change)[0]) / self.tolerance
            if max(error, open_share) < least:
                best, least = t, max(error, open_share)
            elif least <= _AUDITED:
                break
            slope = (image[:, 1:] - image[:, :1]) / h
            try:
                step = np.linalg.solve(np.eye(size) - slope, change[:, 0])
            except np.linalg.LinAlgError:
                break
            if not np.isfinite(step).all():
                break
            t = np.maximum(t + step, 0.0)
        return best, passes

    def _complaint(self, streams: list[Array], error: Array, change: Array, scenario: int) -> str:
        plan = self.plan
        tears = ", ".join(plan.streams[i] for i in self.group.tears)
        loop = {plan.streams[i]: streams[i][:, scenario] for i in self.group.tears}
        name, flow = max(loop.items(), key=lambda item: float(np.nan_to_num(item[1]).max()))
        component = plan.basis.names[int(np.argmax(np.nan_to_num(flow)))]
        if error[scenario] <= self.tolerance:
            gap, entering = (x[:, scenario] for x in self._gap(change, streams))
            worst = int(np.argmax(gap / np.maximum(entering, 1e-300)))
            why = (
                f"does not close: scenario {scenario}, {plan.basis.elements[worst]} by "
                f"{gap[worst]:.3g} kg/h of {entering[worst]:.3g} kg/h that enter, against "
                f"{CLOSURE_TOLERANCE:g} of it"
            )
        else:
            why = (
                f"does not converge in {self.max_passes} passes: scenario {scenario}, relative "
                f"change {error[scenario]:.3g} against {self.tolerance:.3g}"
            )
        return (
            f"{plan.flowsheet.name}: the recycle through {tears} {why}; largest flow {component} "
            f"in {name}"
        )


def _secant(
    guess: Array, image: Array, change: Array, previous: tuple[Array, Array] | None
) -> Array:
    """Next guess: a secant step per component and scenario where it can be trusted."""
    if previous is None:
        return image
    old_guess, old_change = previous
    gain = guess - old_guess
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        gain /= old_change - change  # 1 / (1 - slope of G)
    trusted = gain > 0.0
    trusted &= gain < 1e4
    np.copyto(gain, 1.0, where=~trusted)
    gain *= change
    gain += guess
    np.copyto(gain, image, where=~(gain >= 0.0))
    return gain
