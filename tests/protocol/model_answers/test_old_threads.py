"""Threads that an older version filled with what models said, as it came, go on."""

from typing import Any

import pytest

from tests.protocol.model_answers.stage import Stage
from tests.support.hosts import ORIGIN
from tests.support.responses_endpoint import Json
from tests.support.store import META
from threadhost.events.base import Event
from threadhost.events.ids import thread_stream
from threadhost.events.store.committer import StreamAppend
from threadhost.events.turn import (
    ItemRecorded,
    ModelRequested,
    ModelResponded,
    OutputRecorded,
    TurnCompleted,
    TurnOutcome,
    TurnStarted,
)

AS_IT_CAME: list[Json] = [
    {"type": "reasoning", "id": "rs_1", "summary": []},
    {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "look", "arguments": "{"},
    {"type": "function_call_output", "call_id": "c1", "output": "the arguments are not JSON"},
    {"type": "function_call", "id": "fc_2", "call_id": "c1", "name": "lo\0ok", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "c1", "output": "unsupported call: lo\0ok"},
    {"type": "function_call", "id": "", "call_id": "x" * 80, "name": "look", "arguments": ""},
    {"type": "function_call_output", "call_id": "x" * 80, "output": "seen"},
    {"type": "custom_tool_call", "id": "ct", "call_id": "c9", "name": "patch", "input": "x"},
    {"type": "local_shell_call", "id": "ls", "call_id": "c10", "status": "completed"},
    {"type": "tool_search_call", "id": "ts", "call_id": "c11", "arguments": {"q": 1}},
    {"type": "web_search_call", "id": "ws", "status": "completed"},
    {"type": "hologram", "id": "h"},
    {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "e", "content": []},
]


def turn(number: int, outputs: list[Json], outcome: TurnOutcome) -> list[Event]:
    """A turn as it was recorded then."""
    turn_id = f"0193a1b2-0000-7000-8000-00000000000{number}"
    picture = {"type": "localImage", "path": "/gone.png"}
    content: list[Any] = [{"type": "text", "text": "hello", "text_elements": []}, picture]
    asked = {"type": "userMessage", "id": f"u{number}", "clientId": None, "content": content}
    empty = {"type": "agentMessage", "id": "msg-1", "text": "", "phase": None}
    return [
        TurnStarted(turn_id=turn_id, started_at_ms=1),
        _item(turn_id, asked),
        ModelRequested(turn_id=turn_id, request=1, model="m", history_items=1, digest="d"),
        *(OutputRecorded(turn_id=turn_id, output=one) for one in outputs),
        _item(turn_id, empty),
        ModelResponded(turn_id=turn_id, request=1, response_id="r"),
        TurnCompleted(turn_id=turn_id, outcome=outcome, started_at_ms=1, completed_at_ms=2),
    ]


def _item(turn_id: str, item: dict[str, Any]) -> ItemRecorded:
    times = {"startedAtMs": 1, "completedAtMs": 1}
    return ItemRecorded(
        turn_id=turn_id, item_id=item["id"], type=item["type"], item={**item, **times}
    )


@pytest.mark.slices
async def test_a_history_that_no_provider_accepts_is_repaired_in_each_request(
    stage: Stage,
) -> None:
    host = stage.host.running
    await host.host.life.unload([stage.thread_id], "test", ORIGIN)
    stream, log = thread_stream(stage.thread_id), host.logs.durable
    events = [*turn(1, AS_IT_CAME, "completed"), *turn(2, AS_IT_CAME, "interrupted")]
    head = await log.stream_head(stream)
    assert head is not None
    await log.append(StreamAppend(stream, events, head.version), meta=META)
    await stage.client.ok("thread/resume", {"threadId": stage.thread_id})
    await stage.good_turn()
    sent = stage.requests[-1]
    kinds = [item["type"] for item in sent]
    assert kinds.count("function_call") == kinds.count("function_call_output") == 12
    assert {item["call_id"] for item in sent if "call_id" in item}.isdisjoint({"x" * 80, ""})
    assert "/gone.png" in str(sent[0]["content"][1]["text"])
    [warning] = stage.told("warning")
    assert "were changed so that the provider accepts them" in warning["message"]
    await stage.restart()
    await stage.good_turn()
    assert stage.requests[-1][: len(sent)] == sent
    await stage.check_readers()
