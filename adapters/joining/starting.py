"""Starting a host that outlives the client it is started for: by one of those who want it."""

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
"""As events/store/home.py calls them, which takes longer to import than a client may wait."""
ELECTION_S = 30
"""How long another that starts a host is waited for, who may not be one of ours."""
PAUSE_MIN_S, PAUSE_MAX_S = 0.05, 0.2
"""Between two looks, each twice as long as the one before: a crowd's looks slow down the start."""
OWNED = 75
"""The exit code of `daemon run` where another owns the home: try again, as sysexits.h has it."""
SERVICE_VARIABLES = ("NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES")
"""What a service manager tells a process, and not those it starts."""


class NotStarted(Exception):
    """No host could be started; the message is what it said of it."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def start(home: str, words: "Sequence[str]", env: "Mapping[str, str]", cwd: str) -> str:
    """Have a host on a home, in a session of its own; what it said that is worth to be known.

    Whoever wants one waits here for the one that starts it, and then finds it there. Raises
    NotStarted.
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
    """What is locked meanwhile: of a home that no host has used yet, the folder it is in."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    path = f"{home}/{ELECTION}"
    if not os.path.exists(f"{home}/{LOCK}"):  # noqa: PTH110
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        path = os.path.dirname(home)  # noqa: PTH120  (the home's own is for the host to lock)
        while not os.path.isdir(path) and path != os.path.dirname(path):  # noqa: PTH112, PTH120
            path = os.path.dirname(path)  # noqa: PTH120
    try:
        return os.open(path, flags, 0o600)
    except OSError:
        return None  # the lock of the home decides


def _be_elected(election: int, home: str) -> None:
    """Wait until no other starts a host, until there is one, or for long enough.

    Anybody can lock a folder that he can read.
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
    """The process that listens for who joins, empty where the system does not tell; else None."""
    host = connect(home)
    if host is None:
        return None
    process = peer_pid(host)
    host.close()
    return process


def _start_process(home: str, words: "Sequence[str]", env: "Mapping[str, str]", cwd: str) -> str:
    from subprocess import DEVNULL, PIPE, Popen

    log = f"{home}/{HOST_LOG}"
    # Without -P a file of the client's folder could stand in for one of ours.
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
        # It ends when the host serves, which from then on writes into its log, or is gone.
        output = process.stderr.read().decode(errors="replace")
    owner = _owner(home)
    if owner is not None:
        if process.poll() is not None or owner not in ("", str(process.pid)):
            return ""  # another was quicker
        process.returncode = 0  # it is nobody's child from now on
        return output
    raise NotStarted(output.strip() or "the host ended at its start", process.wait())


def environment_of(env: "Mapping[str, str]", ours: "Mapping[str, str]") -> dict[str, str]:
    """An environment in which a host is configured as another was."""
    inherited = {
        name: value
        for name, value in env.items()
        if not name.startswith(OURS) and name not in SERVICE_VARIABLES
    }
    return {**inherited, **ours}
