"""The view of goals: which thread has one, and its state; the objective is only in the log."""

from collections.abc import Iterable, Mapping, Sequence

from threadhost.events.base import Recorded
from threadhost.events.goal import (
    GoalCharged,
    GoalCleared,
    GoalScheduled,
    GoalSet,
    GoalTreeCharged,
    GoalUpdated,
)
from threadhost.events.goal_state import TreeCover
from threadhost.events.ids import thread_of
from threadhost.events.store.port import Reads
from threadhost.projections.base import Projection, Write
from threadhost.projections.queue import threads_with_queues
from threadhost.projections.table import Column, Index, Table

GOALS = Table(
    "thread_goals",
    (
        Column("thread_id", "key"),
        Column("goal_id"),
        Column("objective_version", "long"),
        Column("status", "key"),
        Column("token_budget", "long", may_be_null=True),
        Column("tokens_used", "long"),
        Column("time_used_ms", "long"),
        Column("created_at_ms", "long"),
        Column("updated_at_ms", "long"),
        Column("covers_tree", "boolean"),
        Column("tree_tokens", "long"),
    ),
    key=("thread_id",),
    indices=(
        Index("thread_goals_by_status", ("status", "thread_id")),
        Index("thread_goals_of_trees", ("thread_id",), where="covers_tree"),
    ),
    goes_with=("thread_id",),
)

projection = Projection(GOALS)

INSERT = GOALS.insert()
UPDATE = GOALS.update("status", "tokens_used", "tree_tokens", "time_used_ms", "updated_at_ms")
DELETE = GOALS.delete()


@projection.on(GoalSet)
def _goal_set(event: GoalSet, fact: Recorded) -> Iterable[Write]:
    thread_id = thread_of(fact.stream)
    yield DELETE, {"thread_id": thread_id}
    yield (
        INSERT,
        {
            "thread_id": thread_id,
            "goal_id": event.goal_id,
            "objective_version": event.objective_version,
            "status": event.status,
            "token_budget": event.token_budget,
            "tokens_used": event.tokens_used,
            "time_used_ms": event.time_used_ms,
            "created_at_ms": event.created_at_ms,
            "updated_at_ms": event.at_ms,
            "covers_tree": event.covers_tree,
            "tree_tokens": event.tree_tokens,
        },
    )


@projection.on(GoalCharged, GoalTreeCharged, GoalScheduled)
def _goal_updated(event: GoalUpdated, fact: Recorded) -> Iterable[Write]:
    yield (
        UPDATE,
        {
            "thread_id": thread_of(fact.stream),
            "status": event.status,
            "tokens_used": event.tokens_used,
            "tree_tokens": event.tree_tokens,
            "time_used_ms": event.time_used_ms,
            "updated_at_ms": event.at_ms,
        },
    )


@projection.on(GoalCleared)
def _goal_cleared(event: GoalCleared, fact: Recorded) -> Iterable[Write]:
    yield DELETE, {"thread_id": thread_of(fact.stream)}


_ACTIVE = "SELECT thread_id FROM thread_goals WHERE status = 'active' ORDER BY thread_id"


async def threads_with_active_goals(reads: Reads) -> Sequence[str]:
    """Return threads whose goal is active, also those that wait for a client."""
    return [row[0] for row in await reads.rows(_ACTIVE)]


async def threads_with_work(reads: Reads) -> Sequence[str]:
    """Return these, and threads with a queue; each once."""
    of_all = (*await threads_with_queues(reads), *await threads_with_active_goals(reads))
    return list(dict.fromkeys(of_all))


_COVERING = (
    "SELECT thread_id, goal_id, tokens_used, token_budget FROM thread_goals"
    " WHERE covers_tree AND status <> 'complete' ORDER BY thread_id"
)


async def covering_goals(reads: Reads) -> Mapping[str, TreeCover]:
    """Return the goals that count the tokens of whole trees, by root."""
    return {row[0]: TreeCover(*row[1:]) for row in await reads.rows(_COVERING)}
