"""A live thread at work: streaming, steering, interrupts, failures of models and of the store."""

from pathlib import Path
from typing import Any

import pytest
from pydantic_core import from_json

from tests.support.hosts import (
    ORIGIN,
    SETTINGS,
    Rig,
    call_of,
    eventually,
    message,
    open_rig,
    settle,
    within,
)
from tests.support.turns import ABORTED, first_turn_end, history, seen_by
from threadhost.actors import response
from threadhost.actors.errors import NoActiveTurn, WrongTurn
from threadhost.actors.models import OutputDone, OutputStarted, Reasoning, TextDelta
from threadhost.actors.settings import SettingsChange
from threadhost.actors.turn import InterruptTurn
from threadhost.events.thread import ThreadConfigured
from threadhost.events.turn import ErrorRecorded, ItemRecorded, ModelRequested

BORN = ["thread.started", "thread.configured", "thread.activated"]
ASKED = ["turn.started", "turn.item_recorded", "turn.model_requested"]
ANSWERED = ["turn.item_recorded", "turn.usage_recorded", "turn.model_responded"]


def said_items(rig: Rig, thread_id: str) -> list[str]:
    """The ids of the messages that the model said."""
    recorded = [e for e in rig.events(thread_id) if isinstance(e, ItemRecorded)]
    return [e.item_id for e in recorded if e.type == "agentMessage"]


async def interrupt(rig: Rig, thread_id: str, turn_id: str = "") -> None:
    await within(rig.host.threads.ask(thread_id, InterruptTurn(turn_id, 9), ORIGIN))


async def test_a_turn_streams_and_is_recorded_in_phases(rig: Rig) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id)
    assert rig.host.threads.status(thread_id) == "active"
    call = await rig.model.asked()
    call.say(*message("yes")).end()
    completed = await first_turn_end(rig, thread_id)
    assert rig.kinds(thread_id) == [*BORN, *ASKED, *ANSWERED, "turn.completed"]
    turn, item_id = completed.turn_id, said_items(rig, thread_id)[0]
    assert rig.live.heard == [
        ("started", thread_id, turn, item_id),
        ("delta", thread_id, turn, item_id, "yes"),
    ]
    assert (completed.outcome, rig.host.threads.status(thread_id)) == ("completed", "idle")


async def test_a_reply_means_that_the_input_is_in_the_log(rig: Rig) -> None:
    thread_id = await rig.start()
    appended = await rig.turn(thread_id)
    assert rig.kinds(thread_id) == [*BORN, *ASKED]
    assert [fact.version for fact in appended.recorded] == [4, 5, 6]


async def test_a_model_gets_the_recorded_history(rig: Rig) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id, "one")
    (await rig.model.asked()).say(*message("first")).end()
    await first_turn_end(rig, thread_id)
    await rig.turn(thread_id, "two")
    call = await rig.model.asked()
    assert seen_by(call) == ["user: one", "assistant: first", "user: two"]
    requested = [e for e in rig.events(thread_id) if isinstance(e, ModelRequested)]
    assert [e.history_items for e in requested] == [1, 3]
    assert call.request.settings.model == SETTINGS.model


async def test_each_message_of_a_response_is_recorded_when_the_next_one_begins(rig: Rig) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id)
    call = await rig.model.asked()
    call.say(*message("a", 0))
    call.say(*message("b", 1))
    await eventually(lambda: len(rig.live.heard) == 4)
    first, second = (heard[3] for heard in rig.live.heard if heard[0] == "started")
    assert said_items(rig, thread_id) == [first]
    call.end()
    await first_turn_end(rig, thread_id)
    assert said_items(rig, thread_id) == [first, second]


async def test_input_before_the_model_answers_is_put_into_the_same_request(rig: Rig) -> None:
    thread_id = await rig.start()
    first = await rig.turn(thread_id, "one")
    call = await rig.model.asked()
    second = await rig.turn(thread_id, "two")
    assert {e.turn_id for e in _turn_events(first) + _turn_events(second)} == {call.request.turn_id}
    again = await rig.model.asked()
    assert call.closed.is_set()
    assert seen_by(again) == ["user: one", "user: two"]
    call.say(*message("unheard")).end()
    again.say(*message("heard")).end()
    await first_turn_end(rig, thread_id)
    assert [h[-1] for h in rig.live.heard if h[0] == "delta"] == ["heard"]


async def test_input_during_an_answer_continues_the_turn_after_it(rig: Rig) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id, "one")
    call = await rig.model.asked()
    call.say(*message("first"))
    await eventually(lambda: len(rig.live.heard) == 2)
    await rig.turn(thread_id, "two")
    call.end()
    again = await rig.model.asked()
    assert again.request.turn_id == call.request.turn_id
    assert seen_by(again) == ["user: one", "assistant: first", "user: two"]
    again.say(*message("second")).end()
    assert (await first_turn_end(rig, thread_id)).outcome == "completed"
    assert rig.kinds(thread_id).count("turn.completed") == 1


def _turn_events(appended: Any) -> list[Any]:
    return [f.event for f in appended.recorded if hasattr(f.event, "turn_id")]


async def test_an_interrupt_ends_a_turn_whose_model_hangs(rig: Rig) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id)
    call = await rig.model.asked()
    await interrupt(rig, thread_id, call.request.turn_id)
    await within(call.closed.wait())
    assert rig.kinds(thread_id)[-2:] == ["turn.interrupt_requested", "turn.completed"]
    assert rig.host.threads.status(thread_id) == "idle"


async def test_no_output_of_the_model_is_sent_or_recorded_after_an_interrupt(rig: Rig) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id)
    call = await rig.model.asked()
    call.say(*message("early")[:2])
    await eventually(lambda: len(rig.live.heard) == 2)
    call.say(TextDelta(0, "late"))
    await interrupt(rig, thread_id)
    call.say(*message("later")).end()
    await settle()
    assert [h[-1] for h in rig.live.heard if h[0] == "delta"] == ["early"]
    assert rig.kinds(thread_id)[-1] == "turn.completed"


async def test_complete_items_before_an_interrupt_are_recorded(rig: Rig) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id)
    call = await rig.model.asked()
    call.say(*message("whole"))
    await eventually(lambda: len(rig.live.heard) == 2)
    await settle()
    await interrupt(rig, thread_id)
    assert rig.kinds(thread_id)[-3:] == [
        "turn.item_recorded",
        "turn.interrupt_requested",
        "turn.completed",
    ]


async def test_an_interrupt_without_or_of_another_turn_is_refused(rig: Rig) -> None:
    thread_id = await rig.start()
    with pytest.raises(NoActiveTurn):
        await interrupt(rig, thread_id)
    await rig.turn(thread_id)
    with pytest.raises(WrongTurn):
        await interrupt(rig, thread_id, "other")
    assert rig.host.threads.status(thread_id) == "active"
    await interrupt(rig, thread_id)


async def test_a_turn_after_an_interrupt_is_a_turn_of_its_own(rig: Rig) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id, "one")
    first = await rig.model.asked()
    await interrupt(rig, thread_id)
    await rig.turn(thread_id, "two")
    second = await rig.model.asked()
    assert first.request.turn_id != second.request.turn_id
    assert seen_by(second) == ["user: one", ABORTED, "user: two"]


async def test_a_call_of_an_unsupported_tool_is_answered_and_the_turn_goes_on(rig: Rig) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id)
    (await rig.model.asked()).say(*call_of("rm")).end()
    again = await rig.model.asked()
    assert seen_by(again) == ["user: hi", "function_call", "function_call_output"]
    assert from_json(again.request.history[2])["output"] == "unsupported call: rm"
    again.say(*message("as you wish")).end()
    assert (await first_turn_end(rig, thread_id)).outcome == "completed"


async def test_a_model_that_only_calls_unsupported_tools_is_stopped(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(response, "UNANSWERED_MAX", 3)
    thread_id = await rig.start()
    await rig.turn(thread_id)
    for _ in range(4):
        (await rig.model.asked()).say(*call_of("rm")).end()
    assert (await first_turn_end(rig, thread_id)).outcome == "failed"
    (recorded,) = [e for e in rig.events(thread_id) if isinstance(e, ErrorRecorded)]
    assert recorded.message == (
        "the turn was ended: 3 responses in a row called tools that no client answered,"
        " or tools of its own goal alone"
    )
    assert len(rig.model.calls) == 4


async def test_reasoning_comes_before_the_message_that_follows_from_it(rig: Rig) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id)
    call = await rig.model.asked()
    thought = Reasoning(("hm",), encrypted="x")
    call.say(OutputStarted(0, "reasoning"), OutputDone(0, thought), *message("so", 1)).end()
    await first_turn_end(rig, thread_id)
    await rig.turn(thread_id, "and?")
    again = await rig.model.asked()
    assert seen_by(again) == ["user: hi", "reasoning", "assistant: so", "user: and?"]
    assert from_json(again.request.history[1]) == {
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "hm"}],
        "encrypted_content": "x",
    }


async def test_settings_stick_to_the_turns_that_follow(rig: Rig) -> None:
    thread_id = await rig.start()
    other = SettingsChange({"model": "puppet-2", "effort": "high"})
    await rig.turn(thread_id, "one", change=other)
    first = await rig.model.asked()
    first.say(*message("a")).end()
    await first_turn_end(rig, thread_id)
    await rig.turn(thread_id, "two")
    second = await rig.model.asked()
    for call in (first, second):
        assert (call.request.settings.model, call.request.settings.effort) == ("puppet-2", "high")
    changes = [e for e in rig.events(thread_id) if isinstance(e, ThreadConfigured)]
    assert len(changes) == 2


async def test_an_output_schema_is_for_one_turn(rig: Rig) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id, "one", output_schema={"type": "object"})
    first = await rig.model.asked()
    assert first.request.settings.output_schema == {"type": "object"}
    first.end()
    await first_turn_end(rig, thread_id)
    await rig.turn(thread_id, "two")
    assert (await rig.model.asked()).request.settings.output_schema is None


async def test_the_history_after_a_restart_is_the_one_before_it(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        thread_id = await rig.start()
        await rig.turn(thread_id, "one")
        call = await rig.model.asked()
        call.say(*call_of("rm"), *message("first", 1))
        await eventually(lambda: len(rig.live.heard) == 2)
        await rig.turn(thread_id, "two")
        call.end()
        again = await rig.model.asked()
        again.say(*message("second")).end()
        await first_turn_end(rig, thread_id)
        await rig.turn(thread_id, "three")
        live = await rig.model.asked()
        await interrupt(rig, thread_id)
        await rig.host.life.unload([thread_id], "test", ORIGIN)
        await rig.turn(thread_id, "four")
        taken_up = await rig.model.asked()
        assert seen_by(live) == [
            "user: one",
            "function_call",
            "function_call_output",
            "assistant: first",
            "user: two",
            "assistant: second",
            "user: three",
        ]
        assert seen_by(taken_up) == [*seen_by(live), ABORTED, "user: four"]
        shared = len(live.request.history)
        assert taken_up.request.history[:shared] == live.request.history
        assert history(rig, thread_id) == list(taken_up.request.history)
