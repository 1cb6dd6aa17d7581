"""Contracts against sites: who makes and takes, and no more promised than there is."""

import math

from loopbook.errors import InputError, nearest_hint
from loopbook.loop.checking.subject import Subject, share_in
from loopbook.loop.models.supply import Supply
from loopbook.loop.nouns.places import Site
from loopbook.loop.nouns.trade import Contract
from loopbook.loop.terms.prices.give_back import Return
from loopbook.loop.time.calendar import Step, month_name
from loopbook.loop.values.cells import OUTSIDE
from loopbook.loop.values.quantity import Quantity
from loopbook.matter import atomic_weights

_ROUNDING = 1e-9


def check_ends(subject: Subject) -> None:
    """A contract joins two ends of which one is a site, and of which each can give or take."""
    loop = subject.loop
    for row in loop.contracts:
        at = subject.at(row)
        if row.from_ == row.to:
            what = "another end than it begins at"
            at.note("lane", what, row.to, at="to")
        for column, name, can, verb in (
            ("from", row.from_, "makes_goods", "delivers"),
            ("to", row.to, "takes_goods", "receives"),
        ):
            model = loop.models.get(name)
            if model is not None and not getattr(model, can):
                what = f"a site that {verb} goods"
                at.note("model", what, f"{name}, whose model is {model.model}", at=column)
        made = outputs(subject, row.from_)
        drawn = {*loop.materials_of(row.material)} - atomic_weights().keys()
        if made is not None and drawn and drawn.isdisjoint(made):
            what, hint = f"a material that {row.from_} makes", nearest_hint(row.material, made)
            at.note("unknown-name", what, row.material, at="material", hint=hint)


def check_needs(subject: Subject) -> None:
    """What is bought as needed is needed, and what is returned is taken from its keeper."""
    loop, keepers = subject.loop, set[str]()
    for term in (x for x in loop.terms if isinstance(x, Return)):
        for row in (x for x in loop.contracts if x.contract == term.on):
            giver, keeper = loop.seller(row), loop.party_of(row.to)
            keepers.add(keeper)
            takers = (x for x in loop.contracts if loop.seller(x) == giver)
            if not any(loop.party_of(x.from_) == keeper for x in takers):
                what = f"a contract that takes {term.of} from {keeper} with {giver} as seller"
                subject.at(term).note("no-taker", what, "none")
    for row in loop.contracts:
        model = loop.models.get(row.to)
        if row.amount.kind != "needed" or (model is not None and model.has_needs):
            continue
        if model is None or loop.party_of(row.to) not in keepers:
            of = OUTSIDE if model is None else f"{row.to}, whose model is {model.model}"
            subject.at(row).note("amount", "a receiver that needs goods", of, at="amount")


def check_groups(subject: Subject) -> None:
    """What is not made without an order is one material, for nothing says how much of each."""
    loop = subject.loop
    for row in loop.contracts:
        names, model = loop.materials_of(row.material), loop.models.get(row.from_)
        ordered = model is not None and model.model == Supply.model
        made = {*names} & {*getattr(model, "makes", {})}
        if len(names) > 1 and not made and (row.from_ == OUTSIDE or ordered):
            what = f"a material, for {row.from_} has no amounts of the group {row.material}"
            hint = f"write {'; '.join(names)} with the amount of each"
            subject.at(row).note("group", what, row.material, at="material", hint=hint)


def outputs(subject: Subject, site: str) -> set[str] | None:
    """Materials that a site makes, where its rows show them; None where it can make others."""
    model = subject.loop.models.get(site)
    made = None if model is None else model.outputs(subject.loop.splits.get(model.process, ()))
    return None if made is None else set(made)


def check_takers(subject: Subject) -> None:
    """What a site makes is drawn by a contract, or has a store."""
    loop = subject.loop
    for site, model in loop.models.items():
        contracts = [row for row in loop.contracts if row.from_ == site]
        drawn = {name for row in contracts for name in loop.materials_of(row.material)}
        if "" in model.store or drawn & atomic_weights().keys():
            continue
        for material in sorted((outputs(subject, site) or set()) - drawn - model.store.keys()):
            what = f"a contract that takes {material} from {site}"
            hint = f"write a contract for it, with {OUTSIDE} if it goes to a market, or a store"
            subject.at(loop.sites[site]).note("no-taker", what, "none", hint=hint)


def check_promises(subject: Subject) -> None:
    """No more is promised of a material than there is: shares of what is made, and rates."""
    loop = subject.loop
    for site in loop.sites:
        contracts = [row for row in loop.contracts if row.from_ == site and not row.amount.offer]
        materials = {name for row in contracts for name in loop.materials_of(row.material)}
        for material in sorted(materials):
            rows = [row for row in contracts if material in loop.materials_of(row.material)]
            _check_shares(rows, material, subject)
            _check_rates(rows, site, material, subject)


def _check_shares(rows: list[Contract], material: str, subject: Subject) -> None:
    """Shares of what is made, in each month."""
    shares = [(row, row.amount.upper) for row in rows if row.amount.of == "made"]
    for month in subject.loop.calendar.span if len(shares) > 1 else ():
        held = [
            (row, share_in(month, x)) for row, x in shares if x and month in subject.months(row)
        ]
        whole = math.fsum(share for _, share in held)
        if whole > 1 + _ROUNDING:
            last = held[-1][0]
            what = f"at most 100 % of the {material} that {last.from_} makes"
            names = ", ".join(f"{row.contract} {100 * share:g} %" for row, share in held)
            shown = f"{100 * whole:g} % in {month_name(month)}: {names}"
            subject.at(last).note("promised", what, shown, at="amount")
            return


def _check_rates(rows: list[Contract], site: str, material: str, subject: Subject) -> None:
    """Rates of two contracts or more against the most that a source makes in a step."""
    model = subject.loop.models.get(site)
    makes = getattr(model, "makes", {}).get(material) if model else None
    rated = [row for row in rows if row.amount.kind == "rate" and row.material == material]
    if makes is None or len(rated) < 2 or (model and (model.store or model.opening)):
        return
    unit = makes.unit.partition("/")[0]

    def over(step: Step, row: Site | Contract, rate: Quantity | None) -> float:
        """A rate over the months of a step in which a row holds, in the unit of what is made."""
        per_month = float(rate.over(step, f"{unit}/month")[0]) if rate else 0.0
        return per_month * subject.loop.months_open(row, step)

    try:
        steps = subject.loop.calendar.steps
        made = [(over(step, subject.loop.sites[site], makes), step) for step in steps]
        most, step = max(made, key=lambda pair: pair[0])
        asked = [(x.contract, over(step, x, x.amount.lower or x.amount.upper)) for x in rated]
    except InputError:  # a value that is missing, or another kind of unit, is its own finding
        return
    whole = math.fsum(amount for _, amount in asked)
    if whole > most * (1 + _ROUNDING):
        what = f"at most the {most:g} {unit} of {material} that {site} makes in {step.name}"
        names = ", ".join(f"{name} {amount:g}" for name, amount in asked)
        subject.at(rated[-1]).note("promised", what, f"{whole:g} {unit}: {names}", at="amount")
