"""What a client can do to stdio: lines without end, lines without number, a pipe never empty."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from tests.limits.asking import HELLO
from tests.limits.hosted import MIB, Hosted
from tests.limits.message_bombs import FRAME, padded

ANSWER_S = 30.0
NEVER_EMPTY_S = 1.0
ASK = b'{"id":%d,"method":"thread/loaded/list","params":{"limit":1}}\n'


class Lines:
    """The one client that a host has at its stdin and stdout."""

    def __init__(self, hosted: Hosted) -> None:
        assert hosted.process.stdin is not None
        assert hosted.process.stdout is not None
        self._source = hosted.process.stdout
        self._sink = hosted.process.stdin

    async def greet(self) -> None:
        """Do the handshake."""
        hello = {"id": 0, "method": "initialize", "params": HELLO}
        await self.write(json.dumps(hello).encode() + b"\n")
        await self.answers(1)

    async def write(self, data: bytes) -> None:
        """Send bytes."""
        self._sink.write(data)
        await self._sink.drain()

    async def line(self) -> bytes:
        """The next line; empty at the end."""
        async with asyncio.timeout(ANSWER_S):
            return await self._source.readline()

    async def answers(self, count: int) -> int:
        """Read so many answers; how many there were before the end."""
        found = 0
        async with asyncio.timeout(ANSWER_S):
            while found < count:
                line = await self._source.readline()
                if not line:
                    break
                found += b'"method"' not in line[:20]
        return found

    async def result(self) -> dict[str, Any]:
        """The result of the next answer."""
        async with asyncio.timeout(ANSWER_S):
            while True:
                message = json.loads(await self._source.readline())
                if "method" not in message:
                    found: dict[str, Any] = message["result"]
                    return found

    async def to_the_end(self) -> None:
        """Read until the host closes its end."""
        while await self._source.read(MIB):
            pass

    async def both(self, writing: Awaitable[None], count: int) -> str:
        """Write and read side by side; what is missing of the answers."""
        _, found = await asyncio.gather(writing, self.answers(count))
        return "" if found == count else f"{found} of {count} answers"


async def _endless(lines: Lines) -> str:
    for _ in range(256):
        await lines.write(b"x" * MIB)
    return await lines.both(lines.write(b"\n" + ASK % 1), 2)


async def _around_the_limit(lines: Lines) -> str:
    for size in (FRAME - 1, FRAME, FRAME + 1):
        if fault := await lines.both(lines.write(padded(size) + b"\n"), 1):
            return fault
    return ""


async def _many(lines: Lines) -> str:
    return await lines.both(lines.write(b"".join(ASK % n for n in range(10_000))), 10_000)


async def _blank(lines: Lines) -> str:
    return await lines.both(lines.write(b"\n" * MIB + b"\r\n" * 1000 + ASK % 1), 1)


async def _binary(lines: Lines) -> str:
    return await lines.both(lines.write(b"\0\xff\n" * 10_000), 10_000)


async def _never_empty(lines: Lines) -> str:
    """As much as the host takes, for a while; the bystander's delay is what counts."""
    loop, number = asyncio.get_running_loop(), 0
    reading = asyncio.create_task(lines.answers(10**9))
    until = loop.time() + NEVER_EMPTY_S
    while loop.time() < until:
        await lines.write(ASK % 1 * 500)
        number += 1
    reading.cancel()
    await asyncio.wait([reading])
    return ""


LINE_BOMBS: dict[str, Callable[[Lines], Awaitable[str]]] = {
    "a line of 256 MiB": _endless,
    "lines at the limit": _around_the_limit,
    "10,000 lines at once": _many,
    "a million blank lines": _blank,
    "10,000 binary lines": _binary,
    "a pipe that is never empty": _never_empty,
}
