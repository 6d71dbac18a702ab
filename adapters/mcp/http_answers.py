"""The bytes of an HTTP answer as they are read: bounded, paced, and what says no made an error."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2

from threadhost.adapters.mcp.half_letters import mended
from threadhost.adapters.mcp.limits import HTTP_BYTES_MAX
from threadhost.adapters.mcp.pace import ServerPace

REFUSAL_BYTES_MAX = 64 * 1024
_LINE_ENDS = (b"\n", b"\r")
SERVER_ERROR = -32000
"""The code for what has none of its own."""


class Bounded(httpx2.AsyncByteStream):
    """The bytes of an answer: no faster, and a message no longer, than they may be."""

    def __init__(
        self, stream: httpx2.AsyncByteStream, pace: ServerPace, *, has_events: bool
    ) -> None:
        self._stream = stream
        self._pace = pace
        self._has_events = has_events

    async def __aiter__(self) -> AsyncIterator[bytes]:
        held = bytearray()  # the answer, or the line of events that has not ended
        async for chunk in self._stream:
            held += chunk
            if len(held) > HTTP_BYTES_MAX:
                raise httpx2.StreamError(f"the answer has more than {HTTP_BYTES_MAX} bytes")
            await self._pace.take(len(chunk), chunk.count(b"\n\n"))
            if self._has_events and (end := max(map(chunk.rfind, _LINE_ENDS)) + 1):
                end += len(held) - len(chunk)
                yield mended(bytes(held[:end]))
                del held[:end]
        if held:
            yield mended(bytes(held))

    async def aclose(self) -> None:
        """Read no more of it."""
        await self._stream.aclose()


class Compressed(Bounded):
    """An answer that could be of any size once it is inflated, and was not asked for so."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        raise httpx2.StreamError("the answer is compressed, which was not asked for")
        yield b""


class Refusal(httpx2.AsyncByteStream):
    """What came with a status that says no: the error that it holds, or else one of ours."""

    def __init__(self, stream: httpx2.AsyncByteStream, status: int, reason: str) -> None:
        self._stream = stream
        self._words = f"it answered with HTTP status {status} {reason}".rstrip()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        body = b""
        async for chunk in self._stream:
            body += chunk
            if len(body) > REFUSAL_BYTES_MAX:
                body = b""
                break
        if not _is_error(body):
            error = {"code": SERVER_ERROR, "message": self._words}
            body = json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode()
        yield body

    async def aclose(self) -> None:
        """Read no more of it."""
        await self._stream.aclose()


def _is_error(body: bytes) -> bool:
    """Whether this is an error of JSON-RPC."""
    try:
        message: Any = json.loads(body)
    except (ValueError, RecursionError):
        return False
    error = message.get("error") if isinstance(message, dict) else None
    return isinstance(error, dict) and isinstance(error.get("message"), str)
