"""Limits the heads of HTTP answers, a proxy's heads included."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpx2

HEADS_BYTES_MAX = 256 * 1024
"""The library limits each head to 100 KiB, but not their number."""
TOO_MUCH = f"its HTTP heads have more than {HEADS_BYTES_MAX} bytes"
MADE = ("connect_tcp.complete", "start_tls.complete")
_received: ContextVar[list[int] | None] = ContextVar("received", default=None)


@contextmanager
def bounded_heads(request: httpx2.Request) -> Iterator[None]:
    """Limit the bytes read in the block, on connections of this or an earlier request."""
    request.extensions["trace"] = _count_reads
    before = _received.set([0])
    try:
        yield
    finally:
        _received.reset(before)


async def _count_reads(event: str, details: dict[str, Any]) -> None:
    """Count the bytes read of a connection, from when it is made."""
    if event.endswith(MADE):
        stream = details["return_value"]
        stream.read = _counted(stream.read)


def _counted(read: Callable[..., Awaitable[bytes]]) -> Callable[..., Awaitable[bytes]]:
    async def counting(*args: Any, **kwargs: Any) -> bytes:  # noqa: ANN401 - as it is read
        data = await read(*args, **kwargs)
        if (received := _received.get()) is not None:
            received[0] += len(data)
            if received[0] > HEADS_BYTES_MAX:
                raise httpx2.RemoteProtocolError(TOO_MUCH)
        return data

    return counting
