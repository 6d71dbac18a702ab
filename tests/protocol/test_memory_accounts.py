"""What clients make the host keep in memory has accounts in bytes, which refuse and give back."""

from typing import Any, NamedTuple

import pytest

from tests.protocol.talk import HANG, begin, end, script, start, talk, turn_params
from tests.support.client import INITIALIZE, Client
from tests.support.hosts import ORIGIN, eventually
from tests.support.server import Host, limits
from tests.support.store import database_of
from threadhost.adapters.jsonrpc.methods.common import thread_scope
from threadhost.adapters.jsonrpc.scopes import in_turn
from threadhost.adapters.models.line_cache import LineCache

pytestmark = pytest.mark.slices

KIB, MIB = 1024, 1024 * 1024
OVERLOADED = -32001


class Named(NamedTuple):
    """Params that name a thread."""

    thread_id: str


async def restarted(host: Host, **bounds: Any) -> Client:
    """A client of a host with these limits."""
    host.settings["limits"] = limits(**bounds)
    await host.restart()
    return await host.client()


@pytest.mark.slices
async def test_ephemeral_forks_are_refused_while_memory_is_full_and_accepted_once_it_is_freed(
    host: Host,
) -> None:
    client = await restarted(host, ephemeral_bytes_max=12 * MIB)
    source = await start(client)
    await talk(client, source, "x" * 3 * MIB)
    fork = {"threadId": source, "ephemeral": True, "excludeTurns": True}
    made = []
    while "result" in (answer := await client.ask("thread/fork", fork)):
        made.append(answer["result"]["thread"]["id"])
        assert len(made) < 4
    assert answer["error"]["code"] == OVERLOADED
    assert "threads in memory: " in answer["error"]["message"]
    assert f" of {12 * MIB} bytes are in use" in answer["error"]["message"]
    database = database_of(host.running.logs.ephemeral)
    assert 6 * MIB < database.used_bytes <= 12 * MIB
    other = await host.client()
    durable = await start(other)
    assert (await talk(other, durable))["status"] == "completed"
    await host.running.host.life.unload(made, "idle", ORIGIN)
    assert database.used_bytes < MIB
    [(pages,)] = database.rows("PRAGMA page_count")
    assert pages * 4096 < 2 * MIB, "free pages are kept"
    await client.ok("thread/fork", fork)


async def test_an_ephemeral_thread_refuses_input_while_memory_is_full_and_can_be_interrupted(
    host: Host,
) -> None:
    client = await restarted(host, ephemeral_bytes_max=2 * MIB)
    thread_id = await start(client, ephemeral=True)
    turn_id = await begin(client, thread_id, script(HANG, say="x" * 3 * MIB))
    for method, params in (
        ("turn/start", {"threadId": thread_id, "input": [{"type": "text", "text": "more"}]}),
        ("thread/name/set", {"threadId": thread_id, "name": "n"}),
        ("thread/start", {"ephemeral": True}),
    ):
        error = await client.refused(method, params)
        assert error["code"] == OVERLOADED
        assert "threads in memory: " in error["message"]
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    assert (await end(client, turn_id))["status"] == "interrupted"


async def test_requests_that_wait_are_bounded_in_bytes_and_small_ones_of_others_go_in(
    host: Host,
) -> None:
    bounds = {"in_flight_bytes_max": 2 * MIB, "host_in_flight_bytes_max": 3 * MIB}
    client = await restarted(host, **bounds)
    second, other = await host.client(), await host.client()
    thread_id = await start(client)
    lock = host.running.scopes.enter(thread_scope(Named(thread_id)))
    async with in_turn(lock):
        large = turn_params(thread_id, "x" * MIB)
        waiting = [await client.begin("turn/start", large)]
        refused = await client.answer(await client.begin("turn/start", large))
        assert refused["error"]["code"] == OVERLOADED
        assert "the requests of this connection: " in refused["error"]["message"]
        waiting.append(await client.begin("thread/name/set", {"threadId": thread_id, "name": "n"}))
        theirs = await second.begin("turn/start", large)
        await eventually(lambda: host.running.in_flight.used_bytes > 2 * MIB)
        error = await other.refused("turn/start", large)
        assert error["code"] == OVERLOADED
        assert "the requests of all connections: " in error["message"]
        assert (await other.ok("thread/list"))["data"] == []
    for number in waiting:
        assert "result" in await client.answer(number)
    await second.answer(theirs)
    assert host.running.in_flight.used_bytes == 0
    assert (await talk(other, await start(other), "x" * MIB))["status"] == "completed"


async def test_a_client_that_disconnects_frees_the_bytes_of_its_requests(host: Host) -> None:
    client = await restarted(host)
    thread_id = await start(client)
    async with in_turn(host.running.scopes.enter(thread_scope(Named(thread_id)))):
        await client.begin("turn/start", turn_params(thread_id, "x" * MIB))
        await eventually(lambda: host.running.in_flight.used_bytes > MIB)
        host.clients.remove(client)
        await client.close()
    await eventually(lambda: host.running.in_flight.used_bytes == 0)


@pytest.mark.slices
async def test_slow_readers_share_one_limit_and_the_other_clients_get_every_message(
    host: Host,
) -> None:
    bounds = {
        "host_outbox_bytes_max": 2 * MIB,
        "websocket_write_bytes": 64 * KIB,
        "crowded_reader_timeout_ms": 200,
    }
    client = await restarted(host, **bounds)
    thread_id = await start(client)
    slow = [await host.client() for _ in range(4)]
    for one in slow:
        await one.ok("thread/resume", {"threadId": thread_id})
        await one.stop_reading()
    waiting, most = host.running.waiting, 0
    for _ in range(8):
        assert (await talk(client, thread_id, "x" * MIB))["status"] == "completed"
        most = max(most, waiting.used_bytes)
    assert 2 * MIB <= most < 2 * MIB + 5 * 3 * MIB
    for one in slow:
        one.read_on()
    await eventually(lambda: waiting.used_bytes == 0)
    assert len(await turns(client, thread_id)) == 8


async def turns(client: Client, thread_id: str) -> list[Any]:
    """All turns; who is told to come later, since others still read what they missed, does so."""
    asked = {"threadId": thread_id, "limit": 50}
    while "error" in (answer := await client.ask("thread/turns/list", asked)):
        assert answer["error"]["code"] == OVERLOADED, answer
    data: list[Any] = answer["result"]["data"]
    return data


@pytest.mark.slices
async def test_idle_threads_are_unloaded_for_others_and_come_back_unchanged(host: Host) -> None:
    client = await restarted(host, live_bytes_max=3 * MIB)
    text = "i" * 900_000
    ids = [await start(client, developerInstructions=f"{n} {text}") for n in range(6)]
    account = host.running.host.live.memory
    assert account.used_bytes <= 4 * MIB
    assert ids[-1] in host.running.host.live.ids()
    assert ids[0] not in host.running.host.live.ids()
    for thread_id in ids:
        assert (await talk(client, thread_id))["status"] == "completed"
    assert account.used_bytes <= 4 * MIB
    for n, thread_id in enumerate(ids):
        await client.ok("thread/resume", {"threadId": thread_id})
        state = host.running.host.threads.loaded(thread_id)
        assert state is not None
        assert state.settings is not None
        assert state.settings.developer_instructions == f"{n} {text}"


@pytest.mark.slices
async def test_histories_of_idle_threads_are_evicted_before_the_threads_are_unloaded(
    host: Host,
) -> None:
    client = await restarted(host, live_bytes_max=3 * MIB)
    ids = [await start(client) for _ in range(5)]
    for thread_id in ids:
        await talk(client, thread_id, "x" * MIB)
    threads = host.running.host.live
    assert set(ids) <= set(threads.ids())
    assert threads.memory.used_bytes <= 4 * MIB
    assert (await talk(client, ids[0]))["status"] == "completed"


async def test_work_that_holds_all_memory_is_not_stopped_and_more_is_refused(host: Host) -> None:
    client = await restarted(host, live_bytes_max=2 * MIB)
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script(HANG, say="x" * 3 * MIB))
    for method, params in (
        ("thread/start", {}),
        ("turn/start", {"threadId": thread_id, "input": [{"type": "text", "text": "more"}]}),
    ):
        error = await client.refused(method, params)
        assert error["code"] == OVERLOADED
        assert "live threads: " in error["message"]
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    assert (await end(client, turn_id))["status"] == "interrupted"
    assert (await talk(client, await start(client)))["status"] == "completed"


@pytest.mark.slices
async def test_the_memory_of_threads_is_freed_when_they_are_unloaded_or_deleted(
    host: Host,
) -> None:
    client = await restarted(host)
    account = host.running.host.live.memory
    before = account.used_bytes
    for params in ({}, {"ephemeral": True}):
        kept, unloaded = await start(client, **params), await start(client, **params)
        for thread_id in (kept, unloaded):
            await talk(client, thread_id, "x" * MIB)
        assert account.used_bytes > before + 2 * MIB
        await host.running.host.life.unload([unloaded], "idle", ORIGIN)
        assert before + MIB < account.used_bytes < before + 2 * MIB
        if params:
            await host.running.host.life.unload([kept], "idle", ORIGIN)
        else:
            await client.ok("thread/delete", {"threadId": kept})
        assert account.used_bytes == before


async def test_lines_of_a_deleted_thread_are_not_kept_for_its_next_request(host: Host) -> None:
    client = await restarted(host)
    thread_id = await start(client)
    await talk(client, thread_id, "a secret of this thread")
    actor = host.running.host.live.get(thread_id)
    assert actor is not None
    history = actor.history
    assert history is not None
    lines = [line.json for line in history.lines if line.json]
    made = LineCache(bytes.decode)
    assert all(made(line) for line in lines)
    assert len(made) == len(set(lines))
    await client.ok("thread/delete", {"threadId": thread_id})
    assert (len(made), made.held_bytes) == (0, 0)


async def test_large_answers_are_refused_while_too_many_bytes_wait_and_small_requests_go_on(
    host: Host,
) -> None:
    client = await restarted(host)
    thread_id = await start(client)
    waiting = host.running.waiting
    waiting.book(waiting.bytes_max)
    error = await client.refused("thread/list")
    assert error["code"] == OVERLOADED
    assert "messages that clients have not read yet: " in error["message"]
    assert error["message"].endswith("try again later)")
    assert (await talk(client, thread_id))["status"] == "completed"
    waiting.book(-waiting.bytes_max)
    assert len((await client.ok("thread/list"))["data"]) == 1


async def test_a_request_refused_before_its_handler_holds_no_memory(host: Host) -> None:
    client = await restarted(host)
    for method, params in (("initialize", INITIALIZE), ("no/such", {}), ("thread/read", {})):
        await client.refused(method, params)
    assert host.running.in_flight.used_bytes == 0


async def test_a_stopped_thread_actor_holds_no_settings_or_history(
    host: Host,
) -> None:
    client = await restarted(host)
    actors = []
    for end_it in ("unload", "delete", "fail"):
        thread_id = await start(client, developerInstructions="i" * KIB)
        await talk(client, thread_id)
        actor = host.running.host.live.get(thread_id)
        assert actor is not None
        actors.append(actor)
        if end_it == "unload":
            await host.running.host.life.unload([thread_id], "idle", ORIGIN)
        elif end_it == "delete":
            await client.ok("thread/delete", {"threadId": thread_id})
        else:
            actor.on_failure(RuntimeError, RuntimeError(), None)
    for actor in actors:
        assert actor.state.settings is None
        assert actor.history is None
        assert actor.size_bytes == 0
