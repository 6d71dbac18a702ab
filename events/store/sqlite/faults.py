"""What errors of SQLite, and of the layers beneath a store, mean for that store."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from threadhost.events.store import faults
from threadhost.events.store.errors import (
    OutOfResources,
    StoreError,
    StoreFailed,
    StoreMismatch,
    StoreUnavailable,
    StoreUnreadable,
)
from threadhost.events.store.faults import NO_GROWTH, NO_MEMORY, NO_SPACE, of_a_file
from threadhost.events.store.home import DATABASE, verify_command

NO_FILE = "a file of the store cannot be opened"
"""Perhaps for want of a descriptor or of space: SQLite does not tell."""
READ_ONLY = "{} cannot be written; check its mode, its owner and its file system"
OF_A_VIEW = "a view stands in the place of a table"
NO_TEXT = "its schema contains a value that is not text"
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
SCARCE_CODES = {sqlite3.SQLITE_CANTOPEN: NO_FILE, sqlite3.SQLITE_NOMEM: NO_MEMORY}


def code_of(error: sqlite3.Error) -> int:
    """Return SQLite's primary code of an error; SQLITE_ERROR for errors of the driver itself."""
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF


def words_of(error: sqlite3.Error) -> str:
    """Return SQLite's message, or our words for a refused view."""
    return OF_A_VIEW if code_of(error) == sqlite3.SQLITE_AUTH else str(error)


def shortage(error: BaseException) -> OutOfResources | None:
    """Return OutOfResources if an error means only a temporary shortage, else None."""
    if isinstance(error, sqlite3.Error):
        fault = SCARCE_CODES.get(code_of(error))
        return None if fault is None else OutOfResources(fault)
    return faults.shortage(error)


def classify(error: Exception, *, in_doubt: bool = False, path: Path | None = None) -> Exception:
    """Return the error to raise: try again later, stop for good, or the request's own unchanged.

    SQLite does not tell that a file may not grow, so the files at `path` are checked.

    With `in_doubt`, what was being written may be on disk, completely or partly, so that even a
    shortage leaves the outcome open.
    """
    if isinstance(error, StoreError):
        return error
    if (scarce := shortage(error)) is not None:
        return StoreFailed(f"the store failed: {scarce}") if in_doubt else scarce
    if isinstance(error, OSError):
        return of_a_file(error)
    return _of_the_database(error, path) if isinstance(error, sqlite3.Error) else error


def _of_the_database(error: sqlite3.Error, path: Path | None) -> Exception:
    code, exactly = code_of(error), getattr(error, "sqlite_errorcode", 0)
    if exactly == sqlite3.SQLITE_IOERR_SHMSIZE:
        return StoreUnavailable(NO_SPACE)
    if exactly == sqlite3.SQLITE_IOERR_WRITE and path is not None:
        files = (path, path.with_name(f"{path.name}-wal"))
        if not all(map(faults.may_grow, files)):
            return StoreUnavailable(NO_GROWTH)
    if code == sqlite3.SQLITE_READONLY and path is not None:
        return StoreFailed(READ_ONLY.format(path))
    if code in LATER:
        return StoreUnavailable(LATER[code])
    return error if code in OF_ONE_REQUEST else StoreFailed(f"the store failed: {words_of(error)}")


def hits_the_whole_store(error: Exception) -> bool:
    """Whether the error concerns more than one request."""
    if isinstance(error, StoreError):
        return False
    return isinstance(classify(error), (StoreUnavailable, StoreFailed))


@contextmanager
def reported_as_damage() -> Iterator[None]:
    """Report a damaged schema, which the driver cannot decode, as a damaged database."""
    try:
        yield
    except UnicodeDecodeError:
        error = sqlite3.DatabaseError(NO_TEXT)
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error from None


class _Unreadable:
    """A plain class: only one read in a hundred thousand fails."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, exc_type: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, sqlite3.Error):
            raise StoreUnreadable(words_of(error)) from error
        if isinstance(error, UnicodeDecodeError):
            raise StoreUnreadable(NO_TEXT) from error


_UNREADABLE = _Unreadable()


def translate_unreadable() -> AbstractContextManager[None]:
    """Raise StoreUnreadable for errors of SQLite during a read."""
    return _UNREADABLE


@contextmanager
def translate_errors(home: Path) -> Iterator[None]:
    """Raise what errors of a home's database, and of nameless files, mean to a user."""
    try:
        with reported_as_damage():
            yield
    except (sqlite3.Error, StoreUnreadable) as error:
        meaning = classify(error, path=home / DATABASE)
        if meaning is error:
            words = f"the log cannot be opened: {error}; {verify_command(home)} says more"
            raise StoreMismatch(words) from error
        raise meaning from error
    except (OSError, MemoryError) as error:
        meaning = classify(error)
        named = getattr(error, "filename", None) is not None
        if meaning is error or (named and not isinstance(meaning, OutOfResources)):
            raise
        raise meaning from error


@contextmanager
def translate_shortage() -> Iterator[None]:
    """Raise OutOfResources for errors that mean only a shortage; let all others pass."""
    try:
        yield
    except (sqlite3.Error, OSError, MemoryError, RuntimeError) as error:
        scarce = shortage(error)
        if scarce is None:
            raise
        raise scarce from error
