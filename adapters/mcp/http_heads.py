"""What comes ahead of an HTTP answer, a proxy's heads among it, within bounds."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpx2

HEADS_BYTES_MAX = 256 * 1024
"""The library bounds each by 100 KiB, and not how many there are."""
TOO_MUCH = f"more than {HEADS_BYTES_MAX} bytes came ahead of it"
MADE = ("connect_tcp.complete", "start_tls.complete")
_came: ContextVar[list[int] | None] = ContextVar("came", default=None)


@contextmanager
def bounded_heads(request: httpx2.Request) -> Iterator[None]:
    """So many bytes may come in the block, of connections made for this request or one before."""
    request.extensions["trace"] = _watched
    before = _came.set([0])
    try:
        yield
    finally:
        _came.reset(before)


async def _watched(event: str, details: dict[str, Any]) -> None:
    """Have what is read of a connection counted once it is made."""
    if event.endswith(MADE):
        stream = details["return_value"]
        stream.read = _counted(stream.read)


def _counted(read: Callable[..., Awaitable[bytes]]) -> Callable[..., Awaitable[bytes]]:
    async def counting(*how: Any, **more: Any) -> bytes:  # noqa: ANN401 - as it is read
        data = await read(*how, **more)
        if (came := _came.get()) is not None:
            came[0] += len(data)
            if came[0] > HEADS_BYTES_MAX:
                raise httpx2.RemoteProtocolError(TOO_MUCH)
        return data

    return counting
