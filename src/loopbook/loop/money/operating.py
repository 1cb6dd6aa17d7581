"""What sites and companies pay and carry by terms of their own, month by month."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from loopbook.loop.models.process import Process
from loopbook.loop.money.ledger import Carried, Entry, Ledger, sides
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
        lot = _lot(ledger, ledger.walked.sites[name], rows)
        rest = sorted((x for x in rows if x not in own), key=lambda x: isinstance(x, CarbonPrice))
        for some in (own, rest):
            _price(ledger, some, lot, [name], on=name)
        _note_unstated(ledger, name, own)
    for name in loop.parties:
        if name not in loop.sites:
            sites = [site for site, row in loop.sites.items() if row.party == name]
            _price(ledger, _laws(ledger, name), _empty(ledger), sites, on=name)
    for term in loop.terms:
        if isinstance(term, _DATED):
            _pay_on_day(ledger, term)


def _cost_process(ledger: Ledger, site: str) -> None:
    """Cost and burden of a route, from what it works on, and what its site pays and gets."""
    model, operation = ledger.loop.models[site], ledger.walked.sites[site]
    if not isinstance(model, Process) or not model.costing:
        return
    party, feed = ledger.loop.sites[site].party, operation.quantity("feed", ledger.walked.basis)
    runs: dict[int, list[Step]] = defaultdict(list)
    for step, route in zip(ledger.steps, operation.solved, strict=False):
        if operation.months[step.index]:
            runs[id(route)].append(step)
            if route is None:
                sentence = f"no cost of {site} before its route has run ({step.name}) is stated"
                ledger.note("not-stated", ledger.loop.sites[site].where, sentence, site, "route")
    for steps in runs.values():
        route = operation.solved[steps[0].index]
        if route is None:
            continue
        rows, firsts = (np.array([getattr(x, n) for x in steps]) for n in ("index", "first"))
        in_full = model.fixed_costs == "in full"
        months = operation.months[rows, None]
        costing = EverBattCosting(route, feed[rows], months, model.region, in_full)
        bought, sold, rate = ZERO, dict[str, Array](), ledger.quotes.rate("USD", firsts)
        for number, flow in enumerate(ledger.walked.flows):
            usd = ledger.paid[number][rows] / rate
            if flow.row.to == site:
                bought = bought + usd
            elif flow.row.from_ == site:
                sold[flow.row.material] = sold.get(flow.row.material, ZERO) + usd
        parts = ledger.parts(ledger.loop.days(ledger.loop.sites[site]), steps)
        of_step = np.searchsorted(rows, parts.step)
        for line, usd in costing.lines(bought, sold).items():
            entry = Entry(party, OUTSIDE, site, line, payer_site=site, payee_site=OUTSIDE)
            ledger.pay(entry, parts.shipped, (usd * rate)[of_step] * parts.share)
        for line, tonnes in costing.burdens.items():
            ledger.carry(Carried(site, site, line), parts.shipped, tonnes[of_step] * parts.share)


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
    return [row for row in ledger.loop.laws_on(name, Amount) if not row.dated]


def _lot(ledger: Ledger, site: Operation, rows: Iterable[Amount]) -> Lot:
    """What a site did by step, of all that its terms count."""
    basis = ledger.walked.basis
    names = {getattr(row, "of", "") for row in rows} - {""}
    tonnes = {name: site.quantity(name, basis) for name in names}
    counts: dict[tuple[str, str], Array] = {("", "month"): site.months[:, None]}
    for name in names:
        streams = {"feed": site.feed, "made": site.made}.get(name)
        goods = {name: tonnes[name]}
        if streams is not None:
            goods = {material: stream.sum(axis=1) for material, stream in streams.items()}
        for unit, (_, times) in UNITS_OF_GOODS.items():
            own = site.counts[name] * times if name in site.counts else counted(basis, goods, unit)
            if own is not None:
                counts[name, unit] = own
    shape = len(ledger.steps), 1
    return replace(
        _empty(ledger),
        goods={name: x + np.zeros(shape) for name, x in tonnes.items()},
        counts={key: x + np.zeros(shape) for key, x in counts.items()},
    )


def _price(
    ledger: Ledger, rows: Iterable[Amount], whole: Lot, sites: list[str], *, on: str
) -> None:
    """Payments and burdens of terms on a site, or on a company with its sites."""
    site = ledger.loop.sites.get(on)
    party = site.party if site else on
    days = ledger.loop.days(site) if site else (None, None)
    parts = ledger.parts(days, ledger.steps)
    for term in rows:
        of, place = getattr(term, "of", ""), on if site else ""
        payer, payee = sides(term, {"": party})
        ends = _ends(payer, payee, party, place)
        entry = Entry(payer, payee, on, term.term, of, "", *ends, term.where)
        cost, carbon = (of_sites(sites, parts.shipped) for of_sites in (ledger.cost, ledger.carbon))
        lot = replace(parts.of_lot(whole), cost=cost, carbon=carbon)
        amount = term.amount(lot) * parts.held(term)
        if isinstance(term, Burden):
            ledger.carry(Carried(on, on, term.term, of, "", term.where), parts.shipped, amount)
        else:
            ledger.pay(entry, parts.shipped, amount)


def _ends(payer: str, payee: str, party: str, place: str) -> tuple[str, str]:
    """Sites of both sides: its own of the party, ``outside`` of others."""
    return (place if payer == party else OUTSIDE), (place if payee == party else OUTSIDE)


def _empty(ledger: Ledger) -> Lot:
    none = ledger.zeros()
    return Lot(
        quotes=ledger.quotes, shipped=0, arrived=0, paid=0, mass=none, contents=lambda _: none
    )


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
        ledger.pay(entry, np.array([month]), term.amount(lot))
    else:
        sentence = f"{term.term} of {term.starts} is before or after the periods, and not counted"
        ledger.note("not-counted", term.where, sentence)
