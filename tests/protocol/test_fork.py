"""Forking a thread: what is taken over, up to where, and that the fork then lives by itself."""

from typing import Any

import pytest

from tests.protocol.talk import HANG, begin, deleted, end, script, shown, start, talk, turn_params
from tests.support.client import Client
from tests.support.server import Host
from threadhost.events.ids import thread_stream
from threadhost.events.turn import ModelRequested

TURNS = 3


async def talked(client: Client, turns: int = TURNS, **params: Any) -> str:
    """A thread with some turns."""
    thread_id = await start(client, **params)
    for n in range(turns):
        await talk(client, thread_id, f"turn {n}")
    return thread_id


async def turns_of(client: Client, thread_id: str) -> list[dict[str, Any]]:
    params = {"threadId": thread_id, "includeTurns": True}
    found: list[dict[str, Any]] = (await client.ok("thread/read", params))["thread"]["turns"]
    return found


async def test_a_fork_has_the_turns_of_its_source_and_goes_on_alone(each_host: Host) -> None:
    client = await each_host.client()
    source = await talked(client, cwd="/places", developerInstructions="be brief")
    mark = len(client.received)
    forked = await client.ok("thread/fork", {"threadId": source})
    fork = forked["thread"]["id"]
    assert forked["thread"]["forkedFromId"] == source
    assert (forked["thread"]["sessionId"], forked["thread"]["parentThreadId"]) == (fork, None)
    assert (forked["cwd"], forked["thread"]["preview"]) == ("/places", "turn 0")
    assert forked["thread"]["turns"] == await turns_of(client, source)
    await client.notice("thread/started", mark)
    told = [shown(message) for message in client.received[mark:]]
    assert told[:3] == ["reply", "thread/tokenUsage/updated", "thread/started"]
    await talk(client, fork, "only here")
    assert [len(await turns_of(client, t)) for t in (source, fork)] == [TURNS, TURNS + 1]
    await each_host.restart()
    client = await each_host.client()
    assert [len(await turns_of(client, t)) for t in (source, fork)] == [TURNS, TURNS + 1]
    page = await client.ok("thread/turns/list", {"threadId": fork, "limit": 2})
    assert len(page["data"]) == 2


@pytest.mark.parametrize(("named", "kept"), [("lastTurnId", 2), ("beforeTurnId", 1)])
async def test_a_fork_may_end_with_a_turn_or_before_one(
    client: Client, named: str, kept: int
) -> None:
    source = await talked(client)
    ids = [turn["id"] for turn in await turns_of(client, source)]
    forked = await client.ok("thread/fork", {"threadId": source, named: ids[1]})
    assert [turn["id"] for turn in forked["thread"]["turns"]] == ids[:kept]


async def test_the_model_gets_the_history_of_a_fork_up_to_its_last_turn(host: Host) -> None:
    client = await host.client()
    source = await talked(client)
    ids = [turn["id"] for turn in await turns_of(client, source)]
    about = {"threadId": source, "lastTurnId": ids[0], "excludeTurns": True}
    fork = (await client.ok("thread/fork", about))["thread"]["id"]
    await talk(client, fork, "on the fork")
    log = host.running.logs.durable
    requested = [
        fact.event.history_items
        for fact in await log.read_stream(thread_stream(fork))
        if isinstance(fact.event, ModelRequested)
    ]
    assert requested == [1, 3]


@pytest.mark.slices
async def test_a_turn_that_runs_in_the_source_is_interrupted_in_the_fork(host: Host) -> None:
    client = await host.client()
    source = await talked(client, 1)
    turn_id = await begin(client, source, script({"text": "said", **HANG}))
    await client.notice("item/agentMessage/delta", turnId=turn_id)
    forked = (await client.ok("thread/fork", {"threadId": source}))["thread"]
    assert forked["status"] == {"type": "idle"}
    assert [turn["status"] for turn in forked["turns"]] == ["completed", "interrupted"]
    read = await client.ok("thread/read", {"threadId": source})
    assert read["thread"]["status"]["type"] == "active"
    error = await client.refused("thread/fork", {"threadId": source, "lastTurnId": turn_id})
    assert error["message"].startswith(f"turn not found or not ended: {turn_id}")
    await client.ok("turn/interrupt", {"threadId": source, "turnId": turn_id})
    assert (await end(client, turn_id))["status"] == "interrupted"
    await talk(client, forked["id"], "goes on")


async def test_events_before_a_fork_are_not_sent_again(host: Host) -> None:
    client = await host.client()
    source = await talked(client)
    other = await host.client()
    position = max(m["position"] for m in client.received if "position" in m)
    await other.ok("host/events/subscribe", {"afterPosition": position})
    fork = (await client.ok("thread/fork", {"threadId": source}))["thread"]["id"]
    await client.ok("thread/name/set", {"threadId": fork, "name": "a fork"})
    await other.notice("thread/name/updated", threadId=fork)
    late = await host.client()
    await late.ok("host/events/subscribe", {"afterPosition": position})
    await late.notice("thread/name/updated", threadId=fork)
    for who in (other, late):
        told = [shown(m) for m in who.received if "position" in m]
        assert told == ["thread/started", "thread/name/updated"]


async def test_a_fork_outlives_its_source_and_is_named_in_the_preview(each_host: Host) -> None:
    client = await each_host.client()
    source = await talked(client)
    fork = (await client.ok("thread/fork", {"threadId": source}))["thread"]["id"]
    gone = (await client.ok("thread/fork", {"threadId": source}))["thread"]["id"]
    before = await turns_of(client, fork)
    await client.ok("thread/delete", {"threadId": gone})
    plan = await client.ok("host/thread/previewDelete", {"threadId": source})
    assert (plan["deleteOrder"], plan["survivingForks"]) == ([source], [fork])
    await client.ok("thread/delete", {"threadId": source})
    assert await turns_of(client, fork) == before
    await each_host.restart()
    client = await each_host.client()
    assert await turns_of(client, fork) == before
    await talk(client, fork, "still here")


async def test_a_fork_may_be_set_up_otherwise(client: Client) -> None:
    source = await talked(client, 1, model="one")
    changes = {"model": "two", "cwd": "/elsewhere", "threadSource": "user"}
    forked = await client.ok("thread/fork", {"threadId": source, **changes})
    assert (forked["model"], forked["cwd"]) == ("two", "/elsewhere")
    assert forked["thread"]["threadSource"] == "user"
    assert (await client.ok("thread/resume", {"threadId": source}))["model"] == "one"


@pytest.mark.slices
async def test_an_ephemeral_fork_is_gone_after_a_restart(host: Host) -> None:
    client = await host.client()
    source = await talked(client, 1)
    about = {"threadId": source, "ephemeral": True, "excludeTurns": True}
    forked = await client.ok("thread/fork", about)
    assert forked["thread"]["ephemeral"] is True
    fork = forked["thread"]["id"]
    await talk(client, fork)
    assert len(await turns_of(client, fork)) == 2
    error = await client.refused("thread/fork", {"threadId": fork})
    assert error["message"].startswith("thread is not persisted and can only be forked as")
    again = await client.ok("thread/fork", {**about, "threadId": fork})
    assert again["thread"]["forkedFromId"] == fork
    await host.restart()
    client = await host.client()
    error = await client.refused("thread/read", {"threadId": fork})
    assert error["message"] == f"thread not loaded: {fork}"
    assert [t["id"] for t in (await client.ok("thread/list"))["data"]] == [source]


async def test_a_fork_with_a_key_is_made_once(client: Client) -> None:
    source = await talked(client, 1)
    about = {"threadId": source, "idempotencyKey": "one fork"}
    first = (await client.ok("thread/fork", about))["thread"]["id"]
    again = (await client.ok("thread/fork", about))["thread"]["id"]
    assert first == again
    assert len((await client.ok("thread/list"))["data"]) == 2


async def test_an_archived_thread_can_be_forked_and_its_fork_is_not_archived(
    client: Client,
) -> None:
    source = await talked(client, 1)
    await client.ok("thread/archive", {"threadId": source})
    fork = (await client.ok("thread/fork", {"threadId": source}))["thread"]["id"]
    assert [t["id"] for t in (await client.ok("thread/list"))["data"]] == [fork]
    await talk(client, fork)


async def test_a_fork_that_is_not_possible_is_refused_with_the_reason(client: Client) -> None:
    source, empty = await talked(client, 1), await start(client)
    nobody = source[:-4] + "ffff"
    both = {"lastTurnId": source, "beforeTurnId": source}
    for params, words in (
        ({"threadId": nobody}, f"no rollout found for thread id {nobody}"),
        ({"threadId": empty}, f"no rollout found for thread id {empty}"),
        ({"threadId": "x"}, "invalid session id: "),
        ({"threadId": source, **both}, "`beforeTurnId` cannot be combined with `lastTurnId`"),
        ({"threadId": source, "lastTurnId": ""}, "turn not found or not ended:  (in"),
        ({"threadId": source, "beforeTurnId": ""}, "turn not found or not ended:  (in"),
        ({"threadId": source, "lastTurnId": nobody}, f"turn not found or not ended: {nobody}"),
        ({"threadId": source, "attachToSource": True}, "thread/fork: `attachToSource` is not"),
        ({"threadId": source, "ephemeral": True}, "ephemeral paginated thread/fork requires"),
        ({"threadId": source, "path": "/a"}, "no rollout found at path /a"),
    ):
        error = await client.refused("thread/fork", params)
        assert error["code"] == -32600
        assert error["message"].startswith(words), error
    assert len((await client.ok("thread/loaded/list"))["data"]) == 2


@pytest.mark.slices
async def test_a_fork_of_no_turns_has_a_history_that_can_be_read_and_forked(client: Client) -> None:
    source = await talked(client, 1)
    [turn] = await turns_of(client, source)
    about = {"threadId": source, "beforeTurnId": turn["id"]}
    fork = (await client.ok("thread/fork", about))["thread"]["id"]
    for method in ("thread/turns/list", "thread/items/list"):
        assert (await client.ok(method, {"threadId": fork}))["data"] == []
    again = (await client.ok("thread/fork", {"threadId": fork}))["thread"]
    assert (again["forkedFromId"], again["turns"]) == (fork, [])


async def test_a_fork_begins_with_the_name_of_its_source_and_can_be_renamed(host: Host) -> None:
    client = await host.client()
    source = await talked(client, 1)
    [turn] = await turns_of(client, source)
    await client.ok("thread/name/set", {"threadId": source, "name": "ours"})
    about = {"threadId": source, "beforeTurnId": turn["id"]}
    before = await client.level()
    await client.ok("thread/fork", about)
    fork = (await client.ok("thread/fork", {"threadId": source}))["thread"]
    await client.level()
    started = [
        m["params"]["thread"]["name"] for m in client.notices[-9:] if "thread" in m["params"]
    ]
    assert [fork["name"], *started] == ["ours"] * 3
    assert "thread/name/updated" not in client.methods(before)
    await client.ok("thread/name/set", {"threadId": fork["id"], "name": "its own"})
    await client.notice("thread/name/updated", before, threadName="its own")
    await host.restart()
    client = await host.client()
    names = {
        thread_id: (await client.ok("thread/read", {"threadId": thread_id}))["thread"]["name"]
        for thread_id in (source, fork["id"])
    }
    assert [*names.values()] == ["ours", "its own"]


async def test_a_fork_of_a_thread_whose_turn_failed_has_not_failed(client: Client) -> None:
    source = await start(client)
    await talk(client, source, script({"fail": {"message": "no"}}))
    read = await client.ok("thread/read", {"threadId": source})
    assert read["thread"]["status"] == {"type": "systemError"}
    fork = (await client.ok("thread/fork", {"threadId": source}))["thread"]
    assert fork["status"] == {"type": "idle"}
    assert [turn["status"] for turn in fork["turns"]] == ["failed"]


@pytest.mark.slices
async def test_reverted_turns_are_not_in_a_fork(client: Client) -> None:
    source = await talked(client)
    ids = [turn["id"] for turn in await turns_of(client, source)]
    await client.ok("thread/revert", {"threadId": source, "beforeTurnId": ids[1]})
    await talk(client, source, "instead")
    forked = (await client.ok("thread/fork", {"threadId": source}))["thread"]
    assert forked["turns"] == await turns_of(client, source)
    assert len(forked["turns"]) == 2


async def test_an_ephemeral_fork_is_deleted_and_announced_with_its_source(host: Host) -> None:
    client = await host.client()
    source = await start(client)
    await talk(client, source, "CANARY")
    about = {"threadId": source, "ephemeral": True, "excludeTurns": True}
    fork = (await client.ok("thread/fork", about))["thread"]["id"]
    plan = await client.ok("host/thread/previewDelete", {"threadId": source})
    assert plan["deleteOrder"] == [fork, source]
    assert [target["forkedFromId"] for target in plan["targets"]] == [None, source]
    before = len(client.received)
    await client.ok("thread/delete", {"threadId": source})
    await client.level()
    assert deleted(client, before) == [fork, source]
    refused = await client.refused("turn/start", turn_params(fork, "go on"))
    assert "not found" in refused["message"]
