"""The two streams of a connection, watched: its end is told, and answers do not pile up."""

import asyncio
from collections.abc import Callable
from typing import Any, Self

from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCError, JSONRPCResponse

ANSWERS_WAITING_MAX = 256
"""To what a server asked, and has not taken in."""
NOT_TAKEN = f"it asked more than {ANSWERS_WAITING_MAX} things whose answers it does not take"
LOST = "the connection was lost"
REASON_S = 0.2
"""From its end to that reason: what broke it, if anything did, has been told by then."""
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
        """Pass on nothing more."""
        await self._stream.aclose()


class Inbound(_Watched):
    """What a server says; the first end of it ends the connection."""

    @property
    def last_context(self) -> Any:  # noqa: ANN401 - the library's
        """In which context the newest message came, where the transport says so."""
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
    """What a server is told; each answer waits until the one before it was taken."""

    def __init__(self, stream: Any, ends: Ends) -> None:  # noqa: ANN401 - of either transport
        super().__init__(stream, ends)
        self._waiting = 0

    async def send(self, message: SessionMessage) -> None:
        """Say this once it is listened to."""
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
