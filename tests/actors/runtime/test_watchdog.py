"""The watchdog: it hears a loop that hangs, says where, and reports how long it stood."""

import asyncio
import logging
import threading
from typing import Any

import pytest

from tests.support.hosts import WAIT_S, within
from tests.support.operator_lines import logged_line
from threadhost.actors.runtime.watchdog import Watchdog
from threadhost.adapters.clock import SystemClock


def hang_here(until: threading.Event) -> None:
    """Block the loop until another thread lets go."""
    assert until.wait(WAIT_S)


async def test_a_blocked_loop_is_logged_while_it_hangs_and_reported_after(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    stalls: asyncio.Queue[int] = asyncio.Queue()
    watchdog = Watchdog(SystemClock(), stalls.put_nowait, stall_ms=30, ping_every_ms=1)
    logged = threading.Event()
    logger = logging.getLogger("threadhost")
    handle = logger.handle

    def log(record: logging.LogRecord) -> None:
        handle(record)
        logged.set()

    monkeypatch.setattr(logger, "handle", log)
    watchdog.start()
    hang_here(logged)
    stalled_ms = await within(stalls.get())
    watchdog.close()
    assert 30 <= stalled_ms < WAIT_S * 1000
    assert "the event loop has been blocked for 30 ms" in caplog.text
    assert "hang_here" in logged_line(caplog, "loop.stalled")["place"]
    assert stalls.empty()


async def test_a_running_loop_is_not_reported(caplog: pytest.LogCaptureFixture) -> None:
    stalls: list[int] = []
    watchdog = Watchdog(SystemClock(), stalls.append, stall_ms=5_000, ping_every_ms=1)
    watchdog.start()
    for _ in range(20):
        await asyncio.sleep(0.001)
    watchdog.close()
    assert (stalls, caplog.text) == ([], "")


async def test_a_closed_watchdog_leaves_no_thread_and_closes_twice() -> None:
    before = threading.active_count()
    watchdog = Watchdog(SystemClock(), lambda _: None, stall_ms=60_000, ping_every_ms=60_000)
    watchdog.start()
    assert threading.active_count() == before + 1
    watchdog.close()
    watchdog.close()
    assert threading.active_count() == before


def thread_that_watches() -> threading.Thread | None:
    return next((t for t in threading.enumerate() if t.name == "threadhost-watchdog"), None)


def test_a_watchdog_outlives_its_loop_without_harm() -> None:
    watchdog = Watchdog(SystemClock(), lambda _: None, stall_ms=1_000, ping_every_ms=1)

    async def start() -> threading.Thread | None:
        watchdog.start()
        return thread_that_watches()

    thread = asyncio.run(start())
    assert thread is not None
    thread.join(WAIT_S)
    assert not thread.is_alive()


def test_a_watchdog_ends_though_its_loop_closed_before_it_could_answer() -> None:
    class Closing(asyncio.SelectorEventLoop):
        """Takes a call and closes before the call has its turn."""

        def call_soon_threadsafe(  # type: ignore[override]
            self, *call: Any, **more: Any
        ) -> asyncio.Handle:
            handle = super().call_soon_threadsafe(*call, **more)
            asked.set()
            closed.wait(WAIT_S)
            return handle

    asked, closed = threading.Event(), threading.Event()
    loop = Closing()
    watchdog = Watchdog(SystemClock(), lambda _: None, stall_ms=10, ping_every_ms=1)

    async def start() -> threading.Thread | None:
        watchdog.start()
        return thread_that_watches()

    thread = loop.run_until_complete(start())
    assert asked.wait(WAIT_S)
    loop.close()
    closed.set()
    assert thread is not None
    thread.join(WAIT_S)
    assert not thread.is_alive()
