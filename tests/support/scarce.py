"""A process that has no file descriptor left, or no thread, for as long as a test wants it."""

import os
import resource
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from unittest.mock import patch

SPARE = 16


@contextmanager
def no_files_left(left: int = 0) -> Iterator[None]:
    """No file can be opened in here, or so many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(map(int, os.listdir("/dev/fd")))  # noqa: PTH208  (of descriptors, not of files)
    taken: list[int] = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + SPARE, hard))
        with suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        for _ in range(left):
            os.close(taken.pop())
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for descriptor in taken:
            os.close(descriptor)


def no_threads_left() -> AbstractContextManager[object]:
    """No thread can be started in here."""

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    return patch.object(threading.Thread, "start", start)


@contextmanager
def files_no_larger_than(bytes_max: int) -> Iterator[None]:
    """Let no file grow beyond this size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
