"""Starts a host that outlives its client: one of the clients that want it starts it."""

import fcntl
import os
import sys
from time import monotonic, sleep

from threadhost.adapters.home_socket import connect, peer_pid
from threadhost.adapters.joining.handshake import OURS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LOCK, ELECTION, HOST_LOG = "host.lock", "host.starting", "host.log"
"""Repeated from events/store/home.py, whose import would delay a client too long."""
ELECTION_S = 30
"""How long another process that starts a host is awaited; it may be a foreign one."""
PAUSE_MIN_S, PAUSE_MAX_S = 0.05, 0.2
"""The pause between two looks, doubled each time: many looks would slow down the start."""
OWNED = 75
"""The exit code of `daemon run` if another host owns the home: EX_TEMPFAIL of sysexits.h."""
SEE_LOG = f"see {HOST_LOG} there; if it gives no reason, the log of the system may"
"""Where an operator finds why a host ended: a killed one wrote no reason."""
SERVICE_VARIABLES = ("NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES")
"""Variables that a service manager sets for one process, and not for its children."""


class NotStarted(Exception):
    """No host could be started; the message is what it printed."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def start(home: str, words: "Sequence[str]", env: "Mapping[str, str]", cwd: str) -> str:
    """Start a host on a home, in a session of its own; returns its warnings.

    Concurrent callers wait for the one that starts it, and then find it running. Raises NotStarted.
    """
    election = _election(home)
    try:
        if election is not None:
            _be_elected(election, home)
            if _owner(home) is not None:
                return ""
        return _start_process(home, words, env, cwd)
    finally:
        if election is not None:
            os.close(election)


def _election(home: str) -> int | None:
    """The lock during the start: of a home that does not exist yet, its parent folder."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    path = f"{home}/{ELECTION}"
    if not os.path.exists(f"{home}/{LOCK}"):  # noqa: PTH110
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        path = os.path.dirname(home)  # noqa: PTH120  (the host locks the home itself)
        while not os.path.isdir(path) and path != os.path.dirname(path):  # noqa: PTH112, PTH120
            path = os.path.dirname(path)  # noqa: PTH120
    try:
        return os.open(path, flags, 0o600)
    except OSError:
        return None  # the lock of the home decides


def _be_elected(election: int, home: str) -> None:
    """Wait until no other process starts a host, until a host runs, or until the time is up.

    Any user who can read a folder can lock it.
    """
    until_s, pause_s = monotonic() + ELECTION_S, PAUSE_MIN_S
    while monotonic() < until_s:
        try:
            fcntl.flock(election, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if _owner(home) is not None:
                return
            sleep(pause_s)
            pause_s = min(2 * pause_s, PAUSE_MAX_S)
        else:
            return


def _owner(home: str) -> str | None:
    """The process that accepts joining clients, "" if its id is unknown; None without one."""
    host = connect(home)
    if host is None:
        return None
    process = peer_pid(host)
    host.close()
    return process


def _start_process(home: str, words: "Sequence[str]", env: "Mapping[str, str]", cwd: str) -> str:
    from subprocess import DEVNULL, PIPE, Popen

    log = f"{home}/{HOST_LOG}"
    # Without -P a file in the client's folder could replace a module.
    program = (sys.executable, "-P", "-m", "threadhost.adapters.cli.main", "daemon", "run")
    process = Popen(  # noqa: S603
        [*program, *words, "--home", home, "--log-file", log],
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
        cwd=cwd if os.path.isdir(cwd) else "/",  # noqa: PTH112
        env=dict(env),
        start_new_session=True,
    )
    assert process.stderr is not None  # noqa: S101
    with process.stderr:
        # The pipe ends when the host serves, as it then writes into its log, or when it is gone.
        output = process.stderr.read().decode(errors="replace")
    owner = _owner(home)
    if owner is not None:
        if process.poll() is not None or owner not in ("", str(process.pid)):
            return ""  # another process was quicker
        process.returncode = 0  # the process is detached from now on
        return output
    raise NotStarted(output.strip() or "the host ended at its start", process.wait())


def environment_of(env: "Mapping[str, str]", ours: "Mapping[str, str]") -> dict[str, str]:
    """An environment that configures a host as another one was."""
    inherited = {
        name: value
        for name, value in env.items()
        if not name.startswith(OURS) and name not in SERVICE_VARIABLES
    }
    return {**inherited, **ours}
