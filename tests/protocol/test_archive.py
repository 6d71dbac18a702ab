"""Putting threads away and taking them out: who goes along, who may still do what, what is told."""

import pytest

from tests.protocol.talk import HANG, begin, end, script, shown, start, talk, tree, turn_params
from tests.support.client import Client
from tests.support.server import Host


async def archived(client: Client) -> list[str]:
    """The ids in the list of archived threads, newest first."""
    page = await client.ok("thread/list", {"archived": True, "sourceKinds": SOURCES})
    return [thread["id"] for thread in page["data"]]


SOURCES = ["vscode", "subAgentThreadSpawn"]


async def test_a_tree_is_put_away_root_first_then_deepest_first(each_host: Host) -> None:
    client = await each_host.client()
    ids = await tree(client, 0, 0, 1, 3)
    for thread_id in ids:
        await talk(client, thread_id)
    mark = len(client.received)
    await client.ok("thread/archive", {"threadId": ids[0]})
    for thread_id in ids:
        await client.notice("thread/archived", mark, threadId=thread_id)
    told = [
        (shown(message), message.get("params", {}).get("threadId"))
        for message in client.received[mark:]
    ]
    assert sorted(told[:5]) == sorted(("thread/status/changed notLoaded", t) for t in ids)
    assert told[5] == ("reply", None)
    order = [thread_id for what, thread_id in told[6:] if what == "thread/archived"]
    assert order == [ids[0], ids[4], ids[3], *sorted([ids[1], ids[2]], reverse=True)]
    assert sorted(await archived(client)) == sorted(ids)
    assert (await client.ok("thread/list", {"sourceKinds": SOURCES}))["data"] == []
    assert (await client.ok("thread/loaded/list"))["data"] == []


@pytest.mark.slices
async def test_unarchiving_a_thread_leaves_its_children_archived(host: Host) -> None:
    client = await host.client()
    root, child = await tree(client, 0)
    for thread_id in (root, child):
        await talk(client, thread_id)
    await client.ok("thread/archive", {"threadId": root})
    await host.restart()
    client = await host.client()
    found = await client.ok("thread/unarchive", {"threadId": root})
    assert found["thread"]["status"] == {"type": "notLoaded"}
    await client.notice("thread/unarchived", threadId=root)
    assert await archived(client) == [child]
    await talk(client, root, "back again")
    await client.ok("thread/archive", {"threadId": root})
    assert sorted(await archived(client)) == sorted([root, child])


async def test_a_turn_that_runs_is_interrupted_first(each_host: Host) -> None:
    client = await each_host.client()
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script({"text": "said", **HANG}))
    await client.notice("item/started", threadId=thread_id, turnId=turn_id)
    await client.ok("thread/archive", {"threadId": thread_id})
    assert (await end(client, turn_id))["status"] == "interrupted"
    order = [shown(message) for message in client.received]
    assert order[-1] == "thread/archived" or (await client.notice("thread/archived"))
    assert order.index("turn/completed") < order.index("thread/status/changed notLoaded")


@pytest.mark.slices
async def test_an_archived_thread_can_only_be_read_named_and_deleted(
    host: Host,
) -> None:
    client = await host.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    await client.ok("thread/archive", {"threadId": thread_id})
    here = {"threadId": thread_id}
    words = f"session {thread_id} is archived. Run `codex unarchive {thread_id}`"
    for method, params in (
        ("thread/resume", here),
        ("turn/start", turn_params(thread_id, "hello")),
        ("thread/start", {"parentThreadId": thread_id}),
    ):
        error = await client.refused(method, params)
        assert (error["code"], error["message"][: len(words)]) == (-32600, words), method
        assert await client.reason(method, params) == "threadArchived"
    again = await client.refused("thread/archive", here)
    assert again["message"].startswith(f"no rollout found for thread id {thread_id}")
    await client.ok("thread/name/set", {**here, "name": "put away"})
    read = await client.ok("thread/read", {**here, "includeTurns": True})
    assert (read["thread"]["name"], len(read["thread"]["turns"])) == ("put away", 1)
    assert len((await client.ok("thread/turns/list", here))["data"]) == 1
    assert await archived(client) == [thread_id]
    await client.ok("thread/delete", here)
    assert await archived(client) == []


async def test_an_archive_or_unarchive_that_does_not_apply_is_refused_and_changes_nothing(
    host: Host,
) -> None:
    client = await host.client()
    fleeting = await start(client, ephemeral=True)
    thread_id = await start(client)
    nobody = "01a20280-45b9-751b-94a8-29a36213916d"
    for unknown in (fleeting, nobody):
        error = await client.refused("thread/archive", {"threadId": unknown})
        assert error["message"] == f"no rollout found for thread id {unknown}"
    for unknown in (fleeting, nobody, thread_id):
        error = await client.refused("thread/unarchive", {"threadId": unknown})
        expected = f"no archived rollout found for thread id {unknown}"
        assert error["message"].startswith(expected)
    for method in ("thread/archive", "thread/unarchive"):
        error = await client.refused(method, {"threadId": "x"})
        assert error["message"].startswith("invalid session id: ")
    assert sorted((await client.ok("thread/loaded/list"))["data"]) == sorted([fleeting, thread_id])


async def test_a_client_that_was_away_gets_archive_notifications_from_its_cursor(
    host: Host,
) -> None:
    client = await host.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    position = max(m["position"] for m in client.received if "position" in m)
    await client.ok("thread/archive", {"threadId": thread_id})
    await client.ok("thread/unarchive", {"threadId": thread_id})
    other = await host.client()
    await other.ok("host/events/subscribe", {"afterPosition": position})
    await other.notice("thread/unarchived", threadId=thread_id)
    told = [shown(m) for m in other.received if m.get("method", "").startswith("thread/")]
    assert told == ["thread/status/changed notLoaded", "thread/archived", "thread/unarchived"]
