"""What a thread knows of the goal of its tree's root, and what the thread spends for it."""

from typing import Any

from threadhost.events.base import UNTIL_CLOSED, Event, event
from threadhost.events.goal_state import Due, cost_of
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.part import Part, follows
from threadhost.events.thread import Thread, evolve
from threadhost.events.turn import UsageRecorded
from threadhost.events.words import Id


@event("goal.cover_set.v1", since="0.1", stream="thread", cause="asked")
class GoalCoverSet(Event):
    """From the next request on, the thread's tokens count for this goal of its root; "" is none.

    `turn_id` is that of the turn whose model hears in the same append that the budget is used up.
    """

    goal_id: Id
    root_id: Id
    is_used_up: bool = False
    turn_id: Id | None = None


@event("goal.spent.v1", since="0.1", stream="thread", cause="named", admitted=UNTIL_CLOSED)
class GoalSpent(Event):
    """The response to the request at `request_version` cost these tokens of the root's goal."""

    goal_id: Id
    root_id: Id
    request_version: int
    tokens: int


class Cover(NamedTuple):
    """The root's goal that a thread works for, as recorded in the thread's own stream."""

    goal_id: str = ""
    root_id: str = ""
    is_used_up: bool = False
    """Whether that goal's budget was used up at the last check."""
    told_turn_id: str = ""
    """The newest turn whose model was told so."""
    due: tuple[Due, ...] = ()
    """Spendings that are not recorded yet."""
    spent_version: int = 0
    """The version of the newest recorded spending."""


COVER = Part("goal_cover", Cover())


@evolve.register
def _goal_cover_set(fact: GoalCoverSet, thread: Thread) -> Thread:
    cover = COVER.of(thread)._replace(
        goal_id=fact.goal_id,
        root_id=fact.root_id,
        is_used_up=fact.is_used_up,
        told_turn_id=fact.turn_id or "",
    )
    return COVER.put(thread, cover)


@evolve.register
def _goal_spent(fact: GoalSpent, thread: Thread) -> Thread:
    cover = COVER.of(thread)
    due = tuple(
        response for response in cover.due if response.request_version != fact.request_version
    )
    return COVER.put(thread, cover._replace(due=due, spent_version=thread.version + 1))


def _used(fact: Any, before: Thread, after: Thread) -> Thread:  # noqa: ANN401
    cover, turn = COVER.of(after), before.turn
    if not cover.goal_id or turn is None or fact.turn_id != turn.id:
        return after
    due = Due(turn.asked_at_version, cost_of(fact.last))
    return COVER.put(after, cover._replace(due=(*cover.due, due))) if due.tokens else after


follows(UsageRecorded)(_used)
