"""The client's end of a websocket, over a port or over a socket file.

Import it where it is used: it imports websockets.
"""

from pathlib import Path
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from threadhost.adapters.client.link import LinkClosed
from threadhost.adapters.config import Limits, Listen

OPEN_TIMEOUT_S = 10


class DialFailed(Exception):
    """Nobody speaks the protocol at this address; the message says which and why."""


class FrameLink:
    """One JSON message a text frame; see `Link`."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    @classmethod
    async def dial(cls, address: Listen, limits: Limits) -> Self:
        """Connect; raises DialFailed."""
        settings: dict[str, Any] = {
            "compression": None,
            "max_size": limits.outbox_bytes_max,
            "open_timeout": OPEN_TIMEOUT_S,
            "proxy": None,
        }
        try:
            if isinstance(address.path, Path):
                unix = unix_connect(str(address.path), **settings)
                return cls(await unix)
            return cls(await connect(str(address), **settings))
        except (OSError, WebSocketException, TimeoutError) as error:
            raise DialFailed(f"cannot connect to {address}: {error}") from error

    async def send(self, message: bytes) -> None:
        """Send one message."""
        try:
            await self._socket.send(message, text=True)
        except ConnectionClosed:
            raise LinkClosed from None

    async def receive(self) -> bytes:
        """The next message."""
        try:
            return await self._socket.recv(decode=False)
        except ConnectionClosed:
            raise LinkClosed from None

    async def close(self) -> None:
        """Hang up."""
        await self._socket.close()
