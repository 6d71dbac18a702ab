"""Readers that stop for good while their threads stream: what the host keeps, and who waits."""

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.limits.hosted import MIB, Bystander, Delays, Hosted, hosting, standing_by
from tests.limits.line_bombs import Lines
from tests.limits.raw import Hung, Raw
from tests.scoreboard.row import Context, Counts
from threadhost.adapters.config import Limits

LIMITS = {
    "outbox_bytes_max": MIB,
    "outbox_high_water_bytes": MIB // 2,
    "outbox_low_water_bytes": MIB // 8,
    "crowded_reader_timeout_ms": 1000,
    "close_timeout_ms": 1000,
}
DELTA_BYTES = 128 * 1024
LINE_BYTES_MAX = 2 * DELTA_BYTES
"""Of stdio, so that who stops reading it really takes next to nothing more."""
GAP_MS = 100
RECEIVE_BYTES = 64 * 1024
SLACK_MIB = 32
"""Turns, threads and sockets of that many clients, whatever they read."""
NOTICEABLE_MS = 50.0
"""A p99 below this is good, whatever it was before."""
TOLD_S = 15.0
FLOOD_S_MAX = 60.0
LOOK_MS = LIMITS["crowded_reader_timeout_ms"]
"""How often the host looks whether a reader has taken anything."""
GRACE_MS = 6000
"""Of a host that shares its machine with other programs."""


class Reader(Protocol):
    """A client that begins a flood and then reads, or does not."""

    async def begin(self, deltas: int) -> None: ...

    async def drain(self) -> None:
        """Read until the end of the connection."""

    async def leave(self) -> None: ...


@dataclass
class FrameReader:
    """One over a websocket."""

    raw: Raw

    async def begin(self, deltas: int) -> None:
        answer = await self.raw.call("thread/start", {})
        await self.raw.frame(_turn(answer["result"]["thread"]["id"], deltas))
        await self.raw.answer("flood")

    async def drain(self) -> None:
        await self.read(sys.maxsize)

    async def read(self, bytes_min: int) -> None:
        """Read so much, or until the end of the connection."""
        with suppress(ConnectionError):
            while bytes_min > 0 and (data := await self.raw.source.read(MIB)):
                bytes_min -= len(data)

    def stop(self) -> None:
        """Take nothing more from the kernel."""
        self.raw.stop_reading()

    async def leave(self) -> None:
        await self.raw.close()


@dataclass
class LineReader:
    """The one at stdio; it stops by not being read."""

    lines: Lines

    async def begin(self, deltas: int) -> None:
        await self.lines.write(b'{"id":1,"method":"thread/start","params":{}}\n')
        thread = (await self.lines.result())["thread"]["id"]
        await self.lines.write(_turn(thread, deltas) + b"\n")
        await self.lines.result()

    async def drain(self) -> None:
        await self.lines.to_the_end()

    async def leave(self) -> None:
        """It stays as long as the host."""


def _turn(thread_id: str, deltas: int) -> bytes:
    text = {"type": "text", "text": f"flood {deltas} {DELTA_BYTES} {GAP_MS}"}
    params = {"threadId": thread_id, "input": [text]}
    return json.dumps({"id": "flood", "method": "turn/start", "params": params}).encode()


def cap_mib(readers: int) -> float:
    """What that many stopped readers may cost: outbox, socket buffer and a message each."""
    each = LIMITS["outbox_bytes_max"] + Limits().websocket_write_bytes + DELTA_BYTES
    return readers * each / MIB + SLACK_MIB


def patience_ms(deltas: int) -> int:
    """Longer than the flood: what is kept for readers has to be there with all that was said."""
    return deltas * GAP_MS + LOOK_MS


async def stop_reading(context: Context, home: Path, readers: int, deltas: int) -> Counts:
    """The same flood to readers that read and to readers that stop; what differs."""
    addresses = ("stdio://", f"unix://{home}/s", "ws://127.0.0.1:0")
    limits = LIMITS | {"slow_reader_timeout_ms": patience_ms(deltas)}
    async with (
        hosting(home, addresses, limits=limits, line_bytes_max=LINE_BYTES_MAX) as hosted,
        standing_by(hosted) as bystander,
    ):
        lines = Lines(hosted)
        await lines.greet()
        cost = hosted.cost()
        base = await _flood(hosted, bystander, readers, deltas, _read_all)
        cost_bytes_of_reading = cost()
        cost = hosted.cost()
        stopped = _Stopped(context, LineReader(lines))
        slow = await _flood(hosted, bystander, readers - 1, deltas, stopped.wait)
        # The turns end in neither: what they say is in both.
        grown = (cost() - cost_bytes_of_reading) / MIB
        closed = await stopped.closed()
        cap = cap_mib(readers)
        if grown > cap:
            context.violates("S1", f"{readers} stopped readers cost {grown:.0f} MiB, not {cap:.0f}")
        if closed < readers:
            context.violates("N1", f"{readers - closed} of {readers} were neither closed nor told")
        if not hosted.is_alive:
            context.violates("V1", "the host stopped with its slow readers")
        if slow.p99_ms > max(2 * base.p99_ms, NOTICEABLE_MS):
            context.violates("S1", f"the bystander's p99 rose from {base.p99_ms} to {slow.p99_ms}")
        return {
            "stopped readers": readers,
            "closed": closed,
            "grown MiB": round(grown),
            "cap MiB": round(cap),
            "bystander p99 ms, all read": base.p99_ms,
            "bystander p99 ms, none reads": slow.p99_ms,
        }


class _Stopped:
    """Readers that began and stopped, until it is asked what became of them."""

    def __init__(self, context: Context, line: LineReader) -> None:
        self._context = context
        self._line = line
        self._readers: list[Reader] = []

    async def wait(self, readers: list[FrameReader], deltas: int) -> None:
        """Begin, stop, and let the floods come, until the host's patience is over."""
        self._readers = [*readers, self._line]
        await self._line.begin(deltas)
        for reader in readers:
            await reader.begin(deltas)
            reader.stop()
        given_up_ms = patience_ms(deltas) + LOOK_MS + LIMITS["close_timeout_ms"]
        await asyncio.sleep((given_up_ms + GRACE_MS) / 1000)

    async def closed(self) -> int:
        """How many find the connection closed when they read again."""
        found = await asyncio.gather(*(self._is_closed(reader) for reader in self._readers))
        return sum(found)

    async def _is_closed(self, reader: Reader) -> bool:
        if isinstance(reader, FrameReader):
            reader.raw.read_on()
        try:
            async with asyncio.timeout(TOLD_S):
                await reader.drain()
        except (TimeoutError, Hung):
            return False
        finally:
            await reader.leave()
        return True


async def _read_all(readers: list[FrameReader], deltas: int) -> None:
    for reader in readers:
        await reader.begin(deltas)
    reading = [asyncio.create_task(reader.read(deltas * DELTA_BYTES)) for reader in readers]
    # All has to be said by then: what is said later would count as the cost of stopped readers.
    # Readers that fall behind, as they may where the machine is busy, do not hear all of it.
    _, behind = await asyncio.wait(reading, timeout=FLOOD_S_MAX)
    for task in behind:
        task.cancel()
    await asyncio.gather(*behind, return_exceptions=True)
    for reader in readers:
        await reader.leave()


async def _flood(
    hosted: Hosted,
    bystander: Bystander,
    readers: int,
    deltas: int,
    work: Callable[[list[FrameReader], int], Any],
) -> Delays:
    ways = ("ws", "unix")
    made = [
        FrameReader(await Raw.greeted(hosted, ways[n % 2], receive_bytes=RECEIVE_BYTES))
        for n in range(readers)
    ]
    await bystander.delays()
    await work(made, deltas)
    return await bystander.delays()
