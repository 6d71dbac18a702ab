"""Errors that mean a shortage in the process or its file system, as errors of the store."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from threadhost.events.store.errors import OutOfResources, StoreError, StoreFailed, StoreUnavailable

NO_SPACE = "no space is left on the device of the store"
NO_GROWTH = "a file has reached the size limit of this process (`ulimit -f`); raise the limit"
NO_QUOTA = "the disk quota of this user is used up; raise it or free some space"
LIMITS = {errno.EDQUOT: NO_QUOTA, errno.EFBIG: NO_GROWTH}
"""Errors for which the system's own message does not say what to do: the device has space."""
NO_SPACE_ERRORS = (errno.ENOSPC, *LIMITS)
NO_FILES, NO_MEMORY, NO_THREADS = "out of open files", "out of memory", "out of threads"
NO_THREAD = "can't start new thread"
"""Python's message; there is no exception type for it."""
SCARCE_ERRORS = {
    errno.EMFILE: NO_FILES,
    errno.ENFILE: NO_FILES,
    errno.ENOMEM: NO_MEMORY,
    errno.EAGAIN: NO_THREADS,
}


def shortage(error: BaseException) -> OutOfResources | None:
    """Return OutOfResources if an error means only a temporary shortage, else None.

    Engines classify the errors of their databases themselves.
    """
    if isinstance(error, OutOfResources):
        return error
    fault = exhausted_resource(error)
    return None if fault is None else OutOfResources(fault)


def system_words(error: OSError) -> str:
    """Return the system's message for its failure, or our words for it."""
    return LIMITS.get(error.errno or 0) or error.strerror or str(error) or type(error).__name__


def exhausted_resource(error: BaseException) -> str | None:
    """Return which resource an error reports as exhausted; None for other errors."""
    if isinstance(error, OSError):
        return SCARCE_ERRORS.get(error.errno or 0)
    if isinstance(error, MemoryError):
        return NO_MEMORY
    return NO_THREADS if isinstance(error, RuntimeError) and NO_THREAD in str(error) else None


@contextmanager
def translate_shortage() -> Iterator[None]:
    """Raise OutOfResources for errors that mean only a shortage; let all others pass."""
    try:
        yield
    except (OSError, MemoryError, RuntimeError) as error:
        scarce = shortage(error)
        if scarce is None:
            raise
        raise scarce from error


@contextmanager
def suppress_disk_full() -> Iterator[None]:
    """Ignore a failure to write for want of space."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_SPACE_ERRORS:
            raise


@contextmanager
def space_for(path: Path) -> Iterator[None]:
    """Raise StoreUnavailable for want of space at a path; the caller removes what it wrote."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_SPACE_ERRORS:
            raise
        raise no_space_for(path, LIMITS.get(error.errno, "")) from None


def no_space_for(path: Path, limit: str = "") -> StoreUnavailable:
    """Return the error for want of space at a path, or for a limit, before anything was changed."""
    return StoreUnavailable(f"{limit or f'no space is left for {path}'}; nothing was changed")


def may_grow(path: Path) -> bool:
    """Whether this process may enlarge a file."""
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return limit == resource.RLIM_INFINITY or not path.exists() or path.stat().st_size < limit


def of_a_file(error: OSError) -> StoreError:
    """Return the error for a file of the store that could not be written."""
    if error.errno in NO_SPACE_ERRORS:
        return StoreUnavailable(LIMITS.get(error.errno, NO_SPACE))
    return StoreFailed(f"a file of the store could not be written: {system_words(error)}")
