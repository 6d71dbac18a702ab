"""Appends through the whole store, views included, beside raw sqlite3 with the same table."""

import asyncio
import gc
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.table import print_table
from tests.support.store import database_of, now
from threadhost.events.base import Meta
from threadhost.events.ids import TimeOrderedIds, thread_stream
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.verify import verify
from threadhost.events.turn import ItemRecorded
from threadhost.projections import all_views
from threadhost.projections.rebuild import rebuild

SIZES = ((1, 300), (100, 5_000), (1000, 10_000))
"""Events a transaction, events a round."""
ROUNDS = 9
STORED_BYTES = 87
META = Meta("client:bench", "request-1", "request-1", 1_763_798_400_000)
Rates = dict[int, list[float]]


def an_item(ids: TimeOrderedIds) -> ItemRecorded:
    """An agent's message as a turn records it."""
    item = {"type": "agentMessage", "id": "msg-1", "text": "x" * 120, "phase": None}
    return ItemRecorded(turn_id=ids.new(), item_id="msg-1", type="agentMessage", item=item)


async def append_ours(log: Log, thread_id: str, size: int, total: int) -> None:
    """Append `total` sealed events, `size` a transaction, each answered before the next."""
    events = [an_item(TimeOrderedIds())] * size
    for _ in range(total // size):
        await log.append(StreamAppend(thread_stream(thread_id), events), meta=META)


def append_raw(connection: sqlite3.Connection, stream: int, size: int, total: int) -> None:
    """Insert rows of the same shape with nothing but the driver."""
    body, hash_ = b"x" * STORED_BYTES, b"d" * 32
    kind, principal = 1, 2
    about = (kind, META.recorded_at_ms, principal, bytes(16), "request-1")
    newest = connection.execute("SELECT coalesce(max(position), 0) FROM event_rows").fetchone()[0]
    for start in range(0, total, size):
        connection.execute("BEGIN IMMEDIATE")
        rows = [
            (newest + n, newest + start + 1, stream, n, *about, 1, body, None, hash_, hash_)
            for n in range(start + 1, start + size + 1)
        ]
        connection.executemany(schema.INSERT_EVENT, rows)
        connection.execute("COMMIT")


@contextmanager
def raw_database(path: Path) -> Iterator[sqlite3.Connection]:
    """A database with the log's table and index, as durable as the log."""
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", *schema.STATEMENTS[:2]):
        connection.execute(statement)
    try:
        yield connection
    finally:
        connection.close()


async def rounds(log: Log, connection: sqlite3.Connection) -> tuple[Rates, Rates]:
    """Events a second of both, in turn, so that both meet the same weather."""
    ours: Rates = {size: [] for size, _ in SIZES}
    raw: Rates = {size: [] for size, _ in SIZES}
    ids = TimeOrderedIds()
    streams = count(1)
    for _ in range(ROUNDS):
        for size, total in SIZES:
            thread_id = ids.new()
            start = perf_counter()
            await append_ours(log, thread_id, size, total)
            between = perf_counter()
            append_raw(connection, next(streams), size, total)
            ours[size].append(total / (between - start))
            raw[size].append(total / (perf_counter() - between))
    return ours, raw


def rate(work: Callable[[], int]) -> float:
    """How many a second, by what `work` says it did."""
    start = perf_counter()
    return work() / (perf_counter() - start)


async def measure(folder: Path) -> None:
    """Print both tables."""
    log = Log.open(folder, all_views())
    gc.collect()
    gc.freeze()  # imports, as a server does once it is up
    with raw_database(folder / "raw.db") as connection:
        ours, raw = await rounds(log, connection)
    print_table(
        ("events a transaction", "threadhost, events/s", "raw sqlite3, events/s", "of raw"),
        [
            (size, median(ours[size]), median(raw[size]), f"{share(ours[size], raw[size]):.2f}")
            for size, _ in SIZES
        ],
    )
    thread_id = TimeOrderedIds().new()
    await append_ours(log, thread_id, 1000, 20_000)
    start = perf_counter()
    rebuilt = await rebuild(log, all_views())
    rebuilding = rebuilt / (perf_counter() - start)
    print_table(
        ("reading", "events/s"),
        [
            (
                "a stream, decrypted",
                rate(lambda: len(now(log.read_stream(thread_stream(thread_id))))),
            ),
            ("the chain verified", rate(lambda: verify(database_of(log), folder / "blobs").events)),
            ("all views rebuilt", rebuilding),
        ],
    )
    await log.close()


def share(ours: list[float], raw: list[float]) -> float:
    """The median of the rounds' ratios."""
    return median(a / b for a, b in zip(ours, raw, strict=True))


def main() -> None:
    """Run in a folder that is removed afterwards."""
    with TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder)))
