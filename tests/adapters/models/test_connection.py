"""One connection: bytes with and without a waiting reader, and its end."""

import asyncio

import pytest

from threadhost.adapters.models.connection import RECEIVE_BYTES, UNREAD_BYTES_MAX, Connection
from threadhost.adapters.models.http1_answer import AnswerParser, MalformedResponse
from threadhost.adapters.models.idle_timer import IdleTimer

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
OPEN = b"HTTP/1.1 200 OK\r\n\r\n"
CHUNK = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"


class Wire(asyncio.Transport):
    """A transport that records the calls to it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def write(self, data: object) -> None:
        self.asked.append("write")

    def pause_reading(self) -> None:
        self.asked.append("pause")

    def resume_reading(self) -> None:
        self.asked.append("resume")

    def abort(self) -> None:
        self.asked.append("abort")


class Exchange:
    """An exchange under way, over no network."""

    def __init__(self) -> None:
        self.wire = Wire()
        self.room = memoryview(bytearray(RECEIVE_BYTES))
        self.connection = Connection(self.room, IdleTimer(60_000))
        self.connection.connection_made(self.wire)
        self.answer = AnswerParser(10_000_000, 0)
        self.connection.begin(b"a request", self.answer)
        self.wire.asked.clear()

    def arrive(self, data: bytes) -> None:
        buffer = self.connection.get_buffer(-1)
        buffer[: len(data)] = data
        self.connection.buffer_updated(len(data))


async def test_reading_is_paused_while_too_many_bytes_are_unread() -> None:
    exchange = Exchange()
    exchange.arrive(CHUNKED)
    for _ in range(UNREAD_BYTES_MAX // len(CHUNK)):
        exchange.arrive(CHUNK)
    assert exchange.wire.asked == []
    exchange.arrive(CHUNK)
    assert exchange.wire.asked == ["pause"]

    exchange.answer.pieces.clear()
    exchange.connection.taken()
    exchange.arrive(CHUNK)
    assert exchange.wire.asked == ["pause", "resume"]
    for _ in range(UNREAD_BYTES_MAX // len(CHUNK)):
        exchange.arrive(CHUNK)
    assert exchange.wire.asked == ["pause", "resume", "pause"]


async def test_framing_alone_does_not_pause_reading() -> None:
    exchange = Exchange()
    exchange.arrive(CHUNKED)
    for _ in range(UNREAD_BYTES_MAX // 1024 + 1):
        exchange.arrive(b"1;" + b"x" * 1024 + b"\r\ny\r\n")
        exchange.answer.pieces.clear()
        exchange.connection.taken()
    assert exchange.wire.asked == []


async def test_unrequested_bytes_close_the_connection() -> None:
    exchange = Exchange()
    exchange.arrive(CHUNKED + b"0\r\n\r\n")
    assert exchange.connection.end_exchange()
    assert not exchange.connection.is_lost

    exchange.arrive(b"HTTP/1.1 200 OK\r\n\r\n")
    assert exchange.connection.is_lost
    assert exchange.wire.asked == ["abort"]


async def test_a_server_that_hangs_up_between_exchanges_is_noticed() -> None:
    exchange = Exchange()
    exchange.arrive(CHUNKED + b"0\r\n\r\n")
    assert exchange.connection.end_exchange()
    exchange.connection.eof_received()

    assert exchange.connection.is_lost


async def test_the_end_of_the_connection_ends_a_body_without_a_length() -> None:
    exchange = Exchange()
    exchange.arrive(OPEN)
    waiting = asyncio.create_task(exchange.connection.wait_for_body())
    await asyncio.sleep(0)
    exchange.connection.eof_received()
    await waiting

    assert exchange.answer.is_over
    assert not exchange.connection.end_exchange()


@pytest.mark.parametrize("how", ["closed here", "reset"])
async def test_the_end_of_the_connection_fails_a_body_that_has_a_length(how: str) -> None:
    exchange = Exchange()
    exchange.arrive(OPEN)
    waiting = asyncio.create_task(exchange.connection.wait_for_body())
    await asyncio.sleep(0)
    if how == "reset":
        exchange.connection.connection_lost(ConnectionResetError())
    else:
        exchange.connection.abort()
        exchange.connection.connection_lost(None)
    with pytest.raises(ConnectionError):
        await waiting
    assert not exchange.answer.is_over


async def test_the_body_before_a_fault_is_read_before_the_fault_is_raised() -> None:
    exchange = Exchange()
    exchange.arrive(CHUNKED + b"2\r\nhi\r\nnope")
    await exchange.connection.wait_for_body()
    assert exchange.answer.pieces == [b"hi"]

    exchange.answer.pieces.clear()
    for _ in range(2):
        with pytest.raises(MalformedResponse):
            await exchange.connection.wait_for_body()


async def test_a_wait_in_which_nothing_arrives_has_a_time_limit() -> None:
    exchange = Exchange()
    connection = Connection(exchange.room, IdleTimer(1))
    connection.connection_made(exchange.wire)
    connection.begin(b"a request", AnswerParser(1_000, 0))
    with pytest.raises(TimeoutError):
        await connection.wait_for_head()
    assert exchange.wire.asked == ["write"]
