"""The contract of every transport for its connections: kept, closed at once, none left."""

import asyncio
import socket
import threading

import psutil
import pytest

from tests.support.raw_server import Behaviour, raw_server, read_request, saying, until_gone
from tests.support.transport_calls import (
    CHUNKED,
    LIMITS,
    OK,
    WAIT_S,
    finished,
    is_gone,
    posted,
    transport_to,
    whole,
)
from threadhost.adapters.models.http_origin import HttpOrigin
from threadhost.adapters.models.provider import TransportName
from threadhost.adapters.models.transports import make_transport


def counting(heard: list[int], times: int) -> Behaviour:
    """Answers so many requests on one connection, and counts them for each connection."""

    def serve(connection: socket.socket) -> None:
        heard.append(0)
        for _ in range(times):
            read_request(connection)
            heard[-1] += 1
            connection.sendall(CHUNKED + b"2\r\nhi\r\n0\r\n\r\n")
        connection.shutdown(socket.SHUT_RDWR)

    return serve


async def test_a_finished_answer_returns_its_connection(library: TransportName) -> None:
    heard: list[int] = []
    with raw_server(counting(heard, 5)) as server:
        async with transport_to(library, server.port) as transport:
            assert [await finished(transport) for _ in range(5)] == [b"hi"] * 5

    assert heard == [5]


async def test_a_kept_connection_that_the_server_closed_does_not_fail_the_next_call(
    library: TransportName,
) -> None:
    heard: list[int] = []

    def once(connection: socket.socket) -> None:
        counting(heard, 1)(connection)

    with raw_server(once) as server:
        async with transport_to(library, server.port) as transport:
            assert [await finished(transport) for _ in range(3)] == [b"hi"] * 3

    assert heard == [1, 1, 1]


async def test_a_kept_connection_that_is_closed_after_the_request_was_sent_does_not_fail_the_call(
    library: TransportName,
) -> None:
    heard: list[int] = []

    def late(connection: socket.socket) -> None:
        heard.append(0)
        read_request(connection)
        connection.sendall(OK + b"content-length: 2\r\n\r\nhi")
        read_request(connection)
        connection.shutdown(socket.SHUT_RDWR)

    with raw_server(late) as server:
        async with transport_to(library, server.port) as transport:
            assert [await finished(transport) for _ in range(2)] == [b"hi"] * 2

    assert len(heard) == 2


async def test_the_connection_of_an_answer_that_continues_after_its_end_is_closed(
    library: TransportName,
) -> None:
    def go_on(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(CHUNKED + b"2\r\nhi\r\n")
        until_gone(connection)

    with raw_server(go_on) as server:
        async with transport_to(library, server.port) as transport:
            assert await finished(transport) == b"hi"
            await is_gone(server)


@pytest.mark.parametrize("said", [b"", CHUNKED + b"2\r\nhi\r\n"])
async def test_cancelling_closes_the_connection_at_once(
    library: TransportName, said: bytes
) -> None:
    arrived = threading.Event()

    def hang(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(said)
        arrived.set()
        until_gone(connection)

    with raw_server(hang) as server:
        async with transport_to(library, server.port) as transport:

            async def call() -> None:
                answer = await posted(transport)
                try:
                    await whole(answer)
                finally:
                    answer.abort()

            task = asyncio.create_task(call())
            assert await asyncio.to_thread(arrived.wait, WAIT_S)
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task], timeout=WAIT_S)
            await is_gone(server)
    assert task.cancelled()


async def test_aborting_and_closing_twice_are_harmless(library: TransportName) -> None:
    with raw_server(saying(CHUNKED + b"2\r\nhi\r\n")) as server:
        async with transport_to(library, server.port) as transport:
            answer = await posted(transport)
            answer.abort()
            answer.abort()
            await is_gone(server)
            await transport.close()
            await transport.close()


def threads() -> set[str]:
    """The threads of this process, but for the loop's own workers, which come when needed."""
    names = {thread.name for thread in threading.enumerate()}
    return {name for name in names if not name.startswith("asyncio_")}


async def test_no_socket_and_no_thread_outlives_a_transport(library: TransportName) -> None:
    heard: list[int] = []
    process = psutil.Process()
    with raw_server(counting(heard, 5)) as server:
        before, sockets = threads(), len(process.net_connections())
        transport = make_transport(
            library, HttpOrigin("http", "127.0.0.1", server.port), LIMITS, None, None
        )
        await transport.prepare()
        await finished(transport)
        answer = await posted(transport)
        await transport.close()
        answer.abort()
        await asyncio.sleep(0)
        await asyncio.to_thread(server.gone.wait, WAIT_S)

        assert threads() <= before
        assert len([c for c in process.net_connections() if c.status == "ESTABLISHED"]) <= sockets
