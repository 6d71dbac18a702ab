"""Large sealed payloads as files of their stream, written before the event that names them."""

import os
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from stat import S_ISLNK
from typing import BinaryIO

from threadhost.events.bounds import BYTES_MAX
from threadhost.events.damage import printable
from threadhost.events.failpoints import reach
from threadhost.events.ids import is_stream, thread_stream
from threadhost.events.store.errors import CorruptEvent, StoreMismatch
from threadhost.events.store.faults import shortage
from threadhost.events.store.files import READ, irregular_kind, listed, size_of
from threadhost.events.store.home import PRIVATE, sync_folder

INLINE_BYTES_MAX = 64 * 1024
PAYLOAD_BYTES_MAX = 2 * BYTES_MAX
"""No event of ours is larger; reading a larger file would fill the memory."""
CREATE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW


class Blobs:
    """A folder for each stream; without a root payloads stay in the log (a store in memory)."""

    def __init__(self, root: Path | None) -> None:
        self._root = root

    @property
    def root(self) -> Path | None:
        """The folder of the streams' folders, if large payloads go to files."""
        return self._root

    @property
    def are_kept(self) -> bool:
        """Whether large payloads go to files at all."""
        return self._root is not None

    def write(self, stream: str, digest: bytes, payload: bytes) -> str:
        """Store a payload durably and return its name."""
        folder = self._folder(stream)
        if not folder.is_dir():
            self._make(folder)
        name = digest.hex()
        if len(payload) > PAYLOAD_BYTES_MAX:
            raise ValueError(f"an event of {len(payload)} bytes is larger than any may be")
        within = os.open(folder, FOLDER)
        try:
            descriptor = os.open(name, CREATE, 0o600, dir_fd=within)
            with os.fdopen(descriptor, "wb") as file:
                file.write(payload)
                file.flush()
                os.fsync(descriptor)
            os.fsync(within)
        finally:
            os.close(within)
        reach("blob.written")
        return name

    def read(self, stream: str, name: str, position: int) -> bytes:
        """Return a stored payload. Raises CorruptEvent if it is not there, or OutOfResources."""
        try:
            with open_blob(self._folder(stream).parent, stream, name) as file:
                return file.read()
        except (OSError, LookupError, ValueError, TypeError, StoreMismatch) as error:
            if (scarce := shortage(error)) is not None:
                raise scarce from error
            fault = getattr(error, "strerror", None) or str(error)
            reason = f"its blob {printable(name)} cannot be read: {printable(fault)}"
            raise CorruptEvent(position, reason) from None

    def size(self, stream: str, name: str) -> int:
        """Return the size of a stored payload in bytes; 0 if it is not there."""
        try:
            return self._path(stream, name).lstat().st_size
        except (OSError, LookupError, ValueError):
            return 0

    def sweep(self, known_names: Collection[str]) -> int:
        """Remove files whose names no event of any stream contains; returns how many.

        A name counts whichever stream its event is in, so that a damaged row does not cost its
        blob. Entries other than folders of streams are left alone, for example links to folders.
        """
        if self._root is None or not self._root.is_dir():
            return 0
        removed = 0
        for folder in sorted(self._root.iterdir()):
            if not is_stream_folder(folder):
                continue
            files = [p for p in folder.iterdir() if p.is_symlink() or p.is_file()]
            orphans = [p for p in files if p.name not in known_names]
            for path in orphans:
                path.unlink()
            if orphans:
                sync_folder(folder)
            removed += len(orphans)
        return removed

    def _make(self, folder: Path) -> None:
        for path in (folder.parent, folder):
            path.mkdir(mode=PRIVATE, exist_ok=True)
            sync_folder(path.parent)

    def _path(self, stream: str, name: str) -> Path:
        if not isinstance(name, str) or not isinstance(stream, str) or name != Path(name).name:
            raise ValueError("it is not the name of a file")
        return self._folder(stream) / name

    def _folder(self, stream: str) -> Path:
        if self._root is None:
            raise LookupError("a store in memory has no blobs")
        if not is_name(stream):
            raise ValueError(f"{stream!r} cannot name a folder")
        return self._root / stream


def open_blob(root: Path, stream: str, name: str) -> BinaryIO:
    """Open a blob below a folder of blobs for reading.

    Raises OSError if it is not there, ValueError if the names cannot be those of a file, and
    StoreMismatch if it is not a regular file or is larger than any payload.
    """
    if not all(map(is_name, (stream, name))):
        raise ValueError("it has the name of no file")
    folder = os.open(root / stream, FOLDER)
    try:
        descriptor = os.open(name, READ, dir_fd=folder)
    finally:
        os.close(folder)
    status = os.fstat(descriptor)
    odd_kind = irregular_kind(status)
    if odd_kind is None and status.st_size <= PAYLOAD_BYTES_MAX:
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise StoreMismatch(f"it is {odd_kind}" if odd_kind else f"it has {status.st_size} bytes")


def is_name(text: str) -> bool:
    """Whether this can be the name of something in a folder."""
    return text not in ("", os.pardir) and text == Path(text).name and "\0" not in text


def is_stream_folder(path: Path) -> bool:
    """Whether this is a folder of a stream, not another entry or a link."""
    return is_stream(path.name) and path.is_dir() and not path.is_symlink()


class BlobFiles:
    """The blobs of a thread as files that are deleted with it."""

    def __init__(self, root: Path | None) -> None:
        self._root = root

    def list(self, thread_id: str) -> Sequence[str]:
        """Names of the thread's blobs."""
        folder = self._folder(thread_id)
        if folder is None or folder.is_symlink():
            return ()
        return tuple(entry.name for entry in listed(folder))

    def size(self, thread_id: str) -> int:
        """Return the size of the thread's blobs in bytes."""
        folder = self._folder(thread_id)
        names = self.list(thread_id)
        return sum(size_of(folder / name) for name in names) if folder else 0

    def remove(self, thread_id: str) -> int:
        """Remove the thread's blobs; returns how many. Raises OSError with a whole path."""
        return self.remove_of(thread_stream(thread_id))

    def remove_of(self, stream: str) -> int:
        """Remove the blobs of any stream; returns how many. Raises OSError with a whole path."""
        folder = self._folder_of(stream)
        if folder is None:
            return 0
        try:
            is_link = S_ISLNK(folder.lstat().st_mode)
            names = [] if is_link else list(folder.iterdir())
        except FileNotFoundError:  # the usual case: few threads have large payloads
            return 0
        import shutil  # it imports compressors that a start does not need

        if is_link or not shutil.rmtree.avoids_symlink_attacks:
            raise OSError(f"{folder} is not a folder of this store")
        try:
            shutil.rmtree(folder)
        except OSError as error:
            error.filename = str(folder / str(error.filename or ""))
            raise
        with suppress(OSError):  # the files are gone, so the deletion must go on
            sync_folder(folder.parent)
        return len(names)

    def _folder(self, thread_id: str) -> Path | None:
        return self._folder_of(thread_stream(thread_id))

    def _folder_of(self, stream: str) -> Path | None:
        if self._root is None:
            return None
        if not is_name(stream):
            raise ValueError(f"{stream!r} cannot name a folder")
        return self._root / stream
