"""Reaching an endpoint over TLS and through a proxy."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    ExitStack,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from typing import cast
from urllib.parse import urlsplit

import pytest

from tests.support.model_calls import client_of, collect, failure, text_of, user
from tests.support.responses_endpoint import ResponsesEndpoint
from tests.support.tls import loopback_contexts
from threadhost.adapters.models.http1_transport import Http1Transport
from threadhost.adapters.models.http_client import HttpClient
from threadhost.adapters.models.http_origin import HttpOrigin, parse_base_url
from threadhost.adapters.models.limits import TransportLimits
from threadhost.adapters.models.provider import Provider

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Contexts = tuple[ssl.SSLContext, ssl.SSLContext]


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> Contexts:
    return loopback_contexts(tmp_path_factory.mktemp("tls"))


def through(proxy: HttpOrigin, base_url: str, tls: ssl.SSLContext | None = None) -> HttpClient:
    """A client that uses a proxy, even for an address of this machine."""
    base, limits = parse_base_url(base_url), TransportLimits()
    provider = Provider("test", base_url)
    return HttpClient(
        provider,
        base.target("responses"),
        [],
        lambda: Http1Transport(base.origin, limits, proxy, tls),
        limits,
    )


async def answer_of(client: HttpClient) -> str:
    try:
        return text_of(await collect(client, user("hello")))
    finally:
        await client.close()


async def no_connection(client: HttpClient) -> str:
    failed = await failure(client)
    await client.close()
    assert failed.code == "httpConnectionFailed"
    return failed.message


async def test_an_endpoint_with_a_trusted_certificate_is_reached(contexts: Contexts) -> None:
    server, trusting = contexts
    async with ResponsesEndpoint(tls=server) as endpoint:
        assert await answer_of(client_of(endpoint.base_url, tls=trusting)) == "ok"


async def test_a_self_signed_certificate_is_refused(contexts: Contexts) -> None:
    async with ResponsesEndpoint(tls=contexts[0]) as endpoint:
        message = await no_connection(client_of(endpoint.base_url))

    assert "its certificate is not trusted (self-signed certificate)" in message


async def test_an_https_url_of_a_plain_server_is_named() -> None:
    async with greeter(b"HTTP/1.1 400 What?\r\n\r\n") as origin:
        message = await no_connection(client_of(f"https://{origin.host_port}"))

    assert f"cannot connect to https://{origin.host_port}: " in message
    assert "time-out" not in message


async def test_a_host_without_an_address_is_named() -> None:
    message = await no_connection(client_of("http://no-such-host.invalid/v1"))

    assert message.startswith("cannot connect to http://no-such-host.invalid: ")


NAMED = "several.invalid"


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Resolve the name to these addresses."""
    asked = socket.getaddrinfo

    def answer(host: str, port: int, *more: int) -> list[object]:
        addresses_of = addresses if host == NAMED else (host,)
        return [known for address in addresses_of for known in asked(address, port, *more)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@contextmanager
def silent(port: int) -> Iterator[str]:
    """A port and an address of this machine where connections are not answered."""
    with ExitStack() as held:
        silence = held.enter_context(socket.create_server(("127.0.0.2", port), backlog=0))
        for _ in range(4):
            caller = held.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(silence.getsockname())
        yield "127.0.0.2"


@pytest.mark.slices
async def test_one_address_that_does_not_answer_does_not_keep_the_client_from_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with ResponsesEndpoint() as endpoint:
        port = urlsplit(endpoint.base_url).port or 0
        with silent(port) as address:
            resolving(monkeypatch, address, "127.0.0.1")
            limits = TransportLimits(connect_timeout_ms=3_000)
            assert await answer_of(client_of(f"http://{NAMED}:{port}", limits=limits)) == "ok"


@pytest.mark.parametrize(
    ("addresses", "why"),
    [(("127.0.0.1", "127.0.0.2"), "Connection refused"), ((), "it has no address")],
)
async def test_of_several_addresses_the_reason_of_the_last_is_reported(
    monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int, addresses: tuple[str, ...], why: str
) -> None:
    resolving(monkeypatch, *addresses)
    url = f"http://{NAMED}:{unused_tcp_port}"
    assert await no_connection(client_of(url)) == f"cannot connect to {url}: {why}"


async def test_a_server_that_does_not_shake_hands_times_out() -> None:
    async with greeter(b"") as origin:
        url, limits = f"https://{origin.host_port}", TransportLimits(connect_timeout_ms=100)
        message = await no_connection(client_of(url, limits=limits))

    assert message == f"cannot connect to {url} within 100 ms (connect time-out)"


@asynccontextmanager
async def serving(handle: Handler) -> AsyncIterator[HttpOrigin]:
    """A server whose connections are closed with their handlers, and all before the block ends."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(cast("asyncio.Task[None]", asyncio.current_task()))
        with suppress(ConnectionError):
            await handle(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield HttpOrigin("http", "127.0.0.1", server.sockets[0].getsockname()[1])
    server.close()
    await asyncio.gather(*tasks)
    await server.wait_closed()


def greeter(greeting: bytes) -> AbstractAsyncContextManager[HttpOrigin]:
    """A server that sends a greeting on each connection, and reads until the client closes it."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await reader.read()

    return serving(greet)


def tunnel(answer: bytes = b"HTTP/1.1 200 Go\r\n\r\n") -> AbstractAsyncContextManager[HttpOrigin]:
    """A proxy with this answer to CONNECT; after a 200 it carries bytes both ways."""

    async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65536):
                sink.write(data)
        sink.close()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        verb, target, *_ = (await reader.readuntil(b"\r\n\r\n")).decode().split()
        assert verb == "CONNECT"
        writer.write(answer)
        if b" 200 " in answer:
            far_reader, far_writer = await asyncio.open_connection(*target.rsplit(":", 1))
            await asyncio.gather(carry(reader, far_writer), carry(far_reader, writer))

    return serving(connect)


async def test_https_goes_through_a_tunnel_of_the_proxy(contexts: Contexts) -> None:
    server, trusting = contexts
    async with ResponsesEndpoint(tls=server) as endpoint, tunnel() as proxy:
        client = through(proxy, endpoint.base_url, trusting)
        assert await answer_of(client) == "ok"
        assert endpoint.received[0].line == "POST /v1/responses HTTP/1.1"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n", "answered 407 to CONNECT"),
        (b"what?\r\n\r\n", "did not answer in HTTP/1.1"),
    ],
)
async def test_a_proxy_that_refuses_is_named(contexts: Contexts, answer: bytes, words: str) -> None:
    async with tunnel(answer) as proxy:
        client = through(proxy, "https://model.invalid", contexts[1])
        message = await no_connection(client)

    assert message == f"cannot connect to https://model.invalid: the proxy {proxy} {words}"


async def test_plain_http_asks_the_proxy_for_the_whole_url() -> None:
    async with ResponsesEndpoint() as endpoint:
        proxy = HttpOrigin("http", "127.0.0.1", endpoint.port)
        assert await answer_of(through(proxy, "http://model.invalid/v1")) == "ok"

        received = endpoint.received[0]
    assert received.line == "POST http://model.invalid/v1/responses HTTP/1.1"
    assert received.headers["host"] == "model.invalid"
