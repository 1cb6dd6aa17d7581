"""The costing of a route in a step against the cost of the same route for a year."""

from __future__ import annotations

import numpy as np
import pytest

from loopbook.flowsheet import COST_GROUPS, RouteResult, RouteSetting, preprocessing
from loopbook.loop.routes.everbatt import EverBattCosting
from loopbook.matter import Sourced, load_library, scrap_type

LIBRARY = load_library()
CAPACITY = 13500.0
VARIABLE = ("reagents", "energy", "water and disposal")


@pytest.fixture(scope="module")
def route() -> RouteResult:
    scrap = scrap_type("formed cells", "NMC811", LIBRARY)
    feed = {name: np.array([share]) for name, share in scrap.shares.items()}
    setting = RouteSetting(throughput_t_per_yr=CAPACITY, location="US", dollar_year=2020)
    return preprocessing(feed, setting, numbers=Sourced(LIBRARY))


def costs(
    route: RouteResult, share: float, months: float, *, in_full: bool = True
) -> dict[str, float]:
    """USD by group of a plant that fills a share of its capacity; prices as those of the route."""
    feed = np.array([CAPACITY * share * months / 12])
    costing = EverBattCosting(route, feed, months, "US", in_full)
    bought = route.cost.annual_usd["feed"] * share * months / 12
    sold = {name: x * feed * 1000 for name, x in route.cost.revenue_usd_per_kg.items()}
    return {name: usd.item() for name, usd in costing.lines(bought, sold).items()}


def test_a_full_year_costs_what_the_route_costs(route: RouteResult) -> None:
    annual, groups = route.cost.annual_usd, COST_GROUPS
    expected = {
        name: float(sum(annual[x][0] for x in lines)) for name, lines in COST_GROUPS.items()
    }
    assert costs(route, 1.0, 12.0) == pytest.approx(expected, rel=1e-12)
    assert sorted(x for lines in groups.values() for x in lines) == sorted({*annual} - {"feed"})


def test_a_quarter_costs_a_quarter(route: RouteResult) -> None:
    year, quarter = costs(route, 0.7, 12.0), costs(route, 0.7, 3.0)
    assert quarter == pytest.approx({name: usd / 4 for name, usd in year.items()})


def test_half_of_the_feed_costs_the_whole_of_what_is_fixed(route: RouteResult) -> None:
    full, half = costs(route, 1.0, 12.0), costs(route, 0.5, 12.0)
    for name in ("energy", "water and disposal"):
        assert half[name] == pytest.approx(full[name] / 2)
    for name in ("labour", "maintenance", "capital"):
        assert half[name] == pytest.approx(full[name])
    used = costs(route, 0.5, 12.0, in_full=False)
    for name, usd in half.items():
        assert used[name] == pytest.approx(usd if name in VARIABLE else usd / 2)


def test_a_gate_fee_makes_nothing_cheaper(route: RouteResult) -> None:
    feed, none = np.array([CAPACITY]), np.zeros(1)
    costing = EverBattCosting(route, feed, 12.0, "US")
    free, gate = (costing.lines(bought, {}) for bought in (none, none - 1e6))
    assert {name: usd.item() for name, usd in gate.items()} == pytest.approx(
        {name: usd.item() for name, usd in free.items()}
    )
    assert min(usd.item() for usd in gate.values()) >= 0.0


def test_nothing_is_fed(route: RouteResult) -> None:
    idle = costs(route, 0.0, 12.0)
    assert idle["energy"] == 0.0
    assert idle["capital"] == pytest.approx(costs(route, 1.0, 12.0)["capital"])


def test_burdens_are_by_feed(route: RouteResult) -> None:
    one, two = (EverBattCosting(route, np.array([t]), 12.0, "US") for t in (1.0, 2.0))
    each = route.burdens.ghg_kgco2e_per_kg
    assert one.burdens["reagents"] == pytest.approx(each["materials"])
    assert two.burdens["energy"] == pytest.approx(2 * each["energy"])
