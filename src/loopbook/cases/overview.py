"""What people see of a loop that brings no layout of its own: made from its walk and accounts."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from loopbook.loop import OUTSIDE, Accounts, Flow, KeyFigure, Provenance, Walk
from loopbook.report import Cell, Column, Layout, Plot, Section, Table, YearFigure
from loopbook.tables import Array

OVERVIEW, LINKS = "overview", "links"
"""Names of the tables that the layout shows."""

_MOST_FLOWS = 3
_CENT = 0.005
_LEAST = 1e-6  # what is less is rounding
_LONGEST = 1400  # characters of a formula


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
    formula : of the values.
    pick : what the key figure is of them: ``sum`` or ``last``.
    """

    about: str
    label: str
    text: str
    column: Column
    values: Array
    formula: str
    pick: str = "sum"

    @property
    def unit(self) -> str:
        """Unit that people read it in."""
        money, _, _ = self.column.unit.partition(",")
        return {"cash": f"M {money}", "carbon": "kt CO2e"}.get(self.about, money)

    @property
    def decimals(self) -> int:
        """Decimals that people read."""
        return 1 if self.about in ("cash", "carbon") else 0


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
    text = f"from {begin} to {end}"
    column = Column(_named(name, "t"), _titled(name), "t", how=f"what {name} took: t {text}")
    return Shown("flow", _titled(name), text, column, taken, f"taken({name!r})")


def _of_party(money: Accounts, party: str) -> Shown:
    settings, row = money.walked.loop.settings.money, money.walked.loop.parties[party]
    year = settings.year if settings.year.isalpha() else f"of {settings.year}"
    unit = f"{settings.currency}, {year}"
    cash, words = _sums(money.walked, money.cash(party)), ("with", "received less paid", "", "")
    if np.abs(cash).max() < _CENT:  # its owners get all of it
        cash = _sums(money.walked, money.cash(party, shared=False))
        words = "without", "before its owners' shares", ", own", ", own"
    how = f"received - paid by {party}, {words[0]} what owners bring and get"
    name = _named(party, settings.currency.lower())
    column = Column(name, f"{party}{words[2]}", unit, how=how)
    formula = f"cash({party!r}{words[3]})"
    return Shown("cash", _titled(row.name or party), f"({year}), {words[1]}", column, cash, formula)


def _of_all(money: Accounts) -> Iterator[Shown]:
    walked, none = money.walked, np.zeros((len(money.walked.steps), 1))
    burden = sum((money.burden(site) for site in walked.sites), none)
    how = "burdens of all sites, with what they buy and receive"
    column = Column("burden_tco2e", "Burden", "t CO2e", how=how)
    total = _sums(walked, burden)
    yield Shown("carbon", "Carbon", "of all sites", column, total, "burden()")
    short = sum((flow.short_by_seller + flow.short_by_buyer for flow in walked.flows), none)
    column = Column("short_t", "Short", "t", how="asked by contracts and not taken")
    formula = _added(
        "short", {x.row.contract: x.short_by_seller + x.short_by_buyer for x in walked.flows}
    )
    yield Shown("open", "Short", "asked for and not taken", column, _sums(walked, short), formula)
    waits = {
        site.site: np.asarray(sum((x.sum(axis=1) for x in site.waiting.values()), none))
        for site in walked.sites.values()
    }
    column = Column("waiting_t", "Waiting", "t", how="at all sites at the end of the period")
    waiting = _ends(walked, sum(waits.values(), none))
    yield Shown(
        "open", "Waiting", "at sites at the end", column, waiting, _added("waiting", waits), "last"
    )
    column = Column("owed_t", "Owed", "t", how="metal due under terms of return at the end")
    owed = _ends(walked, sum(walked.owed.values(), none))
    formula = _added("owed", {contract: x for (contract, _), x in walked.owed.items()})
    yield Shown(
        "open", "Owed", "of metal due and not returned at the end", column, owed, formula, "last"
    )


def _added(function: str, values: Mapping[str, Array]) -> str:
    """A sum over names; where it is too long, over those that have anything."""
    formula = " + ".join(f"{function}({name!r})" for name in values)
    if len(formula) > _LONGEST:
        some = (f"{function}({name!r})" for name, x in values.items() if np.abs(x).max() > _LEAST)
        formula = " + ".join(some)
    return formula or "'0 t'"


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


def shown_figures(figured: list[Shown]) -> tuple[KeyFigure, ...]:
    """Key figures: sums, or what there is at the end."""
    return tuple(
        KeyFigure(
            figure=one.column.name,
            title=one.label,
            answer=f"{one.pick}({one.formula})",
            unit=one.unit,
            decimals=str(one.decimals),
            note=one.text,
            provenance=Provenance(where=OVERVIEW, address=f"figures/{one.column.name}"),
        )
        for one in figured
        if one.pick == "sum" or one.values[-1] > _LEAST
    )


def default_layout(walked: Walk, shown: list[Shown]) -> Layout:
    """Periods, and sections for what there is, of the columns of the overview."""
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
    years = tuple(_year(one, place) for place, one in enumerate(figured_of(shown)))
    return Layout(f"{first.name} to {last.name}: {places}.", tuple(sections), years=years)


def _plots(shown: list[Shown], about: str, title: str, text: str) -> tuple[Plot, ...]:
    names = tuple(one.column.name for one in shown if one.about == about)
    return (Plot(about, title, text, OVERVIEW, names),) if names else ()


def _year(one: Shown, place: int) -> YearFigure:
    title = "Carbon" if one.about == "carbon" else one.column.title
    drops = min(place, 8)
    return YearFigure(one.column.name, title, one.unit, one.formula, one.decimals, drops)
