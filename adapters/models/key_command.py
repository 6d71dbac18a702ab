"""A key that a program prints: runs it in a worker thread, within limits, and caches the key."""

import asyncio
import os
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress

from pydantic import SecretStr

from threadhost.actors.models import ModelFailed
from threadhost.adapters.models.provider import KeyCommand, usable_key
from threadhost.adapters.visible import shown_command

OUTPUT_BYTES_MAX = 64 * 1024
LOOK_S = 0.05
"""The delay until the end of a program is noticed if another process keeps its output open."""
KEYS_REMEMBERED = 4


class NoKey(Exception):
    """The program gave no key; the message says how it failed, and nothing of its output."""


class Run:
    """One run of the program; `read` blocks, so call it on a worker thread."""

    def __init__(self, command: KeyCommand) -> None:
        self._command = command
        self._child: subprocess.Popen[bytes] | None = None
        self._is_over = False

    def read(self) -> SecretStr:
        """The key that the program prints; raises NoKey."""
        try:
            return self._read()
        except OSError as error:
            raise NoKey(f"cannot be run: {error.strerror or error}") from None

    def _read(self) -> SecretStr:
        try:
            self._child = self._start()
        except ValueError:
            raise NoKey("cannot be run: it holds a NUL character") from None
        with self._child as child:
            try:
                return _key_in(self._output(child))
            finally:
                self.stop()

    def stop(self) -> None:
        """End the program and all that it started; idempotent, any thread."""
        self._is_over = True
        child = self._child
        if child is not None and child.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)

    def _start(self) -> "subprocess.Popen[bytes]":
        # Its stderr is not read: it may hold the key.
        return subprocess.Popen(  # noqa: S603 - the owner of the configuration file chose it
            [self._command.command, *self._command.args],
            cwd=self._command.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _output(self, child: "subprocess.Popen[bytes]") -> bytes:
        timeout_ms = self._command.timeout_ms
        until = time.monotonic() + timeout_ms / 1000
        output = b"".join(self._pieces(child, until))
        if self._is_over:
            raise NoKey("was stopped")
        try:
            code = child.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise NoKey(f"did not end within {timeout_ms} ms (timeout_ms)") from None
        if code:
            raise NoKey(f"failed: {_ending(code)}")
        return output

    def _pieces(self, child: "subprocess.Popen[bytes]", until: float) -> Iterator[bytes]:
        """The output until it ends, the program ends, or time is up."""
        remaining_bytes, source = OUTPUT_BYTES_MAX, _output_of(child)
        with selectors.DefaultSelector() as selector:
            selector.register(source, selectors.EVENT_READ)
            while time.monotonic() < until and not self._is_over:
                is_over = child.poll() is not None
                if selector.select(0 if is_over else LOOK_S):
                    piece = os.read(source, remaining_bytes + 1)
                    remaining_bytes -= len(piece)
                    if remaining_bytes < 0:
                        raise NoKey(f"printed more than {OUTPUT_BYTES_MAX} bytes")
                    if not piece:
                        return
                    yield piece
                elif is_over:
                    return


class PrintedKey:
    """The key of one provider; concurrent callers share one run of the program."""

    def __init__(self, provider: str, command: KeyCommand) -> None:
        self._name = provider
        self._command = command
        self._key: SecretStr | None = None
        self._printed_at = 0.0
        self._sent: deque[str] = deque(maxlen=KEYS_REMEMBERED)
        self._running: asyncio.Task[SecretStr] | None = None
        self._run: Run | None = None

    async def current(self) -> SecretStr:
        """The key to send; raises ModelFailed."""
        if self._key is not None and not self._is_old():
            return self._key
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._printed())
            self._running.add_done_callback(self._on_done)
        try:
            return await asyncio.shield(self._running)
        except NoKey as error:
            command = shown_command(self._command.command)
            words = f"the key command `{command}` of model provider `{self._name}` {error}"
            raise ModelFailed(words, "unauthorized") from None

    def refuse(self, key: SecretStr | None) -> bool:
        """The provider refused this key: the program will run again."""
        if self._key == key:
            self._key = None
        return True

    def secrets(self) -> Iterator[str]:
        """The keys that were printed recently."""
        return iter(tuple(self._sent))

    async def close(self) -> None:
        """End the program if it runs; idempotent."""
        if self._run is not None and self._running is not None:
            self._run.stop()
            await asyncio.wait({self._running})

    def _is_old(self) -> bool:
        lasts_ms = self._command.refresh_interval_ms
        return bool(lasts_ms) and time.monotonic() - self._printed_at > lasts_ms / 1000

    async def _printed(self) -> SecretStr:
        self._run = Run(self._command)
        key = await asyncio.to_thread(self._run.read)
        self._key, self._printed_at = key, time.monotonic()
        self._sent.append(key.get_secret_value())
        return key

    def _on_done(self, task: "asyncio.Task[SecretStr]") -> None:
        self._running = self._run = None
        if not task.cancelled():
            task.exception()  # callers get it; without one it is ignored


def _output_of(child: "subprocess.Popen[bytes]") -> int:
    """The descriptor of its output, which is a pipe."""
    return child.stdout.fileno() if child.stdout else -1


def _key_in(output: bytes) -> SecretStr:
    try:
        key = usable_key(output.decode())
    except ValueError:
        raise NoKey("printed something that is not a key") from None
    if key is None:
        raise NoKey("printed nothing")
    return key


def _ending(code: int) -> str:
    return f"exit code {code}" if code > 0 else f"ended by signal {-code}"
