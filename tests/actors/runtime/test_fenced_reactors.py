"""A turn that would begin by itself on a fenced thread is tried once, and keeps nobody waiting."""

from typing import Any

import pytest

from tests.support.hosts import ORIGIN, Rig, open_rig, settle, within
from threadhost.actors.agent import DeliverMessage
from threadhost.actors.command import Command
from threadhost.actors.goal import SetGoal
from threadhost.actors.queue import AddSubmission
from threadhost.adapters.clock import SystemClock
from threadhost.events.store.errors import StreamFenced
from threadhost.events.turn import TurnStarted

WAITING = AddSubmission("s", "t", "i", "m", [{"type": "text", "text": "later"}])
HELLO = SetGoal("g", SystemClock().now_ms(), "hello")
TOLD = DeliverMessage(
    sender_id="p",
    sender_version=1,
    message="input",
    content=[{"type": "text", "text": "go on"}],
    turn_id="t",
    root_turn_id="t",
)


def fenced_for_turns(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From now on no turn begins; the streams in which one was to."""
    append, tried = rig.logs.durable.append, list[str]()

    async def refusing(*appends: Any, **named: Any) -> Any:
        for stream, events, *_ in appends:
            if any(isinstance(event, TurnStarted) for event in events):
                tried.append(stream)
                assert len(tried) < 10, "it is tried again and again"
                raise StreamFenced(stream, TurnStarted.kind, "it is being deleted")
        return await append(*appends, **named)

    monkeypatch.setattr(rig.logs.durable, "append", refusing)
    return tried


@pytest.mark.few(2)
@pytest.mark.parametrize("command", [WAITING, HELLO, TOLD], ids=["queue", "goal", "message"])
async def test_a_turn_that_is_due_on_a_fenced_thread_is_tried_once(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_rig() as rig:
        thread_id = await rig.start()
        tried = fenced_for_turns(rig, monkeypatch)
        await within(rig.host.threads.ask(thread_id, command, ORIGIN))
        await settle(100)
        assert tried == [f"thread-{thread_id}"]
        monkeypatch.undo()
        await within(rig.host.trees.delete(thread_id, ORIGIN))
