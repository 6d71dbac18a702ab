"""`thread/goal/*` and `host/goal/*`: the goals of threads."""

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
    """What is to be reached."""
    status: ThreadGoalStatus
    """How it stands."""
    token_budget: I64 | None = None
    """How many tokens it may use; null for any number."""
    tokens_used: I64
    """How many tokens it has used."""
    time_used_seconds: I64
    """How long turns have worked on it, in seconds."""
    created_at: I64
    updated_at: I64


class GoalChange(Params):
    """What is to be changed; a budget that is null is taken away: ask `model_fields_set`."""

    thread_id: str
    objective: str | None = None
    """What is to be reached, 1 to 4,000 characters; without it, or null, that of the goal there
    is."""
    status: ThreadGoalStatus | None = None
    """How the goal stands; without it, or null, a new one is `active` and another stays as it
    is."""
    token_budget: I64 | None = None
    """How many tokens it may use, at least 1; null takes the budget away, absent leaves it as it
    is."""


class ThreadGoalSetParams(GoalChange):
    """What is to be changed; a budget that is null is taken away: ask `model_fields_set`."""

    origin: ThreadGoalMutationOrigin | None = None
    """Taken and not used: the log says who set it."""


class ThreadGoalSetResponse(Result):
    """The goal as it is now."""

    goal: ThreadGoal


class ThreadGoalGetParams(Params):
    """Which thread."""

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
    """Which thread."""

    thread_id: str
    origin: ThreadGoalMutationOrigin | None = None
    """Taken and not used: the log says who cleared it."""


class ThreadGoalClearResponse(Result):
    """Whether there was one."""

    cleared: bool
    """Whether there was a goal."""


class GoalSetTreeParams(GoalChange):
    """As of `thread/goal/set`, for a goal that counts what all threads below its own use, too."""

    thread_id: str
    """The root of a tree, by its id."""
    token_budget: I64 | None = None
    """How many tokens all threads of the tree may use together, at least 1; null takes the budget
    away, absent leaves it as it is."""
    idempotency_key: IdempotencyKey | None = None


class GoalSetTreeResponse(Result):
    """The goal as it is now, and what threads below used of it."""

    goal: ThreadGoal
    tree_tokens_used: I64


class GoalExtendParams(Params):
    """Which thread's goal, and how many tokens it gets beyond what it has or has used."""

    thread_id: str
    tokens: I64
    """How many tokens more than its budget, or than it has used if that is more; at least 1."""
    idempotency_key: IdempotencyKey | None = None


class GoalExtendResponse(Result):
    """The goal as it is now; what threads below used of it, null unless they count."""

    goal: ThreadGoal
    tree_tokens_used: I64 | None = None


class ThreadGoalUpdatedNotification(Notification):
    """A goal is not what it was; `turn_id` is that of the turn in which that came about.

    This host's own are `next_turn_at_ms`, the time of its next turn, if that was just decided; and
    `tree_tokens_used`, the tokens that threads below have used of it, null unless it covers them.
    """

    method: ClassVar[str] = "thread/goal/updated"
    thread_id: str
    turn_id: str | None = None
    """The turn in which it changed, by its id; null if it was in none."""
    goal: ThreadGoal
    next_turn_at_ms: I64 | None = None
    """This host's own: when it goes on by itself, in milliseconds since 1970, if that was just
    decided; else null."""
    tree_tokens_used: I64 | None = None


class ThreadGoalClearedNotification(Notification):
    """A thread has no goal."""

    method: ClassVar[str] = "thread/goal/cleared"
    thread_id: str
