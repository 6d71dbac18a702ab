"""The tables of a configuration file, with their types: the top level, providers and models."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, SecretStr

from threadhost.adapters.configuration.agent_tables import AgentsTable, FeaturesTable
from threadhost.adapters.configuration.host_tables import HostTable
from threadhost.adapters.configuration.memory_tables import MemoriesTable
from threadhost.adapters.configuration.retention_tables import RetentionTable
from threadhost.adapters.configuration.thread_keys import (
    COUNT_MAX,
    Name,
    PatienceKeys,
    Table,
    ThreadKeys,
    Tokens,
    Word,
)
from threadhost.adapters.models.provider import TransportName, WireName

WEEK_MS = 604_800_000
TEN_MINUTES_MS = 600_000
Seconds = Annotated[float, Field(gt=0, le=86_400)]
Variable = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^=\x00]+$")]


class AuthTable(Table):
    """`[model_providers.NAME.auth]`: a program that prints the key."""

    command: Annotated[str, Field(min_length=1, pattern=r"\S")]
    """The program: a name is looked up in PATH, a path is relative to `cwd`."""
    args: list[SecretStr] = Field(default_factory=list, max_length=256)
    """Its arguments."""
    timeout_ms: Annotated[int, Field(ge=1, le=TEN_MINUTES_MS)] = 5_000
    """The time limit of the program."""
    refresh_interval_ms: Annotated[int, Field(ge=0, le=WEEK_MS)] = 300_000
    """The time after which the host runs it again for a new key; 0 for only when a provider refuses
    the key."""
    cwd: str | None = None
    """The folder in which it runs; by default that of the file."""


class ModelTable(Table):
    """`[model_providers.NAME.models.MODEL]`: what is known of a model."""

    name: Name | None = None
    """Its name for people."""
    context_window: Annotated[int, Field(ge=1, le=COUNT_MAX)] | None = None
    """The tokens of its context window."""
    auto_compact_token_limit: Tokens | None = None
    """The number of tokens from which a history is compacted; 0 for never."""
    reasoning_efforts: list[Word] = Field(default_factory=list, max_length=32)
    """The efforts that it supports."""
    default_reasoning_effort: Word | None = None
    """Its default effort."""


class ProviderTable(PatienceKeys):
    """`[model_providers.NAME]`: where models are, and how they are asked."""

    name: Name | None = None
    """The name of the provider for people."""
    base_url: str | None = Field(default=None, repr=False)
    """The base URL of the provider. Required for every API except those of an extra."""
    wire_api: WireName = "responses"
    """The API of the provider."""
    env_key: Variable | None = None
    """The environment variable with the key, which the host sends as a bearer token."""
    env_key_instructions: Annotated[str, Field(max_length=1_000)] | None = None
    """How to get a key, for people who have none."""
    experimental_bearer_token: SecretStr | None = None
    """The key itself; `env_key` or `auth` keep it out of the file."""
    auth: AuthTable | None = None
    """A program that prints the key."""
    requires_openai_auth: bool = False
    """Whether to use OpenAI's key, in `OPENAI_API_KEY`, if no other key is set."""
    query_params: dict[str, SecretStr] = Field(default_factory=dict, max_length=64)
    """Parameters in the query of every request."""
    http_headers: dict[str, SecretStr] = Field(default_factory=dict, max_length=64)
    """Headers of every request."""
    env_http_headers: dict[str, Variable] = Field(default_factory=dict, max_length=64)
    """Headers whose values are in environment variables; a header whose variable is not set is not
    sent."""
    body: dict[str, Any] = Field(default_factory=dict, repr=False)
    """Fields of every request, which override those of this host."""
    body_omit: list[Name] = Field(default_factory=list, max_length=64)
    """Fields that the host does not send, because the provider does not accept them."""
    prompt_cache_key: bool | None = None
    """Whether the requests of a thread have its id as `prompt_cache_key`; by default if `wire_api`
    is `responses`."""
    transport: TransportName | None = None
    """The HTTP library: `httptools`, or `httpx` of the extra of that name; by default the one that
    the connection to the provider needs."""
    connect_timeout_ms: Annotated[int, Field(ge=1, le=TEN_MINUTES_MS)] | None = None
    """The time limit of a connection attempt."""
    models: dict[str, ModelTable] = Field(default_factory=dict)
    """The data of its models, by name."""


class McpServerTable(Table):
    """`[mcp_servers.NAME]`: a server whose tools models are offered; NAME is in their namespace."""

    command: Annotated[str, Field(min_length=1, pattern=r"\S")] | None = None
    """The program of the server: a name is looked up in PATH, a path is relative to `cwd`."""
    args: list[SecretStr] = Field(default_factory=list, max_length=256)
    """Its arguments."""
    env: dict[str, SecretStr] = Field(default_factory=dict, max_length=256)
    """Variables of its environment."""
    env_vars: list[Variable] = Field(default_factory=list, max_length=256)
    """Names of environment variables that the host passes on to it."""
    cwd: str | None = None
    """The folder in which it runs; by default that of the file."""
    url: Annotated[str, Field(min_length=1, max_length=8192)] | None = Field(
        default=None, repr=False
    )
    """The URL of a server with streamable HTTP."""
    bearer_token_env_var: Variable | None = None
    """The environment variable with a bearer token for it."""
    headers: dict[str, SecretStr] = Field(default_factory=dict, max_length=64)
    """Headers of every request to it."""
    http_headers: dict[str, SecretStr] = Field(default_factory=dict, max_length=64)
    """The same, under codex's name."""
    env_http_headers: dict[str, Variable] = Field(default_factory=dict, max_length=64)
    """Headers whose values are in environment variables; a header whose variable is not set is not
    sent."""
    startup_timeout_sec: Seconds | None = None
    """The time limit of its start and of its lists of tools and resources; 10 by default."""
    tool_timeout_sec: Seconds | None = None
    """The time limit of a call; 60 by default."""
    enabled: bool = True
    """Whether the host uses it."""
    required: bool = False
    """Whether the host starts threads only while it is connected."""
    enabled_tools: list[Name] | None = Field(default=None, max_length=4096)
    """The only tools that are offered, under the server's own names."""
    disabled_tools: list[Name] = Field(default_factory=list, max_length=4096)
    """Tools that are not offered."""


class ProfileTable(ThreadKeys):
    """`[profiles.NAME]`: keys that go before those of the top level."""

    model_instructions_file: Name | None = None
    """A file with the text for `instructions`; its path is relative to this file."""


class FileTable(ProfileTable):
    """The top level of the file."""

    openai_base_url: str | None = Field(default=None, repr=False)
    """The base URL of OpenAI's API, in place of the default."""
    profile: Name | None = None
    """The profile to use."""
    profiles: dict[str, ProfileTable] = Field(default_factory=dict)
    """Profiles by name: keys of this level that override it."""
    model_providers: dict[str, ProviderTable] = Field(default_factory=dict)
    """Providers by name."""
    mcp_servers: dict[str, McpServerTable] = Field(default_factory=dict, max_length=64)
    """MCP servers by name."""
    agents: AgentsTable | None = None
    """The limits of agents, and their roles."""
    memories: MemoriesTable | None = None
    """How the host makes notes of threads, if `features.memories` is on."""
    retention: RetentionTable | None = None
    """Which threads the host deletes by itself."""
    host: HostTable | None = None
    """The settings of the host itself."""
    features: FeaturesTable = FeaturesTable()
    """Features that can be switched on."""


LIMITS: Mapping[str, str] = {
    "request_max_retries": "request_retries_max",
    "stream_max_retries": "stream_retries_max",
    "retry_wait_max_ms": "retry_wait_max_ms",
    "stream_idle_timeout_ms": "idle_timeout_ms",
    "response_timeout_ms": "response_timeout_ms",
    "slow_after_ms": "slow_after_ms",
}
"""Keys of a provider that become limits of its calls, with the names of the limits."""
