"""Reads a home from outside, while a host may be running on it; never writes anything."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from sqlite3 import Connection
from types import SimpleNamespace
from typing import TYPE_CHECKING

from threadhost.events.base import Recorded
from threadhost.events.store.blobs import Blobs
from threadhost.events.store.codec import EventCodec
from threadhost.events.store.errors import StoreMismatch
from threadhost.events.store.feed import PAGE_BYTES, PAGE_EVENTS
from threadhost.events.store.files import Identity, irregular_kind
from threadhost.events.store.home import BLOBS, DATABASE, HOST_KEY, KEYS
from threadhost.events.store.host_key import read_host_key
from threadhost.events.store.log_reader import LogReader
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.database import ReadableDatabase, connect, through_no_view
from threadhost.events.store.sqlite.engine import SqliteReads
from threadhost.events.store.sqlite.faults import (
    reported_as_damage,
    translate_unreadable,
    words_of,
)
from threadhost.events.store.sqlite.keys import KeyRing
from threadhost.events.store.sqlite.recorder import newer_release, require_format
from threadhost.events.store.sqlite.rows import LogRows

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

POLL_S = 0.2
AS_IT_IS = "mode=ro&immutable=1"
BESIDE_A_WRITER = "mode=ro"
OF_A_COPY = "mode=rw"
INDEX_BYTES = 32 * 1024
"""The least size of a write-ahead log's index; it is smaller after the disk was full."""
Look = tuple[str, int, int]
"""The URI parameters to open the file with, its time and its size."""


class ReadOnlyDatabase(ReadableDatabase):
    """A database that another process may be writing.

    Without a write-ahead log no process writes the file. It is then opened as immutable, because
    SQLite would otherwise create that log's files. A file whose write-ahead log has lost its index
    is read from a copy in the temporary folder, where SQLite may create another index. Each read
    checks the file again; a file that replaced it is not read. A log that a host upgrades meanwhile
    is read on through the view in its file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._file = path
        self._identity: Identity | None = None
        self._copy: TemporaryDirectory[str] | None = None
        self._copied: Look | None = None
        self._look()

    @property
    def is_beside_a_writer(self) -> bool:
        """Whether a process has the file open for writing, judging by its folder."""
        return self._look()[0] == BESIDE_A_WRITER

    def share(self) -> None:
        """Let all threads share one connection, in turn, so that all read its temporary tables."""
        self._local = SimpleNamespace()

    def close(self) -> None:
        """Close all connections; idempotent."""
        super().close()
        self._drop_copy()

    def _source(self) -> tuple[object, str]:
        look = self._look()
        return look, look[0]

    def _connect(self, parameters: str) -> Connection:
        if parameters != OF_A_COPY:
            return _in_its_format(super()._connect(parameters))
        with self.lock:
            return _in_its_format(connect(self._make_copy(), parameters))

    def _look(self) -> Look:
        """Return how to open the file, with a mark that changes with it. Raises StoreMismatch."""
        status = self._stat(self._file)
        if status is None:
            raise StoreMismatch(f"{self._file} is missing; name a home, or the file of a log")
        identity = Identity(status.st_dev, status.st_ino)
        self._identity = self._identity or identity
        if identity != self._identity:  # going on would mix two histories
            raise StoreMismatch(
                f"{self._file} was replaced since it was opened, for example by a restore; begin"
                " again"
            )
        wal, shm = map(self._stat, self._siblings())
        is_begun = wal is not None and wal.st_size > 0
        if shm is not None and (is_begun or shm.st_size >= INDEX_BYTES):
            return BESIDE_A_WRITER, 0, 0
        mode = OF_A_COPY if is_begun else AS_IT_IS
        return mode, status.st_mtime_ns, status.st_size

    def _siblings(self) -> list[Path]:
        return [self._file.with_name(self._file.name + end) for end in ("-wal", "-shm")]

    def _stat(self, path: Path) -> os.stat_result | None:
        try:
            status = path.lstat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreMismatch(f"{path} cannot be looked at: {error.strerror}") from None
        if odd_kind := irregular_kind(status):
            raise StoreMismatch(f"{path} is {odd_kind}; only a regular file is read")
        return status

    def _make_copy(self) -> Path:
        import shutil  # it imports compressors that a host never needs
        from tempfile import TemporaryDirectory

        look = self._look()
        if self._copy is None or self._copied != look:
            self._drop_copy()
            self._copy, self._copied = TemporaryDirectory(prefix="threadhost-"), look
            try:
                for path in (self._file, self._siblings()[0]):
                    shutil.copyfile(path, Path(self._copy.name, path.name))
            except OSError as error:
                self._drop_copy()
                raise StoreMismatch(
                    f"{self._siblings()[1]} is missing, so that {self._file.name} has to be copied"
                    f" to be read, which failed: {error.strerror}"
                ) from None
        return Path(self._copy.name, self._file.name)

    def _drop_copy(self) -> None:
        if self._copy is not None:
            self._copy.cleanup()
            self._copy = None


def _in_its_format(connection: Connection) -> Connection:
    """Have `events` mean the rows of the log in either format, and refuse views of the file.

    A table `events` beside rows of this version is of no host, and is not read.
    """
    ours, older = (
        connection.execute(schema.HAS_TABLE, (name,)).fetchall()
        for name in ("event_rows", "events")
    )
    if older and not ours:
        connection.execute(schema.DROP_EVENTS_VIEW)
    return through_no_view(connection)


class ReadOnlyLog(LogReader):
    """The log of a home for reading; events become `Erased` as soon as their key is destroyed."""

    def __init__(self, database: ReadOnlyDatabase, keys: KeyRing, codec: EventCodec) -> None:
        reads = SqliteReads(database)
        super().__init__(reads, codec)
        self.rows = reads.log
        """The rows of the log, still sealed; read without awaiting."""
        self.database = database
        self.log_id = keys.log_id
        """The identity of this log."""
        self._keys = keys

    @classmethod
    def open(cls, home: Path, key_file: Path | None = None) -> "ReadOnlyLog":
        """Open without a lock, without making or changing any file.

        Raises StoreMismatch if files are missing or do not belong together.
        """
        database = ReadOnlyDatabase(home / DATABASE)
        try:
            with reported_as_damage():
                log_id = require_format(LogRows(database).identity())
                keys = keys_of(home, key_file, log_id)
        except sqlite3.Error as error:
            database.close()
            raise StoreMismatch(f"the log in {home} cannot be read: {words_of(error)}") from None
        except BaseException:
            database.close()
            raise
        codec = EventCodec(keys, Blobs(home / BLOBS), LogRows(database).is_leaving)
        return cls(database, keys, codec)

    @property
    def newer_release(self) -> str | None:
        """The release that wrote the log, if this version may not know all of its content."""
        with translate_unreadable():
            return newer_release(self.rows.identity())

    @property
    def position(self) -> int:
        """The newest position; 0 for an empty log. Raises StoreUnreadable."""
        with translate_unreadable():
            return self.rows.newest() or 0

    async def follow(self, after: int, poll_s: float = POLL_S) -> AsyncIterator[Recorded]:
        """Yield all events after a position: the existing ones, then each soon after its commit."""
        while True:
            page = await self.read(after, PAGE_EVENTS, PAGE_BYTES)
            for recorded in page:
                yield recorded
            if page:
                after = page[-1].position
            await asyncio.sleep(0 if page else poll_s)

    def close(self) -> None:
        """Close all files; idempotent."""
        self._keys.close()
        self.database.close()


def require_keys(home: Path, key_file: Path | None) -> None:
    """Raise StoreMismatch if the keys of a home are missing, or the host key."""
    for path in (home / KEYS, key_file or home / HOST_KEY):
        if not path.exists():
            raise StoreMismatch(
                f"{path} is missing; put it back, the log in {home} cannot be read without it"
            )


def keys_of(home: Path, key_file: Path | None, log_id: str) -> KeyRing:
    """Open the keys of a home for reading. Raises StoreMismatch if missing or of another log."""
    require_keys(home, key_file)
    return KeyRing(home / KEYS, read_host_key(home, key_file), log_id, read_only=True)
