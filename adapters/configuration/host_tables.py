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
    """`[host.ws_auth]`: what websocket clients have to show; an option of these replaces all.

    What nothing is said of here is what the option of its name says.
    """

    mode: Literal["capability-token", "signed-bearer-token"]
    """Whether one known token is valid, or any signed one."""
    token_file: FilePath | None = None
    """The file with the known token, as text; its path is relative to this file."""
    token_sha256: Digest | None = None
    shared_secret_file: FilePath | None = None
    """The file with the secret of signed tokens (JWT, HS256), as text of at least 32 bytes; its
    path is relative to this file."""
    issuer: str | None = None
    audience: str | None = None
    max_clock_skew_seconds: Annotated[int, Field(ge=0, lt=10**9)] | None = None
    """The largest clock difference to the signer; 30 if absent."""


class HostTable(Table):
    """`[host]`: the options of `serve`, which override it. Codex does not have this table.

    What nothing is said of here is what the option of its name says.
    """

    listen: list[str] | None = Field(default=None, min_length=1, max_length=64)
    """The addresses for clients, in the form of `--listen`; the path of a socket file is relative
    to this file."""
    ws_auth: WsAuthTable | None = None
    """The authentication of websocket clients."""
    rollouts: Literal["codex", "off"] | None = None
    """Whether the host also writes threads as rollout files; by default if the home has some."""
    drain_timeout_ms: Wait | None = None
    idle_unload_ms: Wait | None = None
    goal_wait_ms: Wait | None = None
    goal_wait_max_ms: Wait | None = None
    tool_timeout_ms: Wait | None = None
    slow_reader_timeout_ms: SomeWait | None = None
    initialize_timeout_ms: SomeWait | None = None
    user_input: bool | None = None
    """Whether models may ask the user, for threads that do not set it."""
    tree_depth_max: Count | None = None
    tree_width_max: Count | None = None
    tree_size_max: Count | None = None
    log_level: LogLevel | None = None
    """The lowest level of the logs on standard error."""
    log_format: Literal["text", "json"] | None = None
