"""What an error of the database or the file system means for the store."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from threadhost.events.store.errors import (
    StoreError,
    StoreFailed,
    StoreMismatch,
    StoreUnavailable,
)

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
def told_as_damage() -> Iterator[None]:
    """Report as a damaged database what the driver trips over: SQLite quotes a damaged schema."""
    try:
        yield
    except UnicodeDecodeError:
        error = sqlite3.DatabaseError("its schema holds what is no text")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error from None


@contextmanager
def in_our_words() -> Iterator[None]:
    """Report errors of the database, and of nameless files, as what they mean for the store."""
    try:
        with told_as_damage():
            yield
    except sqlite3.Error as error:
        found = classify(error)
        if found is error:
            words = f"the log cannot be opened: {error}; `threadhost log verify` says more"
            raise StoreMismatch(words) from error
        raise found from error
    except OSError as error:
        if error.filename is not None:
            raise
        raise classify(error) from error
