"""What matter is: elements, formulas, components, bills of materials, numbers.

Lives here: atomic weights and formulas, the components that streams and lots are made of, what
cells and scrap consist of, and the library of sourced numbers. May import only
the ground floor (``errors``, ``files``, ``tables``, ``report``); every room over it imports it.

How much nickel is in a tonne of rejected NMC811 cells, and from which numbers::

    >>> from loopbook.matter import scrap_type
    >>> scrap = scrap_type("formed cells", "NMC811")
    >>> round(1000 * scrap.element_shares()["Ni"])
    207
    >>> print(scrap.used[0])
    composition_cell/NMC811/active material = 0.428948 kg/kg (2022) [A, everbatt2023]
"""

from loopbook.matter.answers import (
    Explanation,
    LibraryTables,
    Numbers,
    explain,
    library_table,
    library_tables,
    search_library,
)
from loopbook.matter.bom import (
    SCRAP_TYPES,
    Bill,
    cell,
    chemistries,
    composition,
    module,
    pack,
    scrap_type,
)
from loopbook.matter.components import (
    PHASES,
    Component,
    ComponentSet,
    borrowed_name,
    component_names,
    components,
)
from loopbook.matter.elements import OTHER, atomic_weights, element_names
from loopbook.matter.formula import element_shares, molar_mass, parse_formula
from loopbook.matter.library import Library, Sourced, load_library, packaged_data
from loopbook.matter.tables import Number, Source

__all__ = [
    "OTHER",
    "PHASES",
    "SCRAP_TYPES",
    "Bill",
    "Component",
    "ComponentSet",
    "Explanation",
    "Library",
    "LibraryTables",
    "Number",
    "Numbers",
    "Source",
    "Sourced",
    "atomic_weights",
    "borrowed_name",
    "cell",
    "chemistries",
    "component_names",
    "components",
    "composition",
    "element_names",
    "element_shares",
    "explain",
    "library_table",
    "library_tables",
    "load_library",
    "module",
    "molar_mass",
    "pack",
    "packaged_data",
    "parse_formula",
    "scrap_type",
    "search_library",
]
