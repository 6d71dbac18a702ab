"""Tools that MCP servers offer, and what actors need of whoever is connected to these servers."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, Protocol

from threadhost.actors.ports import ElicitationAnswer, ToolCall, ToolResult
from threadhost.events.elicitation import tool_key
from threadhost.events.named_tuple import NamedTuple

Name = tuple[str, str]
"""What a model calls a tool: its namespace and its name in there."""
Owner = Literal["server", "client", "host"]
"""Whose a tool is."""
Elicit = Callable[[dict[str, Any]], Awaitable[ElicitationAnswer]]
"""Has the user asked what a server wants to know."""
NO_HINTS: Mapping[str, Any] = MappingProxyType({})


class ServerTool(NamedTuple):
    """A tool of a server; `annotations` are what the server itself says of it.

    So is a client's tool that has such hints, and one of the host's whose call has to be approved:
    the namespace then stands for the server, and of the host's the description says why.
    """

    server: str
    name: str
    description: str = ""
    annotations: Mapping[str, Any] = NO_HINTS
    owner: Owner = "server"

    @property
    def key(self) -> str:
        """What is remembered of a tool that may be called without being asked for."""
        return tool_key(f"{_AHEAD[self.owner]}{self.server}", self.name)

    @property
    def read_only_hint(self) -> bool | None:
        """Whether it changes nothing, if its server says so."""
        hint = self.annotations.get("readOnlyHint")
        return hint if isinstance(hint, bool) else None

    @property
    def is_harmless(self) -> bool:
        """Whether nobody has to be asked before it is called."""
        return self.read_only_hint is True and self.annotations.get("destructiveHint") is not True


_AHEAD: Mapping[Owner, str] = MappingProxyType({"server": "", "client": "/", "host": "//"})
"""What stands ahead of a namespace where it stands for a server, whose name has no slash."""


class Offer(NamedTuple):
    """What all servers offer at a moment; `definitions` are Responses API tools, encoded once."""

    definitions: tuple[bytes, ...] = ()
    tools: Mapping[Name, ServerTool] = MappingProxyType({})

    def tool(self, server: str, name: str) -> ServerTool | None:
        """The tool that its server calls so, if it is offered."""
        matching = (
            tool for tool in self.tools.values() if (tool.server, tool.name) == (server, name)
        )
        return next(matching, None)


NO_OFFER = Offer()


class ToolServers(Protocol):
    """The MCP servers of a host."""

    @property
    def offer(self) -> Offer:
        """What they offer now; another record whenever that changes."""

    @property
    def are_starting(self) -> bool:
        """Whether one has neither answered nor failed since it was configured."""

    async def settled(self) -> None:
        """Start those that were not, and wait until all have answered or failed."""

    async def call(self, call: ToolCall, elicit: Elicit) -> ToolResult:
        """What a server answers; cancelling takes the call back, and the server is told."""


class NoServers:
    """A host that is connected to none."""

    offer = NO_OFFER
    are_starting = False

    async def settled(self) -> None:
        """There is nothing to wait for."""

    async def call(self, call: ToolCall, elicit: Elicit) -> ToolResult:
        """No server is there."""
        raise LookupError(call.server)
