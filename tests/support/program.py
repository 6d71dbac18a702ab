"""The `threadhost` program as a test runs it: to its end, or as long as it serves."""

import gc
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any
from unittest.mock import patch

from threadhost.adapters.cli import main

COMMAND = (sys.executable, "-m", "threadhost.adapters.cli.main")
END_S = 25
BANNER = "listening on "
INITIALIZE = {"clientInfo": {"name": "tests", "version": "1"}}


def environment(**extra: str) -> dict[str, str]:
    """This process's environment without what would configure a host."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("THREADHOST_", "OPENAI_"))}
    return {**clean, "NO_COLOR": "1", "COLUMNS": "200", **extra}


def run(*words: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*COMMAND, *words],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=END_S,
        env=environment(**env),
    )


def run_here(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command that neither serves nor reads its input within this process, much quicker."""
    root, ours = logging.getLogger(), logging.getLogger("threadhost")
    handlers, levels, interval = root.handlers, (root.level, ours.level), sys.getswitchinterval()
    with (
        patch.dict(os.environ, environment(**env), clear=True),
        patch("threadhost.adapters.cli.serve.write_no_core_dumps"),  # of this process
        redirect_stdout(io.StringIO()) as out,
        redirect_stderr(io.StringIO()) as err,
    ):
        try:
            code = main.run(words)
        finally:
            gc.enable()
            sys.setswitchinterval(interval)
            root.handlers = handlers
            root.setLevel(levels[0])
            ours.setLevel(levels[1])
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def run_json(*words: str) -> Any:
    """The JSON that a command prints, which has to succeed."""
    done = run(*words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Serving:
    """A host that serves; its standard error is kept."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.errors: list[str] = []
        self._banners: Queue[str] = Queue()
        Thread(target=self._read_errors, daemon=True).start()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.errors.append(line.rstrip())
            if line.startswith(BANNER):
                self._banners.put(line.removeprefix(BANNER).strip())

    def address(self) -> str:
        """Where it says that it listens."""
        return self._banners.get(timeout=END_S)

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer to a request over stdio."""
        self.send({"id": method, "method": method, "params": params})
        assert self.process.stdout is not None
        for line in self.process.stdout:
            message: dict[str, Any] = json.loads(line)
            if message.get("id") == method:
                return message
        raise AssertionError(f"it hung up: {self.errors}")

    def send(self, message: dict[str, Any]) -> None:
        """Send one message over stdio."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def initialize(self) -> None:
        """Do the handshake."""
        assert "result" in self.ask("initialize", **INITIALIZE)

    def end_input(self) -> tuple[int, list[str]]:
        """Close its input; its exit code and what it still said on stdout."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.stdout is not None
        rest = self.process.stdout.read().splitlines()
        return self.process.wait(END_S), rest

    def signal(self, number: int) -> int:
        """Send a signal and wait for the end; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(END_S)


@contextmanager
def serving(
    home: Path, *words: str, command: Sequence[str] = COMMAND, **env: str
) -> Iterator[Serving]:
    """A host on a home, ended with the block."""
    process = subprocess.Popen(
        [*command, "serve", "--home", str(home), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**env),
    )
    with process:
        try:
            yield Serving(process)
        finally:
            process.kill()
