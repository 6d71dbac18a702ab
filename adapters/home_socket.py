"""The private socket of a home: which home is meant, how its owner binds it, how others connect.

Joining clients import this module at once, so it uses nothing that is written in Python: importing
`socket` alone would take a third of such a start.
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
"""The longest socket path that every system takes; Linux takes four bytes more."""
DESCRIPTORS = "/proc/self/fd"
"""Gives open folders a short path; not on all systems."""
BACKLOG = 1024
MODE = 0o600
ALONE = frozenset(("-h", "--help", "--print-startup-config"))
"""Options with which no client is served."""
ACTIVATED = "LISTEN_PID"
"""The process for which a service manager opened sockets."""
SO_PEERCRED, LOCAL_PEERCRED = 17, 1
"""The values on Linux, and on macOS."""
_WHERE = {
    "--home": "THREADHOST_HOME",
    "--listen": "THREADHOST_LISTEN",
    "--store": "THREADHOST_STORE",
}


class UntrustedSocket(OSError):
    """The path of the socket holds no socket, or one of another user; the message says which."""


def home_of_stdio_host(words: "Sequence[str]", env: "Mapping[str, str]") -> str | None:
    """The home, if these options ask for a host on standard input and output alone; else None.

    It reads only the options that it needs; the joined host validates the rest.
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
    """The working folder of this process, `/` if it was deleted."""
    try:
        return os.getcwd()  # noqa: PTH109
    except OSError:
        return "/"


def is_there(home: str) -> bool:
    """Whether a socket file is there; its host may have died since."""
    return _mode(f"{home}/{SOCKET}") is not None


def bind(home: str) -> socket:
    """Listen at a home's socket, for the holder of its lock; replaces a dead host's socket."""
    path = f"{home}/{SOCKET}"
    if (mode := _mode(path)) is not None:
        if not stat.S_ISSOCK(mode):
            raise UntrustedSocket(errno.EEXIST, f"{path} is not a socket; remove it")
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
    """A connection to the host that owns a home; None if no host listens there.

    A host that is starting or stopping may not answer yet, or not any more. Raises UntrustedSocket
    for what is no socket of this user, or another OSError.
    """
    path = f"{home}/{SOCKET}"
    mode = _mode(path)
    if mode is None:
        return None
    if not stat.S_ISSOCK(mode):
        raise UntrustedSocket(errno.EEXIST, f"{path} is not a socket; remove it")
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
        raise UntrustedSocket(errno.EPERM, f"{path} belongs to user {user}; give another --home")
    return joining


def peer_uid(end: socket) -> int:
    """The user id at the other end of a socket file, from the kernel."""
    level, option = (SOL_SOCKET, SO_PEERCRED) if sys.platform == "linux" else (0, LOCAL_PEERCRED)
    return int.from_bytes(end.getsockopt(level, option, 12)[4:8], sys.byteorder)


def peer_pid(end: socket) -> str:
    """The process id at the other end, where the kernel reports it."""
    if sys.platform != "linux":
        return ""
    return str(int.from_bytes(end.getsockopt(SOL_SOCKET, SO_PEERCRED, 12)[:4], sys.byteorder))


def _mode(path: str) -> int | None:
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def _at_short_path(home: str, use: "Callable[[str], T]") -> "T":
    """Call with a path of the socket that the system takes, however long the home's path is."""
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
    """The same through a link in a folder of this user, where descriptors have no path."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="th-") as folder:
        os.symlink(home, f"{folder}/h")  # noqa: PTH211
        return use(f"{folder}/h/{SOCKET}")
