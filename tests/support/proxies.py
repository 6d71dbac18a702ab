"""Proxies on loopback: CONNECT and whole URLs over HTTP, and SOCKS5, with and without a login."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import cast

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
LOGIN = ("someone", "pass:word-0123456789")
"""Who may use a proxy that asks."""


@dataclass
class ProxySeen:
    """A proxy that runs, and what it was asked for."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    is_refused: bool = False


@asynccontextmanager
async def serving(handle: Handler) -> AsyncIterator[int]:
    """A server whose connections are closed when their handler ends, all before the block does."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(cast("asyncio.Task[None]", asyncio.current_task()))
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await handle(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await asyncio.gather(*tasks)
    await server.wait_closed()


async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(65536):
            sink.write(data)
    sink.close()


async def _join(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int, first: bytes
) -> None:
    far_reader, far_writer = await asyncio.open_connection(host, port)
    far_writer.write(first)
    await asyncio.gather(_carry(reader, far_writer), _carry(far_reader, writer))


@asynccontextmanager
async def http_proxy(
    login: tuple[str, str] | None = None, *, leads_to: int | None = None
) -> AsyncIterator[ProxySeen]:
    """Tunnels, and passes whole URLs on; to a port of this machine, whatever it was asked for."""
    seen = ProxySeen()
    wanted = base64.b64encode(":".join(login).encode()).decode() if login else None

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        verb, target, _ = head.decode().split("\r\n")[0].split(" ")
        seen.asked.append(f"{verb} {target}")
        if wanted is not None and f"Basic {wanted}".encode() not in head:
            seen.is_refused = True
            writer.write(b"HTTP/1.1 407 Who\r\ncontent-length: 0\r\n\r\n")
            return
        if verb == "CONNECT":
            writer.write(b"HTTP/1.1 200 Go\r\n\r\n")
        port = leads_to or int(target.rsplit(":", 1)[1].split("/")[0])
        await _join(reader, writer, "127.0.0.1", port, b"" if verb == "CONNECT" else head)

    async with serving(handle) as seen.port:
        yield seen


@asynccontextmanager
async def socks_proxy(
    login: tuple[str, str] | None = None, *, leads_to: int
) -> AsyncIterator[ProxySeen]:
    """SOCKS5 (RFC 1928, RFC 1929): leads to a port of this machine, whatever it was asked for."""
    seen = ProxySeen()

    async def text(reader: asyncio.StreamReader) -> str:
        return (await reader.readexactly((await reader.readexactly(1))[0])).decode()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        offered = await reader.readexactly(count)
        method = 2 if login else 0
        if method not in offered:
            seen.is_refused = True
            writer.write(b"\x05\xff")
            return
        writer.write(bytes([5, method]))
        if login:
            await reader.readexactly(1)
            given = (await text(reader), await text(reader))
            seen.is_refused = given != login
            writer.write(b"\x01\x01" if seen.is_refused else b"\x01\x00")
            if seen.is_refused:
                return
        await reader.readexactly(3)
        kind = (await reader.readexactly(1))[0]
        host = await text(reader) if kind == 3 else str(await reader.readexactly(4))
        port = int.from_bytes(await reader.readexactly(2))
        seen.asked.append(f"{host}:{port}")
        writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        await _join(reader, writer, "127.0.0.1", leads_to, b"")

    async with serving(handle) as seen.port:
        yield seen
