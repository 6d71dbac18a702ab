"""Large sealed payloads as files of their stream, written before the event that names them."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from threadhost.events.failpoints import reach
from threadhost.events.ids import thread_stream
from threadhost.events.store.errors import CorruptEvent
from threadhost.events.store.keys import sync_folder

INLINE_BYTES_MAX = 64 * 1024


class Blobs:
    """A folder for each stream; without a root everything stays in the log (a store in memory)."""

    def __init__(self, root: Path | None) -> None:
        self._root = root

    def wants(self, payload: bytes) -> bool:
        """Whether this payload is better off in a file."""
        return self._root is not None and len(payload) > INLINE_BYTES_MAX

    def write(self, stream: str, digest: bytes, payload: bytes) -> str:
        """Store a payload durably and return its name."""
        folder = self._folder(stream)
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(folder.parent)
        name = digest.hex()
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(folder / name, flags, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(payload)
            file.flush()
            os.fsync(descriptor)
        sync_folder(folder)
        reach("blob.written")
        return name

    def read(self, stream: str, name: str, position: int) -> bytes:
        """A stored payload. Raises CorruptEvent if it is not there."""
        try:
            return (self._folder(stream) / name).read_bytes()
        except OSError as error:
            reason = f"its blob cannot be read: {error.strerror}"
            raise CorruptEvent(position, reason) from None

    def _folder(self, stream: str) -> Path:
        if self._root is None:
            raise LookupError("a store in memory has no blobs")
        return self._root / stream


class BlobFiles:
    """The blobs of a thread as files that go with it (the ThreadFiles port)."""

    def __init__(self, root: Path | None) -> None:
        self._root = root

    def list(self, thread_id: str) -> Sequence[str]:
        """Names of the thread's blobs."""
        folder = self._folder(thread_id)
        if folder is None or not folder.is_dir():
            return ()
        return sorted(entry.name for entry in folder.iterdir())

    def remove(self, thread_id: str) -> int:
        """Remove the thread's blobs durably; returns how many. Raises OSError."""
        folder = self._folder(thread_id)
        if folder is None:
            return 0
        try:
            names = os.listdir(folder)
        except FileNotFoundError:
            return 0
        if folder.is_symlink() or not shutil.rmtree.avoids_symlink_attacks:
            raise OSError(f"{folder} is not a folder of this store")
        shutil.rmtree(folder)
        sync_folder(folder.parent)
        return len(names)

    def _folder(self, thread_id: str) -> Path | None:
        return None if self._root is None else self._root / thread_stream(thread_id)
