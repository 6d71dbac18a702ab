"""The log says who was connected, who was turned away and what was refused; in bounds."""

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from tests.protocol.talk import start
from tests.support.client import Client
from tests.support.links import FrameLink, LinkClosed
from tests.support.operator_lines import logged_line
from tests.support.server import Host, limits
from tests.support.store import events_of
from threadhost.adapters import host_record
from threadhost.adapters.config import Listen
from threadhost.adapters.jsonrpc.registry import registry
from threadhost.adapters.jsonrpc.transports.listening import open_listener
from threadhost.adapters.jsonrpc.transports.tokens import CapabilityToken, SignedToken
from threadhost.events.base import Event, Recorded
from threadhost.events.client import (
    ClientConnected,
    ClientDisconnected,
    ClientRefused,
    RequestRefused,
)
from threadhost.events.host import NotesLeftOut
from threadhost.events.ids import HOST
from threadhost.events.store.sqlite.read_only import ReadOnlyLog

GONE = "0193a1b2-0000-7000-8000-000000000001"
LONG = "x" * 500_000
SECRET = b"0123456789abcdef0123456789abcdef"


async def recorded(host: Host, *types: type[Event]) -> list[Recorded]:
    """What the log has of these types once the host is closed, all of it on the host's stream."""
    await host.stop()
    with closing(ReadOnlyLog.open(host.home)) as log:
        facts = [fact for fact in await log.read(0, 10_000) if isinstance(fact.event, types)]
    assert all(fact.stream.startswith(HOST) for fact in facts)
    return facts


async def greet(client: Client, name: str, version: str = "1") -> None:
    await client.ok("initialize", {"clientInfo": {"name": name, "version": version}})


async def test_a_connection_and_its_end_are_recorded(each_host: Host) -> None:
    client = await each_host.connect()
    await greet(client, "an editor", "7.1")
    thread_id = await start(client)
    await client.close()
    each_host.clients.remove(client)
    came, went = await recorded(each_host, ClientConnected, ClientDisconnected)
    assert isinstance(came.event, ClientConnected)
    assert isinstance(went.event, ClientDisconnected)
    assert came.event.transport == each_host.transport
    assert (came.event.name, came.event.version) == ("an editor", "7.1")
    expected = {"stdio": "process", "unix": "socketOwner", "websocket": "nothing"}
    assert came.event.authenticated_by == expected[each_host.transport]
    assert went.event.connection_id == came.event.connection_id
    assert went.meta.correlation_id == came.meta.correlation_id
    assert came.meta.principal == f"client:an editor/{each_host.transport}/{_id(came)}"
    with closing(ReadOnlyLog.open(each_host.home)) as log:
        principals = {fact.meta.principal for fact in await log.read_stream(f"thread-{thread_id}")}
    assert came.meta.principal in principals


def _id(fact: Recorded) -> str:
    assert isinstance(fact.event, ClientConnected)
    return fact.event.connection_id


async def test_a_connection_over_a_unix_socket_is_recorded_with_its_user_or_process(
    home: Path,
) -> None:
    async with Host(home, "unix") as host:
        await host.client()
        (came,) = await recorded(host, ClientConnected)
    assert isinstance(came.event, ClientConnected)
    assert came.event.peer.startswith("user ") or came.event.peer.startswith("process ")


@pytest.mark.few(2)
@pytest.mark.parametrize("text", [LONG, "two\nlines", "\x1b[2Jcleared", "sha256:abc", "\u202eback"])
async def test_an_odd_client_name_is_recorded_as_a_digest(host: Host, text: str) -> None:
    client = await host.connect()
    await greet(client, text, text)
    (came,) = await recorded(host, ClientConnected)
    assert isinstance(came.event, ClientConnected)
    for kept in (came.event.name, came.event.version):
        assert kept.startswith("sha256:")
        assert kept != text
        assert len(kept) <= 64
    assert len(came.meta.principal) < 200


async def test_a_connection_without_a_message_is_not_recorded_as_a_client(host: Host) -> None:
    await host.connect()
    await host.running.facts.close()
    assert await recorded(host, ClientConnected, ClientDisconnected, ClientRefused) == []


async def test_a_connection_with_a_token_is_recorded_with_its_kind_and_subject(host: Host) -> None:
    import jwt

    check = SignedToken(SECRET, lambda: 0)
    token = jwt.encode({"exp": 60, "sub": "ann"}, SECRET, "HS256")
    listen, bounds = Listen("ws", host="127.0.0.1"), limits()
    app = host.running
    listener = await open_listener(listen, app.accept, bounds, check, refused=app.refused)
    shown = {"Authorization": f"Bearer {token}"}
    client = Client(FrameLink(await connect(str(listener.address), additional_headers=shown)))
    await greet(client, "n")
    await client.close()
    await listener.close()
    (came,) = await recorded(host, ClientConnected)
    assert isinstance(came.event, ClientConnected)
    assert came.event.authenticated_by == "signed-bearer-token"
    assert came.event.subject == "ann"
    assert came.event.peer.startswith("127.0.0.1:")


async def knock(port: int, *headers: str, path: str = "/") -> None:
    source, sink = await asyncio.open_connection("127.0.0.1", port)
    sink.write("\r\n".join([f"GET {path} HTTP/1.1", *headers, "", ""]).encode())
    await source.read()
    sink.close()


async def test_a_refused_client_is_recorded_with_the_reason_that_it_got(
    host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    known = CapabilityToken(b"\0" * 32)
    listen, app = Listen("ws", host="127.0.0.1"), host.running
    listener = await open_listener(listen, app.accept, limits(), known, refused=app.refused)
    port = listener.address.port
    here = f"Host: 127.0.0.1:{port}"
    await knock(port, here)
    await knock(port, here, "Authorization: Bearer wrong")
    await knock(port, here, "Origin: http://evil.example")
    await knock(port, here, "Origin: http://evil.example", path="/readyz")
    await knock(port, here, path="/readyz")
    await listener.close()
    facts = await recorded(host, ClientRefused)
    refused = [f.event for f in facts if isinstance(f.event, ClientRefused)]
    assert [(r.status, r.reason) for r in refused] == [
        (401, "missing websocket bearer token"),
        (401, "invalid websocket bearer token"),
        *[(403, "requests from web pages are refused")] * 2,
    ]
    assert {r.transport for r in refused} == {"websocket"}
    assert all(r.peer.startswith("127.0.0.1:") for r in refused)
    assert logged_line(caplog, "token.refused")["said"] == "missing websocket bearer token"
    assert logged_line(caplog, "client.refused")["status"] == 403


async def test_a_client_that_does_not_initialize_in_time_is_recorded(home: Any) -> None:
    bounds = limits(initialize_timeout_ms=1)
    host = Host(home, "unix", settings={"limits": bounds})
    await host.start()
    client = await host.connect()
    with pytest.raises(LinkClosed):
        await client.until(lambda _: False)
    (fact,) = await recorded(host, ClientRefused)
    assert isinstance(fact.event, ClientRefused)
    assert fact.event.reason == "no initialize within 0.001 s"


async def test_a_refused_request_that_would_change_something_is_recorded(
    host: Host,
) -> None:
    client = await host.client()
    words = "words of the client"
    await client.refused("thread/name/set", {"threadId": GONE, "name": words})
    await client.refused("thread/name/set", {"threadId": words, "name": 7})
    await client.refused("turn/interrupt", {"threadId": await start(client), "turnId": GONE})
    await client.refused("thread/read", {"threadId": GONE})
    await client.refused(words, {})
    facts = await recorded(host, RequestRefused)
    refused = [f.event for f in facts if isinstance(f.event, RequestRefused)]
    assert [(r.method, r.code, r.reason) for r in refused] == [
        ("thread/name/set", -32600, "threadNotFound"),
        ("thread/name/set", -32600, "invalidParams"),
        ("turn/interrupt", -32600, "noActiveTurn"),
    ]
    assert all(fact.meta.causation_id.startswith("request:") for fact in facts)
    assert words not in repr(facts)


def test_each_method_is_declared_as_changing_or_reading() -> None:
    names = {method.name for method in registry}
    reading = {method.name for method in registry if method.reads}
    looks = ("/read", "/list", "/search", "/stream", "/cancel", "/previewDelete")
    assert {name for name in names if name.endswith(looks)} - {"job/cancel"} <= reading
    does = ("/set", "/update", "/delete", "/start", "/reset", "/archive", "/fork", "/steer")
    assert not {name for name in reading if name.endswith(does)}


async def test_a_flood_of_refusals_is_recorded_up_to_a_limit_and_the_rest_is_counted(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_record, "BURST_MAX", 5)
    monkeypatch.setattr(host_record, "A_MINUTE", 0)
    client = await host.client()
    for _ in range(40):
        await client.refused("thread/name/set", {"threadId": GONE, "name": "n"})
    facts = await recorded(host, RequestRefused, NotesLeftOut)
    assert [type(event) for event in events_of(facts)] == [RequestRefused] * 5 + [NotesLeftOut]
    assert facts[-1].event == NotesLeftOut(counts={RequestRefused.kind: 35})


@pytest.mark.slices
async def test_a_client_whose_arrival_was_not_recorded_has_no_recorded_departure(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_record, "BURST_MAX", 3)
    monkeypatch.setattr(host_record, "A_MINUTE", 0)
    for _ in range(6):
        await host.client()
    facts = await recorded(host, ClientConnected, ClientDisconnected, NotesLeftOut)
    came = {f.event.connection_id for f in facts if isinstance(f.event, ClientConnected)}
    went = {f.event.connection_id for f in facts if isinstance(f.event, ClientDisconnected)}
    assert len(came) == 3
    assert went == came
    assert facts[-1].event == NotesLeftOut(counts={ClientConnected.kind: 3})


async def test_no_answer_waits_for_records_of_connections_and_refusals(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_record, "GATHERED_S", 3_600)
    before = host.running.logs.durable.position
    client = await host.client()
    await client.refused("thread/name/set", {"threadId": GONE, "name": "n"})
    assert host.running.logs.durable.position == before
    facts = await recorded(host, ClientConnected, RequestRefused, ClientDisconnected)
    assert [fact.kind for fact in facts] == [
        ClientConnected.kind,
        RequestRefused.kind,
        ClientDisconnected.kind,
    ]


@pytest.mark.slices
async def test_many_connections_at_once_share_few_commits(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_record, "GATHERED_S", 3_600)
    commits: list[int] = []
    host.running.logs.durable.feed.listen(lambda facts: commits.append(len(facts)))
    for _ in range(30):
        await host.client()
    facts = await recorded(host, ClientConnected, ClientDisconnected)
    assert len(facts) == 60
    assert sum(commits) > 60
    assert len(commits) < 10
