"""What moves and what becomes of it: materials, and the shares of a process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from loopbook.loop.nouns.row import Row
from loopbook.loop.values.cells import Own, Ref
from loopbook.loop.values.measure import SHARE
from loopbook.loop.values.quantity import Quantity
from loopbook.tables import Choice, Text

CLASSES = ("manufacturing waste", "run-around", "end of life")
"""Classes of secondary material, as regulations have them."""

READINGS: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in CLASSES},
    "regulation": ("manufacturing waste", "end of life"),
    "all": CLASSES,
}
"""Classes that a reading counts. The regulation (EU) 2023/1542, article 8, counts what is recovered
from battery manufacturing waste and from waste batteries; scrap that runs around does not count."""

BASES = ("%", "parts")
"""What the numbers of a composition are: percent that sum to 100, or parts of their sum."""


@dataclass(frozen=True, kw_only=True)
class Material(Row):
    """Something that is made, moved and sold; elements need no row and are materials too.

    Parameters
    ----------
    components : parts or percent by component, as written; components are elements, library
        compounds or other materials.
    """

    table = "materials"
    key = ("material",)
    wide = "component"
    role = "material"

    material: Annotated[str, Own(), "its name"]
    group: Annotated[str, Text(), "group of materials that share contracts"] = ""
    class_: Annotated[str, Choice(*CLASSES), "class of secondary material"] = ""
    mode: Annotated[str, Ref("a mode", "mode"), "mode of its freight"] = ""
    basis: Annotated[str, Choice(*BASES), "% or parts"] = ""
    like: Annotated[str, Text(), "composition of the library: lib:composition_cell/NMC811"] = ""
    active: Annotated[str, Text(), "active material that is put into it"] = ""
    components: Annotated[Mapping[str, float], "parts or percent by component"] = field(
        default_factory=dict
    )

    def parts(self) -> dict[str, float]:
        """Its composition as mass shares of components, kg/kg, that sum to 1; empty without one.

        >>> Material(material="NM", components={"Ni": 2.0, "Mn": 2.0}, basis="parts").parts()
        {'Ni': 0.5, 'Mn': 0.5}
        """
        whole = sum(self.components.values())
        return {name: x / whole for name, x in self.components.items()} if whole > 0 else {}


@dataclass(frozen=True, kw_only=True)
class Split(Row):
    """Shares of components that a process sends to a material; what is left is `disposal`."""

    table = "shares"
    key = ("process", "to")
    wide = "component"
    role = "process"

    process: Annotated[str, Own(), "name of the process"]
    to: Annotated[str, Ref("a material", "material|disposal"), "material that they go to"]
    components: Annotated[
        Mapping[str, Annotated[Quantity, SHARE]], "share of each component that goes there"
    ] = field(default_factory=dict)
