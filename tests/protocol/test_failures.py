"""Models that fail: the turn ends, its client is told why, and the thread lives on."""

from typing import Any

import pytest

from tests.protocol.talk import begin, end, script, shown, start, talk
from tests.support.client import Client
from tests.support.server import Host

FAILURES: list[tuple[dict[str, object], str, Any]] = [
    ({"fail": {"message": "too much", "code": "serverOverloaded"}}, "too much", "serverOverloaded"),
    ({"fail": {"message": "who?", "code": "unauthorized"}}, "who?", "unauthorized"),
    ({"fail": {"message": "odd", "code": "no such code"}}, "odd", "other"),
    (
        {"fail": {"message": "gone", "code": "httpConnectionFailed", "http_status": 502}},
        "gone",
        {"httpConnectionFailed": {"httpStatusCode": 502}},
    ),
]


@pytest.mark.parametrize(("step", "message", "info"), FAILURES)
async def test_a_model_that_fails_ends_the_turn_as_failed(
    step: dict[str, object], message: str, info: Any, client: Client
) -> None:
    thread_id = await start(client)
    turn = await talk(client, thread_id, script(step))
    assert turn["status"] == "failed"
    assert (turn["error"]["message"], turn["error"]["codexErrorInfo"]) == (message, info)
    told = await client.notice("error", threadId=thread_id, turnId=turn["id"])
    assert told["params"]["error"] == turn["error"]
    assert told["params"]["willRetry"] is False


async def test_a_failure_is_sent_in_order_and_cleared_by_the_next_turn(each_host: Host) -> None:
    client = await each_host.client()
    thread_id = await start(client)
    before = len(client.received)
    await talk(client, thread_id, script({"fail": {}}))
    assert [shown(m) for m in client.received[before:]][-4:] == [
        "item/completed userMessage",
        "error",
        "thread/status/changed systemError",
        "turn/completed",
    ]
    read = await client.ok("thread/read", {"threadId": thread_id, "includeTurns": True})
    assert read["thread"]["status"] == {"type": "systemError"}
    assert read["thread"]["turns"][0]["error"]["message"] == "scripted failure"
    turn = await talk(client, thread_id)
    assert (turn["status"], turn["error"]) == ("completed", None)
    read = await client.ok("thread/read", {"threadId": thread_id})
    assert read["thread"]["status"] == {"type": "idle"}


async def test_a_stream_that_breaks_off_ends_the_turn_as_failed(each_host: Host) -> None:
    client = await each_host.client()
    thread_id = await start(client)
    turn = await talk(client, thread_id, script({"text": "half of it", "deltas": 2, "break": True}))
    assert turn["status"] == "failed"
    info = turn["error"]["codexErrorInfo"]
    assert info == {"responseStreamDisconnected": {"httpStatusCode": None}}
    assert turn["items"] == []
    assert (await talk(client, thread_id))["status"] == "completed"


async def test_a_model_that_hangs_is_interrupted_and_the_thread_lives_on(each_host: Host) -> None:
    client = await each_host.client()
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script({"text": "some", "hang": True}))
    await client.notice("item/agentMessage/delta")
    error = await client.refused("turn/interrupt", {"threadId": thread_id, "turnId": thread_id})
    words = f"expected active turn id {thread_id} but found {turn_id}"
    assert error == {"code": -32600, "message": words}
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    turn = await end(client, turn_id)
    assert (turn["status"], turn["error"]) == ("interrupted", None)
    error = await client.refused("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    assert error == {"code": -32600, "message": "no active turn to interrupt"}
    assert (await talk(client, thread_id))["status"] == "completed"


async def test_an_interrupt_without_a_turn_id_ends_the_running_turn(client: Client) -> None:
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script({"hang": True}))
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": ""})
    assert (await end(client, turn_id))["status"] == "interrupted"
    assert await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": ""}) == {}


async def test_a_call_of_a_tool_that_is_not_offered_is_refused_to_the_model(client: Client) -> None:
    thread_id = await start(client)
    call: dict[str, object] = {"calls": [{"name": "rm", "args": {}}]}
    turn = await talk(client, thread_id, script(call, {"text": "I see"}))
    assert turn["status"] == "completed"
    assert [item["text"] for item in turn["items"]] == ["I see"]
