"""R20 by hand in NumPy: two peers that share nothing with Loopbook but the answers.

*Kernel*: what a good engineer writes for this one flowsheet: straight through all units, buffers
reused, the flows that the recycles meet in torn once. *Graph*: the same as a list of generic
units (split, mix, dose, react) that a loop walks through, the least that any general simulator
has to do; no checks, no diagnosis, no report. Flows are kmol/h, shape (component, scenario).

Both tear the feed of the extraction, start from nothing, take a secant step per component and
scenario, and stop as Loopbook does: when no component's change exceeds 1e-11 of itself plus 1e-15
of the stream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MOLAR_MASS = {
    "H2O": 18.01528,
    "NMC": 96.9300898,
    "Graphite": 12.0107,
    "Al": 26.981538,
    "Cu": 63.546,
    "Steel": 55.845,
    "Plastic": 42.07974,
    "PVDF": 64.0340864,
    "Electrolyte": 90.07794,
    "H2SO4": 98.07848,
    "H2O2": 34.01468,
    "NiSO4": 154.756,
    "CoSO4": 154.9958,
    "MnSO4": 151.000649,
    "Li2SO4": 109.9446,
    "Al2S3O12": 342.150876,
    "CuSO4": 159.6086,
    "FeSO4": 151.9076,
    "NaOH": 39.99711,
    "Na2SO4": 142.04214,
    "Na2CO3": 105.98844,
    "Li2CO3": 73.8909,
    "AlOH3": 78.003558,
    "CuOH2": 97.56068,
    "FeOH2": 89.85968,
    "NiSalt": 154.756,
    "CoSalt": 154.9958,
    "O2": 31.9988,
    "H2": 2.01588,
}
SOLIDS = (
    "NMC",
    "Graphite",
    "Al",
    "Cu",
    "Steel",
    "PVDF",
    "Plastic",
    "AlOH3",
    "CuOH2",
    "FeOH2",
    "Li2CO3",
    "NiSalt",
    "CoSalt",
)
SCRAP_KG_PER_H = {
    "NMC": 320.0,
    "Graphite": 180.0,
    "Al": 160.0,
    "Cu": 120.0,
    "Steel": 80.0,
    "Plastic": 60.0,
    "PVDF": 15.0,
    "Electrolyte": 65.0,
}
LEACHED = ("NMC", "Al", "Cu", "Steel")
CONVERSION = {"NMC": 0.98, "Al": 0.9, "Cu": 0.6, "Steel": 0.95}
SODA_CONVERSION = 0.88
RECYCLED = 0.4
CRYSTALLISED = 0.85

TOLERANCE = 1e-11
ROUNDING = 1e-15
MAX_PASSES = 100
MAX_GAIN = 1e4

ROW = {name: i for i, name in enumerate(MOLAR_MASS)}
KG_PER_KMOL = np.array(list(MOLAR_MASS.values()))


def _column(default: float = 0.0, **values: float) -> Array:
    column = np.full((len(ROW), 1), default)
    for name, value in values.items():
        column[ROW[name]] = value
    return column


def _filtrate(held: float) -> Array:
    """Share of each component that passes a filter whose cake holds some of the liquor."""
    return _column(1.0 - held, **dict.fromkeys(SOLIDS, 0.01))


def _reactions(*each: Mapping[str, float]) -> Array:
    return np.hstack([_column(**r) for r in each])


SHREDDED = _column(0.995)
DRIED = _column(1.0, Electrolyte=0.05)
NONFERROUS = _column(0.99, Steel=0.04)
BLACK_MASS = _column(0.97, Al=0.06, Cu=0.04, Plastic=0.02, Steel=0.5)
HEAVY = _column(0.5, Al=0.95, Cu=0.96, Plastic=0.03, Steel=0.9)
FILTRATE = _filtrate(0.03)
CRYSTAL_FILTRATE = _filtrate(0.02)
TO_MN = _column(MnSO4=0.99, CoSO4=0.01, NiSO4=0.002, CuSO4=0.5)
TO_CO = _column(CoSO4=0.985, NiSO4=0.005, Li2SO4=0.002, H2O=0.05)
TO_NI = _column(NiSO4=0.985, Li2SO4=0.005, CoSO4=0.9, H2O=0.08)
LEACHING = _reactions(
    {
        "NMC": -1,
        "H2SO4": -1.5,
        "H2O2": -0.5,
        "NiSO4": 0.6,
        "MnSO4": 0.2,
        "CoSO4": 0.2,
        "Li2SO4": 0.5,
        "H2O": 2,
        "O2": 0.5,
    },
    {"Al": -1, "H2SO4": -1.5, "Al2S3O12": 0.5, "H2": 1.5},
    {"Cu": -1, "H2SO4": -1, "CuSO4": 1, "H2": 1},
    {"Steel": -1, "H2SO4": -1, "FeSO4": 1, "H2": 1},
)
NEUTRALISED = ("Al2S3O12", "CuSO4", "FeSO4", "H2SO4")
NEUTRALISING = _reactions(
    {"Al2S3O12": -1, "NaOH": -6, "AlOH3": 2, "Na2SO4": 3},
    {"CuSO4": -1, "NaOH": -2, "CuOH2": 1, "Na2SO4": 1},
    {"FeSO4": -1, "NaOH": -2, "FeOH2": 1, "Na2SO4": 1},
    {"H2SO4": -1, "NaOH": -2, "Na2SO4": 1, "H2O": 2},
)
NEUTRAL_CONVERSION = np.array([[0.99], [0.99], [0.98], [0.95]])
ACID_PER = np.array([1.5, 1.5, 1.0, 1.0])
CAUSTIC_PER = np.array([6.0, 2.0, 2.0, 2.0])
LEACHED_ROWS = np.array([ROW[n] for n in LEACHED])
NEUTRALISED_ROWS = np.array([ROW[n] for n in NEUTRALISED])


@dataclass(frozen=True, slots=True)
class Scenarios:
    """What differs between scenarios.

    Attributes
    ----------
    feed : scrap, kmol/h, shape (component, scenario).
    leaching : conversions of NMC, Al, Cu and steel, shape (4, scenario).
    soda : conversion of lithium sulfate, shape (scenario,).
    """

    feed: Array
    leaching: Array
    soda: Array

    @property
    def count(self) -> int:
        """Number of scenarios."""
        return self.soda.size

    def chunks(self, size: int) -> Iterator[Scenarios]:
        """The scenarios in runs of at most `size`."""
        for start in range(0, self.count, size):
            part = slice(start, start + size)
            yield Scenarios(self.feed[:, part], self.leaching[:, part], self.soda[part])


def scenarios(values: Mapping[str, Array] | None = None) -> Scenarios:
    """Scenarios from what `Flowsheet.solve` is given: values by path, one per scenario each."""
    values = values or {}
    count = max((np.size(v) for v in values.values()), default=1)
    feed = np.zeros((len(ROW), count))
    for name, kg in SCRAP_KG_PER_H.items():
        feed[ROW[name]] = values.get(f"scrap.{name}", kg) / MOLAR_MASS[name]
    leaching = np.empty((len(LEACHED), count))
    for k, name in enumerate(LEACHED):
        leaching[k] = values.get(f"leach.conversion.{name}", CONVERSION[name])
    soda = np.empty(count)
    soda[:] = values.get("soda.conversion.Li2SO4", SODA_CONVERSION)
    return Scenarios(feed, leaching, soda)


# --- the kernel ------------------------------------------------------------------------------


class _Buffers:
    """Arrays of one chunk's width, used again from pass to pass and from chunk to chunk."""

    def __init__(self, width: int) -> None:
        shape = (len(ROW), width)
        self.black_mass, self.side, self.raffinate, self.cobalt, self.nickel = (
            np.empty(shape) for _ in range(5)
        )
        self.liquor, self.pulp, self.scratch = (np.empty(shape) for _ in range(3))
        self.guesses = [np.empty(shape), np.empty(shape)]
        self.changes = [np.empty(shape), np.empty(shape)]
        self.image, self.gain = np.empty(shape), np.empty(shape)
        self.odd = np.empty(shape, dtype=bool)


def solve_kernel(given: Scenarios, chunk: int = 256) -> Array:
    """The six answers by the hand-written kernel, kg/h, shape (answer, scenario)."""
    answers = np.empty((6, given.count))
    buffers: _Buffers | None = None
    done = 0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for part in given.chunks(chunk):
            if buffers is None or buffers.image.shape[1] != part.count:
                buffers = _Buffers(part.count)
            _converge(buffers, part, answers[:, done : done + part.count])
            done += part.count
    return answers


def _converge(b: _Buffers, given: Scenarios, answers: Array) -> None:
    np.multiply(given.feed, SHREDDED * DRIED * NONFERROUS * BLACK_MASS, out=b.black_mass)
    (guess, old_guess), (change, old_change) = b.guesses, b.changes
    guess[...] = 0.0
    for passes in range(MAX_PASSES):
        acid, caustic = _pass(b, given, guess)
        np.subtract(b.image, guess, out=change)
        limit = np.multiply(b.image, TOLERANCE, out=b.scratch)
        limit += ROUNDING * b.image.sum(axis=0)
        if (np.abs(change, out=b.gain) <= limit).all():
            _answers(b, acid, caustic, answers)
            return
        if passes:
            _secant(b, (guess, old_guess), (change, old_change))
        else:
            old_guess[...] = b.image
        guess, old_guess = old_guess, guess
        change, old_change = old_change, change
    raise ArithmeticError("the kernel does not converge")


def _secant(b: _Buffers, guesses: tuple[Array, Array], changes: tuple[Array, Array]) -> None:
    """Write the next guess over the old one."""
    (guess, old_guess), (change, old_change) = guesses, changes
    np.subtract(guess, old_guess, out=b.gain)
    b.gain /= np.subtract(old_change, change, out=b.scratch)
    odd = np.less(b.gain, MAX_GAIN, out=b.odd)
    odd &= b.gain > 0.0
    np.copyto(b.gain, 1.0, where=np.logical_not(odd, out=odd))
    np.multiply(b.gain, change, out=old_guess)
    old_guess += guess
    np.copyto(old_guess, b.image, where=np.less(old_guess, 0.0, out=b.odd))


def _pass(b: _Buffers, given: Scenarios, extraction_feed: Array) -> tuple[Array, Array]:
    """Once around the loops into `b.image`; returns the acid and the caustic drawn."""
    r, co, ni, x = b.raffinate, b.cobalt, b.nickel, b.pulp
    np.multiply(extraction_feed, TO_MN, out=b.side)
    np.subtract(extraction_feed, b.side, out=r)
    r -= np.multiply(r, TO_CO, out=co)
    r -= np.multiply(r, TO_NI, out=ni)
    for crystals, metal in ((co, "Co"), (ni, "Ni")):
        salt = CRYSTALLISED * crystals[ROW[f"{metal}SO4"]]
        crystals[ROW[f"{metal}SO4"]] -= salt
        crystals[ROW[f"{metal}Salt"]] += salt

    lithium = r[ROW["Li2SO4"]]
    carbonate = given.soda * lithium
    r[ROW["Na2CO3"]] += 1.1 * lithium - carbonate
    r[ROW["Li2SO4"]] -= carbonate
    r[ROW["Li2CO3"]] += carbonate
    r[ROW["Na2SO4"]] += carbonate
    liquor = np.multiply(r, RECYCLED * FILTRATE, out=b.liquor)

    metals = b.black_mass[LEACHED_ROWS]
    acid = np.maximum(1.1 * (ACID_PER @ metals) - liquor[ROW["H2SO4"]], 0.0)
    water = KG_PER_KMOL @ b.black_mass
    water *= 8.0 / MOLAR_MASS["H2O"]
    np.add(b.black_mass, liquor, out=x)
    x[ROW["H2SO4"]] += acid
    x[ROW["H2O"]] += 2.0 * acid + np.maximum(water - liquor[ROW["H2O"]], 0.0)
    x[ROW["H2O2"]] += 0.6 * metals[0]
    x += np.matmul(LEACHING, given.leaching * x[LEACHED_ROWS], out=b.scratch)
    x *= FILTRATE
    dissolved = x[NEUTRALISED_ROWS]
    caustic = CAUSTIC_PER @ dissolved
    x[ROW["NaOH"]] += caustic
    x += np.matmul(NEUTRALISING, NEUTRAL_CONVERSION * dissolved, out=b.scratch)
    np.multiply(x, FILTRATE, out=b.image)
    b.image += np.multiply(co, CRYSTAL_FILTRATE, out=b.scratch)
    b.image += np.multiply(ni, CRYSTAL_FILTRATE, out=b.scratch)
    return acid, caustic


def _answers(b: _Buffers, acid: Array, caustic: Array, answers: Array) -> None:
    for k, (flow, name, share) in enumerate(
        (
            (b.raffinate, "Li2CO3", FILTRATE),
            (b.cobalt, "CoSalt", CRYSTAL_FILTRATE),
            (b.nickel, "NiSalt", CRYSTAL_FILTRATE),
        )
    ):
        i = ROW[name]
        answers[k] = flow[i] * (1.0 - share[i]) * MOLAR_MASS[name]
    answers[3] = acid * MOLAR_MASS["H2SO4"]
    answers[4] = caustic * MOLAR_MASS["NaOH"]
    answers[5] = KG_PER_KMOL @ b.liquor


# --- the graph -------------------------------------------------------------------------------

Run = Callable[..., tuple[Array, ...]]


@dataclass(frozen=True, slots=True)
class _Node:
    run: Run
    ins: tuple[str, ...]
    outs: tuple[str, ...]


def _split(share: Array | float) -> Run:
    def run(_: Scenarios, feed: Array) -> tuple[Array, ...]:
        part = feed * share
        return part, feed - part

    return run


def _mix(_: Scenarios, first: Array, *others: Array) -> tuple[Array, ...]:
    total = first + others[0]
    for other in others[1:]:
        total += other
    return (total,)


def _react(rows: Any, matrix: Array, conversion: Callable[[Scenarios], Array | float]) -> Run:
    def run(given: Scenarios, feed: Array) -> tuple[Array, ...]:
        out = matrix @ (conversion(given) * feed[rows])
        out += feed
        return (out,)

    return run


def _dose_leach(_: Scenarios, feed: Array, liquor: Array) -> tuple[Array, ...]:
    metals = feed[LEACHED_ROWS]
    drawn = np.zeros_like(feed)
    acid = np.maximum(1.1 * (ACID_PER @ metals) - liquor[ROW["H2SO4"]], 0.0)
    drawn[ROW["H2SO4"]] = acid
    water = 8.0 / MOLAR_MASS["H2O"] * (KG_PER_KMOL @ feed)
    drawn[ROW["H2O"]] = 2.0 * acid + np.maximum(water - liquor[ROW["H2O"]], 0.0)
    drawn[ROW["H2O2"]] = 0.6 * metals[0]
    return feed + liquor + drawn, drawn


def _dose(reagent: str, rows: Any, per: Array) -> Run:
    def run(_: Scenarios, feed: Array) -> tuple[Array, ...]:
        drawn = np.zeros_like(feed)
        drawn[ROW[reagent]] = per @ feed[rows]
        return feed + drawn, drawn

    return run


def _salt(metal: str) -> Run:
    matrix = _column(**{f"{metal}SO4": -1.0, f"{metal}Salt": 1.0})
    return _react([ROW[f"{metal}SO4"]], matrix, lambda _: CRYSTALLISED)


_LITHIUM_ROW = [ROW["Li2SO4"]]
_SODA = _reactions({"Li2SO4": -1, "Na2CO3": -1, "Li2CO3": 1, "Na2SO4": 1})
_MECHANICAL = (
    _Node(_split(SHREDDED), ("scrap",), ("shredded", "dust")),
    _Node(_split(DRIED), ("shredded",), ("dried", "solvent")),
    _Node(_split(NONFERROUS), ("dried",), ("nonferrous", "ferrous")),
    _Node(_split(BLACK_MASS), ("nonferrous",), ("black mass", "foils")),
    _Node(_split(HEAVY), ("foils",), ("metal", "plastics")),
)
_LOOP = (
    _Node(_split(TO_MN), ("SX feed",), ("Mn strip", "raffinate Mn")),
    _Node(_split(TO_CO), ("raffinate Mn",), ("Co strip", "raffinate Co")),
    _Node(_split(TO_NI), ("raffinate Co",), ("Ni strip", "raffinate Ni")),
    _Node(_salt("Co"), ("Co strip",), ("Co crystals",)),
    _Node(_split(CRYSTAL_FILTRATE), ("Co crystals",), ("Co liquor", "Co salt")),
    _Node(_salt("Ni"), ("Ni strip",), ("Ni crystals",)),
    _Node(_split(CRYSTAL_FILTRATE), ("Ni crystals",), ("Ni liquor", "Ni salt")),
    _Node(_dose("Na2CO3", _LITHIUM_ROW, np.array([1.1])), ("raffinate Ni",), ("dosed", "soda")),
    _Node(_react(_LITHIUM_ROW, _SODA, lambda given: given.soda), ("dosed",), ("lithium pulp",)),
    _Node(_split(FILTRATE), ("lithium pulp",), ("mother liquor", "lithium")),
    _Node(_split(RECYCLED), ("mother liquor",), ("liquor", "bleed")),
    _Node(_dose_leach, ("black mass", "liquor"), ("leach feed", "reagents")),
    _Node(_react(LEACHED_ROWS, LEACHING, lambda g: g.leaching), ("leach feed",), ("pulp",)),
    _Node(_split(FILTRATE), ("pulp",), ("PLS", "residue")),
    _Node(_dose("NaOH", NEUTRALISED_ROWS, CAUSTIC_PER), ("PLS",), ("dosed PLS", "caustic")),
    _Node(
        _react(NEUTRALISED_ROWS, NEUTRALISING, lambda _: NEUTRAL_CONVERSION),
        ("dosed PLS",),
        ("neutral",),
    ),
    _Node(_split(FILTRATE), ("neutral",), ("pure liquor", "impurities")),
    _Node(_mix, ("pure liquor", "Co liquor", "Ni liquor"), ("SX feed",)),
)
_TEAR = "SX feed"


def solve_graph(given: Scenarios, chunk: int = 256) -> Array:
    """The six answers by the bare graph, kg/h, shape (answer, scenario)."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.concatenate([_solve_graph(part) for part in given.chunks(chunk)], axis=1)


def _walk(nodes: Sequence[_Node], streams: dict[str, Array], given: Scenarios) -> None:
    for node in nodes:
        made = node.run(given, *[streams[name] for name in node.ins])
        streams.update(zip(node.outs, made, strict=True))


def _solve_graph(given: Scenarios) -> Array:
    streams = {"scrap": given.feed}
    _walk(_MECHANICAL, streams, given)
    guess = np.zeros_like(given.feed)
    old_guess = old_change = guess
    for passes in range(MAX_PASSES):
        streams[_TEAR] = guess
        _walk(_LOOP, streams, given)
        image = streams[_TEAR]
        change = image - guess
        if (np.abs(change) <= TOLERANCE * image + ROUNDING * image.sum(axis=0)).all():
            return _graph_answers(streams)
        following = image
        if passes:
            gain = (guess - old_guess) / (old_change - change)
            gain = np.where((gain > 0.0) & (gain < MAX_GAIN), gain, 1.0)
            following = guess + gain * change
            following = np.where(following >= 0.0, following, image)
        guess, old_guess, old_change = following, guess, change
    raise ArithmeticError("the graph does not converge")


def _graph_answers(streams: Mapping[str, Array]) -> Array:
    wanted = (
        ("lithium", "Li2CO3"),
        ("Co salt", "CoSalt"),
        ("Ni salt", "NiSalt"),
        ("reagents", "H2SO4"),
        ("caustic", "NaOH"),
    )
    flows = [streams[stream][ROW[name]] * MOLAR_MASS[name] for stream, name in wanted]
    return np.array([*flows, KG_PER_KMOL @ streams["liquor"]])
