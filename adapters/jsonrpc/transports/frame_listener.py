"""The listener for websocket frames, at a port or a socket file."""

import asyncio
import errno
import os
from collections.abc import Callable

from websockets.asyncio.server import Server

from threadhost.adapters.config import Listen
from threadhost.adapters.jsonrpc.transports.base import ListenFailed
from threadhost.adapters.jsonrpc.transports.frames import Frames

_REMEDIES = {
    errno.EADDRINUSE: "; give another port, 0 for any free one",
    errno.EADDRNOTAVAIL: "; give an address of this machine",
    errno.EACCES: "; give a port that this user may take",
}


def listen_failed(listen: Listen, error: OSError) -> ListenFailed:
    """The error for a refusal of the system, with a remedy if one is known."""
    number = error.errno or 0
    reason = os.strerror(number) if number > 0 else error.strerror or str(error)
    return ListenFailed(f"cannot listen on {listen}: {reason}{_REMEDIES.get(number, '')}")


class FrameListener:
    """See `Listener`; `remove` deletes the file of the address, if it has one."""

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
        """Begin to accept clients. Raises ListenFailed."""
        try:
            await self._server.start_serving()
        except OSError as error:
            raise listen_failed(self.address, error) from error

    async def ended(self) -> None:
        """Wait until it is closed."""
        await self._server.wait_closed()

    def turn_away(self) -> None:
        """Accept no more clients; present ones stay."""
        self._frames.turn_away()

    async def close(self) -> None:
        """Accept no more clients, flush and close the present ones, and wait."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        self._remove()
        await self._frames.close(self._server)
