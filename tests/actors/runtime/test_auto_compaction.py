"""Compaction by itself: ahead of a turn's input, in its middle, and after the provider's word."""

from typing import Any

import pytest

from tests.support.each import each
from tests.support.hosts import (
    ORIGIN,
    SETTINGS,
    Call,
    Rig,
    call_of,
    eventually,
    message,
    open_rig,
    settle,
    within,
)
from tests.support.tools import OFFERING, PuppetTools, unanswered
from tests.support.turns import ABORTED, errors, history, items, outcomes, seen_by
from threadhost.actors.compaction import HEADING, PROMPT
from threadhost.actors.injection import InjectItems
from threadhost.actors.model_settings import compact_from_tokens, usable_tokens
from threadhost.actors.models import (
    Message,
    ModelFailed,
    ModelWindow,
    OutputDone,
    OutputStarted,
    ResponseDone,
    TextDelta,
    TokenUsage,
)
from threadhost.actors.turn import InterruptTurn
from threadhost.events.compaction import CompactionFailed, HistoryCompacted, InputReceived
from threadhost.events.turn import ItemRecorded, TurnStarted
from threadhost.events.warning import TurnWarned

LIMIT = 1_000
FULL = TokenUsage(LIMIT - 2, 0, 2, 0, LIMIT)
NARROW = SETTINGS.model_copy(update={"config": {"model_auto_compact_token_limit": LIMIT}})
SUMMARY = f"user: {HEADING}\n\nin short"
ASKED = f"user: {PROMPT}"
TOO_LONG = ModelFailed("too long", "contextWindowExceeded", 400)


async def idle(rig: Rig, thread_id: str) -> None:
    await eventually(lambda: rig.host.threads.status(thread_id) in ("idle", "systemError"))


def end(call: Call, text: str, usage: TokenUsage = FULL) -> None:
    """The model says this, and that so many tokens were used."""
    call.say(*message(text), ResponseDone("r", usage)).break_off()


async def filled(rig: Rig, settings: Any = NARROW) -> str:
    """A thread whose window is full after a turn."""
    thread_id = await rig.start(settings=settings)
    await rig.turn(thread_id, "one")
    end(await rig.model.asked(), "yes")
    await idle(rig, thread_id)
    return thread_id


def kinds(rig: Rig, thread_id: str) -> list[str]:
    """The items of a thread in order, by their types."""
    return [item["type"] for item in items(rig, thread_id)]


async def test_a_full_history_is_summed_up_ahead_of_the_input_that_begins_a_turn(rig: Rig) -> None:
    thread_id = await filled(rig)
    await rig.turn(thread_id, "two")
    summing = await rig.model.asked()
    assert seen_by(summing) == ["user: one", "assistant: yes", ASKED]
    assert kinds(rig, thread_id) == ["userMessage", "agentMessage"]
    end(summing, "in short")
    answering = await rig.model.asked()
    assert seen_by(answering) == [SUMMARY, "user: two"]
    assert summing.request.turn_id == answering.request.turn_id
    end(answering, "fine", TokenUsage(1, 0, 1, 0, 2))
    await idle(rig, thread_id)
    assert kinds(rig, thread_id)[2:] == ["contextCompaction", "userMessage", "agentMessage"]
    assert outcomes(rig, thread_id) == ["completed"] * 2
    turns = [e for e in rig.events(thread_id) if isinstance(e, TurnStarted)]
    assert [turn.purpose for turn in turns] == ["regular"] * 2


async def test_a_history_below_the_limit_is_not_compacted(rig: Rig) -> None:
    thread_id = await rig.start(settings=NARROW)
    await rig.turn(thread_id, "one")
    end(await rig.model.asked(), "yes", TokenUsage(1, 0, 1, 0, LIMIT - 100))
    await idle(rig, thread_id)
    await rig.turn(thread_id, "two")
    assert seen_by(await rig.model.asked()) == ["user: one", "assistant: yes", "user: two"]


async def test_items_since_the_last_token_count_are_estimated(rig: Rig) -> None:
    thread_id = await rig.start(settings=NARROW)
    await rig.turn(thread_id, "one")
    end(await rig.model.asked(), "yes", TokenUsage(1, 0, 1, 0, LIMIT - 100))
    await idle(rig, thread_id)
    item = {"type": "message", "role": "user", "content": [{"type": "text", "text": "x" * 400}]}
    await rig.host.threads.ask(thread_id, InjectItems([item]), ORIGIN)
    await rig.turn(thread_id, "two")
    assert seen_by(await rig.model.asked())[-1] == ASKED


async def test_a_history_without_token_counts_is_estimated(rig: Rig) -> None:
    thread_id = await rig.start(settings=NARROW)
    await rig.turn(thread_id, "x" * 4 * LIMIT)
    end(await rig.model.asked(), "yes", TokenUsage(0, 0, 0, 0, 0))
    await idle(rig, thread_id)
    await rig.turn(thread_id, "two")
    assert seen_by(await rig.model.asked())[-1] == ASKED


async def test_a_single_message_above_the_limit_is_not_compacted(
    rig: Rig,
) -> None:
    thread_id = await rig.start(settings=NARROW)
    await rig.turn(thread_id, "x" * 4 * LIMIT)
    assert seen_by(await rig.model.asked()) == [f"user: {'x' * 4 * LIMIT}"]


async def test_a_compaction_within_a_turn_keeps_its_user_input_word_for_word() -> None:
    tools = PuppetTools()
    config = {"model_auto_compact_token_limit": LIMIT}
    async with open_rig(tools=tools) as rig:
        thread_id = await rig.start(settings=OFFERING.model_copy(update={"config": config}))
        await rig.turn(thread_id, "one")
        call = await rig.model.asked()
        call.say(*call_of("look", arguments='{"q": "x"}'), ResponseDone("r", FULL)).break_off()
        (await tools.asked()).answer("seen")
        summing = await rig.model.asked()
        assert seen_by(summing) == ["user: one", "function_call", "function_call_output", ASKED]
        assert summing.request.tools == ()
        assert unanswered(summing.request.history) == {}
        end(summing, "in short")
        answering = await rig.model.asked()
        assert seen_by(answering) == ["user: one", SUMMARY]
        assert answering.request.tools != ()
        end(answering, "fine")
        await idle(rig, thread_id)
        assert kinds(rig, thread_id) == [
            "userMessage",
            "dynamicToolCall",
            "contextCompaction",
            "agentMessage",
        ]
        assert outcomes(rig, thread_id) == ["completed"]


async def test_a_history_is_summed_up_once_before_a_model_answers(rig: Rig) -> None:
    thread_id = await filled(rig)
    await rig.turn(thread_id, "x" * 4 * LIMIT)
    end(await rig.model.asked(), "in short")
    answering = await rig.model.asked()
    assert seen_by(answering) == [SUMMARY, f"user: {'x' * 4 * LIMIT}"]
    end(answering, "fine")
    await idle(rig, thread_id)
    assert kinds(rig, thread_id).count("contextCompaction") == 1


async def test_a_history_too_long_for_the_provider_is_compacted_and_sent_again(
    rig: Rig,
) -> None:
    thread_id = await filled(rig, SETTINGS)
    await rig.turn(thread_id, "two")
    (await rig.model.asked()).fail(TOO_LONG)
    summing = await rig.model.asked()
    assert seen_by(summing) == ["user: one", "assistant: yes", "user: two", ASKED]
    end(summing, "in short")
    answering = await rig.model.asked()
    assert seen_by(answering) == ["user: two", SUMMARY]
    end(answering, "fine")
    await idle(rig, thread_id)
    assert outcomes(rig, thread_id) == ["completed"] * 2
    assert await next_model_input(rig, thread_id) == [
        "user: two",
        SUMMARY,
        "assistant: fine",
        "user: next",
    ]


async def next_model_input(rig: Rig, thread_id: str) -> list[str]:
    await rig.turn(thread_id, "next")
    call = await rig.model.asked()
    end(call, "then", TokenUsage(1, 0, 1, 0, 2))
    await idle(rig, thread_id)
    return seen_by(call)


async def test_a_history_that_stays_too_long_fails_the_turn(rig: Rig) -> None:
    thread_id = await filled(rig, SETTINGS)
    await rig.turn(thread_id, "two")
    (await rig.model.asked()).fail(TOO_LONG)
    end(await rig.model.asked(), "in short")
    (await rig.model.asked()).fail(TOO_LONG)
    await idle(rig, thread_id)
    assert outcomes(rig, thread_id) == ["completed", "failed"]
    assert errors(rig, thread_id) == [("too long", "contextWindowExceeded")]


async def test_text_streamed_before_the_window_was_full_goes_on_after_the_summary(
    rig: Rig,
) -> None:
    thread_id = await filled(rig, SETTINGS)
    await rig.turn(thread_id, "two")
    call = await rig.model.asked()
    call.say(OutputStarted(0, "message"), TextDelta(0, "half")).fail(TOO_LONG)
    end(await rig.model.asked(), "in short")
    end(await rig.model.asked(), "half and half")
    await idle(rig, thread_id)
    told = "".join(heard[-1] for heard in rig.live.heard if heard[0] == "delta")
    assert told == "yeshalf and half"
    compaction, said = items(rig, thread_id)[-2:]
    assert (compaction["type"], said["text"]) == ("contextCompaction", "half and half")
    assert "incomplete" not in said


FAILURES: list[tuple[ModelFailed | Message | None, str]] = [
    (ModelFailed("no", "unauthorized", 401), "no"),
    (Message("I will not", is_refusal=True), "refused"),
    (Message(" "), "gave no summary"),
    (None, "gave no summary"),
]


@pytest.mark.few(2)
@pytest.mark.parametrize(("answer", "words"), FAILURES)
async def test_a_failed_compaction_changes_no_history_and_the_turn_goes_on(
    rig: Rig, answer: ModelFailed | Message | None, words: str
) -> None:
    thread_id = await filled(rig)
    await rig.turn(thread_id, "two")
    summing = await rig.model.asked()
    if isinstance(answer, ModelFailed):
        summing.fail(answer)
    elif answer is not None:
        summing.say(OutputStarted(0, "message"), OutputDone(0, answer)).end()
    else:
        summing.end()
    answering = await rig.model.asked()
    assert seen_by(answering) == ["user: one", "assistant: yes", "user: two"]
    end(answering, "fine")
    await idle(rig, thread_id)
    assert outcomes(rig, thread_id) == ["completed"] * 2
    [failed] = [e for e in rig.events(thread_id) if isinstance(e, CompactionFailed)]
    [warned] = [e for e in rig.events(thread_id) if isinstance(e, TurnWarned)]
    assert words in failed.message
    assert words in warned.message
    assert [e for e in rig.events(thread_id) if isinstance(e, HistoryCompacted)] == []


async def test_an_interrupt_ends_a_turn_that_sums_up_and_keeps_its_input(rig: Rig) -> None:
    thread_id = await filled(rig)
    await rig.turn(thread_id, "two")
    summing = await rig.model.asked()
    summing.say(*message("half a summary"))
    await settle()
    await within(rig.host.threads.ask(thread_id, InterruptTurn("", 9), ORIGIN))
    await within(summing.closed.wait())
    assert outcomes(rig, thread_id) == ["completed", "interrupted"]
    assert kinds(rig, thread_id) == ["userMessage", "agentMessage", "userMessage"]
    await rig.turn(thread_id, "three")
    again = await rig.model.asked()
    assert seen_by(again)[:-1] == ["user: one", "assistant: yes", "user: two", ABORTED]


async def test_input_that_joins_during_a_compaction_follows_the_summary_once(
    rig: Rig,
) -> None:
    thread_id = await filled(rig)
    await rig.turn(thread_id, "two")
    summing = await rig.model.asked()
    await rig.turn(thread_id, "three")
    summing.say(OutputStarted(0, "message"))
    await settle()
    await rig.turn(thread_id, "four")
    summing.say(OutputDone(0, Message("in short"))).end()
    answering = await rig.model.asked()
    assert seen_by(answering) == [SUMMARY, "user: two", "user: three", "user: four"]
    end(answering, "fine")
    await idle(rig, thread_id)
    assert history(rig, thread_id) == [*answering.request.history, history(rig, thread_id)[-1]]


async def test_input_that_joins_while_the_middle_of_a_turn_is_summed_up_is_kept_once(
    rig: Rig,
) -> None:
    thread_id = await filled(rig, SETTINGS)
    await rig.turn(thread_id, "two")
    (await rig.model.asked()).fail(TOO_LONG)
    summing = await rig.model.asked()
    await rig.turn(thread_id, "three")
    summing.say(OutputStarted(0, "message"))
    await settle()
    await rig.turn(thread_id, "four")
    summing.say(OutputDone(0, Message("in short"))).end()
    answering = await rig.model.asked()
    seen = seen_by(answering)
    assert sorted(seen) == sorted(["user: two", SUMMARY, "user: three", "user: four"])
    assert seen.index("user: three") < seen.index("user: four")
    end(answering, "fine")
    await idle(rig, thread_id)


async def test_a_restart_during_a_compaction_loses_no_input(tmp_path: Any) -> None:
    async with open_rig(tmp_path) as rig:
        thread_id = await filled(rig)
        await rig.turn(thread_id, "two")
        await rig.model.asked()
    async with open_rig(tmp_path) as rig:
        assert kinds(rig, thread_id) == ["userMessage", "agentMessage", "userMessage"]
        held = [e for e in rig.events(thread_id) if isinstance(e, InputReceived)]
        recorded = [e for e in rig.events(thread_id) if isinstance(e, ItemRecorded)]
        assert held[0].item == recorded[-1].item


LIMITS: list[tuple[dict[str, Any], ModelWindow, int | None]] = [
    ({}, ModelWindow(), None),
    ({}, ModelWindow(tokens_max=1_000), 900),
    ({}, ModelWindow(compact_from_tokens=700), 700),
    ({}, ModelWindow(1_000, 700), 700),
    ({}, ModelWindow(1_000, 0), None),
    ({"model_context_window": 2_000}, ModelWindow(1_000, 700), 1_800),
    ({"model_auto_compact_token_limit": 50}, ModelWindow(1_000, 700), 50),
    ({"model_auto_compact_token_limit": 0}, ModelWindow(1_000, 700), None),
    ({"model_auto_compact_token_limit": 50, "model_context_window": 9}, ModelWindow(), 50),
    ({"model_auto_compact_token_limit": "50"}, ModelWindow(1_000), 900),
    ({"model_auto_compact_token_limit": -1}, ModelWindow(1_000), 900),
    ({"model_auto_compact_token_limit": True}, ModelWindow(1_000), 900),
    ({"model_context_window": 0}, ModelWindow(1_000), 900),
]


@each(("config", "window", "limit"), LIMITS)
def test_the_limit_is_the_threads_own_or_follows_from_the_window(
    config: dict[str, Any], window: ModelWindow, limit: int | None
) -> None:
    settings = SETTINGS.model_copy(update={"config": config})
    assert compact_from_tokens(settings, window) == limit


USABLE: list[tuple[dict[str, Any], ModelWindow, int | None]] = [
    ({}, ModelWindow(), None),
    ({}, ModelWindow(1_000, 700), 950),
    ({"model_context_window": 2_001}, ModelWindow(1_000), 1_900),
    ({"model_context_window": 0}, ModelWindow(1_000), 950),
    ({"model_context_window": True}, ModelWindow(1_000), 950),
    ({"model_auto_compact_token_limit": 50}, ModelWindow(), None),
]


@each(("config", "window", "tokens"), USABLE)
def test_the_usable_tokens_are_most_of_the_context_window_if_it_is_known(
    config: dict[str, Any], window: ModelWindow, tokens: int | None
) -> None:
    settings = SETTINGS.model_copy(update={"config": config})
    assert usable_tokens(settings, window) == tokens
    assert config or usable_tokens(None, window) == tokens
