"""Assembly: what it makes of what it receives; other components are bought."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np

from loopbook.errors import InputError
from loopbook.loop.goods.exchange import Goods, Needs, Now, Outcome
from loopbook.loop.models.making import settled, sum_of
from loopbook.loop.models.model import SiteModel
from loopbook.loop.nouns.matter import Split
from loopbook.loop.nouns.numbers import Each
from loopbook.loop.values.cells import AmountOf
from loopbook.loop.values.findings import LoopFindings
from loopbook.loop.values.measure import SHARE
from loopbook.loop.values.quantity import Amount, Quantity
from loopbook.tables import Array, Value


@dataclass(frozen=True)
class PartMade(AmountOf):
    """How much of a product is made: a rate, a share of what can be made, ``all``."""

    words: str = "a rate such as 300 t/month, 60 % of made, 50 % of left, or all"

    def read(self, written: Value, at: str, findings: LoopFindings) -> Value:
        """The amount, or None with a finding."""
        amount = super().read(written, at, findings)
        if amount is not None and (amount.kind == "needed" or amount.offer or amount.lower):
            return findings.refuse("amount", self.words, written, at=at)
        return amount


@dataclass(frozen=True, kw_only=True)
class Assembly(SiteModel):
    """Makes products from components in them that arrive; their other components are bought.

    Of a component with mass share ``x`` in a product, ``a`` tonnes times its `use` are enough for
    ``a * use / x``. All components of the product that arrive count, or those that have a `use`;
    the scarcest decides. How much is made is in `makes`: rates first, then shares of all that can
    be made, then of what is left, then ``all``; products of one kind are cut by one fraction. What
    arrives and is not built in is `disposal`; what is built in and did not arrive is drawn.

    It needs the components of its rates, or of what is ordered where that is less. Examples: packs
    of cells, vehicles of packs, cathode material of the metals that a refiner sends.
    """

    model = "assembly"
    by_arrival = True

    makes: Annotated[Mapping[Each, Annotated[Amount, PartMade()]], "how much of it is made"]
    use: Annotated[
        Mapping[Each, Annotated[Quantity, SHARE]], "share of what it receives that is built in"
    ] = field(default_factory=dict)

    def outputs(self, splits: Sequence[Split]) -> Iterable[str] | None:
        """Its products."""
        return self.makes

    def needs(self, orders: Mapping[str, Array], now: Now) -> Needs:
        """Components of the rates, or of what is ordered where that is less."""
        needed = now.basis.zeros()
        for product, amount in self.makes.items():
            if amount.kind == "rate" and amount.upper is not None:
                tonnes = self._rate(product, amount.upper, now)
                tonnes = np.minimum(orders.get(product, tonnes), tonnes)
                needed = needed + now.basis.stream(product, tonnes)
        return Needs(now.basis.contents(needed))

    def run(self, feed: Goods, orders: Mapping[str, Array], now: Now) -> Outcome:
        """Products of what arrived."""
        parts = {product: self._parts(product, now) for product in self.makes}
        there = self._there({name for row in parts.values() for name in row}, feed, now)
        left, made = dict(there), dict[str, Array]()
        for rank in ("rate", "made", "left", "all"):
            asked = {
                product: self._asked(product, amount, parts[product], (there, left), now=now)
                for product, amount in self.makes.items()
                if rank == (amount.of or amount.kind)
            }
            uses = {
                name: sum((x * parts[p].get(name, 0.0) for p, x in asked.items()), np.zeros(1))
                for name in there
            }
            cut = np.ones(1)
            for name, use in uses.items():
                cut = np.minimum(cut, left[name] / np.where(use > 0, use, np.inf) + (use <= 0))
            made |= {product: x * cut for product, x in asked.items()}
            left = {name: np.maximum(x - uses[name] * cut, 0.0) for name, x in left.items()}
        return self._outcome(feed, made, there, left, now=now)

    def _outcome(
        self,
        feed: Goods,
        made: Mapping[str, Array],
        there: Mapping[str, Array],
        left: Mapping[str, Array],
        *,
        now: Now,
    ) -> Outcome:
        """What was made, with what was not built in and what was bought."""
        streams = {name: now.basis.stream(name, tonnes) for name, tonnes in made.items()}
        built, disposal = now.basis.zeros(), now.basis.zeros()
        for name, stream in feed.items():
            share = np.ones(1)
            if name in there:
                used = (there[name] - left[name]) / np.where(there[name] > 0, there[name], 1.0)
                share = used * self._use(name, now)
            built, disposal = built + stream * share, disposal + stream * (1.0 - share)
        drawn, over = settled(sum_of(streams, now.basis), built, now.basis)
        return Outcome(made=streams, disposal=disposal + over, drawn=drawn)

    def _parts(self, product: str, now: Now) -> Mapping[str, float]:
        """Mass shares of the components of a product."""
        parts = now.basis.compositions.get(product)
        if not parts:
            expected = f"what {product} consists of, for {self.name} makes it of components"
            raise InputError.of("missing", "materials", expected, "nothing")
        return parts

    def _there(self, components: set[str], feed: Goods, now: Now) -> dict[str, Array]:
        """Tonnes that can be built in of the components that decide how much is made.

        What arrives as a component is that alone; anything else counts by its content.
        """
        loose = sum_of({k: x for k, x in feed.items() if k not in components}, now.basis)
        tonnes = {
            name: now.basis.content(loose, name) + (feed[name].sum(axis=0) if name in feed else 0.0)
            for name in sorted(components)
        }
        counted = self.use.keys() & components if self.use else components
        return {
            name: x * self._use(name, now)
            for name, x in tonnes.items()
            if name in counted and (self.use or x.any() or name in feed)
        }

    def _use(self, name: str, now: Now) -> Array:
        return now.mean(self.use[name]) if name in self.use else np.ones(1)

    def _rate(self, product: str, rate: Quantity, now: Now) -> Array:
        return now.amount(rate, product) * now.mean(self.availability) * now.mean(self.ramp)

    def _asked(
        self,
        product: str,
        amount: Amount,
        parts: Mapping[str, float],
        pools: tuple[Mapping[str, Array], Mapping[str, Array]],
        *,
        now: Now,
    ) -> Array:
        """What is to be made of a product, before it is cut."""
        there, left = pools

        def most(pool: Mapping[str, Array]) -> Array:
            limits = [pool[name] / share for name, share in parts.items() if name in pool]
            return (
                np.asarray(np.min(np.broadcast_arrays(*limits), axis=0))
                if limits
                else (np.zeros(1))
            )

        if amount.kind == "rate" and amount.upper is not None:
            return np.minimum(self._rate(product, amount.upper, now), most(left))
        share = now.mean(amount.upper) if amount.upper is not None else np.ones(1)
        return share * most(there if amount.of == "made" else left)
