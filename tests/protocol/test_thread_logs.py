"""`host/thread/logs`: what the host noted of its own work for a thread, in pages."""

import json

from tests.protocol.talk import script, start, talk
from tests.support.client import Client
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
    error = await client.refused(LOGS, {"threadId": thread_id, "cursor": "x" * 200})
    assert error["message"] == "invalid cursor: " + "x" * 100


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
