"""Turns that wait in line on a thread: their events and what they do to the thread's state."""

from typing import Any

from threadhost.events.base import Event, event
from threadhost.events.thread import Queued, Thread, evolve
from threadhost.events.words import Id


@event("queue.submission_added.v1", since="0.1", stream="thread", cause="asked", sealed=True)
class SubmissionAdded(Event):
    """A client queued the input of a turn.

    `turn_id` and `item_id` are those of the future turn and its first item, so no submission can
    begin two turns; `rank` is its place: the lowest comes first.
    """

    submission_id: str
    turn_id: str
    item_id: str
    client_id: str
    content: list[dict[str, Any]]
    metadata: dict[str, str] | None = None
    rank: int


@event("queue.submission_changed.v1", since="0.1", stream="thread", cause="asked", sealed=True)
class SubmissionChanged(Event):
    """A client replaced the input of a queued turn; its place stays."""

    submission_id: str
    turn_id: str
    item_id: str
    client_id: str
    content: list[dict[str, Any]]
    metadata: dict[str, str] | None = None


@event("queue.submission_removed.v1", since="0.1", stream="thread", cause="asked")
class SubmissionRemoved(Event):
    """A client removed a queued turn."""

    submission_id: Id


@event("queue.submission_taken.v1", since="0.1", stream="thread", cause="asked")
class SubmissionTaken(Event):
    """A queued input became the input of a turn, whose start is in the same append."""

    submission_id: Id
    turn_id: Id


@event("queue.reordered.v1", since="0.1", stream="thread", cause="asked")
class QueueReordered(Event):
    """A client chose another order of all queued turns, the next one first."""

    submission_ids: list[Id]


QUEUE_CHANGES: tuple[type[Event], ...] = (
    SubmissionAdded,
    SubmissionChanged,
    SubmissionRemoved,
    SubmissionTaken,
    QueueReordered,
)
"""All events that change the queue."""


@evolve.register
def _submission_added(fact: SubmissionAdded, thread: Thread) -> Thread:
    added = Queued(fact.submission_id, fact.rank, thread.version + 1)
    return thread._replace(queue=(*thread.queue, added), queue_held=False)


@evolve.register
def _submission_changed(fact: SubmissionChanged, thread: Thread) -> Thread:
    return thread._replace(
        queue=tuple(
            submission._replace(version=thread.version + 1)
            if submission.id == fact.submission_id
            else submission
            for submission in thread.queue
        ),
    )


@evolve.register
def _submission_removed(fact: SubmissionRemoved, thread: Thread) -> Thread:
    return _without(fact.submission_id, thread)


@evolve.register
def _submission_taken(fact: SubmissionTaken, thread: Thread) -> Thread:
    return _without(fact.submission_id, thread)


@evolve.register
def _queue_reordered(fact: QueueReordered, thread: Thread) -> Thread:
    by_id = {submission.id: submission for submission in thread.queue}
    reordered = (
        by_id[submission_id] for submission_id in fact.submission_ids if submission_id in by_id
    )
    queue = tuple(submission._replace(rank=rank) for rank, submission in enumerate(reordered))
    return thread._replace(queue=queue)


def _without(submission_id: str, thread: Thread) -> Thread:
    queue = tuple(submission for submission in thread.queue if submission.id != submission_id)
    return thread._replace(queue=queue)
