"""How sure the lines of a metal statement are, by the uncertainties of scales and laboratories.

The content of a lot is mass times share. Of each lot the last weighing and the last assay of each
substance that the book knew are taken, whatever the book held when the matter moved. An arrival or
stock-take that states no uncertainty leaves what is there now uncovered, and leaves what was
known of the lot's earlier moves as it was:

    relative error of a substance in a lot = error of the weighing + error of the assay

A dry assay reports what share c of the lot without its water a substance is; of the lot as received
it is c (1 - w), where w is the moisture, kg/kg, which the same assay states. To first order

    (relative error of the assay)^2 = (u(c) / c)^2 + (u(w) / (1 - w))^2

so that a dry value counts only where its moisture states an uncertainty, too. Where it does not,
the statement has a note that names the lots (`Knowledge.without_moisture`).

Measurements of one group (a scale, a laboratory's determination of one substance) share a part s
of their variance, the bias: it adds up as it is, and cancels between what came in and what went
out over the same scale. The rest of it, and measurements without a group, are independent and add
up in squares. With c the content of lot i on the line and u its relative standard uncertainty,

    u(line)^2 = s * sum over groups (sum over the group's lots of c_i u_i)^2
              + (1 - s) * sum over lots (c_i u_i)^2

A measurement states one uncertainty, so that s is an assumption, `SHARED`, unless the caller knows
better: 1 is right for a scale that is always wrong by the same, 0 for one that is only noisy.

A result below a limit leaves its standard uncertainty u(c) times the mass of the lot, also where it
counts as zero and the line has nothing of the substance.

Not covered: lots without a weighing or an assay of their own that states an uncertainty (lots
that a split, blend or run made count as not weighed until they are), and the error that an analyte
or the moisture leaves to the substances that were not analysed. `covered` is the share of a
line's matter that is covered.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from loopbook.book.nouns import Content, add_to
from loopbook.book.scope import AsOf
from loopbook.book.storage.database import Database
from loopbook.book.storage.questions.events import measurements

SHARED = 0.5
"""Share of the variance of a group's measurements that all of them have in common."""

_BELOW = 1 / math.sqrt(3)
"""Relative standard uncertainty of a result below a limit, by half the limit or by the limit."""

_ALONE = -1  # number of the group of a measurement that has none

_Row: TypeAlias = tuple[int, str, str, str, str, str, str]
"""Event, lot, quantity, value, uncertainty, group and basis of a measurement."""

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sure:
    """Standard uncertainty of a line, mg, and the share of its matter that it covers.

    Parameters
    ----------
    mass, substances : standard uncertainty, mg.
    mass_covered, covered : 0..1; None where there is no matter.
    """

    mass: float
    substances: tuple[float, ...]
    mass_covered: float | None
    covered: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The uncertainties that the last measurements of lots state.

    Columns of the arrays are the mass and the substances; rows are lots.

    Parameters
    ----------
    places : row of each lot.
    relative : relative standard uncertainty by the last measurement; NaN where it stated none.
    groups : number of the measurement's group, -1 without one.
    weighed, weighed_groups : of the mass, by the last measurement that stated an uncertainty.
    least : standard uncertainty of results below a limit, kg/kg as received; zero for all others.
    without_moisture : lots with dry results whose stated uncertainty does not count, because that
        of the moisture is not stated.
    """

    places: Mapping[str, int]
    relative: Array
    groups: Numbers
    weighed: Array
    weighed_groups: Numbers
    least: Array
    without_moisture: tuple[str, ...] = ()


def sure_of(
    parts: Iterable[Mapping[str, Content]],
    known: Knowledge,
    *,
    now: bool = False,
    shared: float = SHARED,
) -> Sure:
    """Uncertainty of a sum of contents.

    Parameters
    ----------
    parts : contents by lot; what leaves is negative.
    known : the measurements of these lots.
    now : whether the masses count as they are there now, or as they were last weighed: an arrival
        or stock-take without uncertainty only matters for the first.
    shared : share of the variance of a group that its measurements have in common.
    """
    lots: dict[str, Content] = {}
    for part in parts:
        for lot, content in part.items():
            add_to(lots, lot, content)
    count = known.relative.shape[1] - 1
    if not lots:
        return Sure(0.0, (0.0,) * count, None, (None,) * count)
    rows = np.array([known.places[lot] for lot in lots])
    amounts = np.array(list(lots.values()), dtype=np.float64)
    whole = amounts.sum(axis=1)
    weighed = known.relative[rows, 0] if now else known.weighed[rows]
    scales = known.groups[rows, 0] if now else known.weighed_groups[rows]
    sigmas, covered = [], []
    for k in range(count + 1):
        amount = whole if k == 0 else amounts[:, k - 1]
        variance = _variance(amount * weighed, scales, shared)
        good = ~np.isnan(weighed)
        if k:
            share = known.relative[rows, k]
            errors, least = amount * share, known.least[rows, k]
            if least.any():
                errors = np.where(np.abs(errors) < np.abs(whole * least), whole * least, errors)
            variance += _variance(errors, known.groups[rows, k], shared)
            good &= ~np.isnan(share)
        sigmas.append(float(np.sqrt(variance)))
        total = float(np.abs(amount).sum())
        covered.append(float(np.abs(amount[good]).sum()) / total if total else None)
    return Sure(sigmas[0], tuple(sigmas[1:]), covered[0], tuple(covered[1:]))


def _variance(errors: Array, groups: Numbers, shared: float) -> float:
    """Variance of a sum of errors; NaN is what is not known.

    >>> errors, groups = np.array([3.0, 3.0, 8.0, np.nan]), np.array([0, 0, -1, 0])
    >>> _variance(errors, groups, 1.0), _variance(errors, groups, 0.0)
    (100.0, 82.0)
    """
    errors = np.nan_to_num(errors)
    alone = groups == _ALONE
    own = float((errors[alone] ** 2).sum())
    together = np.bincount(groups[~alone], weights=errors[~alone])
    noise = float((errors[~alone] ** 2).sum())
    return own + shared * float((together**2).sum()) + (1.0 - shared) * noise


def knowledge(
    db: Database, substances: Sequence[str], lots: Iterable[str], asof: AsOf
) -> Knowledge:
    """The last weighing and assays of lots.

    Parameters
    ----------
    db : the book's database.
    substances : in the order of contents.
    lots : their names.
    asof : the measurements that count.
    """
    places = {lot: place for place, lot in enumerate(sorted({*lots, ""}))}
    columns = {name: k for k, name in enumerate(("mass", *substances))}
    relative = np.full((len(places), len(columns)), np.nan)
    groups = np.full(relative.shape, _ALONE, dtype=np.int64)
    weighed, weighed_groups = relative[:, 0].copy(), groups[:, 0].copy()
    least = np.zeros(relative.shape)
    numbers: dict[str, int] = {}
    dropped: dict[tuple[str, str], bool] = {}
    rows = measurements(db, list(places), asof)
    for lot, quantity, group, u, below, without in _relative_by_lot(rows):
        row, column = places[lot], columns.get(quantity)
        if column is None:
            continue
        dropped[lot, quantity] = without
        number = numbers.setdefault(group, len(numbers)) if group else _ALONE
        relative[row, column], groups[row, column], least[row, column] = u, number, below
        if column == 0 and not math.isnan(u):
            weighed[row], weighed_groups[row] = u, number
    lacking = tuple(sorted({lot for (lot, _), without in dropped.items() if without}))
    return Knowledge(places, relative, groups, weighed, weighed_groups, least, lacking)


def _relative_by_lot(rows: Iterable[_Row]) -> Iterator[tuple[str, str, str, float, float, bool]]:
    """Lot, quantity, group, relative uncertainty, and that of a limit, of the lot as received.

    The last item is whether the result states an uncertainty, and its moisture none.

    >>> water = (7, "A", "H2O", "0.2", "0.006", "", "")
    >>> assay = [(7, "A", "Ni", "0.30", "0.003", "", "dry"), water]
    >>> [(name, round(u, 6)) for _, name, _, u, *_ in _relative_by_lot(assay)]  # 1 %, 0.006/0.8
    [('Ni', 0.0125), ('H2O', 0.03)]
    """
    for _, of_lot in groupby(rows, key=itemgetter(0, 1)):
        measured = list(of_lot)
        waters = [(1 - Decimal(x[3].lstrip("<>")), x[4]) for x in measured if x[2] == "H2O"]
        for _, lot, quantity, value, uncertainty, group, basis in measured:
            u = _relative(value, uncertainty)
            below, without = float(uncertainty or "0") if value.startswith("<") else 0.0, False
            if basis == "dry":
                dry, sigma = waters[0] if waters else (Decimal(1), "")
                of_water = _relative(str(dry), sigma)
                without = math.isnan(of_water) and not math.isnan(u) and bool(uncertainty)
                u = math.hypot(u, of_water)
                below *= float(dry)
            yield lot, quantity, group, u, below, without


def _relative(value: str, uncertainty: str) -> float:
    """Relative standard uncertainty; NaN where none was stated or the value is zero.

    >>> _relative("20000", "10"), _relative("20000", "0"), _relative("0", "1"), _relative("1", "")
    (0.0005, nan, nan, nan)
    >>> round(_relative("<0.0001", "0.0000289"), 4), _relative(">0.1", "0.05")
    (0.5774, 0.5)
    """
    if value.startswith("<"):
        return _BELOW
    number, u = float(value.lstrip(">")), float(uncertainty or "0")
    return u / number if number > 0.0 and u > 0.0 else math.nan
