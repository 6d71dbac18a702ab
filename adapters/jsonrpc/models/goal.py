"""`thread/goal/*` and `host/goal/*`: what a thread works towards."""

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
    """What is to be changed; a budget that is null is taken away: ask `model_fields_set`."""

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
    """What is to be changed; a budget that is null is taken away: ask `model_fields_set`."""

    origin: ThreadGoalMutationOrigin | None = None
    """Ignored: the log says who set it."""


class ThreadGoalSetResponse(Result):
    """The goal as it is now."""

    goal: ThreadGoal


class ThreadGoalGetParams(Params):
    """Which thread."""

    thread_id: str


class ThreadGoalGetResponse(Result):
    """The goal, if there is one.

    `tree_tokens_used` is this host's own: what threads below used of it, null unless they count.
    """

    goal: ThreadGoal | None = None
    """The goal; null if the thread has none."""
    tree_tokens_used: I64 | None = None


class ThreadGoalClearParams(Params):
    """Which thread."""

    thread_id: str
    origin: ThreadGoalMutationOrigin | None = None
    """Ignored: the log says who cleared it."""


class ThreadGoalClearResponse(Result):
    """Whether there was one."""

    cleared: bool
    """Whether there was a goal."""


class GoalSetTreeParams(GoalChange):
    """As of `thread/goal/set`, for a goal that counts what all threads below its own use, too."""

    thread_id: str
    """The id of the root of a tree."""
    token_budget: I64 | None = None
    """The tokens that all threads of the tree may use together, at least 1; null removes the
    budget, absent leaves it unchanged."""
    idempotency_key: IdempotencyKey | None = None


class GoalSetTreeResponse(Result):
    """The goal as it is now, and what threads below used of it."""

    goal: ThreadGoal
    tree_tokens_used: I64


class GoalExtendParams(Params):
    """Which thread's goal, and how many tokens it gets beyond what it has or has used."""

    thread_id: str
    tokens: I64
    """The tokens to add to its budget, or to the tokens used if these are more; at least 1."""
    idempotency_key: IdempotencyKey | None = None


class GoalExtendResponse(Result):
    """The goal as it is now; what threads below used of it, null unless they count."""

    goal: ThreadGoal
    tree_tokens_used: I64 | None = None


class ThreadGoalUpdatedNotification(Notification):
    """A goal changed; `turn_id` is the turn in which it changed.

    This host's own are `next_turn_at_ms`, when it goes on by itself, if it was just decided; and
    `tree_tokens_used`, what threads below used of it, null unless they count.
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
