"""The smallest session: answers each request with its params, to try transports without a host."""

import asyncio
from dataclasses import dataclass, field

from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.envelope import (
    Malformed,
    Request,
    error_bytes,
    notification_bytes,
    parse,
    result_bytes,
)
from threadhost.adapters.jsonrpc.outbox import Outbox
from threadhost.adapters.jsonrpc.transports.base import Peer


class Echo:
    """One session; `flood` sends as many notifications of as many bytes as asked for."""

    def __init__(self, outbox: Outbox, peer: Peer, limits: Limits) -> None:
        self.outbox = outbox
        self.peer = peer
        self.limits = limits
        self.heard: list[bytes] = []
        self.closed = 0
        self._news = asyncio.Event()
        self._end = asyncio.Event()

    async def hears(self, messages: int) -> None:
        """Wait until this many messages arrived."""
        while len(self.heard) < messages:
            self._news.clear()
            await self._news.wait()

    def receive(self, data: bytes) -> None:
        self.heard.append(data)
        self._news.set()
        message = parse(data, self.limits)
        if isinstance(message, Malformed):
            self.refuse(message)
        elif isinstance(message, Request):
            if message.method == "flood" and isinstance(message.params, list):
                self._flood(*message.params)
            self.outbox.send(result_bytes(message.id, {"echo": message.params}))

    def refuse(self, malformed: Malformed) -> None:
        self.outbox.send(error_bytes(malformed.id, malformed.code, malformed.message))

    def _flood(self, count: int, size_bytes: int) -> None:
        for _ in range(count):
            self.outbox.send(notification_bytes("news", b'{"text":"%b"}' % (b"x" * size_bytes), 0))

    @property
    def is_initialized(self) -> bool:
        return bool(self.heard)

    async def ended(self) -> None:
        """Wait until the transport closed this session."""
        await self._end.wait()

    async def close(self) -> None:
        self.closed += 1
        self._end.set()
        if self.closed == 1:
            self.outbox.send(notification_bytes("bye", b"{}", 0))


@dataclass
class Echoes:
    """Accepts every peer and remembers the sessions."""

    limits: Limits = field(default_factory=Limits)
    sessions: list[Echo] = field(default_factory=list)

    def accept(self, outbox: Outbox, peer: Peer) -> Echo:
        self.sessions.append(Echo(outbox, peer, self.limits))
        return self.sessions[-1]

    def of(self, address: str) -> list[Echo]:
        """The sessions of a peer's address."""
        return [session for session in self.sessions if session.peer.address == address]
