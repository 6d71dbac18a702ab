"""One host a home: an advisory lock that dies with its holder."""

import fcntl
import json
import os
import time
from pathlib import Path
from typing import Any

from threadhost.events.store.errors import HomeLocked

FILE_NAME = "host.lock"
TRIES = 5
TRY_AGAIN_S = 0.01


class HomeLock:
    """An exclusive `flock` on the home, with a note of who holds it."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE_NAME
        self._descriptor: int | None = None

    def acquire(self, owner: dict[str, Any]) -> None:
        """Take the lock and write down the owner. Raises HomeLocked, naming who holds it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _locked(descriptor):
            os.close(descriptor)
            raise HomeLocked(str(self._path.parent), describe(read_owner(self._path)))
        self._descriptor = descriptor
        try:
            self.note(owner)
        except OSError:
            self.release()
            raise

    def note(self, owner: dict[str, Any]) -> None:
        """Replace what is written about the holder."""
        if self._descriptor is None:
            return
        text = json.dumps(owner).encode()
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text, 0)

    def release(self) -> None:
        """Give the home back; idempotent."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


def _locked(descriptor: int) -> bool:
    """Take the lock; somebody who only looks whether it is held lets go of it soon."""
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
    """What the lock file says of its holder; empty if it says nothing."""
    try:
        owner = json.loads(path.read_bytes() or b"{}")
    except (OSError, ValueError):
        return {}
    return owner if isinstance(owner, dict) else {}


def is_held(home: Path) -> bool:
    """Whether a live process holds the home now."""
    try:
        descriptor = os.open(home / FILE_NAME, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def describe(owner: dict[str, Any]) -> str:
    """The holder in words, for an error."""
    if "pid" not in owner:
        return "another process"
    where = ", ".join(owner.get("listen", []))
    return f"process {owner['pid']}" + (f" (listening on {where})" if where else "")
