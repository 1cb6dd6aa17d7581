"""Parameters of what is no site: materials, modes of freight, contracts and companies.

A field is a parameter: its name in the column ``parameter`` has blanks for underscores. A mapping
is a parameter with a row for each material in the column ``of``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, TypeAlias

from loopbook.loop.values.cells import Ref
from loopbook.loop.values.measure import SHARE, Measure
from loopbook.loop.values.quantity import Quantity
from loopbook.tables import Field, fields_of

Each: TypeAlias = Annotated[str, Ref("a material", "material|group|component")]
"""What the column ``of`` of a parameter by material names."""

EachOrAll: TypeAlias = Annotated[str, Ref("a material", "material|group|component", blank=True)]
"""What the column ``of`` names, empty for all that there is."""

ONE = Quantity(number=1.0)
"""All of it: the share of what is not limited."""


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """Parameters of one thing, with its name.

    Attributes
    ----------
    kind : list of names that the thing is in: ``site``, ``material``, ``mode``, ``contract``,
        ``party``.
    """

    kind: ClassVar[str] = ""

    name: str


@dataclass(frozen=True, kw_only=True)
class MaterialNumbers(Numbers):
    """Numbers of a material."""

    kind = "material"

    mass: Annotated[
        Quantity | None,
        Measure(
            *("kg/pack", "kg/kWh"),
            usual={"kg/pack": (0.2, 1e5), "kg/kWh": (0.05, 50.0)},
            steady=True,
        ),
        "mass of a pack or of an energy of it",
    ] = None
    energy: Annotated[
        Quantity | None,
        Measure("kWh/pack", usual={"kWh/pack": (0.01, 1e4)}, steady=True),
        "energy of a pack",
    ] = None


@dataclass(frozen=True, kw_only=True)
class ModeNumbers(Numbers):
    """Numbers of a mode of freight: price by distance and payload, or by mass and distance."""

    kind = "mode"

    price: Annotated[
        Quantity | None,
        Measure("USD/km", "USD/t/km", usual={"USD/km": (0.1, 200.0), "USD/t/km": (1e-3, 5.0)}),
        "of a way, loaded",
    ] = None
    payload: Annotated[Quantity | None, Measure("t", usual={"t": (0.5, 3e5)}), "mass of a load"] = (
        None
    )
    packaging: Annotated[Quantity | None, Measure("USD/t"), "of the mass that travels"] = None
    carbon: Annotated[
        Quantity | None, Measure("kgCO2e/km", "kgCO2e/t/km"), "burden of a way, loaded"
    ] = None
    empty_carbon: Annotated[Quantity | None, Measure("kgCO2e/km"), "burden of the way back"] = None


@dataclass(frozen=True, kw_only=True)
class ContractNumbers(Numbers):
    """Numbers of a contract."""

    kind = "contract"

    opening: Annotated[
        Mapping[EachOrAll, Annotated[Quantity, Measure("t", "GWh", "pack")]],
        "what is on its way before the first period",
    ] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PartyNumbers(Numbers):
    """Numbers of a company."""

    kind = "party"

    payout: Annotated[Quantity, SHARE, "share of its cash that owners get"] = ONE


OTHERS: tuple[type[Numbers], ...] = (MaterialNumbers, ModeNumbers, ContractNumbers, PartyNumbers)
"""Parameters of what is no site."""


def parameters_in(record: type[Numbers]) -> Mapping[str, Field]:
    """Declared parameters by the name that the column ``parameter`` has.

    >>> [*parameters_in(MaterialNumbers)]
    ['mass', 'energy']
    """
    fields = (field for field in fields_of(record) if field.name not in ("name", "process"))
    return {field.name.rstrip("_").replace("_", " "): field for field in fields}
