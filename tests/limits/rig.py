"""A host in this process that listens on every transport at once, and its clients' bare ends."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from tests.limits.asking import HELLO, ask
from tests.limits.hearing import hearing
from tests.support.links import FrameLink, LineLink, Link, LinkClosed
from tests.support.server import Model
from threadhost.adapters.app import App, open_app
from threadhost.adapters.config import Listen, Settings
from threadhost.adapters.jsonrpc.outbox import Outbox, OutboxClosed
from threadhost.adapters.jsonrpc.transports.base import Connection, Listener, Peer
from threadhost.adapters.jsonrpc.transports.descriptors import reader, writer
from threadhost.adapters.jsonrpc.transports.listening import open_listener
from threadhost.adapters.jsonrpc.transports.stdio import Stdio

Way = Literal["memory", "stdio", "unix", "websocket"]
WAYS: tuple[Way, ...] = get_args(Way)


class MemoryLink:
    """A session without a transport."""

    def __init__(self, app: App) -> None:
        self._outbox = Outbox(app.settings.limits)
        self._session: Connection = app.accept(self._outbox, Peer("memory", "limits"))
        self._batch: list[bytes] = []

    async def send(self, message: bytes) -> None:
        self._session.receive(message)

    async def receive(self) -> bytes:
        while not self._batch:
            try:
                self._batch = (await self._outbox.next_batch())[::-1]
            except OutboxClosed:
                raise LinkClosed from None
        return self._batch.pop()

    def end_input(self) -> None:
        raise NotImplementedError("there is no half that could be closed")

    async def close(self) -> None:
        await self._session.close()


class Failures(logging.Handler):
    """Whatever the host or the loop says went wrong, which nothing a client does may cause."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.found.append(f"{record.name}: {record.getMessage()} {error!r:.300}")

    def taken(self) -> list[str]:
        """What was found since the last time."""
        found, self.found = self.found, []
        return found


@dataclass
class Rig:
    """An open host with its listeners."""

    home: Path
    app: App
    failures: Failures
    listeners: dict[Way, Listener] = field(default_factory=dict)
    lines: list[tuple[Stdio, socket.socket]] = field(default_factory=list)

    async def listen(self) -> None:
        """Open the addresses."""
        places: dict[Way, Listen] = {
            "unix": Listen("unix", path=self.home / "s"),
            "websocket": Listen("ws", host="127.0.0.1"),
        }
        for way, listen in places.items():
            limits = self.app.settings.limits
            self.listeners[way] = await open_listener(listen, self.app.accept, limits)

    async def link(self, way: Way) -> Link:
        """A connection that has said nothing yet."""
        if way == "memory":
            return MemoryLink(self.app)
        if way == "unix":
            return await FrameLink.to_socket(self.home / "s")
        if way == "websocket":
            return await FrameLink.to_address(str(self.listeners[way].address))
        ours, theirs = socket.socketpair()
        limits, number = self.app.settings.limits, theirs.fileno()
        stdio = Stdio(
            self.app.accept, limits, reader(number, limits.read_chunk_bytes), writer(number)
        )
        self.lines.append((stdio, theirs))
        return await LineLink.over(ours)

    async def greeted(self, way: Way) -> Link:
        """A connection with its handshake done."""
        link = await self.link(way)
        await ask(link, "initialize", HELLO)
        return link

    async def end_lines(self) -> None:
        """Close the ends of stdio clients, as the end of their process would."""
        lines, self.lines = self.lines, []
        for stdio, end in lines:
            await stdio.close()
            end.close()

    async def left_behind(self, within_s: float = 5.0) -> str:
        """What is still held of clients that are all gone; empty if nothing is."""
        deadline = asyncio.get_running_loop().time() + within_s
        while True:
            now = self.app.stats()
            held = {
                "sessions": now.connections.open,
                "scopes": len(self.app.scopes),
                "listeners": now.news.initialized + now.news.subscribed,
                "followers": now.news.followers,
            }
            left = {name: count for name, count in held.items() if count}
            if not left or asyncio.get_running_loop().time() > deadline:
                return str(left or "")
            await asyncio.sleep(0.005)


@asynccontextmanager
async def open_rig(home: Path, **settings: Any) -> AsyncIterator[Rig]:
    """A host, closed in the end."""
    failures = Failures()
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: failures.found.append(f"loop: {context}")
    )
    with hearing(failures, logging.ERROR):
        app = await open_app(Settings(home, **settings), env={}, model=Model("ok"))
        rig = Rig(home, app, failures)
        try:
            await rig.listen()
            yield rig
        finally:
            await rig.end_lines()
            for listener in rig.listeners.values():
                await listener.close()
            await app.close()
