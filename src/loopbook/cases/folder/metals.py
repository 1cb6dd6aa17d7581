"""Materials that a loop wants back, and what a refiner may sell."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metal:
    """A material that the loop wants back.

    Parameters
    ----------
    name : its name in tables.
    element : element that is counted.
    product : component that a refiner sells it as, and that its price is per kg of.
    """

    name: str
    element: str
    product: str


METALS: tuple[Metal, ...] = (
    Metal("nickel", "Ni", "nickel"),
    Metal("cobalt", "Co", "cobalt"),
    Metal("manganese", "Mn", "manganese"),
    Metal("lithium", "Li", "Li2CO3"),
    Metal("copper", "Cu", "copper"),
    Metal("aluminium", "Al", "aluminium"),
    Metal("graphite", "C", "graphite"),
)
"""Materials that are followed through the loop; graphite is counted as the component, not as all
carbon."""

CRUDE, ACTIVE = "Li2CO3 crude", "active material"
"""What a refiner may sell that is not a metal of `METALS`: prices are needed for these too."""

RECOVERY_TABLES = {"preprocessing": ("preprocessing", "generic")}
"""Table and subject of a route's recoveries where they are not (recoveries, name of the route)."""
