"""The home folder of a host: what its files are called, and that nobody else may look in."""

import errno
import os
import stat
from pathlib import Path

from threadhost.events.store.errors import StoreMismatch

DATABASE = "threadhost.db"
KEYS = "keys.db"
HOST_KEY = "host.key"
NEXT_HOST_KEY = "host.key.next"
"""Takes the place of the host key once all keys are wrapped by it."""
BLOBS = "blobs"
LOCK = "host.lock"
SOCKET = "host.sock"
"""Where programs of the home's user join its host."""
ELECTION = "host.starting"
"""Locked by whoever starts a host for others."""
HOST_LOG = "host.log"
"""What a host writes that has nobody's standard error."""
CONTROL = "app-server-control"
"""The folder of the socket file that is listened on where none is named; codex calls it so."""
CONTROL_SOCKET = f"{CONTROL}/app-server-control.sock"
ROLLOUTS = ("sessions", "archived_sessions")
"""Folders of codex: a home that holds one is a home of codex, too."""
CONFIG = "config.toml"
CONFIGURATION = ".toml"
"""How the names of configuration files end: they may be there before the host is."""
RESTORING = "restoring"
"""What a backup is unpacked into; a crash before it is whole leaves it."""
RESTORED = "restored"
"""The same once it is whole and checked: from here on it only takes the place of what there was."""
PRIVATE = 0o700
PATH_BYTES_MAX = 480
"""Of a home, links followed: a database in it, and what lies beside that, has 504 at most."""
OURS = frozenset(
    (
        *(DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-journal"),
        *(KEYS, f"{KEYS}-journal", HOST_KEY, f"{HOST_KEY}.new", NEXT_HOST_KEY, BLOBS, LOCK),
        *(SOCKET, ELECTION, HOST_LOG),
        *(RESTORING, RESTORED, CONTROL),
        "lost+found",
    )
)
"""What a folder may hold that a host began to use, or that is the root of a volume."""


def prepare_home(path: Path) -> Path:
    """The home folder, made if it is missing, open to its owner only (mode 0700).

    A folder that is there has to be empty or a home already; another is not touched. Raises
    NotADirectoryError for a file or a loose link, StoreMismatch for a folder of somebody else or
    too far from the root, or another OSError.
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
    """What to type to have the log of a home looked at."""
    from shlex import quote

    return f"`threadhost log verify {quote(str(home))}`"


def require_restored(home: Path) -> None:
    """Raise StoreMismatch for a home into which a backup was put back only in part."""
    command = f"`threadhost restore --home {home}`"
    if (home / RESTORED).exists():
        raise StoreMismatch(f"a restore of {home} was interrupted; {command} finishes it")
    if (home / RESTORING).exists():
        raise StoreMismatch(
            f"a restore of {home} was interrupted before it changed anything; restore again, or"
            f" {command} goes back to what was there before"
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
