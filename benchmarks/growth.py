"""How cost grows: the same requests on homes with ever more threads, up to 1,000,000 events.

`python -m benchmarks growth [THREADS ...]` measures and writes GROWTH.md and growth.svg beside it.
"""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import psutil

from benchmarks.machine import described
from benchmarks.plot import svg
from benchmarks.seed import EVENTS_A_THREAD, seed
from benchmarks.stdio import MIB, Server, serving, timed
from benchmarks.table import markdown

SIZES = (1_000, 10_000, 100_000)
TIMES = 40
RESTARTS = 3
HERE = Path(__file__).parent
OPENING = """# How cost grows

Made by `{command}`; do not edit. One client over stdio; medians of {times} requests, of
{restarts} starts. Homes are filled by `benchmarks/seed.py`: stored threads with one turn and ten
events each, through the store's own append.

{where}
"""
PLOTTED = " (ms)"
Figures = dict[str, float]


def filled(home: Path, threads: int) -> tuple[list[str], Figures]:
    """A home with so many threads, and what it took."""
    began = perf_counter()
    ids = asyncio.run(seed(home, threads))
    took_s = perf_counter() - began
    size = sum(file.stat().st_size for file in home.rglob("*") if file.is_file())
    events = threads * EVENTS_A_THREAD
    return ids, {
        "events in the log": events,
        "seeded (events per second)": events / took_s,
        "home on disk (MiB)": size / MIB,
    }


def restarts(home: Path, ids: Sequence[str]) -> Figures:
    """From the start of the process on a home to its first replies."""
    found: dict[str, list[float]] = {
        "restart to first thread/read (ms)": [],
        "first thread/list after it (ms)": [],
        "RSS after both (MiB)": [],
    }
    read, listed, resident = found.values()
    for n in range(RESTARTS):
        with serving(home) as server:
            server.ask("thread/read", threadId=ids[n])
            read.append((perf_counter() - server.started) * 1000)
            listed += timed(1, lambda _: server.ask("thread/list"))
            resident.append(psutil.Process(server.process.pid).memory_info().rss / MIB)
    return {name: median(some) for name, some in found.items()}


def requests(home: Path, ids: Sequence[str]) -> Figures:
    """What a client waits for on a running host, medians in milliseconds."""
    some = Random(1).sample(ids, min(len(ids), TIMES))  # noqa: S311  (which ones is all the same)
    with serving(home) as server:
        server.start()
        halfway = _halfway(server, len(ids))

        def ask(method: str, **params: object) -> float:
            return median(timed(TIMES, lambda _: server.ask(method, **params)))

        def each(method: str, **params: object) -> float:
            return median(
                timed(len(some), lambda n: server.ask(method, threadId=some[n], **params))
            )

        return {
            "thread/start (ms)": median(timed(TIMES, lambda _: server.start())),
            "thread/list, first page (ms)": ask("thread/list"),
            "thread/list, a later page (ms)": ask("thread/list", cursor=halfway),
            "thread/list, search without a hit (ms)": ask("thread/list", searchTerm="no such"),
            "thread/read with turns (ms)": each("thread/read", includeTurns=True),
            "thread/delete, stored (ms)": each("thread/delete"),
        }


def _halfway(server: Server, threads: int) -> object:
    """A cursor some pages into the list."""
    cursor: object = None
    for _ in range(min(20, threads // 100)):
        cursor = server.ask("thread/list", limit=50, cursor=cursor)["nextCursor"]
    return cursor


def measured(home: Path, threads: int) -> Figures:
    """All figures for one size."""
    ids, found = filled(home, threads)
    return {**found, **restarts(home, ids), **requests(home, ids)}


def report(found: Mapping[int, Figures], where: str, command: str) -> tuple[str, str]:
    """The table and the plot as text."""
    sizes = sorted(found)
    names = list(found[sizes[0]])
    head = ("figure", *(f"{threads:,} threads" for threads in sizes), "last / first")
    rows = []
    for name in names:
        values = [found[threads][name] for threads in sizes]
        rows.append((name, *values, f"{values[-1] / values[0]:.2g}"))
    opening = OPENING.format(command=command, times=TIMES, restarts=RESTARTS, where=where)
    lines = {
        name.removesuffix(PLOTTED): [(threads, found[threads][name]) for threads in sizes]
        for name in names
        if name.endswith(PLOTTED)
    }
    plot = svg("How cost grows with the threads in a home", "stored threads", "ms", lines)
    return f"{opening}\n{markdown(head, rows)}\n\n![the same as a plot](growth.svg)\n", plot


def main() -> None:
    """Measure, and write both files."""
    sizes = [int(word) for word in sys.argv[2:]] or list(SIZES)
    where, found = described(), {}
    for threads in sizes:
        with TemporaryDirectory() as folder:
            found[threads] = measured(Path(folder) / "home", threads)
    table, plot = report(found, where, " ".join(("python -m benchmarks growth", *sys.argv[2:])))
    (HERE / "GROWTH.md").write_text(table)
    (HERE / "growth.svg").write_text(plot)
    print(table)
