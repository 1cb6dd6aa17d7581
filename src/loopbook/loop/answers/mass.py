"""Result tables of mass of any loop: its flows, what its sites do, and the balance of elements."""

from collections.abc import Iterator, Mapping

import numpy as np

from loopbook.loop.answers.world import World
from loopbook.loop.money.accounts import Accounts
from loopbook.loop.values.cells import OUTSIDE
from loopbook.loop.walking.result import Operation
from loopbook.report import Cell, Column, Table
from loopbook.tables import Array

_LEAST = 1e-9  # t; what is less is rounding
_PERIOD = Column("period", "Period")


def mass_tables(money: Accounts) -> Iterator[Table]:
    """All tables of mass, by period, means of the draws."""
    world = World(money.walked, money)
    yield _flows(world)
    yield _goods(world)
    yield _elements(world)


def _column(name: str, title: str, how: str = "") -> Column:
    return Column(f"{name}_t", title, "t", how=how, adds=True)


def _rows(
    world: World, names: tuple[str, ...], by_period: Mapping[str, Array]
) -> Iterator[tuple[Cell, ...]]:
    """A row for each period in which something of (period, draw) is above rounding."""
    means = np.stack([x.mean(axis=-1) for x in by_period.values()], axis=-1)
    for span, numbers in zip(world.periods, means, strict=True):
        if np.abs(numbers).max() > _LEAST:
            yield (*names, span.name, *map(float, numbers))


def _flows(world: World) -> Table:
    columns = (
        *(Column(name, name.capitalize()) for name in ("contract", "from", "to", "material")),
        *(_PERIOD, _column("asked", "Asked"), _column("taken", "Taken")),
        *(
            _column("short_by_seller", "Short by seller"),
            _column("short_by_buyer", "Short by buyer"),
        ),
    )
    rows = (
        row
        for flow in world.walked.flows
        for row in _rows(
            world,
            (flow.row.contract, flow.row.from_, flow.row.to, flow.row.material),
            {
                name: world.sums(getattr(flow, name))
                for name in ("asked", "taken", "short_by_seller", "short_by_buyer")
            },
        )
    )
    return Table("flows", "Flows by contract", columns, tuple(rows))


def _goods(world: World) -> Table:
    columns = (
        *(Column("site", "Site"), Column("role", "Role"), Column("material", "Material"), _PERIOD),
        _column("mass", "Mass", "what waits and is held is that at the end of the period"),
    )
    rows = (
        row
        for site in world.sites.values()
        for role, material, by_step in _streams(site)
        for mass in [by_step.sum(axis=1)]
        for law in [world.at_end if role in ("waiting", "held") else world.sums]
        for row in _rows(world, (site.site, role, material), {"mass": law(mass)})
    )
    return Table("goods", "What sites receive and make", columns, tuple(rows))


def _streams(site: Operation) -> Iterator[tuple[str, str, Array]]:
    """Roles, materials and streams of a site, (step, component, draw)."""
    for role, goods in (("feed", site.feed), ("made", site.made), ("waiting", site.waiting)):
        for material, stream in goods.items():
            yield role, material, stream
    for role in ("disposal", "drawn", "absorbed", "held"):
        yield role, "", getattr(site, role)


def _elements(world: World) -> Table:
    """What comes into the loop and leaves it, and what is in it at the end of each period."""
    walked, none = world.walked, world.nothing
    into, out, stock = none, none, none
    for site in walked.sites.values():
        into, out = into + site.drawn, out + site.disposal + site.absorbed
        stock = stock + sum(site.waiting.values(), site.held)
    for flow in walked.flows:
        left = sum(flow.materials.values(), none)
        came = sum((x[:-1] for x in flow.arrived.values()), none)
        into = into + left if flow.row.from_ == OUTSIDE else into
        out = out + came if flow.row.to == OUTSIDE else out
        stock = stock + np.cumsum(left - came, axis=0) + sum(flow.on_way.values(), none[0])
    columns = (
        *(Column("element", "Element"), _PERIOD),
        _column("into", "In", "what the loop buys outside and draws"),
        _column("out", "Out", "what it sells outside, disposes of and uses up"),
        _column("stock", "Stock", "at sites and on the way at the end of the period"),
    )
    laws = {"into": (into, world.sums), "out": (out, world.sums), "stock": (stock, world.at_end)}
    rows = (
        row
        for element in walked.basis.elements
        for numbers in [{x: law(walked.content(y, element)) for x, (y, law) in laws.items()}]
        for row in _rows(world, (element,), numbers)
    )
    note = "In less out is the change of the stock, of every element."
    return Table("elements", "Balance of the elements", columns, tuple(rows), note)
