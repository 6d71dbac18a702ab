"""The event loop of a host that is a program of its own."""

from asyncio import AbstractEventLoop
from importlib.util import find_spec


def new_event_loop() -> AbstractEventLoop:
    """The loop of libuv, by uvloop, which takes less CPU; the standard one where that is not."""
    if find_spec("uvloop") is None:
        from asyncio import new_event_loop as standard

        return standard()
    from uvloop import new_event_loop as of_libuv

    return of_libuv()
