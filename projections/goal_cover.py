"""The view of threads' spendings that are not charged to their root's goal yet: one row each.

A row is deleted only with the root: spendings of a deleted thread are charged all the same.
"""

from collections.abc import Iterable, Sequence

from threadhost.events.base import Recorded
from threadhost.events.goal import GoalCleared, GoalSpendingsPassed, GoalTreeCharged
from threadhost.events.goal_cover import GoalSpent
from threadhost.events.ids import thread_of
from threadhost.events.store.port import Reads
from threadhost.projections.base import Projection, Write
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

INSERT = SPENDINGS.insert()
DELETE = SPENDINGS.delete()
SETTLE = SPENDINGS.delete("thread_id", "version <=")
_WAITING = "SELECT root_id, thread_id FROM goal_spendings ORDER BY root_id, thread_id"


@projection.on(GoalSpent)
def _goal_spent(event: GoalSpent, fact: Recorded) -> Iterable[Write]:
    thread_id = thread_of(fact.stream)
    yield DELETE, {"thread_id": thread_id}
    place = {"thread_id": thread_id, "root_id": event.root_id, "version": fact.version}
    yield INSERT, place


@projection.on(GoalTreeCharged)
def _goal_tree_charged(event: GoalTreeCharged, fact: Recorded) -> Iterable[Write]:
    for charge in event.charges:
        yield SETTLE, {"thread_id": charge.thread_id, "version": charge.version}


@projection.on(GoalSpendingsPassed)
def _goal_spendings_passed(event: GoalSpendingsPassed, fact: Recorded) -> Iterable[Write]:
    for thread_id, version in event.up_to.items():
        yield SETTLE, {"thread_id": thread_id, "version": version}


@projection.on(GoalCleared)
def _goal_cleared(event: GoalCleared, fact: Recorded) -> Iterable[Write]:
    yield SPENDINGS.drop, {"of": thread_of(fact.stream)}


async def spenders(reads: Reads) -> Sequence[tuple[str, str]]:
    """Return the threads with uncharged spendings, each after its root."""
    return [(row[0], row[1]) for row in await reads.rows(_WAITING)]
