"""A client's end of each transport: whole messages out, whole messages in."""

import asyncio
import socket
from collections import deque
from pathlib import Path
from typing import Protocol

from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import ConnectionClosed

READ_BYTES = 64 * 1024
FRAME_BYTES_MAX = 256 * 1024 * 1024


class LinkClosed(Exception):
    """The server closed the connection."""


class Link(Protocol):
    """A connection that carries messages."""

    async def send(self, message: bytes) -> None: ...

    async def receive(self) -> bytes:
        """The next message. Raises LinkClosed."""

    def end_input(self) -> None:
        """Send no more, but hear on."""

    async def close(self) -> None: ...


class LineLink:
    """One message a line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._rest = b""
        self._lines: deque[bytes] = deque()

    @classmethod
    async def over(cls, end: socket.socket) -> "LineLink":
        """Over one end of a pair of sockets."""
        return cls(*await asyncio.open_connection(sock=end))

    async def send(self, message: bytes) -> None:
        self._writer.write(message + b"\n")
        await self._writer.drain()

    async def receive(self) -> bytes:
        while not self._lines:
            try:
                chunk = await self._reader.read(READ_BYTES)
            except ConnectionResetError:  # it is gone, with something unread
                raise LinkClosed from None
            if not chunk:
                raise LinkClosed
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            self._lines.extend(lines)
        return self._lines.popleft()

    def end_input(self) -> None:
        self._writer.write_eof()

    async def close(self) -> None:
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            return


class FrameLink:
    """One message a text frame."""

    def __init__(self, frames: ClientConnection) -> None:
        self._frames = frames

    @classmethod
    async def to_socket(cls, path: Path) -> "FrameLink":
        """Over a unix socket."""
        return cls(await unix_connect(str(path), compression=None, max_size=FRAME_BYTES_MAX))

    @classmethod
    async def to_address(cls, url: str) -> "FrameLink":
        """Over TCP."""
        return cls(await connect(url, compression=None, max_size=FRAME_BYTES_MAX, proxy=None))

    async def send(self, message: bytes) -> None:
        await self._frames.send(message, text=True)

    async def receive(self) -> bytes:
        try:
            return await self._frames.recv(decode=False)
        except ConnectionClosed:
            raise LinkClosed from None

    def end_input(self) -> None:
        raise NotImplementedError("a websocket has no half that could be closed")

    async def close(self) -> None:
        await self._frames.close()
