"""What sites and companies pay and carry by terms of their own, month by month."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from loopbook.loop.models.process import Process
from loopbook.loop.money.ledger import Carried, Entry, Ledger, held, months_of, shares_of, sides
from loopbook.loop.money.trading import UNITS_OF_GOODS, counted
from loopbook.loop.routes.everbatt import EverBattCosting
from loopbook.loop.terms.law import Amount
from loopbook.loop.terms.lot import ZERO, Lot
from loopbook.loop.terms.policies.carbon_price import CarbonPrice
from loopbook.loop.terms.sites.burden import Burden
from loopbook.loop.terms.sites.cost import Cost
from loopbook.loop.terms.sites.invest import Invest
from loopbook.loop.terms.sites.once import Once
from loopbook.loop.time.calendar import Step, month_number
from loopbook.loop.values.cells import OUTSIDE
from loopbook.loop.walking.result import Operation
from loopbook.tables import Array

_DATED = (Invest, Once)


def price_sites(ledger: Ledger) -> None:
    """Costs and burdens of all sites, then what is a share of them: credits and carbon prices."""
    loop = ledger.loop
    for name in loop.sites:
        rows = _laws(ledger, name)
        _cost_process(ledger, name)
        own = [row for row in rows if isinstance(row, (Cost, Burden))]
        lots = _lots(ledger, ledger.walked.sites[name], rows)
        rest = sorted((x for x in rows if x not in own), key=lambda x: isinstance(x, CarbonPrice))
        for some in (own, rest):
            _price(ledger, some, lots, [name], on=name)
        _note_unstated(ledger, name, own)
    for name in loop.parties:
        if name not in loop.sites:
            sites = [site for site, row in loop.sites.items() if row.party == name]
            _price(ledger, _laws(ledger, name), {}, sites, on=name)
    for term in loop.terms:
        if isinstance(term, _DATED):
            _pay_on_day(ledger, term)


def _cost_process(ledger: Ledger, site: str) -> None:
    """Cost and burden of a route, from what it works on, and what its site pays and gets."""
    model, operation = ledger.loop.models[site], ledger.walked.sites[site]
    if not isinstance(model, Process) or not model.costing:
        return
    party, feed = ledger.loop.sites[site].party, operation.quantity("feed", ledger.walked.basis)
    for step, route in zip(ledger.steps, operation.solved, strict=False):
        months = float(operation.months[step.index])
        if route is None or not months:
            if months:
                sentence = f"no cost of {site} before its route has run ({step.name}) is stated"
                ledger.note("not-stated", ledger.loop.sites[site].where, sentence, site, "route")
            continue
        in_full = model.fixed_costs == "in full"
        costing = EverBattCosting(route, feed[step.index], months, model.region, in_full)
        bought, sold, rate = ZERO, dict[str, Array](), ledger.quotes.rate("USD", step.first)
        for number, flow in enumerate(ledger.walked.flows):
            usd = ledger.paid[number].get(step.index, ZERO) / rate
            if flow.row.to == site:
                bought = bought + usd
            elif flow.row.from_ == site:
                sold[flow.row.material] = sold.get(flow.row.material, ZERO) + usd
        for line, usd in costing.lines(bought, sold).items():
            entry = Entry(party, OUTSIDE, site, line, payer_site=site, payee_site=OUTSIDE)
            ledger.pay(entry, step.first, usd * rate)
        for line, tonnes in costing.burdens.items():
            ledger.carry(Carried(site, site, line), step.index, tonnes)


def _note_unstated(ledger: Ledger, site: str, rows: Iterable[Amount]) -> None:
    """Note a site that makes goods and has no cost, or no burden."""
    where, operation = ledger.loop.sites[site].where, ledger.walked.sites[site]
    model = ledger.loop.models[site]
    if (isinstance(model, Process) and model.costing) or not model.makes_goods:
        return
    for law, what in ((Cost, "cost"), (Burden, "burden")):
        names = {getattr(term, "of", "") for term in rows if isinstance(term, law)}
        if not names:
            ledger.note("not-stated", where, f"no {what} of {site} is stated")
        elif operation.disposal.any() and not names & {"disposal", "feed", ""}:
            ledger.note("not-stated", where, f"no {what} of the disposal of {site} is stated")


def _laws(ledger: Ledger, name: str) -> list[Amount]:
    rows = ledger.loop.terms_on(name)
    return [row for row in rows if isinstance(row, Amount) and not isinstance(row, _DATED)]


def _lots(ledger: Ledger, site: Operation, rows: Iterable[Amount]) -> dict[int, Lot]:
    """What a site did in each step, of all that its terms count."""
    basis = ledger.walked.basis
    names = {getattr(row, "of", "") for row in rows} - {""}
    tonnes = {name: site.quantity(name, basis) for name in names}
    counts: dict[tuple[str, str], Array] = {("", "month"): site.months[:, None]}
    for name in names:
        goods = {"feed": site.feed, "made": site.made}.get(name)
        for unit, (_, times) in UNITS_OF_GOODS.items():
            if name in site.counts:
                counts[name, unit] = site.counts[name] * times
            elif goods is not None:
                whole = counted(basis, {x: stream.sum(axis=1) for x, stream in goods.items()}, unit)
                counts |= {} if whole is None else {(name, unit): whole}
            elif (whole := counted(basis, {name: tonnes[name]}, unit)) is not None:
                counts[name, unit] = whole
    return {
        step.index: Lot(
            quotes=ledger.quotes,
            shipped=step.first,
            arrived=step.first,
            paid=step.first,
            goods={name: _row(x, step.index) for name, x in tonnes.items()},
            counts={key: _row(x, step.index) for key, x in counts.items()},
        )
        for step in ledger.steps
    }


def _row(values: Array, step: int) -> Array:
    """Numbers of a step; of what there never is, zero."""
    return np.asarray(values[step]) if len(values) > step else ZERO


def _price(
    ledger: Ledger, rows: Iterable[Amount], lots: Mapping[int, Lot], sites: list[str], *, on: str
) -> None:
    """Payments and burdens of terms on a site, or on a company with its sites."""
    site = ledger.loop.sites.get(on)
    party = site.party if site else on
    days = ledger.loop.days(site) if site else (None, None)
    for term in rows:
        of, place = getattr(term, "of", ""), on if site else ""
        payer, payee = sides(term, {"": party})
        ends = _ends(payer, payee, party, place)
        entry = Entry(payer, payee, on, term.term, of, "", *ends, term.where)
        burden = Carried(on, on, term.term, of, "", term.where)
        for step in ledger.steps:
            whole = replace(
                lots.get(step.index, _empty(ledger, step)),
                cost=ledger.cost(sites, step.index),
                carbon=ledger.carbon(sites, step.index),
            )
            for month, _, part, share in months_of(shares_of(days, step)):
                lot = whole.part(part, shipped=month, arrived=month, paid=month)
                amount = term.amount(lot) * held(term, days, month, share)
                if isinstance(term, Burden):
                    ledger.carry(burden, step.index, amount)
                else:
                    ledger.pay(entry, month, amount)


def _ends(payer: str, payee: str, party: str, place: str) -> tuple[str, str]:
    """Sites of both sides: its own of the party, ``outside`` of others."""
    return (place if payer == party else OUTSIDE), (place if payee == party else OUTSIDE)


def _empty(ledger: Ledger, step: Step) -> Lot:
    return Lot(quotes=ledger.quotes, shipped=step.first, arrived=step.first, paid=step.first)


def _pay_on_day(ledger: Ledger, term: Invest | Once) -> None:
    """What is paid on a day, by a site, a company or the sides of a contract."""
    loop, place = ledger.loop, ""
    assert term.starts is not None
    month, names = month_number(term.starts), {"": term.on}
    if term.on in loop.sites:
        names, place = {"": loop.sites[term.on].party}, term.on
    for row in loop.contracts:
        if row.contract == term.on:
            names = {"buyer": loop.buyer(row), "seller": loop.seller(row), "": loop.buyer(row)}
    payer, payee = sides(term, names)
    rate = term.when.rate if isinstance(term, Invest) and term.when else None
    ends = _ends(payer, payee, names[""], place)
    entry = Entry(payer, payee, term.on, term.term, "", "", *ends, term.where, term.starts, rate)
    if 0 <= ledger.step_of(month) < len(ledger.steps):
        lot = Lot(quotes=ledger.quotes, shipped=month, arrived=month, paid=month)
        ledger.pay(entry, month, term.amount(lot))
    else:
        sentence = f"{term.term} of {term.starts} is before or after the periods, and not counted"
        ledger.note("not-counted", term.where, sentence)
