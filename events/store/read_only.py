"""Looking at a home from outside, while a host may be running on it: nothing is ever written."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

from threadhost.events.base import Recorded
from threadhost.events.store.blobs import Blobs
from threadhost.events.store.codec import EventCodec
from threadhost.events.store.database import ReadableDatabase
from threadhost.events.store.errors import StoreMismatch
from threadhost.events.store.feed import PAGE_BYTES, PAGE_EVENTS
from threadhost.events.store.home import BLOBS, DATABASE, HOST_KEY, KEYS
from threadhost.events.store.host_key import read_host_key
from threadhost.events.store.keys import KeyRing
from threadhost.events.store.reading import LogReader
from threadhost.events.store.recorder import require_format
from threadhost.events.store.rows import LogRows

POLL_S = 0.2
AS_IT_IS = "mode=ro&immutable=1"
BESIDE_A_WRITER = "mode=ro"


class ReadOnlyDatabase(ReadableDatabase):
    """A database that somebody else writes, or nobody.

    Without a write-ahead log beside it nobody writes the file, and it is read as it is, for SQLite
    would make that log's files. Before each read it is looked at again.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._file = path
        self._look()

    def _source(self) -> tuple[object, str]:
        seen = self._look()
        return seen, seen[0]

    def _look(self) -> tuple[str, int, int]:
        """How to open the file, and what tells it from what it was. Raises StoreMismatch."""
        try:
            found = self._file.stat()
        except FileNotFoundError:
            raise StoreMismatch(f"{self._file} is missing: there is no log here") from None
        wal, shm = (self._file.with_name(self._file.name + end) for end in ("-wal", "-shm"))
        if shm.exists():
            return BESIDE_A_WRITER, 0, 0
        if wal.exists() and wal.stat().st_size:
            raise StoreMismatch(f"{shm} is missing: {wal.name} cannot be read without it")
        return AS_IT_IS, found.st_mtime_ns, found.st_size


class ReadOnlyLog(LogReader):
    """The log of a home for reading alone; events of destroyed keys are `Erased` at once."""

    def __init__(
        self, database: ReadOnlyDatabase, rows: LogRows, keys: KeyRing, blobs: Blobs
    ) -> None:
        super().__init__(rows, EventCodec(keys, blobs))
        self.database = database
        self._keys = keys

    @classmethod
    def open(cls, home: Path, key_file: Path | None = None) -> "ReadOnlyLog":
        """Open without a lock, without making or changing any file.

        Raises StoreMismatch if files are missing or do not belong together.
        """
        database = ReadOnlyDatabase(home / DATABASE)
        rows = LogRows(database)
        try:
            log_id = require_format(rows.identity())
            keys = _keys_of(home, key_file or home / HOST_KEY, log_id)
        except sqlite3.Error as error:
            database.close()
            raise StoreMismatch(f"the log in {home} cannot be read: {error}") from None
        except BaseException:
            database.close()
            raise
        return cls(database, rows, keys, Blobs(home / BLOBS))

    @property
    def position(self) -> int:
        """The newest position; 0 for an empty log."""
        return self._rows.newest() or 0

    async def follow(self, after: int, poll_s: float = POLL_S) -> AsyncIterator[Recorded]:
        """All events after a position: those that exist, then each soon after it is committed."""
        while True:
            page = self.read(after, PAGE_EVENTS, PAGE_BYTES)
            for recorded in page:
                yield recorded
            if page:
                after = page[-1].position
            await asyncio.sleep(0 if page else poll_s)

    def close(self) -> None:
        """Close all files; idempotent."""
        self._keys.close()
        self.database.close()


def _keys_of(home: Path, key_file: Path, log_id: str) -> KeyRing:
    for path in (home / KEYS, key_file):
        if not path.is_file():
            raise StoreMismatch(f"{path} is missing: the log in {home} cannot be read without it")
    return KeyRing(home / KEYS, read_host_key(key_file), log_id, read_only=True)
