"""Lists and searches over 1,000 and 100,000 threads: a page costs the same at both."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.table import print_table
from threadhost.events.store.log import Log
from threadhost.events.store.port import Tx
from threadhost.projections import all_views
from threadhost.projections.case_folding import folded
from threadhost.projections.listing import ThreadQuery, thread_page
from threadhost.projections.thread_search import search_page
from threadhost.projections.threads import INSERT, TEXTS, THREADS

NOBODYS = dict.fromkeys(column.name for column in THREADS.columns)
UNSAID = dict.fromkeys(column.name for column in TEXTS.columns)
SIZES = (1_000, 100_000)
BATCH = 10_000
REPEATS = 15
PREVIEW = (
    "Please have a look at the failing test in the parser, and tell me what you would change. "
)
QUERIES = {
    "first page of 25": ThreadQuery(),
    "a page in the middle": ThreadQuery(after=(500, "")),
    "first page by recency, oldest first": ThreadQuery(sort="recency_at", descending=False),
    "first page of one folder": ThreadQuery(cwds=["/home/ada/3"]),
}
SEARCHES = {"a search with many hits": "thread 7", "a search without a hit": "no such words"}


def fill(tx: Tx, threads: int) -> None:
    """Rows as a host would have written them."""
    for start in range(0, threads, BATCH):
        numbers = range(start, min(start + BATCH, threads))
        tx.write(INSERT.text, list(rows(numbers)))
        tx.write(TEXTS.insert().text, list(texts(numbers)))


def rows(numbers: range) -> Iterator[dict[str, object]]:
    """Rows of the threads themselves."""
    for n in numbers:
        same = {"depth": 0, "ephemeral": False}
        times = dict.fromkeys(("created_at_ms", "updated_at_ms", "recency_at_ms"), n)
        shown = {"source": "vscode", "history_mode": "paginated", "archived": False, "listed": True}
        yield {**NOBODYS, "id": f"{n:036}", "session_id": f"{n:036}", **same, **times, **shown}


def texts(numbers: range) -> Iterator[dict[str, object]]:
    """What the threads say of themselves."""
    for n in numbers:
        chosen = {**UNSAID, "model": "m", "model_provider": "p"}
        words = {"name": f"thread {n}", "preview": PREVIEW + str(n)}
        words |= {f"{name}_folded": folded(text) for name, text in words.items()}
        yield {**chosen, "thread_id": f"{n:036}", **words, "cwd": f"/home/ada/{n % 10}"}


async def duration_ms(work: Callable[[], Awaitable[object]]) -> float:
    """The median of some runs."""
    found = []
    for _ in range(REPEATS):
        start = perf_counter()
        await work()
        found.append((perf_counter() - start) * 1000)
    return median(found)


async def measure(folder: Path, threads: int) -> dict[str, float]:
    """Milliseconds for each query, and for writing the texts anew after a deletion."""
    log = Log.open(folder, all_views())
    await log.transact(partial(fill, threads=threads))
    took = {
        name: await duration_ms(partial(thread_page, log.reads, query))
        for name, query in QUERIES.items()
    }
    for name, text in SEARCHES.items():
        took[name] = await duration_ms(partial(search_page, log.reads, ThreadQuery(), text))
    start = perf_counter()
    await log.transact(lambda tx: tx.must_erase())
    await log.checkpoint()
    took["deleted text overwritten"] = (perf_counter() - start) * 1000
    await log.close()
    return took


def main() -> None:
    """Run in folders that are removed afterwards."""
    found = []
    for threads in SIZES:
        with TemporaryDirectory() as folder:
            found.append(asyncio.run(measure(Path(folder), threads)))
    heads = [f"{threads:,} threads, ms" for threads in SIZES]
    print_table(("view", *heads), [(name, *(f[name] for f in found)) for name in found[0]])
