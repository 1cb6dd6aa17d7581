"""Contracts against sites: who makes and takes, and no more promised than there is."""

import math
from collections.abc import Iterator

from loopbook.errors import InputError, nearest_hint
from loopbook.loop.checking.subject import Subject
from loopbook.loop.nouns.trade import Contract
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
        for column, name, can in (
            ("from", row.from_, "makes_goods"),
            ("to", row.to, "takes_goods"),
        ):
            model = loop.models.get(name)
            if model is not None and not getattr(model, can):
                verb = "delivers" if can == "makes_goods" else "receives"
                what = f"a site that {verb} goods"
                at.note("model", what, f"{name}, whose model is {model.model}", at=column)
        made = outputs(subject, row.from_)
        if made is not None and not _covers(subject, row.material, made):
            what = f"a material that {row.from_} makes"
            at.note(
                "unknown-name",
                what,
                row.material,
                at="material",
                hint=nearest_hint(row.material, made),
            )


def outputs(subject: Subject, site: str) -> set[str] | None:
    """Materials that a site makes, where its rows show them; None where it can make others."""
    model = subject.loop.models.get(site)
    made = None if model is None else model.outputs(subject.loop.splits.get(model.process, ()))
    return None if made is None else set(made)


def _covers(subject: Subject, material: str, made: set[str]) -> bool:
    """Whether what is made has a material, a part of its group, or an element in it."""
    names = subject.loop.materials_of(material)
    return material in atomic_weights() or any(name in made for name in names)


def check_takers(subject: Subject) -> None:
    """What a site makes is drawn by a contract, or has a store."""
    loop = subject.loop
    for site, model in loop.models.items():
        contracts = [row for row in loop.contracts if row.from_ == site]
        drawn = {name for row in contracts for name in loop.materials_of(row.material)}
        drawn |= {name for name in drawn if name in atomic_weights()}
        made = model.outputs(loop.splits.get(model.process, ()))
        for material in sorted(set(made or ()) - drawn):
            if drawn & set(atomic_weights()) or material in model.store or "" in model.store:
                continue
            subject.at(loop.sites[site]).note(
                "no-taker",
                f"a contract that takes {material} from {site}",
                "none",
                hint=f"write a contract for it, with {OUTSIDE} if it goes to a market, or a store",
            )


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
    shares = [row for row in rows if row.amount.of == "made"]
    for month in subject.loop.calendar.span if len(shares) > 1 else ():
        held = [row for row in shares if month in subject.months(row)]
        whole = math.fsum(_in_month(row, month) for row in held)
        if whole > 1 + _ROUNDING:
            names = ", ".join(f"{row.contract} {100 * _in_month(row, month):g} %" for row in held)
            subject.at(held[-1]).note(
                "promised",
                f"at most 100 % of the {material} that {held[-1].from_} makes",
                f"{100 * whole:g} % in {month_name(month)}: {names}",
                at="amount",
            )
            return


def _in_month(row: Contract, month: int) -> float:
    """Share of what is made in a month; 0 where a value is missing, which is its own finding."""
    upper = row.amount.upper
    if upper is None:
        return 0.0
    if upper.series is not None and math.isnan(upper.series.line.in_month(month)):
        return 0.0
    return float(upper.in_month(month, "1")[0])


def _check_rates(rows: list[Contract], site: str, material: str, subject: Subject) -> None:
    """Rates of two contracts or more against the most that a source makes in a step."""
    model = subject.loop.models.get(site)
    makes = getattr(model, "makes", {}).get(material) if model else None
    rated = [row for row in rows if row.amount.kind == "rate" and row.material == material]
    if makes is None or len(rated) < 2 or (model and (model.store or model.opening)):
        return
    try:
        steps = [(_made(makes, site, step, subject), step) for step in subject.loop.calendar.steps]
        there, step = max(steps, key=lambda pair: pair[0])
        promised = [(row, _asked(row, step, makes.unit, subject)) for row in rated]
    except InputError:  # a value that is missing, or another kind of unit, is its own finding
        return
    whole = math.fsum(amount for _, amount in promised)
    if whole > there * (1 + _ROUNDING):
        names = ", ".join(f"{row.contract} {amount:g}" for row, amount in promised)
        unit = makes.unit.partition("/")[0]
        subject.at(rated[-1]).note(
            "promised",
            f"at most the {there:g} {unit} of {material} that {site} makes in {step.name}",
            f"{whole:g} {unit}: {names}",
            at="amount",
        )


def _made(makes: Quantity, site: str, step: Step, subject: Subject) -> float:
    """What a source makes in a step, in its unit."""
    per_month = makes.over(step, f"{makes.unit.partition('/')[0]}/month")
    return float(per_month[0]) * _months(site, step, subject)


def _months(site: str, step: Step, subject: Subject) -> float:
    return subject.loop.months_open(subject.loop.sites[site], step)


def _asked(row: Contract, step: Step, unit: str, subject: Subject) -> float:
    least = row.amount.lower or row.amount.upper
    assert least is not None
    per_month = least.over(step, f"{unit.partition('/')[0]}/month")
    return float(per_month[0]) * subject.loop.months_open(row, step)


def joined(subject: Subject) -> Iterator[tuple[str, str, Contract]]:
    """Pairs of sites that contracts join, with the contract."""
    for row in subject.loop.contracts:
        if OUTSIDE not in (row.from_, row.to):
            yield row.from_, row.to, row
