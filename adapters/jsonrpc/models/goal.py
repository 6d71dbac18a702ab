"""`thread/goal/*` and `host/goal/*`: the goals of threads."""

from typing import ClassVar, Literal

from threadhost.adapters.jsonrpc.models.base import Notification, Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import I64, IdempotencyKey

ThreadGoalStatus = Literal[
    "active", "paused", "blocked", "usageLimited", "budgetLimited", "complete"
]
ThreadGoalMutationOrigin = Literal["user", "automatic"]


class ThreadGoal(Wire):
    """A goal and its cost; times are in seconds."""

    thread_id: str
    objective: str
    """The objective."""
    status: ThreadGoalStatus
    """Its status."""
    token_budget: I64 | None = None
    """The token budget; null for no limit."""
    tokens_used: I64
    """The tokens used so far."""
    time_used_seconds: I64
    """The time of turns that worked on it, in seconds."""
    created_at: I64
    updated_at: I64


class GoalChange(Params):
    """The changes to the goal; a null budget removes it, so check `model_fields_set`."""

    thread_id: str
    objective: str | None = None
    """The objective, 1 to 4,000 characters; if absent or null, that of the existing goal."""
    status: ThreadGoalStatus | None = None
    """The status of the goal; if absent or null, a new goal is `active`, and an existing one keeps
    its status."""
    token_budget: I64 | None = None
    """The tokens that it may use, at least 1; null removes the budget, absent leaves it
    unchanged."""


class ThreadGoalSetParams(GoalChange):
    """The changes to the goal; a null budget removes it, so check `model_fields_set`."""

    origin: ThreadGoalMutationOrigin | None = None
    """Ignored: the log says who set it."""


class ThreadGoalSetResponse(Result):
    """The current goal."""

    goal: ThreadGoal


class ThreadGoalGetParams(Params):
    """The thread."""

    thread_id: str


class ThreadGoalGetResponse(Result):
    """The goal, if there is one.

    `tree_tokens_used` is this host's own: the tokens that threads below have used of the goal; null
    unless the goal covers them.
    """

    goal: ThreadGoal | None = None
    """The goal; null if the thread has none."""
    tree_tokens_used: I64 | None = None


class ThreadGoalClearParams(Params):
    """The thread."""

    thread_id: str
    origin: ThreadGoalMutationOrigin | None = None
    """Ignored: the log says who cleared it."""


class ThreadGoalClearResponse(Result):
    """Whether the thread had a goal."""

    cleared: bool
    """Whether there was a goal."""


class GoalSetTreeParams(GoalChange):
    """As for `thread/goal/set`, for a goal that also counts the tokens of all threads below."""

    thread_id: str
    """The id of the root of a tree."""
    token_budget: I64 | None = None
    """The tokens that all threads of the tree may use together, at least 1; null removes the
    budget, absent leaves it unchanged."""
    idempotency_key: IdempotencyKey | None = None


class GoalSetTreeResponse(Result):
    """The current goal, and the tokens that threads below used for it."""

    goal: ThreadGoal
    tree_tokens_used: I64


class GoalExtendParams(Params):
    """The thread of the goal, and the tokens to add to its budget, or to those used if more."""

    thread_id: str
    tokens: I64
    """The tokens to add to its budget, or to the tokens used if these are more; at least 1."""
    idempotency_key: IdempotencyKey | None = None


class GoalExtendResponse(Result):
    """The current goal, and the tokens that threads below used for it; null unless these count."""

    goal: ThreadGoal
    tree_tokens_used: I64 | None = None


class ThreadGoalUpdatedNotification(Notification):
    """A goal changed; `turn_id` is the turn in which it changed.

    This host's own are `next_turn_at_ms`, the time of its next turn, if that was just decided; and
    `tree_tokens_used`, the tokens that threads below have used of it, null unless it covers them.
    """

    method: ClassVar[str] = "thread/goal/updated"
    thread_id: str
    turn_id: str | None = None
    """The id of the turn in which it changed; null for none."""
    goal: ThreadGoal
    next_turn_at_ms: I64 | None = None
    """Extension of this host: the time of its next turn, in milliseconds since 1970, if that was
    just decided; else null."""
    tree_tokens_used: I64 | None = None


class ThreadGoalClearedNotification(Notification):
    """The goal of a thread was removed."""

    method: ClassVar[str] = "thread/goal/cleared"
    thread_id: str
