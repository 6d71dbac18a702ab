"""The file that a host without a terminal writes on standard error."""

import os
from pathlib import Path

FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
KEPT_BYTES_MAX = 1024 * 1024
"""A larger one of before begins anew."""


def write_errors_to(path: Path) -> None:
    """From now on standard error is the end of this file, its user's alone. Raises OSError.

    A pipe that nobody reads would be waited for without end, by a host that owns its home.
    """
    descriptor = os.open(path, FLAGS, 0o600)
    try:
        os.set_blocking(descriptor, True)
        if os.fstat(descriptor).st_size > KEPT_BYTES_MAX:
            os.ftruncate(descriptor, 0)
        os.dup2(descriptor, 2)
    finally:
        os.close(descriptor)
