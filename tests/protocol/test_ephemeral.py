"""Threads that live only in memory."""

import pytest

from tests.protocol.talk import begin, end, start, talk
from tests.support.client import Client
from tests.support.server import Host


async def test_an_ephemeral_thread_is_refused_and_stays_usable(each_host: Host) -> None:
    client = await each_host.client()
    thread_id = await start(client, ephemeral=True)
    await talk(client, thread_id)
    error = await client.refused("thread/delete", {"threadId": thread_id})
    words = f"thread is not persisted and cannot be deleted: {thread_id}"
    assert error == {"code": -32600, "message": words}
    assert (await client.ok("thread/loaded/list"))["data"] == [thread_id]
    assert (await talk(client, thread_id))["status"] == "completed"


async def test_an_ephemeral_thread_can_be_read_with_its_turns_but_is_not_listed(
    client: Client,
) -> None:
    thread_id = await start(client, ephemeral=True)
    turn = await talk(client, thread_id, "hello")
    read = await client.ok("thread/read", {"threadId": thread_id, "includeTurns": True})
    assert read["thread"]["ephemeral"]
    assert [t["id"] for t in read["thread"]["turns"]] == [turn["id"]]
    assert [i["type"] for i in read["thread"]["turns"][0]["items"]] == [
        "userMessage",
        "agentMessage",
    ]
    assert (await client.ok("thread/list"))["data"] == []


async def test_an_ephemeral_thread_is_gone_after_a_restart(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client, ephemeral=True)
    await talk(client, thread_id)
    await host.restart()
    client = await host.client()
    error = await client.refused("thread/read", {"threadId": thread_id})
    assert error["message"] == f"thread not loaded: {thread_id}"
    error = await client.refused("thread/delete", {"threadId": thread_id})
    assert error["message"] == f"thread not found: {thread_id}"


async def test_an_ephemeral_child_is_deleted_with_its_parent(client: Client) -> None:
    root = await start(client)
    child = await start(client, parentThreadId=root, ephemeral=True)
    grandchild = await start(client, parentThreadId=child, ephemeral=True)
    preview = await client.ok("host/thread/previewDelete", {"threadId": root})
    assert preview["deleteOrder"] == [grandchild, child, root]
    await client.ok("thread/delete", {"threadId": root})
    await client.notice("thread/deleted", threadId=root)
    assert (await client.ok("thread/loaded/list"))["data"] == []


async def test_a_durable_thread_cannot_be_a_child_of_an_ephemeral_one(client: Client) -> None:
    root = await start(client, ephemeral=True)
    error = await client.refused("thread/start", {"cwd": "/", "parentThreadId": root})
    assert error["code"] == -32600
    assert "ephemeral" in error["message"]


@pytest.mark.few(1)
@pytest.mark.parametrize("method", ["thread/name/set", "turn/interrupt", "thread/unsubscribe"])
async def test_an_ephemeral_thread_accepts_the_same_commands_as_others(
    method: str, client: Client
) -> None:
    thread_id = await start(client, ephemeral=True)
    turn_id = await begin(client, thread_id, '@echo {"steps": [{"hang": true}]}')
    params = {"threadId": thread_id, "turnId": turn_id, "name": "n"}
    await client.ok(method, params)
    if method == "turn/interrupt":
        assert (await end(client, turn_id))["status"] == "interrupted"
