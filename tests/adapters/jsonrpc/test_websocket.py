"""Websocket clients at a loopback port."""

import asyncio
import gc
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.typing import Origin, Subprotocol

from tests.adapters.jsonrpc.echo import Echo, Echoes
from tests.adapters.jsonrpc.malformed import MALFORMED
from tests.support.operator_lines import logged_line
from threadhost.adapters.config import Limits, Listen, parse_listen
from threadhost.adapters.jsonrpc.transports.base import Listener, ListenFailed
from threadhost.adapters.jsonrpc.transports.listening import open_listener

LIMITS = Limits()
ANY_PORT = parse_listen("ws://127.0.0.1:0")
ASK = '{"id":1,"method":"m","params":{"a":1}}'
ANSWER = '{"id":1,"result":{"echo":{"a":1}}}'
PING = b"\x89\x04"
BYE = '{"method":"bye","params":{},"emittedAtMs":0}'


class Server:
    def __init__(self, listener: Listener, echoes: Echoes) -> None:
        self.listener = listener
        self.echoes = echoes
        self.address = listener.address

    def connect(self, path: str = "", **settings: object) -> connect:
        return connect(f"{self.address}{path}", proxy=None, **settings)  # type: ignore[arg-type]

    async def http(self, head: str) -> tuple[int, str]:
        """Status and body of the answer to a plain HTTP request."""
        source, sink = await asyncio.open_connection(self.address.host, self.address.port)
        sink.write(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
        answer = (await source.read()).decode()
        sink.close()
        await sink.wait_closed()
        return int(answer.split()[1]), answer.partition("\r\n\r\n")[2]


@asynccontextmanager
async def serving(limits: Limits = LIMITS, listen: Listen = ANY_PORT) -> AsyncIterator[Server]:
    echoes = Echoes(limits)
    listener = await open_listener(listen, echoes.accept, limits)
    try:
        yield Server(listener, echoes)
    finally:
        await listener.close()


async def answered(client: ClientConnection) -> None:
    await client.send(ASK)
    assert await client.recv() == ANSWER


async def refused_status(connecting: connect) -> int:
    with pytest.raises(InvalidStatus) as caught:
        await connecting
    return caught.value.response.status_code


async def test_a_request_is_answered_in_a_text_frame_at_any_path() -> None:
    async with serving() as server:
        for path in ("", "/", "/any/path?x=1"):
            async with server.connect(path) as client:
                await answered(client)
                assert client.response is not None
                assert "Server" not in client.response.headers
        peers = [session.peer for session in server.echoes.sessions]
        assert {peer.transport for peer in peers} == {"websocket"}
        assert all(peer.address.startswith("127.0.0.1:") for peer in peers)


async def test_port_0_becomes_the_port_that_is_listened_on() -> None:
    for text in ("ws://127.0.0.1:0", "ws://localhost:0"):
        async with serving(listen=parse_listen(text)) as server:
            assert server.address.port > 0
            async with server.connect() as client:
                await answered(client)


async def test_a_port_in_use_is_refused_with_its_name() -> None:
    async with serving() as server:
        with pytest.raises(ListenFailed, match=f"{server.address}: Address already in use"):
            await open_listener(server.address, server.echoes.accept, LIMITS)


async def test_offers_of_subprotocols_and_compression_are_ignored() -> None:
    async with serving() as server:
        offers = [Subprotocol("codex"), Subprotocol("other")]
        async with server.connect(subprotocols=offers, compression="deflate") as client:
            await answered(client)
            assert client.subprotocol is None
            assert client.response is not None
            assert "Sec-WebSocket-Extensions" not in client.response.headers


@pytest.mark.parametrize("path", ["/readyz", "/healthz", "/healthz?verbose"])
async def test_health_checks_are_answered_on_the_same_port(path: str) -> None:
    async with serving() as server:
        assert await server.http(f"GET {path} HTTP/1.1\nHost: localhost") == (200, "ok\n")


@pytest.mark.parametrize("origin", ["http://localhost", "null", ""])
async def test_any_request_with_an_origin_is_forbidden(origin: str) -> None:
    async with serving() as server:
        for path in ("/healthz", "/readyz", "/"):
            head = f"GET {path} HTTP/1.1\nHost: localhost\nOrigin: {origin}"
            assert (await server.http(head))[0] == 403
        assert await refused_status(server.connect(origin=Origin("http://localhost"))) == 403
        assert server.echoes.sessions == []


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:80", ""])
async def test_a_request_with_a_foreign_host_header_is_forbidden(host: str) -> None:
    async with serving() as server:
        for path in ("/healthz", "/"):
            assert (await server.http(f"GET {path} HTTP/1.1\nHost: {host}"))[0] == 403
        assert (await server.http("GET /healthz HTTP/1.1\nHost: localhost\nHost: x"))[0] == 403
        assert (await server.http("GET /healthz HTTP/1.1\nAccept: */*"))[0] == 403
        assert server.echoes.sessions == []


async def test_no_log_contains_the_frames_or_failed_handshakes_of_a_client(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving() as server:
        async with server.connect() as client:
            await client.send('{"id":1,"method":"m","params":{"a":"canary"}}')
            await client.recv()
        with suppress(ConnectionError, IndexError):
            await server.http("canary / canary\ncanary")
    theirs = "websockets.client"
    assert "canary" not in "".join(r.getMessage() for r in caplog.records if r.name != theirs)
    assert [r.exc_info for r in caplog.records if r.exc_info] == []


async def test_a_plain_http_request_is_answered_with_upgrade_required() -> None:
    async with serving() as server:
        assert (await server.http("GET / HTTP/1.1\nHost: localhost"))[0] == 426


async def test_no_more_than_the_allowed_clients_are_connected_at_a_time() -> None:
    limits = LIMITS._replace(connections_max=2)
    async with serving(limits) as server, server.connect() as first, server.connect():
        assert await refused_status(server.connect()) == 503
        assert (await server.http("GET /healthz HTTP/1.1\nHost: localhost"))[0] == 200
        await first.close()
        async with server.connect() as third:
            await answered(third)


async def test_a_failed_handshake_takes_no_place() -> None:
    async with serving(LIMITS._replace(connections_max=1)) as server:
        await server.http("GET / HTTP/1.1\nHost: localhost")
        async with server.connect() as client:
            await answered(client)


async def test_a_binary_frame_is_refused_and_the_connection_lives() -> None:
    async with serving() as server, server.connect() as client:
        await client.send(ASK.encode())
        error = json.loads(await client.recv())
        assert (error["id"], error["error"]["code"]) == (1, -32600)
        assert "text frame" in error["error"]["message"]
        await client.send(ASK.encode()[:5], text=True)
        assert "EOF" in json.loads(await client.recv())["error"]["message"]
        await answered(client)


async def test_a_message_may_come_in_fragments() -> None:
    async with serving() as server, server.connect() as client:
        await client.send([ASK[:5], ASK[5:9], ASK[9:]])
        assert await client.recv() == ANSWER
        await client.send([b"\x00", b"\x01"])
        assert "text frame" in str(await client.recv())
        await answered(client)


async def test_every_malformed_message_is_answered_and_none_closes_the_connection() -> None:
    async with serving() as server, server.connect(max_size=None) as client:
        for case in MALFORMED:
            await client.send(case.data, text=True)
            error = json.loads(await client.recv())
            assert (error["error"]["code"], error["id"]) == (case.code, case.id), case.name
            assert case.words in error["error"]["message"]
        await answered(client)


async def test_a_frame_over_the_limit_is_refused_and_the_connection_lives() -> None:
    async with serving(LIMITS._replace(frame_bytes_max=100)) as server, server.connect() as client:
        await client.send("x" * 101)
        assert "larger than 100 bytes" in str(await client.recv())
        await answered(client)


async def test_a_frame_far_over_the_limit_is_not_read() -> None:
    async with serving(LIMITS._replace(frame_bytes_max=100)) as server, server.connect() as client:
        await client.send("x" * 1000)
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert client.close_code == 1009
        assert server.echoes.sessions[0].heard == []


async def test_answers_are_sent_in_the_order_of_their_requests() -> None:
    async with serving() as server, server.connect() as client:
        for number in range(500):
            await client.send(json.dumps({"id": number, "method": "m"}))
        assert [json.loads(await client.recv())["id"] for _ in range(500)] == list(range(500))


async def test_a_client_that_vanishes_ends_its_session() -> None:
    async with serving() as server, server.connect() as client:
        await answered(client)
        client.transport.abort()
        await server.echoes.sessions[0].ended()


class Raw:
    """A client that reads only on request."""

    def __init__(self, address: Listen) -> None:
        self.socket = socket.create_connection((address.host, address.port), timeout=10)
        key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\nSec-WebSocket-Version: 13"
        head = (
            f"GET / HTTP/1.1\nHost: localhost\nUpgrade: websocket\nConnection: Upgrade\n{key}\n\n"
        )
        self.socket.sendall(head.replace("\n", "\r\n").encode())

    def send(self, text: str) -> None:
        self.socket.sendall(Frame(Opcode.TEXT, text.encode()).serialize(mask=True))

    def ping(self, times: int) -> None:
        self.socket.sendall(Frame(Opcode.PING, b"x" * 125).serialize(mask=True) * times)

    def read_until(self, end: bytes) -> bytes:
        data = b""
        while not data.endswith(end):
            data += self.socket.recv(1 << 20)
        self.socket.close()
        return data

    @property
    def name(self) -> str:
        host, port = self.socket.getsockname()
        return f"{host}:{port}"


@asynccontextmanager
async def flooded(server: Server) -> AsyncIterator[tuple[Raw, Echo, ClientConnection]]:
    """A client that does not read its many messages, its session, and another client."""
    slow = await asyncio.to_thread(Raw, server.address)
    with slow.socket:
        # More than the buffers of both sockets together.
        slow.send('{"id":0,"method":"flood","params":[20,1000000]}')
        async with server.connect() as other:
            while not (found := server.echoes.of(slow.name)) or not found[0].heard:
                await answered(other)
            yield slow, found[0], other


@pytest.mark.slices
async def test_a_client_that_reads_nothing_is_closed_with_1013_and_disturbs_no_other_client(
    caplog: pytest.LogCaptureFixture,
) -> None:
    limits = LIMITS._replace(slow_reader_timeout_ms=100, close_timeout_ms=10_000)
    async with serving(limits) as server, flooded(server) as (slow, session, other):
        while session.outbox.pending_messages:
            await answered(other)
        data = await asyncio.to_thread(slow.read_until, b"the client reads too slowly")
        assert data[-29:-27] == (1013).to_bytes(2, "big")
        assert 0 < data.count(b'"news"') < 20
        assert "127.0.0.1:" in logged_line(caplog, "client.given_up")["peer"]
        await session.ended()
        await answered(other)


@pytest.mark.slices
async def test_a_client_that_stopped_reading_for_good_is_cut_off() -> None:
    limits = LIMITS._replace(slow_reader_timeout_ms=100, close_timeout_ms=100)
    async with serving(limits) as server, flooded(server) as (_, session, other):
        await session.ended()
        await answered(other)


@pytest.mark.slices
async def test_a_client_that_resumes_reading_in_time_gets_every_notification() -> None:
    limits = LIMITS._replace(outbox_bytes_max=1000, slow_reader_timeout_ms=20_000)
    async with serving(limits) as server, flooded(server) as (slow, session, other):
        assert session.outbox.pending_bytes > 10_000_000
        slow.send(ASK)
        data = await asyncio.to_thread(slow.read_until, ANSWER.encode())
        assert data.count(b'"news"') == 20
        await answered(other)


@pytest.mark.slices
async def test_requests_of_a_client_that_is_far_behind_wait_until_it_has_read() -> None:
    async with serving() as server, flooded(server) as (slow, session, other):
        slow.send(ASK)
        for _ in range(20):
            await answered(other)
        assert len(session.heard) == 1
        await asyncio.to_thread(slow.read_until, ANSWER.encode())
        assert len(session.heard) == 2


@pytest.mark.slices
async def test_a_client_that_pings_and_reads_no_pong_is_disconnected() -> None:
    async with serving() as server, server.connect() as other:
        rude = await asyncio.to_thread(Raw, server.address)
        with rude.socket, pytest.raises(ConnectionError):
            await asyncio.to_thread(rude.ping, 1_000_000)
        await answered(other)


async def test_a_closing_listener_flushes_messages_says_1001_and_refuses_clients() -> None:
    async with serving() as server, server.connect() as client:
        await answered(client)
        closing = asyncio.create_task(server.listener.close())
        assert await client.recv() == BYE
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert (client.close_code, client.close_reason) == (1001, "the host is shutting down")
        await closing
        await server.listener.ended()
        assert server.echoes.sessions[0].closed >= 1
        with pytest.raises(OSError):  # noqa: PT011 - refused or reset
            await server.connect()


async def test_a_client_that_never_closes_does_not_delay_the_end_of_the_listener() -> None:
    async with serving(LIMITS._replace(close_timeout_ms=50)) as server:
        client = await asyncio.to_thread(Raw, server.address)
        with client.socket:
            client.send(ASK)
            while not server.echoes.sessions:
                await server.http("GET /healthz HTTP/1.1\nHost: localhost")
            async with asyncio.timeout(5):
                await server.listener.close()


async def test_a_peer_that_answers_no_ping_and_takes_nothing_is_closed() -> None:
    limits = LIMITS._replace(ping_interval_ms=10, ping_timeout_ms=50, close_timeout_ms=50)
    async with serving(limits) as server, server.connect() as other:
        dead = await asyncio.to_thread(Raw, server.address)
        with dead.socket:
            dead.send(ASK)
            data = await asyncio.to_thread(dead.read_until, b"keepalive ping timeout")
        assert data[-24:-22] == (1011).to_bytes(2, "big")
        await answered(other)


@pytest.mark.slices
async def test_a_peer_that_leaves_before_it_answers_a_ping_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving(LIMITS._replace(ping_interval_ms=10)) as server:
        gone = await asyncio.to_thread(Raw, server.address)
        with gone.socket:
            data = b""
            while PING not in data:
                data += await asyncio.to_thread(gone.socket.recv, 1000)
        await server.echoes.sessions[0].ended()
        await asyncio.sleep(0.01)
        gc.collect()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.slices
async def test_a_peer_that_slowly_reads_what_is_ahead_of_a_ping_is_not_disconnected() -> None:
    limits = LIMITS._replace(ping_interval_ms=10, ping_timeout_ms=500)
    async with serving(limits) as server:
        slow = await asyncio.to_thread(Raw, server.address)
        slow.send('{"id":0,"method":"flood","params":[100,100000]}')
        slow.socket.settimeout(5)
        size, closed = 0, False
        with slow.socket:
            while size < 10_000_000 and not closed:
                data = await asyncio.to_thread(slow.socket.recv, 1 << 17)
                size, closed = size + len(data), not data
                await asyncio.sleep(0.02)
        assert size >= 10_000_000
        assert server.echoes.sessions[0].closed == 0
