"""`thread/goal/*` and `host/goal/*`: what a thread works towards."""

from typing import ClassVar, Literal

from threadhost.adapters.jsonrpc.models.base import Notification, Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import I64, IdempotencyKey

ThreadGoalStatus = Literal[
    "active", "paused", "blocked", "usageLimited", "budgetLimited", "complete"
]
ThreadGoalMutationOrigin = Literal["user", "automatic"]


class ThreadGoal(Wire):
    """A goal and what it has cost; times are seconds."""

    thread_id: str
    objective: str
    status: ThreadGoalStatus
    token_budget: I64 | None = None
    tokens_used: I64
    time_used_seconds: I64
    created_at: I64
    updated_at: I64


class ThreadGoalSetParams(Params):
    """What is to be changed; a budget that is null is taken away: ask `model_fields_set`."""

    thread_id: str
    objective: str | None = None
    status: ThreadGoalStatus | None = None
    token_budget: I64 | None = None
    origin: ThreadGoalMutationOrigin | None = None


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
    tree_tokens_used: I64 | None = None


class ThreadGoalClearParams(Params):
    """Which thread."""

    thread_id: str
    origin: ThreadGoalMutationOrigin | None = None


class ThreadGoalClearResponse(Result):
    """Whether there was one."""

    cleared: bool


class GoalSetTreeParams(Params):
    """As of `thread/goal/set`, for a goal that counts what all threads below its own use, too."""

    thread_id: str
    objective: str | None = None
    status: ThreadGoalStatus | None = None
    token_budget: I64 | None = None
    idempotency_key: IdempotencyKey | None = None


class GoalSetTreeResponse(Result):
    """The goal as it is now, and what threads below used of it."""

    goal: ThreadGoal
    tree_tokens_used: I64


class GoalExtendParams(Params):
    """Which thread's goal, and how many tokens it gets beyond what it has or has used."""

    thread_id: str
    tokens: I64
    idempotency_key: IdempotencyKey | None = None


class GoalExtendResponse(Result):
    """The goal as it is now; what threads below used of it, null unless they count."""

    goal: ThreadGoal
    tree_tokens_used: I64 | None = None


class ThreadGoalUpdatedNotification(Notification):
    """A goal is not what it was; `turn_id` is that of the turn in which that came about.

    This host's own are `next_turn_at_ms`, when it goes on by itself, if it was just decided; and
    `tree_tokens_used`, what threads below used of it, null unless they count.
    """

    method: ClassVar[str] = "thread/goal/updated"
    thread_id: str
    turn_id: str | None = None
    goal: ThreadGoal
    next_turn_at_ms: I64 | None = None
    tree_tokens_used: I64 | None = None


class ThreadGoalClearedNotification(Notification):
    """A thread has no goal."""

    method: ClassVar[str] = "thread/goal/cleared"
    thread_id: str
