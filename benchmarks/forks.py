"""A fork of a long thread: what it takes, and how long somebody else waits beside it.

Threads take turns and garbage is looked for as in a host that is a program of its own. Beside it
the reference program forks the same thread, if THREADHOST_REFERENCE names it.
"""

import asyncio
import gc
import sys
from collections import Counter
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from benchmarks.forks_beside import of_reference
from benchmarks.history import seed
from benchmarks.machine import described
from benchmarks.table import print_table
from threadhost.adapters.cli.serve import OLD_OBJECTS, SWITCH_INTERVAL_S, YOUNG_OBJECTS
from threadhost.adapters.client.client import Client
from threadhost.adapters.embed import EmbeddedHost, open_host

SIZES = (1_000, 10_000)
REPEATS = 3
Row = tuple[object, ...]


class Bystander:
    """Starts a thread and has a turn, again and again; how long each took, in milliseconds."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.start_ms: list[float] = []
        self.turn_ms: list[float] = []

    async def stand(self) -> None:
        """Until it is cancelled."""
        while True:
            began = perf_counter()
            thread = await self._client.start_thread()
            started = perf_counter()
            await self._client.run_turn(thread.id, "hello")
            self.start_ms.append(1000 * (started - began))
            self.turn_ms.append(1000 * (perf_counter() - started))


async def fork(host: EmbeddedHost, source_id: str, *, watched: bool) -> tuple[float, float, Row]:
    """Seconds and CPU seconds of one fork, and the longest waits of a bystander, if any."""
    async with host.connect("forks") as client, host.connect("stands by") as other:
        await client.call("thread/loaded/list", {})
        await other.call("thread/loaded/list", {})
        by = Bystander(other)
        standing = asyncio.create_task(by.stand()) if watched else None
        await asyncio.sleep(0.2 if watched else 0)
        alone = len(by.start_ms)
        began, cpu = perf_counter(), process_time()
        fork = await client.call("thread/fork", {"threadId": source_id, "excludeTurns": True})
        took_s, cpu_s = perf_counter() - began, process_time() - cpu
        if standing is not None:
            standing.cancel()
            await asyncio.gather(standing, return_exceptions=True)
        await client.delete_thread(fork["thread"]["id"])
        waits = [max(some[alone:], default=0) for some in (by.start_ms, by.turn_ms)]
        return took_s, cpu_s, (*waits, len(by.start_ms) - alone)


async def appended(home: Path, source_id: str) -> Counter[int]:
    """How many appends of which number of events a fork took."""
    async with open_host(home) as host, host.connect() as client:
        log = host.app.logs.durable
        before = log.position
        await client.call("thread/fork", {"threadId": source_id, "excludeTurns": True})
        rows = await log.reads.of_log(before)
        sizes = Counter(row.decision for row in rows)
        return Counter(sizes.values())


async def measure(home: Path, turns: int) -> Row:
    """A row of the table."""
    source_id = await seed(home, turns)
    async with open_host(home) as host:
        gc.freeze()
        gc.set_threshold(YOUNG_OBJECTS, *OLD_OBJECTS)
        alone = [await fork(host, source_id, watched=False) for _ in range(REPEATS)]
        beside = [await fork(host, source_id, watched=True) for _ in range(REPEATS)]
    slices = await appended(home, source_id)
    return (
        f"{turns:,} turns",
        median(s for s, _, _ in alone),
        median(cpu for _, cpu, _ in alone),
        median(s for s, _, _ in beside),
        *(max(waits[n] for _, _, waits in beside) for n in (0, 1)),  # type: ignore[type-var]
        sum(slices.values()),
        max(slices),
        *of_reference(home, source_id),
    )


def main() -> None:
    """Run in folders that are removed afterwards."""
    rows = []
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    for turns in SIZES:
        with TemporaryDirectory() as folder:
            rows.append(asyncio.run(measure(Path(folder), turns)))
    print(described())
    heads = (
        *("a fork of", "s", "CPU s", "s, with a bystander"),
        *("its longest start, ms", "its longest turn, ms", "appends", "events of the largest"),
        *("the reference, legacy, s", "the reference, paginated, s"),
    )
    print_table(heads, rows)
