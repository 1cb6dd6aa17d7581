"""What must hold of every flowsheet, on generated ones with recycles."""

import numpy as np
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from networks import Network, Vessel, networks

from loopbook.flowsheet import Solution, from_toml, to_toml


def inflows(network: Network, solution: Solution) -> np.ndarray:
    """Inflow of every unit, shape (unit, component), first scenario."""
    flows = []
    for u in range(len(network.vessels)):
        place = solution.plan.flowsheet.placed[f"u{u}"]
        flows.append(sum(solution.flow(s)[:, 0] for s in place.ins["feed"]))
    return np.array(flows)


def assert_flows_equal(a: np.ndarray, b: np.ndarray, tolerance: float = 1e-9) -> None:
    # the dense solve rounds absolutely, and floats lose their digits near 1e-308
    rounding = 1e-13 * np.abs(b).max(initial=0.0) + 1e-300
    assert (np.abs(a - b) <= tolerance * np.abs(b) + rounding).all()


NOTHING = (0.0,) * 5
TRACE = Network(  # less copper reaches the loop than floats can give a closure of
    vessels=(
        Vessel("sieve", (1.2e-298, 0.0, 0.0, 0.5, 0.0), (1, 6)),
        Vessel("sieve", (0.5, 0.0, 0.0, 0.0, 0.0), (2, 0)),
        Vessel("sieve", NOTHING, (3, 3)),
        Vessel("precipitation", NOTHING, (4,)),
        Vessel("precipitation", NOTHING, (5,)),
        Vessel("sieve", NOTHING, (6, 1)),
    ),
    feed=(0.5, 0.0, 0.0, 1.0, 0.0),
)


@settings(max_examples=150)
@given(networks())
@example(TRACE)
def test_the_answer_is_that_of_one_dense_linear_solve(network: Network) -> None:
    assume(network.radius() < 0.999)
    solution = network.build().solve()
    assert_flows_equal(inflows(network, solution), network.dense())
    assert solution.report.worst_closure <= 1e-9


@settings(max_examples=60)
@given(networks(), st.floats(1e-3, 1e3))
def test_scaling_the_feed_scales_the_result(network: Network, factor: float) -> None:
    assume(network.radius() < 0.99)
    one, scaled = network.build().solve(), network.build(scale=factor).solve()
    for stream, flow in one.flows.items():
        assert_flows_equal(scaled.flows[stream], factor * flow)


@settings(max_examples=60)
@given(networks(), st.randoms(use_true_random=False))
def test_the_order_of_building_is_irrelevant(network: Network, random) -> None:
    assume(network.radius() < 0.99)
    order = list(range(len(network.vessels)))
    random.shuffle(order)
    a, b = network.build().solve(), network.build(order).solve()
    for stream, flow in a.flows.items():
        assert np.array_equal(b.flows[stream], flow)


@settings(max_examples=40)
@given(networks(most=6), st.lists(st.floats(0.1, 1e3), min_size=2, max_size=7))
def test_a_scenario_does_not_hang_on_its_neighbours(network: Network, flows: list[float]) -> None:
    assume(network.radius() < 0.95)
    flowsheet = network.build()
    together = flowsheet.solve({"feed.copper": flows}, chunk=3)
    for k, flow in enumerate(flows):
        alone = flowsheet.solve({"feed.copper": flow})
        for stream in alone.flows:
            assert_flows_equal(together.flows[stream][:, k], alone.flows[stream][:, 0])


@settings(max_examples=40)
@given(networks(most=6))
def test_a_result_never_depends_on_what_was_solved_before(network: Network) -> None:
    assume(network.radius() < 0.99)
    flowsheet = network.build()
    first = flowsheet.solve()
    flowsheet.solve({"feed.copper": 7.0})
    again = flowsheet.solve()
    assert all(np.array_equal(again.flows[s], first.flows[s]) for s in first.flows)


@settings(max_examples=40)
@given(networks(most=6))
def test_a_file_holds_the_whole_flowsheet(network: Network) -> None:
    assume(network.radius() < 0.99)
    flowsheet = network.build()
    twin = from_toml(to_toml(flowsheet))
    assert to_toml(twin) == to_toml(flowsheet)
    a, b = flowsheet.solve(), twin.solve()
    assert all(np.array_equal(a.flows[s], b.flows[s]) for s in a.flows)
