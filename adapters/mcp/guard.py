"""A program of its own: starts a server, and ends it and its processes when the host ends.

The host holds the other end of `control`. However the host ends, the kernel closes that end, and
this program notices. It is run by path, in an interpreter without this package.
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
"""The exit code if the program cannot be started."""
OF_SIGNALS = 128
GRACE_S = 0.5
"""The time between SIGTERM and SIGKILL."""
LOOK_S = 0.01
SET_PDEATHSIG = 1
SET_CHILD_SUBREAPER = 36
ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Signals to this program that end the server and all processes that it started."""


def main(control: int, command: list[str]) -> int:
    """Run the command until it ends or the host is gone; returns its exit code."""
    _prctl(SET_CHILD_SUBREAPER, 1)  # orphans of the server become children of this program
    wakes, woken = os.pipe()
    for end in (wakes, woken):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, *ENDS):
        signal.signal(number, lambda *_: None)  # any of them wakes the loop; exec resets them
    server = _start(command, control)
    _close_streams()
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


def _close_streams() -> None:
    """Close the standard streams here: the server alone holds them, so they end with it."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nothing, descriptor)


def _wait(server: int, control: int, wakes: int) -> int | None:
    """The exit code of the server; None if the host is gone, or a signal asks for the end."""
    while (code := _ended(server)) is None:
        ready, _, _ = select.select([control, wakes], [], [])
        if control in ready and not os.read(control, 1):
            return None
        with suppress(BlockingIOError):
            if not set(ENDS).isdisjoint(os.read(wakes, 4096)):
                return None
    return code


def _ended(server: int) -> int | None:
    """Reap ended processes; returns the exit code of the server if it is among them."""
    code = None
    with suppress(ChildProcessError):
        for ended, status in _reaped():
            if ended == server:
                code = os.waitstatus_to_exitcode(status)
    return code


def _reaped() -> Iterator[tuple[int, int]]:
    """The processes that ended. Raises ChildProcessError if there are no children at all."""
    while (ended := os.waitpid(-1, os.WNOHANG))[0]:
        yield ended


def _end_all(server: int, code: int | None) -> int:
    """Kill the server's group and all descendants of this program, and reap them."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(server, signal.SIGKILL)
    with suppress(ChildProcessError):
        while True:
            for process in tuple(below(os.getpid())):  # a killed process has no children any more
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(process, signal.SIGKILL)
            for ended, status in _reaped():  # all at once: each scan of the processes costs more
                if ended == server:
                    code = os.waitstatus_to_exitcode(status)
            time.sleep(LOOK_S)
    code = code or 0
    return code if code >= 0 else OF_SIGNALS - code


def below(process: int) -> Iterator[int]:
    """All descendants of a process."""
    waiting = [process]
    while waiting:
        children = children_of(waiting.pop())
        yield from children
        waiting += children


def children_of(process: int) -> list[int]:
    """The children of a process, where the system lists them."""
    try:
        listed = Path(f"/proc/{process}/task/{process}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in listed.split()]


def _prctl(option: int, value: int) -> None:
    """Linux only; elsewhere the server's group ends, but not processes that left it."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    os._exit(main(int(sys.argv[1]), sys.argv[2:]))
