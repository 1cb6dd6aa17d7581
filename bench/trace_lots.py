"""A made-up genealogy of any size, as arrays, for `bench/trace_scale.py` and its peers.

Two fifths of the lots are received; the others are made on eight levels, a third of them from one
lot and the rest from two to six, about three in the mean. Parents lie near the same place of the
lower level (seven out of eight) or of any lower one, because a plant runs what arrived lately. Lots
are numbered level by level: the ancestors of one lot are in nine regions of every array and file.

Every lot holds whole milligrams of Ni, Co and ``other``. What it gives to each of its children is
drawn for each substance by itself, so that nickel, cobalt and mass go different ways; what rounding
leaves stays in the lot. A twentieth of the scrap has no nickel. Lots of the last level are
delivered. Loopbook, and only it, is given all of this; peers get the edges and the nickel's shares.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVELS = 8
RECEIVED = 0.4
NEAR = 60  # places to either side from which a parent comes
SUBSTANCES = ("Ni", "Co", "other")
COLUMNS = ("mass", *SUBSTANCES)
SUPPLIERS = 16
CUSTOMERS = 4
QUESTIONS = 50
GROUPS = tuple(f"S{k:02d}" for k in range(SUPPLIERS))
ENDS = (*(f"supplier/{name}//" for name in GROUPS), *(f"customer/C{k}//" for k in range(CUSTOMERS)))
MATERIALS = ("scrap", *(f"level {k}" for k in range(1, LEVELS + 1)))

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Lots:
    """The genealogy.

    Parameters
    ----------
    starts : number of the first lot of each level, and the number of all lots.
    parent, child : edges, in order of child and parent.
    content : mg of each edge, by column.
    lot, end, outside : what came from suppliers and went to customers (below zero), mg by column.
    """

    starts: Array
    parent: Array
    child: Array
    content: dict[str, Array]
    lot: Array
    end: Array
    outside: dict[str, Array]

    def __len__(self) -> int:
        return int(self.starts[-1])

    def totals(self, column: str) -> Array:
        """All that came into each lot, mg."""
        found = np.bincount(self.child, weights=self.content[column], minlength=len(self))
        came = np.maximum(self.outside[column], 0)
        return found + np.bincount(self.lot, weights=came, minlength=len(self))

    def shares(self, column: str) -> Array:
        """Part of the child's substance that came over each edge; 0 where the child has none."""
        whole = self.totals(column)[self.child]
        return np.divide(self.content[column], whole, out=np.zeros_like(whole), where=whole > 0)

    def questions(self) -> tuple[Array, Array]:
        """Lots of the last level to trace, received lots to recall; all of them have nickel."""
        random = np.random.default_rng(7)
        nickel = self.totals("Ni") > 0
        last = self.starts[-2] + np.flatnonzero(nickel[self.starts[-2] :])
        used = np.unique(self.parent[: len(self.parent) // 4])
        used = used[(used < self.starts[1]) & nickel[used]]
        return (
            np.sort(random.choice(last, QUESTIONS, replace=False)),
            np.sort(random.choice(used, QUESTIONS, replace=False)),
        )

    def save(self, folder: Path) -> None:
        """Write the arrays, one file each, and what the peers are given."""
        self.prepare(folder)
        for name in ("starts", "parent", "child", "lot", "end"):
            np.save(folder / f"{name}.npy", getattr(self, name))
        for name in COLUMNS:
            np.save(folder / f"content {name}.npy", self.content[name])
            np.save(folder / f"outside {name}.npy", self.outside[name])

    def prepare(self, folder: Path) -> None:
        """Write what the peers are given: shares of the nickel, and the questions."""
        folder.mkdir(parents=True, exist_ok=True)
        traced, recalled = self.questions()
        np.save(folder / "share.npy", self.shares("Ni"))
        np.save(folder / "nickel.npy", self.outside["Ni"][: self.starts[1]] > 0)
        np.save(folder / "traced.npy", traced)
        np.save(folder / "recalled.npy", recalled)


def load(folder: Path) -> Lots:
    """The genealogy that `Lots.save` wrote."""

    def read(name: str) -> Array:
        found: Array = np.load(folder / f"{name}.npy")
        return found

    return Lots(
        read("starts"),
        read("parent"),
        read("child"),
        {name: read(f"content {name}") for name in COLUMNS},
        read("lot"),
        read("end"),
        {name: read(f"outside {name}") for name in COLUMNS},
    )


def name_of(number: int) -> str:
    """A lot's name."""
    return f"L{number:08d}"


def packed_names(count: int) -> tuple[Array, Array]:
    """Names of all lots behind one another, and their bounds."""
    text = np.empty((count, 9), np.uint8)
    text[:, 0] = ord("L")
    rest = np.arange(count)
    for place in range(8, 0, -1):
        rest, digit = np.divmod(rest, 10)
        text[:, place] = digit + ord("0")
    return text.reshape(-1), np.arange(count + 1) * 9


def draw(count: int, seed: int = 1) -> Lots:
    """Make a genealogy.

    Parameters
    ----------
    count : of lots; 18 edges for 10 lots come of it.
    """
    random = np.random.default_rng(seed)
    received = int(count * RECEIVED)
    starts = np.linspace(received, count, LEVELS + 1).astype(np.int64)
    starts = np.concatenate([[0], starts])
    keys = np.concatenate([_level(random, starts, k) for k in range(1, LEVELS + 1)])
    keys = np.unique(keys)
    parent = (keys % count).astype(np.int32)
    child = (keys // count).astype(np.int32)
    del keys
    held = _scrap(random, count, received)
    content = {name: np.zeros(len(parent), np.int64) for name in COLUMNS}
    bounds = np.searchsorted(child, starts[1:])
    drawn = random.uniform(0.2, 1.2, len(parent))
    for name in SUBSTANCES:
        part = drawn * random.uniform(0.8, 1.2, len(parent))
        part *= (1 - 1e-9) / np.bincount(parent, weights=part, minlength=count)[parent]
        for first, last in pairwise(bounds):
            given = np.floor(part[first:last] * held[name][parent[first:last]])
            content[name][first:last] = given
            low, high = child[first], child[last - 1] + 1
            held[name][low:high] = np.bincount(child[first:last] - low, weights=given)
        content["mass"] += content[name]
    lot = np.concatenate([np.arange(received), np.arange(starts[-2], count)])
    customer = SUPPLIERS + random.integers(0, CUSTOMERS, count - starts[-2])
    end = np.concatenate([random.integers(0, SUPPLIERS, received), customer])
    sign = np.where(end < SUPPLIERS, 1, -1)
    outside = {name: sign * held[name][lot].astype(np.int64) for name in SUBSTANCES}
    outside["mass"] = sum(outside.values())
    return Lots(starts, parent, child, content, lot.astype(np.int32), end.astype(np.int32), outside)


def _level(random: np.random.Generator, starts: Array, level: int) -> Array:
    """Edges into the lots of a level, as child times count plus parent."""
    size = int(starts[level + 1] - starts[level])
    alone = random.random(size) < 0.3
    child = np.repeat(np.arange(size), np.where(alone, 1, random.integers(2, 7, size)))
    near = random.random(len(child)) < 0.85
    source = np.where(near, level - 1, random.integers(0, level, len(child)))
    wide = np.diff(starts)[source]
    place = (child * (wide / size)).astype(np.int64) + random.integers(-NEAR, NEAR + 1, len(child))
    found: Array = starts[source] + np.clip(place, 0, wide - 1)
    return (starts[level] + child) * starts[-1] + found


def _scrap(random: np.random.Generator, count: int, received: int) -> dict[str, Array]:
    """What lies in each lot, mg by substance; nothing yet in those that are made."""
    held = {name: np.zeros(count) for name in SUBSTANCES}
    mass = random.integers(500_000_000, 1_500_000_000, received)
    nickel = np.where(random.random(received) < 0.05, 0.0, random.uniform(0.05, 0.5, received))
    cobalt = np.where(random.random(received) < 0.2, 0.0, random.uniform(0.01, 0.2, received))
    held["Ni"][:received] = np.floor(mass * nickel)
    held["Co"][:received] = np.floor(mass * cobalt)
    held["other"][:received] = mass - held["Ni"][:received] - held["Co"][:received]
    return held
