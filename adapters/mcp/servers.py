"""The MCP servers of a host: started on first use, and shared by its threads."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol

from threadhost.actors.answers import text_result
from threadhost.actors.ports import ToolCall, ToolResult
from threadhost.actors.runtime.tasks import begin_beside
from threadhost.actors.server_tools import NO_OFFER, Elicit, Offer
from threadhost.adapters.mcp.failures import CallFailed
from threadhost.adapters.mcp.offer import all_of
from threadhost.adapters.mcp.own_servers import OwnServers
from threadhost.adapters.mcp.progress import ReportedProgress
from threadhost.adapters.mcp.server import Server, ServerStatus
from threadhost.adapters.mcp.server_config import ServerConfig
from threadhost.adapters.models.foreign_loop import ForeignLoop
from threadhost.events.words import truncate

STARTING = ServerStatus("starting")


class Audience(Protocol):
    """Receives the states of servers and the progress of calls."""

    def server_is(
        self,
        name: str,
        status: ServerStatus,
        thread_id: str | None = None,
        correlation_id: str = "",
    ) -> None:
        """A server is in this state; with a thread, only its followers are notified."""

    def progressed(self, call: ToolCall, words: str) -> None:
        """A server reported the progress of a call."""


class McpServers:
    """The servers by name. Changed as a whole by `configure`, ended by `close`.

    `changed` is called when their offer changed, or when a server has settled.
    """

    def __init__(self, audience: Audience, changed: Callable[[], None]) -> None:
        self._audience = audience
        self._changed = changed
        self._foreign_loop = ForeignLoop("threadhost-mcp")
        self._servers: dict[str, Server] = {}
        self._own = OwnServers(self._foreign_loop)
        self._background: set[asyncio.Task[None]] = set()
        self.offer: Offer = NO_OFFER

    @property
    def are_starting(self) -> bool:
        """Whether a server has neither answered nor failed since it was configured."""
        return any(not server.settled.is_set() for server in self._servers.values())

    @property
    def servers(self) -> list[Server]:
        """All servers, ordered by name."""
        return [self._servers[name] for name in sorted(self._servers)]

    def get(self, name: str) -> Server:
        """The server of this name, started. Raises CallFailed."""
        server = self._servers.get(name)
        if server is None:
            names = ", ".join(map("`{}`".format, sorted(self._servers))) or "none"
            raise CallFailed(f"there is no MCP server `{truncate(name, 80)}`, there is {names}")
        server.start()
        return server

    def start(self) -> None:
        """Connect all servers that are not connected yet."""
        for server in self._servers.values():
            server.start()

    async def settled(self) -> None:
        """Start servers that are not started, and wait until all have answered or failed."""
        self.start()
        for server in self.servers:
            await server.settled.wait()

    def greet(self, thread_id: str, correlation_id: str) -> None:
        """Send the followers of a new thread the start state of the servers."""
        self.start()
        for server in self.servers:
            if server.config.is_enabled:
                name = server.config.name
                self._audience.server_is(name, STARTING, thread_id, correlation_id)
                self._run(self._greet(server, thread_id, correlation_id))

    async def required_fault(self) -> str | None:
        """Which required server is not connected, and why; None if all are."""
        for server in self.servers:
            if server.config.required:
                server.start()
                await server.settled.wait()
                if server.known.state != "connected":
                    reason = server.known.error or server.known.state
                    return f"required MCP server `{server.config.name}` failed: {reason}"
        return None

    async def call(self, call: ToolCall, elicit: Elicit) -> ToolResult:
        """The server's answer, or its failure as a result; cancelling informs the server."""
        progress = ReportedProgress(lambda words: self._audience.progressed(call, words))
        try:
            server = self.get(call.server)
            if server.asks_users:
                server = await self._own.of(server.config, call.thread_id)
            with progress:
                return await server.call(call, elicit, progress.say)
        except CallFailed as failed:
            return text_result(str(failed), success=False)

    def unloaded(self, thread_id: str) -> None:
        """Close the thread's own connections."""
        self._own.disconnect(thread_id)

    async def configure(self, configs: Mapping[str, ServerConfig]) -> None:
        """Use these servers from now on; unchanged ones stay connected."""
        dropped = [
            server for name, server in self._servers.items() if configs.get(name) != server.config
        ]
        for server in dropped:
            del self._servers[server.config.name]
            self._own.disconnect(server=server.config.name)
        self.take(configs)
        self.start()
        await asyncio.gather(*(server.close() for server in dropped))

    async def close(self) -> None:
        """End all connections and programs; idempotent."""
        for task in self._background:
            task.cancel()
        await self._own.close()
        await asyncio.gather(*(server.close() for server in self._servers.values()))
        await self._foreign_loop.close(_nothing)

    def take(self, configs: Mapping[str, ServerConfig]) -> None:
        """Add these servers; they start on first use."""
        for name, config in configs.items():
            if name not in self._servers:
                self._servers[name] = Server(config, self._foreign_loop, self._server_changed)
        self._make_offer()

    # -- inside --

    def _server_changed(self, server: Server, is_again: bool) -> None:  # noqa: FBT001
        """Notify everyone of a server that was lost or came back; `greet` reports starts."""
        self._make_offer()
        if is_again and server is self._servers.get(server.config.name):
            self._audience.server_is(server.config.name, server.known)

    def _make_offer(self) -> None:
        """Compute the offer; it stays the same record while its content is unchanged."""
        offer = all_of([server.known.offered.offer for server in self.servers])
        if offer != self.offer:
            self.offer = offer
        self._changed()

    async def _greet(self, server: Server, thread_id: str, correlation_id: str) -> None:
        await server.settled.wait()
        self._audience.server_is(server.config.name, server.known, thread_id, correlation_id)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        begin_beside(work, self._background)


async def _nothing() -> None:
    """No work remains."""
