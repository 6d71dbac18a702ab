"""An OS thread that detects a blocked event loop, and logs where it hangs."""

import asyncio
import sys
import threading
import traceback
from collections.abc import Callable

from threadhost.actors.ports import Clock
from threadhost.events.operator_log import GOES_WITHOUT, LOOP_STALLED


class Watchdog:
    """Pings the loop at intervals; costs nothing else.

    If the loop has not answered for `stall_ms`, that is logged while it hangs, with the code it
    hangs in. Once it runs again it calls `stalled` with the length of the stall in milliseconds.
    """

    def __init__(
        self,
        clock: Clock,
        stalled: Callable[[int], None],
        stall_ms: int = 5_000,
        ping_every_ms: int = 1_000,
    ) -> None:
        self._clock = clock
        self._stalled = stalled
        self._stall_ms = stall_ms
        self._ping_every_ms = ping_every_ms
        self._answered = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to watch the running loop."""
        loop = asyncio.get_running_loop()
        thread = threading.Thread(
            target=self._watch,
            args=(loop, threading.get_ident()),
            name="threadhost-watchdog",
            daemon=True,
        )
        try:
            thread.start()
        except RuntimeError as error:
            GOES_WITHOUT.emit(what="stalls of the event loop are not watched for", fault=error)
        else:
            self._thread = thread

    def close(self) -> None:
        """Stop watching; idempotent."""
        self._closed.set()
        self._answered.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _watch(self, loop: asyncio.AbstractEventLoop, loop_thread: int) -> None:
        try:
            while not self._closed.wait(self._ping_every_ms / 1000):
                self._ping(loop, loop_thread)
        except RuntimeError:
            return  # the loop is closed

    def _ping(self, loop: asyncio.AbstractEventLoop, loop_thread: int) -> None:
        asked_at_s = self._clock.monotonic()
        self._answered.clear()
        loop.call_soon_threadsafe(self._answered.set)
        if self._closed.is_set() or self._answered.wait(self._stall_ms / 1000):
            return
        if loop.is_closed():  # closed between the call and its turn: nobody will answer
            return
        LOOP_STALLED.emit(stalled_ms=self._stall_ms, place=_stack_of(loop_thread))
        while not self._answered.wait(self._stall_ms / 1000):
            if loop.is_closed():
                return
        if not self._closed.is_set():
            stalled_ms = int((self._clock.monotonic() - asked_at_s) * 1000)
            loop.call_soon_threadsafe(self._stalled, stalled_ms)


def _stack_of(thread_id: int) -> str:
    """The stack of an OS thread, innermost call first."""
    frame = sys._current_frames().get(thread_id)  # noqa: SLF001  (its only name)
    places = reversed(traceback.extract_stack(frame)) if frame else ()
    return (
        " < ".join(f"{place.filename}:{place.lineno} {place.name}" for place in places) or "(gone)"
    )
