"""Draws on a Dask cluster of two processes: the same bytes as on one core and on two."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from loop_folder import write_loop
from test_draws import WIDE, sales

from loopbook.errors import InputError
from loopbook.loop import Asked, Doubts, doubt, load
from support.advice import follows

distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")

ASKED = {
    "worth": Asked("npv(Maker)", "M USD"),
    "margin": Asked("sum(account(plant)) / sum(feed(plant))", "USD/t"),
    "made": Asked("feed(plant)", "t"),
}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A scheduler with two workers, each a process."""
    parts = {"n_workers": 2, "threads_per_worker": 1, "processes": True}
    with distributed.LocalCluster(**parts, dashboard_address=":0") as cluster:
        yield cluster.scheduler_address


def bytes_of(doubts: Doubts) -> list[bytes]:
    whole = [one.values.tobytes() for one in doubts.of.values()]
    return [*whole, *(x.tobytes() for x in doubts.bands.values())]


@pytest.mark.slow
def test_bytes_are_the_same_on_one_process_two_and_a_cluster(tmp_path: Path, address: str) -> None:
    loop = load(write_loop(tmp_path / "wide", WIDE))
    blocks: list[tuple[int, int]] = []
    alone = doubt(loop, ASKED, draws=700, seed=11)
    two = doubt(loop, ASKED, draws=700, seed=11, processes=2)
    cluster = doubt(
        loop, ASKED, draws=700, seed=11, cluster=address, progress=lambda *x: blocks.append(x)
    )
    assert bytes_of(alone) == bytes_of(two) == bytes_of(cluster)
    for other in (two, cluster):
        assert (other.numbers, other.failed, other.cut) == (alone.numbers, alone.failed, alone.cut)
        for name, one in alone.of.items():
            assert other.of[name].drivers == one.drivers
    assert blocks == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.slow
def test_a_draw_that_fails_on_a_cluster_is_named(tmp_path: Path, address: str) -> None:
    laws = "moves,law\nprice,lognormal\n"
    loop = sales(tmp_path, price="1 USD/t,1e-300 USD/t,1e300 USD/t", price_moves="price", laws=laws)
    asked = {"cash": Asked("sum(cash(Mine))", "USD")}
    alone, cluster = (doubt(loop, asked, draws=300, seed=1, cluster=x) for x in ("", address))
    assert alone.failed == cluster.failed != {}


@pytest.mark.slow
def test_a_cluster_without_workers_is_a_finding_whose_hint_starts_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, asked = sales(tmp_path), {"cash": Asked("sum(cash(Mine))", "USD")}
    with distributed.LocalCluster(n_workers=0, dashboard_address=":0") as empty:
        address = empty.scheduler_address
        with monkeypatch.context() as patch:
            patch.setattr("loopbook.loop.draws.workers._PATIENCE_S", 1)
            with pytest.raises(InputError, match="1 worker or more") as caught:
                doubt(loop, asked, draws=3, cluster=address)
        follows(caught.value.findings[0], f"start one with: dask worker {address}")
        worker = [sys.executable, "-m", "dask", "worker", address, "--no-dashboard"]
        with subprocess.Popen(worker, stderr=subprocess.DEVNULL, cwd=tmp_path) as process:
            try:
                assert doubt(loop, asked, draws=3, cluster=address).numbers == (0, 1, 2)
            finally:
                process.terminate()
