"""A home that is closed and opened again: all is there, and nothing is loaded until it is used."""

import pytest

from tests.protocol.talk import HANG, begin, end, script, shown, start, talk, turn_params
from tests.support.server import Host


async def test_threads_read_the_same_after_a_restart(each_host: Host) -> None:
    client = await each_host.client()
    thread_id = await start(client, cwd="/places")
    for text in ("one", script({"fail": {"message": "no luck"}}), "three"):
        await talk(client, thread_id, text)
    await client.ok("thread/name/set", {"threadId": thread_id, "name": "a name"})
    params = {"threadId": thread_id, "includeTurns": True}
    before = (await client.ok("thread/read", params))["thread"]
    await each_host.restart()
    client = await each_host.client()
    after = (await client.ok("thread/read", params))["thread"]
    unloaded = {
        "status": {"type": "notLoaded"},
        "environments": None,
        "canAcceptDirectInput": None,
    }
    assert after == {**before, **unloaded}
    assert [t["status"] for t in after["turns"]] == ["completed", "failed", "completed"]
    assert after["turns"][1]["error"]["message"] == "no luck"
    assert (await client.ok("thread/loaded/list"))["data"] == []


async def test_a_turn_activates_a_stored_thread_and_its_client_gets_all_events(
    each_host: Host,
) -> None:
    client = await each_host.client()
    thread_id = await start(client)
    await each_host.restart()
    client = await each_host.client()
    before = len(client.received)
    await talk(client, thread_id)
    order = [shown(m) for m in client.received[before:]]
    assert order[:4] == [
        "thread/status/changed idle",
        "reply",
        "thread/status/changed active",
        "turn/started",
    ]
    assert order[-1] == "turn/completed"
    assert (await client.ok("thread/loaded/list"))["data"] == [thread_id]


async def test_a_turn_on_a_stored_thread_may_change_its_settings(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    await host.restart()
    client = await host.client()
    turn_id = await begin(client, thread_id, "hello", model="another-model")
    await end(client, turn_id)
    read = await client.ok("thread/read", {"threadId": thread_id})
    assert read["thread"]["model"] == "another-model"


@pytest.mark.slices
async def test_reading_methods_load_no_thread(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    await host.restart()
    client = await host.client()
    here = {"threadId": thread_id}
    await client.ok("thread/read", {**here, "includeTurns": True})
    await client.ok("thread/list")
    await client.ok("host/thread/previewDelete", here)
    await client.ok("thread/name/set", {**here, "name": "a name"})
    assert await client.ok("thread/unsubscribe", here) == {"status": "notLoaded"}
    error = await client.refused("turn/interrupt", {**here, "turnId": thread_id})
    assert error == {"code": -32600, "message": "no active turn to interrupt"}
    assert (await client.ok("thread/loaded/list"))["data"] == []
    assert "thread/status/changed" not in client.methods()


async def test_an_unloaded_root_is_deleted_with_its_live_descendants(each_host: Host) -> None:
    client = await each_host.client()
    root = await start(client)
    child = await start(client, parentThreadId=root)
    await each_host.restart()
    client = await each_host.client()
    await talk(client, child)
    before = await client.level()
    await client.ok("thread/delete", {"threadId": root})
    await client.notice("thread/deleted", threadId=root)
    assert [shown(m) for m in client.received[before:]] == [
        "thread/status/changed notLoaded",
        "reply",
        "thread/deleted",
        "thread/deleted",
    ]
    assert (await client.ok("thread/loaded/list"))["data"] == []


async def test_a_host_that_closes_ends_running_turns_as_interrupted(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script(HANG))
    await host.restart()
    client = await host.client()
    params = {"threadId": thread_id, "includeTurns": True}
    [turn] = (await client.ok("thread/read", params))["thread"]["turns"]
    assert (turn["id"], turn["status"]) == (turn_id, "interrupted")


async def test_requests_in_flight_are_answered_when_the_host_closes(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    numbers = [await client.begin("turn/start", turn_params(thread_id, "x")) for _ in range(5)]
    app = host.running
    await app.close()
    for number in numbers:
        await client.answer(number)
