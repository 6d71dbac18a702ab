"""A folder beside a file, in which that is made anew by one process at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from threadhost.events.store.errors import StoreUnavailable
from threadhost.events.store.home import PRIVATE
from threadhost.events.store.lock import FOLDER


def place_beside(target: Path, ending: str) -> Path:
    """Where the folder is."""
    return target.with_name(f"{target.name}{ending}")


@contextmanager
def locked_sibling_folder(target: Path, ending: str) -> Iterator[Path]:
    """The folder, locked; with whatever an earlier process left there. It goes if it is empty.

    Raises StoreUnavailable while another process has it, or OSError.
    """
    folder = place_beside(target, ending)
    folder.mkdir(mode=PRIVATE, exist_ok=True)
    descriptor = os.open(folder, FOLDER | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            yield folder
        finally:
            with suppress(OSError):  # something is left
                folder.rmdir()
    except BlockingIOError:
        raise StoreUnavailable(f"{target} is being written by another process") from None
    finally:
        os.close(descriptor)


def place_of(path: Path) -> Path:
    """A path whose folder is spelled in one way alone, whatever links lead there."""
    return path.absolute().parent.resolve() / path.name
