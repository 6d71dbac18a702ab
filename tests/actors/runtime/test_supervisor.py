"""Failing actors: again from the log, later each time, in the end never, and always said."""

import asyncio
from typing import Any

import pytest

from tests.support.hosts import (
    FAST_RESTARTS,
    ORIGIN,
    Rig,
    eventually,
    message,
    open_rig,
    settle,
    within,
)
from tests.support.operator_lines import logged_line
from threadhost.actors.command import Command
from threadhost.actors.errors import ThreadNotFound, ThreadUnavailable
from threadhost.actors.host import HostPolicy
from threadhost.actors.origin import Origin
from threadhost.actors.runtime.stored import StoredThreads
from threadhost.actors.runtime.supervisor import RestartPolicy
from threadhost.actors.runtime.thread_actor import ThreadActor
from threadhost.actors.runtime.threads import ThreadPolicy
from threadhost.actors.thread import FailThread, RenameThread
from threadhost.adapters.clock import SystemClock
from threadhost.events.causes import by_timer
from threadhost.events.ids import thread_stream
from threadhost.events.operator_line import OperatorRecord
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import StoreUnavailable, WrongExpectedVersion
from threadhost.events.thread import ThreadFailed, ThreadRenamed
from threadhost.events.turn import ErrorRecorded, TurnCompleted


def actor_of(rig: Rig, thread_id: str) -> ThreadActor:
    actor = rig.host.live.get(thread_id)
    assert actor is not None
    return actor


async def conflict(rig: Rig, thread_id: str) -> None:
    """Append behind the actor's back and let it find out."""
    renamed = StreamAppend(thread_stream(thread_id), [ThreadRenamed(name="behind")])
    await rig.logs.of(thread_id).append(renamed, meta=ORIGIN.at(1))
    with pytest.raises(WrongExpectedVersion):
        await within(rig.turn(thread_id))


async def test_a_thread_whose_log_is_ahead_restarts_from_it(rig: Rig) -> None:
    thread_id = await rig.start()
    before = actor_of(rig, thread_id)
    await conflict(rig, thread_id)
    await within(rig.turn(thread_id))
    after = actor_of(rig, thread_id)
    assert before is not after
    assert (after.state.name, after.state.incarnation) == ("behind", 2)
    failed = [e for e in rig.events(thread_id) if isinstance(e, ThreadFailed)]
    assert failed == [ThreadFailed(error="WrongExpectedVersion", attempt=1, gave_up=False)]


async def test_requests_wait_for_a_restart_that_is_under_way() -> None:
    slow = HostPolicy(threads=ThreadPolicy(RestartPolicy(first_delay_ms=100)))
    async with open_rig(behaviour=slow) as rig:
        thread_id = await rig.start()
        await conflict(rig, thread_id)
        asked = asyncio.create_task(rig.host.threads.ask(thread_id, RenameThread("n"), ORIGIN))
        await settle()
        assert not asked.done()
        assert rig.host.threads.status(thread_id) == "notLoaded"
        await within(asked)
        assert rig.kinds(thread_id).count("thread.activated") == 2


async def test_the_turn_of_a_failed_thread_ends_as_failed(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id)
    call = await rig.model.asked()
    monkeypatch.setattr(actor_of(rig, thread_id), "_receive_from_child", _bug)
    call.end()
    await rig.published(ThreadFailed.kind)
    await eventually(lambda: rig.host.threads.status(thread_id) == "idle")
    (ended,) = [e for e in rig.events(thread_id) if isinstance(e, TurnCompleted)]
    assert (ended.outcome, ended.reason) == ("failed", "thread failed")
    (error,) = [e for e in rig.events(thread_id) if isinstance(e, ErrorRecorded)]
    assert error.message == "the thread failed and lost this turn"
    await within(rig.turn(thread_id))


async def _bug(_message: Any) -> None:
    raise RuntimeError("a bug")


async def test_a_thread_that_keeps_failing_is_given_up(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    thread_id = await rig.start()
    for _ in range(4):
        await conflict(rig, thread_id)
        await within(rig.host.live.supervisor.settled(thread_id))
    with pytest.raises(ThreadUnavailable, match=f"was given up: {thread_id}; resume it"):
        await within(rig.turn(thread_id))
    assert rig.host.threads.status(thread_id) == "systemError"
    assert logged_line(caplog, "thread.failed")["attempt"] == 1
    assert logged_line(caplog, "thread.given_up")["restarts"] == 3
    failed = [e for e in rig.events(thread_id) if isinstance(e, ThreadFailed)]
    assert [(e.attempt, e.gave_up) for e in failed] == [
        (1, False),
        (2, False),
        (3, False),
        (4, True),
    ]


async def test_a_thread_that_was_given_up_can_still_be_deleted(rig: Rig) -> None:
    thread_id = await rig.start()
    for _ in range(4):
        await conflict(rig, thread_id)
        await within(rig.host.live.supervisor.settled(thread_id))
    receipt = await within(rig.host.trees.delete(thread_id, ORIGIN))
    assert receipt.threads == 1
    assert rig.host.threads.status(thread_id) == "notLoaded"


async def give_up(rig: Rig, thread_id: str) -> None:
    """Let a thread fail until it is given up."""
    for _ in range(4):
        await conflict(rig, thread_id)
        await within(rig.host.live.supervisor.settled(thread_id))
    assert rig.host.live.supervisor.given_up == {thread_id}


async def test_a_thread_that_was_given_up_is_activated_again_on_request(
    rig: Rig,
) -> None:
    thread_id = await rig.start()
    await give_up(rig, thread_id)
    with pytest.raises(ThreadUnavailable):
        await within(rig.host.threads.activate(thread_id, "test"))
    await within(rig.host.threads.activate(thread_id, "test", forgiving=True))
    await within(rig.turn(thread_id))
    (await rig.model.asked()).say(*message("yes")).end()
    await eventually(lambda: rig.host.threads.status(thread_id) == "idle")
    await give_up(rig, thread_id)
    attempts = [e.attempt for e in rig.events(thread_id) if isinstance(e, ThreadFailed)]
    assert attempts == [1, 2, 3, 4] * 2


async def test_activating_a_thread_that_was_not_given_up_keeps_its_failure_count(
    rig: Rig,
) -> None:
    thread_id = await rig.start()
    for _ in range(3):
        await conflict(rig, thread_id)
        await within(rig.host.live.supervisor.settled(thread_id))
        await within(rig.host.threads.activate(thread_id, "test", forgiving=True))
    attempts = [e.attempt for e in rig.events(thread_id) if isinstance(e, ThreadFailed)]
    assert attempts == [1, 2, 3]


async def test_failures_longer_ago_than_that_are_forgiven(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread_id = await rig.start()
    for now_s in (1_000.0, 1_060.0, 1_120.001, 1_120.002):
        monkeypatch.setattr(SystemClock, "monotonic", lambda _, now_s=now_s: now_s)
        await conflict(rig, thread_id)
        await within(rig.host.live.supervisor.settled(thread_id))
    attempts = [e.attempt for e in rig.events(thread_id) if isinstance(e, ThreadFailed)]
    assert attempts == [1, 2, 1, 2]


async def test_a_thread_that_fails_during_its_restart_is_awaited_until_the_next_restart(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread_id, supervisor = await rig.start(), rig.host.live.supervisor
    causes: list[str] = []
    goes_on = asyncio.Event()

    async def fails_once(_thread_id: str, cause: str) -> None:
        causes.append(cause)
        if len(causes) == 1:
            supervisor.failed(thread_id, RuntimeError("again"))
        else:
            await goes_on.wait()

    with monkeypatch.context() as patch:
        patch.setattr(supervisor, "_restart", fails_once)
        supervisor.failed(thread_id, RuntimeError("at first"))
        await eventually(lambda: len(causes) == 2)
        assert supervisor.restarting == 1
        goes_on.set()
        await within(supervisor.settled(thread_id))
        await settle()
    assert supervisor.restarting == 0


def test_each_attempt_waits_twice_as_long_up_to_a_limit() -> None:
    policy = RestartPolicy(first_delay_ms=100, delay_max_ms=5_000)
    assert [policy.delay_ms(n) for n in (1, 2, 3, 7, 100)] == [100, 200, 400, 5_000, 5_000]


async def test_a_draining_host_restarts_nothing() -> None:
    slow = HostPolicy(threads=ThreadPolicy(RestartPolicy(first_delay_ms=60_000)))
    async with open_rig(behaviour=slow) as rig:
        thread_id = await rig.start()
        await conflict(rig, thread_id)
        waiting = asyncio.create_task(rig.turn(thread_id))
        await settle()
        await within(rig.host.life.drain(ORIGIN))
        with pytest.raises(Exception, match="the host is shutting down"):
            await within(waiting)
        rig.host.live.supervisor.failed(thread_id, RuntimeError("late"))
        assert rig.host.stats().restarting == 0
        assert list(rig.host.live.ids()) == []


@pytest.mark.parametrize(("error", "is_fault"), [(RuntimeError, True), (ThreadNotFound, False)])
async def test_a_thread_that_cannot_be_restarted_is_activated_when_asked(
    rig: Rig,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: type[Exception],
    *,
    is_fault: bool,
) -> None:
    async def fails(thread_id: str, _cause: str) -> None:
        raise error(thread_id)

    thread_id = await rig.start()
    with monkeypatch.context() as patch:
        patch.setattr(rig.host.live.supervisor, "_restart", fails)
        await conflict(rig, thread_id)
        await within(rig.host.live.supervisor.settled(thread_id))
    assert rig.host.threads.status(thread_id) == "notLoaded"
    codes = [one.operator_line.code for one in caplog.records if isinstance(one, OperatorRecord)]
    assert ("host.fault" in codes) is is_fault
    await within(rig.turn(thread_id))


async def test_a_thread_whose_failure_cannot_be_recorded_restarts_and_a_line_is_logged(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    change = StoredThreads.change

    async def full(stored: StoredThreads, thread_id: str, command: Command, by: Origin) -> Any:
        if isinstance(command, FailThread):
            raise StoreUnavailable("the disk is full")
        return await change(stored, thread_id, command, by)

    thread_id = await rig.start()
    with monkeypatch.context() as patch:
        patch.setattr(StoredThreads, "change", full)
        patch.setattr(SystemClock, "now_ms", lambda _: 5)
        await conflict(rig, thread_id)
        await within(rig.host.live.supervisor.settled(thread_id))
    assert rig.host.threads.status(thread_id) == "idle"
    facts = await rig.logs.of(thread_id).read_stream(thread_stream(thread_id))
    assert facts[-1].meta.causation_id == by_timer("supervisor", 5 + FAST_RESTARTS.delay_ms(1))
    line = logged_line(caplog, "log.not_recorded")
    assert (line["what"], line["fault"]) == (
        f"the failure of thread {thread_id}",
        "the disk is full",
    )
    await within(rig.turn(thread_id))


async def test_a_thread_in_memory_restarts_from_its_log_in_memory(rig: Rig) -> None:
    thread_id = await rig.start(ephemeral=True)
    await conflict(rig, thread_id)
    await within(rig.turn(thread_id))
    assert actor_of(rig, thread_id).state.ephemeral
