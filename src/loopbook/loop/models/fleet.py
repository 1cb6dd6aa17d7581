"""A fleet in use: sales from stock or stock from sales, and what leaves use."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from loopbook.errors import Finding, InputError
from loopbook.loop.goods.exchange import (
    Facts,
    Goods,
    Needs,
    Now,
    Outcome,
    counted_in,
    in_force,
    total,
)
from loopbook.loop.models.lifetimes import InUse, Staying
from loopbook.loop.models.model import Rates, SiteModel, Stocks
from loopbook.loop.nouns.matter import Split
from loopbook.loop.nouns.numbers import Each
from loopbook.loop.time.calendar import Calendar, Span, month_name
from loopbook.loop.values.cells import Lifetime, LifetimeOf, PartOf
from loopbook.loop.values.quantity import Amount, Quantity
from loopbook.loop.values.refused import require_draws
from loopbook.tables import Array

Body = tuple[str, str]
"""A product, and the material as which it fails early; empty for those that reach their end."""


@dataclass(frozen=True, slots=True)
class _Cohorts:
    """Goods that were sold while one lifetime held: that time in months, and what is in use."""

    time: Array
    staying: Staying
    used: InUse


@dataclass(frozen=True, slots=True)
class _Sold:
    """One body of a product in a step: its share of the sales, its goods, what will remain."""

    share: Array
    cohorts: tuple[_Cohorts, ...]
    remaining: tuple[Array, ...]

    @property
    def own(self) -> Array:
        """Share of what is sold in the step that is in use at its end, shape (draw,)."""
        last = self.cohorts[-1]
        return last.staying.own(last.used.spans)

    def after(self, sales: Array) -> tuple[tuple[_Cohorts, ...], Array]:
        """Goods after the step with sales of the product, and what left."""
        came = self.share * sales
        stocks = [*self.remaining[:-1], self.remaining[-1] + self.own * came]
        news = [*(np.zeros_like(came) for _ in stocks[1:]), came]
        before = sum((row.used.stock for row in self.cohorts), np.zeros((1, 1)))
        cohorts = tuple(
            replace(row, used=row.used.after(new, stock))
            for row, new, stock in zip(self.cohorts, news, stocks, strict=True)
        )
        return cohorts, before + came - sum(stocks, np.zeros((1, 1)))


@dataclass(frozen=True, slots=True)
class _State:
    """A fleet between two steps: its goods, and what has left use and not the site, by body."""

    cohorts: Mapping[Body, tuple[_Cohorts, ...]]
    due: Mapping[Body, Array]

    @property
    def held(self) -> Array:
        """All that is at the site, shape (component, draw)."""
        stocks = [row.used.stock for rows in self.cohorts.values() for row in rows]
        return np.asarray(sum([*stocks, *self.due.values()], np.zeros((1, 1))))


@dataclass(frozen=True, slots=True)
class _Pending:
    """A step in which nothing has arrived yet: bodies and sales by product, what left by body."""

    before: _State
    bodies: Mapping[str, Mapping[Body, _Sold]]
    sales: Mapping[str, Array]
    gone: Mapping[Body, Array]


@dataclass(frozen=True, kw_only=True)
class Fleet(SiteModel):
    """Goods in use: what was sold leaves by its lifetime, a model of dynamic material flows.

    `sales` give the stock, or `stock` (at the end of a step) gives the sales, which are then
    ``(stock - remaining) / share of what is sold that is still in use``, never negative; without
    either the fleet gets what its contracts bring. Sales are facts: what contracts do not bring of
    them is drawn. A series that begins before the first period gives what is in use then.

    What is sold in a month is sold in its middle; a step is the sum of its months. `lifetime`:
    ``fixed 8 yr``; ``weibull 2.8, 12 yr`` (shape, scale); ``normal 0.3, 12 yr`` and ``lognormal``
    (standard deviation by mean, mean); of a series that of the time of sale.

    Of what is sold, `fails` is the share that comes back as a material under the lifetime of that
    material: ``2 % of packs`` as warranty packs. The others reach their end; of these `returns` is
    the share that comes back as a material in the step in which they leave. The rest is
    `disposal`. A product without `returns` comes back under its own name.

    What arrives beyond the sales leaves from the next step on.
    """

    model = "fleet"

    sales: Annotated[Rates, "what comes into use"] = field(default_factory=dict)
    stock: Annotated[Stocks, "what is in use"] = field(default_factory=dict)
    lifetime: Annotated[
        Mapping[Each, Annotated[Lifetime, LifetimeOf()]], "how long it is in use"
    ] = field(default_factory=dict)
    returns: Annotated[
        Mapping[Each, Annotated[Amount, PartOf()]], "share of what reaches its end that is this"
    ] = field(default_factory=dict)
    fails: Annotated[
        Mapping[Each, Annotated[Amount, PartOf()]], "share of what is sold that fails as this"
    ] = field(default_factory=dict)

    def outputs(self, splits: Sequence[Split]) -> Iterable[str] | None:
        """What comes back."""
        named = {x.of for x in self.returns.values()}
        others = [x for x in self.lifetime if x not in named and x not in self.fails]
        return (*self.returns, *self.fails, *others)

    def prepare(self, facts: Facts) -> object:
        """What is in use before the first period."""
        cohorts: dict[Body, tuple[_Cohorts, ...]] = {}
        for product in self._products:
            for span in _spans_before(self._facts_of(product), facts.calendar):
                bodies = self._bodies(product, cohorts, span, facts)
                tonnes = self._tonnes(product, bodies, span, facts)
                sold = facts.basis.stream(product, tonnes)
                cohorts |= {body: row.after(sold)[0] for body, row in bodies.items()}
        return _State(cohorts, {})

    def held_before(self, prepared: object) -> Array | None:
        """What is in use before the first period."""
        assert isinstance(prepared, _State)
        return prepared.held

    def needs(self, orders: Mapping[str, Array], now: Now) -> Needs:
        """Sales."""
        pending = self._pending(now)
        return Needs({name: x.sum(axis=0) for name, x in pending.sales.items() if x.any()})

    def run(self, feed: Goods, orders: Mapping[str, Array], now: Now) -> Outcome:
        """What leaves use, if as much comes as is sold."""
        pending = self._pending(now)
        made: dict[str, Array] = {}
        disposal = now.basis.zeros()
        for body, gone in pending.gone.items():
            rest = gone
            for material, share in self._returns(body, now):
                made[material] = made.get(material, now.basis.zeros()) + share * gone
                rest = rest - share * gone
            disposal = disposal + rest
        return Outcome(made=made, disposal=disposal, state=pending)

    def receive(self, arrived: Goods, outcome: Outcome, now: Now) -> Outcome:
        """Sales that did not arrive are drawn; all that came is in use."""
        pending = outcome.state
        assert isinstance(pending, _Pending)
        for name in {*arrived} - {*pending.sales}:
            raise self._no_lifetime(name, f"parameters of {self.name}")
        drawn = now.basis.zeros()
        cohorts: dict[Body, tuple[_Cohorts, ...]] = {}
        due: dict[Body, Array] = {}
        for product, sales in pending.sales.items():
            came = arrived.get(product, now.basis.zeros())
            sold = sales.sum(axis=0)
            bought = np.maximum(1.0 - came.sum(axis=0) / np.where(sold > 0, sold, 1.0), 0.0) * sales
            drawn = drawn + bought
            for body, row in pending.bodies[product].items():
                cohorts[body], left = row.after(came + bought)
                due[body] = pending.before.due.get(body, 0.0) + left - pending.gone[body]
        state = _State(cohorts, due)
        return replace(outcome, drawn=drawn, held=state.held, state=state)

    @property
    def _products(self) -> list[str]:
        return [name for name in self.lifetime if name not in self.fails]

    def _facts_of(self, product: str) -> Quantity | None:
        return self.sales.get(product, self.stock.get(product))

    def faults(self) -> Iterable[Finding]:
        """Each product has a lifetime, and sales or a stock; shares are of products."""
        rows = [*self.sales.items(), *self.stock.items()]
        uses = [(x.of, x.upper) for x in (*self.returns.values(), *self.fails.values())]
        for name, quantity in [*rows, *uses]:
            if name not in self._products and quantity is not None:
                yield from self._no_lifetime(name, quantity.where).findings
        for name in sorted({*self.sales} & {*self.stock}):
            yield Finding("column", self.stock[name].where, f"sales or stock of {name}", "both")

    def _no_lifetime(self, name: str, where: str) -> InputError:
        hint = f"write a row {self.name},lifetime,{name} with a value such as 8 yr"
        return InputError.of("missing", where, f"the lifetime of {name}", "nothing", hint=hint)

    def _pending(self, now: Now) -> _Pending:
        """What is sold and what leaves in a step."""
        before = now.state or now.prepared
        assert isinstance(before, _State)
        bodies = {
            name: self._bodies(name, before.cohorts, now.step, now) for name in self._products
        }
        sales = {
            name: now.basis.stream(name, self._tonnes(name, rows, now.step, now))
            for name, rows in bodies.items()
        }
        gone = {
            body: np.maximum(row.after(sales[name])[1] + before.due.get(body, 0.0), 0.0)
            for name, rows in bodies.items()
            for body, row in rows.items()
        }
        return _Pending(before, bodies, sales, gone)

    def _bodies(
        self,
        product: str,
        cohorts: Mapping[Body, tuple[_Cohorts, ...]],
        span: Span,
        facts: Facts | Now,
    ) -> dict[Body, _Sold]:
        """Bodies of a product in a step, before anything is sold in it."""
        early = {(product, name): x for name, x in self.fails.items() if x.of == product}
        shares = {body: _share(x, span) for body, x in early.items()}
        shares[product, ""] = 1.0 - sum(shares.values(), np.zeros(1))
        _check_sum(shares[product, ""], early.values())
        rows: dict[Body, _Sold] = {}
        for body, share in shares.items():
            lifetime = self.lifetime[body[1] if body[1] in self.lifetime else product]
            time = lifetime.time.over(span, "month")
            goods = cohorts.get(body, ())
            if not goods or not np.array_equal(goods[-1].time, time):
                every = _bounds(self._facts_of(product), facts.calendar)
                bounds = every[np.searchsorted(every, span.first) :]
                ages = int(bounds[-1] - bounds[0])
                staying = Staying.of(lifetime.law, lifetime.shape, time, ages)
                used = InUse.none(bounds, len(facts.basis.names))
                goods = (*goods, _Cohorts(time, staying, used))
            remaining = tuple(row.used.remaining(row.staying) for row in goods)
            rows[body] = _Sold(share, goods, remaining)
        return rows

    def _tonnes(
        self, product: str, bodies: Mapping[Body, _Sold], span: Span, facts: Facts | Now
    ) -> Array:
        """What is sold in a step, in tonnes, shape (draw,)."""
        quantity = self._facts_of(product)
        if quantity is None or sum(in_force(facts.days, span)) == 0:
            return np.zeros(1)
        unit = counted_in(quantity.unit)
        tonnes = facts.basis.in_tonnes(product, unit)
        if product in self.sales:
            return total(quantity, f"{unit}/month", facts.days, span) * tonnes
        stock = quantity.in_month(span.end - 1, unit) * tonnes
        rows = bodies.values()
        remaining = sum((x.sum(axis=0) for row in rows for x in row.remaining), np.zeros(1))
        own = sum((row.share * row.own for row in rows), np.zeros(1))
        lacking = np.maximum(stock - remaining, 0.0)
        if (lacking[own <= 0] if own.shape == lacking.shape else lacking * (own <= 0)).any():
            expected = f"a lifetime of {product} that outlasts a step"
            raise InputError.of("range", quantity.where, expected, "a shorter one")
        return np.asarray(lacking / np.where(own > 0, own, 1.0))

    def _returns(self, body: Body, now: Now) -> Iterator[tuple[str, Array]]:
        """As what a body comes back: materials with their shares."""
        product, early = body
        rows = {name: x for name, x in self.returns.items() if x.of == product}
        if early or not rows:
            yield early or product, np.ones(1)
            return
        shares = {name: _share(x, now.step) for name, x in rows.items()}
        _check_sum(1.0 - sum(shares.values(), np.zeros(1)), rows.values())
        yield from shares.items()


def _share(amount: Amount, span: Span) -> Array:
    assert amount.upper is not None
    return amount.upper.over(span, "1")


def _check_sum(rest: Array, rows: Iterable[Amount]) -> None:
    """Shares of one whole are at most 100 % of it."""
    for row in rows:
        if row.upper is not None:
            expected = f"shares of {row.of} that sum to at most 100 %"
            require_draws(rest >= -1e-9, "sum", row.upper.where, expected)


def _spans_before(quantity: Quantity | None, calendar: Calendar) -> list[Span]:
    """Columns of a series before the first period, without gaps, from its first number on."""
    if quantity is None or quantity.series is None or quantity.series.line.by_age:
        return []
    line = quantity.series.line
    rows = zip(line.columns, line.numbers, strict=True)
    firsts = [span.first for span, x in rows if x is not None and span.first < calendar.first]
    bounds = [*firsts, calendar.first] if firsts else []
    return [Span(month_name(a), a, b - a) for a, b in pairwise(bounds)]


def _bounds(quantity: Quantity | None, calendar: Calendar) -> NDArray[np.int64]:
    """First month of every step, those before the first period included, and the end."""
    before = [span.first for span in _spans_before(quantity, calendar)]
    steps = [step.first for step in calendar.steps]
    return np.array([*before, *steps, calendar.end], dtype=np.int64)
