"""What a home takes on disk, by purpose; read without changing anything."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path

from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.blobs import is_stream_folder
from threadhost.events.store.files import listed, size_of
from threadhost.events.store.home import BLOBS, DATABASE, KEYS
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.faults import translate_unreadable
from threadhost.events.store.sqlite.raw import RawRows
from threadhost.events.store.sqlite.read_only import ReadOnlyDatabase

OWN = {
    "events": "events",
    "event_rows": "events",
    "names": "events",
    "stream_state": "heads",
    "snapshots": "snapshots",
    "idempotency": "requests",
    "thread_log": "programLog",
}
"""The purpose of each table of the log's database; all others are views, or small."""
SETTLED_MS = 60_000
PAGES = (
    "SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_master USING (name)"
    " WHERE aggregate = TRUE GROUP BY tbl_name"
)


class Sizes(NamedTuple):
    """What a home takes, in bytes by purpose, and payload files that no event names."""

    by_cause: Mapping[str, int]
    orphans: tuple[str, ...]
    """Payload files that no event names, as `STREAM/NAME`."""
    newest_at_ms: int
    position: int

    @property
    def total_bytes(self) -> int:
        """The sum."""
        return sum(self.by_cause.values())


def measure(home: Path, now_ms: int, *, by_table: bool) -> Sizes:
    """Measure a home; `by_table` reads every page of the database.

    Raises StoreError for a log that cannot be read.
    """
    sizes: Counter[str] = Counter()
    files = [*payload_files(home / BLOBS)]
    with closing(ReadOnlyDatabase(home / DATABASE)) as database, translate_unreadable():
        rows = RawRows(database)
        sizes.update(_of_database(rows, by_table=by_table))
        named = {row[0] for row in rows.all(schema.BLOB_NAMES)}
        position, newest_at_ms = (*rows.all(schema.NEWEST_EVENT), (0, 0))[0]
    sizes["keys"] = size_of(home / KEYS)
    sizes["journals"] = sum(size_of(home / name) for name in (f"{DATABASE}-wal", f"{KEYS}-journal"))
    orphans = []
    for path in files:
        is_orphan = path.name not in named and _is_old(path, now_ms)
        sizes["orphans" if is_orphan else "payloadFiles"] += size_of(path)
        orphans += [f"{path.parent.name}/{path.name}"] if is_orphan else []
    return Sizes(sizes, tuple(orphans), newest_at_ms, position)


def _of_database(rows: RawRows, *, by_table: bool) -> Mapping[str, int]:
    count, free, size = (rows.all(f"PRAGMA {name}")[0][0] for name in schema.PAGES_ASKED)
    sizes = Counter({"free": free * size})
    if by_table:
        with suppress(sqlite3.Error):  # SQLite was built without that table
            for table, used in rows.all(PAGES):
                sizes[OWN.get(table, "views")] += used
    sizes["other" if len(sizes) > 1 else "database"] = count * size - sum(sizes.values())
    return sizes


def payload_files(root: Path) -> Iterator[Path]:
    """Yield all payload files, folder by folder; a host may remove some meanwhile."""
    for folder in listed(root):
        if is_stream_folder(folder):
            yield from listed(folder)


def _is_old(path: Path, now_ms: int) -> bool:
    """Whether its event, which is written right after it, should be there by now."""
    try:
        return path.lstat().st_mtime_ns // 1_000_000 < now_ms - SETTLED_MS
    except OSError:
        return False
