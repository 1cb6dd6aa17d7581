"""The components of all streams of a walk, their elements, and what materials consist of."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from loopbook.errors import InputError
from loopbook.matter import OTHER, atomic_weights, component_names, components
from loopbook.tables import Array


@dataclass(frozen=True)
class Basis:
    """Components in order; a stream is an array of tonnes, shape (component, draw).

    A component is an element, a compound of the library, or a material: cells in a pack stay cells
    until a process opens them. Where there is one scenario the last axis has length 1.

    Parameters
    ----------
    names : components in order.
    compositions : mass shares of components by material, kg/kg; a material that has none is a
        component of its own.
    tonnes : tonnes of a unit of goods, by material and unit: ``("cells", "GWh")``,
        ``("packs", "pack")``.
    """

    names: tuple[str, ...]
    compositions: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    tonnes: Mapping[tuple[str, str], Array] = field(default_factory=dict)
    index: Mapping[str, int] = field(init=False, repr=False)
    elements: tuple[str, ...] = field(init=False, repr=False)
    matrix: Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Look the elements of each component up."""
        shares = [elements_of(name, self.compositions) for name in self.names]
        elements = tuple(dict.fromkeys(element for row in shares for element in row))
        matrix = np.array([[row.get(element, 0.0) for row in shares] for element in elements])
        index = {name: k for k, name in enumerate(self.names)}
        vars(self).update(index=index, elements=elements, matrix=matrix)

    @classmethod
    def of(
        cls,
        names: Iterable[str],
        compositions: Mapping[str, Mapping[str, float]],
        tonnes: Mapping[tuple[str, str], Array] | None = None,
    ) -> "Basis":
        """The basis of some materials and components, with all that they can be opened into."""
        every: dict[str, None] = {}
        queue = [*names, *(part for parts in compositions.values() for part in parts)]
        while queue:
            name = queue.pop(0)
            if name not in every:
                every[name] = None
                queue += parts_of(name, compositions)
        return cls(tuple(every), compositions, tonnes or {})

    def zeros(self) -> Array:
        """An empty stream, shape (component, 1)."""
        return np.zeros((len(self.names), 1))

    def stream(self, material: str, tonnes: Array) -> Array:
        """So much of a material by its composition, shape (component, draw)."""
        shares = np.zeros((len(self.names), 1))
        for name, share in (self.compositions.get(material) or {material: 1.0}).items():
            shares[self.index[name]] = share
        return shares * tonnes

    def contents(self, stream: Array) -> dict[str, Array]:
        """Tonnes of each component and element that is in a stream, shape (draw,)."""
        whole = np.concatenate([stream, self.matrix @ stream])
        names = (*self.names, *self.elements)
        return {names[k]: whole[k] for k in np.flatnonzero(whole.any(axis=1))}

    def content(self, stream: Array, of: str) -> Array:
        """Tonnes of an element, or of a component, in a stream, shape (..., draw).

        Parameters
        ----------
        stream : tonnes, shape (component, draw), or (step, component, draw) of all steps.
        """
        if of in self.elements:
            return np.asarray(self.matrix[self.elements.index(of)] @ stream)
        if of in self.index:
            return np.asarray(stream[..., self.index[of], :])
        return np.zeros((*stream.shape[:-2], stream.shape[-1]))

    def opened(self, components: Collection[str]) -> Array:
        """How a process sees a stream: a matrix (component, component), of column sums 1.

        A component that the process has a column for stays; any other that holds one, however
        deep, becomes what it consists of; the rest stays as it is.

        Parameters
        ----------
        components : those that the process has a column for.
        """

        def stays(name: str) -> bool:
            return name in components or not self.holds(name, components)

        matrix = np.zeros((len(self.names), len(self.names)))
        for k, name in enumerate(self.names):
            for part, share in opened(name, self.compositions, stays).items():
                matrix[self.index[part], k] += share
        return matrix

    def holds(self, name: str, components: Collection[str]) -> bool:
        """Whether one of some components is in another, however deep."""
        parts = parts_of(name, self.compositions)
        return any(part in components or self.holds(part, components) for part in parts)

    def in_tonnes(self, material: str, unit: str) -> Array:
        """Tonnes of a ``GWh``, a ``pack`` or a ``t`` of a material, shape (1,) or (draw,).

        Raises
        ------
        InputError : no row of ``parameters`` has its mass.
        """
        if unit == "t":
            return np.ones(1)
        if (material, unit) not in self.tonnes:
            raise InputError.of(
                "missing",
                "parameters",
                f"the mass of {material}, for it is counted in {unit}",
                "nothing",
                hint=f"write a parameter mass of {material}, such as 5 kg/kWh or 410 kg/pack",
            )
        return self.tonnes[material, unit]


def parts_of(name: str, compositions: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """What a component consists of, kg/kg; nothing for an element and for what is not known.

    >>> parts_of("cells", {"cells": {"Ni": 0.5, "Cu": 0.5}}), parts_of("Ni", {})
    ({'Ni': 0.5, 'Cu': 0.5}, {})
    """
    if compositions.get(name):
        return dict(compositions[name])
    if name in atomic_weights() or name == OTHER:
        return {}
    if name in component_names():
        return components(name).items[0].element_shares()
    return {}


def elements_of(name: str, compositions: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Mass shares of elements, kg/kg; what cannot be opened is an element of its own."""
    return opened(name, compositions, lambda part: not parts_of(part, compositions))


def opened(
    name: str, compositions: Mapping[str, Mapping[str, float]], stays: Callable[[str], bool]
) -> dict[str, float]:
    """Mass shares of what a component consists of, kg/kg, down to what stays as it is."""
    if stays(name):
        return {name: 1.0}
    whole: dict[str, float] = {}
    for part, share in parts_of(name, compositions).items():
        for inner, of_it in opened(part, compositions, stays).items():
            whole[inner] = whole.get(inner, 0.0) + share * of_it
    return whole
