"""What a configuration file said, as plain records that need no file and no library."""

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
"""How long a turn may take where nobody says anything."""
NO_PROVIDERS: Mapping[str, Provider] = {}
NO_SERVERS: Mapping[str, "ServerConfig"] = {}
NOTHING: Mapping[str, object] = {}
NO_TEXTS: Mapping[str, str] = {}
NO_PLACES: Mapping[tuple[str, ...], object] = {}
MAY_BE_SECRET = {"experimental_bearer_token", "http_headers", "headers", "query_params", "env"}
"""Keys of a provider or an MCP server whose values nobody is shown."""


class Configuration(NamedTuple):
    """Everything that a file said; without a file, nothing. Its repr shows no secret."""

    file: Path | None = None
    version: str = ""
    """A digest of the file."""
    profile: str | None = None
    """The profile that was chosen from it."""
    model: str | None = None
    """The model of threads that name none."""
    model_provider: str | None = None
    """The provider of threads that name none."""
    thread: Mapping[str, str] = NO_TEXTS
    """Settings of new threads, by the names of `ThreadSettings`."""
    window: ModelWindow = ModelWindow()
    """How much models take in of which nothing else is said."""
    turn_timeout_ms: int | None = None
    openai_base_url: str | None = None
    providers: Mapping[str, Provider] = NO_PROVIDERS
    servers: Mapping[str, "ServerConfig"] = NO_SERVERS
    """MCP servers by name."""
    memories: "MemoryPolicy | None" = None
    """How threads are remembered; None where they are not."""
    retention: "RetentionPolicy | None" = None
    """Which threads go by themselves; None where none do."""
    host: Mapping[str, object] = NOTHING
    """What options of `serve` say nothing of, by key of `[host]`."""
    agents: AgentPolicy = AgentPolicy()
    """How models may start agents."""
    jobs: JobPolicy = JobPolicy()
    """How rows of jobs are worked on."""
    unused: tuple[str, ...] = ()
    """Keys that the reference knows and this host has no use for."""
    shown: Mapping[str, object] = NOTHING
    """What is used of the file, as everybody may see it."""
    entries: Mapping[tuple[str, ...], object] = NO_PLACES
    """The same as values by place, with whatever is secret: what two files differ in."""

    @property
    def keys_not_set(self) -> Iterator[tuple[str, str]]:
        """The providers without a key, and the environment variables that should hold it."""
        for name, provider in self.providers.items():
            if provider.key is None and provider.key_variable is not None:
                yield name, provider.key_variable

    @property
    def secret_keys(self) -> list[str]:
        """The keys of the file that may hold a secret themselves, dotted."""
        places = (place[:3] for place in self.entries if set(place[2:3]) & MAY_BE_SECRET)
        return list(dict.fromkeys(".".join(place) for place in places))

    def __repr__(self) -> str:
        """Which file: some of the rest may hold a secret."""
        return f"Configuration({str(self.file)!r}, {self.version!r})"


NO_CONFIGURATION = Configuration()
