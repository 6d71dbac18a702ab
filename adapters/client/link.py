"""The transport of a client's messages, and the link to a host in the same process."""

import asyncio
from collections import deque
from typing import Protocol

from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.outbox import Outbox, OutboxClosed
from threadhost.adapters.jsonrpc.transports.base import Accept, Peer


class LinkClosed(Exception):
    """The link passes no more messages."""


class Link(Protocol):
    """Messages both ways, each the bytes of one JSON object."""

    async def send(self, message: bytes) -> None:
        """Send a message; raises LinkClosed."""

    async def receive(self) -> bytes:
        """The next message; raises LinkClosed."""

    async def close(self) -> None:
        """Disconnect; idempotent."""


class MemoryLink:
    """A session of a host in this process; nothing leaves the process."""

    def __init__(self, accept: Accept, limits: Limits, name: str) -> None:
        self._outbox = Outbox(limits, self._give_up)
        self._session = accept(self._outbox, Peer("memory", name))
        self._received: deque[bytes] = deque()
        self._giving_up: asyncio.Task[None] | None = None

    async def send(self, message: bytes) -> None:
        """Pass a message to the session, once its client has read enough of earlier answers."""
        if self._outbox.above_high_water:
            await self._outbox.drained()
        if reading := self._session.receive(message):
            await asyncio.wait([reading])

    async def receive(self) -> bytes:
        """The next message that the session sends."""
        if not self._received:
            try:
                self._received.extend(await self._outbox.next_batch())
            except OutboxClosed:
                raise LinkClosed from None
        return self._received.popleft()

    async def close(self) -> None:
        """End the session."""
        await self._session.close()
        self._outbox.abandon()

    def _give_up(self) -> None:
        self._outbox.abandon()
        self._giving_up = asyncio.get_running_loop().create_task(self._session.close())
