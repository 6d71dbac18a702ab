"""One host for each home: an advisory lock that ends with its holder's process."""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from threadhost.events.store.errors import HomeLocked, StoreMismatch
from threadhost.events.store.faults import suppress_disk_full
from threadhost.events.store.files import READ, read_whole, require_own
from threadhost.events.store.home import LOCK, prepare_home, require_restored

FILE = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
NOTE_BYTES_MAX = 64 * 1024
COPYING = "a backup that copies it"
"""The holder of a shared lock on the folder; several may share it, and each releases it soon."""
TRIES = 5
TRY_AGAIN_S = 0.01
LOOK_AGAIN_S = 0.1


class HomeLock:
    """An exclusive `flock` on the home, with a note about its holder.

    The folder itself is locked, too: removing the file does not let a second host in.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / LOCK
        self._descriptor: int | None = None
        self._folder: int | None = None
        self.predecessor: int | None = None
        """The process that ended without releasing the home; None if none did, or it is unknown."""

    def acquire(self, owner: dict[str, Any]) -> None:
        """Take the lock and write down the owner.

        Raises HomeLocked, which names the holder, or StoreMismatch if the file is not a regular
        file of this user.
        """
        require_own(self._path)
        try:
            self._folder = self._lock(os.open(self._path.parent, FOLDER), locked=_locked_folder)
            self._descriptor = self._lock(os.open(self._path, FILE, 0o600), locked=_locked)
            pid = read_owner(self._path).get("pid")
            self.predecessor = pid if type(pid) is int and pid > 0 else None
            with suppress_disk_full():  # the lock is held even without the note
                self.note(owner)
        except (OSError, HomeLocked):
            self.release()
            raise

    def note(self, owner: dict[str, Any]) -> None:
        """Replace the note about the holder."""
        if self._descriptor is None:
            return
        text = json.dumps(owner).encode()
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text, 0)

    def release(self) -> None:
        """Release the home; idempotent."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None

    def _lock(self, descriptor: int, locked: Callable[[int], bool]) -> int:
        if locked(descriptor):
            return descriptor
        os.close(descriptor)
        home = self._path.parent
        if locked is _locked_folder and not _is_locked(home, FOLDER):
            raise HomeLocked(str(home), COPYING, is_for_a_moment=True)
        raise HomeLocked(str(home), describe(read_owner(self._path)))


@contextmanager
def locked_home(home: Path) -> Iterator[None]:
    """Keep hosts and other commands out of a home. Raises HomeLocked or another StoreError."""
    lock = HomeLock(home)
    lock.acquire(_owner())
    try:
        yield
    finally:
        lock.release()


@contextmanager
def locked_new_home(home: Path) -> Iterator[None]:
    """Lock a home, which is created if missing; if the block fails, nothing of that is left.

    Raises HomeLocked, another StoreError, or OSError.
    """
    missing = [folder for folder in (home, *home.parents) if not folder.exists()]
    had_lock = os.path.lexists(home / LOCK)
    try:
        with locked_home(prepare_home(home)):
            try:
                yield
            except BaseException:
                if not had_lock:
                    (home / LOCK).unlink(missing_ok=True)
                raise
    except BaseException:
        with suppress(OSError):  # somebody else put a file there
            for folder in missing:
                folder.rmdir()
        raise


async def acquire_home_lock(home: Path) -> HomeLock:
    """Take the lock of a home, which is created if missing; wait while a backup copies the home.

    Raises HomeLocked if a host or another command holds it; StoreMismatch or OSError for a folder
    that cannot be a home, or whose restore is unfinished.
    """
    prepare_home(home)
    lock = HomeLock(home)
    is_waiting = False
    while not _is_acquired(lock):
        from asyncio import sleep

        from threadhost.events.operator_log import HOST_WAITS

        if not is_waiting:
            HOST_WAITS.emit(home=home)
            is_waiting = True
        await sleep(LOOK_AGAIN_S)
    try:
        require_restored(home)
    except StoreMismatch:
        lock.release()
        raise
    return lock


def _owner() -> dict[str, Any]:
    """The note about this process before it listens anywhere."""
    return {"pid": os.getpid(), "listen": []}


def _is_acquired(lock: HomeLock) -> bool:
    """Try to take the lock; False during a backup. Raises HomeLocked or StoreMismatch."""
    try:
        lock.acquire(_owner())
    except HomeLocked as error:
        if not error.is_for_a_moment:
            raise
        return False
    return True


def _locked_folder(descriptor: int) -> bool:
    """Lock a folder; if the file system cannot do that, the lock on the file is enough."""
    try:
        return _locked(descriptor)
    except OSError:
        return True


def _locked(descriptor: int) -> bool:
    """Take the lock, with retries: a process that only tests the lock holds it for a moment."""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(TRY_AGAIN_S)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        return True
    return False


def read_owner(path: Path) -> dict[str, Any]:
    """Return the lock file's note about its holder; empty if there is none."""
    try:
        owner = json.loads(read_whole(path, NOTE_BYTES_MAX) or b"{}")
    except (OSError, ValueError, RecursionError, StoreMismatch):
        return {}
    return owner if isinstance(owner, dict) else {}


def is_held(home: Path) -> bool:
    """Whether a live process holds the home now."""
    return any(_is_locked(path, flags) for path, flags in ((home / LOCK, READ), (home, FOLDER)))


def _is_locked(path: Path, flags: int) -> bool:
    try:
        descriptor = os.open(path, flags)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def describe(owner: dict[str, Any]) -> str:
    """Return the holder in words, for an error."""
    if "pid" not in owner:
        return "another process"
    listen = owner.get("listen")
    addresses = ", ".join(map(str, listen)) if isinstance(listen, list) else ""
    return f"process {owner['pid']}" + (f" (listening on {addresses})" if addresses else "")
