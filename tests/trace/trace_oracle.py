"""A genealogy by brute force: exact fractions over the book's events, written from the rules.

It reads events by `Book.event` and knows nothing of the table of edges, nor of the code that
writes or reads it. The rules, as the book states them:

* An event that was taken back, and what took it back, never happened.
* The legs of an event are added up by end: a lot, or a boundary (supplier and customer by party,
  all others by site). In each substance by itself all that gave are one pool for all that took.
* Where lots are weighed, assayed, counted, or arrive, they are re-stated. Re-statements of a lot
  are added up by kind and site over its whole life; what is above zero came into it, what is below
  zero went out. So a lot has one composition.
* A run's difference is no re-statement: what was found beyond what went in comes from there into
  what was made; what is missing goes there from what went in.
* Goods that come back are of the lot that was delivered, and are with its customer no more.
* A lot from a supplier is its own origin, in all that it was ever stated to contain.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import Any

from loopbook.book.book import Book
from loopbook.book.nouns import Account, Event, Leg

RESTATING = ("weigh", "assay", "stock-take", "arrive")
DIGITS = Context(prec=60)

Number = Any
"""A Fraction, or a Decimal of sixty digits where fractions would have thousands."""


def events_of(book: Book) -> list[Event]:
    """Every event, in the order of recording."""
    found = book.store.rows("SELECT key FROM event ORDER BY recorded_at, id")
    return [book.event(key) for (key,) in found]


def standing(events: Iterable[Event], occurred: int | None, recorded: int | None) -> list[Event]:
    """Events that count at a moment of both clocks, without what was taken back by then."""
    there = [
        e
        for e in events
        if (occurred is None or e.occurred_at <= occurred)
        and (recorded is None or e.recorded_at <= recorded)
    ]
    undone = {e.reverses for e in there}
    amended: defaultdict[str, list[Event]] = defaultdict(list)
    for e in there:
        amended[e.amends].append(e)
    return [
        replace(e, legs=_summed([e, *amended[e.key]]))
        for e in there
        if e.key not in undone and not e.reverses and not e.amends
    ]


def _summed(events: Iterable[Event]) -> tuple[Leg, ...]:
    """Legs of an event and of what amends it, by account."""
    legs: dict[Account, tuple[int, ...]] = {}
    for leg in (leg for event in events for leg in event.legs):
        old = legs.get(leg.account, (0,) * len(leg.content))
        legs[leg.account] = tuple(x + y for x, y in zip(old, leg.content, strict=True))
    return tuple(Leg(account, content) for account, content in sorted(legs.items()))


def end_name(account: Account) -> str:
    if account.kind == "lot":
        return account.lot
    if account.kind in ("supplier", "customer"):
        return f"{account.kind}/{account.party}//"
    return f"{account.kind}//{account.site}/"


def cut(amount: int, left: Mapping[str, int]) -> dict[str, int]:
    """Whole milligrams of each giver for a taker: the largest remainders are rounded up."""
    pool = sum(left.values())
    exact = {name: Fraction(amount * x, pool) for name, x in left.items()}
    parts = {name: x.numerator // x.denominator for name, x in exact.items()}
    short = amount - sum(parts.values())
    for name in sorted(exact, key=lambda n: (parts[n] - exact[n], n))[:short]:
        parts[name] += 1
    return parts


class Oracle:
    """Lots, what went between them, and what follows.

    Parameters
    ----------
    book : whose events.
    occurred, recorded : moments on both clocks, inclusive.
    rounded : whether pools are shared out in whole milligrams, taker by taker in the order of their
        names, as the book does; or exactly.
    number : kind of the shares.
    events : the book's events, if they were read before.
    """

    def __init__(
        self,
        book: Book,
        *,
        occurred: int | None = None,
        recorded: int | None = None,
        rounded: bool = True,
        number: type = Fraction,
        events: list[Event] | None = None,
    ) -> None:
        self.substances = book.substances
        self.rounded, self.number = rounded, number
        count = len(self.substances)

        def row() -> list[Number]:
            return [0] * count

        def rows() -> defaultdict[str, list[Number]]:
            return defaultdict(row)

        self.material: dict[str, str] = {}
        self.supplier: dict[str, str] = {}
        self.parents: defaultdict[str, defaultdict[str, list[Number]]] = defaultdict(rows)
        self.found: defaultdict[str, defaultdict[str, list[Number]]] = defaultdict(rows)
        self.gone: defaultdict[str, defaultdict[str, list[Number]]] = defaultdict(rows)
        self.lying: defaultdict[str, list[Number]] = rows()
        self.doubt: defaultdict[str, list[int]] = rows()
        self._restated: defaultdict[str, defaultdict[str, list[Number]]] = defaultdict(rows)
        given = events_of(book) if events is None else events
        self._made(given, occurred, recorded)
        for event in standing(given, occurred, recorded):
            self._take(event)
        self._settle(row)

    def _made(self, events: Iterable[Event], occurred: int | None, recorded: int | None) -> None:
        for e in events:
            late = occurred is not None and e.occurred_at > occurred
            if not late and (recorded is None or e.recorded_at <= recorded):
                self.material.update((lot.id, lot.material) for lot in e.lots)

    def _take(self, event: Event) -> None:
        sums: dict[str, list[int]] = {}
        for leg in event.legs:
            old = sums.setdefault(end_name(leg.account), [0] * len(self.substances))
            for k, x in enumerate(leg.content):
                old[k] += x
                if leg.account.kind == "lot":
                    self.lying[leg.account.lot][k] += x
            if leg.account.kind == "supplier":
                self.supplier[event.lots[0].id] = leg.account.party
        for k in range(len(self.substances)):
            left = {end: -x[k] for end, x in sums.items() if x[k] < 0}
            takers = {end: x[k] for end, x in sums.items() if x[k] > 0}
            pool = sum(left.values())
            for taker in sorted(takers):
                if self.rounded:
                    parts: dict[str, Number] = dict(cut(takers[taker], left))
                    left = {giver: left[giver] - parts[giver] for giver in left}
                else:
                    parts = {g: Fraction(takers[taker] * x, pool) for g, x in left.items()}
                for giver, amount in parts.items():
                    if amount:
                        self._flow(event, (giver, taker), k, amount)
                        self.doubt[taker][k] += len(takers) + 1

    def _flow(self, event: Event, ends: tuple[str, str], k: int, amount: Number) -> None:
        source, target = ends
        into, out = "/" not in target, "/" not in source
        if into and event.kind == "return-goods":
            delivered = json.loads(event.command)["lot"]
            self.parents[target][delivered][k] += amount
            self.gone[delivered][source][k] -= amount
        elif into and out:
            self.parents[target][source][k] += amount
        elif into and event.kind in RESTATING:
            self._restated[target][source][k] += amount
        elif out and event.kind in RESTATING:
            self._restated[source][target][k] -= amount
        elif into:
            self.found[target][source][k] += amount
        elif out:
            self.gone[source][target][k] += amount

    def _settle(self, row: Any) -> None:
        for lot, ends in self._restated.items():
            for end, amounts in ends.items():
                for k, x in enumerate(amounts):
                    (self.found if x > 0 else self.gone)[lot][end][k] += abs(x)
        self.total = {lot: row() for lot in self.material}
        for lot, total in self.total.items():
            for amounts in (*self.parents[lot].values(), *self.found[lot].values()):
                for k, x in enumerate(amounts):
                    total[k] += x

    def check(self) -> None:
        """What came in, less what went on and what left, lies there."""
        rest = {lot: list(x) for lot, x in self.total.items()}
        for lot in self.total:
            for parent, amounts in self.parents[lot].items():
                rest[parent] = [x - y for x, y in zip(rest[parent], amounts, strict=True)]
            for amounts in self.gone[lot].values():
                rest[lot] = [x - y for x, y in zip(rest[lot], amounts, strict=True)]
        assert rest == {lot: self.lying[lot] for lot in self.total}

    def share(self, amount: Number, total: Number) -> Number:
        if self.number is Decimal:
            return DIGITS.divide(Decimal(int(amount)), Decimal(int(total)))
        return Fraction(amount) / Fraction(total)

    def _fill(self, start: Any, substance: str) -> dict[str, dict[str, Number]]:
        """Shares of all lots, in the order in which they were made."""
        k = self.substances.index(substance)
        shares: dict[str, dict[str, Number]] = {}
        with localcontext(DIGITS):
            for lot, total in self.total.items():
                own: dict[str, Number] = start(lot, total[k], k) if total[k] else {}
                for parent, amounts in self.parents[lot].items():
                    if amounts[k]:
                        part = self.share(amounts[k], total[k])
                        for name, x in shares[parent].items():
                            own[name] = own.get(name, 0) + part * x
                shares[lot] = own
        return shares

    def origins(self, substance: str) -> dict[str, dict[str, Number]]:
        """Shares of every lot by its origins: lots of suppliers, and boundaries; {} for nothing."""

        def start(lot: str, total: Number, k: int) -> dict[str, Number]:
            if lot in self.supplier:
                return {lot: self.number(1)}
            found = self.found[lot].items()
            return {end: self.share(x[k], total) for end, x in found if x[k]}

        return self._fill(start, substance)

    def through(self, substance: str) -> dict[str, dict[str, Number]]:
        """Shares of every lot that came through each of its ancestors, itself included."""
        return self._fill(lambda lot, *_: {lot: self.number(1)}, substance)

    def mass_shares(self) -> dict[str, dict[str, Number]]:
        """Shares of every lot's mass: all substances together."""
        by = [self.origins(s) for s in self.substances]
        found: dict[str, dict[str, Number]] = {}
        for lot, total in self.total.items():
            sums: dict[str, Number] = {}
            for k, shares in enumerate(by):
                for name, x in shares[lot].items():
                    sums[name] = sums.get(name, 0) + x * int(total[k])
            found[lot] = {name: x / int(sum(total)) for name, x in sums.items()}
        return found
