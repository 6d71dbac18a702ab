"""The rules of a thread's life, one command at a time."""

import pytest

from tests.given import given
from threadhost.actors.command import Command
from threadhost.actors.errors import EmptyThreadName, ThreadNotFenced, ThreadNotFound
from threadhost.actors.thread import (
    ActivateThread,
    DeleteThread,
    DrainThread,
    FailThread,
    RecoverThread,
    RenameThread,
    StartThread,
    StopThread,
    decide,
)
from threadhost.events.base import Event, StreamState
from threadhost.events.fold import Thread
from threadhost.events.thread import (
    ThreadActivated,
    ThreadConfigured,
    ThreadDeleted,
    ThreadDraining,
    ThreadFailed,
    ThreadFlushed,
    ThreadRenamed,
    ThreadSettings,
    ThreadShutdownTimedOut,
    ThreadStarted,
    ThreadStopped,
)
from threadhost.events.turn import ErrorRecorded, TurnCompleted, TurnOutcome, TurnStarted

SETTINGS = ThreadSettings(cwd="/", model="m", model_provider="p")
STARTED = ThreadStarted(thread_id="a", session_id="a", source="vscode")
BORN = (STARTED, ThreadConfigured(settings=SETTINGS), ThreadActivated(incarnation=1))
RUNNING = (*BORN, TurnStarted(turn_id="t", started_at_ms=5))
DRAINING = ThreadDraining(reason="x")
DELETED = ThreadDeleted(thread_id="a", deletion_id="d", root_id="a")


def ended(reason: str, outcome: TurnOutcome = "interrupted") -> TurnCompleted:
    return TurnCompleted(
        turn_id="t", outcome=outcome, started_at_ms=5, completed_at_ms=9, reason=reason
    )


def test_a_root_starts_a_tree_of_its_own() -> None:
    given().when(StartThread("a", SETTINGS)).then(*BORN)


def test_a_child_starts_in_its_parents_tree() -> None:
    command = StartThread("b", SETTINGS, "subAgent", "a", True, "legacy", "root", 3)
    started = ThreadStarted(
        thread_id="b",
        session_id="root",
        parent_id="a",
        depth=3,
        ephemeral=True,
        source="subAgent",
        history_mode="legacy",
    )
    given().when(command).then(started, *BORN[1:])


def test_a_stored_thread_is_activated_under_the_next_incarnation() -> None:
    given(*BORN).when(ActivateThread(9)).then(ThreadActivated(incarnation=2))


def test_an_activated_thread_records_the_version_of_its_snapshot() -> None:
    given(*BORN).when(ActivateThread(9, 200)).then(
        ThreadActivated(incarnation=2, snapshot_version=200)
    )


def test_activating_a_thread_ends_a_turn_that_an_earlier_process_left_open() -> None:
    given(*RUNNING).when(ActivateThread(9)).then(
        ended("host restarted"), ThreadActivated(incarnation=2)
    )


def test_activating_a_thread_ends_a_shutdown_that_an_earlier_process_left_open() -> None:
    given(*RUNNING, DRAINING).when(ActivateThread(9)).then(
        ended("host restarted"),
        ThreadStopped(reason="recovered"),
        ThreadActivated(incarnation=2),
    )


def test_a_timed_out_shutdown_counts_as_an_incarnation() -> None:
    timed_out = ThreadShutdownTimedOut(reason="x", deadline_ms=1)
    given(*BORN, timed_out).when(ActivateThread(9)).then(ThreadActivated(incarnation=3))


@pytest.mark.parametrize("past", [(), (*BORN, DELETED)], ids=["unknown", "deleted"])
def test_a_missing_thread_is_not_activated(past: tuple[Event, ...]) -> None:
    thread_id = "a" if past else ""
    given(*past).when(ActivateThread(9)).refused(ThreadNotFound, f"thread not found: {thread_id}")


def test_recovering_a_thread_without_unfinished_work_records_nothing() -> None:
    given(*BORN).when(RecoverThread("x", 9)).then()


def test_recovering_a_thread_ends_its_turn_and_its_shutdown() -> None:
    given(*RUNNING, DRAINING).when(RecoverThread("x", 9)).then(
        ended("x"), ThreadStopped(reason="recovered")
    )


def test_a_name_is_trimmed() -> None:
    given(*BORN).when(RenameThread("  a b ")).then(ThreadRenamed(name="a b"))


@pytest.mark.parametrize("name", ["", " ", "\n\t"])
def test_a_blank_name_is_refused(name: str) -> None:
    given(*BORN).when(RenameThread(name)).refused(EmptyThreadName, "thread name must not be empty")


def test_draining_records_its_reason() -> None:
    given(*RUNNING).when(DrainThread("delete")).then(ThreadDraining(reason="delete"))


def test_an_idle_thread_stops_flushed() -> None:
    given(*BORN, DRAINING).when(StopThread("x", 9)).then(ThreadFlushed(), ThreadStopped(reason="x"))


def test_a_busy_thread_ends_its_turn_before_it_stops() -> None:
    given(*RUNNING, DRAINING).when(StopThread("x", 9)).then(
        ended("x"), ThreadFlushed(), ThreadStopped(reason="x")
    )


def test_a_failure_without_a_turn_is_recorded_alone() -> None:
    given(*BORN).when(FailThread("KeyError", 2, False, 9)).then(
        ThreadFailed(error="KeyError", attempt=2, gave_up=False)
    )


def test_a_failure_of_the_thread_ends_its_running_turn_as_failed() -> None:
    error = ErrorRecorded(turn_id="t", message="the thread failed and lost this turn", code="other")
    given(*RUNNING).when(FailThread("KeyError", 6, True, 9)).then(
        error,
        ended("thread failed", "failed"),
        ThreadFailed(error="KeyError", attempt=6, gave_up=True),
    )


def test_a_command_without_a_rule_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="no rule for Command on a"):
        decide(Command(), Thread(id="a"))


DELETE = DeleteThread(deletion_id="d", root_id="a")


def test_a_fenced_thread_is_deleted() -> None:
    fenced = given(*BORN).state._replace(state=StreamState.FENCED)
    assert decide(DELETE, fenced) == (DELETED,)


@pytest.mark.parametrize("state", [StreamState.OPEN, StreamState.DRAINING])
def test_a_thread_that_no_plan_has_fenced_is_not_deleted(state: StreamState) -> None:
    with pytest.raises(ThreadNotFenced, match="thread is not fenced by the plan"):
        decide(DELETE, given(*BORN).state._replace(state=state))


@pytest.mark.parametrize("thread", [Thread(id="a"), given(*BORN, DELETED).state])
def test_a_missing_or_deleted_thread_gets_no_tombstone(thread: Thread) -> None:
    assert decide(DELETE, thread) == ()
