"""Figures of many scenarios, walked in blocks: only the figures are kept."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np

from loopbook.errors import BalanceError, DrawsError, InputError
from loopbook.loop.draws.quantiles import BLOCK
from loopbook.loop.draws.sample import sample
from loopbook.loop.draws.workers import Progress, each_block
from loopbook.loop.loop import Loop
from loopbook.loop.money.accounts import Accounts, accounts
from loopbook.loop.values.refused import Flags, require_draws
from loopbook.loop.walking.result import Walk
from loopbook.loop.walking.walk import walk
from loopbook.tables import Array

Measure: TypeAlias = Callable[[Walk, Accounts], Mapping[str, Array]]
"""Figures of a walk by name, each with the draw as its last axis: (period, draw), (draw,)."""


@dataclass(frozen=True)
class Indicators:
    """Figures of scenarios.

    Parameters
    ----------
    numbers : of the draws that were computed, in order.
    values : by name, with these draws as the last axis.
    failed : draws that cannot be computed, with the reason: they are in no figure.
    cut : by address, how many draws were cut at what its column allows.
    base : figures of the loop itself by name, with a last axis of one.
    """

    numbers: tuple[int, ...]
    values: Mapping[str, Array]
    failed: Mapping[int, str]
    cut: Mapping[str, int]
    base: Mapping[str, Array]


@dataclass(frozen=True)
class _Block:
    """Figures of some draws; of draws that fail their reason."""

    numbers: Sequence[int]
    values: Mapping[str, Array]
    cut: Mapping[str, Flags]
    failure: str = ""


def indicators(
    loop: Loop,
    measure: Measure,
    *,
    draws: int,
    seed: int,
    processes: int = 1,
    cluster: str = "",
    progress: Progress = lambda done, count: None,
) -> Indicators:
    """Walk a loop in scenarios and keep some figures.

    Draws are walked in blocks of one size, so that the same seed gives the same bytes wherever they
    are walked, and the first hundred draws are those of a longer run. Draws whose numbers do not
    go together, or with a figure that is infinite, are named and left out. A block that fails
    otherwise is halved until the draws that fail are alone. The loop itself is walked first: what
    stops it stops all.

    Parameters
    ----------
    measure : what is kept of a walk and its accounts. For several processes a function of a module.
    draws, seed : how many scenarios, and from which seed.
    processes : how many at a time; a loop with site models of its own is walked in one.
    cluster : address of a Dask scheduler whose workers walk them instead.
    progress : called with how many blocks are done, and of how many.

    Raises
    ------
    InputError : the loop, or no draw, can be computed; or the cluster cannot be used.
    """
    base = _finite(measure(walked := walk(loop), accounts(walked)))
    work = partial(_block, loop, measure, seed)
    if any(not type(model).__module__.startswith("loopbook.") for model in loop.models.values()):
        processes = 1
        if cluster:
            what = "no cluster, for the loop has site models of its own"
            raise InputError.of("input", f"cluster {cluster}", what, "an address")
    count = -(-draws // BLOCK)
    parts = each_block(work, count, processes=processes, cluster=cluster, progress=progress)
    return _together([part for some in parts for part in some], draws, base)


def _together(parts: list[_Block], draws: int, base: Mapping[str, Array]) -> Indicators:
    """All blocks as one, draws in order; what is beyond the last draw is left out."""
    failed = {n: part.failure for part in parts for n in part.numbers if part.failure and n < draws}
    good = [part for part in parts if not part.failure]
    numbers = np.array([n for part in good for n in part.numbers], dtype=np.int64)
    order = np.argsort(numbers)
    order = order[numbers[order] < draws]
    if not len(order):
        number, reason = min(failed.items(), default=(0, "no draw was asked for"))
        found = f"{reason} ({len(failed)} of {draws} draws fail)"
        raise InputError.of("draws", f"draw {number}", "one that can be computed", found)
    values = {
        name: np.concatenate([x.values[name] for x in good], axis=-1)[..., order]
        for name in good[0].values
    }
    cut: dict[str, int] = defaultdict(int)
    for part in good:
        for address, is_cut in part.cut.items():
            cut[address] += int((is_cut & (np.array(part.numbers) < draws)).sum())
    return Indicators(
        tuple(numbers[order].tolist()),
        values,
        dict(sorted(failed.items())),
        {address: n for address, n in sorted(cut.items()) if n},
        base,
    )


def _block(loop: Loop, measure: Measure, seed: int, block: int) -> list[_Block]:
    numbers = range(block * BLOCK, (block + 1) * BLOCK)
    return [*_measured(loop, measure, seed, numbers)]


def _finite(figures: Mapping[str, Array]) -> Mapping[str, Array]:
    """Figures, of which none is infinite."""
    for name, values in figures.items():
        require_draws(~np.isinf(values), "not-finite", name, "a finite number", found="inf")
    return figures


def _measured(loop: Loop, measure: Measure, seed: int, numbers: Sequence[int]) -> Iterator[_Block]:
    """Figures of some draws; without those that are refused, and in halves where others fail."""
    try:
        drawn = sample(loop, numbers, seed=seed)
        with np.errstate(over="ignore"):  # what is infinite is refused
            walked = walk(drawn.loop)
            figures = _finite(measure(walked, accounts(walked))).items()
        shape = (len(numbers),)
        values = {name: np.broadcast_to(x, x.shape[:-1] + shape).copy() for name, x in figures}
        yield _Block(numbers, values, drawn.cut)
    except DrawsError as error:
        bad = np.broadcast_to(np.array(error.bad), len(numbers))
        yield _Block(np.array(numbers)[bad].tolist(), {}, {}, str(error))
        if not bad.all():
            yield from _measured(loop, measure, seed, np.array(numbers)[~bad].tolist())
    except (InputError, BalanceError) as error:
        half = len(numbers) // 2
        if not half:
            yield _Block(numbers, {}, {}, str(error))
        for some in (numbers[:half], numbers[half:]) if half else ():
            yield from _measured(loop, measure, seed, some)
