"""A folder beside a file in which one process at a time builds the file's replacement."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from threadhost.events.store.errors import StoreUnavailable
from threadhost.events.store.home import PRIVATE
from threadhost.events.store.lock import FOLDER


def place_beside(target: Path, ending: str) -> Path:
    """Return the path of the folder."""
    return target.with_name(f"{target.name}{ending}")


@contextmanager
def locked_sibling_folder(target: Path, ending: str) -> Iterator[Path]:
    """Lock the folder, with what an earlier process left in it; at the end remove it if empty.

    Raises StoreUnavailable while another process holds the lock, or OSError.
    """
    folder = place_beside(target, ending)
    folder.mkdir(mode=PRIVATE, exist_ok=True)
    descriptor = os.open(folder, FOLDER | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            yield folder
        finally:
            with suppress(OSError):  # something is left in it
                folder.rmdir()
    except BlockingIOError:
        raise StoreUnavailable(f"{target} is being written by another process") from None
    finally:
        os.close(descriptor)


def place_of(path: Path) -> Path:
    """Return the path with the links in its folder resolved, so that each file has one path."""
    return path.absolute().parent.resolve() / path.name
