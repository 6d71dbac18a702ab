"""Deleting trees in every kind of store, and what of it can be known beforehand."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest

from tests.protocol.talk import HANG, begin, deleted, script, start, talk, tree
from tests.support.server import Host

Store = Literal["sqlite", "memory"]


@pytest.fixture(params=["sqlite", "memory"])
async def any_host(request: pytest.FixtureRequest, home: Path) -> AsyncIterator[Host]:
    """A host over each kind of store."""
    async with Host(home, settings={"store": request.param}) as host:
        yield host


def files(host: Host) -> list[str]:
    """All files of a home, but for the socket that clients came by."""
    return sorted(p.name for p in host.home.rglob("*") if p.is_file())


async def test_a_tree_is_deleted_leaf_first_and_its_threads_are_unknown_afterwards(
    any_host: Host,
) -> None:
    client = await any_host.client()
    ids = await tree(client, 0, 0, 1)
    other = await start(client)
    for thread_id in (*ids, other):
        await talk(client, thread_id)
    assert await client.ok("thread/delete", {"threadId": ids[0]}) == {}
    await client.notice("thread/deleted", threadId=ids[0])
    assert deleted(client) == ids[::-1]
    assert (await client.ok("thread/loaded/list"))["data"] == [other]
    everything = await client.ok("thread/list", {"sourceKinds": ["vscode", "subAgentThreadSpawn"]})
    assert [t["id"] for t in everything["data"]] == [other]
    for thread_id in ids:
        error = await client.refused("thread/read", {"threadId": thread_id})
        assert error["message"] == f"thread not loaded: {thread_id}"
        error = await client.refused("turn/start", {"threadId": thread_id, "input": []})
        assert error["message"] == f"thread not found: {thread_id}"


async def test_the_deletion_of_a_subtree_leaves_its_parent_and_siblings(any_host: Host) -> None:
    client = await any_host.client()
    ids = await tree(client, 0, 0, 1)
    await client.ok("thread/delete", {"threadId": ids[1]})
    await client.notice("thread/deleted", threadId=ids[1])
    assert deleted(client) == [ids[3], ids[1]]
    assert (await client.ok("thread/loaded/list"))["data"] == [ids[0], ids[2]]
    await client.ok("thread/delete", {"threadId": ids[0]})
    await client.notice("thread/deleted", threadId=ids[0])
    assert deleted(client) == [ids[3], ids[1], ids[2], ids[0]]


async def test_the_deletion_of_an_unknown_thread_is_refused(any_host: Host) -> None:
    client = await any_host.client()
    thread_id = await start(client)
    await client.ok("thread/delete", {"threadId": thread_id})
    for unknown in (thread_id, "01a20280-45b9-751b-94a8-29a36213916d"):
        error = await client.refused("thread/delete", {"threadId": unknown})
        assert error == {"code": -32600, "message": f"thread not found: {unknown}"}


async def test_an_ephemeral_root_is_refused_and_lives_on(any_host: Host) -> None:
    client = await any_host.client()
    thread_id = await start(client, ephemeral=True)
    error = await client.refused("thread/delete", {"threadId": thread_id})
    assert error["message"] == f"thread is not persisted and cannot be deleted: {thread_id}"
    assert (await talk(client, thread_id))["status"] == "completed"


async def test_no_child_can_join_a_thread_that_is_gone(any_host: Host) -> None:
    client = await any_host.client()
    thread_id = await start(client)
    await client.ok("thread/delete", {"threadId": thread_id})
    error = await client.refused("thread/start", {"cwd": "/", "parentThreadId": thread_id})
    assert error == {"code": -32600, "message": f"thread not found: {thread_id}"}


async def test_a_preview_of_a_deletion_shows_the_plan_and_changes_nothing(any_host: Host) -> None:
    client = await any_host.client()
    root, child, grandchild = await tree(client, 0, 1)
    fleeting = await start(client, parentThreadId=root, ephemeral=True)
    await talk(client, child)
    await begin(client, grandchild, script(HANG))
    before = await client.level()
    plan = await client.ok("host/thread/previewDelete", {"threadId": root})
    targets = [(t["threadId"], t["depth"], t["busy"], t["ephemeral"]) for t in plan["targets"]]
    assert targets == [
        (root, 0, False, False),
        *sorted([(child, 1, False, False), (fleeting, 1, False, True)]),
        (grandchild, 2, True, False),
    ]
    assert plan["counts"] == {
        "threads": 4,
        "live": 4,
        "busy": 1,
        "ephemeral": 1,
        "turns": 2,
        "items": 3,
        "files": 0,
    }
    await client.level()
    assert client.methods(before) == ["reply", "reply"]
    await client.ok("thread/delete", {"threadId": root})
    await client.notice("thread/deleted", threadId=root)
    assert deleted(client) == plan["deleteOrder"]


async def test_a_preview_names_the_files_that_are_deleted_with_their_thread(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    await talk(client, thread_id, "z" * 100_000)
    plan = await client.ok("host/thread/previewDelete", {"threadId": thread_id})
    assert plan["counts"]["files"] == len(plan["files"]) > 0
    assert {f["threadId"] for f in plan["files"]} == {thread_id}
    names = {Path(f["name"]).name for f in plan["files"]}
    assert names <= set(files(host))
    await client.ok("thread/delete", {"threadId": thread_id})
    assert not names & set(files(host))


async def test_a_host_in_memory_leaves_no_file(home: Path) -> None:
    async with Host(home / "of_nobody", "websocket", settings={"store": "memory"}) as host:
        client = await host.client()
        thread_id = await start(client)
        await talk(client, thread_id, "z" * 100_000)
        await client.ok("thread/delete", {"threadId": thread_id})
        await start(client)
        assert files(host) == []
    assert files(host) == []


async def test_deletes_that_overlap_both_succeed(any_host: Host) -> None:
    client, other = await any_host.client(), await any_host.client()
    ids = await tree(client, 0, 1, 2)
    asked = [
        (who, await who.begin("thread/delete", {"threadId": thread_id}))
        for who, thread_id in ((client, ids[0]), (other, ids[2]), (client, ids[1]))
    ]
    answers = [await who.answer(number) for who, number in asked]
    assert [a for a in answers if "error" in a and "not found" not in a["error"]["message"]] == []
    assert sum("result" in a for a in answers) >= 1
    await client.notice("thread/deleted", threadId=ids[0])
    await other.notice("thread/deleted", threadId=ids[0])
    assert deleted(client) == deleted(other) == ids[::-1]
