"""The home folder of a host: what its files are called, and that nobody else may look in."""

import errno
import os
import stat
from pathlib import Path

DATABASE = "threadhost.db"
KEYS = "keys.db"
HOST_KEY = "host.key"
BLOBS = "blobs"
PRIVATE = 0o700


def prepare_home(path: Path) -> Path:
    """The home folder, made if it is missing, open to its owner only (mode 0700).

    Raises NotADirectoryError for a file, else OSError: PermissionError, for one, if the folder
    belongs to somebody else.
    """
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "is a file; a home is a folder", str(path))
    for missing in reversed([one for one in (path, *path.parents) if not one.exists()]):
        missing.mkdir(mode=PRIVATE, exist_ok=True)
    if stat.S_IMODE(path.stat().st_mode) != PRIVATE:
        path.chmod(PRIVATE)
    sync_folder(path.parent)
    return path


def sync_folder(path: Path) -> None:
    """Make names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
