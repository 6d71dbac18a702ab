"""The table of a configuration file that says how the host itself runs."""

from typing import Annotated, Literal

from pydantic import Field

from threadhost.adapters.configuration.thread_keys import COUNT_MAX, Table

MILLISECONDS_MAX = 10**12
"""What the command line takes, in its seconds."""
Wait = Annotated[int, Field(ge=0, le=MILLISECONDS_MAX)]
SomeWait = Annotated[int, Field(ge=1, le=MILLISECONDS_MAX)]
Count = Annotated[int, Field(ge=1, le=COUNT_MAX)]
FilePath = Annotated[str, Field(min_length=1, pattern=r"^[^\x00]+$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]
LogLevel = Literal["debug", "info", "warning", "error", "critical"]


class WsAuthTable(Table):
    """`[host.ws_auth]`: what websocket clients have to show; an option of these replaces all."""

    mode: Literal["capability-token", "signed-bearer-token"]
    """Whether there is one token that is known, or any counts that is signed."""
    token_file: FilePath | None = None
    """The known token, as text; a path that counts from this file."""
    token_sha256: Digest | None = None
    """The SHA-256 digest of the known token, instead of the token."""
    shared_secret_file: FilePath | None = None
    """The secret of signed tokens (JWT, HS256), as text of at least 32 bytes; a path that counts \
from this file."""
    issuer: str | None = None
    """What `iss` of a signed token has to be."""
    audience: str | None = None
    """What `aud` of a signed token has to be or to hold."""
    max_clock_skew_seconds: Annotated[int, Field(ge=0, lt=10**9)] | None = None
    """How far the clock of who signs may be off; 30 where nothing is said."""


class HostTable(Table):
    """`[host]`: what `serve` is told by options, which go before it. This host's own."""

    listen: list[str] | None = Field(default=None, min_length=1, max_length=64)
    """Where clients reach the host, as `--listen` has it; the path of a socket file counts from \
this file."""
    ws_auth: WsAuthTable | None = None
    """What websocket clients have to show."""
    rollouts: Literal["codex", "off"] | None = None
    """Whether threads are also kept as rollout files; without a word, where the home has some."""
    drain_timeout_ms: Wait | None = None
    """How long live threads have to stop."""
    idle_unload_ms: Wait | None = None
    """How long an idle thread that nobody follows stays in memory."""
    goal_wait_ms: Wait | None = None
    """How long the host waits between two turns for a goal; it doubles while the model only \
talks."""
    goal_wait_max_ms: Wait | None = None
    """The longest of these waits."""
    tool_timeout_ms: Wait | None = None
    """How long a client's tool, or the user, has to answer a model's call."""
    slow_reader_timeout_ms: SomeWait | None = None
    """How long a client may take nothing of what waits for it before it is given up."""
    initialize_timeout_ms: SomeWait | None = None
    """How long a client at a socket or port has to say who it is."""
    user_input: bool | None = None
    """Whether models may ask the user, for threads that do not say."""
    tree_depth_max: Count | None = None
    """Generations below a root."""
    tree_width_max: Count | None = None
    """Children of one thread."""
    tree_size_max: Count | None = None
    """Threads in one tree."""
    log_level: LogLevel | None = None
    """From which level on there are logs, on standard error."""
    log_format: Literal["text", "json"] | None = None
    """Whether logs are lines of text, or of JSON."""
