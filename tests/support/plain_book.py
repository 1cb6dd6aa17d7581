"""A book in exact fractions: facts played in order of their dates. It imports nothing of loopbook.

The book's newest clock must agree with it at every date, to rounding: a whole milligram for each
step that a lot's content took.

A fact is a dict with ``key``, ``at`` (a number; facts are played by it, then by their order in the
list), ``kind``, and what the kind needs; masses are kg. A fact that another one names under
``reverses`` was never true.
"""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

Place = tuple[str, str, str]  # lot, owner, site
Matter = dict[str, Fraction]
Shares = Mapping[str, object]


class Impossible(Exception):
    """A fact that cannot have happened: more taken than there was, a lot that is not there."""


class PlainBook:
    """Lots and boundary accounts as fractions of a kilogram by substance."""

    def __init__(self, substances: Iterable[str]) -> None:
        self.substances = tuple(substances)
        self.lots: dict[Place, Matter] = {}
        self.outside: dict[tuple[str, str, str], Matter] = {}
        self.made: set[str] = set()
        self.counted: dict[str, dict[Place, Matter]] = {}  # what was there when nothing was counted
        self.with_customer: dict[tuple[str, str], Matter] = {}  # by lot and customer

    def copy(self) -> "PlainBook":
        """Another book with the same content."""
        other = PlainBook(self.substances)
        other.lots = {place: dict(matter) for place, matter in self.lots.items()}
        other.outside = {place: dict(matter) for place, matter in self.outside.items()}
        other.made = set(self.made)
        other.counted = {
            lot: {place: dict(matter) for place, matter in places.items()}
            for lot, places in self.counted.items()
        }
        other.with_customer = {key: dict(matter) for key, matter in self.with_customer.items()}
        return other

    # -- matter

    def nothing(self) -> Matter:
        return dict.fromkeys(self.substances, Fraction(0))

    def of(self, kg: object, shares: Mapping[str, object]) -> Matter:
        whole, matter = Fraction(str(kg)), self.nothing()
        for name, share in shares.items():
            matter[name] += whole * Fraction(str(share))
        matter["other"] += whole - sum(matter.values())
        return matter

    def held(self, lot: str, site: str = "", owner: str = "") -> dict[Place, Matter]:
        return {
            p: m
            for p, m in sorted(self.lots.items())
            if p[0] == lot and site in ("", p[2]) and owner in ("", p[1]) and any(m.values())
        }

    def put(self, place: Place, matter: Mapping[str, Fraction], sign: int = 1) -> None:
        old = self.lots.setdefault(place, self.nothing())
        for name, kg in matter.items():
            old[name] += sign * kg
            if old[name] < 0:
                raise Impossible(f"{place} has {float(old[name])} kg of {name}")

    def leave(self, kind: str, party: str, site: str, matter: Mapping[str, Fraction]) -> None:
        old = self.outside.setdefault((kind, party, site), self.nothing())
        for name, kg in matter.items():
            old[name] += kg

    def taken(self, lot: str, site: str, kg: object = None) -> dict[Place, Matter]:
        """A mass of a lot at a site, from its owners in proportion; nothing leaves yet."""
        there = self.held(lot, site)
        whole = sum((sum(m.values()) for m in there.values()), Fraction(0))
        asked = whole if kg is None else Fraction(str(kg))
        if not there or asked > whole:
            raise Impossible(f"{lot} at {site} has {float(whole)} kg, {kg} asked")
        return {p: {s: x * asked / whole for s, x in m.items()} for p, m in there.items()}

    def make(self, lot: str) -> None:
        if lot in self.made:
            raise Impossible(f"{lot} exists")
        self.made.add(lot)

    # -- facts

    def play(self, facts: Iterable[Mapping[str, object]]) -> "PlainBook":
        told = list(facts)
        untrue = {f["reverses"] for f in told if "reverses" in f}
        live = [f for f in told if f["key"] not in untrue and "reverses" not in f]
        for fact in sorted(live, key=lambda f: Fraction(str(f["at"]))):
            act: Callable[..., None] = getattr(self, str(fact["kind"]).replace("-", "_"))
            act(**{k: v for k, v in fact.items() if k not in ("key", "at", "kind")})
        return self

    def receive(
        self, lot: str, supplier: str, owner: str, site: str, kg: object, shares: Shares
    ) -> None:
        self.make(lot)
        matter = self.of(kg, shares)
        self.leave("supplier", supplier, "", {s: -x for s, x in matter.items()})
        self.put((lot, owner, site), matter)

    def _resize(self, held: Mapping[Place, Matter], kg: object, boundary: str) -> None:
        whole = sum((sum(m.values()) for m in held.values()), Fraction(0))
        if not whole:
            raise Impossible("an empty lot has no mass to be corrected")
        for (lot, owner, site), matter in held.items():
            change = {s: x * Fraction(str(kg)) / whole - x for s, x in matter.items()}
            self.put((lot, owner, site), change)
            self.leave(boundary, owner, site, {s: -x for s, x in change.items()})

    def weigh(self, lot: str, kg: object) -> None:
        self._resize(self.held(lot), kg, "reassay")

    def stock_take(self, lot: str, site: str, kg: object) -> None:
        there = {p: dict(m) for p, m in self.held(lot, site).items()}
        if there:
            self._resize(there, kg, "stock-take")
        elif any(p[2] == site for p in self.counted.get(lot, {})):  # it is found again
            before = self.counted.pop(lot)
            whole = sum(sum(m.values()) for m in before.values())
            for place, matter in before.items():
                found = {s: x * Fraction(str(kg)) / whole for s, x in matter.items()}
                self.put(place, found)
                self.leave("stock-take", place[1], site, {s: -x for s, x in found.items()})
        else:
            raise Impossible(f"{lot} is not at {site}")
        if not Fraction(str(kg)):
            self.counted[lot] = there or before

    def assay(self, lot: str, shares: Shares) -> None:
        held = self.held(lot)
        if not held:
            raise Impossible(f"{lot} is empty")
        old = self.nothing()
        for matter in held.values():
            for s, x in matter.items():
                old[s] += x
        whole = sum(old.values())
        known = {s: Fraction(str(x)) for s, x in shares.items()}
        rest = {s: x for s, x in old.items() if s not in known}
        if not any(rest.values()):
            rest = {"other": Fraction(1)}
        left, weight = 1 - sum(known.values()), sum(rest.values())
        new = {
            s: whole * (known[s] if s in known else left * rest.get(s, Fraction(0)) / weight)
            for s in self.substances
        }
        # what falls, falls for all alike; what rises, rises by what each gave up
        kept = {s: min(new[s] / old[s], Fraction(1)) if old[s] else 1 for s in old}
        freed = {p: sum(x * (1 - kept[s]) for s, x in m.items()) for p, m in held.items()}
        all_freed = sum(freed.values())
        for place, matter in held.items():
            part = freed[place] / all_freed if all_freed else Fraction(0)
            rises = {s: max(new[s] - old[s], Fraction(0)) * part for s in old}
            change = {s: x * kept[s] - x + rises[s] for s, x in matter.items()}
            self.put(place, change)
            self.leave("reassay", place[1], place[2], {s: -x for s, x in change.items()})

    def split(self, lot: str, parts: Mapping[str, object]) -> None:
        (site,) = {p[2] for p in self.held(lot)} or {""}
        for part, kg in parts.items():
            self.make(part)
            for (_, owner, _), matter in self.taken(lot, site, kg).items():
                self.put((lot, owner, site), matter, -1)
                self.put((part, owner, site), matter)

    def blend(self, lot: str, site: str, inputs: Mapping[str, object]) -> None:
        self.make(lot)
        for source, kg in inputs.items():
            for (_, owner, _), matter in self.taken(source, site, kg).items():
                self.put((source, owner, site), matter, -1)
                self.put((lot, owner, site), matter)

    def process(
        self,
        site: str,
        inputs: Mapping[str, object],
        outputs: Mapping[str, tuple[object, Shares]],
        waste: Shares,
    ) -> None:
        own: dict[str, Matter] = {}
        for source, kg in inputs.items():
            for place, matter in self.taken(source, site, kg).items():
                self.put(place, matter, -1)
                mine = own.setdefault(place[1], self.nothing())
                for s, x in matter.items():
                    mine[s] += x
        entered = sum(sum(m.values()) for m in own.values())
        made: list[tuple[str, str, Matter]] = []
        for lot, (kg, shares) in outputs.items():
            self.make(lot)
            made.append(("", lot, self.of(kg, shares)))
        if waste:
            made.append(("waste", "", {s: Fraction(str(waste.get(s, 0))) for s in self.substances}))
        if sum(sum(m.values()) for _, _, m in made) > entered * Fraction(1005, 1000):
            raise Impossible("the outputs outweigh the inputs")
        left = {owner: dict(matter) for owner, matter in own.items()}
        for kind, lot, matter in made:
            for s, x in matter.items():
                weights = {o: m[s] for o, m in own.items()}
                if not any(weights.values()):
                    weights = {o: sum(m.values()) for o, m in own.items()}
                for owner, weight in weights.items():
                    share = x * weight / sum(weights.values())
                    left[owner][s] -= share
                    one = {s: share}
                    if kind:
                        self.leave(kind, owner, site, one)
                    else:
                        self.put((lot, owner, site), one)
        for owner, matter in left.items():
            self.leave("unaccounted", owner, site, matter)

    def _carry(self, lot: str, site: str, to: str) -> None:
        for (name, owner, _), matter in self.taken(lot, site).items():
            self.put((name, owner, site), matter, -1)
            self.put((name, owner, to), matter)

    def move(self, lot: str, site: str, to: str) -> None:
        self._carry(lot, site, to)

    def ship(self, lot: str, site: str, consignment: str) -> None:
        self._carry(lot, site, f"in transit {consignment}")

    def arrive(
        self, lot: str, consignment: str, site: str, kg: object, load: str | None = None
    ) -> None:
        road = f"in transit {consignment}"
        if load is not None:
            whole = sum(sum(m.values()) for m in self.taken(lot, road).values())
            if not 0 < Fraction(str(kg)) < whole:
                raise Impossible(f"{float(whole)} kg are on the road")
            self.make(load)
            for (name, owner, _), matter in self.taken(lot, road, kg).items():
                self.put((name, owner, road), matter, -1)
                self.put((load, owner, site), matter)
            return
        sent = self.taken(lot, road)
        whole = sum(sum(m.values()) for m in sent.values())
        for (name, owner, _), matter in sent.items():
            came = {s: x * Fraction(str(kg)) / whole for s, x in matter.items()}
            self.put((name, owner, road), matter, -1)
            self.put((name, owner, site), came)
            self.leave("unaccounted", owner, road, {s: matter[s] - came[s] for s in matter})

    def transfer_title(self, lot: str, seller: str, buyer: str, kg: object = None) -> None:
        owned = self.held(lot, owner=seller)
        whole = sum((sum(m.values()) for m in owned.values()), Fraction(0))
        asked = whole if kg is None else Fraction(str(kg))
        if not owned or asked > whole:
            raise Impossible(f"{seller} owns {float(whole)} kg of {lot}")
        for (name, _, site), matter in owned.items():
            some = {s: x * asked / whole for s, x in matter.items()}
            self.put((name, seller, site), some, -1)
            self.put((name, buyer, site), some)

    def deliver(self, lot: str, site: str, customer: str) -> None:
        for place, matter in self.taken(lot, site).items():
            self.put(place, matter, -1)
            self.leave("customer", customer, "", matter)
            there = self.with_customer.setdefault((lot, customer), self.nothing())
            for s, x in matter.items():
                there[s] += x

    def return_goods(
        self, lot: str, customer: str, new_lot: str, owner: str, site: str, kg: object = None
    ) -> None:
        there = self.with_customer.get((lot, customer), self.nothing())
        whole = sum(there.values())
        asked = whole if kg is None else Fraction(str(kg))
        if not whole or asked > whole:
            raise Impossible(f"{customer} has {float(whole)} kg of {lot}, {kg} come back")
        self.make(new_lot)
        back = {s: x * asked / whole for s, x in there.items()}
        for s, x in back.items():
            there[s] -= x
        self.leave("customer", customer, "", {s: -x for s, x in back.items()})
        self.put((new_lot, owner, site), back)

    def dispose(self, lot: str, site: str, kg: object = None) -> None:
        for place, matter in self.taken(lot, site, kg).items():
            self.put(place, matter, -1)
            self.leave("waste", place[1], site, matter)
