"""Commands on the turns that wait in line on a thread, and the rules that turn them into events."""

from collections.abc import Sequence
from typing import Any, ClassVar

from threadhost.actors.command import Command
from threadhost.actors.errors import EmptyInput, QueueFull, SubmissionNotFound, WrongOrder
from threadhost.actors.thread import Events, decide
from threadhost.actors.turn import StartTurn
from threadhost.events.queue import (
    QueueReordered,
    SubmissionAdded,
    SubmissionChanged,
    SubmissionRemoved,
    SubmissionTaken,
)
from threadhost.events.thread import Thread

SUBMISSIONS_MAX = 1_000
"""Turns that may wait on one thread."""


class Submission(Command):
    """The input of a turn that waits in line."""

    submission_id: str
    turn_id: str
    item_id: str
    client_id: str
    content: Sequence[dict[str, Any]]
    metadata: dict[str, str] | None = None

    def given(self) -> dict[str, Any]:
        """Its fields, as events record them. Raises EmptyInput."""
        if not self.content:
            raise EmptyInput
        return self.fields()


class AddSubmission(Submission):
    """Add it at the end of the queue."""


class ChangeSubmission(Submission):
    """Replace the fields of a waiting submission by these."""


class RemoveSubmission(Command):
    """Remove a waiting submission; does nothing if it does not wait any more."""

    is_small: ClassVar[bool] = True
    submission_id: str


class ReorderQueue(Command):
    """Set the order of all waiting submissions."""

    submission_ids: Sequence[str]


class TakeSubmission(StartTurn):
    """Begin a turn with a waiting submission; does nothing while another turn runs."""

    submission_id: str = ""


@decide.register
def _add_submission(command: AddSubmission, thread: Thread) -> Events:
    fields = command.given()
    if len(thread.queue) >= SUBMISSIONS_MAX:
        raise QueueFull(SUBMISSIONS_MAX)
    rank = thread.queue[-1].rank + 1 if thread.queue else 0
    return (SubmissionAdded(**fields, rank=rank),)


@decide.register
def _change_submission(command: ChangeSubmission, thread: Thread) -> Events:
    fields = command.given()
    if not thread.is_queued(command.submission_id):
        raise SubmissionNotFound(command.submission_id)
    return (SubmissionChanged(**fields),)


@decide.register
def _remove_submission(command: RemoveSubmission, thread: Thread) -> Events:
    if not thread.is_queued(command.submission_id):
        return ()
    return (SubmissionRemoved(submission_id=command.submission_id),)


@decide.register
def _reorder_queue(command: ReorderQueue, thread: Thread) -> Events:
    queued_ids = [submission.id for submission in thread.queue]
    ordered_ids = list(command.submission_ids)
    if sorted(queued_ids) != sorted(ordered_ids):
        raise WrongOrder(_difference(queued_ids, ordered_ids))
    return (QueueReordered(submission_ids=ordered_ids),) if queued_ids != ordered_ids else ()


def _difference(queued_ids: Sequence[str], ordered_ids: Sequence[str]) -> str:
    """Describe the first way in which an order fails to name each submission once."""
    for submission_id in ordered_ids:
        if submission_id not in queued_ids:
            return f"{submission_id} is not queued"
        if ordered_ids.count(submission_id) > 1:
            return f"{submission_id} is named twice"
    return f"{next(id_ for id_ in queued_ids if id_ not in ordered_ids)} is missing"


@decide.register
def _take_submission(command: TakeSubmission, thread: Thread) -> Events:
    if thread.turn is not None or not thread.is_queued(command.submission_id):
        return ()
    taken = SubmissionTaken(submission_id=command.submission_id, turn_id=command.turn_id)
    return (taken, *decide.dispatch(StartTurn)(command, thread))
