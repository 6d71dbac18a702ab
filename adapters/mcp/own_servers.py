"""Connections for single threads: a server that asks users must know whose user it asks."""

import asyncio

from threadhost.actors.runtime.tasks import begin_beside
from threadhost.adapters.mcp.failures import CallFailed
from threadhost.adapters.mcp.server import Server
from threadhost.adapters.mcp.server_config import ServerConfig
from threadhost.adapters.models.foreign_loop import ForeignLoop

OWN_MAX = 64
IDLE_S = 60.0
"""How long an idle connection is kept."""


class OwnServers:
    """At most one connection for each server and thread; closed when idle."""

    def __init__(self, foreign_loop: ForeignLoop) -> None:
        self._foreign_loop = foreign_loop
        self._servers: dict[tuple[str, str], Server] = {}
        self._timers: dict[tuple[str, str], asyncio.TimerHandle] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def of(self, config: ServerConfig, thread_id: str) -> Server:
        """The thread's own connection, once it has answered or failed. Raises CallFailed."""
        key = config.name, thread_id
        server = self._servers.get(key)
        if server is not None and server.config != config:
            self._disconnect(key)
            server = None
        if server is None:
            if len(self._servers) >= OWN_MAX:
                raise CallFailed(
                    f"{OWN_MAX} connections of threads to MCP servers are open already"
                )
            server = self._servers[key] = Server(config, self._foreign_loop, lambda *_: None)
            server.start()
        self._keep(key)
        await server.settled.wait()
        return server

    def disconnect(self, thread_id: str = "", server: str = "") -> None:
        """Close the connections of an unloaded thread, or of a server that is no longer used."""
        for key in [key for key in self._servers if key[1] == thread_id or key[0] == server]:
            self._disconnect(key)

    async def close(self) -> None:
        """Close all connections, and wait for their end."""
        for key in tuple(self._servers):
            self._disconnect(key)
        await asyncio.gather(*self._closing, return_exceptions=True)

    def _keep(self, key: tuple[str, str]) -> None:
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()
        loop = asyncio.get_running_loop()
        self._timers[key] = loop.call_later(IDLE_S, self._idle, key)

    def _idle(self, key: tuple[str, str]) -> None:
        if self._servers[key].is_busy:
            self._keep(key)
        else:
            self._disconnect(key)

    def _disconnect(self, key: tuple[str, str]) -> None:
        self._timers.pop(key).cancel()
        begin_beside(self._servers.pop(key).close(), self._closing)
