"""The view of queued turns: their order, and their places in the log."""

from collections.abc import Iterable, Sequence

from threadhost.events.base import Recorded
from threadhost.events.ids import thread_of
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.queue import (
    QueueReordered,
    SubmissionAdded,
    SubmissionChanged,
    SubmissionRemoved,
    SubmissionTaken,
)
from threadhost.events.store.port import Reads
from threadhost.projections.base import Projection, Write
from threadhost.projections.table import Column, Index, Table

QUEUE = Table(
    "thread_queue",
    (
        Column("submission_id", "key"),
        Column("thread_id", "key"),
        Column("rank", "integer"),
        Column("position", "long"),
    ),
    key=("submission_id",),
    indices=(Index("thread_queue_order", ("thread_id", "rank")),),
    goes_with=("thread_id",),
)

projection = Projection(QUEUE)

INSERT = QUEUE.insert()
MOVE = QUEUE.update("position")
RANK = QUEUE.update("rank")
REMOVE = QUEUE.delete()


class QueueRow(NamedTuple):
    """One queued turn: its place in the queue, and the place of its text in the log."""

    submission_id: str
    rank: int
    position: int


@projection.on(SubmissionAdded)
def _submission_added(event: SubmissionAdded, fact: Recorded) -> Iterable[Write]:
    yield (
        INSERT,
        {
            "submission_id": event.submission_id,
            "thread_id": thread_of(fact.stream),
            "rank": event.rank,
            "position": fact.position,
        },
    )


@projection.on(SubmissionChanged)
def _submission_changed(event: SubmissionChanged, fact: Recorded) -> Iterable[Write]:
    yield MOVE, {"submission_id": event.submission_id, "position": fact.position}


@projection.on(SubmissionRemoved)
def _submission_removed(event: SubmissionRemoved, fact: Recorded) -> Iterable[Write]:
    yield REMOVE, {"submission_id": event.submission_id}


@projection.on(SubmissionTaken)
def _submission_taken(event: SubmissionTaken, fact: Recorded) -> Iterable[Write]:
    yield REMOVE, {"submission_id": event.submission_id}


@projection.on(QueueReordered)
def _queue_reordered(event: QueueReordered, fact: Recorded) -> Iterable[Write]:
    for rank, submission_id in enumerate(event.submission_ids):
        yield RANK, {"submission_id": submission_id, "rank": rank}


_PAGE = (
    "SELECT submission_id, rank, position FROM thread_queue"
    " WHERE thread_id = :of AND rank > :after ORDER BY rank LIMIT :most"
)
_ONE = (
    "SELECT submission_id, rank, position FROM thread_queue"
    " WHERE thread_id = :of AND submission_id = :submission"
)
_THREADS = "SELECT DISTINCT thread_id FROM thread_queue"


async def queue_page(reads: Reads, thread_id: str, after: int, limit: int) -> Sequence[QueueRow]:
    """Return the queued turns of a thread after a rank, the next first."""
    rows = await reads.rows(_PAGE, {"of": thread_id, "after": after, "most": limit})
    return [QueueRow(*row) for row in rows]


async def queue_row(reads: Reads, thread_id: str, submission_id: str) -> QueueRow | None:
    """Return one queued turn, or None."""
    rows = await reads.rows(_ONE, {"of": thread_id, "submission": submission_id})
    return QueueRow(*rows[0]) if rows else None


async def threads_with_queues(reads: Reads) -> Sequence[str]:
    """Return the threads that have queued turns."""
    return [row[0] for row in await reads.rows(_THREADS)]
