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
    """The program: a name is looked up in PATH, a path counts from `cwd`."""
    args: list[SecretStr] = Field(default_factory=list, max_length=256)
    """Its arguments."""
    timeout_ms: Annotated[int, Field(ge=1, le=TEN_MINUTES_MS)] = 5_000
    """How long it may take."""
    refresh_interval_ms: Annotated[int, Field(ge=0, le=WEEK_MS)] = 300_000
    """How long its key serves before it is run again; 0 for until a provider refuses the key."""
    cwd: str | None = None
    """The folder that it runs in; that of the file where nothing is said."""


class ModelTable(Table):
    """`[model_providers.NAME.models.MODEL]`: what is known of a model."""

    name: Name | None = None
    """What people call it."""
    context_window: Annotated[int, Field(ge=1, le=COUNT_MAX)] | None = None
    """Tokens that it takes in."""
    auto_compact_token_limit: Tokens | None = None
    """From so many tokens on a history is summed up; 0 for never."""
    reasoning_efforts: list[Word] = Field(default_factory=list, max_length=32)
    """The efforts that it can be asked for."""
    default_reasoning_effort: Word | None = None
    """The one that it takes by itself."""


class ProviderTable(PatienceKeys):
    """`[model_providers.NAME]`: where models are, and how they are asked."""

    name: Name | None = None
    """What people call the provider."""
    base_url: str | None = Field(default=None, repr=False)
    """Where it is: requests go to a place below. Needed by every API but those of an extra."""
    wire_api: WireName = "responses"
    """Which API it speaks."""
    env_key: Variable | None = None
    """The environment variable that holds its key, which is sent as a bearer token."""
    env_key_instructions: Annotated[str, Field(max_length=1_000)] | None = None
    """How to come by a key, for people who have none."""
    experimental_bearer_token: SecretStr | None = None
    """The key itself; a variable or a program keep it out of the file."""
    auth: AuthTable | None = None
    """A program that prints the key."""
    requires_openai_auth: bool = False
    """The key is that of OpenAI, in `OPENAI_API_KEY`, if nothing else says which."""
    query_params: dict[str, SecretStr] = Field(default_factory=dict, max_length=64)
    """Parameters in the query of every request."""
    http_headers: dict[str, SecretStr] = Field(default_factory=dict, max_length=64)
    """Headers of every request."""
    env_http_headers: dict[str, Variable] = Field(default_factory=dict, max_length=64)
    """Headers whose values are in environment variables; one that is not set is not sent."""
    body: dict[str, Any] = Field(default_factory=dict, repr=False)
    """Fields of every request, over those of this host."""
    body_omit: list[Name] = Field(default_factory=list, max_length=64)
    """Fields that this host would send and the provider does not take."""
    prompt_cache_key: bool | None = None
    """Whether the requests of a thread have a common `prompt_cache_key`, its id; by default they
    do where `wire_api` is `responses`."""
    transport: TransportName | None = None
    """The HTTP library: `httptools`, or `httpx` of the extra of that name; by default whichever the
    way to the provider needs."""
    connect_timeout_ms: Annotated[int, Field(ge=1, le=TEN_MINUTES_MS)] | None = None
    """How long a connection may take."""
    models: dict[str, ModelTable] = Field(default_factory=dict)
    """What is known of its models, by name."""


class McpServerTable(Table):
    """`[mcp_servers.NAME]`: a server whose tools models are offered; NAME is in their namespace."""

    command: Annotated[str, Field(min_length=1, pattern=r"\S")] | None = None
    """The program that is the server: a name is looked up in PATH, a path counts from `cwd`."""
    args: list[SecretStr] = Field(default_factory=list, max_length=256)
    """Its arguments."""
    env: dict[str, SecretStr] = Field(default_factory=dict, max_length=256)
    """Variables of its environment."""
    env_vars: list[Variable] = Field(default_factory=list, max_length=256)
    """Variables that it has as the host has them."""
    cwd: str | None = None
    """The folder that it runs in; that of the file where nothing is said."""
    url: Annotated[str, Field(min_length=1, max_length=8192)] | None = Field(
        default=None, repr=False
    )
    """Where a server is that is reached over streamable HTTP."""
    bearer_token_env_var: Variable | None = None
    """The environment variable that holds a bearer token for it."""
    headers: dict[str, SecretStr] = Field(default_factory=dict, max_length=64)
    """Headers of every request to it."""
    http_headers: dict[str, SecretStr] = Field(default_factory=dict, max_length=64)
    """The same, under codex's name."""
    env_http_headers: dict[str, Variable] = Field(default_factory=dict, max_length=64)
    """Headers whose values are in environment variables; one that is not set is not sent."""
    startup_timeout_sec: Seconds | None = None
    """How long it may take to start and to say what it offers; 10 where nothing is said."""
    tool_timeout_sec: Seconds | None = None
    """How long a call may take; 60 where nothing is said."""
    enabled: bool = True
    """Whether it is used at all."""
    required: bool = False
    """Whether no thread is started without it."""
    enabled_tools: list[Name] | None = Field(default=None, max_length=4096)
    """The only tools that are offered, under the server's own names."""
    disabled_tools: list[Name] = Field(default_factory=list, max_length=4096)
    """Tools that are not offered."""


class ProfileTable(ThreadKeys):
    """`[profiles.NAME]`: keys that go before those of the top level."""

    model_instructions_file: Name | None = None
    """A file whose text stands in for `instructions`; a path that counts from this file."""


class FileTable(ProfileTable):
    """The top level of the file."""

    openai_base_url: str | None = Field(default=None, repr=False)
    """Where OpenAI's API is, in place of the usual."""
    profile: Name | None = None
    """The profile to use."""
    profiles: dict[str, ProfileTable] = Field(default_factory=dict)
    """Sets of keys of this level, by name, that go before it."""
    model_providers: dict[str, ProviderTable] = Field(default_factory=dict)
    """Providers by name."""
    mcp_servers: dict[str, McpServerTable] = Field(default_factory=dict, max_length=64)
    """MCP servers by name."""
    agents: AgentsTable | None = None
    """How far models may go with agents, and the roles of these."""
    memories: MemoriesTable | None = None
    """How notes of threads are made, where `features.memories` says that they are."""
    retention: RetentionTable | None = None
    """Which threads the host lets go of by itself."""
    host: HostTable | None = None
    """How the host itself runs."""
    features: FeaturesTable = FeaturesTable()
    """What is switched on."""


LIMITS: Mapping[str, str] = {
    "request_max_retries": "request_retries_max",
    "stream_max_retries": "stream_retries_max",
    "retry_wait_max_ms": "retry_wait_max_ms",
    "stream_idle_timeout_ms": "idle_timeout_ms",
    "response_timeout_ms": "response_timeout_ms",
    "slow_after_ms": "slow_after_ms",
}
"""Keys of a provider that become limits of its calls, with the names of the limits."""
