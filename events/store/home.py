"""The home folder of a host: the names of its files, and its privacy."""

import errno
import os
import stat
from pathlib import Path

from threadhost.events.store.errors import StoreMismatch

DATABASE = "threadhost.db"
KEYS = "keys.db"
HOST_KEY = "host.key"
NEXT_HOST_KEY = "host.key.next"
"""Replaces the host key once it wraps all keys."""
BLOBS = "blobs"
LOCK = "host.lock"
SOCKET = "host.sock"
"""The socket by which programs of the home's user connect to its host."""
ELECTION = "host.starting"
"""The lock file of a process that starts a host for others."""
HOST_LOG = "host.log"
"""The log of a host whose standard error nobody reads."""
CONTROL = "app-server-control"
"""The folder of the default socket file; the name is codex's."""
CONTROL_SOCKET = f"{CONTROL}/app-server-control.sock"
ROLLOUTS = ("sessions", "archived_sessions")
"""Folders of codex: a home that has one is also a home of codex."""
CONFIG = "config.toml"
CONFIGURATION = ".toml"
"""The suffix of configuration files, which may be there before the host is."""
RESTORING = "restoring"
"""A backup is unpacked here; a crash before it is complete leaves the folder behind."""
RESTORED = "restored"
"""The unpacked backup once it is complete and checked; only moving its files is left to do."""
PRIVATE = 0o700
PATH_BYTES_MAX = 480
"""Of a home, links resolved: the database and the files beside it then have paths of up to 504
bytes."""
LOST_FOUND = "lost+found"
"""What a volume's root has."""
OURS = frozenset(
    (
        *(DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-journal"),
        *(KEYS, f"{KEYS}-journal", HOST_KEY, f"{HOST_KEY}.new", NEXT_HOST_KEY, BLOBS, LOCK),
        *(SOCKET, ELECTION, HOST_LOG),
        *(RESTORING, RESTORED, CONTROL),
        LOST_FOUND,
    )
)
"""What a home may contain besides configuration files."""


def prepare_home(path: Path) -> Path:
    """Return the home folder, created if it is missing, open to its owner only (mode 0700).

    An existing folder has to be empty or a home; any other is left alone. Raises NotADirectoryError
    for a file or a broken link, StoreMismatch for a folder of another user or a path that is too
    long, or another OSError.
    """
    if (size := len(os.fsencode(os.path.realpath(path)))) > PATH_BYTES_MAX:
        raise StoreMismatch(
            f"the path of a home has {PATH_BYTES_MAX} bytes at most, which is what SQLite takes,"
            f" and {path} has {size}; give a shorter --home"
        )
    if os.path.lexists(path) and not path.is_dir():
        kind = "a file" if path.exists() else "a link that leads nowhere"
        raise NotADirectoryError(errno.ENOTDIR, f"is {kind}; a home is a folder", str(path))
    if path.is_dir():
        _require_home(path)
    for missing in reversed([folder for folder in (path, *path.parents) if not folder.exists()]):
        missing.mkdir(mode=PRIVATE, exist_ok=True)
    if stat.S_IMODE(path.stat().st_mode) != PRIVATE:
        path.chmod(PRIVATE)
    sync_folder(path.parent)
    return path


def verify_command(home: Path) -> str:
    """Return the command that checks the log of a home."""
    from shlex import quote

    return f"`threadhost log verify {quote(str(home))}`"


def require_restored(home: Path) -> None:
    """Raise StoreMismatch for a home with an unfinished restore."""
    command = f"`threadhost restore --home {home}`"
    if (home / RESTORED).exists():
        raise StoreMismatch(f"a restore of {home} was interrupted; {command} finishes it")
    if (home / RESTORING).exists():
        raise StoreMismatch(
            f"a restore of {home} was interrupted before it changed anything; restore again,"
            f" or {command} restores the earlier state"
        )


def _require_home(path: Path) -> None:
    owner = path.stat().st_uid
    if owner != os.geteuid():
        raise StoreMismatch(f"{path} belongs to user {owner}; give another --home")
    names = {entry.name for entry in path.iterdir()}
    strange = sorted(name for name in names - OURS if not name.endswith(CONFIGURATION))
    if strange and DATABASE not in names and names.isdisjoint(ROLLOUTS):
        more = f" and {len(strange) - 1} more" if len(strange) > 1 else ""
        raise StoreMismatch(
            f"{path} is neither empty nor a home: it holds {strange[0]}{more};"
            " give an empty folder, or one that is not there yet, as --home"
        )


def sync_folder(path: Path) -> None:
    """Make names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
