"""What a client keeps about a thread: changed, cleared, shown, and gone with the thread."""

from typing import Any

import pytest

from tests.protocol.talk import start, talk, tree
from tests.support.client import Client
from tests.support.server import Host
from tests.support.steps import step
from threadhost.actors.runtime.deletion import Deletion
from threadhost.projections import all_views
from threadhost.projections.rebuild import dump, rebuild

UNKNOWN = "01a20280-45b9-751b-94a8-29a36213916d"
UPDATE = "thread/metadata/update"
STEPS: list[tuple[dict[str, Any], Any, Any]] = [
    ({"gitInfo": {"branch": " main "}}, {"sha": None, "branch": "main", "originUrl": None}, None),
    (
        {"gitInfo": {"sha": "0a", "originUrl": "u"}, "projectId": None},
        {"sha": "0a", "branch": "main", "originUrl": "u"},
        None,
    ),
    (
        {"gitInfo": {"branch": None}, "daybreakEnabled": True},
        {"sha": "0a", "branch": None, "originUrl": "u"},
        True,
    ),
    ({"projectId": ""}, {"sha": "0a", "branch": None, "originUrl": "u"}, True),
    ({"daybreakEnabled": False}, {"sha": "0a", "branch": None, "originUrl": "u"}, False),
    ({"gitInfo": {"sha": None}}, {"sha": None, "branch": None, "originUrl": "u"}, False),
    ({"gitInfo": {"sha": None, "branch": None, "originUrl": None}}, None, False),
]
"""What is asked of a thread, one after the other, and how it looks then."""


async def go_through(client: Client, thread_id: str) -> None:
    for params, git, daybreak in STEPS:
        result = await client.ok(UPDATE, {"threadId": thread_id, **params})
        read = await client.ok("thread/read", {"threadId": thread_id})
        assert result["thread"] == read["thread"]
        assert (read["thread"]["gitInfo"], read["thread"]["daybreakEnabled"]) == (git, daybreak)


async def test_metadata_of_a_loaded_thread_is_changed_and_cleared(each_host: Host) -> None:
    client = await each_host.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    before = await client.level()
    await go_through(client, thread_id)
    assert [m for m in client.received[before:] if "method" in m] == []


@pytest.mark.slices
async def test_metadata_of_a_stored_thread_is_changed_without_loading_it(host: Host) -> None:
    thread_id = await start(await host.client())
    await host.restart()
    client = await host.client()
    await go_through(client, thread_id.upper())
    assert (await client.ok("thread/loaded/list"))["data"] == []
    await client.ok(UPDATE, {"threadId": thread_id, "gitInfo": {"branch": "kept"}})
    await host.restart()
    client = await host.client()
    await talk(client, thread_id)
    [listed] = (await client.ok("thread/list"))["data"]
    assert listed["gitInfo"] == {"sha": None, "branch": "kept", "originUrl": None}
    assert listed["daybreakEnabled"] is False


async def test_metadata_does_not_move_a_thread_in_the_lists(client: Client) -> None:
    ids = [await start(client) for _ in range(2)]
    for thread_id in ids:
        await talk(client, thread_id)
    params = {"sortKey": "updated_at"}
    before = await client.ok("thread/list", params)
    await client.ok(UPDATE, {"threadId": ids[0], "daybreakEnabled": False})
    after = await client.ok("thread/list", params)
    assert [t["updatedAt"] for t in after["data"]] == [t["updatedAt"] for t in before["data"]]
    assert [t["id"] for t in after["data"]] == ids[::-1]


NOTHING = "thread metadata update must include at least one field"
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, NOTHING),
    ({"gitInfo": None, "projectId": None, "daybreakEnabled": None}, NOTHING),
    ({"gitInfo": {}}, "gitInfo must include at least one field"),
    ({"gitInfo": {"other": "x"}}, "gitInfo must include at least one field"),
    ({"gitInfo": {"sha": "a", "branch": " \n"}}, "gitInfo.branch must not be empty"),
    ({"gitInfo": {"originUrl": ""}}, "gitInfo.originUrl must not be empty"),
    ({"projectId": "p", "daybreakEnabled": True}, "project not found: p"),
]


@pytest.mark.few(2)
@pytest.mark.parametrize(("params", "words"), REFUSED)
async def test_an_empty_or_invalid_change_of_metadata_is_refused_and_changes_nothing(
    params: dict[str, Any], words: str, client: Client
) -> None:
    thread_id = await start(client)
    error = await client.refused(UPDATE, {"threadId": thread_id, **params})
    assert error == {"code": -32600, "message": words}
    thread = (await client.ok("thread/read", {"threadId": thread_id}))["thread"]
    assert (thread["gitInfo"], thread["daybreakEnabled"]) == (None, None)


SMALL: list[tuple[str, dict[str, Any], str]] = [
    (UPDATE, {"daybreakEnabled": True}, "no rollout found for thread id"),
    ("thread/memoryMode/set", {"mode": "disabled"}, "no rollout found for thread id"),
    ("thread/settings/update", {"model": "m"}, "thread not found:"),
]
"""Small changes to a thread, and how they say that there is none."""


@pytest.mark.parametrize(("method", "params", "words"), SMALL)
async def test_an_unknown_or_deleted_thread_is_not_changed(
    method: str, params: dict[str, Any], words: str, client: Client
) -> None:
    gone = await start(client)
    await client.ok("thread/delete", {"threadId": gone})
    for thread_id in (UNKNOWN, gone):
        error = await client.refused(method, {"threadId": thread_id, **params})
        assert error == {"code": -32600, "message": f"{words} {thread_id}"}
    error = await client.refused(method, {"threadId": "x", **params})
    assert error["message"].startswith("invalid thread id: invalid character: ")


@pytest.mark.parametrize("where", ["loaded", "stored"])
async def test_a_thread_that_is_being_deleted_is_not_changed(
    where: str, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, child = await tree(await host.client(), 0)
    if where == "stored":
        await host.restart()
    client, other = await host.client(), await host.client()
    remove, said = step(Deletion, "_prepare"), list[str]()

    async def meanwhile(self: Deletion) -> Any:
        for method, params, _ in SMALL:
            error = await other.refused(method, {"threadId": child, **params})
            said.append(error["message"])
        return await remove(self)

    monkeypatch.setattr(Deletion, "_prepare", meanwhile)
    await client.ok("thread/delete", {"threadId": root})
    assert said == [f"thread is being deleted: {child}"] * 3


@pytest.mark.parametrize(("method", "params", "words"), SMALL[:2])
async def test_a_thread_in_memory_keeps_no_metadata(
    method: str, params: dict[str, Any], words: str, client: Client
) -> None:
    thread_id = await start(client, ephemeral=True)
    error = await client.refused(method, {"threadId": thread_id, **params})
    message = f"ephemeral thread does not support metadata updates: {thread_id}"
    assert error == {"code": -32600, "message": message}


@pytest.mark.slices
async def test_an_archived_thread_is_changed_and_stays_archived(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    await client.ok("thread/archive", {"threadId": thread_id})
    await go_through(client, thread_id)
    git = {"branch": "kept"}
    await client.ok(UPDATE, {"threadId": thread_id, "gitInfo": git})
    await client.ok("thread/settings/update", {"threadId": thread_id, "model": "another"})
    assert (await client.ok("thread/loaded/list"))["data"] == []
    [thread] = (await client.ok("thread/list", {"archived": True}))["data"]
    assert (thread["gitInfo"]["branch"], thread["model"]) == ("kept", "another")
    back = (await client.ok("thread/unarchive", {"threadId": thread_id}))["thread"]
    assert (back["gitInfo"]["branch"], back["model"]) == ("kept", "another")


async def test_small_changes_leave_the_same_views_as_a_rebuild(host: Host) -> None:
    client = await host.client()
    ids = [await start(client) for _ in range(2)]
    await host.restart()
    client = await host.client()
    await talk(client, ids[0])
    for thread_id in ids:
        await go_through(client, thread_id)
        await client.ok(UPDATE, {"threadId": thread_id, "gitInfo": {"branch": "b"}})
        await client.ok("thread/memoryMode/set", {"threadId": thread_id, "mode": "disabled"})
        await client.ok("thread/settings/update", {"threadId": thread_id, "model": "another"})
    views, log = all_views(), host.running.logs.durable
    live = list(await dump(log.reads, views))
    assert "disabled" in "".join(live)
    await rebuild(log, views)
    assert list(await dump(log.reads, views)) == live
