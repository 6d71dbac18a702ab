"""A request repeated under its idempotency key: the same answer, and nothing done twice."""

from typing import Any

import pytest
from pydantic_core import to_json

from tests.protocol.talk import HANG, begin, end, script, start, talk, turn_params
from tests.protocol.tool_talk import named
from tests.support.client import INITIALIZE, Client
from tests.support.server import Host
from tests.support.store import now
from threadhost.adapters.jsonrpc.outbox import Outbox
from threadhost.adapters.jsonrpc.transports.base import Peer
from threadhost.events.ids import HOST
from threadhost.events.thread import ThreadActivated
from threadhost.events.tree import TreeDeletionPlanned


def log(host: Host) -> list[str]:
    """The kinds of all events, but for those of taking a thread up and of the host itself."""
    read = now(host.running.logs.durable.read(0, 10_000))
    facts = [fact for fact in read if not fact.stream.startswith(HOST)]
    passing = (ThreadActivated.kind, "thread.draining.v1", "thread.flushed.v1", "thread.stopped.v1")
    return [f.kind for f in facts if f.kind not in passing]


async def request(client: Client, method: str) -> dict[str, Any]:
    """The params of a request of this method, with a key."""
    if method == "thread/start":
        return {"cwd": "/", "idempotencyKey": "once"}
    thread_id = await start(client)
    if method == "thread/fork":
        await talk(client, thread_id, "hello")
    params = turn_params(thread_id, "hello") if method == "turn/start" else {"threadId": thread_id}
    return {**params, "name": "a name", "idempotencyKey": "once"}


KEYED = ["thread/start", "thread/fork", "turn/start", "thread/name/set", "thread/delete"]


async def settle(client: Client, method: str, result: Any) -> None:
    """Wait until what a request began is over."""
    if method == "turn/start":
        await end(client, result["turn"]["id"])
    await client.level()


def stable_part(result: Any) -> Any:
    """The part of a result that a repeated request gets unchanged."""
    return result["thread"]["id"] if "thread" in result else result


@pytest.mark.parametrize("method", KEYED)
async def test_a_repeated_request_returns_the_first_answer_and_records_nothing(
    method: str, host: Host
) -> None:
    client, other = await host.client(), await host.client()
    params = await request(client, method)
    first = await client.ok(method, params)
    await settle(client, method, first)
    recorded = log(host)
    for again in (client, other):
        assert stable_part(await again.ok(method, params)) == stable_part(first)
    assert log(host) == recorded


@pytest.mark.few(2)
@pytest.mark.parametrize("method", KEYED)
async def test_a_request_repeated_after_a_restart_gives_the_same(method: str, host: Host) -> None:
    client = await host.client()
    params = await request(client, method)
    first = await client.ok(method, params)
    await settle(client, method, first)
    recorded = log(host)
    await host.restart()
    client = await host.client()
    assert stable_part(await client.ok(method, params)) == stable_part(first)
    await client.level()
    assert log(host) == recorded
    loaded = [first["thread"]["id"]] if method in ("thread/start", "thread/fork") else []
    assert (await client.ok("thread/loaded/list"))["data"] == loaded


@pytest.mark.few(2)
@pytest.mark.parametrize("method", KEYED)
async def test_a_key_used_for_another_request_is_refused(method: str, host: Host) -> None:
    client = await host.client()
    await start(client, idempotencyKey="once", developerInstructions="another")
    params = await request(client, method)
    error = await client.refused(method, params)
    words = "idempotency key 'once' was used for a different request"
    assert error == {"code": -32600, "message": words}


async def test_a_key_is_its_clients_own(each_host: Host) -> None:
    one, other = await named(each_host, "one"), await named(each_host, "other")
    params = {"cwd": "/", "idempotencyKey": "1"}
    mine, theirs = [await client.ok("thread/start", params) for client in (one, other)]
    assert stable_part(mine) != stable_part(theirs)
    for client, first in ((one, mine), (other, theirs)):
        assert stable_part(await client.ok("thread/start", params)) == stable_part(first)


async def test_a_client_that_reconnects_with_a_newer_version_keeps_its_keys(
    each_host: Host,
) -> None:
    params = {"cwd": "/", "idempotencyKey": "1"}
    first = await (await named(each_host, "one")).ok("thread/start", params)
    again = await each_host.connect()
    await again.ok("initialize", {"clientInfo": {"name": "one", "version": "2", "title": "One"}})
    assert stable_part(await again.ok("thread/start", params)) == stable_part(first)


@pytest.mark.parametrize("peers", [("ann", "bob"), ("ann", "")])
async def test_clients_of_one_name_are_distinguished_by_the_owner_of_their_token(
    peers: tuple[str, str], host: Host
) -> None:
    owners = set()
    for subject in (*peers, peers[0]):
        app = host.running
        session = app.accept(Outbox(app.settings.limits), Peer("websocket", "a test", subject))
        session.receive(to_json({"id": 1, "method": "initialize", "params": INITIALIZE}))
        owners.add(session.identity)
    assert len(owners) == 2


@pytest.mark.parametrize("key", ["", "k" * 201, 7])
async def test_a_key_has_a_length(key: Any, client: Client) -> None:
    error = await client.refused("thread/start", {"cwd": "/", "idempotencyKey": key})
    assert "`idempotencyKey`" in error["message"]


async def test_a_client_that_repeats_a_turn_after_a_disconnect_gets_the_rest_of_the_turn(
    host: Host,
) -> None:
    client = await host.client()
    thread_id = await start(client)
    params = turn_params(thread_id, '@echo {"steps": [{"text": "a b", "deltas": 2, "gap_ms": 40}]}')
    first = await client.ok("turn/start", {**params, "idempotencyKey": "k"})
    await client.close()
    host.clients.remove(client)
    client = await host.client()
    again = await client.ok("turn/start", {**params, "idempotencyKey": "k"})
    assert again == first
    assert (await end(client, first["turn"]["id"]))["status"] == "completed"


async def ended_turn(host: Host, client: Client, **params: Any) -> tuple[Any, Any]:
    """The request of a turn that is over, and that turn."""
    again = {**turn_params(await start(client, **params), "hello"), "idempotencyKey": "k"}
    first = await client.ok("turn/start", again)
    assert await client.ok("turn/start", again) == first
    turn = await end(client, first["turn"]["id"])
    assert await client.ok("turn/start", again) == first
    await client.level()
    assert client.methods().count("turn/completed") == 1
    return again, turn


async def come_again(host: Host, client: Client, *, restarts: bool) -> Client:
    """Another connection in the place of one that is lost, or with another host."""
    await client.close()
    host.clients.remove(client)
    if restarts:
        await host.restart()
    return await host.client()


@pytest.mark.parametrize(
    ("is_ephemeral", "restarts"), [(True, False), (False, False), (False, True)]
)
async def test_a_client_that_repeats_an_ended_turn_gets_its_end_after_the_answer(
    host: Host, *, is_ephemeral: bool, restarts: bool
) -> None:
    client = await host.client()
    again, turn = await ended_turn(host, client, ephemeral=is_ephemeral)
    client = await come_again(host, client, restarts=restarts)
    before = len(client.received)
    await client.ok("turn/start", again)
    assert await end(client, turn["id"]) == turn
    await client.level()
    assert client.methods(before) == ["reply", "turn/completed", "reply"]


@pytest.mark.parametrize(
    ("is_ephemeral", "restarts"), [(True, False), (False, False), (False, True)]
)
async def test_a_client_that_resumes_a_thread_and_then_repeats_an_ended_turn_gets_its_end(
    host: Host, *, is_ephemeral: bool, restarts: bool
) -> None:
    client = await host.client()
    again, turn = await ended_turn(host, client, ephemeral=is_ephemeral)
    client = await come_again(host, client, restarts=restarts)
    await client.ok("thread/resume", {"threadId": again["threadId"], "excludeTurns": True})
    await client.ok("turn/start", again)
    assert await end(client, turn["id"]) == turn
    await client.level()
    assert client.methods().count("turn/completed") == 1


@pytest.mark.parametrize("followed_only", [False, True])
async def test_a_client_that_got_the_end_of_a_turn_in_a_replay_does_not_get_it_again(
    host: Host, *, followed_only: bool
) -> None:
    client = await host.client()
    again, turn = await ended_turn(host, client)
    client = await come_again(host, client, restarts=False)
    await client.ok("thread/resume", {"threadId": again["threadId"]})
    after = {"afterPosition": 0, "followedOnly": followed_only}
    await client.ok("host/events/subscribe", after)
    await client.ok("turn/start", again)
    await end(client, turn["id"])
    await client.level()
    assert client.methods().count("turn/completed") == 1


async def test_a_client_subscribed_from_the_newest_position_gets_the_end_of_a_repeated_turn(
    host: Host,
) -> None:
    client = await host.client()
    again, turn = await ended_turn(host, client)
    client = await come_again(host, client, restarts=False)
    position = (await client.ok("host/events/subscribe", {"afterPosition": 0}))["position"]
    client = await come_again(host, client, restarts=False)
    await client.begin("host/events/subscribe", {"afterPosition": position})
    await client.ok("turn/start", again)
    assert await end(client, turn["id"]) == turn


async def test_a_repeated_turn_of_a_deleted_thread_is_refused(
    host: Host,
) -> None:
    client = await host.client()
    again, _ = await ended_turn(host, client)
    await client.ok("thread/delete", {"threadId": again["threadId"]})
    client = await come_again(host, client, restarts=False)
    assert await client.reason("turn/start", again) == "threadNotFound"
    assert not host.running.hub.followers.is_followed(again["threadId"])


async def test_a_repeated_turn_that_was_reverted_is_refused(
    host: Host,
) -> None:
    client = await host.client()
    again, turn = await ended_turn(host, client)
    back = {"threadId": again["threadId"], "beforeTurnId": turn["id"]}
    await client.ok("thread/revert", back)
    client = await come_again(host, client, restarts=False)
    assert await client.reason("turn/start", again) == "turnNotFound"


async def test_a_client_that_repeats_a_turn_gets_no_idle_status_while_another_turn_runs(
    host: Host,
) -> None:
    client = await host.client()
    again, turn = await ended_turn(host, client)
    await begin(client, again["threadId"], script(HANG))
    other = await host.client()
    await other.ok("turn/start", again)
    await end(other, turn["id"])
    await other.level()
    assert "thread/status/changed" not in other.methods()


async def test_a_repeated_delete_that_had_failed_is_tried_again(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    (host.home / "blobs").mkdir()
    place = host.home / "blobs" / f"thread-{thread_id}"
    place.symlink_to(host.home)
    params = {"threadId": thread_id, "idempotencyKey": "k"}
    for _ in range(2):
        assert (await client.refused("thread/delete", params))["code"] == -32603
    assert log(host).count(TreeDeletionPlanned.kind) == 2
    place.unlink()
    for _ in range(2):
        assert await client.ok("thread/delete", params) == {}
    error = await client.refused("thread/delete", {"threadId": thread_id})
    assert error["message"] == f"thread not found: {thread_id}"


@pytest.mark.slices
async def test_a_repeated_start_activates_the_stored_thread(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client, idempotencyKey="k")
    await host.restart()
    client = await host.client()
    again = await client.ok("thread/start", {"cwd": "/", "idempotencyKey": "k"})
    assert (again["thread"]["id"], again["thread"]["status"]) == (thread_id, {"type": "idle"})
    assert (await talk(client, thread_id))["status"] == "completed"


async def test_a_key_is_kept_by_an_ephemeral_thread_too(client: Client) -> None:
    params = {"cwd": "/", "ephemeral": True, "idempotencyKey": "k"}
    first = await client.ok("thread/start", params)
    again = await client.ok("thread/start", params)
    assert again["thread"]["id"] == first["thread"]["id"]
    turn_id = await begin(client, first["thread"]["id"])
    await end(client, turn_id)
    assert (await client.ok("thread/loaded/list"))["data"] == [first["thread"]["id"]]


@pytest.mark.parametrize("ephemeral", [False, True])
async def test_a_repeated_fork_is_the_same_though_its_source_is_gone(
    host: Host, *, ephemeral: bool
) -> None:
    client = await host.client()
    source = await start(client)
    await talk(client, source)
    key = {"idempotencyKey": "k", "excludeTurns": True, "ephemeral": ephemeral}
    first = await client.ok("thread/fork", {"threadId": source, **key})
    await client.ok("thread/name/set", {"threadId": source, "name": "by its new name"})
    again = await client.ok("thread/fork", {"threadId": source, **key})
    assert stable_part(again) == stable_part(first)
    if not ephemeral:
        await client.ok("thread/delete", {"threadId": source})
        again = await client.ok("thread/fork", {"threadId": source, **key})
        assert stable_part(again) == stable_part(first)
    forks = [row for row in (await client.ok("thread/loaded/list"))["data"] if row != source]
    assert forks == [stable_part(first)]
