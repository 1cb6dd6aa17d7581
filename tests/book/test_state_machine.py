"""All commands against a model of a few dictionaries: whatever is posted, in whatever order.

Held at every step: the book's balances are the model's; every substance sums to zero over all
accounts; no lot is below zero; title adds up to custody. A refusal changes nothing. A retry gives
the first answer. A reversal restores. What was answered about the past is answered again.
"""

from __future__ import annotations

import copy
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from model import Change, Model, us

from loopbook import book as b
from loopbook.errors import InputError
from support.world import envelope

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
PARTIES = ["LGES", "GMBI", "Toyota", "nobody"]
SITES = ["works", "refinery", "nowhere"]
MATERIALS = ["scrap", "black mass", "unobtainium"]

pick = st.integers(0, 11)
some_mg = st.one_of(st.integers(1, 60), st.integers(0, 1_000_000))
percent = st.sampled_from([30, 50, 1, 99, 100, 7, 0, 130])  # of a lot
some_percent = st.one_of(st.none(), percent)
shares = st.dictionaries(
    st.sampled_from(["Ni", "Co", "Cu", "H2O", "other"]),
    st.builds(lambda x: f"{x / 1000:.3f}", st.integers(0, 360)),
    min_size=1,
    max_size=3,
)
owners = st.sampled_from([*PARTIES[:2] * 6, *PARTIES])
sites = st.sampled_from([*SITES[:2] * 6, *SITES])
materials = st.sampled_from([*MATERIALS[:1] * 9, *MATERIALS])
back_min = st.sampled_from([0, 0, 0, 0, 1, 2, 3, 5, 8, 90, 3_000])  # how late a paper comes


def where(account: b.Account) -> tuple[str, str, str, str]:
    return account.kind, account.party, account.site, account.lot


def told(balances: Any) -> Change:
    return {where(account): list(content) for account, content in balances.items()}


def kg(amount_mg: int) -> str:
    return f"{amount_mg / 1e6:.6f}"


def head(number: int, moment: datetime) -> dict[str, Any]:
    return envelope(f"k{number}", moment)


def base(moment: datetime) -> list[b.Command]:
    """Nouns that every sequence begins with; the third party comes later or never."""
    numbers = iter(range(-9, 0))
    return [
        *(b.RegisterParty(party=p, **head(next(numbers), moment)) for p in PARTIES[:2]),
        b.RegisterSite(site="works", **head(next(numbers), moment)),
        b.RegisterSite(site="refinery", limits_kg={"bm": "1.5"}, **head(next(numbers), moment)),
        b.RegisterMaterial(material="scrap", **head(next(numbers), moment)),
        b.RegisterMaterial(material="black mass", hazard="bm", **head(next(numbers), moment)),
    ]


@cache
def template() -> bytes:
    """An empty book as a file, made once: making tables takes longer than a sequence."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.sqlite"
        b.Book(path, create=True).close()
        return path.read_bytes()


def open_book(folder: Path, clock: Any) -> b.Book:
    path = folder / "book.sqlite"
    path.write_bytes(template())
    book = b.Book(path, clock=clock)
    book.store._link.execute("PRAGMA synchronous = OFF")  # durability has its own tests
    return book


class Machine(RuleBasedStateMachine):
    """The book and its model, side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.now = BEGIN
        self.book = open_book(self.folder, lambda: us(self.now))
        self.model = Model(list(b.SUBSTANCES))
        self.count = 0
        self.receipts: dict[str, b.Receipt] = {}
        self.before: dict[str, Change] = {}
        self.asked: list[tuple[int, int, Change]] = []
        self.last = 0

    # -- posting

    def said(self, back: int = 0) -> dict[str, Any]:
        self.count += 1
        return head(self.count, self.now - timedelta(minutes=back))

    def post(self, *commands: b.Command) -> bool:
        """Post a batch to the book and to the model; both take it or both refuse it."""
        self.now += timedelta(minutes=1)
        model = copy.deepcopy(self.model)
        changes: list[Change] = []
        for command in commands:
            change = model.expect(command, us(command.occurred_at))
            if change is None:
                break
            self.before[command.key] = model.balances()
            model.post(command, change, at=(us(command.occurred_at), 0))
            changes.append(change)
        if len(changes) < len(commands):
            with pytest.raises(InputError) as caught:
                self.book.post(commands)
            assert caught.value.findings
            return False
        receipts = self.book.post(commands)
        self.model = model
        for command, change, receipt in zip(commands, changes, receipts, strict=True):
            event = self.book.event(command.key)
            wide = model._wide({where(leg.account): list(leg.content) for leg in event.legs})
            moved = {account: content for account, content in wide.items() if any(content)}
            assert moved == model._wide(change)
            assert event.recorded_at > self.last
            number = list(model.facts).index(command.key) + 1
            assert receipt == b.Receipt(command.key, number, again=False)
            for key, fact in model.facts.items():
                if key == command.key or key.startswith(f"{command.key} amends "):
                    fact.recorded_at = event.recorded_at
            self.receipts[command.key] = receipt
        self.last = event.recorded_at
        return True

    def lot(self, number: int) -> str:
        """A lot that is there, most of the time."""
        there = self.model.lots_there()
        return "no such lot" if number > 10 or not there else there[number % len(there)]

    def part(self, lot: str, percent: int) -> str:
        """So many hundredths of a lot, in kg."""
        return kg(self.model.mass_of(lot) * percent // 100)

    def at(self, lot: str, site: str) -> str:
        """Where a lot lies; another site where that was drawn."""
        place = self.model.site_of(lot)
        return site if site == "nowhere" or place not in SITES else place

    def new(self) -> str:
        return f"L{self.count}"

    # -- nouns

    @initialize(masses=st.lists(some_mg.filter(bool), min_size=3, max_size=3))
    def begin(self, masses: list[int]) -> None:
        assert self.post(*base(self.now))
        for k, amount in enumerate(masses):
            lot = {"lot": f"A{k}", "material": "scrap", "supplier": "LGES", "owner": PARTIES[k % 2]}
            content = {"mass_kg": kg(amount), "shares": {"Ni": "0.3", "C": "0.1"}}
            assert self.post(b.Receive(**lot, **content, site="works", **self.said()))
        assert self.post(
            b.Blend(
                inputs_kg={"A0": None, "A1": kg((masses[1] + 1) // 2)},
                **{"site": "works", "lot": "co-owned", "material": "scrap"},
                **self.said(),
            )
        )

    @rule(kind=st.integers(0, 3), number=st.integers(0, 3))
    def state_a_noun(self, kind: int, number: int) -> None:
        said = self.said()
        self.post(
            (
                b.RegisterParty(party=PARTIES[number], **said),
                b.RegisterSite(site=["works", "depot"][number % 2], limits_kg={"bm": 1}, **said),
                b.RegisterMaterial(material=["scrap", "foil"][number % 2], **said),
                b.AddSubstance(substance=["Zn", "zn", "Ti", "NI"][number], **said),
            )[kind]
        )

    @rule(number=pick, free=st.booleans(), back=back_min)
    def hold_or_release(self, number: int, free: bool, back: int) -> None:
        held = sorted(lot for lot, why in self.model.holds.items() if why)
        said = self.said(back)
        if free:
            self.post(b.Release(lot=held[0] if held else self.lot(number), **said))
        else:
            self.post(b.Hold(lot=self.lot(number), reason="wet", **said))

    @rule(back=st.integers(0, 3), length=st.integers(0, 60), close=st.booleans())
    def period(self, back: int, length: int, close: bool) -> None:
        start = self.now - timedelta(hours=back)
        end = start + timedelta(minutes=length)
        if close:
            self.post(b.ClosePeriod(period=f"P{back}", **self.said()))
        else:
            self.post(b.OpenPeriod(period=f"P{back}", start=start, end=end, **self.said()))

    # -- lots

    @rule(owner=owners, site=sites, material=materials, mg=some_mg, shares=shares, back=back_min)
    def receive(self, *, owner: str, site: str, material: str, mg: int, shares: Any, back: int):
        said = self.said(back)
        lot = {"lot": self.new(), "material": material, "supplier": "LGES", "owner": owner}
        self.post(b.Receive(**lot, site=site, mass_kg=kg(mg), shares=shares, **said))

    @rule(number=pick, gross=some_mg, tare=st.integers(0, 30), back=back_min)
    def weigh(self, number: int, gross: int, tare: int, back: int) -> None:
        scale = {"gross_kg": kg(gross), "tare_kg": kg(tare)}
        self.post(b.Weigh(lot=self.lot(number), ticket="T", **scale, **self.said(back)))

    @rule(
        number=pick,
        shares=shares,
        dry=st.booleans(),
        wet=st.one_of(st.none(), st.sampled_from(["0", "0.05", "0.333"])),
        back=back_min,
    )
    def assay(self, *, number: int, shares: Any, dry: bool, wet: str | None, back: int) -> None:
        told = {"basis": "dry" if dry else "as received", "moisture": wet, "shares": shares}
        lot = self.lot(number)
        self.post(b.Assay(lot=lot, stage="provisional", **told, **self.said(back)))

    @rule(number=pick, percent=percent, back=back_min)
    def sample(self, number: int, percent: int, back: int) -> None:
        lot, said = self.lot(number), self.said(back)
        taken = {"sample": self.new(), "mass_kg": self.part(lot, percent)}
        self.post(b.Sample(lot=lot, **taken, **said))

    @rule(number=pick, percents=st.lists(percent, max_size=3), back=back_min)
    def split(self, number: int, percents: list[int], back: int) -> None:
        lot, said = self.lot(number), self.said(back)
        parts = {f"{self.new()}-{k}": self.part(lot, percent) for k, percent in enumerate(percents)}
        self.post(b.Split(lot=lot, parts_kg=parts, **said))

    def inputs(self, numbers: Sequence[int], percent: int | None) -> dict[str, Any]:
        """Lots at the place of the first, of which a part is taken."""
        lots = list(dict.fromkeys(self.lot(n) for n in numbers))
        near = [x for x in lots if self.model.site_of(x) == self.model.site_of(lots[0])]
        first = {near[0]: None if percent is None else self.part(near[0], percent)} if near else {}
        return dict.fromkeys(near) | first

    @rule(
        numbers=st.lists(pick, max_size=3), percent=some_percent, material=materials, back=back_min
    )
    def blend(self, *, numbers: list[int], percent: int | None, material: str, back: int) -> None:
        said = self.said(back)
        inputs = self.inputs(numbers, percent)
        site = self.at(next(iter(inputs), ""), "works")
        self.post(b.Blend(inputs_kg=inputs, site=site, lot=self.new(), material=material, **said))

    @rule(
        numbers=st.lists(pick, min_size=1, max_size=3),
        percent=some_percent,
        out=st.lists(st.tuples(st.integers(1, 100), shares, materials), max_size=2),
        lost=st.integers(0, 4),
        share_by=st.sampled_from(["substance", "mass"]),
        back=back_min,
    )
    def process(
        self,
        *,
        numbers: list[int],
        percent: int | None,
        out: Any,
        lost: int,
        share_by: str,
        back: int,
    ) -> None:
        said = self.said(back)
        inputs = self.inputs(numbers, percent)
        whole = sum(
            self.model.mass_of(lot) if part is None else round(float(part) * 1e6)
            for lot, part in inputs.items()
        )
        outputs = [
            b.Output(f"{self.new()}-{k}", material, kg(whole * yield_ // 150), shares)
            for k, (yield_, shares, material) in enumerate(out)
        ]
        gone = {"emissions_kg": {"C": kg(lost)}, "waste_kg": {"Ni": kg(lost)}}
        site = self.at(next(iter(inputs)), "works")
        run = {"run": "R", "site": site, "inputs_kg": inputs, "outputs": outputs}
        self.post(b.Process(**run, **gone, share_by=share_by, **said))

    # -- places and owners

    @rule(number=pick, site=sites, other=sites, back=back_min)
    def move(self, number: int, site: str, other: str, back: int) -> None:
        lot, said = self.lot(number), self.said(back)
        self.post(b.Move(lot=lot, from_site=self.at(lot, site), to_site=other, **said))

    @rule(number=pick, site=sites, road=st.sampled_from(["7", "8", " "]), back=back_min)
    def ship(self, number: int, site: str, road: str, back: int) -> None:
        lot = self.lot(number)
        place = self.at(lot, site)
        self.post(b.Ship(lot=lot, from_site=place, consignment=road, **self.said(back)))

    @rule(
        number=pick,
        site=sites,
        gain_mg=st.integers(-90, 90),
        percent=st.one_of(st.none(), st.none(), percent),
        back=back_min,
    )
    def arrive(
        self, *, number: int, site: str, gain_mg: int, percent: int | None, back: int
    ) -> None:
        """All of a consignment, or a part of it as a load."""
        roads = [x for x in self.model.lots_there() if "transit" in self.model.site_of(x)]
        lot = roads[number % len(roads)] if roads else self.lot(number)
        road = self.model.site_of(lot).removeprefix("in transit ")
        amount = kg(max(0, self.model.mass_of(lot) + gain_mg))
        said = self.said(back)
        load = None if percent is None else self.new()
        amount = amount if percent is None else self.part(lot, percent)
        place = {"consignment": road, "site": site, "load": load}
        self.post(b.Arrive(lot=lot, mass_kg=amount, **place, **said))

    @rule(number=pick, site=sites, customer=owners, back=back_min)
    def deliver(self, number: int, site: str, customer: str, back: int) -> None:
        lot = self.lot(number)
        place = self.at(lot, site)
        self.post(b.Deliver(lot=lot, site=place, customer=customer, **self.said(back)))

    @rule(number=pick, site=sites, owner=owners, percent=some_percent, back=back_min)
    def return_goods(
        self, *, number: int, site: str, owner: str, percent: int | None, back: int
    ) -> None:
        """Goods of a lot that was delivered, most of the time."""
        sent = [f.command for f in self.model.facts.values() if isinstance(f.command, b.Deliver)]
        one = sent[number % len(sent)] if sent else None
        lot, customer = (one.lot, one.customer) if one else (self.lot(number), "Toyota")
        if lot not in self.model.lots:
            return
        whole = (
            0
            if one is None
            else sum(self.model.facts[one.key].change.get(("customer", customer, "", ""), [0]))
        )
        amount = None if percent is None else kg(whole * percent // 100)
        goods = {"lot": lot, "customer": customer, "new_lot": self.new(), "mass_kg": amount}
        self.post(b.ReturnGoods(**goods, owner=owner, site=site, **self.said(back)))

    @rule(number=pick, percent=some_percent, buyer=owners, back=back_min)
    def transfer_title(self, number: int, percent: int | None, buyer: str, back: int) -> None:
        lot = self.lot(number)
        amount = None if percent is None else self.part(lot, percent)
        seller = (self.model.owners(lot) or ["LGES"])[0]
        title = {"lot": lot, "seller": seller, "buyer": buyer}
        self.post(b.TransferTitle(**title, mass_kg=amount, **self.said(back)))

    @rule(number=pick, site=sites, percent=st.sampled_from([0, 0, 30, 99, 130]), back=back_min)
    def stock_take(self, number: int, site: str, percent: int, back: int) -> None:
        gone = sorted(self.model.counted)
        lot = gone[0] if gone and number < 6 else self.lot(number)
        counted = kg(percent * 900) if lot in gone else self.part(lot, percent)
        place = site if lot in gone else self.at(lot, site)
        self.post(b.StockTake(lot=lot, site=place, counted_kg=counted, **self.said(back)))

    @rule(
        number=pick,
        site=sites,
        percent=some_percent,
        way=st.sampled_from(["waste", "emission", "waste", "emission", "hole"]),
        back=back_min,
    )
    def dispose(self, *, number: int, site: str, percent: int | None, way: str, back: int) -> None:
        lot = self.lot(number)
        amount = None if percent is None else self.part(lot, percent)
        place = self.at(lot, site)
        self.post(b.Dispose(lot=lot, site=place, way=way, mass_kg=amount, **self.said(back)))

    # -- what is special about a book

    @rule(back=st.integers(1, 12), late=back_min)
    def reverse(self, back: int, late: int) -> None:
        """A reversal restores what was before, unless others came between."""
        keys = list(self.receipts)
        key = keys[-min(back, len(keys))]
        done = self.post(b.Reverse(event=key, reason="a mistake", **self.said(late)))
        if done and key == keys[-1]:
            assert self.model.balances() == self.model._wide(self.before[key])

    @rule(back=st.integers(1, 20))
    def retry(self, back: int) -> None:
        """The same command again: the first answer, and nothing is posted."""
        keys = list(self.receipts)
        key = keys[-min(back, len(keys))]
        command = self.model.facts[key].command
        (receipt,) = self.book.post(command)
        assert receipt == replace(self.receipts[key], again=True)
        with pytest.raises(InputError, match="a new command needs a new key"):
            self.book.post(replace(command, document="another"))

    @rule(mg=st.integers(0, 11_000), number=pick)
    def batch(self, mg: int, number: int) -> None:
        """All or nothing."""
        lot = {"lot": self.new() + "x", "material": "scrap", "supplier": "LGES", "owner": "GMBI"}
        first = b.Receive(**lot, site="works", mass_kg="0.01", shares={}, **self.said())
        second = b.Split(lot=first.lot, parts_kg={f"{first.lot}y": kg(mg)}, **self.said())
        third = b.Hold(lot=self.lot(number), reason="see", **self.said())
        self.post(first, second, third)

    @rule(seconds=st.integers(1, 4))
    def clock_steps_back(self, seconds: int) -> None:
        self.now -= timedelta(seconds=seconds)

    @rule(back=back_min)
    def ask_the_past(self, back: int) -> None:
        """What we believe now about then; asked again at the end."""
        occurred, recorded = us(self.now - timedelta(minutes=back)), self.last
        answer = told(self.book.balances(occurred=occurred, recorded=recorded))
        assert answer == self.model.as_of(occurred, recorded)
        self.asked.append((occurred, recorded, answer))

    # -- what always holds

    @invariant()
    def balances_are_the_models(self) -> None:
        balances = told(self.book.balances())
        assert balances == self.model.balances()
        assert not any(map(sum, zip(*balances.values(), strict=True)))
        lots = {a: x for a, x in balances.items() if a[0] == "lot"}
        assert all(amount >= 0 for x in lots.values() for amount in x)
        by = [self._total(lots, place) for place in (1, 2)]
        assert by[0] == by[1]

    @invariant()
    def no_lot_was_ever_below_zero(self) -> None:
        """Asked of the book at the last date, and at another that was not asked before."""
        facts = list(self.model.facts.values())
        for fact in {f.key: f for f in (facts[-1:] + facts[self.count % 7 :: 7])}.values():
            lies = self.book.balances(occurred=fact.occurred_at)
            assert all(min(x) >= 0 for a, x in lies.items() if a.kind == "lot"), fact

    def _total(self, lots: Change, place: int) -> list[int]:
        """Sum over parties (title) or over sites (custody), name by name."""
        total = [0] * len(self.model.substances)
        for name in {a[place] for a in lots}:
            for account, content in lots.items():
                if account[place] == name:
                    total = [x + y for x, y in zip(total, content, strict=True)]
        return total

    def teardown(self) -> None:
        for occurred, recorded, answer in self.asked:
            again = told(self.book.balances(occurred=occurred, recorded=recorded))
            assert again == self.model._wide(answer)
        report = b.verify(self.book)
        assert report.clean, report
        assert report.events == len(self.model.facts)
        self.book.close()
        shutil.rmtree(self.folder)


class LongMachine(Machine):
    """The same, for the full suite."""


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=60, stateful_step_count=25, suppress_health_check=list(HealthCheck)
)

TestLongMachine = pytest.mark.slow(first=True)(LongMachine.TestCase)
TestLongMachine.settings = settings(
    max_examples=2_000, stateful_step_count=40, suppress_health_check=list(HealthCheck)
)
