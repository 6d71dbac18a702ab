"""Tools that clients offer and answer: over the wire, with one client and with several."""

import asyncio
from typing import Any

import pytest

from tests.protocol.talk import HANG, begin, end, live, script, shown, start, talk
from tests.protocol.tool_talk import (
    BEGUN,
    CALL,
    DONE,
    LOOK,
    QUESTIONS,
    RESOLVED,
    TOOLS,
    USER_INPUT,
    follow,
    named,
    offering,
    open_requests,
    tool_answer,
    tool_item,
)
from tests.support import schema
from tests.support.client import Client
from tests.support.server import Host
from tests.support.tools import function


async def test_a_tool_call_is_started_requested_answered_and_completed_in_this_order(
    each_host: Host,
) -> None:
    client = await each_host.client()
    thread_id = await offering(client)
    before = len(client.received)
    turn_id = await begin(client, thread_id, script(LOOK, DONE))
    request = await client.request(CALL)
    [item] = [m["params"]["item"] for m in client.received[before:] if shown(m) == BEGUN]
    assert request["params"] == {
        "threadId": thread_id,
        "turnId": turn_id,
        "callId": item["id"],
        "namespace": None,
        "tool": "look",
        "arguments": {"q": "x"},
    }
    await client.reply(request, tool_answer("a door"))
    assert (await end(client, turn_id))["status"] == "completed"
    got = [shown(m) for m in client.received[before:]]
    assert got == [
        "reply",
        "thread/status/changed active",
        "turn/started",
        "item/started userMessage",
        "item/completed userMessage",
        BEGUN,
        "thread/tokenUsage/updated",
        CALL,
        RESOLVED,
        "item/completed dynamicToolCall",
        "item/started agentMessage",
        "item/agentMessage/delta",
        "item/completed agentMessage",
        "thread/tokenUsage/updated",
        "thread/status/changed idle",
        "turn/completed",
    ]
    over = await client.notice(RESOLVED)
    assert over["params"] == {"threadId": thread_id, "requestId": request["id"]}
    assert open_requests(each_host) == 0


async def test_the_item_shows_the_call_while_it_runs_and_its_result_after(host: Host) -> None:
    client = await host.client()
    thread_id = await offering(client)
    call: dict[str, Any] = {"calls": [{"name": "open", "namespace": "box", "args": {"q": 1}}]}
    turn_id = await begin(client, thread_id, script(call, DONE))
    request = await client.request(CALL)
    started = await client.until(lambda m: shown(m) == "item/started dynamicToolCall")
    assert (request["params"]["namespace"], request["params"]["tool"]) == ("box", "open")
    item = started["params"]["item"]
    assert (item["type"], item["status"], item["success"]) == (
        "dynamicToolCall",
        "inProgress",
        None,
    )
    parts = [
        {"type": "inputText", "text": "see"},
        {"type": "inputImage", "imageUrl": "data:image/png;base64,AA=="},
    ]
    await client.reply(request, {"contentItems": parts, "success": True})
    await end(client, turn_id)
    stored = await tool_item(client, thread_id)
    assert stored["contentItems"] == parts
    assert (stored["id"], stored["status"], stored["success"]) == (item["id"], "completed", True)
    assert stored["durationMs"] >= 0


async def test_a_call_on_a_thread_that_lives_in_memory_is_like_any_other(host: Host) -> None:
    client = await host.client()
    thread_id = await offering(client, ephemeral=True)
    turn_id = await begin(client, thread_id, script(LOOK, {"text": "{output}"}))
    await client.reply(await client.request(CALL), tool_answer("a door"))
    assert (await end(client, turn_id))["items"][-1]["text"] == "a door"
    started = await client.until(lambda m: shown(m) == "item/started dynamicToolCall")
    assert started["params"]["item"]["status"] == "inProgress"


async def test_a_replay_sends_calls_and_questions_as_they_were_sent_live(host: Host) -> None:
    client, late = await host.client(), await host.client()
    before = len(client.received)
    thread_id = await offering(client)
    turn_id = await begin(client, thread_id, script(LOOK, QUESTIONS, DONE))
    await client.reply(await client.request(CALL), tool_answer("a door"))
    await client.reply(await client.request(USER_INPUT), {"answers": {}})
    await end(client, turn_id)
    missed = await late.level()
    await late.ok("host/events/subscribe", {"afterPosition": 0})
    await end(late, turn_id)
    told = [m for m in client.received[before:] if "position" in m and not live(m)]
    told = [m for m in told if m["method"] != RESOLVED]
    again = [m for m in late.received[missed:] if "position" in m]
    assert [(shown(m), m["position"]) for m in again] == [(shown(m), m["position"]) for m in told]


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ({"error": {"code": -32000, "message": "broken"}}, "request failed: broken"),
        ({"error": {"code": -32601, "message": "what?"}}, "request failed: what?"),
        ({"error": {}}, "request failed: no reason"),
        ({"result": None}, "response was invalid: "),
        ({"result": {"success": True}}, "response was invalid: missing field `contentItems`"),
        ({"result": {"contentItems": [{"type": "x"}], "success": True}}, "response was invalid: "),
        ({"result": tool_answer("I could not", success=False)}, None),
    ],
)
async def test_a_failed_call_is_shown_as_failed_and_the_turn_goes_on(
    host: Host, answer: dict[str, Any], text: str | None
) -> None:
    client = await host.client()
    thread_id = await offering(client)
    turn_id = await begin(client, thread_id, script(LOOK, DONE))
    request = await client.request(CALL)
    await client.send({"id": request["id"], **answer})
    assert (await end(client, turn_id))["items"][-1]["text"] == "done"
    stored = await tool_item(client, thread_id)
    assert (stored["status"], stored["success"]) == ("failed", False)
    shown_text = stored["contentItems"][0]["text"]
    assert shown_text.startswith(f"dynamic tool {text}" if text else "I could not")


async def test_a_tool_call_without_a_client_to_answer_fails_at_once(host: Host) -> None:
    client = await host.client()
    thread_id = await offering(client)
    await client.ok("thread/unsubscribe", {"threadId": thread_id})
    watcher = await host.client()
    await watcher.ok("host/events/subscribe", {"afterPosition": 0})
    turn_id = await begin(client, thread_id, script(LOOK, DONE))
    await end(watcher, turn_id)
    stored = await tool_item(client, thread_id)
    expected = "dynamic tool request failed: no client is connected that can answer"
    assert stored["contentItems"][0]["text"] == expected
    assert [m for m in watcher.received if m.get("method") == CALL] == []


async def test_the_client_that_caused_the_turn_is_asked_first_and_alone(host: Host) -> None:
    first, second = await named(host, "first"), await named(host, "second")
    plain = await named(host, "plain", experimentalApi=False)
    thread_id = await offering(first)
    await follow(plain, thread_id)
    await follow(second, thread_id)
    turn_id = await begin(second, thread_id, script(LOOK, DONE))
    request = await second.request(CALL)
    await second.reply(request, tool_answer("seen"))
    for client in (first, second, plain):
        await end(client, turn_id)
    for client in (first, plain):
        assert not [m for m in client.received if m.get("method") in (CALL, RESOLVED)]


async def test_another_follower_is_asked_when_the_first_goes_away(host: Host) -> None:
    first, second = await named(host, "first"), await named(host, "second")
    thread_id = await offering(first)
    await follow(second, thread_id)
    turn_id = await begin(first, thread_id, script(LOOK, DONE))
    await first.request(CALL)
    await first.close()
    await second.reply(await second.request(CALL), tool_answer("by the second"))
    await end(second, turn_id)
    stored = await tool_item(second, thread_id)
    assert stored["contentItems"][0]["text"] == "by the second"


async def test_another_follower_is_asked_when_the_first_does_not_know_the_request(
    host: Host,
) -> None:
    first, second = await named(host, "first"), await named(host, "second")
    thread_id = await offering(first)
    await follow(second, thread_id)
    turn_id = await begin(first, thread_id, script(LOOK, DONE))
    await first.refuse(await first.request(CALL), -32601)
    await second.reply(await second.request(CALL), tool_answer("by the second"))
    await end(second, turn_id)
    assert (await tool_item(second, thread_id))["success"] is True


async def test_an_error_from_the_tool_is_the_answer_and_no_other_client_is_called(
    host: Host,
) -> None:
    first, second = await named(host, "first"), await named(host, "second")
    thread_id = await offering(first)
    await follow(second, thread_id)
    turn_id = await begin(first, thread_id, script(LOOK, DONE))
    await first.refuse(await first.request(CALL), -32000)
    await end(second, turn_id)
    assert not [m for m in second.received if m.get("method") == CALL]
    assert (await tool_item(second, thread_id))["success"] is False


async def test_a_client_without_the_capability_is_never_asked(host: Host) -> None:
    first, plain = await named(host, "first"), await named(host, "plain", experimentalApi=False)
    thread_id = await offering(first)
    await follow(plain, thread_id)
    await first.ok("thread/unsubscribe", {"threadId": thread_id})
    turn_id = await begin(first, thread_id, script(LOOK, QUESTIONS, DONE))
    assert (await end(plain, turn_id))["status"] == "completed"
    assert not [m for m in plain.received if m.get("method") in (CALL, USER_INPUT)]


async def test_the_only_client_going_away_fails_the_call(host: Host) -> None:
    client, watcher = await host.client(), await host.client()
    await watcher.ok("host/events/subscribe", {"afterPosition": 0})
    thread_id = await offering(client)
    turn_id = await begin(client, thread_id, script(LOOK, DONE))
    await client.request(CALL)
    await client.close()
    assert (await end(watcher, turn_id))["status"] == "completed"
    stored = await tool_item(watcher, thread_id)
    expected = "dynamic tool request failed: the client disconnected"
    assert stored["contentItems"][0]["text"] == expected


async def test_an_interrupt_cancels_open_requests_and_a_late_answer_is_ignored(
    each_host: Host,
) -> None:
    client = await each_host.client()
    thread_id = await offering(client)
    both: dict[str, Any] = {"calls": [*LOOK["calls"], *QUESTIONS["calls"]]}
    turn_id = await begin(client, thread_id, script(both, DONE))
    requests = [await client.request(CALL), await client.request(USER_INPUT)]
    before = len(client.received)
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    assert (await end(client, turn_id))["status"] == "interrupted"
    for request in requests:
        await client.notice(RESOLVED, after=before, requestId=request["id"])
        await client.reply(request, tool_answer("too late"))
        await client.reply(request, tool_answer("twice"))
    after_end = [shown(m) for m in client.received[before:]]
    assert after_end.index("turn/completed") < after_end.index(RESOLVED)
    assert open_requests(each_host) == 0
    assert (await tool_item(client, thread_id))["status"] == "failed"
    assert (await talk(client, thread_id, "and now?"))["status"] == "completed"


async def test_a_deletion_cancels_open_requests(host: Host) -> None:
    client = await host.client()
    thread_id = await offering(client)
    await begin(client, thread_id, script(LOOK, DONE))
    request = await client.request(CALL)
    await client.ok("thread/delete", {"threadId": thread_id})
    await client.notice("thread/deleted", threadId=thread_id)
    await client.notice(RESOLVED, requestId=request["id"])
    await client.reply(request, tool_answer("too late"))
    await client.level()
    assert open_requests(host) == 0


async def test_after_a_restart_no_call_is_left_in_progress_and_the_tools_are_there(
    host: Host,
) -> None:
    client = await host.client()
    thread_id = await offering(client)
    await begin(client, thread_id, script(LOOK, DONE))
    await client.request(CALL)
    await host.restart()
    client = await host.client()
    stored = await tool_item(client, thread_id)
    assert (stored["status"], stored["success"]) == ("failed", False)
    turn_id = await begin(client, thread_id, script(LOOK, DONE))
    await client.reply(await client.request(CALL), tool_answer("again"))
    await end(client, turn_id)
    assert (await tool_item(client, thread_id))["success"] is True


async def test_tools_need_the_experimental_capability(host: Host) -> None:
    client = await host.client(experimentalApi=False)
    error = await client.refused("thread/start", {"dynamicTools": TOOLS})
    assert error == {
        "code": -32600,
        "message": "thread/start.dynamicTools requires experimentalApi capability",
    }


async def test_a_tool_that_cannot_be_offered_is_refused_with_the_reason(client: Client) -> None:
    error = await client.refused("thread/start", {"dynamicTools": [function("mcp")]})
    assert error == {"code": -32600, "message": "dynamic tool name is reserved: mcp"}
    error = await client.refused("thread/start", {"dynamicTools": [{"type": "function"}]})
    assert error["message"] == "Invalid request: missing field `name` (at `dynamicTools[0]`)"


async def test_a_function_of_an_older_client_needs_no_type(client: Client) -> None:
    untold = {key: value for key, value in function("look").items() if key != "type"}
    thread_id = await start(client, dynamicTools=[untold])
    turn_id = await begin(client, thread_id, script(LOOK, DONE))
    await client.reply(await client.request(CALL), tool_answer("a door"))
    assert (await end(client, turn_id))["status"] == "completed"


async def test_functions_of_an_older_client_name_their_namespace(client: Client) -> None:
    untold = {key: value for key, value in function("look").items() if key != "type"}
    tools = [{**untold, "name": name, "namespace": "box"} for name in ("shut", "open")]
    thread_id = await start(
        client, dynamicTools=[tools[0], {**untold, "namespace": None}, tools[1]]
    )
    call: dict[str, Any] = {"calls": [{"name": "open", "namespace": "box", "args": {}}]}
    turn_id = await begin(client, thread_id, script(call, LOOK, DONE))
    mark = 0
    for asked in (("box", "open"), (None, "look")):
        request = await client.request(CALL, mark)
        mark = len(client.received)
        assert (request["params"]["namespace"], request["params"]["tool"]) == asked
        await client.reply(request, tool_answer("a door"))
    assert (await end(client, turn_id))["status"] == "completed"
    for refused, words in (
        ([tools[0], tools[0]], "duplicate dynamic tool name in namespace box: shut"),
        ([{**untold, "namespace": ""}], "dynamic tool namespace must not be empty"),
        ([{**untold, "namespace": "mcp__x"}], "dynamic tool namespace is reserved: mcp__x"),
    ):
        error = await client.refused("thread/start", {"dynamicTools": refused})
        assert error == {"code": -32600, "message": words}


async def test_a_host_that_stops_cancels_its_open_requests(host: Host) -> None:
    client = await host.client()
    thread_id = await offering(client)
    await begin(client, thread_id, script(LOOK, HANG))
    request = await client.request(CALL)
    closing = asyncio.create_task(host.running.close())
    await client.notice(RESOLVED, requestId=request["id"])
    await closing


def test_the_answer_used_in_these_tests_fits_the_schema() -> None:
    schema.validate("answer", CALL, tool_answer("x"))
