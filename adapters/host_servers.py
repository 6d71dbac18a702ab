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
    """Those of the configuration as it is now; `own` is None without any."""

    def __init__(self, configs: Mapping[str, "ServerConfig"], hub: Hub, logs: Logs) -> None:
        self._hub = hub
        self._logs = logs
        self.own: McpServers | None = self._made(configs) if configs else None

    @property
    def offer(self) -> Offer:
        """What they offer now."""
        return NO_OFFER if self.own is None else self.own.offer

    @property
    def are_starting(self) -> bool:
        """Whether one has neither answered nor failed since it was configured."""
        return self.own is not None and self.own.are_starting

    async def settled(self) -> None:
        """Start those that were not, and wait until all have answered or failed."""
        if self.own is not None:
            await self.own.settled()

    async def call(self, call: ToolCall, elicit: Elicit) -> ToolResult:
        """What a server answers. Raises LookupError without any."""
        if self.own is None:
            raise LookupError(call.server)
        return await self.own.call(call, elicit)

    def start(self) -> None:
        """Connect all that nobody connected yet."""
        if self.own is not None:
            self.own.start()

    def greet(self, thread_id: str, correlation_id: str) -> None:
        """Tell the followers of a thread that begins, by this request, how the servers start."""
        if self.own is not None:
            self.own.greet(thread_id, correlation_id)

    async def required(self) -> None:
        """Return if all required servers are connected. Raises ServerRequired."""
        if self.own is not None and (fault := await self.own.required_fault()) is not None:
            raise ServerRequired(fault)

    async def configure(self, configs: Mapping[str, "ServerConfig"]) -> None:
        """Use these servers from now on."""
        if self.own is not None:
            await self.own.configure(configs)
        elif configs:
            self.own = self._made(configs)
            self.own.start()

    async def close(self) -> None:
        """End all connections and programs; idempotent."""
        if self.own is not None:
            await self.own.close()

    def _made(self, configs: Mapping[str, "ServerConfig"]) -> "McpServers":
        from threadhost.adapters.jsonrpc.mcp_news import McpNews
        from threadhost.adapters.mcp.servers import McpServers

        for log in (self._logs.durable, self._logs.ephemeral):
            log.feed.listen(self._published)
        return McpServers(configs, McpNews(self._hub))

    def _published(self, recorded: Sequence[Recorded]) -> None:
        for fact in recorded:
            if type(fact.event) in ENDS and self.own is not None:
                self.own.unloaded(thread_of(fact.stream) or "")
