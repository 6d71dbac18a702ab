"""Clients at the private socket of a home: admission, limits, and misbehaviour."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.client import Client
from tests.support.links import LineLink, LinkClosed
from tests.support.operator_lines import logged_line
from tests.support.server import limits
from threadhost.adapters.config import Limits, Settings
from threadhost.adapters.home_socket import connect
from threadhost.adapters.joining.greeting import (
    FOLLOWED,
    LEFT,
    LENGTH_BYTES,
    MARK,
    STOPPED,
    Greeting,
    body_bytes,
    unpack,
)
from threadhost.adapters.jsonrpc.transports import joined
from threadhost.adapters.jsonrpc.transports.joined import JoinDecision
from threadhost.adapters.serve import Sharing, Stop, StopOutcome, serve
from threadhost.events.store.lock import is_held

Connected = tuple[asyncio.StreamReader, asyncio.StreamWriter]
WELCOME = Greeting([("protocol", "1")])


def admit(greeting: Greeting, clients: int) -> JoinDecision:
    return JoinDecision(
        Greeting([("clients", str(clients))]), is_client=greeting.one("ask") == "join"
    )


class Shared:
    """A host in this process that clients join."""

    def __init__(self, home: Path, limits: Limits, sharing: Sharing) -> None:
        self.home = home
        self.stop = Stop()
        self._ready = asyncio.Event()
        settings = Settings(home, listen=(), limits=limits)
        serving = serve(settings, self.stop, lambda _: self._ready.set(), {}, sharing)
        self.running = asyncio.get_running_loop().create_task(serving)

    async def ready(self) -> None:
        waiting = asyncio.get_running_loop().create_task(self._ready.wait())
        await asyncio.wait({waiting, self.running}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    async def end(self) -> StopOutcome:
        self.stop.ask("test")
        return await self.running

    async def greet(self, **fields: str) -> tuple[Greeting | None, LineLink]:
        """Send a greeting on a new connection; the answer, and the connection."""
        return await greeted(await self.open(), **fields)

    async def open(self) -> Connected:
        connected = await self.open_if_there()
        assert connected is not None
        return connected

    async def open_if_there(self) -> Connected | None:
        joining = await asyncio.to_thread(connect, str(self.home))
        if joining is None:
            return None
        return await asyncio.open_connection(sock=socket.socket(fileno=joining.detach()))

    async def client(self, **fields: str) -> Client:
        answer, link = await self.greet(ask="join", **fields)
        assert answer is not None
        assert not answer.one("refused")
        return Client(link)


async def greeted(connected: Connected, **fields: str) -> tuple[Greeting | None, LineLink]:
    """Send a greeting over a connection; the answer, and the connection."""
    reader, writer = connected
    writer.write(Greeting(fields.items()).pack())
    try:
        head = await reader.readexactly(LENGTH_BYTES)
        answer = unpack(await reader.readexactly(body_bytes(head)))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None, LineLink(reader, writer)
    return answer, LineLink(reader, writer)


@pytest.fixture
async def share(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Shared]]]:
    started: list[Shared] = []

    async def start(sharing: Sharing | None = None, **limited: Any) -> Shared:
        shared = Shared(tmp_path / "h", limits(**limited), sharing or Sharing(admit))
        started.append(shared)
        await shared.ready()
        return shared

    yield start
    for shared in started:
        await shared.end()


Share = Callable[..., Awaitable[Shared]]


async def test_a_client_that_joins_is_a_client_as_any_other(share: Share) -> None:
    host = await share()
    one, other = await host.client(), await host.client()
    for client in (one, other):
        await client.initialize()
    thread_id = (await one.ok("thread/start"))["thread"]["id"]
    assert (await other.ok("thread/loaded/list"))["data"] == [thread_id]
    await one.close()
    await other.level()
    await other.close()


class AsideLink(LineLink):
    """A link that collects the marks, which are not for the client."""

    marks: list[bytes]

    async def receive(self) -> bytes:
        while (line := await super().receive()).startswith(MARK):
            self.marks.append(line)
        return line


async def test_a_joining_process_gets_marks_of_the_threads_that_its_client_follows_and_leaves(
    share: Share,
) -> None:
    host = await share()
    reader, writer = await host.open()
    await greeted((reader, writer), ask="join", marks="True")
    link = AsideLink(reader, writer)
    marks = link.marks = list[bytes]()
    client = Client(link)
    await client.initialize()
    kept, left, gone = [(await client.ok("thread/start"))["thread"]["id"] for _ in range(3)]
    await client.ok("thread/resume", {"threadId": kept})
    await client.ok("thread/unsubscribe", {"threadId": left})
    await client.ok("thread/delete", {"threadId": gone})
    await client.notice("thread/deleted")
    assert [mark.rpartition(b" ")[0] for mark in marks] == [
        *(FOLLOWED + thread_id.encode() for thread_id in (kept, left, gone)),
        *(LEFT + thread_id.encode() for thread_id in (left, gone)),
    ]
    cursors = [mark.rpartition(b" ")[2].decode() for mark in marks]
    heard = [notice["cursor"] for notice in client.notices]
    assert heard[0] == cursors[0] in heard
    await host.end()
    with pytest.raises(LinkClosed):
        await client.notice("no more", len(client.received))
    assert marks[5:] == []
    await client.close()


async def test_relative_paths_begin_in_the_folder_of_the_process_that_joined(share: Share) -> None:
    host = await share()
    client = await host.client(cwd="/some/where")
    await client.initialize()
    assert (await client.ok("thread/start"))["cwd"] == "/some/where"
    assert (await client.ok("thread/start", {"cwd": "../else"}))["cwd"] == "/some/else"
    await client.close()


async def test_requests_to_a_client_of_an_older_host_have_ids_that_the_older_host_never_used(
    share: Share,
) -> None:
    host = await share()
    client = await host.client(newestAsked="41")
    await client.initialize()
    tool = {"name": "look", "description": "", "inputSchema": {"type": "object"}}
    started = await client.ok("thread/start", {"dynamicTools": [tool]})
    text = '@echo {"steps": [{"calls": [{"name": "look", "args": {}}]}, {"text": "done"}]}'
    said = {"threadId": started["thread"]["id"], "input": [{"type": "text", "text": text}]}
    await client.ok("turn/start", said)
    assert (await client.request("item/tool/call"))["id"] == 42
    await client.close()


async def test_a_look_at_the_host_is_answered_and_the_connection_is_closed(share: Share) -> None:
    host = await share()
    client = await host.client()
    answer, link = await host.greet(ask="look")
    assert answer is not None
    assert answer.one("clients") == "1"
    with pytest.raises(LinkClosed):
        await link.receive()
    await link.close()
    await client.close()


async def test_a_client_that_causes_a_fault_of_the_host_is_refused_and_does_not_retry_for_ever(
    share: Share, caplog: pytest.LogCaptureFixture
) -> None:
    def trip(greeting: Greeting, clients: int) -> JoinDecision:
        raise IndexError

    host = await share(Sharing(trip))
    answer, link = await host.greet(ask="join")
    assert answer is not None
    assert answer.one("refused").startswith(f"the host (process {os.getpid()}) failed while it")
    assert logged_line(caplog, "host.fault")["what"] == "admitting a client"
    await link.close()


async def test_a_connection_from_a_process_of_another_user_is_closed(
    share: Share, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    host = await share()
    monkeypatch.setattr(joined, "peer_uid", lambda _: 65534)
    answer, link = await host.greet(ask="join")
    assert answer is None
    assert logged_line(caplog, "client.foreign")["peer"].startswith("user 65534 process ")
    await link.close()


@pytest.mark.parametrize(
    "said", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\x09ask"]
)
async def test_a_connection_without_a_valid_greeting_is_closed(share: Share, said: bytes) -> None:
    host = await share()
    reader, writer = await host.open()
    writer.write(said)
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()


async def test_a_connection_without_a_greeting_is_closed_after_the_timeout(share: Share) -> None:
    host = await share(open_timeout_ms=50)
    reader, writer = await host.open()
    assert await reader.read() == b""
    writer.close()


async def test_clients_beyond_the_limit_are_refused_in_words(share: Share) -> None:
    host = await share(connections_max=3)
    clients = [await host.client() for _ in range(3)]
    answer, link = await host.greet(ask="join")
    assert answer is not None
    assert answer.one("refused").startswith(
        "the host accepts no more clients: too many connections;"
    )
    await link.close()
    await clients.pop().close()
    while (again := await host.greet(ask="join"))[0] is None or again[0].one("refused"):
        await again[1].close()
    await again[1].close()
    for client in clients:
        await client.close()


async def test_many_silent_connections_keep_no_client_out(share: Share) -> None:
    host = await share(handshakes_max=8)
    crowd = [await host.open() for _ in range(40)]
    client = await host.client()
    await client.initialize()
    for _, writer in crowd:
        writer.close()
    await client.close()


async def test_a_greeted_connection_no_longer_counts_as_one_that_waits(share: Share) -> None:
    host = await share(handshakes_max=1)
    waiting = [_greeted(host.home) for _ in range(12)]  # the host's loop stands still meanwhile
    for end in waiting:
        assert body_bytes(await asyncio.to_thread(end.recv, LENGTH_BYTES))
        end.close()


def _greeted(home: Path) -> Any:
    end = connect(str(home))
    assert end is not None
    end.sendall(Greeting([("protocol", "1"), ("ask", "join")]).pack())
    return end


@pytest.mark.slices
async def test_a_client_that_reads_nothing_is_disconnected_alone(share: Share) -> None:
    host = await share(slow_reader_timeout_ms=300, outbox_bytes_max=2**16)
    deaf, other = await host.client(), await host.client()
    for client in (deaf, other):
        await client.initialize()
    thread_id = (await deaf.ok("thread/start"))["thread"]["id"]
    await deaf.stop_reading()
    said = {"threadId": thread_id, "input": [{"type": "text", "text": "x" * 2**20}]}
    await deaf.begin("turn/start", said)
    while await _clients(host) > 1:
        await other.level()
    await other.close()
    deaf.read_on()
    with pytest.raises(LinkClosed):
        await deaf.until(lambda _: False)
    await deaf.close()


async def test_a_client_that_waits_while_a_host_stops_is_disconnected_once_the_home_is_unlocked(
    share: Share,
) -> None:
    host = await share()
    following: Connected | None = await host.open()
    host.stop.ask("test")
    answer: Greeting | None = WELCOME
    is_free = False
    while answer is not None and following is not None:
        now, following = following, await host.open_if_there()
        answer, link = await greeted(now, ask="join")
        is_free = not is_held(host.home)
        await link.close()
    assert (answer, is_free) == (None, True)
    if following is not None:
        await LineLink(*following).close()


@pytest.mark.parametrize("is_wanted", [True, False])
async def test_a_wanted_stop_of_the_host_is_marked_after_all_other_lines(
    share: Share, *, is_wanted: bool
) -> None:
    host = await share(Sharing(admit, is_wanted=lambda: is_wanted))
    answer, link = await host.greet(ask="join")
    assert answer is not None
    await link.send(
        b'{"id":1,"method":"initialize","params":{"clientInfo":{"name":"a","version":"1"}}}'
    )
    await link.receive()
    await host.end()
    lines = [line async for line in _rest(link)]
    assert (STOPPED in lines, lines[-1:] == [STOPPED]) == (is_wanted, is_wanted)
    await link.close()


async def test_a_host_for_its_clients_ends_with_the_last_of_them(share: Share) -> None:
    host = await share(Sharing(admit, until_last=True))
    one, other = await host.client(), await host.client()
    for client in (one, other):
        await client.initialize()
    await one.close()
    await other.level()
    other.end_input()
    with pytest.raises(LinkClosed):
        await other.until(lambda _: False)
    assert not is_held(host.home)
    assert (await host.running).reason == "the last client left"
    await other.close()


async def test_a_host_for_its_clients_ends_if_none_joins(
    share: Share, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("threadhost.adapters.serve.FIRST_JOIN_TIMEOUT_S", 0)
    host = await share(Sharing(admit, until_last=True))
    assert (await host.running).reason == "the last client left"


async def test_a_host_whose_socket_cannot_be_bound_serves_unless_joining_is_its_only_purpose(
    share: Share, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "h").mkdir()
    (tmp_path / "h" / "host.log").touch()
    (tmp_path / "h" / "host.sock").touch()
    host = await share()
    assert is_held(host.home)
    what = logged_line(caplog, "host.not_joinable")["what"]
    assert what.endswith("host.sock is not a socket; remove it")
    await host.end()
    with pytest.raises(OSError, match=r"host\.sock is not a socket"):
        await serve(Settings(host.home, listen=()), Stop(), sharing=Sharing(admit, until_last=True))
    assert not is_held(host.home)


async def _rest(link: LineLink) -> AsyncIterator[bytes]:
    with suppress(LinkClosed):
        while True:
            yield await link.receive()


async def _clients(host: Shared) -> int:
    """How many clients have joined, by the host's own count."""
    answer, link = await host.greet(ask="look")
    await link.close()
    assert answer is not None
    return int(answer.one("clients"))
