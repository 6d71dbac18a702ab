"""What every transport promises, whichever library carries it."""

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from struct import pack
from typing import get_args

import psutil
import pytest

from tests.support.proxies import LOGIN, http_proxy
from tests.support.raw_server import (
    Behaviour,
    Running,
    raw_server,
    read_request,
    repeating,
    saying,
    until_gone,
)
from tests.support.tls import loopback_contexts
from threadhost.actors.models import ModelFailed
from threadhost.adapters.models.limits import TransportLimits
from threadhost.adapters.models.origin import Origin, Proxy
from threadhost.adapters.models.provider import TransportName
from threadhost.adapters.models.transport import HttpAnswer, Transport
from threadhost.adapters.models.transports import NEEDS, make_transport

Contexts = tuple[ssl.SSLContext, ssl.SSLContext]
Make = Callable[..., Transport]
LIMITS = TransportLimits(connect_timeout_ms=5_000, idle_timeout_ms=5_000)
HEADERS = [("Content-Type", "application/json"), ("Authorization", "Bearer sk-1")]
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
WAIT_S = 10


@pytest.fixture(params=get_args(TransportName))
def library(request: pytest.FixtureRequest) -> TransportName:
    name: TransportName = request.param
    for module in NEEDS[name]:
        pytest.importorskip(module, reason=f"the extra for {name} is not installed")
    return name


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> Contexts:
    return loopback_contexts(tmp_path_factory.mktemp("tls"))


@asynccontextmanager
async def transport_to(
    name: TransportName,
    port: int,
    limits: TransportLimits = LIMITS,
    tls: ssl.SSLContext | None = None,
    proxy: Proxy | None = None,
    host: str = "127.0.0.1",
) -> AsyncIterator[Transport]:
    origin = Origin("https" if tls else "http", host, port)
    transport = make_transport(name, origin, limits, proxy, tls)
    try:
        yield transport
    finally:
        await transport.close()


async def posted(transport: Transport, body: bytes = b"{}") -> HttpAnswer:
    return await transport.post("/v1/x?q=1", HEADERS, body)


async def whole(answer: HttpAnswer) -> bytes:
    pieces = []
    while (piece := await answer.read()) is not None:
        pieces.append(piece)
    return b"".join(pieces)


async def failure(name: TransportName, port: int, **how: object) -> ModelFailed:
    """How a call fails, in its head or in its body."""
    async with transport_to(name, port, **how) as transport:  # type: ignore[arg-type]
        with pytest.raises(ModelFailed) as failed:
            await whole(await posted(transport))
    return failed.value


async def is_gone(server: Running) -> None:
    assert await asyncio.to_thread(server.gone.wait, WAIT_S)


async def test_a_request_goes_out_as_it_was_given_and_its_answer_comes_back(
    library: TransportName,
) -> None:
    heard: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        heard.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 418 Teapot\r\nX-Odd: a\r\ncontent-length: 5\r\n\r\nhello")

    with raw_server(answer) as server:
        async with transport_to(library, server.port) as transport:
            got = await posted(transport, b'{"a":1}')
            body = await whole(got)

    assert (got.status, got.reason, got.headers["x-odd"], body) == (418, "Teapot", "a", b"hello")
    head, _, sent = heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/x?q=1 HTTP/1.1\r\n")
    assert sent == b'{"a":1}'
    lines = head.lower().split(b"\r\n")
    assert b"authorization: bearer sk-1" in lines
    assert f"host: 127.0.0.1:{server.port}".encode() in lines
    assert sum(line.startswith(b"accept-encoding:") for line in lines) <= 1


async def test_a_trusted_certificate_is_enough(library: TransportName, contexts: Contexts) -> None:
    with raw_server(saying(OK + b"content-length: 2\r\n\r\nhi"), contexts[0]) as server:
        async with transport_to(library, server.port, tls=contexts[1]) as transport:
            assert await whole(await posted(transport)) == b"hi"


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    library: TransportName, contexts: Contexts
) -> None:
    with raw_server(saying(OK), contexts[0]) as server:
        failed = await failure(library, server.port, tls=ssl.create_default_context())

    assert failed.code == "httpConnectionFailed"
    assert "its certificate is not trusted (self-signed certificate)" in failed.message


async def test_https_goes_through_a_tunnel(library: TransportName, contexts: Contexts) -> None:
    with raw_server(saying(OK + b"content-length: 2\r\n\r\nhi"), contexts[0]) as server:
        async with (
            http_proxy() as seen,
            transport_to(
                library,
                server.port,
                tls=contexts[1],
                proxy=Proxy("http", "127.0.0.1", seen.port),
            ) as transport,
        ):
            assert await whole(await posted(transport)) == b"hi"

    assert seen.asked == [f"CONNECT 127.0.0.1:{server.port}"]


async def test_plain_http_asks_the_proxy_for_the_whole_url(library: TransportName) -> None:
    with raw_server(saying(OK + b"content-length: 2\r\n\r\nhi")) as server:
        async with (
            http_proxy(leads_to=server.port) as seen,
            transport_to(
                library, 80, proxy=Proxy("http", "127.0.0.1", seen.port), host="model.invalid"
            ) as transport,
        ):
            assert await whole(await posted(transport)) == b"hi"

    assert seen.asked == ["POST http://model.invalid/v1/x?q=1"]


async def test_a_proxy_that_refuses_is_named(library: TransportName, contexts: Contexts) -> None:
    async with http_proxy(LOGIN) as seen:
        proxy = Proxy("http", "127.0.0.1", seen.port)
        failed = await failure(library, 443, tls=contexts[1], proxy=proxy, host="model.invalid")

    reason = f"the proxy {proxy} answered 407 to CONNECT"
    assert failed.message == f"cannot connect to https://model.invalid: {reason}"


async def test_a_port_where_nobody_listens_is_named(library: TransportName) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    failed = await failure(library, port)

    assert failed.message == f"cannot connect to http://127.0.0.1:{port}: Connection refused"
    assert (failed.code, failed.is_transient) == ("httpConnectionFailed", True)


async def test_a_host_without_an_address_is_named(library: TransportName) -> None:
    failed = await failure(library, 80, host="no-such-host.invalid")

    assert failed.message.startswith("cannot connect to http://no-such-host.invalid: ")
    assert failed.code == "httpConnectionFailed"


async def test_who_does_not_shake_hands_has_no_more_time_than_a_connection(
    library: TransportName, contexts: Contexts
) -> None:
    limits = LIMITS._replace(connect_timeout_ms=100)
    with raw_server(until_gone) as server:
        failed = await failure(library, server.port, tls=contexts[1], limits=limits)
        await is_gone(server)

    url = f"https://127.0.0.1:{server.port}"
    assert failed.message == f"cannot connect to {url} within 100 ms (connect time-out)"
    assert failed.code == "httpConnectionFailed"


async def test_a_head_that_does_not_come_fails_in_time(library: TransportName) -> None:
    limits = LIMITS._replace(connect_timeout_ms=50, idle_timeout_ms=300)
    with raw_server(until_gone) as server:
        failed = await failure(library, server.port, limits=limits)
        await is_gone(server)

    assert failed.message.endswith("did not begin to answer within 300 ms (idle time-out)")
    assert (failed.code, failed.is_transient) == ("responseStreamConnectionFailed", True)


async def test_a_body_that_does_not_come_fails_in_time(library: TransportName) -> None:
    def half(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(OK + b"content-length: 9\r\n\r\nhalf")
        until_gone(connection)

    with raw_server(half) as server:
        limits = LIMITS._replace(idle_timeout_ms=200)
        failed = await failure(library, server.port, limits=limits)

    assert failed.message == "the model endpoint sent nothing for 200 ms (idle time-out)"
    assert failed.code == "responseStreamDisconnected"


async def test_some_heads_ahead_of_the_head_are_passed_over(library: TransportName) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" * 3
    with raw_server(saying(early + OK + b"content-length: 2\r\n\r\nhi")) as server:
        async with transport_to(library, server.port) as transport:
            assert await whole(await posted(transport)) == b"hi"


BROKEN: dict[str, tuple[Behaviour, str, str]] = {
    "heads without end": (
        repeating(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        "responseStreamConnectionFailed",
        "did not answer in HTTP",
    ),
    "another protocol": (
        saying(b"SSH-2.0-x\r\n\r\n"),
        "responseStreamConnectionFailed",
        "did not answer in HTTP",
    ),
    "no answer": (
        saying(b""),
        "responseStreamConnectionFailed",
        "closed the connection without an answer",
    ),
    "half a head": (
        saying(b"HTTP/1.1 20"),
        "responseStreamConnectionFailed",
        "did not answer in HTTP",
    ),
    "broken chunks": (
        saying(CHUNKED + b"5\r\nhello\r\nnope\r\n"),
        "responseStreamDisconnected",
        "closed before",
    ),
    "too few bytes": (
        saying(OK + b"content-length: 9\r\n\r\nhalf"),
        "responseStreamDisconnected",
        "closed before",
    ),
    "too many bytes": (
        repeating(OK + b"connection: close\r\n\r\n", b"x" * 1000),
        "responseStreamDisconnected",
        "larger than 100000 bytes",
    ),
    "too many pieces": (
        repeating(CHUNKED, b"1\r\nx\r\n"),
        "responseStreamDisconnected",
        "larger than 100000 bytes",
    ),
}


@pytest.mark.parametrize("how", BROKEN)
async def test_what_is_no_answer_fails_with_words_and_the_connection_is_closed(
    library: TransportName, how: str
) -> None:
    behaviour, code, words = BROKEN[how]
    with raw_server(behaviour) as server:
        limits = LIMITS._replace(response_bytes_max=100_000)
        failed = await failure(library, server.port, limits=limits)
        await is_gone(server)

    assert failed.code == code
    assert words in failed.message


async def test_a_reset_in_the_middle_fails_with_words(library: TransportName) -> None:
    def reset(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(CHUNKED + b"5\r\nhello\r\n")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))
        connection.close()

    with raw_server(reset) as server:
        failed = await failure(library, server.port)

    assert (failed.code, failed.is_transient) == ("responseStreamDisconnected", True)
    assert "closed before" in failed.message


async def test_chunks_of_one_byte_are_all_there(library: TransportName) -> None:
    body = bytes(range(256)) * 4
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
    with raw_server(saying(CHUNKED + chunks + b"0\r\n\r\n")) as server:
        async with transport_to(library, server.port) as transport:
            assert await whole(await posted(transport)) == body


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


async def finished(transport: Transport) -> bytes:
    """Read the first piece of an answer, and no more."""
    answer = await posted(transport)
    piece = await answer.read()
    await answer.finish()
    answer.abort()
    return piece or b""


async def test_a_finished_answer_gives_its_connection_back(library: TransportName) -> None:
    heard: list[int] = []
    with raw_server(counting(heard, 5)) as server:
        async with transport_to(library, server.port) as transport:
            assert [await finished(transport) for _ in range(5)] == [b"hi"] * 5

    assert heard == [5]


async def test_a_kept_connection_that_was_closed_meanwhile_costs_no_call(
    library: TransportName,
) -> None:
    heard: list[int] = []

    def once(connection: socket.socket) -> None:
        counting(heard, 1)(connection)

    with raw_server(once) as server:
        async with transport_to(library, server.port) as transport:
            assert [await finished(transport) for _ in range(3)] == [b"hi"] * 3

    assert heard == [1, 1, 1]


async def test_one_that_is_closed_after_the_request_is_out_costs_no_call(
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


async def test_an_answer_that_goes_on_after_its_end_is_left(library: TransportName) -> None:
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


async def test_no_socket_and_no_thread_outlives_a_transport(library: TransportName) -> None:
    heard: list[int] = []
    process = psutil.Process()
    await asyncio.to_thread(int)
    with raw_server(counting(heard, 5)) as server:
        threads, sockets = process.num_threads(), len(process.net_connections())
        transport = make_transport(
            library, Origin("http", "127.0.0.1", server.port), LIMITS, None, None
        )
        await transport.prepare()
        await finished(transport)
        answer = await posted(transport)
        await transport.close()
        answer.abort()
        await asyncio.sleep(0)
        await asyncio.to_thread(server.gone.wait, WAIT_S)

        assert process.num_threads() <= threads
        assert len([c for c in process.net_connections() if c.status == "ESTABLISHED"]) <= sockets
