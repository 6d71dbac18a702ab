"""`host/thread/logs`: what the host noted of its own work for a thread, in pages."""

import json
from typing import Any

import pytest

from tests.protocol.talk import begin, end, script, start, talk
from tests.protocol.test_tool_approvals import DROP, box
from tests.protocol.tool_talk import CALL, DONE, tool_answer
from tests.support.client import Client
from tests.support.mcp import ELICITATION
from tests.support.server import Host
from threadhost.adapters.jsonrpc.cursor import NUMBER_MAX, cursor
from threadhost.events.words import truncate

LOGS = "host/thread/logs"


async def test_a_thread_has_a_log_of_what_was_done_for_it(client: Client) -> None:
    thread_id = await start(client)
    await talk(client, thread_id, script({"text": "a canary"}, say="another canary"))
    spelling = f"urn:uuid:{thread_id.upper()}"
    await client.refused("turn/steer", {"threadId": spelling, "expectedTurnId": "x", "input": []})
    page = await client.ok(LOGS, {"threadId": thread_id})
    events = [line["event"] for line in page["data"]]
    assert events == ["turnStarted", "modelResponded", "turnEnded", "refused"]
    assert page["nextCursor"] is None
    assert "canary" not in json.dumps(page)
    refused = page["data"][-1]
    assert (refused["level"], refused["details"]["method"]) == ("warn", "turn/steer")


async def test_the_log_is_read_in_pages(client: Client) -> None:
    thread_id = await start(client)
    for _ in range(2):
        await talk(client, thread_id)
    whole = (await client.ok(LOGS, {"threadId": thread_id}))["data"]
    pages, more = [], None
    while True:
        params = {"threadId": thread_id, "limit": 4, "cursor": more}
        page = await client.ok(LOGS, params)
        pages += page["data"]
        if (more := page["nextCursor"]) is None:
            break
    assert pages == whole
    assert len({line["version"] for line in whole}) == len(whole) == 6


@pytest.mark.few(1)
@pytest.mark.parametrize(
    "text", ["x" * 200, "", "3", "1.2.3", "WzEsMl0", "WzEsMiwtM10", "\u0663.1"]
)
async def test_a_cursor_that_no_page_gave_is_refused(client: Client, text: str) -> None:
    thread_id = await start(client)
    error = await client.refused(LOGS, {"threadId": thread_id, "cursor": text})
    assert error["message"] == f"invalid cursor: {truncate(text, 100)}"


@pytest.mark.parametrize("place", [(0, 0, 0), (0, 2, 1), (NUMBER_MAX, NUMBER_MAX, NUMBER_MAX)])
async def test_a_thread_log_cursor_of_another_log_starts_at_the_beginning(
    client: Client, place: tuple[int, int, int]
) -> None:
    thread_id = await start(client)
    await talk(client, thread_id)
    whole = (await client.ok(LOGS, {"threadId": thread_id}))["data"]
    params = {"threadId": thread_id, "cursor": cursor(*place)}
    assert (await client.ok(LOGS, params))["data"] == whole


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
async def test_pages_have_each_line_once_whether_of_events_or_noted_beside(
    client: Client, limit: int
) -> None:
    thread_id = await start(client)
    steer = {"threadId": thread_id, "expectedTurnId": "x", "input": []}
    for _ in range(3):
        await client.refused("turn/steer", steer)
        await talk(client, thread_id)
    whole = (await client.ok(LOGS, {"threadId": thread_id}))["data"]
    pages, params = list[Any](), {"threadId": thread_id, "limit": limit}
    while True:
        page = await client.ok(LOGS, params)
        pages += page["data"]
        if (more := page["nextCursor"]) is None:
            break
        params = params | {"cursor": more}
    assert pages == whole
    turn = ["turnStarted", "modelResponded", "turnEnded"]
    assert sorted(line["event"] for line in whole) == sorted(3 * ["refused", *turn])


async def test_calls_and_approvals_are_in_the_thread_log_without_their_content(
    client: Client,
) -> None:
    tools = box({"readOnlyHint": False})
    thread_id = await start(client, dynamicTools=tools, approvalPolicy="untrusted")
    turn_id = await begin(client, thread_id, script(DROP, DONE))
    await client.reply(await client.request(ELICITATION), {"action": "accept"})
    await client.reply(await client.request(CALL), tool_answer("a canary"))
    await end(client, turn_id)
    page = await client.ok(LOGS, {"threadId": thread_id})
    found = {line["event"]: line["details"] for line in page["data"]}
    assert found["elicitationAsked"] == {"about": "approval"}
    assert found["elicitationAnswered"] == {"outcome": "accept"}
    assert found["toolAnswered"]["success"] is True
    assert "canary" not in json.dumps(page)
    assert "drop" not in json.dumps(page)


async def test_the_log_outlives_a_restart_and_goes_with_its_thread(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    await host.restart()
    client = await host.client()
    lines = (await client.ok(LOGS, {"threadId": thread_id}))["data"]
    assert [line["event"] for line in lines][-1] == "threadStopped"
    assert (await client.ok("thread/loaded/list"))["data"] == []
    await client.ok("thread/delete", {"threadId": thread_id})
    error = await client.refused(LOGS, {"threadId": thread_id})
    assert error == {"code": -32600, "message": f"thread not found: {thread_id}"}
    assert await host.running.logs.durable.reads.rows("SELECT * FROM thread_log") == []
