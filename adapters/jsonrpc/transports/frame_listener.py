"""An address whose clients speak in websocket frames: a port or a socket file, and its end."""

import asyncio
import os
from collections.abc import Callable

from websockets.asyncio.server import Server

from threadhost.adapters.config import Listen
from threadhost.adapters.jsonrpc.transports.base import ListenFailed
from threadhost.adapters.jsonrpc.transports.frames import Frames


def listen_failed(listen: Listen, error: OSError) -> ListenFailed:
    """What the system refused, in our words."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    return ListenFailed(f"cannot listen on {listen}: {reason}")


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

    async def begin(self) -> None:
        """Take clients from now on. Raises ListenFailed."""
        try:
            await self._server.start_serving()
        except OSError as error:
            raise listen_failed(self.address, error) from error

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
