"""Charges a root's goal with what threads of its tree spent, each spending once."""

from collections.abc import Sequence

from threadhost.actors.goal_tree import ChargeTree, PassSpendings, Spending
from threadhost.actors.origin import policy
from threadhost.actors.ports import Clock
from threadhost.actors.runtime.thread_directory import ThreadDirectory
from threadhost.events.bounds import batches
from threadhost.events.causes import by_event
from threadhost.events.failpoints import reach
from threadhost.events.goal import goal_of
from threadhost.events.goal_cover import GoalSpent
from threadhost.events.goal_state import Goal
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple

THREADS_A_CHARGE_MAX = 64
"""The spendings of at most so many threads are read in a step, and become one event of the root."""


class Spent(NamedTuple):
    """What a thread spent that its root has not charged: for the root's goal, and up to where."""

    spending: Spending | None
    up_to: int

    @property
    def passed(self) -> bool:
        """Whether the newest of it was for another goal than the root's present one."""
        return self.up_to > (self.spending.version if self.spending else 0)


async def charge(
    root_id: str, thread_ids: Sequence[str], directory: ThreadDirectory, clock: Clock
) -> None:
    """Charge the goal of a root with what these threads spent and it has not charged yet.

    What was spent for a goal that is gone is skipped. Raises Refusal or StoreError.
    """
    for batch in batches(thread_ids, THREADS_A_CHARGE_MAX):
        goal = goal_of(await directory.sessions.state(root_id))
        covers = {thread_id: await _spent_by(thread_id, goal, directory) for thread_id in batch}
        spendings = [spent.spending for spent in covers.values() if spent.spending is not None]
        if goal is not None and spendings:
            await _take(root_id, ChargeTree(goal.id, spendings, clock.now_ms()), directory)
        passed = {thread_id: spent.up_to for thread_id, spent in covers.items() if spent.passed}
        if passed:
            thread_id, version = next(iter(passed.items()))
            cause = by_event(thread_stream(thread_id), version)
            origin = policy("goal", root_id, cause)
            await directory.threads.amend(root_id, PassSpendings(passed), origin)


async def _take(root_id: str, command: ChargeTree, directory: ThreadDirectory) -> None:
    reach("goal.spent")
    last = command.spendings[-1]
    cause = by_event(thread_stream(last.thread_id), last.version)
    await directory.threads.amend(root_id, command, policy("goal", root_id, cause))
    reach("goal.tree_charged")


async def _spent_by(thread_id: str, goal: Goal | None, directory: ThreadDirectory) -> Spent:
    """What a thread, even a deleted one, spent for a goal after the goal's mark of it."""
    after = goal.marks.get(thread_id, 0) if goal else 0
    log, stream = directory.sessions.logs.durable, thread_stream(thread_id)
    facts = await log.read_stream(stream, after, types=[GoalSpent])
    spent = [(fact.version, fact.event) for fact in facts if isinstance(fact.event, GoalSpent)]
    of_goal = [
        (version, event.tokens) for version, event in spent if goal and event.goal_id == goal.id
    ]
    up_to = facts[-1].version if facts else 0
    if not of_goal:
        return Spent(None, up_to)
    tokens = sum(tokens for _, tokens in of_goal)
    return Spent(Spending(thread_id, after, of_goal[-1][0], tokens), up_to)
