"""What is merely scarce in the process and its file system, and what that means for the store."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from threadhost.events.store.errors import OutOfResources, StoreError, StoreFailed, StoreUnavailable

NO_SPACE = "no space is left on the device of the store"
NO_GROWTH = (
    "a file has the size that this process may give it (`ulimit -f`); a higher limit mends that"
)
NO_QUOTA = "the disk quota of who runs this is used up; a higher one mends that"
LIMITS = {errno.EDQUOT: NO_QUOTA, errno.EFBIG: NO_GROWTH}
"""What the system says of these leaves open what to do: the device has space."""
NO_SPACE_ERRORS = (errno.ENOSPC, *LIMITS)
NO_FILES, NO_MEMORY, NO_THREADS = "out of open files", "out of memory", "out of threads"
NO_THREAD = "can't start new thread"
"""How Python says it; there is no type for it."""
SCARCE_ERRORS = {
    errno.EMFILE: NO_FILES,
    errno.ENFILE: NO_FILES,
    errno.ENOMEM: NO_MEMORY,
    errno.EAGAIN: NO_THREADS,
}


def shortage(error: BaseException) -> OutOfResources | None:
    """What an error means that says no more than that something is scarce just now.

    Engines say so of their databases themselves.
    """
    if isinstance(error, OutOfResources):
        return error
    fault = scarce_in(error)
    return None if fault is None else OutOfResources(fault)


def system_words(error: OSError) -> str:
    """What the system says of its failure, or what that means."""
    return LIMITS.get(error.errno or 0) or error.strerror or str(error) or type(error).__name__


def scarce_in(error: BaseException) -> str | None:
    """What an error says is scarce just now, and no more than that."""
    if isinstance(error, OSError):
        return SCARCE_ERRORS.get(error.errno or 0)
    if isinstance(error, MemoryError):
        return NO_MEMORY
    return NO_THREADS if isinstance(error, RuntimeError) and NO_THREAD in str(error) else None


@contextmanager
def translate_shortage() -> Iterator[None]:
    """Report what is merely scarce as that; all else as it is."""
    try:
        yield
    except (OSError, MemoryError, RuntimeError) as error:
        scarce = shortage(error)
        if scarce is None:
            raise
        raise scarce from error


@contextmanager
def suppress_want_of_space() -> Iterator[None]:
    """Go on without what is written where there is no space for it."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_SPACE_ERRORS:
            raise


@contextmanager
def space_for(path: Path) -> Iterator[None]:
    """Say for what there was no space; whoever writes it takes it away again."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_SPACE_ERRORS:
            raise
        reason = LIMITS.get(error.errno, f"no space is left for {path}")
        raise StoreUnavailable(f"{reason}; nothing was changed") from None


def may_grow(path: Path) -> bool:
    """Whether this process may make a file larger than it is."""
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return limit == resource.RLIM_INFINITY or not path.exists() or path.stat().st_size < limit


def of_a_file(error: OSError) -> StoreError:
    """What it means that a file of the store could not be written."""
    if error.errno in NO_SPACE_ERRORS:
        return StoreUnavailable(LIMITS.get(error.errno, NO_SPACE))
    return StoreFailed(f"a file of the store could not be written: {system_words(error)}")
