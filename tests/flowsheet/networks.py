"""Random flowsheets with recycles, and their answer by one dense linear solve.

The oracle knows nothing of ordering, tearing or iterating: each unit is a matrix from what enters
to each outlet, and all inflows solve one system of equations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from loopbook.flowsheet import Dose, Flowsheet, Precipitation, Sieve
from loopbook.matter import components

NAMES = ("NiSO4(aq)", "NaOH", "Ni(OH)2", "Na2SO4(aq)", "copper")
BASIS = components(*NAMES)
NI, NAOH, NIOH, NA2SO4 = range(4)

# molar masses from atomic weights typed in again, so that the oracle shares no code
_NA, _NI, _S, _O, _H = 22.990, 58.693, 32.06, 15.999, 1.008
_MASS = {
    NI: _NI + _S + 4 * _O,
    NAOH: _NA + _O + _H,
    NIOH: _NI + 2 * (_O + _H),
    NA2SO4: 2 * _NA + _S + 4 * _O,
}


@dataclass(frozen=True)
class Vessel:
    """One unit: shares of each component to the first outlet, or a precipitation before none."""

    kind: str
    shares: tuple[float, ...]
    targets: tuple[int, ...]

    def matrices(self) -> list[np.ndarray]:
        """A matrix from inflow to each outlet, kg per kg."""
        if self.kind == "sieve":
            first = np.diag(self.shares)
            return [first, np.eye(len(NAMES)) - first]
        conversion, excess = self.shares[0], 1.0 + self.shares[1]
        matrix = np.eye(len(NAMES))
        matrix[NAOH, NI] += excess * 2 * _MASS[NAOH] / _MASS[NI]
        for i, mol in ((NI, -1.0), (NAOH, -2.0), (NIOH, 1.0), (NA2SO4, 1.0)):
            matrix[i, NI] += conversion * mol * _MASS[i] / _MASS[NI]
        return [matrix]


@dataclass(frozen=True)
class Network:
    """Units in a row with outlets that may go to any unit or out."""

    vessels: tuple[Vessel, ...]
    feed: tuple[float, ...]

    def system(self) -> np.ndarray:
        """Matrix from all inflows to all inflows, shape (unit * component, unit * component)."""
        size = len(NAMES)
        whole = np.zeros((len(self.vessels) * size,) * 2)
        for u, vessel in enumerate(self.vessels):
            for matrix, t in zip(vessel.matrices(), vessel.targets, strict=True):
                if t < len(self.vessels):
                    whole[t * size : (t + 1) * size, u * size : (u + 1) * size] += matrix
        return whole

    def radius(self) -> float:
        """Largest share that a recycle returns; below 1 the flowsheet has an answer."""
        return float(np.abs(np.linalg.eigvals(self.system())).max())

    def dense(self) -> np.ndarray:
        """Inflow of every unit, shape (unit, component), by one linear solve."""
        size = len(NAMES)
        enters = np.zeros(len(self.vessels) * size)
        enters[:size] = self.feed
        system = np.eye(len(enters)) - self.system()
        return np.linalg.solve(system, enters).reshape(-1, size)

    def build(self, order: list[int] | None = None, scale: float = 1.0) -> Flowsheet:
        """The same as a Loopbook flowsheet, its units added in any order."""
        flowsheet = Flowsheet("network", BASIS)
        flow = {n: f * scale for n, f in zip(NAMES, self.feed, strict=True)}
        flowsheet.feed("feed", flow, unit="kg/h")
        inlets: list[list[str]] = [[] for _ in self.vessels]
        inlets[0].append("feed")
        for u, vessel in enumerate(self.vessels):
            for k, t in enumerate(vessel.targets):
                if t < len(self.vessels):
                    inlets[t].append(f"s{u} {k}")
        for u in order or range(len(self.vessels)):
            vessel = self.vessels[u]
            if not inlets[u]:
                flowsheet.feed(f"nothing {u}", {}, unit="kg/h")
                inlets[u].append(f"nothing {u}")
            if vessel.kind == "sieve":
                sieve = Sieve(f"u{u}", to_undersize=dict(zip(NAMES, vessel.shares, strict=True)))
                flowsheet.add(sieve, feed=inlets[u], undersize=f"s{u} 0", oversize=f"s{u} 1")
                continue
            precipitation = Precipitation(
                f"u{u}",
                reactions=("NiSO4(aq) + 2 NaOH -> Ni(OH)2 + Na2SO4(aq)",),
                conversion={"NiSO4(aq)": vessel.shares[0]},
                doses=(Dose("NaOH", excess=1.0 + vessel.shares[1]),),
            )
            flowsheet.add(precipitation, feed=inlets[u], out=f"s{u} 0")
        return flowsheet


@st.composite
def networks(draw: st.DrawFn, most: int = 12) -> Network:
    """Networks of 1 to `most` units; outlets prefer the next unit, the rest go anywhere."""
    count = draw(st.integers(1, most))
    share = st.floats(0.0, 0.98)
    vessels = []
    for u in range(count):
        kind = draw(st.sampled_from(["sieve", "sieve", "sieve", "precipitation"]))
        anywhere = st.integers(0, count + 1)
        targets: tuple[int, ...] = (u + 1,)
        if kind == "sieve":
            targets = (draw(st.one_of(st.just(u + 1), anywhere)), draw(anywhere))
        vessels.append(Vessel(kind, tuple(draw(share) for _ in NAMES), targets))
    feed = tuple(draw(st.floats(0.0, 1e4)) for _ in NAMES)
    return Network(tuple(vessels), feed)
