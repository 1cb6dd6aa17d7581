"""The reference flowsheet R20: Loopbook and hand-written NumPy give the same six answers."""

from __future__ import annotations

import importlib
import random
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from loopbook.flowsheet import Flowsheet, Solution, from_toml, to_toml

BENCH = Path(__file__).resolve().parents[2] / "bench"
RELATIVE = 1e-8
COUNT = 64


def bench_module(name: str) -> ModuleType:
    """A module of bench/, which is no package."""
    sys.path.insert(0, str(BENCH))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(BENCH))


reference = bench_module("r20_flowsheet")
peers = bench_module("r20_peers")
KNOWN = np.array(list(reference.ANSWERS_KG_PER_H.values()))


def six(solution: Solution) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array(list(reference.answers(solution).values()))


def varied() -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
    draw = np.random.default_rng(64)
    ranges = {
        "scrap.NMC": (280.0, 360.0),
        "leach.conversion.NMC": (0.93, 0.995),
        "leach.conversion.Al": (0.8, 0.95),
        "leach.conversion.Cu": (0.4, 0.8),
        "soda.conversion.Li2SO4": (0.82, 0.92),
    }
    return {path: draw.uniform(*span, COUNT) for path, span in ranges.items()}


def shuffled(flowsheet: Flowsheet, seed: int) -> Flowsheet:
    """The same units and wires, added in another order, the feed last."""
    places = list(flowsheet.placed.values())
    random.Random(seed).shuffle(places)
    copy = Flowsheet(flowsheet.name, flowsheet.components)
    for place in places:
        copy.add(place.unit, **place.ins, **place.outs, **place.supplies)
    for name, feed in flowsheet.feeds.items():
        copy.feed(name, feed.flow, unit=feed.unit)
    return copy


def test_one_scenario_gives_the_six_answers() -> None:
    solution = reference.r20().solve()
    np.testing.assert_allclose(six(solution)[:, 0], KNOWN, rtol=RELATIVE)
    assert solution.report.worst_closure <= 1e-9


@pytest.mark.parametrize("chunk", [1, 7, 192, 1000])
def test_a_batch_gives_the_six_answers_in_every_scenario(chunk: int) -> None:
    values = {"scrap.NMC": np.full(300, 320.0), "leach.conversion.Al": np.full(300, 0.9)}
    found = six(reference.r20().solve(values, keep=reference.KEEP, chunk=chunk))
    assert found.shape == (6, 300)
    np.testing.assert_allclose(found, np.repeat(KNOWN[:, None], 300, axis=1), rtol=RELATIVE)


@pytest.mark.parametrize("solve", [peers.solve_kernel, peers.solve_graph])
def test_numpy_by_hand_gives_the_six_answers(solve: Any) -> None:
    np.testing.assert_allclose(solve(peers.scenarios())[:, 0], KNOWN, rtol=RELATIVE)


@pytest.mark.parametrize("solve", [peers.solve_kernel, peers.solve_graph])
@pytest.mark.parametrize("chunk", [24, COUNT])
def test_numpy_by_hand_agrees_on_random_scenarios(solve: Any, chunk: int) -> None:
    values = varied()
    ours = six(reference.r20().solve(values, keep=reference.KEEP))
    theirs = solve(peers.scenarios(values), chunk)
    assert ours.shape == theirs.shape == (6, COUNT)
    assert len(np.unique(ours[0])) == COUNT
    np.testing.assert_allclose(ours, theirs, rtol=RELATIVE)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_building_does_not_matter(seed: int) -> None:
    built = reference.r20()
    other = shuffled(built, seed)
    assert list(other.placed) != list(built.placed)
    first, second = built.solve(varied()), other.solve(varied())
    assert first.flows.keys() == second.flows.keys()
    for name, flow in first.flows.items():
        assert flow.tobytes() == second.flows[name].tobytes(), name


def test_written_as_toml_and_read_again_it_gives_the_same_answers() -> None:
    built = reference.r20()
    read = from_toml(to_toml(built))
    np.testing.assert_array_equal(six(read.solve(varied())), six(built.solve(varied())))
    np.testing.assert_allclose(six(read.solve())[:, 0], KNOWN, rtol=RELATIVE)


def test_the_benchmark_refuses_a_peer_with_wrong_answers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bench = bench_module("r20")
    ours = bench.Loopbook(reference.r20())

    def off(given: Any) -> Any:
        return peers.solve_kernel(given) * (1.0 + 1e-7)

    def not_a_number(given: Any) -> Any:
        return peers.solve_kernel(given) * np.nan

    assert bench.wrong_answers(ours, {"kernel": peers.solve_kernel}, None) == 0
    assert bench.wrong_answers(ours, {"off": off, "NaN": not_a_number}, None) == 2
    assert capsys.readouterr().out.count("WRONG") == 2
