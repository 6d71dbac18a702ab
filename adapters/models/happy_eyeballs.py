"""Connects a socket to a host with several addresses: a silent address delays no other."""

import asyncio
import socket
from typing import Any

NEXT_S = 0.25
"""The delay before the next address is tried, unless the current one fails earlier."""


async def connect_happy_eyeballs(host: str, port: int) -> socket.socket:
    """A connected, non-blocking socket. Raises the OSError of the last attempt."""
    loop = asyncio.get_running_loop()
    places = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    attempts: set[asyncio.Task[socket.socket]] = set()
    error: BaseException = OSError("it has no address")
    try:
        while places or attempts:
            if places:
                attempts.add(loop.create_task(_connected(*places.pop(0))))
            done, _ = await asyncio.wait(
                attempts,
                timeout=NEXT_S if places else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for attempt in done:
                attempts.discard(attempt)
                failed = attempt.exception()
                if failed is None:
                    return attempt.result()
                error = failed
        raise error
    finally:
        await _given_up(attempts)


async def _connected(family: int, kind: int, protocol: int, _: str, at: Any) -> socket.socket:  # noqa: ANN401
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, at)
    except BaseException:
        sock.close()
        raise
    return sock


async def _given_up(attempts: set[asyncio.Task[socket.socket]]) -> None:
    """Cancel the other attempts, and close sockets that connected meanwhile."""
    for attempt in attempts:
        attempt.cancel()
    for late in await asyncio.gather(*attempts, return_exceptions=True):
        if isinstance(late, socket.socket):
            late.close()
