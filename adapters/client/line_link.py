"""The client's end of a connected socket that carries a JSON message a line."""

import asyncio
from socket import socket
from typing import Self

from threadhost.adapters.client.link import LinkClosed
from threadhost.adapters.config import Limits


class LineLink:
    """One JSON message a line; see `Link`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, connected: socket, limits: Limits) -> Self:
        """Take over a socket; messages are as long as two frames at most."""
        connected.setblocking(False)
        size = 2 * limits.frame_bytes_max
        return cls(*await asyncio.open_unix_connection(sock=connected, limit=size))

    async def send(self, message: bytes) -> None:
        """Send one message; raises LinkClosed."""
        try:
            self._writer.write(message + b"\n")
            await self._writer.drain()
        except OSError:
            raise LinkClosed from None

    async def receive(self) -> bytes:
        """The next message; raises LinkClosed, also if the host says that it was stopped."""
        try:
            line = await self._reader.readline()
        except (OSError, ValueError):
            raise LinkClosed from None
        if not line.endswith(b"\n") or line.startswith(b"\0"):
            raise LinkClosed
        return line[:-1]

    async def close(self) -> None:
        """Disconnect; idempotent."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            return
