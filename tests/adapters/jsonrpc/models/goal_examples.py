"""Examples of the models of goals, bare and filled in."""

from threadhost.adapters.jsonrpc.models import goal
from threadhost.adapters.jsonrpc.models.base import Notification, Result

THREAD, TURN = "0199a3b4-5c6d-7e8f-9012-3456789abcde", "0199a3b4-5c6d-7e8f-9012-3456789abcdf"
GOAL = goal.ThreadGoal(
    thread_id=THREAD,
    objective="count owls",
    status="budgetLimited",
    token_budget=5,
    tokens_used=7,
    time_used_seconds=3,
    created_at=1,
    updated_at=2,
)
RESULTS: list[tuple[str, Result]] = [
    ("thread/goal/set", goal.ThreadGoalSetResponse(goal=GOAL)),
    ("thread/goal/get", goal.ThreadGoalGetResponse(goal=GOAL)),
    ("thread/goal/get", goal.ThreadGoalGetResponse(goal=GOAL, tree_tokens_used=5)),
    ("thread/goal/get", goal.ThreadGoalGetResponse()),
    ("thread/goal/clear", goal.ThreadGoalClearResponse(cleared=True)),
]
NOTIFICATIONS: list[Notification] = [
    goal.ThreadGoalUpdatedNotification(thread_id=THREAD, goal=GOAL),
    goal.ThreadGoalUpdatedNotification(
        thread_id=THREAD, turn_id=TURN, goal=GOAL, next_turn_at_ms=9, tree_tokens_used=5
    ),
    goal.ThreadGoalClearedNotification(thread_id=THREAD),
]
