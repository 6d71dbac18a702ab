"""The file that receives the standard error of a host without a terminal."""

import os
from pathlib import Path

FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
KEPT_BYTES_MAX = 1024 * 1024
"""A larger file from earlier hosts is emptied."""


def write_errors_to(path: Path) -> None:
    """Append standard error to this file, which only its user may read. Raises OSError.

    A host must not write to a pipe that nobody reads: it would block for ever, with its home
    locked.
    """
    descriptor = os.open(path, FLAGS, 0o600)
    try:
        os.set_blocking(descriptor, True)
        if os.fstat(descriptor).st_size > KEPT_BYTES_MAX:
            os.ftruncate(descriptor, 0)
        os.dup2(descriptor, 2)
    finally:
        os.close(descriptor)
