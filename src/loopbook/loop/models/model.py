"""What every site model has: its name in the column ``model``, and declared parameters.

A site model is one file: a subclass with an annotated field for each parameter, and its law in the
docstring. The record of a site holds the checked parameters of its rows and of the rows on its
model's name.

A model is pure: it answers from quantities alone, and what it must remember is in
`Outcome.state`. Money and carbon come from terms. The walk asks for its `needs` first, from the
last buyer up, then lets it `run`, from the first seller down.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Annotated, ClassVar, TypeAlias

from loopbook.errors import Finding
from loopbook.loop.goods.exchange import Facts, Goods, Needs, Now, Outcome
from loopbook.loop.nouns.matter import Split
from loopbook.loop.nouns.numbers import ONE, Each, EachOrAll, Numbers
from loopbook.loop.values.measure import SHARE, Measure
from loopbook.loop.values.quantity import Quantity
from loopbook.tables import Array

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
    keeps_title : whether goods stay whose they were: then it runs for each owner alone.
    wholes : of a share of several wholes, or of one by another name, what it is a share of.
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
    keeps_title: ClassVar[bool] = False
    wholes: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({})
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

    @property
    def has_needs(self) -> bool:
        """Whether it needs goods by its model; else only what is lacking in metal accounts."""
        return type(self).needs is not SiteModel.needs

    def outputs(self, splits: Sequence[Split]) -> Iterable[str] | None:
        """Materials that it makes; None where its parameters do not show them all.

        Parameters
        ----------
        splits : rows of ``shares`` of its process.
        """
        return None

    def faults(self) -> Iterable[Finding]:
        """Errors in its parameters taken together, found when the loop is read."""
        return ()

    def components(self, facts: Facts) -> Mapping[str, Mapping[str, float]]:
        """Components that it makes or acts on, beside those of the tables.

        Each with its composition, kg/kg, which is empty for one of the library.
        """
        return {}

    def prepare(self, facts: Facts) -> object:
        """What it computes once, before the first step; it comes back as ``now.prepared``."""
        return None

    def held_before(self, prepared: object) -> Array | None:
        """What it holds before the first step, shape (component, draw); None where nothing.

        Parameters
        ----------
        prepared : what `prepare` made.
        """
        return None

    def needs(self, orders: Mapping[str, Array], now: Now) -> Needs:
        """What it needs in a step.

        Parameters
        ----------
        orders : tonnes by material that rates and needs of buyers ask of it, shape (draw,).
        now : the site in the step.
        """
        return Needs()

    def run(self, feed: Goods, orders: Mapping[str, Array], now: Now) -> Outcome:
        """What it makes in a step.

        Parameters
        ----------
        feed : what it works on, tonnes by material, shape (component, draw): of a model that is
            `by_arrival` what waited and what arrived, within its capacity. Other models run before
            anything arrives and get nothing here; see `receive`.
        orders : as in `needs`.
        now : the site in the step.
        """
        raise NotImplementedError

    def receive(self, arrived: Goods, outcome: Outcome, now: Now) -> Outcome:
        """The outcome with what arrived after a model that is not `by_arrival` has run.

        What arrives is absorbed: it is used in place of a part of what was drawn.
        """
        absorbed = sum(arrived.values(), now.basis.zeros())
        before = now.basis.zeros() if outcome.absorbed is None else outcome.absorbed
        return replace(outcome, absorbed=before + absorbed)
