"""`thread/fork`: a new thread with its own copy of another's history."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.scalars import IdempotencyKey
from threadhost.adapters.jsonrpc.models.settings import MultiAgentMode
from threadhost.adapters.jsonrpc.models.thread_resume import SetupOverrides
from threadhost.adapters.jsonrpc.models.thread_start import ThreadSetup


class ThreadForkParams(SetupOverrides):
    """The thread, the end of the copy, and the settings that differ in the fork.

    `idempotency_key` is this host's own.
    """

    experimental: ClassVar[tuple[str, ...]] = (
        *("path", "runtime_workspace_roots", "permissions", "before_turn_id", "attach_to_source"),
        *("defer_goal_continuation", "experimental_prediction_mode"),
        "experimental_disable_prediction_mcp",
    )
    last_turn_id: str | None = None
    """The id of the last turn to copy; null to copy all; not together with `beforeTurnId`."""
    before_turn_id: str | None = None
    """The id of the first turn not to copy; null to copy all; not together with `lastTurnId`."""
    ephemeral: bool = False
    """Whether the copy is ephemeral; for a paginated thread this requires `excludeTurns`."""
    thread_source: str | None = None
    """The client's word for the source of the copy, stored and shown; null for none."""
    attach_to_source: bool = False
    """Refused unless it is false: this host does not attach copies to their source."""
    defer_goal_continuation: bool = False
    """Whether to copy the goal, which then waits until the copy is next loaded; else it is not
    copied."""
    experimental_prediction_mode: bool = False
    """Refused unless it is false: the host predicts nothing."""
    experimental_disable_prediction_mcp: bool = False
    """Ignored: the host predicts nothing."""
    idempotency_key: IdempotencyKey | None = None


class ThreadForkResponse(ThreadSetup):
    """The fork, loaded and idle."""

    multi_agent_mode: MultiAgentMode = "explicitRequestOnly"
