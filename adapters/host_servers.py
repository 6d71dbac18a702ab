"""The MCP servers of a host where it has any: nothing of them is imported where it has none."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from threadhost.actors.errors import ServerRequired
from threadhost.actors.ports import ToolCall, ToolResult
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.server_tools import NO_OFFER, Elicit, Offer
from threadhost.adapters.jsonrpc.hub import Hub
from threadhost.events.base import Recorded
from threadhost.events.ids import thread_of
from threadhost.events.thread import ThreadDeleted, ThreadShutdownTimedOut, ThreadStopped

if TYPE_CHECKING:
    from threadhost.adapters.mcp.server_config import ServerConfig
    from threadhost.adapters.mcp.servers import McpServers


ENDS = frozenset((ThreadDeleted, ThreadShutdownTimedOut, ThreadStopped))
"""After which a thread needs nothing of its own."""


class HostServers:
    """The servers of the present configuration; `own` is None without any.

    Every turn reads the attributes, which costs almost nothing.
    """

    def __init__(self, configs: Mapping[str, "ServerConfig"], hub: Hub, logs: Logs) -> None:
        self._hub = hub
        self._logs = logs
        self.offer: Offer = NO_OFFER
        self.are_starting = False
        self.own: McpServers | None = None
        if configs:
            self._make(configs)

    async def settled(self) -> None:
        """Start servers that are not started, and wait until all have answered or failed."""
        if self.own is not None:
            await self.own.settled()

    async def call(self, call: ToolCall, elicit: Elicit) -> ToolResult:
        """The answer of a server. Raises LookupError without any."""
        if self.own is None:
            raise LookupError(call.server)
        return await self.own.call(call, elicit)

    def start(self) -> None:
        """Connect all servers that are not connected yet."""
        if self.own is not None:
            self.own.start()

    def greet(self, thread_id: str, correlation_id: str) -> None:
        """Send the servers' start state to the followers of a thread that this request began."""
        if self.own is not None:
            self.own.greet(thread_id, correlation_id)

    @property
    def connected(self) -> int:
        """How many servers of the configuration are connected."""
        servers = self.own.servers if self.own is not None else ()
        return sum(server.known.state == "connected" for server in servers)

    async def required(self) -> None:
        """Return if all required servers are connected. Raises ServerRequired."""
        if self.own is not None and (fault := await self.own.required_fault()) is not None:
            raise ServerRequired(fault)

    async def configure(self, configs: Mapping[str, "ServerConfig"]) -> None:
        """Use these servers from now on; starts what is new."""
        if self.own is not None:
            await self.own.configure(configs)
        elif configs:
            self._make(configs).start()

    async def close(self) -> None:
        """End all connections and programs; idempotent."""
        if self.own is not None:
            await self.own.close()

    def _make(self, configs: Mapping[str, "ServerConfig"]) -> "McpServers":
        from threadhost.adapters.jsonrpc.mcp_news import McpNews
        from threadhost.adapters.mcp.servers import McpServers

        for log in (self._logs.durable, self._logs.ephemeral):
            log.feed.listen(self._published)
        self.own = McpServers(McpNews(self._hub), self._look)
        self.own.take(configs)
        return self.own

    def _look(self) -> None:
        if self.own is not None:
            self.offer, self.are_starting = self.own.offer, self.own.are_starting

    def _published(self, recorded: Sequence[Recorded]) -> None:
        for fact in recorded:
            if type(fact.event) in ENDS and self.own is not None:
                self.own.unloaded(thread_of(fact.stream) or "")
