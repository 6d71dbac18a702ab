"""The rules of turns that wait in line, as given, when, then; and the state that they leave."""

from typing import Any

from tests.given import given, recorded
from tests.support.each import each
from tests.support.store import started
from threadhost.actors.command import Command
from threadhost.actors.errors import (
    EmptyInput,
    QueueFull,
    Refusal,
    SubmissionNotFound,
    WrongOrder,
)
from threadhost.actors.queue import (
    SUBMISSIONS_MAX,
    AddSubmission,
    ChangeSubmission,
    RemoveSubmission,
    ReorderQueue,
    TakeSubmission,
)
from threadhost.events.base import Event
from threadhost.events.fold import fold_thread
from threadhost.events.queue import (
    QueueReordered,
    SubmissionAdded,
    SubmissionChanged,
    SubmissionRemoved,
    SubmissionTaken,
)
from threadhost.events.thread import Thread, ThreadArchived, ThreadDraining, ThreadUnarchived
from threadhost.events.turn import InterruptRequested, TurnCompleted, TurnOutcome, TurnStarted

TEXT = [{"type": "text", "text": "later"}]
SAYS: dict[str, Any] = {
    "turn_id": "t-q",
    "item_id": "i-q",
    "client_id": "c",
    "content": TEXT,
}
TURN = TurnStarted(turn_id="t", started_at_ms=1)
STOP = InterruptRequested(turn_id="t")


def added(submission_id: str, rank: int = 0) -> SubmissionAdded:
    """Something waits."""
    return SubmissionAdded(submission_id=submission_id, **SAYS, rank=rank)


def ended(outcome: TurnOutcome) -> TurnCompleted:
    """The turn is over."""
    return TurnCompleted(turn_id="t", outcome=outcome, started_at_ms=1, completed_at_ms=2)


def after(*events: Event) -> Thread:
    """The thread after these."""
    return fold_thread(recorded([started(), *events]))


def test_a_new_submission_is_queued_last() -> None:
    command = AddSubmission("b", "t-q", "i-q", "c", TEXT, {"k": "v"})
    expected = SubmissionAdded(submission_id="b", **SAYS, metadata={"k": "v"}, rank=8)
    given(started(), added("a", 7)).when(command).then(expected)
    given(started()).when(command).then(expected.model_copy(update={"rank": 0}))


REFUSED: list[tuple[Command, type[Refusal], str]] = [
    (AddSubmission("b", "t-q", "i-q", "c", []), EmptyInput, "input must not be empty"),
    (ChangeSubmission("a", "t-q", "i-q", "c", []), EmptyInput, "input must not be empty"),
    (
        ChangeSubmission("x", "t-q", "i-q", "c", TEXT),
        SubmissionNotFound,
        "queued submission not found: x",
    ),
    (
        ReorderQueue(["a", "x"]),
        WrongOrder,
        "queuedSubmissionIds must name each queued submission once: x is not queued",
    ),
    (
        ReorderQueue(["a", "a"]),
        WrongOrder,
        "queuedSubmissionIds must name each queued submission once: a is named twice",
    ),
    (
        ReorderQueue(["a"]),
        WrongOrder,
        "queuedSubmissionIds must name each queued submission once: b is missing",
    ),
]


@each(("command", "refusal", "words"), REFUSED)
def test_a_queue_command_that_cannot_be_carried_out_is_refused(
    command: Command, refusal: type[Refusal], words: str
) -> None:
    given(started(), added("a"), added("b", 1)).when(command).refused(refusal, words)


def test_a_full_queue_refuses_submissions() -> None:
    waiting = [added(str(n), n) for n in range(SUBMISSIONS_MAX)]
    given(started(), *waiting).when(AddSubmission("b", "t-q", "i-q", "c", TEXT)).refused(
        QueueFull, f"the queue is full: {SUBMISSIONS_MAX} submissions wait, which is the limit"
    )


def test_the_removal_of_an_unknown_submission_records_nothing() -> None:
    given(started(), added("a")).when(RemoveSubmission("x")).then()
    given(started(), added("a")).when(RemoveSubmission("a")).then(
        SubmissionRemoved(submission_id="a")
    )


def test_a_reorder_to_the_present_order_records_nothing() -> None:
    waiting = given(started(), added("a"), added("b", 1))
    waiting.when(ReorderQueue(["a", "b"])).then()
    waiting.when(ReorderQueue(["b", "a"])).then(QueueReordered(submission_ids=["b", "a"]))
    given(started(), added("b"), added("a", 1)).when(ReorderQueue(["b", "a"])).then()


def test_a_queued_turn_begins_together_with_its_leaving_the_queue() -> None:
    waiting = given(started(), added("a"))
    outcome = waiting.when(TakeSubmission("t-q", "i-q", TEXT, 5, "c", submission_id="a"))
    outcome.then_kinds("queue.submission_taken.v1", "turn.started.v1", "turn.item_recorded.v2")
    assert outcome.events[0] == SubmissionTaken(submission_id="a", turn_id="t-q")


def test_a_submission_starts_no_second_turn_and_none_beside_a_running_one() -> None:
    take = TakeSubmission("t-q", "i-q", TEXT, 5, submission_id="a")
    given(started(), added("a"), TURN).when(take).then()
    gone = SubmissionTaken(submission_id="a", turn_id="t-q")
    given(started(), added("a"), gone).when(take).then()


DUE = [
    ((), False),
    ((added("a"),), True),
    ((added("a"), TURN), False),
    ((added("a"), ThreadDraining(reason="r")), False),
    ((added("a"), TURN, ended("completed")), True),
    ((added("a"), TURN, ended("interrupted")), True),
    ((added("a"), TURN, ended("failed")), False),
    ((added("a"), TURN, STOP, ended("interrupted")), False),
    ((added("a"), TURN, STOP, ended("interrupted"), added("b", 1)), True),
    ((added("a"), TURN, STOP, ended("interrupted"), TURN, ended("completed")), True),
    ((TURN, STOP, ended("interrupted"), added("a")), True),
    ((added("a"), ThreadArchived(root_id="a")), False),
    ((added("a"), ThreadArchived(root_id="a"), ThreadUnarchived()), True),
]


@each(("events", "is_due"), DUE)
def test_the_next_turn_is_due_unless_one_runs_or_the_last_was_stopped_or_failed(
    events: tuple[Event, ...], *, is_due: bool
) -> None:
    assert after(*events).takes_next is is_due


def test_the_state_has_the_order_of_the_queue_and_the_version_of_each_text() -> None:
    thread = after(
        added("a"),
        added("b", 1),
        QueueReordered(submission_ids=["b", "a"]),
        SubmissionChanged(submission_id="a", **SAYS),
    )
    assert [(one.id, one.rank, one.version) for one in thread.queue] == [("b", 0, 3), ("a", 1, 5)]
