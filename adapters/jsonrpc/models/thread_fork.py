"""`thread/fork`: a new thread that goes on from where another stands."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.scalars import IdempotencyKey
from threadhost.adapters.jsonrpc.models.settings import MultiAgentMode
from threadhost.adapters.jsonrpc.models.thread_resume import SetupOverrides
from threadhost.adapters.jsonrpc.models.thread_start import ThreadSetup


class ThreadForkParams(SetupOverrides):
    """Which thread, up to where, and what the fork does otherwise.

    `idempotency_key` is this host's own.
    """

    experimental: ClassVar[tuple[str, ...]] = (
        *("path", "runtime_workspace_roots", "permissions", "before_turn_id", "attach_to_source"),
        *("defer_goal_continuation", "experimental_prediction_mode"),
        "experimental_disable_prediction_mcp",
    )
    last_turn_id: str | None = None
    before_turn_id: str | None = None
    ephemeral: bool = False
    thread_source: str | None = None
    attach_to_source: bool = False
    defer_goal_continuation: bool = False
    experimental_prediction_mode: bool = False
    experimental_disable_prediction_mcp: bool = False
    idempotency_key: IdempotencyKey | None = None


class ThreadForkResponse(ThreadSetup):
    """The fork, loaded and idle."""

    multi_agent_mode: MultiAgentMode = "explicitRequestOnly"
