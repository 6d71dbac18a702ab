"""An address whose clients speak in websocket frames: a port or a socket file, and its end."""

import asyncio
from collections.abc import Callable

from websockets.asyncio.server import Server

from threadhost.adapters.config import Listen
from threadhost.adapters.jsonrpc.transports.frames import Frames


class FrameListener:
    """See `Listener`; `remove` takes away what the address left where others find it."""

    def __init__(
        self,
        frames: Frames,
        server: Server,
        address: Listen,
        remove: Callable[[], None] = lambda: None,
    ) -> None:
        self._frames = frames
        self._server = server
        self.address = address
        self._remove = remove
        self._closing: asyncio.Task[None] | None = None

    async def ended(self) -> None:
        """Wait until it is closed."""
        await self._server.wait_closed()

    def turn_away(self) -> None:
        """Take no more clients; those there are go on."""
        self._frames.turn_away()

    async def close(self) -> None:
        """Take no more clients, flush and close those there are, and wait for it."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        self._remove()
        await self._frames.close(self._server)
