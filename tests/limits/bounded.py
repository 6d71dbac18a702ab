"""Everything that clients can make a host keep, at half a frame each and many times over."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.limits.fields import bulks
from tests.limits.hosted import MIB, Bystander, Hosted, hosting, standing_by
from tests.limits.raw import Hung, Raw, announced
from tests.scoreboard.row import Context, Counts
from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.errors import INTERNAL, INVALID_REQUEST, OVERLOADED

HALF_A_FRAME = Limits().frame_bytes_max // 2
ACCOUNTS = {
    "live_bytes_max": 32 * MIB,
    "ephemeral_bytes_max": 32 * MIB,
    "host_outbox_bytes_max": 32 * MIB,
    "host_in_flight_bytes_max": 48 * MIB,
    "host_unheard_bytes_max": 32 * MIB,
}
LIMITS = {
    **ACCOUNTS,
    "in_flight_bytes_max": 32 * MIB,
    "host_large_answers_max": 4,
    "crowded_reader_timeout_ms": 1500,
}
SLACK_MIB = 160
"""What one message of half a frame takes while it is worked on, some times over, and garbage."""
GROWTH_MIB_MAX = sum(ACCOUNTS.values()) // MIB + SLACK_MIB
DELAY_MS_MAX = 3_000
NEWS_BYTES_MAX = 1 * MIB
"""What is told to everybody, many a client's library takes no more in one message."""
INSTRUCTIONS_BYTES = 900_000
STARTS, FORKS, READERS, READS, PIPELINED, GREETERS = 200, 60, 24, 4, 40, 10
UNENDING = 48
SETTLED_S, TURN_S = 2.0, 0.02


@dataclass
class Siege:
    """One host, and what was done to it."""

    context: Context
    hosted: Hosted
    bystander: Bystander
    client: Raw
    before_bytes: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    growth_mib: float = 0.0
    growth_by: str = ""
    delay_ms: float = 0.0

    async def look(self, name: str) -> None:
        """What the host is after something was done to it, and what its bystander waited."""
        await asyncio.sleep(SETTLED_S)
        if not self.hosted.is_alive:
            self.context.violates("V1", f"{name}: the host is gone")
            return
        grown = (self.hosted.rss_bytes - self.before_bytes) / MIB
        if grown > self.growth_mib:
            self.growth_mib, self.growth_by = grown, name
        waited = (await self.bystander.delays()).max_ms
        self.delay_ms = max(self.delay_ms, waited)
        if grown > GROWTH_MIB_MAX:
            most = f"of {GROWTH_MIB_MAX} at most"
            self.context.violates("S1", f"{name}: the host grew by {grown:.0f} MiB {most}")
        if waited > DELAY_MS_MAX:
            self.context.violates("V1", f"{name}: a bystander waited {waited:.0f} ms")

    async def ask(self, method: str, params: Any) -> dict[str, Any]:
        """The answer, which is no internal error."""
        answer = await self.client.call(method, params)
        code = answer.get("error", {}).get("code")
        kind = {None: "done", OVERLOADED: "told to come later"}.get(code, "refused")
        self.counts[kind] += 1
        if code == INTERNAL:
            self.context.violates("S1", f"{method}: {answer['error']['message']}")
        return answer

    async def thread(self, **params: Any) -> str:
        """A new thread."""
        answer = await self.ask("thread/start", params)
        found: str = answer["result"]["thread"]["id"]
        return found


async def besiege(
    context: Context, home: Path, *, sweeps: int = 1, share: int = 1, storms: bool = True
) -> Counts:
    """Every field, or one of every `share`, so many times over, then all that adds up."""
    addresses = (f"unix://{home}/s", "ws://127.0.0.1:0")
    async with (
        hosting(home, addresses, limits=LIMITS) as hosted,
        standing_by(hosted) as bystander,
        await Raw.greeted(hosted, "unix") as client,
    ):
        siege = Siege(context, hosted, bystander, client)
        watcher = Watcher(await Raw.greeted(hosted, "ws"))
        known = [await said_much(siege, 1000)]
        siege.before_bytes = hosted.rss_bytes
        await bystander.delays()
        for _ in range(sweeps):
            known += await sweep(siege, share)
            await siege.look("every field")
        for name, storm in (STORMS if storms else {}).items():
            if not context.is_late:
                await storm(siege)
                await siege.look(name)
        await afterwards(siege, known)
        longest = await watcher.leave()
        if longest > NEWS_BYTES_MAX:
            context.violates("N1", f"everybody was told {longest} bytes at once")
        return {
            **siege.counts,
            "growth MiB at most": round(siege.growth_mib),
            "by": siege.growth_by,
            "allowed MiB": GROWTH_MIB_MAX,
            "peak MiB": round((hosted.peak_bytes - siege.before_bytes) / MIB),
            "bystander's longest ms": round(siege.delay_ms),
            "longest news bytes": longest,
        }


class Watcher:
    """A client that follows no thread and hears what everybody is told."""

    def __init__(self, raw: Raw) -> None:
        self._raw = raw
        self._longest = 0
        self._hearing = asyncio.create_task(self._hear())

    async def _hear(self) -> None:
        while True:
            with suppress(Hung):
                _, data = await self._raw.message()
                self._longest = max(self._longest, len(data))

    async def leave(self) -> int:
        """How long the longest message was that it heard."""
        self._hearing.cancel()
        await asyncio.wait([self._hearing])
        await self._raw.close()
        return self._longest


async def sweep(siege: Siege, share: int) -> list[str]:
    """One request for each field, each to a thread of its own; the threads that said something."""
    spoken: list[str] = []
    first = thread_id = await siege.thread()
    for number, bulk in enumerate(bulks(HALF_A_FRAME, {"thread_id": thread_id})):
        if number % share != siege.context.seed % share:
            continue
        here = {"threadId": thread_id} if bulk.params.get("threadId") == first else {}
        answer = await siege.ask(bulk.method, bulk.params | here)
        siege.counts["requests of half a frame"] += 1
        code = answer.get("error", {}).get("code")
        if bulk.is_too_large and code != INVALID_REQUEST:
            siege.context.violates("S1", f"{bulk.place} was taken: {str(answer)[:200]}")
        if code is None:
            if bulk.method == "turn/start":
                spoken.append(thread_id)
            thread_id = await siege.thread()
    return spoken


async def said_much(siege: Siege, size_bytes: int = HALF_A_FRAME) -> str:
    """A thread with one turn that says so much, which has ended."""
    thread_id = await siege.thread()
    text = {"type": "text", "text": "x" * size_bytes}
    await siege.ask("turn/start", {"threadId": thread_id, "input": [text]})
    status = "inProgress"
    while status == "inProgress":
        await asyncio.sleep(TURN_S)
        page = await siege.ask("thread/turns/list", {"threadId": thread_id, "limit": 1})
        status = page["result"]["data"][0]["status"]
    return thread_id


async def _start_with_instructions(siege: Siege) -> None:
    text = "i" * INSTRUCTIONS_BYTES
    params = {"baseInstructions": text, "developerInstructions": text, "config": {"x": text}}
    for _ in range(STARTS):
        await siege.ask("thread/start", params)


async def _fork_in_memory(siege: Siege) -> None:
    fork = {"threadId": await said_much(siege), "ephemeral": True, "excludeTurns": True}
    for _ in range(FORKS):
        await siege.ask("thread/fork", fork)


async def _read_nothing(siege: Siege) -> None:
    thread_id = await said_much(siege)
    read = {"threadId": thread_id, "includeTurns": True}
    readers = [await Raw.greeted(siege.hosted, "unix") for _ in range(READERS)]
    for reader in readers:
        reader.stop_reading()
        for number in range(READS):
            request = {"id": number, "method": "thread/read", "params": read}
            await reader.frame(json.dumps(request).encode())
    await siege.look("readers that read nothing")
    for reader in readers:
        await reader.close()


async def _pipeline(siege: Siege) -> None:
    thread_id = await siege.thread()
    text = {"type": "text", "text": "x" * HALF_A_FRAME}
    params = {"threadId": thread_id, "input": [text]}
    with suppress(ConnectionError):
        async with await Raw.greeted(siege.hosted, "unix") as raw:
            for number in range(PIPELINED):
                request = {"id": number, "method": "thread/queue/add", "params": params}
                await raw.frame(json.dumps(request).encode())
            await raw.answer(PIPELINED - 1)


async def _greet_at_length(siege: Siege) -> None:
    hello = {
        "clientInfo": {"name": "x", "title": "t" * (HALF_A_FRAME // 2), "version": "1"},
        "capabilities": {"extensions": {"a": "e" * (HALF_A_FRAME // 2)}},
    }
    greeters = [await Raw.upgraded(siege.hosted, "unix") for _ in range(GREETERS)]
    for greeter in greeters:
        await greeter.call("initialize", hello)
    await siege.look("long greetings")
    for greeter in greeters:
        await greeter.close()


async def _never_end(siege: Siege) -> None:
    clients = [await Raw.greeted(siege.hosted, "ws") for _ in range(UNENDING)]
    for client in clients:
        with suppress(ConnectionError):
            await client.write(announced(2 * HALF_A_FRAME) + b"x" * (2 * HALF_A_FRAME - 1))
    await siege.look("messages that do not end")
    for client in clients:
        await client.close()


STORMS: dict[str, Callable[[Siege], Awaitable[None]]] = {
    "threads with long instructions": _start_with_instructions,
    "forks in memory": _fork_in_memory,
    "after readers that read nothing": _read_nothing,
    "requests sent ahead": _pipeline,
    "after messages that do not end": _never_end,
    "after long greetings": _greet_at_length,
}


async def afterwards(siege: Siege, known: list[str]) -> None:
    """All that was said is there, in pages, and the host works as before."""
    listed: set[str] = set()
    cursor: str | None = None
    while True:
        page = await siege.ask("thread/list", {"limit": 100, "cursor": cursor})
        if "result" not in page:
            siege.context.violates("N1", f"no list in the end: {str(page)[:200]}")
            return
        listed |= {thread["id"] for thread in page["result"]["data"]}
        cursor = page["result"]["nextCursor"]
        if cursor is None:
            break
    if lost := set(known) - listed:
        siege.context.violates("A1", f"{len(lost)} of {len(known)} threads are not listed")
    for thread_id in known[-3:]:
        turns = await siege.ask("thread/turns/list", {"threadId": thread_id, "limit": 10})
        if not turns.get("result", {}).get("data"):
            siege.context.violates("A1", f"a thread has no turns: {str(turns)[:200]}")
    await said_much(siege, 1000)
