"""A program of its own: starts a server, and ends it with all that it started, as the host does.

The host holds the other end of `control`. However the host ends, the kernel closes that end, and
this program hears of it. It is run by path, in an interpreter without this package.
"""

import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

NOT_RUN = 127
"""The exit code of a program that could not be started."""
OF_SIGNALS = 128
GRACE_S = 0.5
"""From the request to end to the end."""
LOOK_S = 0.01
SET_PDEATHSIG = 1
SET_CHILD_SUBREAPER = 36
ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Whoever sends one of them to this program means the server, and all that it started."""


def main(control: int, command: list[str]) -> int:
    """Run the command until it ends or the host is gone; its exit code."""
    _prctl(SET_CHILD_SUBREAPER, 1)  # what a server abandons becomes a child of this program
    wakes, woken = os.pipe()
    for end in (wakes, woken):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, *ENDS):
        signal.signal(number, lambda *_: None)  # whatever comes wakes it; a program gets it afresh
    server = _start(command, control)
    _let_go_of_streams()
    code = _wait(server, control, wakes)
    if code is None:
        with suppress(ProcessLookupError):
            os.killpg(server, signal.SIGTERM)
        until = time.monotonic() + GRACE_S
        while code is None and time.monotonic() < until:
            select.select([wakes], [], [], LOOK_S)
            code = _ended(server)
    return _end_all(server, code)


def _start(command: list[str], control: int) -> int:
    guard = os.getpid()
    server = os.fork()
    if server:
        return server
    try:
        os.setsid()
        os.close(control)
        _prctl(SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == guard:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.execvp(command[0], command)  # noqa: S606 - the owner of the file chose it
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode(errors="replace"))
    os._exit(NOT_RUN)


def _let_go_of_streams() -> None:
    """The server alone holds what it reads and writes: their ends are its end."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nothing, descriptor)


def _wait(server: int, control: int, wakes: int) -> int | None:
    """The exit code of the server; None if the host or anybody wants its end, or it is gone."""
    while (code := _ended(server)) is None:
        ready, _, _ = select.select([control, wakes], [], [])
        if control in ready and not os.read(control, 1):
            return None
        with suppress(BlockingIOError):
            if not set(ENDS).isdisjoint(os.read(wakes, 4096)):
                return None
    return code


def _ended(server: int) -> int | None:
    """Reap what has ended; the exit code of the server if that is among it."""
    code = None
    with suppress(ChildProcessError):
        for ended, status in _reaped():
            if ended == server:
                code = os.waitstatus_to_exitcode(status)
    return code


def _reaped() -> Iterator[tuple[int, int]]:
    """What has ended by now. Raises ChildProcessError once nothing is left that could."""
    while (ended := os.waitpid(-1, os.WNOHANG))[0]:
        yield ended


def _end_all(server: int, code: int | None) -> int:
    """End the server's group and all that comes down from this program, and reap it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(server, signal.SIGKILL)
    with suppress(ChildProcessError):
        while True:
            for process in tuple(below(os.getpid())):  # what is killed has no children any more
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(process, signal.SIGKILL)
            for ended, status in _reaped():  # all of them: a look at everything costs more
                if ended == server:
                    code = os.waitstatus_to_exitcode(status)
            time.sleep(LOOK_S)
    code = code or 0
    return code if code >= 0 else OF_SIGNALS - code


def below(process: int) -> Iterator[int]:
    """All processes that come down from one, however deep."""
    waiting = [process]
    while waiting:
        children = children_of(waiting.pop())
        yield from children
        waiting += children


def children_of(process: int) -> list[int]:
    """Those of one process, where the system says which."""
    try:
        listed = Path(f"/proc/{process}/task/{process}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in listed.split()]


def _prctl(option: int, value: int) -> None:
    """Linux alone has it; elsewhere the group of the server ends, and what left it does not."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    os._exit(main(int(sys.argv[1]), sys.argv[2:]))
