"""Tools of MCP servers, and the port through which actors use the servers."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, Protocol

from threadhost.actors.ports import ElicitationAnswer, ToolCall, ToolResult
from threadhost.events.elicitation import tool_key
from threadhost.events.named_tuple import NamedTuple

Name = tuple[str, str]
"""A tool in the words of a model: its namespace, and its name within that."""
Owner = Literal["server", "client", "host"]
"""The owner of a tool."""
Elicit = Callable[[dict[str, Any]], Awaitable[ElicitationAnswer]]
"""Asks the user what a server wants to know."""
NO_HINTS: Mapping[str, Any] = MappingProxyType({})


class ServerTool(NamedTuple):
    """A tool of a server; `annotations` are the server's own statements about it.

    It also stands for a client's tool with such hints, and for a host tool whose call needs an
    approval: `server` is then the namespace. For a host tool the description is the reason.
    """

    server: str
    name: str
    description: str = ""
    annotations: Mapping[str, Any] = NO_HINTS
    owner: Owner = "server"

    @property
    def key(self) -> str:
        """Identifies a tool that the user has approved for later calls."""
        return tool_key(f"{_AHEAD[self.owner]}{self.server}", self.name)

    @property
    def read_only_hint(self) -> bool | None:
        """Whether the tool changes nothing, if its server says so."""
        hint = self.annotations.get("readOnlyHint")
        return hint if isinstance(hint, bool) else None

    @property
    def is_harmless(self) -> bool:
        """Whether the tool may be called without an approval."""
        return self.read_only_hint is True and self.annotations.get("destructiveHint") is not True


_AHEAD: Mapping[Owner, str] = MappingProxyType({"server": "", "client": "/", "host": "//"})
"""Prefixes of a namespace in place of a server's name, which has no slash."""


class Offer(NamedTuple):
    """The tools of all servers at a moment; `definitions` are Responses API tools, encoded once."""

    definitions: tuple[bytes, ...] = ()
    tools: Mapping[Name, ServerTool] = MappingProxyType({})

    def tool(self, server: str, name: str) -> ServerTool | None:
        """The offered tool of a server's own name; None if it is not offered."""
        matching = (
            tool for tool in self.tools.values() if (tool.server, tool.name) == (server, name)
        )
        return next(matching, None)


NO_OFFER = Offer()


class ToolServers(Protocol):
    """The MCP servers of a host."""

    @property
    def offer(self) -> Offer:
        """The current offer; a new record after each change."""

    @property
    def are_starting(self) -> bool:
        """Whether a server has neither answered nor failed since it was configured."""

    async def settled(self) -> None:
        """Start the servers that are not started, and wait until all have answered or failed."""

    async def call(self, call: ToolCall, elicit: Elicit) -> ToolResult:
        """The answer of a server; cancelling withdraws the call, and notifies the server."""


class NoServers:
    """A host without servers."""

    offer = NO_OFFER
    are_starting = False

    async def settled(self) -> None:
        """Nothing to wait for."""

    async def call(self, call: ToolCall, elicit: Elicit) -> ToolResult:
        """Raises LookupError."""
        raise LookupError(call.server)
