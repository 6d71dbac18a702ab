"""Several connections at once, and what each may ask for itself."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.protocol.talk import begin, end, script, start, talk, turn_params
from tests.support.client import INITIALIZE, Client
from tests.support.links import LinkClosed
from tests.support.server import Host, Transport, limits
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.models.base import Empty, Params
from threadhost.adapters.jsonrpc.registry import Method, registry

HELLO: dict[str, object] = {"input": [{"type": "text", "text": "hello"}]}
ITEM = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x"}]}
STARTS: dict[str, dict[str, object]] = {
    "turn/start": HELLO,
    "thread/compact/start": {},
    "thread/queue/add": {**HELLO, "clientUserMessageId": "c"},
}
"""Requests that load a thread, and start a turn on it."""
USES: dict[str, dict[str, object]] = {
    "thread/read": {"includeTurns": True},
    "thread/turns/list": {},
    "thread/inject_items": {"items": [ITEM]},
    "thread/settings/update": {"model": "another"},
    "thread/name/set": {"name": "n"},
    "thread/metadata/update": {"gitInfo": {"branch": "b"}},
    "thread/memoryMode/set": {"mode": "disabled"},
    "thread/goal/set": {"objective": "o", "status": "paused"},
    "thread/goal/get": {},
    "thread/goal/clear": {},
}

WAIT = "host/test/wait"


@pytest.fixture
async def gate(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[asyncio.Event]:
    """A method that answers when the event is set, and an experimental one beside it."""
    opened = asyncio.Event()

    async def wait(params: Params, call: Call) -> Empty:
        await opened.wait()
        return Empty()

    methods = {
        WAIT: Method(WAIT, Params, wait),
        f"{WAIT}/new": Method(f"{WAIT}/new", Params, wait, experimental=True),
    }
    monkeypatch.setattr(registry, "_methods", {**{m.name: m for m in registry}, **methods})
    yield opened
    opened.set()


async def test_names_opted_out_of_are_exact(host: Host) -> None:
    client = await host.client(
        optOutNotificationMethods=["turn/started", "item/", "thread/*", "TURN/COMPLETED", "no/such"]
    )
    thread_id = await start(client)
    await talk(client, thread_id)
    heard = set(client.methods())
    assert "turn/started" not in heard
    assert {"item/started", "thread/status/changed", "turn/completed"} <= heard


async def test_an_experimental_method_needs_the_capability(host: Host, gate: asyncio.Event) -> None:
    gate.set()
    plain = await host.client(experimentalApi=False)
    error = await plain.refused(f"{WAIT}/new")
    words = f"{WAIT}/new requires experimentalApi capability"
    assert error == {"code": -32600, "message": words}
    assert await (await host.client()).ok(f"{WAIT}/new") == {}


async def test_requests_over_the_limit_are_refused_as_overloaded(
    home: Path, gate: asyncio.Event
) -> None:
    async with Host(home, settings={"limits": limits(in_flight_requests_max=4)}) as host:
        client, other = await host.client(), await host.client()
        waiting = [await client.begin(WAIT) for _ in range(4)]
        error = await client.refused("thread/loaded/list")
        assert error == {"code": -32001, "message": "Server overloaded; retry later."}
        await other.level()
        gate.set()
        for number in waiting:
            await client.answer(number)
        await client.level()


async def test_an_id_in_flight_cannot_be_used_again(host: Host, gate: asyncio.Event) -> None:
    client = await host.client()
    for _ in range(2):
        await client.send({"id": 5, "method": WAIT, "params": {}})
    error = (await client.answer(5))["error"]
    assert error["message"] == "request id 5 is already in flight"
    assert error["data"] == {"reason": "requestIdInUse"}
    await client.send({"id": "5", "method": "thread/loaded/list", "params": {}})
    await client.answer("5")
    before = await client.level()
    gate.set()
    assert (await client.answer(5, before))["result"] == {}
    await client.send({"id": 5, "method": "thread/loaded/list", "params": {}})
    assert "data" in (await client.answer(5, before + 1))["result"]


async def test_a_slow_reader_does_not_delay_other_clients_and_loses_no_message(
    each_host: Host,
) -> None:
    slow, fast = await each_host.client(), await each_host.client()
    thread_id = await start(slow)
    await slow.level()
    await slow.stop_reading()
    await slow.begin("turn/start", turn_params(thread_id, "x " * 100_000))
    for _ in range(3):
        own = await start(fast)
        assert (await talk(fast, own))["status"] == "completed"
    slow.read_on()
    await slow.notice("turn/completed", threadId=thread_id)


@pytest.mark.slices
@pytest.mark.parametrize("transport", ["stdio", "unix"])  # what TCP buffers is the system's choice
async def test_a_reader_that_stops_reading_is_disconnected(
    home: Path, transport: Transport
) -> None:
    small = limits(slow_reader_timeout_ms=100, websocket_write_bytes=1024, close_timeout_ms=100)
    async with Host(home, transport, settings={"limits": small}, reply=None) as host:
        slow, fast = await host.client(), await host.client()
        thread_id = await start(fast)
        await slow.ok("host/events/subscribe", {"afterPosition": 0})
        await slow.stop_reading()
        for _ in range(8):
            assert (await talk(fast, thread_id, "y" * 100_000))["status"] == "completed"
        while len(host.running.sessions) > 1:
            await fast.level()
        slow.read_on()
        with pytest.raises(LinkClosed):
            await slow.until(lambda _: False)
        await talk(fast, thread_id)


async def test_all_followers_of_a_thread_get_the_same_notifications(each_host: Host) -> None:
    client, other = await each_host.client(), await each_host.client()
    thread_id = await start(client)
    before = await client.level(), await other.level()
    await other.ok("host/events/subscribe", {"afterPosition": client.notices[-1]["position"]})
    await talk(client, thread_id)
    await other.notice("turn/completed", threadId=thread_id)
    heard = [
        [m for m in who.received[n:] if "method" in m]
        for who, n in zip((client, other), before, strict=True)
    ]
    assert heard[0] == heard[1]


async def test_a_client_that_does_not_follow_a_thread_gets_only_its_status(host: Host) -> None:
    client, other = await host.client(), await host.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    await other.level()
    heard = {m["method"] for m in other.notices}
    assert heard == {"thread/started", "thread/status/changed"}


async def test_only_resuming_follows_a_thread_that_another_client_has_loaded(host: Host) -> None:
    """As the reference does, whatever the thread is used for."""
    client, other = await host.client(), await host.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    here = {"threadId": thread_id}
    for method, params in {**STARTS, **USES}.items():
        mark = len(client.received)
        await other.ok(method, {**here, **params})
        if method in STARTS:
            await client.notice("turn/completed", mark)
    await talk(client, thread_id)
    await other.level()
    of_turns = {m for m in other.methods() if m.startswith(("turn/", "item/"))}
    assert (of_turns, await other.ok("thread/unsubscribe", here)) == (
        set(),
        {"status": "notSubscribed"},
    )
    await other.ok("thread/resume", here)
    await talk(other, thread_id)


async def test_unsubscribing_ends_the_news_of_turns(each_host: Host) -> None:
    client = await each_host.client()
    thread_id = await start(client)
    params = {"threadId": thread_id}
    assert await client.ok("thread/unsubscribe", params) == {"status": "unsubscribed"}
    assert await client.ok("thread/unsubscribe", params) == {"status": "notSubscribed"}
    before = len(client.received)
    await begin(client, thread_id)
    await client.notice("thread/status/changed", before, status={"type": "idle"})
    await client.level()
    statuses = ["thread/status/changed"] * 2
    assert [m for m in client.methods(before) if m != "reply"] == statuses
    await client.ok("thread/delete", params)
    assert await client.ok("thread/unsubscribe", params) == {"status": "notLoaded"}


async def test_requests_may_follow_the_handshake_without_waiting(each_host: Host) -> None:
    client = await each_host.connect()
    await client.send({"id": 1, "method": "initialize", "params": INITIALIZE})
    await client.send({"method": "initialized"})
    await client.send({"id": 2, "method": "thread/start", "params": {"cwd": "/"}})
    await client.answer(2)
    assert [m["id"] for m in client.received if "id" in m] == [1, 2]


async def test_requests_before_the_end_of_the_input_are_answered(home: Path) -> None:
    async with Host(home, "stdio") as host:
        client = await host.connect()
        await client.send({"id": 1, "method": "initialize", "params": INITIALIZE})
        await client.send({"id": 2, "method": "thread/start", "params": {"cwd": "/"}})
        await client.send({"id": 3, "method": "thread/list", "params": {}})
        client.end_input()
        for number in (1, 2, 3):
            assert "result" in await client.answer(number)


async def test_a_second_handshake_changes_nothing(client: Client) -> None:
    capabilities = {"optOutNotificationMethods": ["thread/started"]}
    error = await client.refused("initialize", {**INITIALIZE, "capabilities": capabilities})
    assert error == {"code": -32600, "message": "Already initialized"}
    await start(client)


async def test_no_request_is_carried_out_and_no_notification_sent_before_the_handshake(
    host: Host,
) -> None:
    silent, client = await host.connect(), await host.client()
    error = await silent.refused("thread/list")
    assert error == {"code": -32600, "message": "Not initialized"}
    await start(client)
    assert silent.methods() == ["error"]


async def test_a_client_that_disconnects_leaves_no_session(each_host: Host) -> None:
    witness, app = await each_host.client(), each_host.running
    for number in range(1, 4):
        client = await each_host.connect()
        await client.send({"id": 1, "method": "initialize", "params": INITIALIZE})
        await client.send({"id": 2, "method": "thread/start", "params": {"cwd": "/"}})
        await client.close()
        each_host.clients.remove(client)
        while len((await witness.ok("thread/loaded/list"))["data"]) < number:
            pass
    while app.stats().news.initialized > 1 or app.stats().news.followers:
        await witness.level()


@pytest.mark.slices
async def test_a_turn_goes_on_when_its_client_leaves(host: Host) -> None:
    client, other = await host.client(), await host.client()
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script({"text": "slowly", "deltas": 3, "gap_ms": 20}))
    await client.close()
    host.clients.remove(client)
    await other.notice("thread/status/changed", status={"type": "idle"})
    read = await other.ok("thread/read", {"threadId": thread_id, "includeTurns": True})
    assert [(t["id"], t["status"]) for t in read["thread"]["turns"]] == [(turn_id, "completed")]


async def test_input_of_a_second_client_joins_the_running_turn(host: Host) -> None:
    client, other = await host.client(), await host.client()
    thread_id = await start(client)
    await other.ok("host/events/subscribe", {"afterPosition": 0})
    hold = script({"text": "wait", "deltas": 2, "gap_ms": 50})
    first = await begin(client, thread_id, hold)
    joined = await begin(other, thread_id, "me, too")
    assert joined == first
    turn = await end(client, first)
    assert turn == await end(other, first)
    said_by = [
        m["params"]["item"]["content"][0]["text"]
        for m in client.notices
        if m["method"] == "item/completed" and m["params"]["item"]["type"] == "userMessage"
    ]
    assert said_by == [hold, "me, too"]
