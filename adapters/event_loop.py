"""The event loop of a program: which one a host has, and how work on one comes to its end."""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Callable, Coroutine
from contextlib import suppress
from importlib.util import find_spec
from typing import Any, TypeVar

T = TypeVar("T")


def new_event_loop() -> AbstractEventLoop:
    """The loop of libuv, by uvloop, which takes less CPU; the standard one where that is not."""
    if find_spec("uvloop") is None:
        return asyncio.new_event_loop()
    from uvloop import new_event_loop as of_libuv

    return of_libuv()


def run_to_end(
    work: Coroutine[Any, Any, T], new_loop: Callable[[], AbstractEventLoop] | None = None
) -> T:
    """What comes of work on a loop of its own, which ends with it."""
    runner = asyncio.Runner(loop_factory=new_loop)
    try:
        return runner.run(work)
    finally:
        work.close()  # if no loop could be had for it
        with suppress(RuntimeError):  # no thread can be started to wait for the pool's
            runner.close()
