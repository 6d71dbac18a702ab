"""Corners of a session that only a method which waits, or a hand on the session, can reach."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic_core import to_json

from tests.protocol.talk import begin, end, script, start
from tests.protocol.tool_talk import CALL, DONE, LOOK, offering
from tests.support.client import INITIALIZE, Client
from tests.support.hosts import eventually
from tests.support.server import Host
from threadhost.actors.origin import policy
from threadhost.actors.thread import RenameThread
from threadhost.actors.turn import StartTurn
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.catch_up import CatchUp
from threadhost.adapters.jsonrpc.methods.common import thread_scope
from threadhost.adapters.jsonrpc.models.base import Empty
from threadhost.adapters.jsonrpc.models.thread_read import ThreadReadParams
from threadhost.adapters.jsonrpc.outbox import Outbox
from threadhost.adapters.jsonrpc.registry import Method, registry
from threadhost.adapters.jsonrpc.transports.base import Peer

RENAME = "host/test/rename"


@pytest.fixture
async def gate(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[asyncio.Event]:
    """A method that renames a thread, and answers when the event is set."""
    opened = asyncio.Event()

    async def rename(params: ThreadReadParams, call: Call) -> Empty:
        await call.app.host.threads.amend(params.thread_id, RenameThread("renamed"), call.origin)
        await opened.wait()
        return Empty()

    method = Method(RENAME, ThreadReadParams, rename, scope=thread_scope)
    monkeypatch.setattr(registry, "_methods", {**{m.name: m for m in registry}, RENAME: method})
    yield opened
    opened.set()


async def caught_up(host: Host) -> None:
    """No connection is told of the log by a replay any more."""
    await eventually(lambda: host.running.stats().connections.behind == 0)


async def test_a_notification_held_for_a_reply_is_not_sent_twice_by_a_replay(
    host: Host, gate: asyncio.Event
) -> None:
    client, other = await host.client(), await host.client()
    thread_id = await start(client)
    number = await client.begin(RENAME, {"threadId": thread_id})
    await other.notice("thread/name/updated")
    await client.ok("host/events/subscribe", {"afterPosition": 0})
    await caught_up(host)
    before = await client.level()
    assert "thread/name/updated" not in client.methods()
    gate.set()
    await client.answer(number)
    await client.level()
    assert client.methods(before) == ["reply", "thread/name/updated", "reply"]


async def test_a_request_that_waits_for_a_reply_is_not_lost_in_a_replay(
    host: Host, gate: asyncio.Event
) -> None:
    client = await host.client()
    thread_id = await offering(client)
    number = await client.begin(RENAME, {"threadId": thread_id})
    (session,) = host.running.sessions
    await eventually(lambda: session.stats().waiting_notifications > 0)
    turn_id = await begin_from_elsewhere(host, thread_id)
    await eventually(lambda: len(session.asked) == 1)
    await client.ok("host/events/subscribe", {"afterPosition": 0})
    await client.level()
    gate.set()
    await client.answer(number)
    request = await client.request(CALL)
    names = client.methods()
    assert names.index("item/started") < names.index(CALL)
    await client.reply(request, {"contentItems": [], "success": True})
    assert (await end(client, turn_id))["status"] == "completed"


async def begin_from_elsewhere(host: Host, thread_id: str) -> str:
    """A turn that calls a tool, begun by nobody who is connected."""
    app = host.running
    content = [{"type": "text", "text": script(LOOK, DONE)}]
    command = StartTurn(app.ids.new(), app.ids.new(), content, app.clock.now_ms())
    await app.host.threads.ask(thread_id, command, policy("test", "test", "test"))
    return command.turn_id


async def test_all_spellings_of_a_thread_id_are_one_thread_for_ordering(
    client: Client, gate: asyncio.Event
) -> None:
    thread_id = await start(client)
    first = await client.begin(RENAME, {"threadId": thread_id})
    spellings = [thread_id.upper(), f"urn:uuid:{thread_id}", f"{{{thread_id}}}"]
    reads = [await client.begin("thread/read", {"threadId": s}) for s in spellings]
    await client.level()
    assert [m["id"] for m in client.received if m.get("id") in reads] == []
    gate.set()
    for number in (first, *reads):
        await client.answer(number)
    order = [m["id"] for m in client.received if m.get("id") in (first, *reads)]
    assert order[0] == first
    assert sorted(order[1:]) == sorted(reads)  # which run together


async def test_news_of_a_thread_in_memory_wait_for_the_end_of_a_catch_up(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleeting = await start(client, ephemeral=True)
    waiting: list[CatchUp] = []
    begin_catch_up = CatchUp.begin
    monkeypatch.setattr(CatchUp, "begin", lambda catch_up: waiting.append(catch_up))  # noqa: PLW0108 - a method
    await client.ok("host/events/subscribe", {"afterPosition": 0})
    before = len(client.received)
    turn_id = await begin(client, fleeting)
    await client.level()
    while (await client.ok("thread/read", {"threadId": fleeting}))["thread"]["status"] != {
        "type": "idle"
    }:
        pass
    assert set(client.methods(before)) == {"reply"}
    begin_catch_up(waiting[0])
    assert (await end(client, turn_id))["status"] == "completed"


async def test_a_closed_connection_follows_and_subscribes_to_nothing(host: Host) -> None:
    app = host.running
    session = app.accept(Outbox(app.settings.limits), Peer("memory", "a test"))
    session.receive(to_json({"id": 1, "method": "initialize", "params": INITIALIZE}))
    session.receive(to_json({"id": 2, "method": "thread/start", "params": {"cwd": "/"}}))
    subscribe: dict[str, Any] = {"afterPosition": 0}
    session.receive(to_json({"id": 3, "method": "host/events/subscribe", "params": subscribe}))
    await session.close()
    assert len(app.host.live.ids()) == 1
    heard = app.stats().news
    assert (heard.initialized, heard.followers, heard.subscribed) == (0, 0, 0)


async def test_followers_of_a_deleted_thread_are_removed(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    assert host.running.hub.followers.is_followed(thread_id)
    await client.ok("thread/delete", {"threadId": thread_id})
    await client.notice("thread/deleted", threadId=thread_id)
    assert host.running.stats().news.followed_threads == 0


async def test_an_event_in_the_log_that_was_not_yet_announced_is_sent_once(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, other = await host.client(), await host.client()
    thread_id = await start(client)
    app = host.running
    with monkeypatch.context() as patched:
        patched.setattr(app.hub, "_notify_waiting", lambda: None)
        await other.ok("thread/name/set", {"threadId": thread_id, "name": "a name"})
        await client.ok("host/events/subscribe", {"afterPosition": 0})
        await client.level()
    assert app.stats().news.untold_events == app.logs.durable.position - app.hub.position > 0
    app.hub.published(())
    await caught_up(host)
    await client.level()
    assert client.methods().count("thread/name/updated") == 1
