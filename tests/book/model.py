"""A book in a few dictionaries of whole numbers, written apart from the package.

`Model.expect` says what a command does: the change of each account, or None if it is refused. It
shares no code with the book: shares are `Fraction`s, and parts are cut by its own rule of largest
remainders, the first in order winning a tie. An account is ``(kind, party, site, lot)``.
"""

from __future__ import annotations

import copy
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from model_dates import before_its_event

Where = tuple[str, str, str, str]
Change = dict[Where, list[int]]

MG = 10**6
_NOUNS = ("Register", "AddSubstance", "Hold", "Release", "OpenPeriod", "ClosePeriod")


def cut(amount: int, weights: Sequence[int | Fraction]) -> list[int]:
    """Whole parts of an amount: floors first, then one each to the largest remainders."""
    whole = sum(map(Fraction, weights))
    exact = [Fraction(w) * amount / whole for w in weights]
    parts = [x.numerator // x.denominator for x in exact]
    by_rest = sorted(range(len(parts)), key=lambda i: parts[i] - exact[i])
    for i in by_rest[: amount - sum(parts)]:
        parts[i] += 1
    return parts


def mg(kg: Any) -> int:
    return int((Decimal(str(kg)) * MG).to_integral_value())


@dataclass
class Fact:
    """A posted event, as the model keeps it."""

    key: str
    command: Any
    change: Change
    recorded_at: int
    occurred_at: int
    reversal_of: str = ""
    amends: str = ""
    reversed: bool = False


@dataclass
class Model:
    """What the book should hold."""

    substances: list[str]
    facts: dict[str, Fact] = field(default_factory=dict)
    held: Change = field(default_factory=dict)
    lots: dict[str, str] = field(default_factory=dict)
    made: dict[str, int] = field(default_factory=dict)
    holds: dict[str, str] = field(default_factory=dict)  # at the date of the last command
    names: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    hazards: dict[str, str] = field(default_factory=dict)
    limits: dict[tuple[str, str], int] = field(default_factory=dict)
    periods: dict[str, tuple[int, int]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    counted: dict[str, Change] = field(default_factory=dict)  # what was counted as nothing
    amended: dict[str, Change] = field(default_factory=dict)  # by the last command
    _making: dict[str, str] = field(default_factory=dict)  # lots that a command makes

    # -- asked by the machine

    def balances(self, facts: Iterable[Fact] | None = None) -> Change:
        """Accounts that are not empty, after some facts or all."""
        if facts is None:
            return {a: list(x) for a, x in self.held.items() if any(x)}
        total: Change = {}
        for fact in facts:
            _sum(total, self._wide(fact.change))
        return {a: x for a, x in total.items() if any(x)}

    def as_of(self, occurred: int, recorded: int) -> Change:
        """What was believed at `recorded` about `occurred`."""
        facts = self.facts.values()
        return self.balances(
            [f for f in facts if f.occurred_at <= occurred and f.recorded_at <= recorded]
        )

    def lots_there(self) -> list[str]:
        """Lots with content."""
        return sorted({a[3] for a, x in self.held.items() if a[0] == "lot" and any(x)})

    def site_of(self, lot: str) -> str:
        """Where a lot lies."""
        sites = {a[2] for a, x in self.held.items() if a[0] == "lot" and a[3] == lot and any(x)}
        assert len(sites) <= 1, f"{lot} is at {sites}"
        return next(iter(sites), "")

    def owners(self, lot: str) -> list[str]:
        """Who has title to a lot."""
        return sorted({a[1] for a in self._of(lot)})

    def mass_of(self, lot: str) -> int:
        """Milligrams of a lot."""
        return sum(sum(x) for x in self._of(lot).values())

    def _of(self, lot: str) -> Change:
        return {
            a: x for a, x in sorted(self.held.items()) if a[0] == "lot" and a[3] == lot and any(x)
        }

    def _wide(self, change: Change) -> Change:
        count = len(self.substances)
        return {a: [*x, *[0] * (count - len(x))] for a, x in change.items()}

    # -- told by the machine

    def expect(self, command: Any, occurred_at: int) -> Change | None:
        """The change that a command makes, or None if the book must refuse it.

        What it changes in later events is in `amended`.
        """
        self.amended = {}
        if before_its_event(self, command, occurred_at):
            return None
        self.holds = self._holds_by(occurred_at)
        change = self._on(command)
        late = any(f.occurred_at > occurred_at for f in self.facts.values())
        if late or type(command).__name__ in ("Reverse", "StockTake"):
            change = self._played_again(command, occurred_at, change)
        if change is None or self._over([change, *self.amended.values()]):
            return None
        total = [sum(column) for column in zip(*change.values(), strict=True)]
        assert not any(total), f"the model does not balance: {total}"
        return {a: x for a, x in change.items() if any(x)}

    def _on(self, command: Any) -> Change | None:
        change: Change | None = getattr(self, f"_on_{_snake(command)}")(command)
        return change

    def _played_again(self, command: Any, at: int, change: Change | None) -> Change | None:
        """The change that a command makes at its date, when all facts are played in order.

        Later facts get the changes that they have then; what differs is in `amended`. None if one
        of them cannot be.
        """
        taken_back = getattr(command, "event", "")
        if change is None and taken_back:
            return None
        again = Model(list(self.substances), names=self.names, hazards=self.hazards)
        again.periods, again.closed, again._making = self.periods, self.closed, self._making
        live = [
            f
            for f in self.facts.values()
            if not (f.reversed or f.reversal_of or f.amends or f.key == taken_back)
        ]
        order = sorted([*enumerate(live)], key=lambda x: (x[1].occurred_at, x[0]))
        facts = [(f.occurred_at, f.command, f) for _, f in order]
        if not taken_back:
            place = sum(f.occurred_at <= at for f in live)
            facts.insert(place, (at, command, None))
        for moment, one, fact in facts:
            name = type(one).__name__
            if fact is not None and name.startswith(_NOUNS):
                continue
            again.holds = {} if fact else self._holds_by(moment)
            new = again._on(one)
            if new is None:
                return None
            again.post(one, new, at=(moment, 0))
            if fact is None:
                change = new
            else:
                differs = {a: [-x for x in content] for a, content in self.now(fact).items()}
                _sum(differs, self._wide(new))
                if any(map(any, differs.values())):
                    self.amended[fact.key] = {a: x for a, x in differs.items() if any(x)}
        return change

    def _holds_by(self, moment: int) -> dict[str, str]:
        """Holds as they were at a date."""
        holds: dict[str, str] = {}
        for fact in sorted(self.facts.values(), key=lambda fact: fact.occurred_at):
            if fact.occurred_at <= moment and type(fact.command).__name__ in ("Hold", "Release"):
                holds[fact.command.lot] = getattr(fact.command, "reason", "")
        return holds

    def now(self, fact: Fact) -> Change:
        """The change of a fact with all that amends it."""
        total = copy.deepcopy(self._wide(fact.change))
        for other in self.facts.values():
            if other.amends == fact.key:
                _sum(total, self._wide(other.change))
        return total

    def post(self, command: Any, change: Change, *, at: tuple[int, int]) -> None:
        """Take a fact in, and what it amends."""
        amended, self.amended = self.amended, {}
        for key, differs in amended.items():
            self._take(Fact(f"{command.key} amends {key}", None, differs, at[1], 0, amends=key))
        fact = Fact(command.key, command, change, at[1], at[0])
        if type(command).__name__ == "Reverse":
            fact.reversal_of = command.event
            self.facts[command.event].reversed = True
            fact.occurred_at = self.facts[command.event].occurred_at
        lots = {a[3] for a in change} - {""}
        held = {lot: copy.deepcopy(self._of(lot)) for lot in lots}
        self._take(fact)
        for lot in lots:
            if type(command).__name__ != "StockTake" or self._of(lot):
                self.counted.pop(lot, None)
            elif held[lot]:
                self.counted[lot] = held[lot]
        getattr(self, f"_know_{_snake(command)}", lambda _: None)(command)
        self.made = {**dict.fromkeys(self.lots, at[0]), **self.made}

    def _take(self, fact: Fact) -> None:
        if fact.amends:
            fact.occurred_at = self.facts[fact.amends].occurred_at
        self.facts[fact.key] = fact
        _sum(self.held, fact.change)

    def _over(self, changes: Sequence[Change]) -> bool:
        gains: dict[tuple[str, str], int] = defaultdict(int)
        for (kind, _, site, lot), content in (x for change in changes for x in change.items()):
            if kind == "lot" and (hazard := self.hazards[self.lots.get(lot) or self._making[lot]]):
                gains[site, hazard] += sum(content)
        for place, gain in gains.items():
            load = sum(
                sum(x)
                for a, x in self.held.items()
                if a[0] == "lot" and (a[2], self.hazards[self.lots[a[3]]]) == place
            )
            if gain > 0 and place in self.limits and load + gain > self.limits[place]:
                return True
        return False

    # -- nouns

    def _noun(self, kind: str, name: str) -> Change | None:
        return None if name in self.names[kind] else {}

    def _on_register_party(self, c: Any) -> Change | None:
        return self._noun("party", c.party)

    def _know_register_party(self, c: Any) -> None:
        self.names["party"].add(c.party)

    def _on_register_site(self, c: Any) -> Change | None:
        return self._noun("site", c.site)

    def _know_register_site(self, c: Any) -> None:
        self.names["site"].add(c.site)
        self.limits |= {(c.site, hazard): mg(kg) for hazard, kg in c.limits_kg.items()}

    def _on_register_material(self, c: Any) -> Change | None:
        return self._noun("material", c.material)

    def _know_register_material(self, c: Any) -> None:
        self.names["material"].add(c.material)
        self.hazards[c.material] = c.hazard

    def _on_add_substance(self, c: Any) -> Change | None:
        return None if c.substance.lower() in map(str.lower, self.substances) else {}

    def _know_add_substance(self, c: Any) -> None:
        self.substances.append(c.substance)
        self.held = self._wide(self.held)

    def _on_hold(self, c: Any) -> Change | None:
        return {} if self._of(c.lot) and not self.holds.get(c.lot) and c.reason else None

    def _on_release(self, c: Any) -> Change | None:
        return {} if self._of(c.lot) and self.holds.get(c.lot) else None

    def _on_open_period(self, c: Any) -> Change | None:
        start, end = us(c.start), us(c.end)
        overlap = any(a < end and start < b for a, b in self.periods.values())
        closed = any(start < self.periods[p][1] for p in self.closed)
        return None if c.period in self.periods or start >= end or overlap or closed else {}

    def _know_open_period(self, c: Any) -> None:
        self.periods[c.period] = us(c.start), us(c.end)

    def _on_close_period(self, c: Any) -> Change | None:
        if c.period not in self.periods or c.period in self.closed:
            return None
        start = self.periods[c.period][0]
        earlier = any(x[0] < start for p, x in self.periods.items() if p not in self.closed)
        return None if earlier else {}

    def _know_close_period(self, c: Any) -> None:
        self.closed.add(c.period)

    # -- lots

    def _content(self, kg: Any, shares: Mapping[str, Any]) -> list[int] | None:
        known = {s: Fraction(str(x)) for s, x in shares.items()}
        rest = 1 - sum(known.values())
        if known.keys() - set(self.substances) or rest < 0 or min(known.values(), default=0) < 0:
            return None
        if mg(kg) <= 0:
            return None
        known["other"] = known.get("other", Fraction(0)) + rest
        return cut(mg(kg), [known.get(s, Fraction(0)) for s in self.substances])

    def _known(self, kind: str, *names: str) -> bool:
        return all(name in self.names[kind] for name in names)

    def _on_receive(self, c: Any) -> Change | None:
        content = self._content(c.mass_kg, c.shares)
        known = self._known("party", c.supplier, c.owner) and self._known("site", c.site)
        if not known or not self._known("material", c.material) or c.lot in self.lots:
            return None
        if content is None:
            return None
        self._making[c.lot] = c.material
        return _moved(("supplier", c.supplier, "", ""), ("lot", c.owner, c.site, c.lot), content)

    def _know_receive(self, c: Any) -> None:
        self.lots[c.lot] = c.material

    def _on_weigh(self, c: Any) -> Change | None:
        net = mg(c.gross_kg) - mg(c.tare_kg)
        return self._scaled(c.lot, net, "reassay") if net > 0 and self._of(c.lot) else None

    def _scaled(self, lot: str, amount: int, boundary: str) -> Change:
        change: Change = {}
        there = self._of(lot)
        for (a, old), share in zip(
            there.items(), cut(amount, [sum(x) for x in there.values()]), strict=True
        ):
            new = cut(share, old)
            _sum(change, _moved((boundary, a[1], a[2], ""), a, _minus(new, old)))
        return change

    def _on_assay(self, c: Any) -> Change | None:
        there = self._of(c.lot)
        shares = {s: Fraction(str(x)) for s, x in c.shares.items()}
        if c.moisture is not None:
            if "H2O" in shares:
                return None
            wet = Fraction(str(c.moisture))
            dry = 1 - wet if c.basis == "dry" else Fraction(1)
            shares = {s: x * dry for s, x in shares.items()} | {"H2O": wet}
        elif c.basis == "dry":
            return None
        rest = 1 - sum(shares.values())
        if not there or not c.shares or rest < 0 or shares.keys() - set(self.substances):
            return None
        old = [sum(column) for column in zip(*there.values(), strict=True)]
        keep = [0 if s in shares else x for s, x in zip(self.substances, old, strict=True)]
        if not any(keep):
            if "other" in shares and rest:
                return None
            keep[self.substances.index("other")] = 1
        *known, left = cut(sum(old), [*(shares.get(s, 0) for s in self.substances), rest])
        new = [a + b for a, b in zip(known, cut(left, keep), strict=True)]
        return self._restated(there, _minus(new, old))

    def _restated(self, there: Change, differs: list[int]) -> Change:
        """Owners give of what falls as they have it, and get of what rises as they gave."""
        gives = {a: [0] * len(differs) for a in there}
        for k, more in enumerate(differs):
            if more < 0:
                shares = cut(-more, [x[k] for x in there.values()])
                for a, share in zip(there, shares, strict=True):
                    gives[a][k] = share
        change: Change = {}
        open_rises = [max(more, 0) for more in differs]
        for a, given in gives.items():
            gets = cut(sum(given), open_rises) if any(given) else [0] * len(differs)
            open_rises = _minus(open_rises, gets)
            _sum(change, _moved(("reassay", a[1], a[2], ""), a, _minus(gets, given)))
        return change

    def _split(self, lot: str, parts: Mapping[str, Any]) -> Change | None:
        left = self._of(lot)
        taken = any(name in self.lots for name in parts)
        if not left or self.holds.get(lot) or taken or not parts:
            return None
        self._making |= dict.fromkeys(parts, self.lots[lot])
        change: Change = {}
        for name, kg in parts.items():
            amount = mg(kg)
            if not 0 < amount <= sum(map(sum, left.values())):
                return None
            for a, share in zip(
                list(left), cut(amount, [sum(x) for x in left.values()]), strict=True
            ):
                part = cut(share, left[a]) if share else [0] * len(left[a])
                left[a] = _minus(left[a], part)
                _sum(change, _moved(a, (*a[:3], name), part))
        return change

    def _on_sample(self, c: Any) -> Change | None:
        return self._split(c.lot, {c.sample: c.mass_kg})

    def _know_sample(self, c: Any) -> None:
        self.lots[c.sample] = self.lots[c.lot]

    def _on_split(self, c: Any) -> Change | None:
        return self._split(c.lot, c.parts_kg)

    def _know_split(self, c: Any) -> None:
        self.lots |= dict.fromkeys(c.parts_kg, self.lots[c.lot])

    def _inputs(self, inputs: Mapping[str, Any], site: str) -> Change | None:
        taken: Change = {}
        for lot, kg in inputs.items():
            there = self._of(lot)
            if not there or self.holds.get(lot) or self.site_of(lot) != site:
                return None
            whole = self.mass_of(lot)
            amount = whole if kg is None else mg(kg)
            if not 0 < amount <= whole:
                return None
            shares = cut(amount, [sum(x) for x in there.values()])
            for (a, x), share in zip(there.items(), shares, strict=True):
                taken[a] = cut(share, x)
        return taken or None

    def _on_blend(self, c: Any) -> Change | None:
        taken = self._inputs(c.inputs_kg, c.site)
        if taken is None or c.lot in self.lots or not self._known("material", c.material):
            return None
        self._making[c.lot] = c.material
        change: Change = {}
        for a, content in taken.items():
            _sum(change, _moved(a, ("lot", a[1], c.site, c.lot), content))
        return change

    def _know_blend(self, c: Any) -> None:
        self.lots[c.lot] = c.material

    def _on_process(self, c: Any) -> Change | None:
        taken = self._inputs(c.inputs_kg, c.site)
        names = [o.lot for o in c.outputs]
        if taken is None or len(set(names)) < len(names) or any(n in self.lots for n in names):
            return None
        made: list[tuple[str, str, list[int]]] = []
        for o in c.outputs:
            content = self._content(o.mass_kg, o.shares)
            if content is None or not self._known("material", o.material):
                return None
            self._making[o.lot] = o.material
            made.append(("lot", o.lot, content))
        for kind, given in (("emission", c.emissions_kg), ("waste", c.waste_kg)):
            if any(map(mg, given.values())):
                made.append((kind, "", [mg(given.get(s, 0)) for s in self.substances]))
        out = sum(sum(x) for _, _, x in made)
        if not made or out > Fraction(1005, 1000) * sum(map(sum, taken.values())):
            return None
        change: Change = {}
        owned: dict[str, list[int]] = {}
        for a, content in taken.items():
            old = owned.get(a[1], [0] * len(content))
            owned[a[1]] = [x + y for x, y in zip(old, content, strict=True)]
            _sum(change, {a: [-x for x in content]})
        owners = sorted(owned)
        missing = dict(owned)
        for kind, lot, content in made:
            table = []
            for s, amount in enumerate(content):
                weights = [owned[o][s] for o in owners]
                if c.share_by == "mass" or not any(weights):
                    weights = [sum(owned[o]) for o in owners]
                table.append(cut(amount, weights))
            for o, mine in zip(owners, map(list, zip(*table, strict=True)), strict=True):
                missing[o] = _minus(missing[o], mine)
                _sum(change, {(kind, o, c.site, lot): mine})
        for o in owners:
            _sum(change, {("unaccounted", o, c.site, ""): missing[o]})
        return change

    def _know_process(self, c: Any) -> None:
        self.lots |= {o.lot: o.material for o in c.outputs}

    # -- places and owners

    def _carry(self, lot: str, source: str, target: str) -> Change | None:
        taken = self._inputs({lot: None}, source)
        if taken is None:
            return None
        change: Change = {}
        for a, x in taken.items():
            _sum(change, _moved(a, (a[0], a[1], target, lot), x))
        return change

    def _on_move(self, c: Any) -> Change | None:
        if not self._known("site", c.from_site, c.to_site) or c.from_site == c.to_site:
            return None
        return self._carry(c.lot, c.from_site, c.to_site)

    def _on_ship(self, c: Any) -> Change | None:
        if not self._known("site", c.from_site) or not c.consignment.strip():
            return None
        return self._carry(c.lot, c.from_site, f"in transit {c.consignment}")

    def _on_arrive(self, c: Any) -> Change | None:
        road = f"in transit {c.consignment}"
        there = self._of(c.lot)
        if not there or self.site_of(c.lot) != road or not self._known("site", c.site):
            return None
        change: Change = {}
        if c.load is not None:
            part = mg(c.mass_kg)
            if c.load in self.lots or not 0 < part < sum(map(sum, there.values())):
                return None
            self._making[c.load] = self.lots[c.lot]
            cuts = cut(part, [sum(x) for x in there.values()])
            for (a, sent), share in zip(there.items(), cuts, strict=True):
                _sum(change, _moved(a, ("lot", a[1], c.site, c.load), cut(share, sent)))
            return change
        shares = cut(mg(c.mass_kg), [sum(x) for x in there.values()])
        for (a, sent), share in zip(there.items(), shares, strict=True):
            got = cut(share, sent)
            _sum(change, {a: [-x for x in sent], ("lot", a[1], c.site, c.lot): got})
            _sum(change, {("unaccounted", a[1], road, ""): _minus(sent, got)})
        return change

    def _know_arrive(self, c: Any) -> None:
        if c.load is not None:
            self.lots[c.load] = self.lots[c.lot]

    def _out(self, taken: Change | None, target: Any) -> Change | None:
        if taken is None:
            return None
        change: Change = {}
        for a, x in taken.items():
            _sum(change, _moved(a, target(a), x))
        return change

    def _on_deliver(self, c: Any) -> Change | None:
        if not self._known("site", c.site) or not self._known("party", c.customer):
            return None
        taken = self._inputs({c.lot: None}, c.site)
        return self._out(taken, lambda _: ("customer", c.customer, "", ""))

    def _on_return_goods(self, c: Any) -> Change | None:
        customer = ("customer", c.customer, "", "")
        there = [0] * len(self.substances)
        for fact in self.facts.values():
            of_lot = getattr(fact.command, "lot", "") == c.lot and not fact.reversed
            if of_lot and getattr(fact.command, "customer", "") == c.customer:
                there = _minus(there, [-x for x in self.now(fact).get(customer, [0] * len(there))])
        whole = sum(there)
        amount = whole if c.mass_kg is None else mg(c.mass_kg)
        known = self._known("party", c.customer, c.owner) and self._known("site", c.site)
        if not known or c.new_lot in self.lots or not 0 < amount <= whole:
            return None
        self._making[c.new_lot] = self.lots[c.lot]
        return _moved(customer, ("lot", c.owner, c.site, c.new_lot), cut(amount, there))

    def _know_return_goods(self, c: Any) -> None:
        self.lots[c.new_lot] = self.lots[c.lot]

    def _on_dispose(self, c: Any) -> Change | None:
        if not self._known("site", c.site) or c.way not in ("waste", "emission"):
            return None
        taken = self._inputs({c.lot: c.mass_kg}, c.site)
        return self._out(taken, lambda a: (c.way, a[1], c.site, ""))

    def _on_transfer_title(self, c: Any) -> Change | None:
        mine = {a: x for a, x in self._of(c.lot).items() if a[1] == c.seller}
        whole = sum(map(sum, mine.values()))
        amount = whole if c.mass_kg is None else mg(c.mass_kg)
        known = self._known("party", c.seller, c.buyer)
        if not known or c.seller == c.buyer or not 0 < amount <= whole:
            return None
        ((a, x),) = mine.items()
        return _moved(a, ("lot", c.buyer, a[2], c.lot), cut(amount, x))

    def _on_stock_take(self, c: Any) -> Change | None:
        there = self._of(c.lot) or self.counted.get(c.lot, {})
        if not self._known("site", c.site) or {a[2] for a in there} != {c.site}:
            return None
        if self._of(c.lot):
            return self._scaled(c.lot, mg(c.counted_kg), "stock-take")
        change: Change = {}  # counted as nothing, and found
        shares = cut(mg(c.counted_kg), [sum(x) for x in there.values()])
        for (a, before), share in zip(there.items(), shares, strict=True):
            _sum(change, _moved(("stock-take", a[1], a[2], ""), a, cut(share, before)))
        return change

    # -- reversals

    def _on_reverse(self, c: Any) -> Change | None:
        fact = self.facts.get(c.event)
        if fact is None or fact.reversal_of or fact.reversed or fact.amends:
            return None
        if type(fact.command).__name__.startswith(_NOUNS):
            return None
        return {a: [-x for x in content] for a, content in self.now(fact).items()}


def _snake(command: Any) -> str:
    return re.sub("(?<!^)([A-Z])", r"_\1", type(command).__name__).lower()


def us(moment: Any) -> int:
    return round(moment.timestamp() * 1_000_000)


def _minus(a: Sequence[int], b: Sequence[int]) -> list[int]:
    return [x - y for x, y in zip(a, b, strict=True)]


def _moved(source: Where, target: Where, content: Sequence[int]) -> Change:
    return {source: [-x for x in content], target: list(content)}


def _sum(total: Change, more: Mapping[Where, Sequence[int]]) -> None:
    for account, content in more.items():
        old = total.get(account)
        total[account] = (
            list(content) if old is None else [x + y for x, y in zip(old, content, strict=True)]
        )
