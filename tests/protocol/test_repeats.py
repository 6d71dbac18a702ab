"""A request that loads a thread, repeated under its key: who repeats it follows the thread."""

import asyncio
from typing import Any

import pytest

from tests.protocol.damaged import broken, warned
from tests.protocol.talk import HANG, begin, end, script, start, talk, turn_params
from tests.protocol.test_compaction import hanging
from tests.protocol.test_idempotency import come_again
from tests.support.client import Client
from tests.support.hosts import ORIGIN
from tests.support.server import Host

KEY = {"idempotencyKey": "once"}
REVERT_KEY = {"idempotencyKey": "once more"}
SAID = {"input": [{"type": "text", "text": "hello"}]}
GOAL = {"objective": "count owls", "status": "active", "tokenBudget": 1}
LOADING: dict[str, dict[str, Any]] = {
    "turn/start": SAID,
    "thread/compact/start": {},
    "thread/queue/add": {**SAID, "clientUserMessageId": "c"},
    "host/goal/setTree": GOAL,
    "host/goal/extend": {"tokens": 5},
}
"""Methods with a key that load a thread, each with its params."""
DONE = "turn/completed"


async def sent(client: Client, method: str, **of_thread: Any) -> tuple[dict[str, Any], Any]:
    """A request whose work is over, and its result."""
    thread_id = await start(client, **of_thread)
    await talk(client, thread_id)
    if method == "host/goal/extend":
        before = len(client.received)
        await client.ok("thread/goal/set", {"threadId": thread_id, **GOAL})
        await client.notice(DONE, before)
    params = {"threadId": thread_id, **LOADING[method], **KEY}
    before = await client.level()
    result = await client.ok(method, params)
    await client.notice(DONE, before)
    await client.level()
    return params, result


@pytest.mark.parametrize("method", LOADING)
@pytest.mark.parametrize("restarts", [False, True])
async def test_a_client_that_repeats_a_loading_request_follows_a_thread_that_another_loaded(
    host: Host, method: str, *, restarts: bool
) -> None:
    client = await host.client()
    params, result = await sent(client, method)
    client = await come_again(host, client, restarts=restarts)
    other = await host.client()
    await other.ok("thread/resume", {"threadId": params["threadId"]})
    assert await client.ok(method, params) == result
    turn_id = await begin(other, params["threadId"])
    assert (await end(client, turn_id))["status"] == "completed"


async def test_a_client_that_repeats_an_ended_compaction_gets_its_end(host: Host) -> None:
    client = await host.client()
    params, _ = await sent(client, "thread/compact/start")
    client = await come_again(host, client, restarts=False)
    before = len(client.received)
    await client.ok("thread/compact/start", params)
    await client.level()
    assert client.methods(before) == ["reply", DONE, "reply"]


@pytest.mark.parametrize("is_ephemeral", [False, True])
async def test_a_repeated_turn_is_not_refused_because_a_compaction_runs_now(
    host: Host, monkeypatch: pytest.MonkeyPatch, *, is_ephemeral: bool
) -> None:
    client = await host.client()
    params, result = await sent(client, "turn/start", ephemeral=is_ephemeral)
    monkeypatch.setattr(host.running.model, "stream", hanging)
    await client.ok("thread/compact/start", {"threadId": params["threadId"]})
    assert await client.ok("turn/start", params) == result


async def test_a_repeated_change_of_a_goal_is_not_refused_once_the_goal_is_gone(
    host: Host,
) -> None:
    client = await host.client()
    params, result = await sent(client, "host/goal/extend")
    await client.ok("thread/goal/clear", {"threadId": params["threadId"]})
    assert await client.ok("host/goal/extend", params) == result


@pytest.mark.parametrize("method", LOADING)
async def test_a_repeated_request_is_not_refused_because_the_thread_is_archived_by_now(
    host: Host, method: str
) -> None:
    client = await host.client()
    params, result = await sent(client, method)
    await client.ok("thread/archive", {"threadId": params["threadId"]})
    assert await client.ok(method, params) == result


@pytest.mark.parametrize("method", LOADING)
async def test_a_repeated_request_is_refused_once_the_thread_is_deleted(
    host: Host, method: str
) -> None:
    client = await host.client()
    params, _ = await sent(client, method)
    await client.ok("thread/delete", {"threadId": params["threadId"]})
    assert await client.reason(method, params) == "threadNotFound"


@pytest.mark.parametrize("is_ephemeral", [False, True])
async def test_a_repeated_revert_is_not_refused_though_its_turn_is_gone(
    host: Host, *, is_ephemeral: bool
) -> None:
    client = await host.client()
    params, result = await sent(client, "turn/start", ephemeral=is_ephemeral)
    back = {"threadId": params["threadId"], "beforeTurnId": result["turn"]["id"], **REVERT_KEY}
    for _ in range(2):
        assert (await client.ok("thread/revert", back))["thread"]["id"] == params["threadId"]


async def test_a_client_that_repeats_an_interrupted_turn_gets_its_end(host: Host) -> None:
    client = await host.client()
    params = turn_params(await start(client), script(HANG), **KEY)
    turn_id = (await client.ok("turn/start", params))["turn"]["id"]
    place = {"threadId": params["threadId"], "turnId": turn_id}
    await client.ok("turn/interrupt", place)
    ended = await end(client, turn_id)
    client = await come_again(host, client, restarts=False)
    await client.ok("turn/start", params)
    assert await end(client, turn_id) == ended
    assert ended["status"] == "interrupted"


async def test_a_client_that_repeats_input_that_joined_a_compacting_turn_gets_the_end_of_the_turn(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await host.client()
    thread_id = await start(client, config={"model_auto_compact_token_limit": 20_000})
    usage = {"input": 30_000, "output": 20, "total": 30_020}
    await talk(client, thread_id, script({"text": "big", "usage": usage}))
    monkeypatch.setattr(host.running.model, "stream", hanging)
    turn_id = await begin(client, thread_id)
    params = turn_params(thread_id, "and", **KEY)
    assert (await client.ok("turn/start", params))["turn"]["id"] == turn_id
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    await end(client, turn_id)
    client = await come_again(host, client, restarts=False)
    assert (await client.ok("turn/start", params))["turn"]["id"] == turn_id
    assert (await end(client, turn_id))["status"] == "interrupted"


async def test_a_client_that_follows_a_stored_thread_by_a_repeated_turn_can_unsubscribe(
    host: Host,
) -> None:
    client = await host.client()
    params, _ = await sent(client, "turn/start")
    client = await come_again(host, client, restarts=True)
    await client.ok("turn/start", params)
    assert host.running.hub.followers.is_followed(params["threadId"])
    left = await client.ok("thread/unsubscribe", {"threadId": params["threadId"]})
    assert left == {"status": "notLoaded"}
    assert not host.running.hub.followers.is_followed(params["threadId"])


async def test_two_connections_that_send_one_turn_with_one_key_both_get_its_end_once(
    host: Host,
) -> None:
    clients = [await host.client(), await host.client()]
    params = turn_params(await start(clients[0]), "hello", **KEY)
    results = await asyncio.gather(*(client.ok("turn/start", params) for client in clients))
    assert results[0] == results[1]
    for client in clients:
        await end(client, results[0]["turn"]["id"])
        await client.level()
        assert client.methods().count(DONE) == 1


async def test_a_client_that_opted_out_of_turn_ends_gets_none_for_a_repeated_turn(
    host: Host,
) -> None:
    client = await host.client()
    params, result = await sent(client, "turn/start")
    deaf = await host.client(optOutNotificationMethods=[DONE, "turn/started"])
    assert await deaf.ok("turn/start", params) == result
    await begin(client, params["threadId"])
    await deaf.notice("item/completed")
    await client.notice(DONE, len(client.received) - 1)
    await deaf.level()
    assert not {DONE, "turn/started"} & set(deaf.methods())


async def test_a_client_that_repeats_a_turn_whose_end_is_damaged_gets_a_warning_in_its_place(
    host: Host,
) -> None:
    client = await host.client()
    params, result = await sent(client, "turn/start")
    await broken(host, params["threadId"], "turn.completed%", -1)
    client = await host.client()
    assert await client.ok("turn/start", params) == result
    await client.level()
    [words] = warned(client)
    assert "cannot be read or shown" in words


async def test_a_client_that_repeats_a_turn_of_a_thread_being_deleted_follows_no_thread(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await host.client()
    params, _ = await sent(client, "turn/start")
    client = await come_again(host, client, restarts=False)
    logs, thread_id = host.running.logs, params["threadId"]
    require_open = logs.require_open

    async def deleted_behind(thread_id: str, *, fenced_is_fine: bool = False) -> None:
        monkeypatch.undo()
        await require_open(thread_id, fenced_is_fine=fenced_is_fine)
        await host.running.host.trees.delete(thread_id, ORIGIN)

    monkeypatch.setattr(logs, "require_open", deleted_behind)
    assert await client.reason("turn/start", params) == "turnNotFound"
    assert not host.running.hub.followers.is_followed(thread_id)
