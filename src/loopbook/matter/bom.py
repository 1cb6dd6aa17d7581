"""Bills of materials: what a cell, a module, a pack and each kind of production scrap is made of.

Masses are shares of components (kg/kg) by the names of ``components.csv``; the active material
has its own name (``NMC811``). The numbers are EverBatt 2023's (source ``everbatt2023``).

Cells of NCMA have no published bill: theirs is the NMC811 cell with the active material swapped,
mass for mass. Not covered: silicon anodes, cylindrical cans, foils thinner than 10 um copper.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from loopbook.errors import UnknownNameError, nearest_hint, require_known
from loopbook.matter.components import ComponentSet, components
from loopbook.matter.library import Library, Sourced, load_library
from loopbook.matter.tables import Number

ACTIVE_MATERIAL = "active material"
"""Name of the active material's row in the composition tables."""

SWAPPED: Mapping[str, str] = MappingProxyType(
    {"NCMA 89-4-4-3": "NMC811", "NCMA 89-5-5-1": "NMC811"}
)
"""Chemistry without a bill of its own -> chemistry whose bill it takes."""

_ELECTROLYTE = ("LiPF6", "EC", "DMC")
_CATHODE = (ACTIVE_MATERIAL, "carbon black", "PVDF")


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


def composition(
    numbers: Sourced, table: str, subject: str, *, active: str | None = None
) -> dict[str, float]:
    """Composition by component, kg/kg, from a table of compositions, without empty components.

    Parameters
    ----------
    numbers : the library, which records the rows.
    table : ``composition_cell``, ``composition_electrode_scrap``, ``composition_module``, ...
    subject : chemistry that the table has, such as ``NMC811``.
    active : active material in place of the subject's own, kg for kg; None for its own.

    >>> shares = composition(Sourced(), "composition_cell", "NMC811", active="NCMA 89-4-4-3")
    >>> round(shares["NCMA 89-4-4-3"], 4), round(math.fsum(shares.values()), 9)
    (0.4289, 1.0)
    """
    shares: dict[str, float] = {}
    for row in numbers.library.table(table):
        if row.subject == subject and row.value > 0.0:
            name = (active or subject) if row.parameter == ACTIVE_MATERIAL else row.parameter
            shares[name] = numbers.take(row).to("kg/kg")
    if not shares:
        hint = nearest_hint(subject, numbers.library.subjects(table))
        raise UnknownNameError.of("unknown-name", table, "a subject", subject, hint=hint)
    return shares


@dataclass(frozen=True, slots=True)
class _Making:
    """How a bill follows from a composition table.

    Parameters
    ----------
    table : part of the table's name after ``composition_``.
    hazard, transport, assumptions : as of `Bill`; an assumption may name ``{solvent}``.
    only : components that it keeps; all where empty.
    without : components that it does not have.
    solvent : component that is mixed in, by the share in table ``scrap_types``.
    has_energy : whether its mass per kWh has a meaning.
    """

    table: str
    hazard: str
    transport: str
    assumptions: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    solvent: str = ""
    has_energy: bool = False


_FOIL = "not a cell or battery: not UN3480"
_VAPOUR = "LiPF6 and solvent: flammable vapour, HF on moisture"
_CELLS = "UN3480; damaged or defective cells under 49 CFR 173.185(f)"
_BATTERIES = "UN3480; damaged or defective batteries under 49 CFR 173.185(f)"
_TRIM = ("its part of mixed electrode scrap, with bare trim",)
_CELL = _Making("cell", "stored energy; " + _VAPOUR, _CELLS, has_energy=True)
_MODULE = _Making("module", "stored energy; opened: as cells", _BATTERIES, has_energy=True)
_PACK = replace(_MODULE, table="pack")
_SCRAP: Mapping[str, _Making] = MappingProxyType(
    {
        "mixed electrode scrap": _Making(
            "electrode_scrap",
            "dust; dried of NMP",
            _FOIL,
            ("both foils with their uncoated trim; no electrolyte",),
        ),
        "cathode foil": _Making(
            "electrode_scrap", "dust; dried of NMP", _FOIL, _TRIM, only=(*_CATHODE, "aluminium")
        ),
        "anode foil": _Making(
            "electrode_scrap",
            "graphite fines",
            _FOIL,
            _TRIM,
            only=("graphite", "anode binder", "copper"),
        ),
        "dry cells": _Making(
            "cell",
            "no electrolyte, not charged; dust when opened",
            "no dangerous goods as a battery while dry (to be checked with PHMSA)",
            ("the cell before filling: its bill without electrolyte",),
            without=_ELECTROLYTE,
            has_energy=True,
        ),
        "wet unformed cells": replace(
            _CELL,
            hazard=_VAPOUR + "; state of charge about 0",
            transport="flammable liquid inside; classify with the shipper",
        ),
        "formed cells": replace(
            _CELL, hazard="stored energy up to the state of charge; " + _CELL.hazard
        ),
        "modules": _MODULE,
        "slurry": _Making(
            "electrode_scrap",
            "NMP: toxic for reproduction",
            _FOIL,
            ("{solvent:.0%} NMP in cathode slurry and cake; practice 3-40 %",),
            only=_CATHODE,
            solvent="NMP",
        ),
    }
)
SCRAP_TYPES = tuple(_SCRAP)
"""Names of the kinds of production scrap."""


def _bill(name: str, making: _Making, chemistry: str, library: Library | None) -> Bill:
    """Bill of a chemistry by its row of the table above.

    Mass per kWh follows from the active material, which only cells hold: the cell's times its share
    of active material over this one's.
    """
    numbers = Sourced() if library is None else Sourced(library)
    require_known("a chemistry", chemistry, chemistries(numbers.library), where="bill")
    base = SWAPPED.get(chemistry, chemistry)

    def read(table: str) -> dict[str, float]:
        return composition(numbers, f"composition_{table}", base, active=chemistry)

    whole = read(making.table)
    only = [chemistry if n == ACTIVE_MATERIAL else n for n in making.only] or [*whole]
    shares = {n: x for n, x in whole.items() if n in only and n not in making.without}
    mass, solvent, total = None, 0.0, math.fsum(shares.values())
    if making.has_energy and numbers.has(base, "cell mass per energy", "cell_design"):
        mass = numbers(base, "cell mass per energy", "cell_design", unit="kg/kWh")
        mass *= read("cell")[chemistry] / whole[chemistry] * total / math.fsum(whole.values())
    if making.solvent:
        solvent = numbers("slurry", making.solvent, "scrap_types", unit="kg/kg")
    scaled = {component: share / total * (1.0 - solvent) for component, share in shares.items()}
    note = f"bill of the {base} cell with its active material swapped for {chemistry}"
    return Bill(
        name,
        chemistry,
        scaled | ({making.solvent: solvent} if solvent else {}),
        mass_kg_per_kwh=mass,
        hazard=making.hazard,
        transport=making.transport,
        assumptions=(
            *((note,) if base != chemistry else ()),
            *(text.format(solvent=solvent) for text in making.assumptions),
        ),
        used=numbers.used,
    )


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
    return _bill("cell", _CELL, chemistry, library)


def module(chemistry: str, library: Library | None = None) -> Bill:
    """Bill of a module; kg/kWh by its share of active material against the cell's.

    >>> round(module("NMC811").shares["steel"], 3), round(module("NMC811").mass_kg_per_kwh, 2)
    (0.046, 3.37)
    """
    return _bill("module", _MODULE, chemistry, library)


def pack(chemistry: str, library: Library | None = None) -> Bill:
    """Bill of a pack; kg/kWh by its share of active material against the cell's.

    BatPaC 5.2 gives 4.99 kg/kWh for NMC811 (``batpac52``), 2 % more than this.

    >>> round(pack("NMC811").shares["steel"], 3), round(pack("NMC811").mass_kg_per_kwh, 2)
    (0.199, 4.89)
    """
    return _bill("pack", _PACK, chemistry, library)


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
    require_known("a scrap type", name, SCRAP_TYPES, where="bill")
    return _bill(name, _SCRAP[name], chemistry, library)
