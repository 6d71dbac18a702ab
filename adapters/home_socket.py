"""The private socket of a home: which home words mean, how its owner takes it, how others reach it.

Clients that join import this to be there at once, so that it needs nothing that is written in
Python: `socket` alone would take a third of such a start.
"""

import errno
import os
import stat
import sys
from _socket import AF_UNIX, SOCK_STREAM, SOL_SOCKET, socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeVar

    T = TypeVar("T")

SOCKET = "host.sock"
DEFAULT_HOME = "~/.threadhost"
PATH_BYTES_MAX = 103
"""What every system takes as the path of a socket; Linux takes four more."""
DESCRIPTORS = "/proc/self/fd"
"""Where a folder that is open has a short path; not on all systems."""
BACKLOG = 1024
MODE = 0o600
ALONE = frozenset(("-h", "--help", "--print-startup-config"))
"""Words after which nobody is served."""
ACTIVATED = "LISTEN_PID"
"""Whose sockets a service manager opened."""
SO_PEERCRED, LOCAL_PEERCRED = 17, 1
"""Of Linux, and of macOS."""
_WHERE = {
    "--home": "THREADHOST_HOME",
    "--listen": "THREADHOST_LISTEN",
    "--store": "THREADHOST_STORE",
}


class UntrustedSocket(OSError):
    """What is in the place of the socket is none, or somebody else's; the message says which."""


def home_meant(words: "Sequence[str]", env: "Mapping[str, str]") -> str | None:
    """The home of a host that words want at standard input and output alone; else None.

    It reads only what it needs: whether all of it makes sense is for who is joined to say.
    """
    by_flag = {flag: env.get(variable, "").split() for flag, variable in _WHERE.items()}
    by_flag["--home"] = [env.get(_WHERE["--home"]) or DEFAULT_HOME]
    from_words: dict[str, list[str]] = {}
    remaining = iter(words)
    for word in remaining:
        flag, equals, value = word.partition("=")
        if word in ALONE:
            return None
        if flag in _WHERE:
            from_words.setdefault(flag, []).append(value if equals else next(remaining, ""))
    by_flag.update(from_words)
    if env.get(ACTIVATED) == str(os.getpid()):
        return None
    if "memory" in by_flag["--store"] or set(by_flag["--listen"]) - {"stdio://"}:
        return None
    home = os.path.expanduser(by_flag["--home"][-1])  # noqa: PTH111
    if home.startswith("/"):
        return home
    try:
        return os.path.join(os.getcwd(), home) if home else None  # noqa: PTH109, PTH118
    except OSError:
        return None


def working_folder() -> str:
    """The folder of this process, `/` where that was deleted."""
    try:
        return os.getcwd()  # noqa: PTH109
    except OSError:
        return "/"


def is_there(home: str) -> bool:
    """Whether a host took the socket, be it one that died since."""
    return _mode(f"{home}/{SOCKET}") is not None


def bind(home: str) -> socket:
    """Listen at the socket of a home, for whoever holds its lock: an older one is of nobody.

    Raises UntrustedSocket where something else is in its place, or another OSError.
    """
    path = f"{home}/{SOCKET}"
    if (mode := _mode(path)) is not None:
        if not stat.S_ISSOCK(mode):
            raise UntrustedSocket(errno.EEXIST, f"{path} is no socket; remove it")
        os.unlink(path)  # noqa: PTH108
    listening = socket(AF_UNIX, SOCK_STREAM)
    try:
        _at_short_path(home, listening.bind)
        os.chmod(path, MODE)  # noqa: PTH101  (nobody can connect before it listens)
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening


def connect(home: str) -> socket | None:
    """A connection to the host that owns a home; None if nobody listens there.

    It may be that nobody answers yet: the host is starting, or is going. Raises UntrustedSocket
    for what is no socket of this user, or another OSError.
    """
    path = f"{home}/{SOCKET}"
    mode = _mode(path)
    if mode is None:
        return None
    if not stat.S_ISSOCK(mode):
        raise UntrustedSocket(errno.EEXIST, f"{path} is no socket; remove it")
    joining = socket(AF_UNIX, SOCK_STREAM)
    try:
        _at_short_path(home, joining.connect)
        user = peer_uid(joining)
    except (ConnectionRefusedError, FileNotFoundError):
        joining.close()
        return None
    except OSError:
        joining.close()
        raise
    if user != os.geteuid():
        joining.close()
        raise UntrustedSocket(errno.EPERM, f"{path} is of user {user}; give another --home")
    return joining


def peer_uid(end: socket) -> int:
    """The number of the user at the other end of a socket file, as the kernel knows it."""
    level, option = (SOL_SOCKET, SO_PEERCRED) if sys.platform == "linux" else (0, LOCAL_PEERCRED)
    return int.from_bytes(end.getsockopt(level, option, 12)[4:8], sys.byteorder)


def peer_pid(end: socket) -> str:
    """The number of the process at the other end, where the kernel tells."""
    if sys.platform != "linux":
        return ""
    return str(int.from_bytes(end.getsockopt(SOL_SOCKET, SO_PEERCRED, 12)[:4], sys.byteorder))


def _mode(path: str) -> int | None:
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def _at_short_path(home: str, use: "Callable[[str], T]") -> "T":
    """Call with a path of the socket that the system takes, however long that of the home is."""
    if len(os.fsencode(f"{home}/{SOCKET}")) <= PATH_BYTES_MAX:
        return use(f"{home}/{SOCKET}")
    folder = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if os.path.isdir(f"{DESCRIPTORS}/{folder}"):  # noqa: PTH112
            return use(f"{DESCRIPTORS}/{folder}/{SOCKET}")
    finally:
        os.close(folder)
    return _through_link(home, use)


def _through_link(home: str, use: "Callable[[str], T]") -> "T":
    """The same by a link in a folder of this user's, where no descriptor has a path."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="th-") as folder:
        os.symlink(home, f"{folder}/h")  # noqa: PTH211
        return use(f"{folder}/h/{SOCKET}")
