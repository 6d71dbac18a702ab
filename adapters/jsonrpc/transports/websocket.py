"""websocket: one JSON object a text frame, on a port that also answers health checks."""

import asyncio
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from threadhost.adapters.config import Limits, Listen
from threadhost.adapters.jsonrpc.transports.base import Accept, ListenFailed, Peer, Refused, unnoted
from threadhost.adapters.jsonrpc.transports.places import Places

if TYPE_CHECKING:
    from websockets.asyncio.server import Server

    from threadhost.adapters.jsonrpc.transports.admission import TokenCheck
    from threadhost.adapters.jsonrpc.transports.frames import Address, Frames


async def open_websocket(
    listen: Listen,
    accept: Accept,
    limits: Limits,
    places: Places,
    token_fault: "TokenCheck | None" = None,
    refused: Refused = unnoted,
) -> "WebSocket":
    """Take a port, 0 for any free one, to listen on it; raises ListenFailed."""
    from websockets.asyncio.server import serve

    from threadhost.adapters.jsonrpc.transports.admission import Admission, loopback_host, one_host
    from threadhost.adapters.jsonrpc.transports.frames import Frames

    if token_fault is None and not listen.is_local:
        raise ListenFailed(f"{listen} is open to other machines and asks for no token")

    # Each family of `localhost` would get another free port.
    host = "127.0.0.1" if (listen.host, listen.port) == ("localhost", 0) else listen.host
    admission = Admission(loopback_host if listen.is_local else one_host, token_fault)
    frames = Frames(accept, limits, _peer, admission, places, refused)
    try:
        ours = frames.settings()
        server = await serve(host=host, port=listen.port, start_serving=False, **ours)
    except OSError as error:
        raise _failed(listen, error) from error
    port = next(iter(server.sockets)).getsockname()[1]
    return WebSocket(frames, server, replace(listen, port=port))


def _peer(address: "Address") -> Peer:
    host, port = (address, 0) if isinstance(address, str) else address[:2]
    return Peer("websocket", Listen("ws", host=host, port=port).authority)


def _failed(listen: Listen, error: OSError) -> ListenFailed:
    reason = os.strerror(error.errno) if error.errno else str(error)
    return ListenFailed(f"cannot listen on {listen}: {reason}")


class WebSocket:
    """An open port; see `Listener`."""

    def __init__(self, frames: "Frames", server: "Server", address: Listen) -> None:
        self._frames = frames
        self._server = server
        self.address = address
        self._closing: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Take clients from now on. Raises ListenFailed."""
        try:
            await self._server.start_serving()
        except OSError as error:
            raise _failed(self.address, error) from error

    async def ended(self) -> None:
        """Wait until it is closed."""
        await self._server.wait_closed()

    def turn_away(self) -> None:
        """Take no more clients; those there are go on."""
        self._frames.turn_away()

    async def close(self) -> None:
        """Take no more clients, flush and close those there are, and wait for it."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._frames.close(self._server))
        await asyncio.shield(self._closing)
