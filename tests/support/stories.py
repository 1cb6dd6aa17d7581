"""Generated stories of a plant: facts by their dates, and orders in which they are reported."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from loopbook import book as b
from support.plain_book import Impossible, PlainBook

SUBSTANCES = ("Ni", "Co", "H2O", "other")
SITES, PARTIES = ("W", "R"), ("A", "B")
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
MEASURING = ("weigh", "stock-take", "assay")
SELDOM_LATE = {"receive": 0.1, "dispose": 0.1, "transfer-title": 0.5}
"""Of facts that are no measurements, the share that is told late."""

Fact = dict[str, Any]


PERIOD = 8
"""Hours of a period."""


def moment(at: float) -> datetime:
    """The date of a fact: an hour for each step."""
    return FIRST + timedelta(minutes=round(60 * at))


def nouns() -> list[b.Command]:
    """Commands that register the parties, sites and materials of all stories."""
    common = {"actor": "amy", "occurred_at": FIRST - timedelta(days=30)}
    return [
        *(b.RegisterParty(key=f"party {p}", party=p, **common) for p in PARTIES),
        *(b.RegisterSite(key=f"site {s}", site=s, **common) for s in SITES),
        b.RegisterMaterial(key="material", material="foil", **common),
        *(
            b.OpenPeriod(
                key=f"P{k}", period=f"P{k}", start=period(k)[0], end=period(k)[1], **common
            )
            for k in range(4)
        ),
    ]


def period(number: int) -> tuple[datetime, datetime]:
    """Begin and end of a period."""
    return moment(PERIOD * number - 0.5), moment(PERIOD * (number + 1) - 0.5)


def command(fact: Mapping[str, Any]) -> b.Command:
    """The command that tells a fact."""
    e = {"key": fact["key"], "actor": "amy", "occurred_at": moment(fact["at"])}
    kind = fact["kind"]
    if kind == "receive":
        return b.Receive(
            lot=fact["lot"],
            material="foil",
            supplier=fact["supplier"],
            owner=fact["owner"],
            site=fact["site"],
            mass_kg=fact["kg"],
            shares=fact["shares"],
            **e,
        )
    if kind == "weigh":
        gross = str(fact["kg"] + 1000)
        return b.Weigh(lot=fact["lot"], ticket=fact["key"], gross_kg=gross, tare_kg=1000, **e)
    if kind == "stock-take":
        return b.StockTake(lot=fact["lot"], site=fact["site"], counted_kg=fact["kg"], **e)
    if kind == "assay":
        return b.Assay(
            lot=fact["lot"], stage="final", basis="as received", shares=fact["shares"], **e
        )
    if kind == "split":
        return b.Split(lot=fact["lot"], parts_kg=fact["parts"], **e)
    if kind == "blend":
        return b.Blend(
            lot=fact["lot"], material="foil", site=fact["site"], inputs_kg=fact["inputs"], **e
        )
    if kind == "process":
        outputs = [
            b.Output(lot=lot, material="foil", mass_kg=kg, shares=shares)
            for lot, (kg, shares) in fact["outputs"].items()
        ]
        return b.Process(
            run=fact["key"],
            site=fact["site"],
            inputs_kg=fact["inputs"],
            outputs=outputs,
            waste_kg=fact["waste"],
            **e,
        )
    if kind == "move":
        return b.Move(lot=fact["lot"], from_site=fact["site"], to_site=fact["to"], **e)
    if kind == "ship":
        return b.Ship(lot=fact["lot"], from_site=fact["site"], consignment=fact["consignment"], **e)
    if kind == "arrive":
        return b.Arrive(
            lot=fact["lot"],
            consignment=fact["consignment"],
            site=fact["site"],
            mass_kg=fact["kg"],
            load=fact.get("load"),
            **e,
        )
    if kind == "transfer-title":
        return b.TransferTitle(
            lot=fact["lot"], seller=fact["seller"], buyer=fact["buyer"], mass_kg=fact["kg"], **e
        )
    if kind == "deliver":
        return b.Deliver(lot=fact["lot"], site=fact["site"], customer=fact["customer"], **e)
    if kind == "return-goods":
        return b.ReturnGoods(
            lot=fact["lot"],
            customer=fact["customer"],
            new_lot=fact["new_lot"],
            owner=fact["owner"],
            site=fact["site"],
            mass_kg=fact["kg"],
            **e,
        )
    if kind == "reverse":
        return b.Reverse(event=fact["event"], reason="not so", **e)
    if kind == "close":
        return b.ClosePeriod(period=fact["period"], **e)
    if kind == "dispose":
        return b.Dispose(lot=fact["lot"], site=fact["site"], mass_kg=fact["kg"], **e)
    raise ValueError(kind)


class Story:
    """A story of facts that can have happened, by a seed."""

    def __init__(self, seed: int, length: int = 32) -> None:
        self.draw = random.Random(seed)
        self.facts: list[Fact] = []
        self._now = PlainBook(SUBSTANCES)
        self.lots: list[str] = []
        tries = 0
        while len(self.facts) < length and tries < 40 * length:
            tries += 1
            fact = self._next(len(self.facts))
            if fact is not None:
                try:
                    now = self._now.copy().play([fact])
                except Impossible:
                    continue
                self.facts.append(fact)
                self._now = now

    def _next(self, at: int) -> Fact | None:
        draw, now = self.draw, self._now
        key = f"f{at}"
        held = sorted({p[0] for p, m in now.lots.items() if any(m.values())})
        if len(held) < 3 or draw.random() < 0.1:
            shares = {"Ni": self._share(0.3), "Co": self._share(0.1)}
            place = {"supplier": draw.choice(PARTIES), "owner": draw.choice(PARTIES)}
            fact = {"kind": "receive", "lot": f"L{at}", "kg": draw.randint(500, 3000)}
            return {"key": key, "at": at, **fact, **place, "site": "W", "shares": shares}
        if draw.random() < 0.15 and (again := self._again(now)):
            return {"key": key, "at": at, **again}
        lot = draw.choice(held)
        places = sorted(now.held(lot))
        site, kg = places[0][2], sum(sum(m.values()) for m in now.held(lot).values())
        same = [x for x in held if {p[2] for p in now.held(x)} == {site}]
        road = site.startswith("in transit")
        near = int(kg * draw.randint(970, 1030) / 1000)
        some = int(kg * draw.randint(10, 70) / 100)
        base = {"key": key, "at": at}
        if road:
            if draw.random() < 0.3:
                load = {"kind": "arrive", "lot": lot, "load": f"{lot}t{at}", "kg": some}
                number = site.removeprefix("in transit ")
                return {**base, **load, "consignment": number, "site": draw.choice(SITES)}
            if draw.random() < 0.6:
                return {
                    **base,
                    "kind": "arrive",
                    "lot": lot,
                    "consignment": site.removeprefix("in transit "),
                    "site": draw.choice(SITES),
                    "kg": near,
                }
            return {**base, "kind": "assay", "lot": lot, "shares": self._assay()}
        kind = draw.choices(
            (
                "weigh",
                "stock-take",
                "assay",
                "split",
                "blend",
                "process",
                "move",
                "ship",
                "transfer-title",
                "deliver",
                "dispose",
            ),
            (5, 3, 6, 4, 3, 4, 2, 2, 2, 2, 1),
        )[0]
        of_lot = {**base, "kind": kind, "lot": lot}
        at_site = {**of_lot, "site": site}
        if kind == "weigh":
            return {**of_lot, "kg": near} if near > 0 else None
        if kind == "stock-take":
            return {**at_site, "kg": 0 if draw.random() < 0.3 else near}
        if kind == "assay":
            return {**of_lot, "shares": self._assay()}
        if kind == "split":
            return {**of_lot, "parts": {f"{lot}.{at}": some}} if some else None
        if kind in ("blend", "process"):
            inputs = draw.sample(same, min(len(same), draw.randint(1, 3)))
            taken = {x: self._some(now, x) if draw.random() < 0.3 else None for x in inputs}
            if kind == "blend":
                return {**base, "kind": kind, "lot": f"B{at}", "site": site, "inputs": taken}
            whole = sum(
                sum(sum(m.values()) for m in now.held(x).values()) if t is None else t
                for x, t in taken.items()
            )
            out = int(whole * draw.randint(88, 97) / 100)
            outputs = {f"P{at}": (out, {"Ni": self._share(0.3), "Co": self._share(0.1)})}
            waste = {"H2O": int(whole * draw.randint(0, 2) / 100)}
            return (
                {
                    **base,
                    "kind": kind,
                    "site": site,
                    "inputs": taken,
                    "outputs": outputs,
                    "waste": waste,
                }
                if out
                else None
            )
        if kind == "move":
            return {**at_site, "to": "R" if site == "W" else "W"}
        if kind == "ship":
            return {**at_site, "consignment": f"C{at}"}
        if kind == "transfer-title":
            seller = places[0][1]
            part = (some or None) if draw.random() < 0.4 else None
            return {**of_lot, "seller": seller, "buyer": "B" if seller == "A" else "A", "kg": part}
        if kind == "deliver":
            return {**at_site, "customer": draw.choice(PARTIES)}
        return {**at_site, "kg": some or None}

    def _again(self, now: PlainBook) -> dict[str, Any] | None:
        """Goods that come back, all or some, or a lot that was counted as nothing and is found."""
        draw = self.draw
        sent = [
            (x, sum(m.values())) for x, m in sorted(now.with_customer.items()) if any(m.values())
        ]
        gone = [(p[2], lot, m) for lot, x in sorted(now.counted.items()) for p, m in x.items()]
        if gone and draw.random() < 0.5:
            site, lot, matter = draw.choice(gone)
            kg = int(sum(matter.values()) * draw.randint(90, 110) / 100)
            return {"kind": "stock-take", "lot": lot, "site": site, "kg": kg} if kg else None
        if not sent:
            return None
        (lot, customer), whole = draw.choice(sent)
        kg = int(whole * draw.randint(10, 90) / 100) or None
        return {
            "kind": "return-goods",
            "lot": lot,
            "customer": customer,
            "new_lot": f"{lot}r{len(self.facts)}",
            "owner": draw.choice(PARTIES),
            "site": draw.choice(SITES),
            "kg": kg if draw.random() < 0.6 else None,
        }

    def _some(self, now: PlainBook, lot: str) -> int | None:
        kg = sum(sum(m.values()) for m in now.held(lot).values())
        return int(kg * self.draw.randint(20, 80) / 100) or None

    def _share(self, most: float) -> str:
        return f"{self.draw.uniform(0.01, most):.4f}"

    def _assay(self) -> dict[str, str]:
        names = self.draw.sample(("Ni", "Co", "H2O"), self.draw.randint(1, 3))
        return {name: self._share(0.25) for name in names}

    def told(self) -> list[Fact]:
        """The facts as they are told: measurements late, a third of them very late; titles, too.

        Some more are wrong and are reversed later, and periods are closed on the way.
        """
        draw, places = self.draw, []
        count = len(self.facts)
        for place, fact in enumerate(self.facts):
            measures = fact["kind"] in MEASURING
            late = draw.random() < (0.7 if measures else SELDOM_LATE.get(fact["kind"], 0))
            far = count if draw.random() < 0.4 else 8
            places.append((place + (draw.uniform(0.5, far) if late else 0), fact))
            if measures and draw.random() < 0.15:
                first, key = draw.uniform(place, count), f"x{place}"
                wrong = {**fact, "key": key, "at": fact["at"] + 0.25}
                wrong |= (
                    {"kg": max(1, fact["kg"] // 2)} if "kg" in fact else {"shares": {"Ni": "0.4"}}
                )
                back = {"key": f"r{place}", "kind": "reverse", "event": key, "at": count}
                places += [(first, wrong), (first + draw.uniform(0.1, 9), back)]
        for k in range(3):
            end = PERIOD * (k + 1)
            close = {"key": f"close {k}", "kind": "close", "period": f"P{k}", "at": end}
            places.append((end + 2 * k + draw.uniform(0, 2), close))
        return [fact for _, fact in sorted(places, key=lambda x: x[0])]
