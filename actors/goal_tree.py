"""Commands by which a goal covers the tree below its thread, and their rules on both sides."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from threadhost.actors.command import Command
from threadhost.actors.goal_charges import spent, standing
from threadhost.actors.goal_words import tree_continues, tree_used_up, used_up
from threadhost.actors.thread import Events, decide
from threadhost.events.base import Event
from threadhost.events.goal import (
    GoalContextGiven,
    GoalSpendingsPassed,
    GoalTreeCharged,
    TreeCharge,
    goal_of,
    is_goal_ready,
)
from threadhost.events.goal_cover import COVER, GoalCoverSet
from threadhost.events.goal_state import Goal, TreeCover
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.thread import COMPACTION, Thread
from threadhost.events.usage import COUNT_MAX


class Spending(NamedTuple):
    """What a thread spent for a goal between two versions of its stream."""

    thread_id: str
    after_version: int
    version: int
    tokens: int


class ChargeTree(Command):
    """Charge the goal with tokens that threads below have spent."""

    is_small: ClassVar[bool] = True
    goal_id: str
    spendings: Sequence[Spending]
    at_ms: int


class PassSpendings(Command):
    """Record that what threads spent up to these versions was for no goal of this thread."""

    is_small: ClassVar[bool] = True
    up_to: Mapping[str, int]


class NoteCover(Command):
    """Note what the root's goal has left: by that the thread's own goal stops or continues."""

    is_small: ClassVar[bool] = True
    cover: TreeCover | None


@decide.register
def _charge_tree(command: ChargeTree, thread: Thread) -> Events:
    goal = goal_of(thread)
    if goal is None or goal.id != command.goal_id:
        return ()
    uncharged = [
        spending
        for spending in command.spendings
        if spending.after_version == _mark(goal, spending.thread_id)
    ]
    if not uncharged:
        return ()
    tokens = sum(spending.tokens for spending in uncharged)
    charged = goal._replace(
        tokens_used=min(goal.tokens_used + tokens, COUNT_MAX),
        tree_tokens=min(goal.tree_tokens + tokens, COUNT_MAX),
    ).with_status(goal.status)
    charges = [TreeCharge(thread_id=t, version=v, tokens=n) for t, _, v, n in uncharged]
    stands = standing(charged, command.at_ms, None)
    return [GoalTreeCharged(**stands, charges=charges), *_noted_at_root(thread, goal, charged)]


@decide.register
def _pass_spendings(command: PassSpendings, thread: Thread) -> Events:
    return (GoalSpendingsPassed(up_to=dict(command.up_to)),)


def _mark(goal: Goal, thread_id: str) -> int:
    return goal.marks.get(thread_id, 0)


def _noted_at_root(thread: Thread, before: Goal, goal: Goal) -> list[Event]:
    """The message to the root's own turn when other threads have used the budget up."""
    turn = thread.turn
    if turn is None or turn.kind == COMPACTION or before.status == goal.status:
        return []
    return [GoalContextGiven(turn_id=turn.id, goal_id=goal.id, text=used_up(goal))]


@decide.register
def _note_cover(command: NoteCover, thread: Thread) -> Events:
    return cover_noted(thread, command.cover) if is_goal_ready(thread) else ()


def cover_noted(thread: Thread, cover: TreeCover | None) -> list[Event]:
    """Record which goal the thread spends for, and tell the running turn if the budget changed."""
    noted, turn = COVER.of(thread), thread.turn
    goal_id, is_used_up = (cover.goal_id, cover.is_used_up) if cover else ("", False)
    was_told = turn is not None and noted.told_turn_id == turn.id
    hears = turn is not None and not turn.sums_up
    is_told = is_used_up if hears else was_told
    if is_told == was_told and (goal_id, is_used_up) == (noted.goal_id, noted.is_used_up):
        return []
    noted_in = turn.id if turn is not None and is_told else None
    events = spent(thread) if goal_id != noted.goal_id else []
    events.append(
        GoalCoverSet(
            goal_id=goal_id, root_id=thread.session_id, is_used_up=is_used_up, turn_id=noted_in
        )
    )
    if turn is not None and is_told != was_told:
        text = tree_used_up(cover) if cover and is_used_up else tree_continues()
        events.append(
            GoalContextGiven(turn_id=turn.id, goal_id=goal_id or noted.goal_id, text=text)
        )
    return events
