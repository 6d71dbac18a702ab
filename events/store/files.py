"""Checks that the files of a home are regular, this user's, and still those that were opened."""

import errno
import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import monotonic

from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.errors import StoreMismatch

PRIVATE_FILE = 0o600
READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
"""Does not wait and does not follow links: the path may lead to a pipe or a link."""
STEP_S = 0.05
"""Longer than the steps of file systems' timestamps."""
KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class Identity(NamedTuple):
    """Identifies a file among all files that may ever be at its path."""

    device: int
    inode: int

    @classmethod
    def of(cls, path: Path | str) -> "Identity | None":
        """Return that of the file at a path, or None; a link is not followed."""
        try:
            status = os.lstat(path)
        except OSError:
            return None
        return cls(status.st_dev, status.st_ino)


def irregular_kind(status: os.stat_result) -> str | None:
    """Return what a file is, in words, if it is not a regular one."""
    kind = stat.S_IFMT(status.st_mode)
    return None if kind == stat.S_IFREG else KINDS.get(kind, "something else")


def require_own(path: Path) -> os.stat_result | None:
    """Return the status of the file at a path, None if there is none.

    Raises StoreMismatch for anything but a regular file of this user.
    """
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    if odd_kind := irregular_kind(status):
        raise StoreMismatch(f"{path} is {odd_kind}; a host keeps its data in regular files only")
    if status.st_uid != os.geteuid():
        raise StoreMismatch(
            f"{path} belongs to user {status.st_uid}; give it to this user,"
            " or start the host as that one"
        )
    return status


def listed(folder: Path) -> Sequence[Path]:
    """Return the entries of a folder, in order; none if it is missing or is not a folder."""
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return ()


def size_of(path: Path) -> int:
    """Return the size of a file in bytes; 0 if it is gone."""
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def create_private(path: Path) -> Identity:
    """Create the file if it is missing, and in any case make it private to its owner.

    An existing file is not opened: closing it would release SQLite's locks of this process. Raises
    StoreMismatch for anything but a regular file of this user.
    """
    status = require_own(path)
    if status is None:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(path, flags, PRIVATE_FILE)
        try:
            os.fchmod(descriptor, PRIVATE_FILE)
            status = os.fstat(descriptor)
        finally:
            os.close(descriptor)
    elif stat.S_IMODE(status.st_mode) != PRIVATE_FILE:
        path.chmod(PRIVATE_FILE)
    return Identity(status.st_dev, status.st_ino)


def require_same(path: Path, expected: Identity | None) -> None:
    """Raise StoreMismatch unless the path still has the file that was examined before opening."""
    if Identity.of(path) != expected:
        raise StoreMismatch(f"{path} was replaced while it was opened; start again")


def read_whole(path: Path, bytes_max: int, flags: int = READ) -> bytes:
    """Read a small regular file. Raises OSError, or StoreMismatch for anything else."""
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise StoreMismatch(f"{path} is a symbolic link; only a regular file is read") from None
    try:
        status = os.fstat(descriptor)
        if odd_kind := irregular_kind(status):
            raise StoreMismatch(f"{path} is {odd_kind}; only a regular file is read")
        if status.st_size > bytes_max:
            larger = f"{status.st_size} bytes, which is more than {bytes_max}"
            raise StoreMismatch(f"{path} has {larger}; give the right file")
        return os.read(descriptor, bytes_max)
    finally:
        os.close(descriptor)


class Watch:
    """Checks that the files of a folder are still those that were opened.

    While the folder's own timestamp is unchanged, no file in it was removed or replaced; that takes
    one call. Timestamps of file systems advance in steps of some milliseconds, so a check counts
    only once its step is over.
    """

    def __init__(self, folder: Path | None = None, names: Iterable[str] = ()) -> None:
        self._folder = str(folder.absolute()) if folder else None
        paths = [folder.absolute(), *(folder.absolute() / name for name in names)] if folder else []
        identities = {str(path): Identity.of(path) for path in paths}
        self._opened = {path: identity for path, identity in identities.items() if identity}
        self._written_ns = 0
        self._seen_s = 0.0
        self._is_settled = False

    def fault(self) -> str | None:
        """Return what happened to the first file that is not the opened one; None if all are."""
        if self._folder is None:
            return None
        try:
            written_ns = os.stat(self._folder).st_mtime_ns  # noqa: PTH116  (half the time)
        except OSError:
            written_ns = 0
        if self._is_settled and written_ns == self._written_ns:
            return None
        now_s = monotonic()
        if written_ns != self._written_ns:
            self._written_ns, self._seen_s = written_ns, now_s
        fault = self.any_fault()
        self._is_settled = fault is None and now_s - self._seen_s > STEP_S
        return fault

    def any_fault(self) -> str | None:
        """Check every file, whatever the folder's timestamp says."""
        for path, opened in self._opened.items():
            try:
                status = os.lstat(path)
            except FileNotFoundError:
                return f"{path} was removed while the host ran"
            except OSError as error:
                return f"{path} cannot be read any more: {error.strerror}"
            if (status.st_dev, status.st_ino) != opened:
                return f"{path} was replaced while the host ran"
        return None


def fingerprint(database: Path) -> str:
    """Return a value that changes with every write to a database that nobody has open."""
    parts = []
    for path in (database, database.with_name(database.name + "-wal")):
        try:
            status = path.lstat()
        except FileNotFoundError:
            parts.append("-")
        else:
            parts.append(f"{status.st_size}:{status.st_mtime_ns}")
    return " ".join(parts)
