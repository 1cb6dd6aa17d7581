"""Where blocks of draws are walked: in this process, in several, or on a Dask cluster."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeAlias, TypeVar

from loopbook import __version__
from loopbook.errors import InputError, MissingExtraError

T = TypeVar("T")

Progress: TypeAlias = Callable[[int, int], None]
"""Called with how many blocks are done, and of how many."""

_PATIENCE_S = 10


def each_block(
    work: Callable[[int], T], count: int, *, processes: int, cluster: str, progress: Progress
) -> list[T]:
    """What each block gives, in order of the blocks, wherever it is walked.

    Parameters
    ----------
    work : of the number of a block; it is sent to other processes.
    processes : how many at a time, if there is no cluster.
    cluster : address of a Dask scheduler; empty without.

    Raises
    ------
    InputError : no scheduler or worker answers there, one has another version of Loopbook, or a
        process was stopped before its end.
    MissingExtraError : Dask is not installed.
    """
    parts: dict[int, T] = {}
    processes = min(processes, count)
    if cluster:
        done = _on_cluster(work, count, cluster)
    else:
        done = _on_cores(work, count, processes) if processes > 1 else _alone(work, count)
    for block, part in done:
        parts[block] = part
        progress(len(parts), count)
    return [parts[block] for block in range(count)]


def _alone(work: Callable[[int], T], count: int) -> Iterator[tuple[int, T]]:
    for block in range(count):
        yield block, work(block)


def _on_cores(work: Callable[[int], T], count: int, processes: int) -> Iterator[tuple[int, T]]:
    """In processes of this machine, which end with this one's work."""
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))
    try:
        with _no_interrupts():
            blocks = {pool.submit(work, block): block for block in range(count)}
        for future in as_completed(blocks):
            yield blocks[future], future.result()
    except BrokenProcessPool as error:
        hint = "use fewer processes, if the memory is short"
        what = "processes that end with their work"
        found = "one was stopped"
        raise InputError.of("draws", f"{processes} processes", what, found, hint=hint) from error
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Processes that start now take no interrupt of the terminal, which goes to all: the first
    process stops the others. Windows knows no such mask.
    """
    mask = getattr(signal, "pthread_sigmask", lambda how, signals: signals)
    before = mask(getattr(signal, "SIG_BLOCK", None), {signal.SIGINT})
    try:
        yield
    finally:
        mask(getattr(signal, "SIG_SETMASK", None), before)


def _on_cluster(work: Callable[[int], T], count: int, address: str) -> Iterator[tuple[int, T]]:
    try:
        import distributed
    except ImportError as error:
        raise MissingExtraError(
            "a cluster needs Dask: install it with pip install 'loopbook[dask]'"
        ) from error
    where = f"cluster {address}"
    try:
        client = distributed.Client(address, timeout=_PATIENCE_S, set_as_default=False)
    except (OSError, ValueError) as error:
        what = "the address of a Dask scheduler, such as tcp://host:8786"
        raise InputError.of("input", where, what, str(error)) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_PATIENCE_S)
        except OSError as error:
            hint = f"start one with: dask worker {address}"
            raise InputError.of("input", where, "1 worker or more", "none", hint=hint) from error
        workers = client.get_versions(packages=["loopbook"])["workers"].values()
        versions = {str(x["packages"]["loopbook"]) for x in workers}
        if versions != {__version__}:
            what = f"Loopbook {__version__} on each worker"
            raise InputError.of("input", where, what, ", ".join(sorted(versions)))
        everywhere = client.scatter(work, broadcast=True)
        blocks = {client.submit(_call, everywhere, k, pure=False): k for k in range(count)}
        try:
            for future in distributed.as_completed(blocks, loop=client.loop):
                yield blocks[future], future.result()
        except (distributed.KilledWorker, OSError) as error:
            what = "workers that end with their work"
            raise InputError.of("draws", where, what, str(error)) from error


def _call(work: Callable[[int], T], block: int) -> T:
    return work(block)
