"""What models and the store may do to a turn: it fails, or waits; the thread lives on."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.hosts import (
    ORIGIN,
    PuppetModel,
    Rig,
    eventually,
    message,
    open_rig,
    settle,
    within,
)
from tests.support.turns import first_turn_end, seen_by
from threadhost.actors.models import ModelEvent, ModelFailed, ModelRequest
from threadhost.actors.runtime import append_errors, reactor
from threadhost.actors.runtime.actor import MAILBOX_MESSAGES_MAX
from threadhost.actors.thread import RenameThread
from threadhost.actors.turn import InterruptTurn
from threadhost.events.store.errors import StoreOverloaded, StoreUnavailable
from threadhost.events.turn import ErrorRecorded, TurnCompleted

BORN = ["thread.started", "thread.configured", "thread.activated"]
ASKED = ["turn.started", "turn.item_recorded", "turn.model_requested"]
ANSWERED = ["turn.item_recorded", "turn.usage_recorded", "turn.model_responded"]


FAILURES = [
    (ModelFailed("too busy", "serverOverloaded", 503), "too busy", "serverOverloaded"),
    (ValueError("secret"), "the model client failed: ValueError", "other"),
    (SystemExit(3), "the model client failed: SystemExit", "other"),
    (asyncio.CancelledError(), "the model client failed: CancelledError", "other"),
    (TimeoutError(), "the model client failed: TimeoutError", "other"),
]


@pytest.mark.few(2)
@pytest.mark.parametrize(("error", "text", "code"), FAILURES, ids=lambda x: type(x).__name__)
async def test_any_exception_of_a_model_fails_its_turn_and_the_thread_lives_on(
    rig: Rig, error: BaseException, text: str, code: str
) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id, "one")
    (await rig.model.asked()).say(*message("said")).fail(error)
    assert (await first_turn_end(rig, thread_id)).outcome == "failed"
    (recorded,) = [e for e in rig.events(thread_id) if isinstance(e, ErrorRecorded)]
    assert (recorded.message, recorded.code) == (text, code)
    assert rig.host.threads.status(thread_id) == "systemError"
    await rig.turn(thread_id, "two")
    call = await rig.model.asked()
    assert seen_by(call) == ["user: one", "assistant: said", "user: two"]
    assert rig.host.threads.status(thread_id) == "active"


async def test_a_stream_that_ends_early_fails_its_turn(rig: Rig) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id)
    (await rig.model.asked()).say(*message("half")[:2]).break_off()
    completed = await first_turn_end(rig, thread_id)
    assert (completed.outcome, completed.reason) == ("failed", "responseStreamDisconnected")


async def test_a_stream_that_cannot_be_opened_fails_its_turn() -> None:
    class Closed(PuppetModel):
        def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
            raise ConnectionError(request.thread_id)

    async with open_rig(model=Closed()) as rig:
        thread_id = await rig.start()
        await rig.turn(thread_id)
        assert (await first_turn_end(rig, thread_id)).outcome == "failed"


async def test_the_end_of_a_response_waits_for_an_overloaded_store(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(append_errors, "RETRY_S", 0.005)
    thread_id = await rig.start()
    await rig.turn(thread_id)
    call = await rig.model.asked()
    refused = _refuse(rig, monkeypatch, [StoreOverloaded(), StoreUnavailable(), StoreOverloaded()])
    call.say(*message("a", 0), *message("b", 1)).end()
    completed = await first_turn_end(rig, thread_id)
    assert (completed.outcome, refused) == ("completed", [])
    assert rig.kinds(thread_id) == [
        *BORN,
        *ASKED,
        "turn.item_recorded",
        *ANSWERED,
        "turn.completed",
    ]
    assert "thread.failed" not in rig.kinds(thread_id)


async def test_steering_that_the_store_refuses_leaves_the_turn_unchanged(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id)
    call = await rig.model.asked()
    _refuse(rig, monkeypatch, [StoreUnavailable("full")])
    with pytest.raises(StoreUnavailable):
        await rig.turn(thread_id, "more")
    call.say(*message("yes")).end()
    assert (await first_turn_end(rig, thread_id)).outcome == "completed"


async def test_a_command_that_the_store_cannot_carry_out_fails_alone(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread_id = await rig.start()
    _refuse(rig, monkeypatch, [RuntimeError("a view is broken")])
    with pytest.raises(RuntimeError):
        await rig.turn(thread_id, "one")
    await rig.turn(thread_id, "two")
    assert seen_by(await rig.model.asked()) == ["user: two"]
    assert rig.published_events("thread.failed.v1") == []


def _refuse(rig: Rig, monkeypatch: pytest.MonkeyPatch, errors: list[Exception]) -> list[Exception]:
    """Make the log refuse the next appends with these errors."""
    log, append = rig.logs.durable, rig.logs.durable.append

    async def refusing(*args: Any, **named: Any) -> Any:
        if errors:
            raise errors.pop(0)
        return await append(*args, **named)

    monkeypatch.setattr(log, "append", refusing)
    return errors


def hold_appends(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Let appends wait until the event is set."""
    held, append = asyncio.Event(), rig.logs.durable.append

    async def holding(*args: Any, **named: Any) -> Any:
        await held.wait()
        return await append(*args, **named)

    monkeypatch.setattr(rig.logs.durable, "append", holding)
    return held


async def test_the_end_of_a_dropped_call_does_not_end_the_turn_after_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id, "one")
    old = await rig.model.asked()
    held = hold_appends(rig, monkeypatch)
    interrupting = asyncio.create_task(
        rig.host.threads.ask(thread_id, InterruptTurn("", 1), ORIGIN)
    )
    await settle()
    starting = asyncio.create_task(rig.turn(thread_id, "two"))
    await settle()
    old.end()
    await settle()
    held.set()
    await within(interrupting)
    await within(starting)
    new = await rig.model.asked()
    await settle()
    assert rig.host.threads.status(thread_id) == "active"
    new.say(*message("yes")).end()
    await eventually(lambda: rig.host.threads.status(thread_id) == "idle")
    outcomes = [e.outcome for e in rig.events(thread_id) if isinstance(e, TurnCompleted)]
    assert outcomes == ["interrupted", "completed"]


async def test_a_full_mailbox_does_not_fail_a_streaming_turn(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id)
    call = await rig.model.asked()
    actor = rig.host.live.get(thread_id)
    assert actor is not None
    held = hold_appends(rig, monkeypatch)
    waiting = asyncio.create_task(rig.host.threads.ask(thread_id, RenameThread("held"), ORIGIN))
    await settle()
    for _ in range(MAILBOX_MESSAGES_MAX):
        actor.actor_ref.ask(reactor.CommandEnvelope(InterruptTurn("other", 1), ORIGIN), block=False)
    call.say(*message("through")).end()
    await settle()
    held.set()
    await within(waiting)
    assert (await first_turn_end(rig, thread_id)).outcome == "completed"
