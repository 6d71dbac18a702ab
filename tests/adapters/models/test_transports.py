"""The contract of every transport for one exchange."""

import socket
import ssl
from struct import pack

import pytest

from tests.support.proxies import LOGIN, http_proxy
from tests.support.raw_server import (
    Behaviour,
    raw_server,
    read_request,
    repeating,
    saying,
    until_gone,
)
from tests.support.transport_calls import (
    CHUNKED,
    LIMITS,
    OK,
    Contexts,
    failure,
    is_gone,
    posted,
    transport_to,
    whole,
)
from threadhost.adapters.models.http_origin import Proxy
from threadhost.adapters.models.provider import TransportName


async def test_a_request_is_sent_as_given_and_its_answer_returned(library: TransportName) -> None:
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


async def test_a_transport_refuses_a_self_signed_certificate(
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


async def test_a_refused_connection_is_named(library: TransportName) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    failed = await failure(library, port)

    assert failed.message == f"cannot connect to http://127.0.0.1:{port}: Connection refused"
    assert (failed.code, failed.is_transient) == ("httpConnectionFailed", True)


async def test_a_host_without_an_address_is_named(library: TransportName) -> None:
    failed = await failure(library, 80, host="no-such-host.invalid")

    assert failed.message.startswith("cannot connect to http://no-such-host.invalid: ")
    assert failed.code == "httpConnectionFailed"


async def test_a_tls_handshake_has_the_time_limit_of_a_connection(
    library: TransportName, contexts: Contexts
) -> None:
    limits = LIMITS._replace(connect_timeout_ms=100)
    with raw_server(until_gone) as server:
        failed = await failure(library, server.port, tls=contexts[1], limits=limits)
        await is_gone(server)

    url = f"https://127.0.0.1:{server.port}"
    assert failed.message == f"cannot connect to {url} within 100 ms (connect time-out)"
    assert failed.code == "httpConnectionFailed"


@pytest.mark.slices
async def test_a_head_that_does_not_come_fails_in_time(library: TransportName) -> None:
    limits = LIMITS._replace(connect_timeout_ms=50, idle_timeout_ms=300)
    with raw_server(until_gone) as server:
        failed = await failure(library, server.port, limits=limits)
        await is_gone(server)

    assert failed.message.endswith("did not begin to answer within 300 ms (idle time-out)")
    assert (failed.code, failed.is_transient) == ("responseStreamConnectionFailed", True)


@pytest.mark.slices
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


async def test_some_informational_heads_before_the_final_head_are_skipped(
    library: TransportName,
) -> None:
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


@pytest.mark.few(1)
@pytest.mark.parametrize("how", BROKEN)
async def test_a_malformed_or_oversize_answer_fails_with_the_reason_and_closes_the_connection(
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
