"""Bills of materials: what a cell, a module, a pack and each kind of production scrap is made of.

Masses are shares of components (kg/kg) by the names of ``components.csv``; the active material
stands under its own name (``NMC811``). The numbers are EverBatt 2023's (source ``everbatt2023``).

Cells of NCMA have no published bill: theirs is the NMC811 cell with the active material swapped,
mass for mass. Not covered: silicon anodes, cylindrical cans, foils thinner than 10 um copper.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from loopbook.errors import Finding, UnknownNameError, nearest_hint
from loopbook.matter.components import ComponentSet, components
from loopbook.matter.library import Library, Used, load_library
from loopbook.matter.tables import Number

ACTIVE_MATERIAL = "active material"
"""Name of the active material's row in the composition tables."""

SWAPPED: Mapping[str, str] = MappingProxyType(
    {"NCMA 89-4-4-3": "NMC811", "NCMA 89-5-5-1": "NMC811"}
)
"""Chemistry without a bill of its own -> chemistry whose bill it takes."""

_ELECTROLYTE = ("LiPF6", "EC", "DMC")
_NOT_A_CELL = "not a cell or battery: not UN3480"


@dataclass(frozen=True, slots=True)
class Bill:
    """What something is made of.

    Parameters
    ----------
    name : ``cell``, ``module``, ``pack`` or a scrap type.
    chemistry : name of the active material.
    shares : mass shares of components, kg/kg; they sum to 1.
    mass_kg_per_kwh : kg per kWh of nominal energy; None where not known or without meaning.
    hazard, transport : what handling and shipping have to know.
    assumptions : what was assumed, in words.
    used : rows of the library that it rests on.
    """

    name: str
    chemistry: str
    shares: Mapping[str, float] = field(hash=False)
    mass_kg_per_kwh: float | None = None
    hazard: str = ""
    transport: str = ""
    assumptions: tuple[str, ...] = ()
    used: tuple[Number, ...] = field(default=(), repr=False)

    def component_set(self, weights: Mapping[str, float] | None = None) -> ComponentSet:
        """Its components as a set, in the order of the bill.

        >>> scrap_type("anode foil", "NMC811").component_set().names
        ('graphite', 'anode binder', 'copper')
        """
        return components(*self.shares, weights=weights)

    def array(self, order: ComponentSet) -> NDArray[np.float64]:
        """Shares as an array, shape (component,), kg/kg, in the order of a component set.

        Raises
        ------
        UnknownNameError : a component of the bill is not in the set.

        >>> bill = cell("NMC811")
        >>> float(bill.array(bill.component_set()).sum().round(12))
        1.0
        """
        out = np.zeros(len(order))
        where = f"{self.name} {self.chemistry}"
        for component, share in self.shares.items():
            out[order.require(component, where)] = share
        return out

    def element_shares(self, weights: Mapping[str, float] | None = None) -> dict[str, float]:
        """Mass shares of elements, kg/kg; they sum to 1.

        >>> round(cell("NMC811").element_shares()["Ni"], 4)
        0.207
        """
        order = self.component_set(weights)
        values = order.element_matrix @ self.array(order)
        return dict(zip(order.elements, (float(v) for v in values), strict=True))

    def scaled(self, mass_kg: float) -> dict[str, float]:
        """Kilograms of each component in `mass_kg` of it.

        >>> round(scrap_type("anode foil", "NMC811").scaled(1000.0)["copper"])
        325
        """
        return {component: share * mass_kg for component, share in self.shares.items()}


def chemistries(library: Library | None = None) -> tuple[str, ...]:
    """Chemistries that have a bill, those with a swapped active material last.

    >>> chemistries()[-2:]
    ('NCMA 89-4-4-3', 'NCMA 89-5-5-1')
    """
    library = load_library() if library is None else library
    return (*library.subjects("composition_cell"), *SWAPPED)


def _base(chemistry: str, library: Library) -> str:
    known = chemistries(library)
    if chemistry not in known:
        hint = nearest_hint(chemistry, known)
        raise UnknownNameError([Finding("unknown-name", "bill", "a chemistry", chemistry, hint)])
    return SWAPPED.get(chemistry, chemistry)


def _read(table: str, chemistry: str, library: Library, used: Used) -> dict[str, float]:
    """Component shares of a chemistry in a composition table, the active material by name."""
    base = _base(chemistry, library)
    rows = [number for number in library.table(table) if number.subject == base]
    for number in rows:
        used.append(number)
    return {
        chemistry if n.parameter == ACTIVE_MATERIAL else n.parameter: n.to("kg/kg") for n in rows
    }


def _scaled_to_one(shares: Mapping[str, float]) -> dict[str, float]:
    total = math.fsum(shares.values())
    return {name: share / total for name, share in shares.items()}


def _swap_note(chemistry: str) -> tuple[str, ...]:
    base = SWAPPED.get(chemistry)
    if base is None:
        return ()
    return (f"bill of the {base} cell with its active material swapped for {chemistry}",)


def _cell_mass(chemistry: str, library: Library, used: Used) -> float | None:
    base = _base(chemistry, library)
    if not library.series(base, "cell mass per energy", "cell_design"):
        return None
    return library.value(base, "cell mass per energy", "cell_design", unit="kg/kWh", used=used)


def cell(chemistry: str, library: Library | None = None) -> Bill:
    """Bill of a finished pouch cell.

    Parameters
    ----------
    chemistry : one of `chemistries`.
    library : numbers; None for the packaged tables.

    EverBatt 2023, sheet Man Par., D16:K33 (``everbatt2023``); kg/kWh is optimistic for today's
    automotive pouch cells by up to 25 %.

    >>> bill = cell("NCMA 89-4-4-3")
    >>> round(bill.shares["NCMA 89-4-4-3"], 4), round(bill.mass_kg_per_kwh, 3)
    (0.4289, 2.976)
    """
    library, used = load_library() if library is None else library, Used()
    shares = _read("composition_cell", chemistry, library, used)
    mass = _cell_mass(chemistry, library, used)
    return Bill(
        "cell",
        chemistry,
        _scaled_to_one(shares),
        mass_kg_per_kwh=mass,
        hazard="stored energy; LiPF6 and solvent: flammable vapour, HF on moisture",
        transport="UN3480; damaged or defective cells under 49 CFR 173.185(f)",
        assumptions=_swap_note(chemistry),
        used=tuple(used),
    )


def _assembly(name: str, chemistry: str, library: Library | None) -> Bill:
    """Module or pack; kg/kWh follows from the active material, which only cells hold."""
    library, used = load_library() if library is None else library, Used()
    shares = _read(f"composition_{name}", chemistry, library, used)
    mass = _cell_mass(chemistry, library, used)
    if mass is not None:
        inside = _read("composition_cell", chemistry, library, used)
        mass *= inside[chemistry] / shares[chemistry]
    return Bill(
        name,
        chemistry,
        _scaled_to_one(shares),
        mass_kg_per_kwh=mass,
        hazard="stored energy; opened: as cells",
        transport="UN3480; damaged or defective batteries under 49 CFR 173.185(f)",
        assumptions=_swap_note(chemistry),
        used=tuple(used),
    )


def module(chemistry: str, library: Library | None = None) -> Bill:
    """Bill of a module; kg/kWh by its share of active material against the cell's.

    >>> round(module("NMC811").shares["steel"], 3), round(module("NMC811").mass_kg_per_kwh, 2)
    (0.046, 3.37)
    """
    return _assembly("module", chemistry, library)


def pack(chemistry: str, library: Library | None = None) -> Bill:
    """Bill of a pack; kg/kWh by its share of active material against the cell's.

    BatPaC 5.2 gives 4.99 kg/kWh for NMC811 (``batpac52``), 2 % more than this.

    >>> round(pack("NMC811").shares["steel"], 3), round(pack("NMC811").mass_kg_per_kwh, 2)
    (0.199, 4.89)
    """
    return _assembly("pack", chemistry, library)


def _mixed_electrode(chemistry: str, library: Library, used: Used) -> Bill:
    shares = _read("composition_electrode_scrap", chemistry, library, used)
    return Bill(
        "mixed electrode scrap",
        chemistry,
        _scaled_to_one(shares),
        hazard="dust; dried of NMP",
        transport=_NOT_A_CELL,
        assumptions=("both foils with their uncoated trim; no electrolyte",),
    )


def _part(chemistry: str, library: Library, used: Used, keep: tuple[str, ...]) -> dict[str, float]:
    """Some components of mixed electrode scrap, scaled to 1."""
    shares = _read("composition_electrode_scrap", chemistry, library, used)
    return _scaled_to_one({component: shares[component] for component in keep})


def _cathode_foil(chemistry: str, library: Library, used: Used) -> Bill:
    return Bill(
        "cathode foil",
        chemistry,
        _part(chemistry, library, used, (chemistry, "carbon black", "PVDF", "aluminium")),
        hazard="dust; dried of NMP",
        transport=_NOT_A_CELL,
        assumptions=("its part of mixed electrode scrap, with bare trim",),
    )


def _anode_foil(chemistry: str, library: Library, used: Used) -> Bill:
    return Bill(
        "anode foil",
        chemistry,
        _part(chemistry, library, used, ("graphite", "anode binder", "copper")),
        hazard="graphite fines",
        transport=_NOT_A_CELL,
        assumptions=("its part of mixed electrode scrap, with bare trim",),
    )


def _dry_cells(chemistry: str, library: Library, used: Used) -> Bill:
    shares = _read("composition_cell", chemistry, library, used)
    mass = _cell_mass(chemistry, library, used)
    wet = math.fsum(shares.pop(name) for name in _ELECTROLYTE)
    return Bill(
        "dry cells",
        chemistry,
        _scaled_to_one(shares),
        mass_kg_per_kwh=None if mass is None else mass * (1.0 - wet),
        hazard="no electrolyte, not charged; dust when opened",
        transport="no dangerous goods as a battery while dry (to be checked with PHMSA)",
        assumptions=("the cell before filling: its bill without electrolyte",),
    )


def _wet_cells(chemistry: str, library: Library, used: Used) -> Bill:
    shares = _read("composition_cell", chemistry, library, used)
    return Bill(
        "wet unformed cells",
        chemistry,
        _scaled_to_one(shares),
        mass_kg_per_kwh=_cell_mass(chemistry, library, used),
        hazard="LiPF6 and solvent: flammable vapour, HF on moisture; state of charge about 0",
        transport="flammable liquid inside; classify with the shipper",
    )


def _formed_cells(chemistry: str, library: Library, used: Used) -> Bill:
    bill = cell(chemistry, library)
    for number in bill.used:
        used.append(number)
    return Bill(
        "formed cells",
        chemistry,
        bill.shares,
        mass_kg_per_kwh=bill.mass_kg_per_kwh,
        hazard="stored energy up to the state of charge; " + bill.hazard,
        transport=bill.transport,
    )


def _modules(chemistry: str, library: Library, used: Used) -> Bill:
    bill = module(chemistry, library)
    for number in bill.used:
        used.append(number)
    return Bill(
        "modules",
        chemistry,
        bill.shares,
        mass_kg_per_kwh=bill.mass_kg_per_kwh,
        hazard=bill.hazard,
        transport=bill.transport,
    )


def _slurry(chemistry: str, library: Library, used: Used) -> Bill:
    solvent = library.value("slurry", "NMP", "scrap_types", unit="kg/kg", used=used)
    solids = _part(chemistry, library, used, (chemistry, "carbon black", "PVDF"))
    mixed = {name: share * (1.0 - solvent) for name, share in solids.items()}
    return Bill(
        "slurry",
        chemistry,
        _scaled_to_one({**mixed, "NMP": solvent}),
        hazard="NMP: toxic for reproduction",
        transport=_NOT_A_CELL,
        assumptions=(f"{solvent:.0%} NMP in cathode slurry and cake; practice 3-40 %",),
    )


_MAKERS: Mapping[str, Callable[[str, Library, Used], Bill]] = MappingProxyType(
    {
        "mixed electrode scrap": _mixed_electrode,
        "cathode foil": _cathode_foil,
        "anode foil": _anode_foil,
        "dry cells": _dry_cells,
        "wet unformed cells": _wet_cells,
        "formed cells": _formed_cells,
        "modules": _modules,
        "slurry": _slurry,
    }
)
SCRAP_TYPES = tuple(_MAKERS)
"""Names of the kinds of production scrap."""


def scrap_type(name: str, chemistry: str, library: Library | None = None) -> Bill:
    """Bill of a kind of production scrap.

    Parameters
    ----------
    name : one of `SCRAP_TYPES`.
    chemistry : one of `chemistries`.
    library : numbers; None for the packaged tables.

    >>> foil = scrap_type("cathode foil", "NMC811")
    >>> {name: round(share, 3) for name, share in foil.shares.items()}
    {'NMC811': 0.792, 'carbon black': 0.017, 'PVDF': 0.017, 'aluminium': 0.175}
    """
    maker = _MAKERS.get(name)
    if maker is None:
        hint = nearest_hint(name, SCRAP_TYPES)
        raise UnknownNameError([Finding("unknown-name", "bill", "a scrap type", name, hint)])
    library, used = load_library() if library is None else library, Used()
    bill = maker(chemistry, library, used)
    return Bill(
        bill.name,
        bill.chemistry,
        bill.shares,
        mass_kg_per_kwh=bill.mass_kg_per_kwh,
        hazard=bill.hazard,
        transport=bill.transport,
        assumptions=(*_swap_note(chemistry), *bill.assumptions),
        used=tuple(used),
    )
