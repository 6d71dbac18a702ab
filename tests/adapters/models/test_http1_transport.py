"""Connections to a Responses endpoint: kept, used again, and closed when they must be."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator

import pytest

from tests.support.model_calls import (
    WAIT_S,
    client_of,
    collect,
    failure,
    request,
    script,
    streaming,
    text_of,
    user,
)
from tests.support.raw_server import raw_server, read_request, until_gone
from tests.support.responses_endpoint import (
    DONE,
    STREAM_HEAD,
    Json,
    Raw,
    ResponsesEndpoint,
    answer,
    encoded,
)
from threadhost.actors.models import ResponseDone, TextDelta
from threadhost.adapters.event_loop import new_event_loop
from threadhost.adapters.models import http1_transport
from threadhost.adapters.models.http1_transport import Http1Transport
from threadhost.adapters.models.http_client import HttpClient
from threadhost.adapters.models.http_origin import HttpOrigin
from threadhost.adapters.models.limits import TransportLimits
from threadhost.adapters.models.transport import HttpAnswer


async def test_a_kept_connection_is_used_again() -> None:
    async with ResponsesEndpoint(keep_alive=True) as endpoint:
        client = client_of(endpoint.base_url)
        for _ in range(5):
            await collect(client, user("hello"))
        assert (endpoint.connections, endpoint.open_connections) == (1, 1)

        await client.close()
        await asyncio.wait_for(endpoint.open_connections_are(0), WAIT_S)


async def test_a_connection_that_was_kept_too_long_is_not_used_again() -> None:
    async with ResponsesEndpoint(keep_alive=True) as endpoint:
        client = client_of(endpoint.base_url, limits=TransportLimits(keep_alive_ms=0))
        for _ in range(3):
            await collect(client, user("hello"))
        assert endpoint.connections == 3

        await client.close()
        await asyncio.wait_for(endpoint.open_connections_are(0), WAIT_S)


@pytest.mark.parametrize(
    "framing", [b"connection: close\r\ncontent-length: 9999", b"x-no: framing"]
)
async def test_a_connection_that_will_be_closed_is_not_waited_for(
    endpoint: ResponsesEndpoint,
    client: HttpClient,
    framing: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http1_transport, "DRAIN_TIMEOUT_S", 60)
    head = STREAM_HEAD + framing + b"\r\n\r\n"
    endpoint.misbehaviour.append(Raw(head + encoded(DONE), hang=True))

    assert await asyncio.wait_for(collect(client, user("hello")), WAIT_S)
    await asyncio.wait_for(endpoint.open_connections_are(0), WAIT_S)


async def test_the_connection_of_a_stream_that_continues_after_its_end_is_closed(
    endpoint: ResponsesEndpoint, client: HttpClient
) -> None:
    head = STREAM_HEAD + b"transfer-encoding: chunked\r\n\r\n"
    pieces = [encoded(DONE), *[b": more\n\n"] * 1000]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    endpoint.misbehaviour.append(Raw(head + chunks, hang=True))

    assert await collect(client, user("hello")) == [ResponseDone("r", None)]
    await asyncio.wait_for(endpoint.open_connections_are(0), WAIT_S)


async def test_no_socket_outlives_the_client() -> None:
    async with ResponsesEndpoint(keep_alive=True) as endpoint:
        client = client_of(endpoint.base_url)
        await collect(client, user("hello"))
        await client.close()
        await asyncio.wait_for(endpoint.open_connections_are(0), WAIT_S)


@pytest.mark.parametrize("late", [False, True])
async def test_an_unrequested_answer_is_not_taken_for_that_of_the_next_call(*, late: bool) -> None:
    """The extra answer comes with the last one or after it."""
    forged = {**DONE, "response": {"id": "forged"}}
    good, extra = (chunked(encoded(event)) for event in (DONE, forged))
    is_read = threading.Event()

    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(good if late else good + extra)
        if late and is_read.wait(WAIT_S):
            connection.sendall(extra)
        until_gone(connection)

    with raw_server(serve) as server:
        client = client_of(server.base_url)
        assert await collect(client, user("hello")) == [ResponseDone("r", None)]
        is_read.set()
        assert not late or await asyncio.to_thread(server.gone.wait, WAIT_S)
        assert await collect(client, user("hello")) == [ResponseDone("r", None)]
        await client.close()


async def test_an_answer_in_one_piece_returns_its_connection() -> None:
    heard: list[int] = []

    def serve(connection: socket.socket) -> None:
        heard.append(0)
        for _ in range(2):
            read_request(connection)
            heard[-1] += 1
            connection.sendall(answer(200, b'{"id": "r", "output": []}'))

    with raw_server(serve) as server:
        client = client_of(server.base_url)
        for _ in range(2):
            assert await collect(client, user("hello")) == [ResponseDone("r", None)]
        await client.close()
    assert heard == [2]


def chunked(body: bytes) -> bytes:
    head = STREAM_HEAD + b"transfer-encoding: chunked\r\n\r\n"
    return head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


async def test_a_kept_connection_that_the_server_closed_is_replaced() -> None:
    async with ResponsesEndpoint(keep_alive=True) as endpoint:
        client = client_of(endpoint.base_url)
        await collect(client, user("hello"))
        endpoint.hang_up()
        assert text_of(await collect(client, user("hello"))) == "ok"

        # Closed as late as can be: after the request is out and before any answer.
        endpoint.misbehaviour.append(Raw(b""))
        assert text_of(await collect(client, user("hello"))) == "ok"
        await client.close()


@pytest.mark.parametrize("step", [{"text": "so far", "hang": True}, {"delay_ms": 60_000}])
async def test_cancelling_closes_the_connection_at_once(
    endpoint: ResponsesEndpoint, client: HttpClient, step: Json
) -> None:
    task = asyncio.create_task(collect(client, user(script(step))))
    await asyncio.wait_for(endpoint.requests_are(1), WAIT_S)
    task.cancel()
    await asyncio.wait([task])

    await asyncio.wait_for(endpoint.open_connections_are(0), WAIT_S)
    assert task.cancelled()


async def test_leaving_a_stream_early_closes_the_connection(
    endpoint: ResponsesEndpoint, client: HttpClient
) -> None:
    prompt = user(script({"text": "abcdef", "deltas": 6, "hang": True}))
    async with streaming(client, request(prompt)) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                break

    await asyncio.wait_for(endpoint.open_connections_are(0), WAIT_S)


async def test_closing_the_client_ends_calls_under_way(
    endpoint: ResponsesEndpoint, client: HttpClient
) -> None:
    task = asyncio.create_task(failure(client, user(script({"hang": True}))))
    await asyncio.wait_for(endpoint.requests_are(1), WAIT_S)
    await client.close()

    assert (await asyncio.wait_for(task, WAIT_S)).code.startswith("responseStream")
    await asyncio.wait_for(endpoint.open_connections_are(0), WAIT_S)


def test_a_host_on_libuvs_loop_calls_an_endpoint_as_on_the_standard_loop() -> None:
    """The loop of libuv fills the buffer of a connection by itself."""
    body = b"x" * 1_000_000

    def twice(connection: socket.socket) -> None:
        for _ in range(2):
            read_request(connection)
            connection.sendall(chunked(body))

    async def call() -> tuple[bytes, bool]:
        got = await transport.post("/", [], b"{}")
        pieces = [piece async for piece in _pieces(got)]
        await got.finish()
        got.abort()
        return b"".join(pieces), len(pieces) > 1

    with raw_server(twice) as server, asyncio.Runner(loop_factory=new_event_loop) as runner:
        origin = HttpOrigin("http", "127.0.0.1", server.port)
        transport = Http1Transport(origin, TransportLimits())
        assert [runner.run(call()) for _ in range(2)] == [(body, True)] * 2
        runner.run(transport.close())


async def _pieces(answer: HttpAnswer) -> AsyncIterator[bytes]:
    while (piece := await answer.read()) is not None:
        yield piece
