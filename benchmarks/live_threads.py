"""What live idle threads cost: memory, starting, asking and stopping; and deleting a whole tree."""

import asyncio
import gc
import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import psutil

from benchmarks.table import print_table
from threadhost.actors.errors import NoActiveTurn
from threadhost.actors.host import Host
from threadhost.actors.models import ReasoningDelta
from threadhost.actors.origin import policy
from threadhost.actors.runtime.journal import Outside
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.thread import StartThread
from threadhost.actors.turn import InterruptTurn
from threadhost.adapters.clock import SystemClock
from threadhost.adapters.models.echo import EchoClient
from threadhost.events.ids import TimeOrderedIds
from threadhost.events.store.log import Log
from threadhost.events.thread import ThreadSettings
from threadhost.projections import all_views

SIZES = (1_000, 10_000)
IN_FLIGHT = 200
ASKS = 500
TREE = 1_000
WIDTH = 10
ORIGIN = policy("bench", "bench", "bench")
IDS = TimeOrderedIds()


class _Nobody:
    """Hears nothing of turns."""

    def belongs(self, agent_id: str, parent_id: str) -> None:
        """Ignore it."""

    def may_belong(self, thread_id: str) -> None:
        """Ignore it."""

    def item_started(self, thread_id: str, turn_id: str, item: dict[str, Any]) -> None:
        """Ignore it."""

    def text_delta(self, thread_id: str, turn_id: str, item_id: str, text: str) -> None:
        """Ignore it."""

    def reasoning_delta(
        self, thread_id: str, turn_id: str, item_id: str, delta: ReasoningDelta
    ) -> None:
        """Ignore it."""


def open_host(home: Path) -> Host:
    """A host without a wire on a fresh home."""
    durable = Log.open(home, all_views())
    logs = Logs(durable, Log.in_memory(all_views()))
    outside = Outside(EchoClient(), SystemClock(), IDS, _Nobody())
    return Host(logs, outside, durable.log_id)


async def close_host(host: Host) -> None:
    """Drain and close."""
    await host.life.drain(ORIGIN)
    await host.logs.durable.close()
    await host.logs.ephemeral.close()


def start(thread_id: str, parent_id: str | None = None) -> StartThread:
    """A command with settings of its own, as a client's would be."""
    settings = ThreadSettings(
        cwd="/home/someone/project", model="echo-1", model_provider="echo", originator="bench"
    )
    return StartThread(thread_id, settings, parent_id=parent_id)


async def start_many(host: Host, count: int) -> list[str]:
    """Start roots, some hundreds in flight at a time."""
    ids = [IDS.new() for _ in range(count)]
    for at in range(0, count, IN_FLIGHT):
        some = ids[at : at + IN_FLIGHT]
        await asyncio.gather(*(host.threads.start(start(t), ORIGIN) for t in some))
    return ids


async def ask_some(host: Host, ids: list[str]) -> list[float]:
    """Seconds for a question to each of some threads, in order of size."""
    took = []
    for thread_id in ids[:: max(1, len(ids) // ASKS)]:
        began = perf_counter()
        with suppress(NoActiveTurn):
            await host.threads.ask(thread_id, InterruptTurn("", 0), ORIGIN)
        took.append(perf_counter() - began)
    return sorted(took)


async def measure_live(count: int, home: Path) -> dict[str, float]:
    """The figures of one process with this many live threads."""
    host = open_host(home)
    await start_many(host, 10)
    gc.collect()
    process = psutil.Process()
    base = process.memory_info().rss
    began = perf_counter()
    ids = await start_many(host, count)
    started_s = perf_counter() - began
    gc.collect()
    grown = process.memory_info().rss - base
    asks = await ask_some(host, ids)
    os_threads = process.num_threads()
    began = perf_counter()
    stopped = await host.life.drain(ORIGIN)
    drained_s = perf_counter() - began
    await close_host(host)
    return {
        "threads": count,
        "grown_mib": grown / 2**20,
        "each_kib": grown / 1024 / count,
        "started_s": started_s,
        "ask_p50_us": median(asks) * 1e6,
        "ask_p99_us": asks[int(len(asks) * 0.99)] * 1e6,
        "drained_s": drained_s,
        "timed_out": len(stopped.timed_out),
        "os_threads": os_threads,
    }


async def measure_tree(home: Path) -> dict[str, float]:
    """Seconds to delete a tree, live and stored."""
    host, took = open_host(home), {}
    for kind in ("live", "stored"):
        ids = [IDS.new() for _ in range(TREE)]
        for n, thread_id in enumerate(ids):
            parent = ids[(n - 1) // WIDTH] if n else None
            await host.threads.start(start(thread_id, parent), ORIGIN)
        if kind == "stored":
            await host.life.unload(ids, "bench", ORIGIN)
        began = perf_counter()
        receipt = await host.trees.delete(ids[0], ORIGIN)
        took[kind] = perf_counter() - began
        if receipt.threads != TREE:
            raise RuntimeError(f"{receipt.threads} of {TREE} threads were deleted")
    await close_host(host)
    return took


def in_a_process(what: str) -> dict[str, float]:
    """Measure in a process of its own: memory that others used is not given back."""
    with TemporaryDirectory() as home:
        program = [sys.executable, "-m", "benchmarks.live_threads", what, home]
        output = subprocess.run(program, stdout=subprocess.PIPE, check=True).stdout
    found: dict[str, float] = json.loads(output)
    return found


def main() -> None:
    """Print both tables."""
    rows = [in_a_process(str(size)) for size in SIZES]
    head = (
        "live threads",
        "MiB above base",
        "KiB each",
        "start all, s",
        "ask p50, µs",
        "ask p99, µs",
        "stop all, s",
        "timed out",
        "OS threads",
    )
    print_table(head, [tuple(row.values()) for row in rows])
    tree = in_a_process("tree")
    deleted = [(kind, TREE, seconds * 1000) for kind, seconds in tree.items()]
    print_table(("tree deleted", "threads", "ms"), deleted)


if __name__ == "__main__":
    work = measure_tree(Path(sys.argv[2])) if sys.argv[1] == "tree" else None
    print(json.dumps(asyncio.run(work or measure_live(int(sys.argv[1]), Path(sys.argv[2])))))
