"""Order, tears and convergence: nested loops, nearly closed loops, and what cannot be solved."""

import numpy as np
import pytest
from networks import NAMES, Network, Vessel

from loopbook.errors import BalanceError, ConvergenceError
from loopbook.flowsheet import Flowsheet, Mixer, Sieve, Splitter, Unit
from loopbook.flowsheet.graph import Arc, order_groups
from loopbook.matter import components


def random_network(seed: int, count: int, most: float) -> Network:
    """Sieves whose outlets go anywhere: many loops in each other."""
    rng = np.random.default_rng(seed)
    vessels = []
    for u in range(count):
        shares = tuple(float(x) for x in rng.uniform(0.0, most, len(NAMES)))
        targets = (u + 1, int(rng.integers(0, count + 2)))
        vessels.append(Vessel("sieve", shares, targets))
    return Network(tuple(vessels), (100.0, 50.0, 10.0, 1.0, 1e-3))


@pytest.mark.parametrize("seed", range(60))
def test_nested_loops_converge_to_the_dense_answer(seed: int) -> None:
    network = random_network(seed, 3 + seed % 22, 0.999 if seed % 3 else 0.9)
    if network.radius() > 1.0 - 1e-6:
        return
    solution = network.build().solve()
    dense = network.dense()
    for u in range(len(network.vessels)):
        place = solution.plan.flowsheet.placed[f"u{u}"]
        flow = sum(solution.flow(s)[:, 0] for s in place.ins["feed"])
        assert flow == pytest.approx(dense[u], rel=1e-9 / (1.0 - network.radius()) ** 0.5, abs=1e-9)


@pytest.mark.parametrize("bleed", [0.5, 1e-2, 1e-4, 1e-6])
def test_a_nearly_closed_loop_has_the_answer_of_the_geometric_series(bleed: float) -> None:
    fs = Flowsheet("loop", components("copper"))
    fs.feed("in", {"copper": 1.0}, unit="kg/h")
    fs.add(Splitter("bleed", share=bleed), feed=["in", "back"], first="out", rest="back")
    assert fs.solve().mass("back")[0] == pytest.approx((1.0 - bleed) / bleed, rel=1e-8)


def test_scenarios_of_one_batch_converge_each_at_its_own_pace() -> None:
    fs = Flowsheet("loop", components("copper", "graphite"))
    fs.feed("in", {"copper": 1.0, "graphite": 2.0}, unit="kg/h")
    fs.add(Splitter("bleed", share=0.5), feed=["in", "back"], first="out", rest="back")
    bleed = np.logspace(-5, 0, 50)
    solution = fs.solve({"bleed.share": bleed}, chunk=7)
    assert solution.mass("back") == pytest.approx(3.0 * (1.0 - bleed) / bleed, rel=1e-8, abs=1e-12)


class Clipped(Unit):
    """Passes on at most ten kg/h of each component: a law with a kink."""

    kind = "clipped"
    outs = ("out", "rest")

    def run(self, p, feed):
        out = np.minimum(feed, 10.0)
        return out, feed - out


def test_a_loop_with_a_kink_converges() -> None:
    fs = Flowsheet("kink", components("copper", "graphite"))
    fs.feed("in", {"copper": 9.0, "graphite": 4.0}, unit="kg/h")
    fs.add(Mixer("mix"), feed=["in", "back"], out="mixed")
    fs.add(Clipped("clip"), feed="mixed", out="passed", rest="over")
    fs.add(Splitter("split", share=0.9), feed="passed", first="out", rest="return")
    fs.add(Mixer("join"), feed=["over", "return"], out="back")
    solution = fs.solve()
    assert solution.flow("out", "copper")[0] == pytest.approx(9.0)
    assert solution.flow("back", "copper")[0] == pytest.approx(1.0)


def test_a_loop_without_an_answer_raises() -> None:
    fs = Flowsheet("kink", components("copper"))
    fs.feed("in", {"copper": 11.0}, unit="kg/h")  # more than the clip lets out
    fs.add(Mixer("mix"), feed=["in", "over"], out="mixed")
    fs.add(Clipped("clip"), feed="mixed", out="passed", rest="over")
    with pytest.raises(ConvergenceError, match=r"through .* does not converge"):
        fs.solve()


def test_one_tear_is_found_where_one_is_enough() -> None:
    # three loops that all pass arc 1
    arcs = [Arc(0, 0, 1), Arc(1, 1, 2), Arc(2, 2, 0), Arc(3, 2, 3), Arc(4, 3, 1), Arc(5, 3, 0)]
    (group,) = order_groups(4, arcs)
    assert group.tears == (1,)
    assert group.units == (2, 3, 0, 1)


def test_two_separate_loops_are_two_groups_in_order_of_flow() -> None:
    arcs = [Arc(0, 0, 1), Arc(1, 1, 0), Arc(2, 1, 2), Arc(3, 2, 3), Arc(4, 3, 2)]
    groups = order_groups(4, arcs)
    assert [set(g.units) for g in groups] == [{0, 1}, {2, 3}]
    assert all(len(g.tears) == 1 for g in groups)


def test_a_long_chain_needs_no_recursion() -> None:
    arcs = [Arc(i, i, i + 1) for i in range(4999)]
    assert [g.units for g in order_groups(5000, arcs)] == [(i,) for i in range(5000)]


def test_an_empty_feed_gives_empty_products() -> None:
    fs = Flowsheet("empty", components("copper", "graphite"))
    fs.feed("in", {}, unit="t/yr")
    sieve = Sieve("sieve", to_undersize=0.5)
    fs.add(sieve, feed=["in", "over"], undersize="fine", oversize="over")
    solution = fs.solve()
    assert solution.mass("fine")[0] == 0.0
    assert solution.report.worst_closure == 0.0


def test_thousands_of_scenarios_in_chunks_are_those_one_by_one() -> None:
    fs = Flowsheet("many", components("copper", "graphite"))
    fs.feed("in", {"copper": 1.0, "graphite": 2.0}, unit="kg/h")
    sieve = Sieve("sieve", to_undersize={"copper": 0.1, "graphite": 0.9})
    fs.add(sieve, feed=["in", "over"], undersize="fine", oversize="coarse")
    fs.add(Splitter("bleed", share=0.2), feed="coarse", first="foil", rest="over")
    share = np.random.default_rng(1).uniform(0.0, 1.0, 1000)
    many = fs.solve({"sieve.to_undersize.copper": share}, keep=["fine"], chunk=64)
    for k in (0, 63, 64, 500, 999):
        one = fs.solve({"sieve.to_undersize.copper": float(share[k])})
        assert many.flow("fine")[:, k] == pytest.approx(one.flow("fine")[:, 0], rel=1e-12)


def nested(shares: np.ndarray, purges: tuple[float, float], feed: dict[str, float]) -> Flowsheet:
    """A sieve whose two outlets come back but for a purge each."""
    fs = Flowsheet("nested", components(*feed))
    fs.feed("in", feed, unit="kg/h")
    sieve = Sieve("sieve", to_undersize=dict(zip(feed, shares, strict=True)))
    fs.add(sieve, feed=["in", "back 1", "back 2"], undersize="fine", oversize="coarse")
    fs.add(Splitter("purge 1", share=purges[0]), feed="fine", first="out 1", rest="back 1")
    fs.add(Splitter("purge 2", share=purges[1]), feed="coarse", first="out 2", rest="back 2")
    return fs


@pytest.mark.parametrize("purge", [1e-4, 1e-6])
@pytest.mark.parametrize("seed", range(40))
def test_two_loops_with_little_purge_close_for_traces_and_absent_elements(
    seed: int, purge: float
) -> None:
    rng = np.random.default_rng(seed)
    trace = 10.0 ** rng.uniform(-30.0, 0.0)
    feed = {"copper": 1.0, "graphite": trace, "water": float(seed % 2)}
    fs = nested(rng.uniform(0.0, 1.0, 3), (purge * 10.0 ** rng.uniform(0.0, 2.0), purge), feed)
    solution = fs.solve()
    assert solution.report.worst_closure <= 1e-9
    for name, kg in feed.items():
        out = solution.flow("out 1", name)[0] + solution.flow("out 2", name)[0]
        assert out == pytest.approx(kg, rel=1e-9)


@pytest.mark.parametrize("purge", [1e-7, 1e-8, 2e-9])
def test_a_purge_that_floats_cannot_close_is_refused_and_the_advised_one_is_solved(
    purge: float,
) -> None:
    shares, feed = np.array([0.3, 0.6]), {"copper": 1.0, "graphite": 1e-9}
    (finding,) = nested(shares, (purge, purge), feed).diagnose()
    assert finding.code == "accumulates"
    least = float(finding.expected.partition(", ")[2].partition(" or more")[0])
    solution = nested(shares, (2 * least, 2 * least), feed).solve()
    assert solution.report.worst_closure <= 1e-9


@pytest.mark.parametrize("purge", [1e-9, 1e-10])
def test_a_scenario_with_too_little_purge_is_right_to_1e9_or_raises(purge: float) -> None:
    fs = nested(np.array([0.3, 0.6]), (1e-3, 1e-3), {"copper": 1.0, "graphite": 1e-9})
    with pytest.raises((ConvergenceError, BalanceError), match="close"):
        fs.solve({"purge 1.share": purge, "purge 2.share": purge})
