"""Calls made again: before and after output, as long as a provider says, and told once."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.hosts import (
    ORIGIN,
    Call,
    PuppetModel,
    Rig,
    call_of,
    eventually,
    message,
    open_rig,
    settle,
    within,
)
from tests.support.tools import OFFERING, PuppetTools
from tests.support.turns import errors, first_turn_end, items, outcomes, seen_by
from threadhost.actors.models import (
    CallLimits,
    Message,
    ModelFailed,
    OutputDone,
    OutputStarted,
    Reasoning,
    ReasoningDelta,
    TextDelta,
)
from threadhost.actors.runtime import append_errors, turn_work
from threadhost.actors.runtime.alarms import Alarms, Due
from threadhost.actors.turn import InterruptTurn
from threadhost.events.retry import RetryScheduled
from threadhost.events.store.errors import StoreUnavailable
from threadhost.events.turn import ModelRequested

BUSY = ModelFailed("too busy", "serverOverloaded", 503, is_transient=True, details="request id r")
LIMITS = CallLimits(request_retries_max=3, stream_retries_max=3, retry_wait_max_ms=5)
FOREVER_MS = 10**9


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    model = PuppetModel()
    model.call_limits = LIMITS
    async with open_rig(model=model) as rig:
        yield rig


def scheduled(rig: Rig, thread_id: str) -> list[RetryScheduled]:
    return [e for e in rig.events(thread_id) if isinstance(e, RetryScheduled)]


def deltas(rig: Rig) -> str:
    """All that was told of texts."""
    return "".join(heard[-1] for heard in rig.live.heard if heard[0] in ("delta", "thought"))


async def asked(rig: Rig, text: str = "hi", **more: Any) -> tuple[str, Call]:
    """A thread whose model was asked."""
    thread_id = await rig.start(**more)
    await rig.turn(thread_id, text)
    return thread_id, await rig.model.asked()


async def test_a_call_that_failed_before_any_output_is_retried(rig: Rig) -> None:
    thread_id, call = await asked(rig)
    call.fail(BUSY)
    again = await rig.model.asked()
    assert seen_by(again) == seen_by(call)
    again.say(*message("yes")).end()
    assert (await first_turn_end(rig, thread_id)).outcome == "completed"
    [retry] = scheduled(rig, thread_id)
    assert (retry.attempt, retry.message, retry.code) == (1, "too busy", "serverOverloaded")
    assert (retry.http_status, retry.details) == (503, "request id r")
    assert 0 < retry.wait_ms <= LIMITS.retry_wait_max_ms
    assert errors(rig, thread_id) == []


async def test_the_failure_beyond_the_last_retry_ends_the_turn(rig: Rig) -> None:
    thread_id, call = await asked(rig)
    for _ in range(3):
        call.fail(BUSY)
        call = await rig.model.asked()
    call.fail(BUSY)
    assert (await first_turn_end(rig, thread_id)).outcome == "failed"
    assert [retry.attempt for retry in scheduled(rig, thread_id)] == [1, 2, 3]
    assert errors(rig, thread_id) == [("too busy", "serverOverloaded")]


async def test_failures_are_counted_from_zero_after_a_response(rig: Rig) -> None:
    thread_id, call = await asked(rig)
    for _ in range(3):
        call.fail(BUSY)
        call = await rig.model.asked()
    call.say(*call_of("rm")).end()
    call = await rig.model.asked()
    call.fail(BUSY)
    (await rig.model.asked()).say(*message("yes")).end()
    assert (await first_turn_end(rig, thread_id)).outcome == "completed"
    assert [retry.attempt for retry in scheduled(rig, thread_id)] == [1, 2, 3, 1]


async def broken_off(rig: Rig) -> tuple[str, Call]:
    """A turn whose call broke off after `one two`: its thread, and the call that comes after it."""
    thread_id, call = await asked(rig)
    call.say(OutputStarted(0, "message"), TextDelta(0, "one two"))
    await eventually(lambda: deltas(rig) == "one two")
    call.break_off()
    return thread_id, await rig.model.asked()


async def test_a_retry_after_a_break_continues_the_item_without_repeated_text(
    rig: Rig,
) -> None:
    thread_id, again = await broken_off(rig)
    assert seen_by(again) == ["user: hi"]
    again.say(*message("one two three")).end()
    await first_turn_end(rig, thread_id)
    assert deltas(rig) == "one two three"
    [started] = [heard[3] for heard in rig.live.heard if heard[0] == "started"]
    [item] = items(rig, thread_id, "agentMessage")
    assert (item["id"], item["text"], "incomplete" in item) == (started, "one two three", False)


async def test_items_that_were_complete_before_a_break_are_kept_and_sent(rig: Rig) -> None:
    thread_id, call = await asked(rig)
    call.say(*message("first"), OutputStarted(1, "message"), TextDelta(1, "sec"))
    await eventually(lambda: deltas(rig) == "firstsec")
    call.break_off()
    again = await rig.model.asked()
    assert seen_by(again) == ["user: hi", "assistant: first"]
    again.say(*message("second")).end()
    await first_turn_end(rig, thread_id)
    assert deltas(rig) == "firstsecond"
    assert [i["text"] for i in items(rig, thread_id, "agentMessage")] == ["first", "second"]


async def test_an_item_that_the_retry_does_not_contain_ends_incomplete(rig: Rig) -> None:
    thread_id, call = await asked(rig)
    call.say(OutputStarted(0, "reasoning"), ReasoningDelta(0, 0, "hm"))
    await eventually(lambda: deltas(rig) == "hm")
    call.break_off()
    (await rig.model.asked()).say(*message("yes")).end()
    assert (await first_turn_end(rig, thread_id)).outcome == "completed"
    thought, said = items(rig, thread_id, "reasoning", "agentMessage")
    assert (thought["summary"], thought["incomplete"]) == (["hm"], True)
    assert (said["text"], "incomplete" in said) == ("yes", False)


async def test_a_reasoning_item_is_continued_after_a_break(rig: Rig) -> None:
    thread_id, call = await asked(rig)
    call.say(OutputStarted(0, "reasoning"), ReasoningDelta(0, 0, "hm"))
    await eventually(lambda: deltas(rig) == "hm")
    call.break_off()
    again = await rig.model.asked()
    again.say(OutputStarted(0, "reasoning"), ReasoningDelta(0, 0, "hm, so"))
    again.say(OutputDone(0, Reasoning(("hm, so",)))).end()
    await first_turn_end(rig, thread_id)
    assert deltas(rig) == "hm, so"
    [thought] = items(rig, thread_id, "reasoning")
    assert (thought["summary"], "incomplete" in thought) == (["hm, so"], False)


async def test_a_retry_with_another_text_after_a_break_starts_an_item_of_its_own(
    rig: Rig,
) -> None:
    thread_id, again = await broken_off(rig)
    again.say(OutputStarted(0, "message"), TextDelta(0, "one "), TextDelta(0, "three"))
    await eventually(lambda: deltas(rig) == "one twoone three")
    half, whole = [heard[3] for heard in rig.live.heard if heard[0] == "started"]
    assert [item["id"] for item in items(rig, thread_id, "agentMessage")] == [half]
    again.say(OutputDone(0, Message("one three"))).end()
    assert (await first_turn_end(rig, thread_id)).outcome == "completed"
    ends = [(i["id"], i["text"], "incomplete" in i) for i in items(rig, thread_id, "agentMessage")]
    assert ends == [(half, "one two", True), (whole, "one three", False)]
    heard = {heard[3]: "" for heard in rig.live.heard if heard[0] == "delta"}
    for one in rig.live.heard:
        if one[0] == "delta":
            heard[one[3]] += one[-1]
    assert heard == {half: "one two", whole: "one three"}


async def test_an_answer_that_ends_sooner_after_a_break_is_an_item_of_its_own(rig: Rig) -> None:
    thread_id, call = await asked(rig)
    call.say(OutputStarted(0, "message"), TextDelta(0, "hello there"))
    await eventually(lambda: deltas(rig) == "hello there")
    call.break_off()
    (await rig.model.asked()).say(*message("hello")).end()
    assert (await first_turn_end(rig, thread_id)).outcome == "completed"
    texts = [(i["text"], "incomplete" in i) for i in items(rig, thread_id, "agentMessage")]
    assert texts == [("hello there", True), ("hello", False)]
    assert deltas(rig) == "hello therehello"


async def test_a_tool_called_before_a_break_is_run_before_the_retry() -> None:
    tools, model = PuppetTools(), PuppetModel()
    model.call_limits = LIMITS
    async with open_rig(model=model, tools=tools) as rig:
        _, call = await asked(rig, settings=OFFERING)
        call.say(*call_of("look", arguments='{"q": "x"}'), OutputStarted(1, "message"))
        call.break_off()
        (await tools.asked()).answer("seen")
        again = await rig.model.asked()
        assert seen_by(again) == ["user: hi", "function_call", "function_call_output"]
        again.say(*message("done")).end()


async def waiting(rig: Rig, failure: ModelFailed = BUSY) -> str:
    """A turn that waits for its next call, for ever."""
    rig.model.call_limits = CallLimits(retry_wait_max_ms=FOREVER_MS)
    thread_id, call = await asked(rig)
    call.say(OutputStarted(0, "message"), TextDelta(0, "half"))
    await eventually(lambda: deltas(rig) == "half")
    long = ModelFailed(failure.message, failure.code, is_transient=True, retry_after_ms=FOREVER_MS)
    call.fail(long)
    await rig.published(RetryScheduled.kind)
    await settle()
    assert rig.host.threads.status(thread_id) == "active"
    return thread_id


async def test_an_interrupt_ends_a_turn_whose_call_waits_for_its_retry(rig: Rig) -> None:
    thread_id = await waiting(rig)
    await within(rig.host.threads.ask(thread_id, InterruptTurn("", 9), ORIGIN))
    assert outcomes(rig, thread_id) == ["interrupted"]
    [item] = items(rig, thread_id, "agentMessage")
    assert (item["text"], item["incomplete"]) == ("half", True)
    assert len(rig.model.calls) == 1


async def test_input_that_arrives_while_a_retry_waits_is_in_its_request(rig: Rig) -> None:
    rig.model.call_limits = LIMITS
    thread_id, call = await asked(rig, "one")
    call.fail(ModelFailed("busy", "serverOverloaded", is_transient=True, retry_after_ms=5))
    await rig.published(RetryScheduled.kind)
    await rig.turn(thread_id, "two")
    again = await rig.model.asked()
    assert seen_by(again) == ["user: one", "user: two"]
    again.say(*message("yes")).end()
    assert (await first_turn_end(rig, thread_id)).outcome == "completed"


async def test_a_thread_is_unloaded_while_a_call_waits(rig: Rig) -> None:
    thread_id = await waiting(rig)
    await within(rig.host.life.unload([thread_id], "test", ORIGIN))
    assert outcomes(rig, thread_id) == ["interrupted"]
    assert [item["text"] for item in items(rig, thread_id, "agentMessage")] == ["half"]


async def test_a_wait_asked_for_by_the_provider_is_kept_up_to_the_limit_of_the_host(
    rig: Rig,
) -> None:
    thread_id, call = await asked(rig)
    call.fail(ModelFailed("busy", "rateLimitExceeded", is_transient=True, retry_after_ms=5))
    call = await rig.model.asked()
    assert scheduled(rig, thread_id)[0].wait_ms == 5
    call.fail(ModelFailed("busy", "rateLimitExceeded", is_transient=True, retry_after_ms=6))
    assert (await first_turn_end(rig, thread_id)).outcome == "failed"
    assert errors(rig, thread_id) == [("busy", "rateLimitExceeded")]


async def test_a_retry_that_the_store_refuses_is_scheduled_once_the_store_accepts(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(append_errors, "RETRY_S", 0.005)
    thread_id, call = await asked(rig)
    call.say(*message("first"), OutputStarted(1, "message"), TextDelta(1, "sec"))
    await eventually(lambda: deltas(rig) == "firstsec")
    log, append, refusals = (
        rig.logs.durable,
        rig.logs.durable.append,
        [StoreUnavailable("full")] * 3,
    )

    async def refusing(*args: Any, **named: Any) -> Any:
        if refusals:
            raise refusals.pop()
        return await append(*args, **named)

    monkeypatch.setattr(log, "append", refusing)
    call.break_off()
    (await rig.model.asked()).say(*message("second")).end()
    assert (await first_turn_end(rig, thread_id)).outcome == "completed"
    assert len(scheduled(rig, thread_id)) == 1
    texts = [item["text"] for item in items(rig, thread_id, "agentMessage")]
    assert texts == ["first", "second"]
    assert sum(isinstance(e, ModelRequested) for e in rig.events(thread_id)) == 2


async def test_a_late_retry_timer_does_not_repeat_a_running_call(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Alarms] = []

    class Noted(Alarms):
        def __init__(self, tell: Any) -> None:
            super().__init__(tell)
            made.append(self)

    monkeypatch.setattr(turn_work, "Alarms", Noted)
    thread_id, call = await asked(rig)
    call.fail(BUSY)
    again = await rig.model.asked()
    again.say(*message("yes"))
    actor = rig.host.live.get(thread_id)
    assert actor is not None
    await actor.actor_ref.ask(Due(made[-1], is_deadline=False), block=False)
    again.end()
    assert (await first_turn_end(rig, thread_id)).outcome == "completed"
    assert len(rig.model.calls) == 2
