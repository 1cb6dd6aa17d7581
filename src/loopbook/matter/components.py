"""Components: what a stream is made of, and how much of each element that is.

A component is a substance with a formula (nickel hydroxide) or with mass shares of elements
(steel). A `ComponentSet` puts components in order and holds the matrix that turns kilograms of
components into kilograms of elements, on which every balance rests.
"""

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from loopbook.errors import Finding, Findings, InputError, raise_findings, require_known
from loopbook.matter.elements import OTHER, atomic_weights
from loopbook.matter.formula import element_shares, molar_mass
from loopbook.tables import SHARE

PHASES = ("solid", "liquid", "aqueous", "gas")
"""Phases that a component may have."""

_WATER_H = element_shares("H2O")["H"]
_WATER_TOLERANCE = 1e-3  # shares of water may be typed with few figures
_SAME = 1e-3  # by which shares of one matter may differ: typed with few figures, other weights
_SHARE_TOLERANCE = 1e-9  # shares are typed with up to six figures; their sum may miss 1 by rounding


@dataclass(frozen=True, slots=True)
class Component:
    """A substance with a known composition.

    Parameters
    ----------
    name : the name in the library or one of your own.
    formula : chemical formula, or None if the composition is given by shares.
    shares : mass shares of elements, kg/kg; what they leave of 1 becomes ``other``.
    phase : one of `PHASES`.
    molar_mass : kg/kmol; None to compute it from the formula (NaN where there is none).

    >>> Component("slag", shares={"Fe": 0.3, "Si": 0.2}).element_shares()
    {'Fe': 0.3, 'Si': 0.2, 'other': 0.5}
    >>> Component("brine", formula="LiCl", phase="wet")
    Traceback (most recent call last):
    loopbook.errors.InputError: component brine: phase: expected solid, liquid, aqueous, gas, \
found wet
    """

    name: str
    formula: str | None = None
    shares: Mapping[str, float] | None = field(default=None, hash=False)
    phase: str = "solid"
    molar_mass: float | None = None

    def __post_init__(self) -> None:
        """Check everything that can be checked without atomic weights of others."""
        if self.shares is not None:
            object.__setattr__(self, "shares", dict(self.shares))
        raise_findings(_component_findings(self))

    def element_shares(self, weights: Mapping[str, float] | None = None) -> dict[str, float]:
        """Mass shares of elements, kg/kg; they sum to 1, with ``other`` for what is not named.

        >>> Component("water", formula="H2O").element_shares()["O"].__round__(4)
        0.8881
        """
        if self.formula is not None:
            return element_shares(self.formula, weights)
        known = {e: float(s) for e, s in (self.shares or {}).items() if e != OTHER and s > 0.0}
        rest = 1.0 - math.fsum(known.values())
        if rest > _SHARE_TOLERANCE:
            return {**known, OTHER: rest}
        scale = 1.0 - rest  # within rounding of 1: divide so that the sum is 1 again
        return {e: s / scale for e, s in known.items()}

    def is_water(self) -> bool:
        """Whether it is liquid water, whatever its name: formula or shares, and phase.

        >>> Component("H2O", formula="H2O", phase="liquid").is_water()
        True
        >>> Component("steam", formula="H2O", phase="gas").is_water()
        False
        """
        shares = self.element_shares() if self.phase in ("liquid", "aqueous") else {}
        return shares.keys() == {"H", "O"} and abs(shares["H"] - _WATER_H) <= _WATER_TOLERANCE

    def mass_kg_per_kmol(self, weights: Mapping[str, float] | None = None) -> float:
        """Molar mass, kg/kmol; NaN where there is no formula and none was given.

        >>> round(Component("lime", formula="CaO").mass_kg_per_kmol(), 3)
        56.077
        """
        if self.molar_mass is not None:
            return self.molar_mass
        return math.nan if self.formula is None else molar_mass(self.formula, weights)


def _component_findings(component: Component) -> list[Finding]:
    findings = Findings(f"component {component.name}")
    if not component.name or component.name != component.name.strip():
        findings.note("input", "a name without outer blanks", repr(component.name))
    if component.phase not in PHASES:
        findings.note("phase", ", ".join(PHASES), str(component.phase))
    if (component.formula is None) == (component.shares is None):
        findings.note(
            "input", "either formula or shares", "neither" if component.formula is None else "both"
        )
    mass = component.molar_mass
    if mass is not None and not 0.0 < mass < math.inf:
        findings.note("not-finite", "molar_mass above 0 kg/kmol", repr(mass))
    if component.formula is not None:
        try:
            element_shares(component.formula)
        except InputError as error:
            findings.items.extend(error.findings)
    if _are_shares(component.shares or {}, findings):
        _check_sum(component.shares or {}, findings)
    return findings.items


def _are_shares(shares: Mapping[str, float], findings: Findings) -> bool:
    before, known = len(findings), atomic_weights()
    for element, share in shares.items():
        if element in known or element == OTHER:
            SHARE.check(share, element, findings)
        else:
            findings.unknown("an element", element, known)
    return len(findings) == before


def _check_sum(shares: Mapping[str, float], findings: Findings) -> None:
    total = math.fsum(shares.values())
    if total > 1.0 + _SHARE_TOLERANCE:
        findings.note("share", "sum of shares <= 1", f"{total:.6g}")
    elif OTHER in shares and total < 1.0 - _SHARE_TOLERANCE:
        findings.note("share", "sum of 1 with other given", f"{total:.6g}")


@dataclass(frozen=True, slots=True)
class ComponentSet:
    """Components in order, with the matrix from components to elements.

    Made by `components`. Two sets are equal if their components and atomic weights are.

    Attributes
    ----------
    items : the components, in order.
    weights : atomic weights in g/mol that replace standard ones, or None.
    names : names in order.
    index : name -> position.
    elements : elements present, sorted by symbol, ``other`` last.
    element_matrix : shape (element, component), kg of element per kg of component; each column
        sums to 1. Read-only.
    molar_mass : shape (component,), kg/kmol; NaN where there is no formula. Read-only.
    phases : phase of each component.
    water : shape (component,), whether it is liquid water. Read-only.

    >>> pair = components("NiSO4.6H2O", "steel")
    >>> pair.elements
    ('C', 'Fe', 'H', 'Mn', 'Ni', 'O', 'S', 'other')
    >>> pair.element_matrix.sum(axis=0)
    array([1., 1.])
    """

    items: tuple[Component, ...]
    weights: Mapping[str, float] | None = field(default=None, hash=False)
    names: tuple[str, ...] = field(init=False, compare=False)
    index: dict[str, int] = field(init=False, compare=False, repr=False)
    elements: tuple[str, ...] = field(init=False, compare=False)
    element_matrix: NDArray[np.float64] = field(init=False, compare=False, repr=False)
    molar_mass: NDArray[np.float64] = field(init=False, compare=False, repr=False)
    phases: tuple[str, ...] = field(init=False, compare=False, repr=False)
    water: NDArray[np.bool_] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Compute the matrix and the lookups from the items."""
        names = tuple(item.name for item in self.items)
        raise_findings(_duplicate_findings(names))
        shares = [item.element_shares(self.weights) for item in self.items]
        present = {element for share in shares for element in share}
        elements = tuple(sorted(present - {OTHER})) + ((OTHER,) if OTHER in present else ())
        matrix = np.zeros((len(elements), len(names)))
        rows = {element: row for row, element in enumerate(elements)}
        for column, share in enumerate(shares):
            for element, value in share.items():
                matrix[rows[element], column] = value
        mass = np.array([item.mass_kg_per_kmol(self.weights) for item in self.items], dtype=float)
        matrix.setflags(write=False)
        mass.setflags(write=False)
        water = np.array([item.is_water() for item in self.items], dtype=bool)
        water.setflags(write=False)
        values = {
            "names": names,
            "index": {name: place for place, name in enumerate(names)},
            "elements": elements,
            "element_matrix": matrix,
            "molar_mass": mass,
            "phases": tuple(item.phase for item in self.items),
            "water": water,
        }
        for attribute, content in values.items():
            object.__setattr__(self, attribute, content)

    def __len__(self) -> int:
        """Count of components."""
        return len(self.items)

    def require(self, name: str, where: str) -> int:
        """Position of a component, or `UnknownNameError` with the nearest names.

        Parameters
        ----------
        name : name of the component.
        where : what asks, for the message: ``file:line`` or a unit and its parameter.

        >>> components("copper", "water").require("coper", "screen.split")
        Traceback (most recent call last):
        loopbook.errors.UnknownNameError: screen.split: unknown-name: \
coper is not a component (did you mean copper?)
        """
        require_known("a component", name, self.names, where=where)
        return self.index[name]


def _duplicate_findings(names: tuple[str, ...]) -> list[Finding]:
    return [
        Finding("duplicate", f"components {place}", "each name once", name)
        for place, name in enumerate(names, start=1)
        if name in names[: place - 1]
    ]


@cache
def _packaged() -> dict[str, dict[str, str]]:
    """Rows of the packaged ``components.csv`` by name; read once, never changed."""
    path = resources.files("loopbook.matter") / "data" / "components.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return {row["name"]: row for row in rows}


def component_names() -> tuple[str, ...]:
    """Names of the library's components, in the order of the file.

    >>> "NCMA 89-4-4-3" in component_names()
    True
    """
    return tuple(_packaged())


def _component_from_row(row: Mapping[str, str]) -> Component:
    """Component of one row of ``components.csv``; shares read ``Fe=0.99;C=0.001``."""
    if row["formula"]:
        return Component(row["name"], formula=row["formula"], phase=row["phase"])
    pairs = (pair.split("=") for pair in row["shares"].split(";") if pair)
    shares = {element.strip(): float(share) for element, share in pairs}
    return Component(row["name"], shares=shares, phase=row["phase"])


def borrowed_name(
    component: Component, weights: Mapping[str, float] | None = None
) -> Iterator[Finding]:
    """A finding if the library has the name of a component for other matter.

    Parameters
    ----------
    weights : atomic weights in g/mol that replace the standard ones.

    >>> print(*borrowed_name(Component("graphite", formula="SiO2")))
    component graphite: name: expected C, as in the library, found SiO2 (give it another name)
    """
    row = _packaged().get(component.name)
    if row is None:
        return
    ours, own = _component_from_row(row), component
    shares, others = ours.element_shares(weights), own.element_shares(weights)
    if any(abs(shares.get(e, 0.0) - others.get(e, 0.0)) > _SAME for e in shares | others):
        instead = own.formula or ";".join(f"{e}={s:g}" for e, s in others.items())
        yield Finding(
            "name",
            f"component {own.name}",
            f"{ours.formula or row['shares']}, as in the library",
            instead,
            "give it another name",
        )


def components(*names: str | Component, weights: Mapping[str, float] | None = None) -> ComponentSet:
    """Set of components, from names of the library or components of your own, in that order.

    Parameters
    ----------
    names : names in ``data/components.csv``, or `Component` records.
    weights : atomic weights in g/mol that replace the standard ones (`atomic_weights`).

    Raises
    ------
    UnknownNameError, DuplicateError : with every wrong name at once.

    >>> mix = components("NMC811", "graphite", Component("binder", shares={"C": 0.6}))
    >>> mix.names, mix.index["graphite"], len(mix)
    (('NMC811', 'graphite', 'binder'), 1, 3)
    >>> components("NMC811", "NMC811")
    Traceback (most recent call last):
    loopbook.errors.DuplicateError: components 2: duplicate: expected each name once, found NMC811
    """
    library = _packaged()
    findings, items = Findings(), list[Component]()
    for place, name in enumerate(names, start=1):
        if isinstance(name, Component):
            findings.items.extend(borrowed_name(name, weights))
            items.append(name)
        elif name in library:
            items.append(_component_from_row(library[name]))
        else:
            findings.unknown("a component", name, library, at=f"components {place}")
    texts = tuple(n.name if isinstance(n, Component) else n for n in names)
    findings.items.extend(_duplicate_findings(texts))
    findings.raise_all()
    return ComponentSet(tuple(items), None if weights is None else dict(weights))
