"""The transport by httpx: SOCKS, logins, redirects, compression, HTTP/2."""

import asyncio
import gzip
import socket
import zlib
from pathlib import Path

import pytest

pytest.importorskip("httpx", reason="the extra threadhost[httpx] is not installed")

from pydantic import SecretStr

from tests.support.bystander import HELD_MS_MAX, bystander
from tests.support.model_calls import client_of, collect, done_text, user
from tests.support.model_calls import failure as client_failure
from tests.support.proxies import LOGIN, http_proxy, socks_proxy
from tests.support.raw_server import Behaviour, raw_server, read_request, saying
from tests.support.responses_endpoint import ResponsesEndpoint
from tests.support.slowness import require_below
from tests.support.tls import loopback_contexts
from tests.support.transport_calls import (
    LIMITS,
    OK,
    Contexts,
    failure,
    finished,
    is_gone,
    posted,
    transport_to,
    whole,
)
from threadhost.adapters.models.http_origin import Proxy

SECRET = (LOGIN[0], SecretStr(LOGIN[1]))
HI = OK + b"content-length: 2\r\n\r\nhi"


@pytest.mark.few(2)
@pytest.mark.parametrize("login", [None, SECRET])
@pytest.mark.parametrize("is_tls", [False, True])
async def test_calls_go_through_socks_proxies(
    contexts: Contexts, login: tuple[str, SecretStr] | None, *, is_tls: bool
) -> None:
    with raw_server(saying(HI), contexts[0] if is_tls else None) as server:
        async with socks_proxy(LOGIN if login else None, leads_to=server.port) as seen:
            proxy = Proxy("socks5", "127.0.0.1", seen.port, login)
            tls = contexts[1] if is_tls else None
            host = "127.0.0.1" if is_tls else "model.invalid"
            async with transport_to("httpx", 444, tls=tls, proxy=proxy, host=host) as transport:
                assert await whole(await posted(transport)) == b"hi"

    # The proxy looks names up, not this machine.
    assert is_tls or seen.asked == ["model.invalid:444"]


@pytest.mark.few(1)
@pytest.mark.parametrize("is_tls", [False, True])
async def test_http_proxies_get_the_configured_login(contexts: Contexts, *, is_tls: bool) -> None:
    with raw_server(saying(HI), contexts[0] if is_tls else None) as server:
        async with http_proxy(LOGIN, leads_to=server.port) as seen:
            proxy = Proxy("http", "127.0.0.1", seen.port, SECRET)
            tls = contexts[1] if is_tls else None
            async with transport_to("httpx", server.port, tls=tls, proxy=proxy) as transport:
                assert await whole(await posted(transport)) == b"hi"


@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_a_refused_login_of_a_proxy_is_in_no_error(kind: str, contexts: Contexts) -> None:
    wrong = ("someone", SecretStr("wrong-0123456789"))
    make = http_proxy if kind == "http" else socks_proxy
    async with make(LOGIN, leads_to=1) as seen:
        proxy = Proxy(kind, "127.0.0.1", seen.port, wrong)
        failed = await failure("httpx", 443, tls=contexts[1], proxy=proxy)

    assert seen.is_refused
    assert f"the proxy {kind}://127.0.0.1:{seen.port}" in failed.message
    for text in (failed.message, repr(failed), str(proxy), repr(proxy)):
        assert "wrong-0123456789" not in text


async def test_a_password_that_a_proxy_repeats_is_in_no_error() -> None:
    page = b"<title>no " + LOGIN[1].encode() + b"</title>"
    head = b"HTTP/1.1 403 No\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n"
    with raw_server(saying(head + page)) as server:
        env = {"HTTP_PROXY": f"http://someone:pass%3Aword-0123456789@127.0.0.1:{server.port}"}
        client = client_of("http://model.invalid/v1", env=env)
        failed = await client_failure(client)
        await client.close()

    assert failed.message == "the model endpoint answered 403 No: no [redacted]"


def redirecting(status: int, *locations: str) -> Behaviour:
    """Redirects along these locations, then answers with the request line."""

    def lead(connection: socket.socket) -> None:
        for location in locations:
            read_request(connection)
            head = f"HTTP/1.1 {status} Onward\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
            connection.sendall(head.encode())
        line = read_request(connection).split(b"\r\n")[0]
        connection.sendall(OK + b"content-length: %d\r\n\r\n%b" % (len(line), line))

    return lead


@pytest.mark.parametrize("status", [307, 308])
async def test_redirects_to_the_same_host_are_followed_with_the_same_method(status: int) -> None:
    with raw_server(redirecting(status, "/v2/x", "y?z=1")) as server:
        async with transport_to("httpx", server.port) as transport:
            assert await whole(await posted(transport)) == b"POST /v2/y?z=1 HTTP/1.1"


async def test_redirects_without_end_are_not_followed() -> None:
    with raw_server(redirecting(307, *["/again"] * 50)) as server:
        failed = await failure("httpx", server.port)

    assert "redirects a request more than 5 times" in failed.message


@pytest.mark.few(1)
@pytest.mark.parametrize("status", [302, 307])
@pytest.mark.parametrize("location", ["javascript:x", "http://xn--a.invalid/x"])
async def test_a_redirect_to_an_invalid_url_fails_with_the_reason(
    status: int, location: str
) -> None:
    with raw_server(redirecting(status, location)) as server:
        failed = await failure("httpx", server.port)
        await is_gone(server)

    origin = f"http://127.0.0.1:{server.port}"
    assert failed.message == f"{origin} redirects to an invalid URL"


async def test_an_unreachable_redirect_target_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with raw_server(redirecting(307, f"http://127.0.0.1:{port}/x")) as server:
        failed = await failure("httpx", server.port)

    assert failed.message == f"cannot connect to http://127.0.0.1:{port}: Connection refused"


@pytest.mark.parametrize("location", ["https://else.invalid/v1?key=sk-2", "//else.invalid/x"])
async def test_a_redirect_to_another_host_gets_no_key(location: str) -> None:
    with raw_server(redirecting(307, location)) as server:
        failed = await failure("httpx", server.port)
        await is_gone(server)

    assert "else.invalid; if that is right, give it as the base URL" in failed.message
    assert "sk-2" not in failed.message


@pytest.mark.few(2)
@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_redirect_that_would_become_a_get_is_not_followed(status: int) -> None:
    with raw_server(redirecting(status, "/v2")) as server:
        async with transport_to("httpx", server.port) as transport:
            assert (await posted(transport)).status == status


def encoded(encoding: str, body: bytes) -> bytes:
    head = b"content-encoding: %b\r\ncontent-length: %d\r\n\r\n"
    return OK + head % (encoding.encode(), len(body)) + body


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"hello" * 1000)),
        ("deflate", zlib.compress(b"hello" * 1000)),
        ("identity", b"hello" * 1000),
    ],
    ids=["gzip", "deflate", "identity"],
)
async def test_compressed_answers_are_read(encoding: str, body: bytes) -> None:
    with raw_server(saying(encoded(encoding, body))) as server:
        async with transport_to("httpx", server.port) as transport:
            answer = await posted(transport)
            assert await whole(answer) == b"hello" * 1000


async def test_an_answer_that_is_not_compressed_as_declared_fails() -> None:
    with raw_server(saying(encoded("gzip", b"hello"))) as server:
        failed = await failure("httpx", server.port)

    assert failed.code == "responseStreamDisconnected"


@pytest.mark.slices
async def test_a_compression_bomb_is_cut_off_at_the_limit_without_blocking_the_loop() -> None:
    bomb = gzip.compress(b"\0" * 64 * 1024 * 1024)
    with raw_server(saying(encoded("gzip", bomb))) as server:
        async with bystander() as other:
            limits = LIMITS._replace(response_bytes_max=4 * 1024 * 1024)
            failed = await failure("httpx", server.port, limits=limits)

    assert failed.message == "the response is larger than 4194304 bytes"
    require_below(other.longest_ms, HELD_MS_MAX)


def speaking_http2(connection: socket.socket) -> None:
    """Answers requests over HTTP/2 with the path of each, until the client goes."""
    from h2.config import H2Configuration
    from h2.connection import H2Connection
    from h2.events import RequestReceived, StreamEnded

    http = H2Connection(H2Configuration(client_side=False))
    http.initiate_connection()
    connection.sendall(http.data_to_send())
    paths: dict[int | None, bytes] = {}
    while data := connection.recv(65536):
        for event in http.receive_data(data):
            if isinstance(event, RequestReceived):
                paths[event.stream_id] = dict(event.headers or ())[b":path"]
            elif isinstance(event, StreamEnded):
                stream = event.stream_id or 0
                http.send_headers(stream, [(":status", "200"), ("x-odd", "a")])
                http.send_data(stream, paths[stream], end_stream=True)
        connection.sendall(http.data_to_send())


async def test_http_2_is_used_if_the_server_supports_it(tmp_path: Path) -> None:
    server_tls, client_tls = loopback_contexts(tmp_path)
    server_tls.set_alpn_protocols(["h2", "http/1.1"])
    with raw_server(speaking_http2, server_tls) as server:
        async with transport_to("httpx", server.port, tls=client_tls) as transport:
            answers = await asyncio.gather(*(finished(transport) for _ in range(10)))
            assert answers == [b"/v1/x?q=1"] * 10
        await is_gone(server)


async def test_calls_over_httpx_share_one_kept_connection() -> None:
    async with ResponsesEndpoint(keep_alive=True) as endpoint:
        client = client_of(endpoint.base_url, transport="httpx")
        for _ in range(3):
            assert done_text(await collect(client, user("hello"))) == "ok"
        assert endpoint.connections == 1
        await client.close()
        await asyncio.wait_for(endpoint.open_connections_are(0), 10)
