"""What every site model has: its name in the column ``model``, and declared parameters.

A site model is one file: a subclass with an annotated field for each parameter, and its law in the
docstring. The record of a site holds the checked parameters of its rows and of the rows on its
model's name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, TypeAlias

from loopbook.loop.nouns.matter import Split
from loopbook.loop.nouns.numbers import ONE, Each, EachOrAll, Numbers
from loopbook.loop.values.measure import SHARE, Measure
from loopbook.loop.values.quantity import Quantity

_USUAL = {"t/yr": (20.0, 5e6), "GWh/yr": (0.02, 3000.0), "pack/yr": (100.0, 1e8)}

RATE = Measure("t/yr", "GWh/yr", "pack/yr", usual=_USUAL)
"""A rate of goods."""

STOCK = Measure("t", "GWh", "pack", usual={"t": (0.1, 1e6), "GWh": (1e-4, 1e5)})
"""A quantity of goods."""


Rates: TypeAlias = Mapping[Each, Annotated[Quantity, RATE]]
Stocks: TypeAlias = Mapping[Each, Annotated[Quantity, STOCK]]
"""By material."""


@dataclass(frozen=True, kw_only=True)
class SiteModel(Numbers):
    """A site with its parameters.

    Attributes
    ----------
    model : its name in the column ``model``.
    runs : whether the column ``process`` is ``needed``, ``allowed`` or must be ``empty``.
    counts : names, beside materials, that costs and burdens of it may be of.
    by_arrival : whether what arrives in a step changes what it makes in the step.
    makes_goods, takes_goods : whether it delivers goods, and whether it receives some.

    Parameters
    ----------
    name : of the site.
    process : what it runs.
    """

    kind = "site"
    model: ClassVar[str] = ""
    runs: ClassVar[str] = "empty"
    counts: ClassVar[tuple[str, ...]] = ()
    by_arrival: ClassVar[bool] = False
    makes_goods: ClassVar[bool] = True
    takes_goods: ClassVar[bool] = True

    process: str = ""
    capacity: Annotated[
        Mapping[EachOrAll, Annotated[Quantity, RATE]],
        "most that it can take or make; else no limit",
    ] = field(default_factory=dict)
    availability: Annotated[Quantity, SHARE, "share of the time that it runs"] = ONE
    ramp: Annotated[Quantity, SHARE, "share of the capacity that is in operation"] = ONE
    store: Annotated[
        Mapping[EachOrAll, Annotated[Quantity, STOCK]], "most that may wait for the next step"
    ] = field(default_factory=dict)
    opening: Annotated[Stocks, "what waits before the first period"] = field(default_factory=dict)

    def outputs(self, splits: Sequence[Split]) -> Iterable[str] | None:
        """Materials that it makes; None where its parameters do not show them all.

        Parameters
        ----------
        splits : rows of ``shares`` of its process.
        """
        return None
