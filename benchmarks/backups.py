"""A backup while turns run: how long it takes, and how long a turn waits beside it."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.forks import Bystander
from benchmarks.history import META
from benchmarks.machine import described
from benchmarks.table import print_table
from threadhost.adapters.embed import open_host
from threadhost.events.ids import TimeOrderedIds, thread_stream
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log
from threadhost.events.thread import (
    ThreadActivated,
    ThreadConfigured,
    ThreadRenamed,
    ThreadSettings,
    ThreadStarted,
    ThreadStopped,
)
from threadhost.projections import all_views

MEGABYTES = (100, 1_000)
NAME = "n" * 50_000
"""As large as an event can be without a file of its own, nearly."""
A_THREAD = 20
FIRST_S = 10.0
"""So long it is watched what turns take beside nothing."""
Row = tuple[object, ...]


async def grow(home: Path, megabytes: int) -> None:
    """A home whose log is so large: 20 large events a thread."""
    ids, log = TimeOrderedIds(), Log.open(home, all_views())
    settings = ThreadSettings(cwd="/", model="echo-1", model_provider="echo")
    for _ in range(megabytes * 1_000_000 // (A_THREAD * len(NAME))):
        thread_id = ids.new()
        events = [
            ThreadStarted(thread_id=thread_id, session_id=thread_id, source="vscode"),
            ThreadConfigured(settings=settings),
            ThreadActivated(incarnation=1),
            *(ThreadRenamed(name=NAME) for _ in range(A_THREAD)),
            ThreadStopped(reason="host shutdown"),
        ]
        await log.append(StreamAppend(thread_stream(thread_id), events), meta=META)
    await log.close()


async def back_up(home: Path, file: Path) -> None:
    """As an operator does, in a process of its own."""
    words = (sys.executable, "-m", "threadhost", "backup", str(file), "--home", str(home))
    program = await asyncio.create_subprocess_exec(*words, stdout=subprocess.DEVNULL)
    if await program.wait():
        raise SystemExit("the backup failed")


async def measure(folder: Path, megabytes: int) -> Row:
    """A row of the table."""
    home, file = folder / "home", folder / "backup"
    home.mkdir()
    await grow(home, megabytes)
    async with open_host(home) as host, host.connect("stands by") as client:
        await client.call("thread/loaded/list", {})
        by = Bystander(client)
        standing = asyncio.create_task(by.stand())
        await asyncio.sleep(FIRST_S)
        alone = len(by.turn_ms)
        began = perf_counter()
        await back_up(home, file)
        took_s = perf_counter() - began
        standing.cancel()
        await asyncio.gather(standing, return_exceptions=True)
    beside = by.turn_ms[alone:]
    return (
        f"{megabytes:,} MB",
        took_s,
        len(beside),
        *waits(by.turn_ms[1:alone]),
        *waits(beside),
    )


def waits(turn_ms: Sequence[float]) -> Sequence[float]:
    """The median and the longest."""
    return median(turn_ms), max(turn_ms)


def main() -> None:
    """Run in folders that are removed afterwards."""
    rows = []
    for megabytes in MEGABYTES:
        with TemporaryDirectory() as folder:
            rows.append(asyncio.run(measure(Path(folder), megabytes)))
    print(described())
    heads = ("a home of", "backup, s", "turns beside it", "a turn alone, ms", "longest")
    print_table((*heads, "beside it, ms", "longest beside it"), rows)
