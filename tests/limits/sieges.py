"""Crowds that want nothing, and the others that they must not keep from their work."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from tests.limits.hosted import MIB, Hosted, hosting
from tests.limits.raw import UPGRADE, Hung, Raw
from tests.scoreboard.row import Context, Counts

WAYS = ("ws", "unix")
SILENT = 300
PAUSE_S = 0.05
HEALTH = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
OPEN_FILES = 1024
"""What many systems allow a program that asks for nothing."""
IN_A_ROW = 20
"""So many refusals one after the other, and no handshake succeeds any more."""
WITHIN_S = 2.0
LARGE = 200_000
STARTS = 300
"""More than the keys that are made ahead."""


def _addresses(home: Path) -> tuple[str, ...]:
    return (f"unix://{home}/s", "ws://127.0.0.1:0")


async def among_silent(context: Context, home: Path, knocks: int) -> Counts:
    """Silent sockets, opened again when they are closed; whoever knows what it wants gets it."""
    async with hosting(home, _addresses(home)) as hosted:
        for way in WAYS:
            async with _silent(hosted, way):
                for number in range(knocks):
                    fault = await _knock(hosted, way)
                    if fault:
                        context.violates("S1", f"{way}: knock {number} among the silent: {fault}")
                        break
                    await asyncio.sleep(PAUSE_S)
    return {"knocks among the silent": knocks * len(WAYS)}


@asynccontextmanager
async def _silent(hosted: Hosted, way: str) -> AsyncIterator[None]:
    async def stay() -> None:
        while True:
            with suppress(OSError):
                async with await Raw.to(hosted, way) as raw:
                    await raw.source.read()
            await asyncio.sleep(PAUSE_S)

    tasks = [asyncio.create_task(stay()) for _ in range(SILENT)]
    await asyncio.sleep(2 * PAUSE_S)
    try:
        yield
    finally:
        left = set(tasks)
        while left:  # a cancellation that meets the end of a time limit may be lost
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=PAUSE_S)


async def _knock(hosted: Hosted, way: str) -> str:
    """What went wrong with a client and a health check."""
    try:
        async with await Raw.greeted(hosted, way):
            pass
        async with await Raw.to(hosted, way) as raw:
            status = await raw.request(HEALTH)
    except (OSError, Hung) as error:
        return repr(error)
    return "" if status == 200 else f"health is answered {status}"


async def among_idle(context: Context, home: Path, starts: int) -> Counts:
    """Handshakes until none succeeds, from two peers; then another client has much to do."""
    async with (
        hosting(home, _addresses(home), open_files_max=OPEN_FILES) as hosted,
        await Raw.greeted(hosted, "ws") as client,
    ):
        thread_id = await _start(client)
        idle = [raw for way in WAYS for raw in await _fill(hosted, way)]
        work = _Work(context, client, thread_id)
        await work.turn("small", "hi")
        await work.turn("large", "x" * LARGE)
        await work.starts(starts)
        descriptors = hosted.info.num_fds()
        for raw in idle:
            await raw.close()
        await _let_in(context, hosted)
        await work.turn("afterwards", "hi")
        if not hosted.is_alive:
            context.violates("V1", "the host stopped for want of descriptors")
        if sum(hosted.said) > MIB:
            context.violates("S1", f"{sum(hosted.said)} bytes of log lines")
        return {"idle": len(idle), "of 1024 descriptors": descriptors, "starts": starts}


class _Work:
    def __init__(self, context: Context, client: Raw, thread_id: str) -> None:
        self._context, self._client, self._thread_id = context, client, thread_id

    async def turn(self, name: str, text: str) -> None:
        """A turn is done in spite of all the others."""
        said = [{"type": "text", "text": text}]
        await self._done(f"{name} turn", "turn/start", threadId=self._thread_id, input=said)

    async def starts(self, count: int) -> None:
        """So many new threads, which need new keys."""
        for number in range(count):
            await self._done(f"start {number}", "thread/start")

    async def _done(self, name: str, method: str, **params: Any) -> None:
        try:
            answer = await self._client.call(method, params)
        except (ConnectionError, Hung) as error:
            answer = {"error": repr(error)}
        if "error" in answer:
            self._context.violates("V1", f"{name} among the idle: {str(answer['error'])[:300]}")


async def _start(client: Raw) -> str:
    answer = await client.call("thread/start", {})
    return str(answer["result"]["thread"]["id"])


async def _fill(hosted: Hosted, way: str) -> list[Raw]:
    idle: list[Raw] = []
    refused = 0
    while refused < IN_A_ROW and len(idle) < OPEN_FILES:
        raw = await _idler(hosted, way)
        refused = 0 if raw else refused + 1
        idle += [raw] if raw else []
    return idle


async def _idler(hosted: Hosted, way: str) -> Raw | None:
    try:
        async with asyncio.timeout(WITHIN_S):
            raw = await Raw.to(hosted, way)
    except (OSError, TimeoutError):
        return None
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(WITHIN_S):
            if await raw.request(UPGRADE) == 101:
                return raw
    await raw.close()
    return None


async def _let_in(context: Context, hosted: Hosted) -> None:
    """Once they are gone there is room, for whoever comes."""
    deadline = asyncio.get_running_loop().time() + 10 * WITHIN_S
    for way in WAYS:
        while asyncio.get_running_loop().time() < deadline:
            if not await _knock(hosted, way):
                break
            await asyncio.sleep(PAUSE_S)
        else:
            context.violates("S1", f"{way}: nobody is let in after the crowd is gone")
