"""Compaction at work: what the model is asked, what it sees afterwards, and what may go wrong."""

from pathlib import Path

import pytest

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
from tests.support.tools import OFFERING
from tests.support.turns import digest_of, outcomes, seen_by
from threadhost.actors.compaction import HEADING, PROMPT, StartCompaction
from threadhost.actors.errors import TurnNotSteerable
from threadhost.actors.injection import InjectItems
from threadhost.actors.models import ModelFailed
from threadhost.actors.turn import InterruptTurn
from threadhost.events.thread import ThreadSettings
from threadhost.events.turn import ItemRecorded, ModelRequested

SUMMARY = f"user: {HEADING}\n\nin short"
TWO = ["user: one", "assistant: yes"]


async def talked(rig: Rig, settings: ThreadSettings = SETTINGS) -> str:
    """A thread that had a turn."""
    thread_id = await rig.start(settings=settings)
    await rig.turn(thread_id, "one")
    (await rig.model.asked()).say(*message("yes")).end()
    await idle(rig, thread_id)
    return thread_id


async def idle(rig: Rig, thread_id: str) -> None:
    """Wait for the end of the turn."""
    await eventually(lambda: rig.host.threads.status(thread_id) in ("idle", "systemError"))


async def compacting(rig: Rig, thread_id: str) -> Call:
    """The request for a summary."""
    command = StartCompaction(rig.ids.new(), rig.ids.new(), 1)
    await rig.host.threads.ask(thread_id, command, ORIGIN)
    return await rig.model.asked()


async def next_model_input(rig: Rig, thread_id: str) -> list[str]:
    """What the model gets when the user says "two"."""
    await rig.turn(thread_id, "two")
    call = await rig.model.asked()
    call.say(*message("fine")).end()
    await idle(rig, thread_id)
    return seen_by(call)


async def test_the_model_gets_the_summary_instead_of_the_compacted_history(rig: Rig) -> None:
    thread_id = await talked(rig)
    call = await compacting(rig, thread_id)
    assert seen_by(call) == [*TWO, f"user: {PROMPT}"]
    call.say(*message("in short")).end()
    await idle(rig, thread_id)
    assert await next_model_input(rig, thread_id) == [SUMMARY, "user: two"]


async def test_the_recorded_digest_is_that_of_the_request(rig: Rig) -> None:
    thread_id = await talked(rig, OFFERING)
    call = await compacting(rig, thread_id)
    asked = [e for e in rig.events(thread_id) if isinstance(e, ModelRequested)][-1]
    assert asked.digest == digest_of(call.request)
    assert asked.history_items == len(call.request.history)
    assert call.request.tools == ()
    call.say(*message("in short")).end()
    await idle(rig, thread_id)


async def test_clients_see_an_item_of_a_compaction_and_none_of_its_text(rig: Rig) -> None:
    thread_id = await talked(rig)
    before = len(rig.live.heard)
    call = await compacting(rig, thread_id)
    call.say(*call_of("tool"), *message("in short")).end()
    await idle(rig, thread_id)
    items = [e for e in rig.events(thread_id) if isinstance(e, ItemRecorded)]
    assert [item.type for item in items] == ["userMessage", "agentMessage", "contextCompaction"]
    assert [heard[0] for heard in rig.live.heard[before:]] == ["started"]
    assert rig.live.heard[before][3] == items[-1].item_id
    assert await next_model_input(rig, thread_id) == [SUMMARY, "user: two"]


@pytest.mark.parametrize("error", [ModelFailed("no", "serverOverloaded", 503), ValueError("x")])
async def test_a_failing_model_leaves_the_history_as_it_was(rig: Rig, error: Exception) -> None:
    thread_id = await talked(rig)
    call = await compacting(rig, thread_id)
    call.say(*message("half a summary")).fail(error)
    await idle(rig, thread_id)
    assert outcomes(rig, thread_id) == ["completed", "failed"]
    assert await next_model_input(rig, thread_id) == [*TWO, "user: two"]


async def test_an_interrupted_compaction_leaves_the_history_as_it_was(rig: Rig) -> None:
    thread_id = await talked(rig)
    call = await compacting(rig, thread_id)
    call.say(*message("half a summary"))
    await settle()
    await rig.host.threads.ask(thread_id, InterruptTurn("", 1), ORIGIN)
    await within(call.closed.wait())
    assert await next_model_input(rig, thread_id) == [*TWO, "user: two"]


async def test_a_compaction_refuses_input_and_injected_items_follow_it(rig: Rig) -> None:
    thread_id = await talked(rig)
    call = await compacting(rig, thread_id)
    with pytest.raises(TurnNotSteerable):
        await rig.turn(thread_id, "now")
    content = [{"type": "input_text", "text": "late"}]
    item = {"type": "message", "role": "user", "content": content}
    await rig.host.threads.ask(thread_id, InjectItems([item]), ORIGIN)
    call.say(*message("in short")).end()
    await idle(rig, thread_id)
    assert await next_model_input(rig, thread_id) == [SUMMARY, "user: late", "user: two"]


async def test_a_compacted_history_is_compacted_in_another_process_too(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        thread_id = await talked(rig)
        (await compacting(rig, thread_id)).say(*message("in short")).end()
        await idle(rig, thread_id)
    async with open_rig(tmp_path) as rig:
        assert await next_model_input(rig, thread_id) == [SUMMARY, "user: two"]


async def test_a_compaction_that_a_restart_cut_off_leaves_the_history_as_it_was(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path) as rig:
        thread_id = await talked(rig)
        call = await compacting(rig, thread_id)
        call.say(*message("half a summary"))
        await settle()
    async with open_rig(tmp_path) as rig:
        assert await next_model_input(rig, thread_id) == [*TWO, "user: two"]


TOO_LONG = ModelFailed("too long", "contextWindowExceeded", 400)


async def test_a_history_that_is_too_long_is_summed_up_without_its_beginning(rig: Rig) -> None:
    thread_id = await talked(rig)
    assert await next_model_input(rig, thread_id) == [*TWO, "user: two"]
    call = await compacting(rig, thread_id)
    call.fail(TOO_LONG)
    again = await rig.model.asked()
    assert seen_by(again) == ["assistant: yes", "user: two", "assistant: fine", f"user: {PROMPT}"]
    asked = [e for e in rig.events(thread_id) if isinstance(e, ModelRequested)][-1]
    assert (asked.history_items, asked.left_out) == (4, 1)
    assert asked.digest == digest_of(again.request)
    again.say(*message("in short")).end()
    await idle(rig, thread_id)
    assert await next_model_input(rig, thread_id) == [SUMMARY, "user: two"]


async def test_a_history_too_long_even_when_shortened_stays_unchanged(rig: Rig) -> None:
    thread_id = await talked(rig)
    (await compacting(rig, thread_id)).fail(TOO_LONG)
    again = await rig.model.asked()
    assert seen_by(again) == ["assistant: yes", f"user: {PROMPT}"]
    again.fail(TOO_LONG)
    await idle(rig, thread_id)
    assert outcomes(rig, thread_id) == ["completed", "failed"]
    assert await next_model_input(rig, thread_id) == [*TWO, "user: two"]
