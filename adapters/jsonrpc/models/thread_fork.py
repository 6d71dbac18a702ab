"""`thread/fork`: a new thread with its own copy of another's history."""

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
    """The last turn that is copied, by its id; null for all; not together with `beforeTurnId`."""
    before_turn_id: str | None = None
    """The first turn that is not copied, by its id; null for none; not together with
    `lastTurnId`."""
    ephemeral: bool = False
    """Whether the copy lives in memory alone; of a paginated thread that needs `excludeTurns`."""
    thread_source: str | None = None
    """A word of the client's for where the copy comes from, kept and shown; null for none."""
    attach_to_source: bool = False
    """Refused unless it is false: a copy stands by itself."""
    defer_goal_continuation: bool = False
    """Whether the goal is copied along and held until the copy is next taken up; else it is left
    behind."""
    experimental_prediction_mode: bool = False
    """Refused unless it is false: the host predicts nothing."""
    experimental_disable_prediction_mcp: bool = False
    """Taken and not used: the host predicts nothing."""
    idempotency_key: IdempotencyKey | None = None


class ThreadForkResponse(ThreadSetup):
    """The fork, loaded and idle."""

    multi_agent_mode: MultiAgentMode = "explicitRequestOnly"
