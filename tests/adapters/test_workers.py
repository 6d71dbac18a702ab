"""The pool of threads beside the loop."""

import asyncio
import threading

import pytest

from tests.support.scarce import no_threads_left
from threadhost.adapters.workers import WORKERS, Workers


async def test_all_worker_threads_exist_before_the_system_runs_out_of_threads() -> None:
    loop, workers = asyncio.get_running_loop(), Workers()
    await asyncio.wrap_future(workers.complete)
    with no_threads_left():
        for _ in range(20):
            together = threading.Barrier(WORKERS, timeout=10)
            work = [loop.run_in_executor(workers, together.wait) for _ in range(WORKERS)]
            assert sorted(await asyncio.gather(*work)) == list(range(WORKERS))
        many = [loop.run_in_executor(workers, threading.get_ident) for _ in range(500)]
        assert len(set(await asyncio.gather(*many))) <= WORKERS
    workers.shutdown()


@pytest.mark.parametrize("started", [0, 1, 3])
def test_a_pool_that_cannot_start_all_its_threads_raises_an_error(
    started: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, count = threading.Thread.start, 0

    def scarce(thread: threading.Thread) -> None:
        nonlocal count
        count += 1
        if count > started:
            raise RuntimeError("can't start new thread")
        start(thread)

    before = set(threading.enumerate())
    monkeypatch.setattr(threading.Thread, "start", scarce)
    pools = list[Workers]()

    def made() -> None:
        pools.append(Workers())
        pools[0].complete.result()

    with pytest.raises(RuntimeError, match="can't start new thread"):
        made()
    for pool in pools:
        pool.shutdown()
    begun = [thread for thread in threading.enumerate() if thread not in before]
    workers = [thread for thread in begun if thread.name.startswith("threadhost-worker")]
    for thread in workers:
        thread.join(10)
    assert not any(thread.is_alive() for thread in workers)
