"""The view of what threads spent for a goal of their root that has yet to take it: one row each.

It goes with the root alone: what a deleted thread spent is charged nevertheless.
"""

from collections.abc import Iterable, Sequence

from threadhost.events.base import Recorded
from threadhost.events.goal import GoalCleared, GoalSpendingsPassed, GoalTreeCharged
from threadhost.events.goal_cover import GoalSpent
from threadhost.events.ids import thread_of
from threadhost.events.store.port import Reads
from threadhost.projections.base import Projection, Write, inserting
from threadhost.projections.table import Column, Index, Table

SPENDINGS = Table(
    "goal_spendings",
    (
        Column("thread_id", "key"),
        Column("root_id", "key"),
        Column("version", "long"),
    ),
    key=("thread_id",),
    indices=(Index("goal_spendings_by_root", ("root_id", "thread_id")),),
    goes_with=("root_id",),
)

projection = Projection(SPENDINGS)

INSERT = inserting("goal_spendings", "thread_id", "root_id", "version")
DELETE = "DELETE FROM goal_spendings WHERE thread_id = :of"
SETTLE = "DELETE FROM goal_spendings WHERE thread_id = :of AND version <= :up_to"
_WAITING = "SELECT root_id, thread_id FROM goal_spendings ORDER BY root_id, thread_id"


@projection.on(GoalSpent)
def _goal_spent(event: GoalSpent, fact: Recorded) -> Iterable[Write]:
    thread_id = thread_of(fact.stream)
    yield DELETE, {"of": thread_id}
    place = {"thread_id": thread_id, "root_id": event.root_id, "version": fact.version}
    yield INSERT, place


@projection.on(GoalTreeCharged)
def _goal_tree_charged(event: GoalTreeCharged, fact: Recorded) -> Iterable[Write]:
    for charge in event.charges:
        yield SETTLE, {"of": charge.thread_id, "up_to": charge.version}


@projection.on(GoalSpendingsPassed)
def _goal_spendings_passed(event: GoalSpendingsPassed, fact: Recorded) -> Iterable[Write]:
    for thread_id, version in event.up_to.items():
        yield SETTLE, {"of": thread_id, "up_to": version}


@projection.on(GoalCleared)
def _goal_cleared(event: GoalCleared, fact: Recorded) -> Iterable[Write]:
    yield SPENDINGS.drop, {"of": thread_of(fact.stream)}


async def spenders(reads: Reads) -> Sequence[tuple[str, str]]:
    """Threads that spent what is not charged yet, each behind its root."""
    return [(row[0], row[1]) for row in await reads.rows(_WAITING)]
