"""Connections before their handshake: places, limits and answers, at ports and socket files."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.adapters.jsonrpc.echo import Echoes
from tests.support.each import each
from tests.support.hosts import eventually
from threadhost.adapters.config import Limits, Listen
from threadhost.adapters.jsonrpc.transports.connection_slots import ConnectionSlots
from threadhost.adapters.jsonrpc.transports.listening import open_listener
from threadhost.adapters.jsonrpc.transports.peers import peer_of

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.transports.base import Listener

LIMITS = Limits()
HELLO = '{"id":1,"method":"initialize","params":{}}'
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
PORT, FILE = "port", "file"


class Door:
    """A listener of either kind, and ways to connect to it."""

    def __init__(
        self, kind: str, folder: Path, limits: Limits, places: ConnectionSlots | None
    ) -> None:
        self.kind = kind
        self.path = folder / "s"
        self.echoes = Echoes(limits)
        self._limits, self._places = limits, places
        self.listener: Listener

    async def open(self) -> None:
        listen = (
            Listen("unix", path=self.path) if self.kind == FILE else Listen("ws", host="127.0.0.1")
        )
        accept = self.echoes.accept
        self.listener = await open_listener(listen, accept, self._limits, None, self._places)

    async def knock(self) -> "tuple[asyncio.StreamReader, asyncio.StreamWriter]":
        if self.kind == FILE:
            return await asyncio.open_unix_connection(str(self.path))
        address = self.listener.address
        return await asyncio.open_connection(address.host, address.port)

    async def answer_to(self, data: bytes) -> bytes:
        """Send bytes on a new connection; everything that is answered."""
        source, sink = await self.knock()
        sink.write(data)
        try:
            async with asyncio.timeout(10):
                return await source.read()
        finally:
            sink.close()

    def client(self) -> connect:
        if self.kind == FILE:
            return unix_connect(str(self.path))
        return connect(str(self.listener.address), proxy=None)


@asynccontextmanager
async def opened(
    kind: str, folder: Path, limits: Limits = LIMITS, places: ConnectionSlots | None = None
) -> AsyncIterator[Door]:
    door = Door(kind, folder, limits, places)
    await door.open()
    try:
        yield door
    finally:
        await door.listener.close()


@pytest.fixture(params=[PORT, FILE])
def kind(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


async def served(client: ClientConnection) -> None:
    await client.send(HELLO)
    assert "echo" in str(await client.recv())


async def refused(door: Door) -> tuple[int, str]:
    with pytest.raises(InvalidStatus) as caught:
        await door.client()
    response = caught.value.response
    return response.status_code, (response.body or b"").decode()


# -- strangers --


@pytest.mark.parametrize(
    "data",
    [
        b'{"id":7,"method":"initialize","params":{}}\n',
        b' \n{"id":7,"method":"initialize"',
        b'{"id":7,"a":["',
    ],
    ids=["a line", "half a line", "a piece"],
)
async def test_bare_json_is_answered_in_a_line_of_json_under_its_id(
    kind: str, tmp_path: Path, data: bytes
) -> None:
    async with opened(kind, tmp_path) as door:
        answer = await door.answer_to(data)
        assert answer.endswith(b"\n")
        error = json.loads(answer)
        assert (error["id"], error["error"]["code"]) == (7, -32600)
        assert "this address serves websockets" in error["error"]["message"]
        assert door.echoes.sessions == []


STRANGERS = {
    "a list": (b"[1]\n", b'"id":null'),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"this address does not speak TLS"),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"this address serves websockets"),
    "another HTTP": (b"GET / HTTP/9.9\r\n\r\n", b"this address serves websockets"),
    "another method": (b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"unsupported HTTP method"),
    "words": (b"hello there\r\n", b"this address serves websockets"),
    "noise": (b"\x80\xff\x00" * 100, b"this address serves websockets"),
    "a frame": (b"\x81\x85....hello", b"this address serves websockets"),
}


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_a_client_of_another_protocol_is_answered_with_the_protocol_to_use(
    kind: str, tmp_path: Path, stranger: str
) -> None:
    data, words = STRANGERS[stranger]
    async with opened(kind, tmp_path) as door:
        answer = await door.answer_to(data)
        assert words in answer
        assert answer.startswith((b"HTTP/1.1 40", b'{"error"'))
        async with door.client() as client:
            await served(client)


async def test_a_request_that_arrives_byte_by_byte_is_answered(kind: str, tmp_path: Path) -> None:
    async with opened(kind, tmp_path) as door:
        source, sink = await door.knock()
        for byte in HEALTH:
            sink.write(bytes((byte,)))
            await sink.drain()
            await asyncio.sleep(0)
        assert (await source.readline()).split()[1] == b"200"
        sink.close()


async def test_a_silent_connection_that_leaves_gets_no_answer(kind: str, tmp_path: Path) -> None:
    async with opened(kind, tmp_path) as door:
        source, sink = await door.knock()
        sink.write_eof()
        assert await source.read() == b""
        sink.close()


# -- places --


@asynccontextmanager
async def silent(
    door: Door, count: int
) -> "AsyncIterator[list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]":
    """Connections that send nothing."""
    crowd = [await door.knock() for _ in range(count)]
    try:
        yield crowd
    finally:
        for _, sink in crowd:
            sink.transport.abort()


async def is_over(source: asyncio.StreamReader) -> bool:
    with suppress(ConnectionError):
        async with asyncio.timeout(10):
            return await source.read() == b""
    return True


async def test_the_oldest_silent_connection_is_closed_when_a_new_one_needs_its_place(
    kind: str, tmp_path: Path
) -> None:
    limits = LIMITS._replace(handshakes_max=3, open_timeout_ms=60_000)
    places = ConnectionSlots(limits)
    async with opened(kind, tmp_path, limits, places) as door, silent(door, 3) as crowd:
        await eventually(lambda: len(places) == 3)
        async with silent(door, 3):
            for source, _ in crowd:
                assert await is_over(source)
            assert (await door.answer_to(HEALTH)).startswith(b"HTTP/1.1 200")
            async with door.client() as client:
                await served(client)


@pytest.mark.slices
async def test_other_clients_are_served_among_very_many_silent_connections(
    kind: str, tmp_path: Path
) -> None:
    limits = LIMITS._replace(handshakes_max=20, connections_max=5)
    async with opened(kind, tmp_path, limits) as door, silent(door, 60):
        for _ in range(10):
            assert (await door.answer_to(HEALTH)).startswith(b"HTTP/1.1 200")
            async with door.client() as client, silent(door, 30):
                await served(client)


async def test_health_checks_are_answered_even_if_all_places_are_taken(
    kind: str, tmp_path: Path
) -> None:
    limits = LIMITS._replace(connections_max=1, handshakes_max=1)
    async with opened(kind, tmp_path, limits) as door, door.client(), silent(door, 1):
        for _ in range(3):
            assert (await door.answer_to(HEALTH)).startswith(b"HTTP/1.1 200")
        assert await refused(door) == (503, "too many connections\n")


async def test_one_peer_gets_no_more_than_its_share(kind: str, tmp_path: Path) -> None:
    limits = LIMITS._replace(connections_max=3, connections_per_peer_max=2)
    async with opened(kind, tmp_path, limits) as door, door.client() as first, door.client():
        assert await refused(door) == (503, "too many connections of one peer\n")
        await first.close()
        async with door.client() as third:
            await served(third)


async def test_listeners_share_their_places(tmp_path: Path) -> None:
    limits = LIMITS._replace(connections_max=2)
    places = ConnectionSlots(limits)
    async with (
        opened(PORT, tmp_path, limits, places) as port,
        opened(FILE, tmp_path, limits, places) as file,
        port.client() as first,
        file.client(),
    ):
        for door in (port, file):
            assert await refused(door) == (503, "too many connections\n")
        await first.close()
        await eventually(lambda: len(places) == 1)
        async with file.client() as client:
            await served(client)


async def test_a_client_that_never_initializes_gets_the_reason_when_it_is_disconnected(
    kind: str, tmp_path: Path
) -> None:
    limits = LIMITS._replace(initialize_timeout_ms=30)
    async with opened(kind, tmp_path, limits) as door, door.client() as client:
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert (client.close_code, client.close_reason) == (1008, "no initialize within 0.03 s")
        await door.echoes.sessions[0].ended()


async def test_an_initialized_client_may_be_silent_for_ever(kind: str, tmp_path: Path) -> None:
    limits = LIMITS._replace(initialize_timeout_ms=150)
    async with opened(kind, tmp_path, limits) as door, door.client() as client:
        await served(client)
        async with door.client() as other:
            with pytest.raises(ConnectionClosed):
                await other.recv()
        await served(client)


# -- peers and guests, without sockets --


class Guest:
    def __init__(self, peer: str) -> None:
        self.peer = peer
        self.dropped = False

    def drop(self) -> None:
        self.dropped = True


def test_the_oldest_connection_of_the_peer_with_most_of_them_is_closed_first() -> None:
    places = ConnectionSlots(LIMITS._replace(handshakes_max=4))
    honest, crowd = Guest("honest"), [Guest("rude") for _ in range(50)]
    places.arrive(honest)
    for guest in crowd:
        places.arrive(guest)
    assert not honest.dropped
    assert [guest.dropped for guest in crowd] == [True] * 47 + [False] * 3
    assert len(places) == 4
    for guest in (honest, *crowd):
        places.leave(guest)
        places.leave(guest)
    assert len(places) == 0
    places.make_room()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


class Transport(asyncio.BaseTransport):
    """The facts of a transport about its peer."""

    def __init__(self, end: socket.socket | None, peername: object = None) -> None:
        super().__init__({"socket": end, "peername": peername})


@pytest.mark.skipif(sys.platform != "linux", reason="each kernel says it otherwise")
def test_at_a_socket_file_a_peer_is_a_process(pair: tuple[socket.socket, socket.socket]) -> None:
    assert peer_of(Transport(pair[0])) == f"user {os.getuid()} process {os.getpid()}"


@each(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("10.0.0.1", "10.0.0.1", True),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("127.0.0.1", "127.1.2.3", True),
        ("::ffff:127.0.0.1", "::1", True),
        ("fe80::1%eth0", "fe80::2%eth1", True),
    ],
)
def test_at_a_port_a_peer_is_an_address_or_a_network_of_ipv6(
    one: str, other: str, *, same: bool
) -> None:
    with socket.socket() as end:
        peers = [peer_of(Transport(end, (host, 1))) for host in (one, other)]
    assert (peers[0] == peers[1]) is same
    assert peer_of(Transport(None)) == ""


async def test_a_client_with_an_endless_message_is_closed_when_others_need_its_place(
    kind: str, tmp_path: Path
) -> None:
    size = 300_000
    limits = LIMITS._replace(host_unheard_bytes_max=1_000_000)
    places = ConnectionSlots(limits)
    async with opened(kind, tmp_path, limits, places) as door:
        stuck = []
        for _ in range(5):
            client = await door.client()
            client.transport.write(unfinished(size))
            stuck.append(client)
            await eventually(lambda: places.unheard.used_bytes >= min(len(stuck), 3) * size)
            assert places.unheard.used_bytes <= 1_000_000
        with pytest.raises(ConnectionClosed):
            await stuck[0].recv()
        whole = await door.client()
        for _ in range(5):
            await whole.send(json.dumps({"id": 1, "method": "x", "params": ["x" * size]}))
            assert len(await whole.recv()) >= size
        assert stuck[-1].state.name == "OPEN"
        for client in stuck:
            client.transport.abort()
        await whole.close()
        await eventually(lambda: places.unheard.used_bytes == 0)


def unfinished(size: int) -> bytes:
    """The beginning of a frame whose last byte is missing."""
    return bytes((0x81, 0xFF)) + (size + 1).to_bytes(8) + b"\0\0\0\0" + b"x" * size
