"""The event loop of a program: which one a host runs on, and how work on a loop is ended."""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Callable, Coroutine
from contextlib import suppress
from importlib.util import find_spec
from typing import Any, TypeVar

T = TypeVar("T")


def new_event_loop() -> AbstractEventLoop:
    """The loop of uvloop, which takes less CPU; the standard one where uvloop is missing."""
    if find_spec("uvloop") is None:
        return asyncio.new_event_loop()
    from uvloop import new_event_loop as of_libuv

    return of_libuv()


def run_to_end(
    work: Coroutine[Any, Any, T], new_loop: Callable[[], AbstractEventLoop] | None = None
) -> T:
    """Run work on a loop of its own, which is closed afterwards; returns the work's result."""
    runner = asyncio.Runner(loop_factory=new_loop)
    try:
        return runner.run(work)
    finally:
        work.close()  # if no loop could be had for it
        with suppress(RuntimeError):  # no thread can be started to wait for the pool's
            runner.close()
