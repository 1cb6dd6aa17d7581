"""Result tables of money and carbon: a row a period, or a line, in the currency of the loop."""

from collections.abc import Iterable, Iterator

import numpy as np

from loopbook.loop.money.accounts import ROLES, Accounts
from loopbook.loop.money.footprint import Footprint
from loopbook.loop.nouns.settings import NOMINAL
from loopbook.loop.nouns.trade import Contract
from loopbook.report import Cell, Column, Table
from loopbook.tables import Array

_WHO = (
    Column("payer", "Payer"),
    Column("payee", "Payee"),
    Column("on", "Contract or site"),
    Column("term", "Term"),
    Column("of", "Of"),
    Column("material", "Material"),
    Column("row", "Row"),
)


def account_tables(accounts: Accounts) -> Iterator[Table]:
    """All tables of money and burdens."""
    yield payments_table(accounts)
    yield cash_table(accounts)
    if accounts.walked.loop.settings.npv is not None:
        yield present_value_table(accounts)
    yield roles_table(accounts)
    yield sites_table(accounts)
    yield burdens_table(accounts)
    yield not_stated_table(accounts)


def payments_table(accounts: Accounts) -> Table:
    """Each payment between two parties by period."""
    unit = _money(accounts)
    columns = (*_WHO, Column("period", "Period"), Column("amount", "Amount", unit, adds=True))
    rows = (
        (x.payer, x.payee, x.on, x.term, x.of, x.material, x.where, period, value)
        for x, amount in accounts.payments.items()
        for period, value in _by_period(accounts, amount)
        if value
    )
    note = "What no row states is in the table not_stated. An amount below zero flows back."
    return Table("payments", "Payments between parties", columns, tuple(rows), note)


def cash_table(accounts: Accounts) -> Table:
    """Cash of each party by period, before and after the shares of owners."""
    unit = _money(accounts)
    columns = (
        Column("period", "Period"),
        Column("party", "Party"),
        Column("own", "Cash", unit, how="received - paid, without owners' shares", adds=True),
        Column("shared", "Cash with owners' shares", unit, how="received - paid", adds=True),
    )
    rows: list[tuple[Cell, ...]] = []
    for party in accounts.parties:
        own, shared = accounts.cash(party, shared=False), accounts.cash(party)
        pairs = zip(_by_period(accounts, own), _by_period(accounts, shared), strict=True)
        rows += [(period, party, first, second) for (period, first), (_, second) in pairs]
    return Table("cash", "Cash of the parties", columns, tuple(rows))


def present_value_table(accounts: Accounts) -> Table:
    """What the cash of each party is worth, by the settings of the present value."""
    settings, unit = accounts.walked.loop.settings.npv, _money(accounts)
    assert settings is not None
    how = f"cash of the periods, discounted to {settings.at}"
    of_all = "all its cash, with owners' shares"
    columns = (
        Column("party", "Party"),
        Column("own", "Without owners' shares", unit, how=how, adds=True),
        Column("shared", "With owners' shares", unit, how=how, adds=True),
        Column("invested", "Invested", unit, how="what it pays by `invest`", adds=True),
        Column("irr", "Rate of return", "1", how=f"at which {of_all}, is worth nothing"),
        Column("payback_yr", "Payback", "yr", how=f"until {of_all}, added up, stays above zero"),
    )
    rows: list[tuple[Cell, ...]] = []
    for party in accounts.parties:
        own, shared = (accounts.flows(party, shared=x) for x in (False, True))
        figures = (
            own.present_value(),
            shared.present_value(),
            accounts.invested(party),
            shared.rate_of_return(),
            shared.payback(),
        )
        means = (float(figure.mean()) for figure in figures)
        rows.append((party, *(None if np.isnan(mean) else mean for mean in means)))
    return Table("present_value", "Present value of the parties' cash", columns, tuple(rows))


def roles_table(accounts: Accounts) -> Table:
    """What each party receives less what it pays in each of its roles, over all periods."""
    unit, is_discounted = _money(accounts), accounts.walked.loop.settings.npv is not None
    columns = [
        Column("party", "Party"),
        Column("role", "Role"),
        Column("amount", "Received - paid", unit, how="payments of the party in this role"),
        Column("present_value", "Present value", unit, how="the same, discounted"),
    ][: 3 + is_discounted]
    rows: list[tuple[Cell, ...]] = []
    for party in accounts.parties[:-1]:
        for role in (*ROLES, ""):
            flows = accounts.flows(party, role=role)
            cells = [flows.money.sum(axis=0), flows.present_value()][: 1 + is_discounted]
            if flows.money.any():
                rows.append((party, role or "all", *(float(cell.mean()) for cell in cells)))
    note = "An owner brings what its company invests and gets what the company has left."
    return Table("roles", "Parties in their roles", tuple(columns), tuple(rows), note)


def sites_table(accounts: Accounts) -> Table:
    """What each site receives and pays, and the burden that it carries, by period."""
    columns = (
        Column("site", "Site"),
        Column("period", "Period"),
        Column("account", "Received - paid", _money(accounts), adds=True),
        Column("burden_tco2e", "Burden", "t CO2e", adds=True),
    )
    rows = [
        (site, period, money, tonnes)
        for site in accounts.walked.sites
        for (period, money), (_, tonnes) in zip(
            _by_period(accounts, accounts.account(site)),
            _by_period(accounts, accounts.burden(site)),
            strict=True,
        )
    ]
    return Table("sites", "Money and burden of the sites", columns, tuple(rows))


def burdens_table(accounts: Accounts) -> Table:
    """Each burden by period."""
    columns = (
        Column("site", "Site"),
        *_WHO[2:],
        Column("period", "Period"),
        Column("burden_tco2e", "Burden", "t CO2e", adds=True),
    )
    rows = (
        (x.site, x.on, x.term, x.of, x.material, x.where, period, value)
        for x, tonnes in accounts.burdens.items()
        for period, value in _by_period(accounts, tonnes)
        if value
    )
    return Table("burdens", "Burdens of the sites", columns, tuple(rows))


def footprint_table(accounts: Accounts, carried: Footprint) -> Table:
    """What each flow carries out of its site or company, by period."""
    carbon = accounts.walked.loop.settings.carbon
    columns = (
        *(Column(name, name.capitalize()) for name in ("contract", "from", "to", "material")),
        Column("period", "Period"),
        Column("mass_t", "Mass", "t", adds=True),
        Column("burden_tco2e", "Burden", "t CO2e", adds=True),
        Column("burden_per_t", "Burden of a tonne", "t CO2e/t", how="burden / mass"),
    )
    rows: list[tuple[Cell, ...]] = [
        (*_names(flow.row), period, mass, tonnes, tonnes / mass)
        for flow, share in zip(accounts.walked.flows, carried.flows, strict=True)
        for (period, mass), (_, tonnes) in zip(
            _by_period(accounts, np.asarray(flow.taken)), _by_period(accounts, share), strict=True
        )
        if mass and tonnes
    ]
    note = f"Within a {carbon.boundary}, to what leaves it by {carbon.allocate}."
    return Table("footprints", "Burdens of what is sold", columns, tuple(rows), note)


def not_stated_table(accounts: Accounts) -> Table:
    """What no row states, and what a row does not count: never a silent zero."""
    columns = (Column("place", "Row"), Column("kind", "Kind"), Column("what", "What"))
    rows = tuple((x.where, x.code, x.sentence) for x in accounts.findings)
    return Table("not_stated", "Not stated", columns, rows)


def _names(row: Contract) -> tuple[str, ...]:
    return row.contract, row.from_, row.to, row.material


def _money(accounts: Accounts) -> str:
    money = accounts.walked.loop.settings.money
    return (
        f"{money.currency} ({money.year})"
        if money.year != NOMINAL
        else f"{money.currency}, nominal"
    )


def _by_period(accounts: Accounts, values: Array) -> Iterable[tuple[str, float]]:
    """Sums of the steps of each period, means of the draws."""
    sums: dict[str, float] = {}
    for step, value in zip(accounts.walked.steps, values.mean(axis=-1), strict=True):
        sums[step.period.name] = sums.get(step.period.name, 0.0) + float(value)
    return sums.items()
