"""The tools by which a model reads, sets and ends the goal of its thread."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import to_json

from threadhost.actors.arguments import arguments_of
from threadhost.actors.errors import GoalRefused
from threadhost.actors.goal import good_objective, require_budget, set_goal
from threadhost.actors.goal_charges import charges
from threadhost.actors.goal_words import COMPLETED
from threadhost.actors.host_answer import HostAnswer
from threadhost.actors.tools import HostTools, one_tool
from threadhost.events.fold import foresee
from threadhost.events.goal import goal_of
from threadhost.events.goal_state import Goal, GoalStatus
from threadhost.events.host_call import GOALS
from threadhost.events.thread import Thread
from threadhost.events.usage import COUNT_MAX
from threadhost.events.words import truncate

BY_THE_MODEL: Mapping[object, GoalStatus] = {
    "complete": "complete",
    "blocked": "blocked",
    "paused": "paused",
}
UNFINISHED = (
    "cannot create a new goal because this thread has an unfinished goal; "
    "complete the existing goal first"
)
NO_GOAL = "cannot update goal because this thread has no goal"
NOT_BY_THE_MODEL = (
    "update_goal can only mark the existing goal complete, blocked, or paused at the user's "
    "explicit request; resume, budget-limited, and usage-limited status changes are controlled "
    "by the user or system"
)


GOAL_TOOLS: HostTools = dict(
    (
        one_tool(
            GOALS,
            "get_goal",
            "Read the goal of this thread: its objective, its status, and what it has used of its "
            "budget.",
            {},
        ),
        one_tool(
            GOALS,
            "create_goal",
            "Give this thread a goal that the host goes on with, turn after turn, until it is "
            "complete. Only when the user asks for that; an ordinary task needs none. Refused "
            "while a goal is unfinished.",
            {
                "objective": {
                    "type": "string",
                    "description": "What is to be reached, as a whole.",
                },
                "token_budget": {
                    "type": "integer",
                    "description": "Tokens that it may take; only where the user named a number.",
                },
            },
            "objective",
        ),
        one_tool(
            GOALS,
            "update_goal",
            "End work on the goal: `complete` once all of the objective is done and shown to be, "
            "`blocked` after three turns in a row that could not go on for the same reason, "
            "`paused` only when the user asks for it.",
            {"status": {"type": "string", "enum": ["complete", "blocked", "paused"]}},
            "status",
        ),
    )
)
"""The tools by their names."""


def _get(arguments: str, thread: Thread, new_id: str, at_ms: int) -> HostAnswer:
    return HostAnswer((), _goal_answer(thread, at_ms))


def _create(arguments: str, thread: Thread, new_id: str, at_ms: int) -> HostAnswer:
    fields = arguments_of(arguments)
    objective = good_objective(_text(fields, "objective", arguments))
    budget = _tokens(fields.get("token_budget"))
    require_budget(budget)
    before = goal_of(thread)
    if before is not None and before.status != "complete":
        return HostAnswer((), UNFINISHED)
    turn_id = thread.turn.id if thread.turn else None
    goal = Goal(new_id, status="active", token_budget=budget, created_at_ms=at_ms)
    events = set_goal(thread, goal, objective, at_ms, turn_id, hold="release")
    return HostAnswer(events, _goal_answer(foresee(thread, events), at_ms))


def _update(arguments: str, thread: Thread, new_id: str, at_ms: int) -> HostAnswer:
    fields = arguments_of(arguments)
    _text(fields, "status", arguments)
    status = BY_THE_MODEL.get(fields["status"])
    if status is None:
        return HostAnswer((), NOT_BY_THE_MODEL)
    events = charges(thread, at_ms)
    goal = goal_of(foresee(thread, events))
    if goal is None:
        return HostAnswer((), NO_GOAL)
    if not (goal.status == "budgetLimited" and status != "complete"):
        goal = goal._replace(status=status)
    turn_id = thread.turn.id if thread.turn else None
    events += set_goal(foresee(thread, events), goal, None, at_ms, turn_id)
    return HostAnswer(
        events, _goal_answer(foresee(thread, events), at_ms, is_end=status == "complete")
    )


Rule = Callable[[str, Thread, str, int], HostAnswer]


def _in_words(rule: Rule) -> Rule:
    """A rule that answers with the words of a refusal instead of raising it."""

    def answering(arguments: str, thread: Thread, new_id: str, at_ms: int) -> HostAnswer:
        try:
            return rule(arguments, thread, new_id, at_ms)
        except (GoalRefused, ValueError) as refused:
            return HostAnswer((), str(refused))

    return answering


GOAL_RULES: Mapping[str, Rule] = {
    "get_goal": _get,
    "create_goal": _in_words(_create),
    "update_goal": _in_words(_update),
}
"""The rule of each tool, by its raw arguments, the thread, a new id and the time."""


def goal_for_model(goal: Goal, thread_id: str, at_ms: int) -> dict[str, Any]:
    """A goal under the names, and in the order, that clients and models know."""
    return {
        "threadId": thread_id,
        "objective": goal.objective,
        "status": goal.status,
        "tokenBudget": goal.token_budget,
        "tokensUsed": goal.tokens_used,
        "timeUsedSeconds": goal.time_at(at_ms) // 1000,
        "createdAt": goal.created_at_ms // 1000,
        "updatedAt": goal.updated_at_ms // 1000,
    }


def _goal_answer(thread: Thread, at_ms: int, *, is_end: bool = False) -> str:
    goal = goal_of(thread)
    answer = {
        "goal": goal_for_model(goal, thread.id, at_ms) if goal else None,
        "remainingTokens": goal.remaining_tokens if goal else None,
        "completionBudgetReport": COMPLETED if is_end else None,
    }
    if goal is not None and goal.covers_tree:
        answer["treeTokensUsed"] = goal.tree_tokens
    return to_json(answer).decode()


def _text(fields: Mapping[str, Any], name: str, arguments: str) -> str:
    """A required text of the arguments. Raises ValueError in the words that models know."""
    if name not in fields:
        line, column = arguments.count("\n") + 1, len(arguments.rpartition("\n")[2])
        raise ValueError(f"missing field `{name}` at line {line} column {column}")
    value = fields[name]
    if not isinstance(value, str):
        raise ValueError(f"invalid type: {_named(value)}, expected a string (at `{name}`)")  # noqa: TRY004
    return value


def _tokens(value: object) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return None if value is None else min(value, COUNT_MAX)
    raise ValueError(f"invalid type: {_named(value)}, expected i64 (at `token_budget`)")


def _named(value: object) -> str:
    if isinstance(value, str):
        return f"string {to_json(truncate(value, 100)).decode()}"
    if value is None or isinstance(value, bool):
        return "null" if value is None else f"boolean `{str(value).lower()}`"
    if isinstance(value, (int, float)):
        return f"number `{value}`"
    return "map" if isinstance(value, dict) else "sequence"
