"""In which order a reply and its consequences come, and to whom."""

from pathlib import Path

from tests.protocol.talk import HANG, begin, deleted, end, script, shown, start, talk, tree
from tests.support.client import Client
from tests.support.server import Host

TURN = [
    "reply",
    "thread/status/changed active",
    "turn/started",
    "item/started userMessage",
    "item/completed userMessage",
    "item/started agentMessage",
    "item/agentMessage/delta",
    "item/completed agentMessage",
    "thread/tokenUsage/updated",
    "thread/status/changed idle",
    "turn/completed",
]


async def test_a_thread_is_answered_and_then_announced_to_everyone(each_host: Host) -> None:
    client, other = await each_host.client(), await each_host.client()
    before = len(client.received)
    thread_id = await start(client)
    await client.level()
    assert [shown(m) for m in client.received[before:]] == ["reply", "thread/started", "reply"]
    news = await other.notice("thread/started")
    assert news["params"]["thread"]["id"] == thread_id


async def test_a_turn_is_answered_and_then_notified_step_by_step(each_host: Host) -> None:
    client = await each_host.client()
    thread_id = await start(client)
    before = len(client.received)
    await talk(client, thread_id)
    assert [shown(m) for m in client.received[before:]] == TURN


async def test_a_turn_is_answered_before_notifications_whatever_the_client_opted_out_of(
    host: Host,
) -> None:
    kinds = [s.split()[0] for s in TURN if s.split()[0] not in ("reply", "turn/completed")]
    kinds.remove("item/agentMessage/delta")
    client = await host.client(optOutNotificationMethods=kinds)
    thread_id = (await client.ok("thread/start", {"cwd": "/"}))["thread"]["id"]
    before = await client.level()
    await talk(client, thread_id)
    got = [shown(m) for m in client.received[before:] if m.get("method") != "thread/started"]
    assert got == ["reply", "item/agentMessage/delta", "turn/completed"]


async def test_a_tree_is_deleted_leaf_first_after_the_answer(each_host: Host) -> None:
    client, other = await each_host.client(), await each_host.client()
    deaf = await each_host.client(optOutNotificationMethods=["thread/deleted"])
    stranger = await each_host.connect()
    ids = await tree(client, 0, 0, 1, 1, 2)
    before = await client.level()
    await client.ok("thread/delete", {"threadId": ids[0]})
    await client.notice("thread/deleted", threadId=ids[0])
    order = [shown(m) for m in client.received[before:]]
    statuses = ["thread/status/changed notLoaded"] * 6
    assert order == [*statuses, "reply", *["thread/deleted"] * 6]
    assert deleted(client) == ids[::-1]
    await other.notice("thread/deleted", threadId=ids[0])
    assert deleted(other) == ids[::-1]
    await deaf.level()
    assert deleted(deaf) == []
    assert stranger.received == []


async def test_a_turn_in_flight_ends_before_its_thread_is_deleted(each_host: Host) -> None:
    client = await each_host.client()
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script(HANG))
    await client.notice("item/completed")
    before = await client.level()
    await client.ok("thread/delete", {"threadId": thread_id})
    await client.notice("thread/deleted", threadId=thread_id)
    assert [shown(m) for m in client.received[before:]] == [
        "thread/status/changed idle",
        "turn/completed",
        "thread/status/changed notLoaded",
        "reply",
        "thread/deleted",
    ]
    assert (await end(client, turn_id))["status"] == "interrupted"


def block(host: Host, thread_id: str) -> Path:
    """Make the files of a thread impossible to remove."""
    elsewhere = host.home / "elsewhere"
    elsewhere.mkdir()
    blobs = host.home / "blobs"
    blobs.mkdir(exist_ok=True)
    place = blobs / f"thread-{thread_id}"
    place.symlink_to(elsewhere)
    return place


async def test_deleted_threads_are_announced_before_the_error_of_a_halted_deletion(
    each_host: Host,
) -> None:
    client = await each_host.client()
    root, middle, leaf = await tree(client, 0, 1)
    place = block(each_host, middle)
    before = await client.level()
    error = await client.refused("thread/delete", {"threadId": root})
    assert error["code"] == -32603
    assert error["message"].startswith("failed to delete thread: ")
    assert deleted(client) == [leaf]
    assert client.methods(before)[-2:] == ["thread/deleted", "error"]
    for thread_id in (root, middle):
        await talk(client, thread_id)
    place.unlink()
    await client.ok("thread/delete", {"threadId": root})
    await client.notice("thread/deleted", threadId=root)
    assert deleted(client) == [leaf, middle, root]


async def test_a_child_is_announced_like_its_parent(client: Client) -> None:
    root = await start(client)
    child = await start(client, parentThreadId=root)
    started = [m["params"]["thread"] for m in client.notices if m["method"] == "thread/started"]
    assert [t["id"] for t in started] == [root, child]
    assert started[1]["parentThreadId"] == root
    assert started[1]["sessionId"] == root
    assert started[1]["source"]["subAgent"]["thread_spawn"]["depth"] == 1


async def test_an_interrupt_is_answered_and_then_the_turn_ends(each_host: Host) -> None:
    client = await each_host.client()
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script({"text": "so far", "hang": True}))
    await client.notice("item/agentMessage/delta")
    before = await client.level()
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    assert (await end(client, turn_id))["status"] == "interrupted"
    order = [shown(m) for m in client.received[before:]]
    assert order == [
        "reply",
        "item/completed agentMessage",
        "thread/status/changed idle",
        "turn/completed",
    ]
