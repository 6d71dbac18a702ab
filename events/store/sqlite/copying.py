"""Copies a log and its keys as they are at one moment, while a host may go on writing them."""

import errno
import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import Connection

from threadhost.events.failpoints import reach
from threadhost.events.store.archive import DiskPace
from threadhost.events.store.errors import StoreUnavailable
from threadhost.events.store.home import DATABASE, HOST_KEY, KEYS
from threadhost.events.store.host_key import read_host_key, write_host_key
from threadhost.events.store.lock import FOLDER
from threadhost.events.store.sqlite.faults import code_of
from threadhost.events.store.sqlite.keys_to_read import keys_to_read
from threadhost.events.store.sqlite.read_only import ReadOnlyDatabase

PAGES = 256
"""A mebibyte at a time; then a rest of the same length leaves the disk to others."""
SNAPSHOT = "SELECT count(*) FROM sqlite_master"
"""Any read: from then on all reads of this transaction are of this moment."""


def copy_at_once(
    home: Path,
    folder: Path,
    *,
    with_host_key: bool = False,
    on_moment: Callable[[], object] = lambda: None,
) -> None:
    """Copy the log's database and the keys into a folder, both of one moment.

    A key is made before its first use and destroyed after its tombstone, so the keys are held still
    only while the moment of the log is fixed, some milliseconds. The copied keys are wrapped by the
    home's current host key: no rotation can run meanwhile. `on_moment` is called at the moment;
    nothing waits for what follows. Raises StoreMismatch, StoreUnavailable, sqlite3.Error or
    OSError.
    """
    with (
        _kept_at_rest(home) as is_at_rest,
        closing(ReadOnlyDatabase(home / DATABASE)) as database,
        database.reading() as log,
    ):
        if not (is_at_rest or database.is_beside_a_writer):
            raise StoreUnavailable(f"a host is starting or stopping on {home}; try again")
        with closing(keys_to_read(home / KEYS)) as keys:
            keys.execute("BEGIN")
            keys.execute(SNAPSHOT).fetchall()
            log.execute("BEGIN")
            log.execute(SNAPSHOT).fetchall()
            reach("backup.moment")
            copied = keys.serialize()
            keys.execute("ROLLBACK")
        on_moment()
        (folder / KEYS).write_bytes(copied)
        if with_host_key:
            write_host_key(folder / HOST_KEY, read_host_key(home))
        _copy(log, folder / DATABASE)
        log.execute("ROLLBACK")


def _copy(source: Connection, target: Path) -> None:
    """Copy a database in steps, with rests; the source is in a transaction throughout."""

    def rest(_status: int, _remaining: int, _pages: int) -> None:
        reach("backup.copied")
        pace.rest()

    try:
        with (
            target.open("ab") as written,
            closing(sqlite3.connect(target, isolation_level=None)) as connection,
        ):
            for pragma in ("journal_mode=OFF", "synchronous=OFF"):
                connection.execute(f"PRAGMA {pragma}")
            pace = DiskPace(written.fileno())
            source.backup(connection, pages=PAGES, progress=rest)
    except sqlite3.Error as error:
        if code_of(error) != sqlite3.SQLITE_FULL:
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target)) from None


@contextmanager
def _kept_at_rest(home: Path) -> Iterator[bool]:
    """Keep hosts from starting on a home that no host holds, because its files are read directly.

    Yields whether no host holds it.
    """
    descriptor = os.open(home, FOLDER)
    try:
        yield _shared(descriptor)
    finally:
        os.close(descriptor)


def _shared(folder: int) -> bool:
    try:
        fcntl.flock(folder, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
