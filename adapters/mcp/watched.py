"""Watches the two streams of a connection: reports their end, and limits waiting answers."""

import asyncio
from collections.abc import Callable
from typing import Any, Self

from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCError, JSONRPCResponse

ANSWERS_WAITING_MAX = 256
"""Answers to a server's requests that it has not taken."""
NOT_TAKEN = f"it sent more than {ANSWERS_WAITING_MAX} requests without reading their answers"
LOST = "the connection was lost"
REASON_S = 0.2
"""The delay before the end is reported as LOST: the cause, if any, is reported by then."""
Ends = Callable[[str], None]
"""Ends the connection for this reason, unless it has ended."""


class _Watched:
    """One of the two streams."""

    def __init__(self, stream: Any, ends: Ends) -> None:  # noqa: ANN401 - of either transport
        self._stream = stream
        self._ends = ends

    async def __aenter__(self) -> Self:
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._stream.__aexit__(*exc_info)

    async def aclose(self) -> None:
        """Close the stream."""
        await self._stream.aclose()


class Inbound(_Watched):
    """Messages from the server; their end ends the connection."""

    @property
    def last_context(self) -> Any:  # noqa: ANN401 - the library's
        """The context of the newest message, if the transport has one."""
        return getattr(self._stream, "last_context", None)

    async def __aexit__(self, *exc_info: object) -> None:
        asyncio.get_running_loop().call_later(REASON_S, self._ends, LOST)
        await super().__aexit__(*exc_info)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:  # noqa: ANN401 - a message, or what went wrong with one
        return await self._stream.__anext__()

    async def receive(self) -> Any:  # noqa: ANN401 - as above
        """The next message."""
        return await self._stream.receive()


class Outbound(_Watched):
    """Messages to the server; each answer waits until the previous one was taken."""

    def __init__(self, stream: Any, ends: Ends) -> None:  # noqa: ANN401 - of either transport
        super().__init__(stream, ends)
        self._waiting = 0

    async def send(self, message: SessionMessage) -> None:
        """Send a message once the server takes it."""
        if not isinstance(message.message, (JSONRPCResponse, JSONRPCError)):
            await self._stream.send(message)
            return
        self._waiting += 1
        if self._waiting > ANSWERS_WAITING_MAX:
            self._ends(NOT_TAKEN)
        try:
            await self._stream.send(message)
        finally:
            self._waiting -= 1
