"""The configuration of an MCP server, as plain records that need no file and no library."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from threadhost.adapters.visible import shown_command
from threadhost.events.named_tuple import NamedTuple

EXTRA = "mcp"
"""The extra with the client library, and the name of that library."""
NO_TEXTS: Mapping[str, str] = MappingProxyType({})
STARTUP_TIMEOUT_S = 10.0
TOOL_TIMEOUT_S = 60.0


def missing_extra() -> str:
    """The message where the client library is missing, with what installs it."""
    from threadhost.adapters.models.extras import to_install

    return f"MCP servers need the extra `{EXTRA}`; {to_install(EXTRA)}"


class Program(NamedTuple):
    """A server that is a program on this machine; `env` is its whole environment."""

    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = NO_TEXTS
    cwd: Path | None = None
    secrets: tuple[str, ...] = ()
    """Secrets in it, which are hidden in the server's messages."""

    def __repr__(self) -> str:
        """The program alone: the rest may hold a secret."""
        return f"Program({shown_command(self.command)!r})"


class Address(NamedTuple):
    """A server over streamable HTTP."""

    url: str
    headers: Mapping[str, str] = NO_TEXTS
    has_token: bool = False
    """Whether the headers include a bearer token."""
    secrets: tuple[str, ...] = ()
    """Secrets in URL and headers, which are hidden in the server's messages."""

    def __repr__(self) -> str:
        """The type alone: URL and headers may hold a secret."""
        return "Address(...)"


class ServerConfig(NamedTuple):
    """One server; its name is part of the namespace of its tools."""

    name: str
    launch: Program | Address
    startup_timeout_s: float = STARTUP_TIMEOUT_S
    tool_timeout_s: float = TOOL_TIMEOUT_S
    enabled_tools: frozenset[str] | None = None
    """The only tools that are offered, by the server's names; None for all."""
    disabled_tools: frozenset[str] = frozenset()
    required: bool = False
    """Whether no thread starts without it."""
    is_enabled: bool = True

    def offers(self, tool: str) -> bool:
        """Whether the configuration allows this tool."""
        is_enabled = self.enabled_tools is None or tool in self.enabled_tools
        return is_enabled and tool not in self.disabled_tools
