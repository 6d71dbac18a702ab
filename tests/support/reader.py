"""A reader of a page: types what it shows, in order, in one folder, with the program installed."""

import re
import shlex
import signal
import socket
import subprocess
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Self

import psutil

from tests.support.pages import Block, Typed, fits, typed
from tests.support.wire import Wire, wire_to

BANNER = "listening on "
HOST = re.compile(r"threadhost (serve|daemon run)\b")
FOLLOWS = re.compile(r"threadhost .*--follow\b")
REFUSED = re.compile(r"^threadhost: ", re.MULTILINE)
WAIT_S = 60
PORTS = (4500, 11434)
"""What pages listen at, and where they look for a model; free ones stand in for them."""
KEEP = 'set -a; [ ! -f {0} ] || . {0}\ncd "$PWD"\n'
"""Ahead of a line: what lines before it set, exported, and the folder they went to."""


class Lost(AssertionError):
    """A reader who did as the page says has not got what it says."""


class Background:
    """A program that goes on in a terminal of its own, until ctrl-C."""

    def __init__(self, words: str, folder: Path, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            shlex.split(words, comments=True),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=folder,
            env=env,
        )
        self.said = ""
        self._lines: Queue[str | None] = Queue()
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self._lines.put(line)
        self._lines.put(None)

    def await_line(self, beginning: str) -> str | None:
        """The rest of the first line that begins so; None if it ended before."""
        while True:
            try:
                line = self._lines.get(timeout=WAIT_S)
            except Empty:
                raise Lost(f"nothing like `{beginning}` was said: {self.said}") from None
            if line is None:
                self._lines.put(None)
                return None
            self.said += line
            if line.startswith(beginning):
                return line.removeprefix(beginning).strip()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code."""
        self.process.send_signal(number)
        try:
            return self.process.wait(WAIT_S)
        finally:
            self.process.kill()
            self.process.wait()
            self.await_line("\0")


class Reader:
    """Carries out the blocks of one page, as one session."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder / "reader"
        self._state = folder / "state"
        self._ports = {f":{port}": f":{_free_port()}" for port in PORTS}
        home = folder / "user"
        for made in (self.folder, home):
            made.mkdir()
        self._env = {
            "HOME": str(home),
            "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "NO_COLOR": "1",
            "COLUMNS": "120",
        }
        self._host: Background | None = None
        self._wire: Wire | None = None
        self._wires = ExitStack()
        self._address = ""
        self._said = ""
        """What the last block printed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._stop_host()
        finally:
            for process in psutil.process_iter():
                with suppress(psutil.Error):
                    if process.environ().get("HOME") == self._env["HOME"]:
                        process.kill()

    def read(self, blocks: Iterable[Block]) -> None:
        """Do all of it. Raises Lost where the page and the program differ."""
        for block in blocks:
            try:
                self._do(block._replace(text=self._with_free_ports(block.text)))
            except (AssertionError, OSError, subprocess.SubprocessError) as error:
                raise Lost(f"line {block.line}: {error}") from error

    def _with_free_ports(self, text: str) -> str:
        for port, free in self._ports.items():
            text = text.replace(port, free)
        return text

    def _do(self, block: Block) -> None:
        if block.file is not None:
            (self.folder / block.file).write_text(block.text)
        elif block.language == "console":
            for line in typed(block.text):
                self._type(line)
        elif block.language == "sh":
            self._run(block.text, "")
        elif block.language == "python":
            self._said = self._program(["python", "-"], block.text)
        elif block.language == "output":
            assert fits(block.text, self._said), f"it printed:\n{self._said}"
        elif block.language == "wire":
            self._play(block.text)

    def _type(self, line: Typed) -> None:
        shown = "\n".join(line.shown)
        if line.is_of_others:
            return
        if HOST.match(line.words):
            self._serve(line.words)
        elif FOLLOWS.match(line.words):
            self._follow(line.words)
        else:
            self._run(line.words, shown)

    def _run(self, words: str, shown: str) -> None:
        """A line of the shell; what fails has to be shown as failing."""
        before = KEEP.format(shlex.quote(str(self._state)))
        after = f"\nexport -p > {shlex.quote(str(self._state))}"
        done = self._bash(before + words + after)
        both = {done.stdout, done.stderr + done.stdout, done.stdout + done.stderr}
        said = f"`{words}` printed:\n{done.stdout}{done.stderr}"
        assert (done.returncode == 0) != bool(REFUSED.search(shown)), said
        assert not shown or any(fits(shown, one) for one in both), said
        self._said = done.stdout

    def _bash(self, script: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["/bin/bash", "-e", "-u", "-o", "pipefail", "-c", script],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env=self._env,
            timeout=WAIT_S,
        )

    def _program(self, words: list[str], given: str) -> str:
        done = subprocess.run(
            words,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env=self._env,
            timeout=WAIT_S,
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        return done.stdout

    def _serve(self, words: str) -> None:
        """A host in a terminal of its own, in the place of the one before."""
        self._stop_host()
        self._host = Background(words, self.folder, self._env)
        address = self._host.await_line(BANNER)
        assert address, f"`{words}` ended: {self._host.said}"
        self._address = address

    def _stop_host(self) -> None:
        self._wires.close()
        self._wire = None
        if self._host is not None:
            code, said = self._host.stop(), self._host.said
            self._host = None
            assert code == 0, f"the host ended with {code}: {said}"

    def _follow(self, words: str) -> None:
        """Until the first line, then ctrl-C."""
        program = Background(words, self.folder, self._env)
        said = program.await_line("")
        code = program.stop(signal.SIGINT)
        assert said, f"`{words}` ended: {program.said}"
        assert code in (0, 128 + signal.SIGINT), program.said
        assert "Traceback" not in program.said

    def _play(self, block: str) -> None:
        assert self._address, "no host runs"
        self._wire = self._wire or self._wires.enter_context(wire_to(self._address))
        self._wire.play(block)


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
    return port
