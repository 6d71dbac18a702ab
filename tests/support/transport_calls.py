"""Transports for tests: opened, asked once, read to the end."""

import ssl
from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.support.raw_server import Running
from threadhost.actors.models import ModelFailed
from threadhost.adapters.models.http_origin import HttpOrigin, Proxy
from threadhost.adapters.models.limits import TransportLimits
from threadhost.adapters.models.provider import TransportName
from threadhost.adapters.models.transport import HttpAnswer, Transport
from threadhost.adapters.models.transports import make_transport

Contexts = tuple[ssl.SSLContext, ssl.SSLContext]
LIMITS = TransportLimits(connect_timeout_ms=5_000, idle_timeout_ms=5_000)
HEADERS = [("Content-Type", "application/json"), ("Authorization", "Bearer sk-1")]
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
WAIT_S = 10


@asynccontextmanager
async def transport_to(
    name: TransportName,
    port: int,
    limits: TransportLimits = LIMITS,
    tls: ssl.SSLContext | None = None,
    proxy: Proxy | None = None,
    host: str = "127.0.0.1",
) -> AsyncIterator[Transport]:
    """A transport to a port, closed at the end of the block."""
    origin = HttpOrigin("https" if tls else "http", host, port)
    transport = make_transport(name, origin, limits, proxy, tls)
    try:
        yield transport
    finally:
        await transport.close()


async def posted(transport: Transport, body: bytes = b"{}") -> HttpAnswer:
    """The answer to one request, as far as its head."""
    return await transport.post("/v1/x?q=1", HEADERS, body)


async def whole(answer: HttpAnswer) -> bytes:
    """The body to its end."""
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
    """Wait until the client has closed a connection."""
    assert await to_thread(server.gone.wait, WAIT_S)


async def finished(transport: Transport) -> bytes:
    """Read the first piece of an answer, and no more."""
    answer = await posted(transport)
    piece = await answer.read()
    await answer.finish()
    answer.abort()
    return piece or b""
