"""The content of a configuration file, as plain records that need no file and no library."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from threadhost.actors.agent_limits import AgentPolicy, JobPolicy
from threadhost.actors.models import ModelWindow
from threadhost.adapters.models.provider import Provider
from threadhost.events.named_tuple import NamedTuple

if TYPE_CHECKING:
    from threadhost.actors.memory_jobs import MemoryPolicy
    from threadhost.actors.retention import RetentionPolicy
    from threadhost.adapters.mcp.server_config import ServerConfig

TURN_TIMEOUT_MS = 86_400_000
"""The limit of a turn's duration if nothing sets one."""
NO_PROVIDERS: Mapping[str, Provider] = {}
NO_SERVERS: Mapping[str, "ServerConfig"] = {}
NOTHING: Mapping[str, object] = {}
NO_TEXTS: Mapping[str, str] = {}
NO_PLACES: Mapping[tuple[str, ...], object] = {}
MAY_BE_SECRET = {"experimental_bearer_token", "http_headers", "headers", "query_params", "env"}
"""Keys of a provider or an MCP server whose values are never shown."""


class Configuration(NamedTuple):
    """The content of a file; empty without a file. Its repr shows no secret."""

    file: Path | None = None
    version: str = ""
    """A digest of the file."""
    profile: str | None = None
    """The profile that was chosen from the file."""
    model: str | None = None
    """The model of threads that name none."""
    model_provider: str | None = None
    """The provider of threads that name none."""
    thread: Mapping[str, str] = NO_TEXTS
    """Settings of new threads, by the names of `ThreadSettings`."""
    window: ModelWindow = ModelWindow()
    """The window of models for which the file sets none."""
    turn_timeout_ms: int | None = None
    openai_base_url: str | None = None
    providers: Mapping[str, Provider] = NO_PROVIDERS
    servers: Mapping[str, "ServerConfig"] = NO_SERVERS
    """MCP servers by name."""
    memories: "MemoryPolicy | None" = None
    """The memory policy; None without memory."""
    retention: "RetentionPolicy | None" = None
    """The retention policy; None without rules."""
    host: Mapping[str, object] = NOTHING
    """The values of `[host]` for options that are not given, by key."""
    agents: AgentPolicy = AgentPolicy()
    """The policy for agents."""
    jobs: JobPolicy = JobPolicy()
    """The policy for jobs."""
    unused: tuple[str, ...] = ()
    """Keys that the reference reads and this host does not use."""
    shown: Mapping[str, object] = NOTHING
    """The used part of the file, without secrets."""
    entries: Mapping[tuple[str, ...], object] = NO_PLACES
    """The same as values by place, with secrets: files are compared by it."""

    @property
    def keys_not_set(self) -> Iterator[tuple[str, str]]:
        """The providers without a key, and the environment variables that should hold it."""
        for name, provider in self.providers.items():
            if provider.key is None and provider.key_variable is not None:
                yield name, provider.key_variable

    @property
    def secret_keys(self) -> list[str]:
        """The dotted keys of the file whose values may be secrets."""
        places = (place[:3] for place in self.entries if set(place[2:3]) & MAY_BE_SECRET)
        return list(dict.fromkeys(".".join(place) for place in places))

    def __repr__(self) -> str:
        """The file's name alone: other fields may hold a secret."""
        return f"Configuration({str(self.file)!r}, {self.version!r})"


NO_CONFIGURATION = Configuration()
