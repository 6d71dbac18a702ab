"""`host/thread/logs`: what the host noted of its own work for a thread, in pages."""

import json

import pytest

from tests.protocol.talk import begin, end, script, start, talk
from tests.protocol.test_tool_approvals import DROP, box
from tests.protocol.tool_talk import CALL, DONE, said
from tests.support.client import Client
from tests.support.mcp import ELICITATION
from tests.support.server import Host

LOGS = "host/thread/logs"


async def test_a_thread_has_a_log_of_what_was_done_for_it(client: Client) -> None:
    thread_id = await start(client)
    await talk(client, thread_id, script({"text": "a canary"}, say="another canary"))
    steer = {"threadId": thread_id, "expectedTurnId": "x", "input": []}
    await client.refused("turn/steer", steer)
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
    found, cursor = [], None
    while True:
        params = {"threadId": thread_id, "limit": 4, "cursor": cursor}
        page = await client.ok(LOGS, params)
        found += page["data"]
        if (cursor := page["nextCursor"]) is None:
            break
    assert found == whole
    assert [line["seq"] for line in whole] == list(range(1, 7))


@pytest.mark.few(1)
@pytest.mark.parametrize(
    "cursor", ["x" * 200, "", "3", "-1.0", "1.-2", "1.2.3", "9" * 19 + ".1", "\u0663.1"]
)
async def test_a_cursor_that_no_page_gave_is_refused(client: Client, cursor: str) -> None:
    thread_id = await start(client)
    error = await client.refused(LOGS, {"threadId": thread_id, "cursor": cursor})
    assert error["message"] == f"invalid cursor: {cursor[:100]}"


@pytest.mark.parametrize("cursor", ["0.0", "2.1", "9" * 18 + "." + "9" * 18])
async def test_a_cursor_of_another_log_is_read_from_the_begin(client: Client, cursor: str) -> None:
    thread_id = await start(client)
    await talk(client, thread_id)
    whole = (await client.ok(LOGS, {"threadId": thread_id}))["data"]
    assert (await client.ok(LOGS, {"threadId": thread_id, "cursor": cursor}))["data"] == whole


async def test_calls_and_approvals_are_in_the_log_and_nothing_that_was_said(client: Client) -> None:
    tools = box({"readOnlyHint": False})
    thread_id = await start(client, dynamicTools=tools, approvalPolicy="untrusted")
    turn_id = await begin(client, thread_id, script(DROP, DONE))
    await client.reply(await client.request(ELICITATION), {"action": "accept"})
    await client.reply(await client.request(CALL), said("a canary"))
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
