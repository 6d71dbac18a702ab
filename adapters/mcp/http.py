"""A server that is reached over streamable HTTP, its answers within bounds; beside the loop."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx2
from mcp.client.streamable_http import streamable_http_client

from threadhost.adapters.mcp.limits import HTTP_BYTES_MAX
from threadhost.adapters.mcp.pace import Pace
from threadhost.adapters.mcp.server_config import Address

CONNECT_S = 30.0
READ_S = 300.0
PLAIN = "identity"
EVENTS = "text/event-stream"


class _Bounded(httpx2.AsyncByteStream):
    """The bytes of an answer: no faster, and a message no longer, than they may be."""

    def __init__(self, stream: httpx2.AsyncByteStream, *, has_events: bool) -> None:
        self._stream = stream
        self._has_events = has_events

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pace, size = Pace(), 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > HTTP_BYTES_MAX:
                raise httpx2.StreamError(f"the answer has more than {HTTP_BYTES_MAX} bytes")
            if self._has_events and b"\n" in chunk:
                size = len(chunk) - chunk.rindex(b"\n")  # of the line that has not ended
            await pace.take(len(chunk), chunk.count(b"\n\n"))
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Compressed(_Bounded):
    """An answer that could be of any size once it is inflated, and was not asked for so."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        raise httpx2.StreamError("the answer is compressed, which was not asked for")
        yield b""


async def _bound(response: httpx2.Response) -> None:
    if isinstance(response.stream, httpx2.AsyncByteStream):
        has_events = response.headers.get("content-type", "").lower().startswith(EVENTS)
        is_plain = response.headers.get("content-encoding", PLAIN) == PLAIN
        kind = _Bounded if is_plain else _Compressed
        response.stream = kind(response.stream, has_events=has_events)


@asynccontextmanager
async def _streams(address: Address) -> AsyncIterator[tuple[object, object]]:
    client = httpx2.AsyncClient(
        headers={**address.headers, "Accept-Encoding": PLAIN},
        timeout=httpx2.Timeout(CONNECT_S, read=READ_S),
        event_hooks={"response": [_bound]},
    )
    async with (
        client,
        streamable_http_client(
            address.url, http_client=client, max_sse_event_size=HTTP_BYTES_MAX
        ) as streams,
    ):
        yield streams


def streams(address: Address) -> AbstractAsyncContextManager[tuple[object, object]]:
    """What is read of a server and written to it, as its library takes it."""
    return _streams(address)
