"""What people see of a loop that brings no layout of its own: made from its walk and accounts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from loopbook.cases.figures import Line
from loopbook.loop import OUTSIDE, Accounts, Flow, Walk
from loopbook.report import Cell, Column, Layout, Plot, Quote, Section, Table, YearFigure
from loopbook.tables import Array

OVERVIEW, LINKS = "overview", "links"
"""Names of the tables that the layout shows."""

_MOST_FLOWS = 3
_CENT = 0.005
_LEAST = 1e-6  # what is less is rounding
_SCALES = {"cash": 1e6, "carbon": 1e3}


@dataclass(frozen=True, slots=True)
class Shown:
    """A column of the overview.

    Parameters
    ----------
    about : ``flow`` of a contract, ``cash`` of a party, ``carbon``, or ``open``: what is short,
        waiting or due.
    label : for people.
    text : what its key figure states behind the number.
    values : by period.
    pick : what the key figure is of them: ``sum`` or ``last``.
    """

    about: str
    label: str
    text: str
    column: Column
    values: Array
    pick: str = "sum"


def shown_of(money: Accounts) -> list[Shown]:
    """Columns of the overview that hold anything, in the order of the tables."""
    walked = money.walked
    flows: dict[str, list[Flow]] = {}
    for flow in walked.flows:
        flows.setdefault(flow.row.contract, []).append(flow)
    shown = [_of_contract(walked, name, rows) for name, rows in flows.items()]
    shown += [_of_party(money, party) for party in walked.loop.parties]
    shown += _of_all(money)
    kept, taken = list[Shown](), {"year", "period"}
    for one in shown:
        if np.abs(one.values).max() > _LEAST:
            stem, _, unit = one.column.name.rpartition("_")
            names = (f"{stem}_{n}_{unit}" if n > 1 else one.column.name for n in range(1, 9999))
            name = next(name for name in names if name not in taken)
            taken.add(name)
            kept.append(replace(one, column=replace(one.column, name=name, adds=True)))
    return kept


def _of_contract(walked: Walk, name: str, rows: list[Flow]) -> Shown:
    begin = ", ".join(dict.fromkeys(flow.row.from_ for flow in rows))
    end = ", ".join(dict.fromkeys(flow.row.to for flow in rows))
    taken = _sums(walked, sum((flow.taken for flow in rows), np.zeros((1, 1))))
    text = f"t from {begin} to {end}"
    column = Column(_named(name, "t"), _titled(name), "t", how=f"what {name} took: {text}")
    return Shown("flow", _titled(name), text, column, taken)


def _of_party(money: Accounts, party: str) -> Shown:
    settings, row = money.walked.loop.settings.money, money.walked.loop.parties[party]
    year = settings.year if settings.year.isalpha() else f"of {settings.year}"
    unit = f"{settings.currency}, {year}"
    cash, words = _sums(money.walked, money.cash(party)), ("with", "received less paid", "")
    if np.abs(cash).max() < _CENT:  # its owners get all of it
        cash = _sums(money.walked, money.cash(party, shared=False))
        words = "without", "before its owners' shares", ", own"
    how = f"received - paid by {party}, {words[0]} what owners bring and get"
    name = _named(party, settings.currency.lower())
    column = Column(name, f"{party}{words[2]}", unit, how=how)
    text = f"M {settings.currency} ({year}), {words[1]}"
    return Shown("cash", _titled(row.name or party), text, column, cash)


def _of_all(money: Accounts) -> Iterator[Shown]:
    walked, none = money.walked, np.zeros((len(money.walked.steps), 1))
    burden = sum((money.burden(site) for site in walked.sites), none)
    how = "burdens of all sites, with what they buy and receive"
    column = Column("burden_tco2e", "Burden", "t CO2e", how=how)
    yield Shown("carbon", "Carbon", "kt CO2e, of all sites", column, _sums(walked, burden))
    short = sum((flow.short_by_seller + flow.short_by_buyer for flow in walked.flows), none)
    column = Column("short_t", "Short", "t", how="asked by contracts and not taken")
    yield Shown("open", "Short", "t asked for and not taken", column, _sums(walked, short))
    waits = [x.sum(axis=1) for site in walked.sites.values() for x in site.waiting.values()]
    column = Column("waiting_t", "Waiting", "t", how="at all sites at the end of the period")
    waiting = _ends(walked, sum(waits, none))
    yield Shown("open", "Waiting", "t at sites at the end", column, waiting, "last")
    column = Column("owed_t", "Owed", "t", how="metal due under terms of return at the end")
    owed = _ends(walked, sum(walked.owed.values(), none))
    yield Shown("open", "Owed", "t of metal due and not returned at the end", column, owed, "last")


def _titled(name: str) -> str:
    return name[:1].upper() + name[1:]


def _named(name: str, unit: str) -> str:
    """Name of a column from that of a thing; names in other scripts have no letters left.

    >>> _named("Mill, east", "t"), _named("\u5de5\u5382", "t")
    ('mill_east_t', 'column_t')
    """
    stem = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return f"{stem or 'column'}_{unit}"


def _sums(walked: Walk, values: Array) -> Array:
    """Sums over the steps of each period of (step, draw), means of the draws."""
    sums = dict.fromkeys((period.name for period in walked.loop.calendar.periods), 0.0)
    for step, value in zip(walked.steps, values.mean(axis=-1), strict=True):
        sums[step.period.name] += float(value)
    return np.array([*sums.values()])


def _ends(walked: Walk, values: Array) -> Array:
    """Values at the end of each period of (step, draw), means of the draws."""
    steps = zip(walked.steps, values.mean(axis=-1), strict=True)
    return np.array([*{step.period.name: float(value) for step, value in steps}.values()])


def periods_of(walked: Walk) -> tuple[Column, list[Cell]]:
    """The column of periods and its cells; years are numbers."""
    names = [period.name for period in walked.loop.calendar.periods]
    if all(name.isdecimal() for name in names):
        return Column("year", "Year"), [int(name) for name in names]
    return Column("period", "Period"), [*names]


def overview_table(walked: Walk, shown: list[Shown]) -> Table:
    """A row a period: what contracts moved, cash of the parties, carbon, and what is open."""
    first, cells = periods_of(walked)
    rows = zip(cells, *(map(float, one.values) for one in shown), strict=True)
    columns = (first, *(one.column for one in shown))
    return Table(OVERVIEW, "Overview by period", columns, tuple(rows))


def links_table(walked: Walk) -> Table:
    """What each contract row moved in a period; a market has the name of its contract."""
    first, cells = periods_of(walked)
    elements = _elements(walked)
    columns = (
        first,
        Column("source", "From"),
        Column("target", "To"),
        Column("material", "Material"),
        Column("mass_t", "Mass", "t", how="what the contract took", adds=True),
        *(Column(_named(x, "t"), x, "t", how=f"{x} in it", adds=True) for x in elements),
    )
    rows: list[tuple[Cell, ...]] = []
    for flow in walked.flows:
        row = flow.row
        ends = [row.contract if x == OUTSIDE else x for x in (row.from_, row.to)]
        for material, stream in flow.materials.items():
            masses = [stream.sum(axis=1), *(walked.content(stream, x) for x in elements)]
            by_period = [_sums(walked, mass) for mass in masses]
            for k, cell in enumerate(cells):
                if by_period[0][k] > _LEAST:
                    rows.append((cell, *ends, material, *(float(x[k]) for x in by_period)))
    order = {cell: k for k, cell in enumerate(cells)}
    rows.sort(key=lambda row: order[row[0]])
    return Table(LINKS, "Flows between sites", columns, tuple(rows))


def _elements(walked: Walk) -> list[str]:
    """Elements, those that terms price first."""
    named = (str(getattr(term, "of", "")) for term in walked.loop.terms)
    elements = walked.basis.elements
    return [*dict.fromkeys([*(x for x in named if x in elements), *elements])]


def figured_of(shown: list[Shown]) -> list[Shown]:
    """What key figures and the table of periods show: the largest flows, and all but flows."""
    largest = sorted((x for x in shown if x.about == "flow"), key=lambda x: -x.values.sum())
    return [
        *(x for x in shown if x in largest[:_MOST_FLOWS]),
        *(x for x in shown if x.about != "flow"),
    ]


def shown_lines(figured: list[Shown]) -> list[Line]:
    """Key figures: sums, or what there is at the end."""
    lines = []
    for one in figured:
        value = one.values.sum() if one.pick == "sum" else one.values[-1]
        if one.pick == "sum" or value > _LEAST:
            scale = _SCALES.get(one.about, 1.0)
            number = f"{value / scale:,.{1 if scale > 1 else 0}f}"
            quotes = (Quote(OVERVIEW, one.column.name, 0, len(number)),)
            lines.append(Line(one.column.name, one.label, f"{number} {one.text}", quotes))
    return lines


def shown_years(figured: list[Shown]) -> tuple[tuple[YearFigure, ...], dict[str, list[Cell]]]:
    """Columns of the table of periods, and their cells."""
    years = tuple(_year(one, place) for place, one in enumerate(figured))
    scales = (_SCALES.get(one.about, 1.0) for one in figured)
    return years, {
        one.column.name: [*map(float, one.values / scale)]
        for one, scale in zip(figured, scales, strict=True)
    }


def default_layout(walked: Walk, shown: list[Shown]) -> Layout:
    """Sections for what there is, of the columns of the overview."""
    first, *_, last = *walked.loop.calendar.periods, walked.loop.calendar.periods[-1]
    titles = {x.party: x.name or x.party for x in walked.loop.parties.values()}
    places = ", ".join(f"{s.site} ({titles[s.party]})" for s in walked.loop.sites.values())
    sections = [
        Section(
            "loop",
            "Flows between sites",
            "A market has the name of its contract.",
            short="Flows",
            plots=_plots(shown, "flow", "What each contract moved", "Tonnes in a period."),
            flows=LINKS,
        )
    ]
    for about, title, text in (
        ("cash", "Money", "What each party receives less what it pays, in a period."),
        ("carbon", "Carbon", "Burdens of all sites, with what they buy and receive."),
        ("open", "Open ends", "What contracts asked for and did not get; what waits or is due."),
    ):
        if plots := _plots(shown, about, title, text):
            sections.append(Section(about, title, text, plots=plots))
    return Layout(f"{first.name} to {last.name}: {places}.", tuple(sections))


def _plots(shown: list[Shown], about: str, title: str, text: str) -> tuple[Plot, ...]:
    names = tuple(one.column.name for one in shown if one.about == about)
    return (Plot(about, title, text, OVERVIEW, names),) if names else ()


def _year(one: Shown, place: int) -> YearFigure:
    unit, title = one.column.unit, one.column.title
    if one.about == "cash":
        unit = f"M {unit.partition(',')[0]}"
    elif one.about == "carbon":
        unit, title = "kt", "CO2e"
    decimals = 1 if one.about in _SCALES else 0
    return YearFigure(one.column.name, title, unit, one.column.how, decimals, min(place, 8))
