"""What an error of the database or the file system means for the store."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from threadhost.events.store.errors import StoreError, StoreFailed, StoreUnavailable

NO_SPACE = "no space is left on the device of the store"
OF_ONE_REQUEST = (
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_TOOBIG,
)
LATER = {
    sqlite3.SQLITE_FULL: NO_SPACE,
    sqlite3.SQLITE_BUSY: "the store is locked by another process",
    sqlite3.SQLITE_LOCKED: "the store is locked by another process",
}


def code_of(error: sqlite3.Error) -> int:
    """SQLite's primary code of an error; errors of the driver itself have none."""
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF


def classify(error: Exception) -> Exception:
    """The error to report: try again later, stop for good, or the request's own fault as it is."""
    if isinstance(error, StoreError):
        return error
    if isinstance(error, OSError):
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return StoreUnavailable(NO_SPACE)
        return StoreFailed(f"a file of the store could not be written: {error.strerror}")
    if not isinstance(error, sqlite3.Error):
        return error
    code = code_of(error)
    if code in LATER:
        return StoreUnavailable(LATER[code])
    return error if code in OF_ONE_REQUEST else StoreFailed(f"the store failed: {error}")


def hits_the_whole_store(error: Exception) -> bool:
    """Whether the error is not one request's fault."""
    if isinstance(error, StoreError):
        return False
    return isinstance(classify(error), (StoreUnavailable, StoreFailed))


@contextmanager
def in_our_words() -> Iterator[None]:
    """Report errors of the database, and of nameless files, as what they mean for the store."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        found = classify(error)
        if found is error or getattr(error, "filename", None) is not None:
            raise
        raise found from error
