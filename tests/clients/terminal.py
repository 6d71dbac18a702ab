"""A program in a terminal of its own: keys go in, the screen that a person would see comes out."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROWS, COLUMNS = 40, 110
WAIT_S = 20
END_S = 5
LOOK_S = 0.2
READ_BYTES = 65536

ENTER, ESCAPE = "\r", "\x1b"
PASTED = "\x1b[200~%s\x1b[201~"
SHOWN_CHARACTERS = 12

CURSOR_QUERY, CURSOR_REPLY = b"\x1b[6n", b"\x1b[%d;%dR"
QUERIES = {  # what a program asks of its terminal, and what a plain one says
    b"\x1b[c": b"\x1b[?62;22c",
    b"\x1b]10;?\x1b\\": b"\x1b]10;rgb:ffff/ffff/ffff\x1b\\",
    b"\x1b]11;?\x1b\\": b"\x1b]11;rgb:0000/0000/0000\x1b\\",
}
# Of these private forms the emulator makes others, which print or colour something.
PRIVATE = re.compile(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?u")


class Terminal:
    """A running program and its screen."""

    def __init__(self, process: subprocess.Popen[bytes], descriptor: int) -> None:
        import pyte

        self.process = process
        self._descriptor = descriptor
        self._screen: Any = pyte.Screen(COLUMNS, ROWS)
        self._stream: Any = pyte.ByteStream(self._screen)

    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self._descriptor, keys.encode())

    def enter(self, text: str) -> None:
        """Paste a text, see it on the screen and press the enter key."""
        self.press(PASTED % text)
        self.until(re.escape(text[-SHOWN_CHARACTERS:]))
        self.press(ENTER)

    def enter_until(self, text: str, wanted: str) -> str:
        """Enter a text; press again while the program shows it still, not ready to take it."""
        self.enter(text)

        def reached() -> object:
            if found := re.search(wanted, self.text()):
                return found
            self.press(ENTER)
            return None

        return self._until(reached, f"/{wanted}/")

    def until(self, wanted: str) -> str:
        """The screen, as soon as this pattern is on it."""
        return self._until(lambda: re.search(wanted, self.text()), f"/{wanted}/")

    def until_gone(self, unwanted: str) -> str:
        """The screen, as soon as this pattern is no longer on it."""
        return self._until(lambda: not re.search(unwanted, self.text()), f"no /{unwanted}/")

    def ended(self) -> int:
        """Wait for the program to end by itself; its exit code."""
        self._until(lambda: not self._read(LOOK_S), "the end", reading=False)
        return self.process.wait(END_S)

    def _until(self, reached: Callable[[], object], what: str, *, reading: bool = True) -> str:
        deadline = time.monotonic() + WAIT_S
        while not reached():
            assert time.monotonic() < deadline, f"{what} does not come:\n{self.text()}"
            ended = reading and not self._read(LOOK_S)
            assert not ended, f"{what} did not come before the end:\n{self.text()}"
        return self.text()

    def _read(self, wait_s: float) -> bool:
        """Take in what comes within this time; false when nothing more will."""
        if not select.select([self._descriptor], [], [], wait_s)[0]:
            return True
        try:
            data = os.read(self._descriptor, READ_BYTES)
        except OSError:  # how Linux says that the other side is closed
            return False
        self._answer(data)
        self._stream.feed(PRIVATE.sub(b"", data))
        return bool(data)

    def _answer(self, data: bytes) -> None:
        for query, reply in QUERIES.items():
            if query in data:
                os.write(self._descriptor, reply)
        if CURSOR_QUERY in data:
            cursor = self._screen.cursor
            os.write(self._descriptor, CURSOR_REPLY % (cursor.y + 1, cursor.x + 1))


@contextmanager
def terminal(command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Iterator[Terminal]:
    """A program in a terminal, ended with the block."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=cwd,
        env={**env, "TERM": "xterm-256color"},
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(END_S)
        os.close(ours)
