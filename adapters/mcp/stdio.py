"""A server that is a program: its process, and its messages within limits; runs beside the loop."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCRequest

from threadhost.actors.runtime.tasks import cancel_and_wait
from threadhost.adapters.mcp.failures import ServerFailed
from threadhost.adapters.mcp.limits import MESSAGE_BYTES_MAX, ODD_LINES_MAX, WORDS_BYTES_MAX
from threadhost.adapters.mcp.lines import PendingRequests, messages_in
from threadhost.adapters.mcp.rate_limiter import REQUEST_COUNTS, RateLimiter
from threadhost.adapters.mcp.server_config import Program
from threadhost.events.words import truncate

Received = SessionMessage | Exception
GUARD = Path(__file__).with_name("guard.py")
CHUNK_BYTES = 64 * 1024
LAST_LINE_CHARS = 300
CLOSE_S = 1.0
"""The time from the end of its input to the request to end."""
KILL_S = 3.0
"""The time from there to killing its guard, which gives the server half a second."""


class Child:
    """The guard of a server's process, its streams, and the end of the server's stderr."""

    def __init__(self, process: asyncio.subprocess.Process, control: int) -> None:
        self._process = process
        self._control = control
        self._words = b""

    @classmethod
    async def start(cls, program: Program) -> "Child":
        """Start the program, in a session of its own. Raises ServerFailed."""
        guard_end, own_end = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(GUARD), str(guard_end)),
                *(program.command, *program.args),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=dict(program.env),
                cwd=program.cwd,
                pass_fds=(guard_end,),
                start_new_session=True,
            )
        except OSError as error:
            os.close(own_end)
            place = f" in {program.cwd}" if program.cwd and not program.cwd.is_dir() else ""
            reason = f"it cannot be started{place}: {error.strerror or error}"
            raise ServerFailed(reason) from None
        except BaseException:
            os.close(own_end)  # a cancelled start must not leave a guard that waits for this end
            raise
        finally:
            os.close(guard_end)
        return cls(process, own_end)

    async def read(self) -> bytes:
        """The next output of the server; empty at its end."""
        return await self._process.stdout.read(CHUNK_BYTES) if self._process.stdout else b""

    async def write(self, line: bytes) -> None:
        """Write a line, and wait until the server takes it."""
        stdin = self._process.stdin
        if stdin is not None:
            with suppress(ConnectionError):  # the reader reports the end
                stdin.write(line)
                await stdin.drain()

    async def listen_to_words(self) -> None:
        """Keep the end of the server's stderr."""
        pace, stderr = RateLimiter(), self._process.stderr
        while stderr is not None and (words := await stderr.read(CHUNK_BYTES)):
            self._words = (self._words + words)[-WORDS_BYTES_MAX:]
            await pace.take(len(words))

    async def ending(self) -> str:
        """How the program ended, with its last line of stderr, once its output ended."""
        if not await self._is_over(CLOSE_S):
            return "it closed its output"
        code = self._process.returncode or 0
        outcome = f"it ended by signal {-code}" if code < 0 else f"it ended with exit code {code}"
        last = self._words.decode(errors="replace").strip().rpartition("\n")[2]
        shown = truncate(
            "".join(letter for letter in last if letter.isprintable()), LAST_LINE_CHARS
        )
        return f"{outcome}: {shown}" if shown else outcome

    async def close(self) -> None:
        """End the program and all that it started: by closing its input, else by its guard."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            if not await self._is_over(CLOSE_S):
                os.close(self._control)
                self._control = -1
                if not await self._is_over(KILL_S):
                    with suppress(ProcessLookupError):
                        os.killpg(self._process.pid, signal.SIGKILL)
                    await self._process.wait()
            await self._read_up()
        finally:
            if self._control >= 0:
                os.close(self._control)

    async def _read_up(self) -> None:
        """Read the pipes to their ends: only then are they closed."""
        for stream in (self._process.stdout, self._process.stderr):
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_S):
                    while stream is not None and await stream.read(CHUNK_BYTES):
                        pass

    async def _is_over(self, within_s: float) -> bool:
        try:
            async with asyncio.timeout(within_s):
                await self._process.wait()
        except TimeoutError:
            return False
        return True


class Streams:
    """The messages of a child, in the form of the library's streams."""

    def __init__(self, child: Child, failed: Callable[[str], None]) -> None:
        self._child = child
        self._failed = failed
        self._pace = RateLimiter()
        self._odd_lines = 0
        self._pending = PendingRequests()
        self._received, self.read = anyio.create_memory_object_stream[Received]()
        self.write, self._to_send = anyio.create_memory_object_stream[SessionMessage]()

    async def receive_loop(self) -> None:
        """Process the server's output, until its end."""
        try:
            async for line in self._lines():
                await self._take(line)
            self._failed(await self._child.ending())
        except ServerFailed as failed:
            self._failed(str(failed))
        finally:
            self._received.close()

    async def _lines(self) -> AsyncIterator[bytes]:
        """The lines of the output. Raises ServerFailed for one that is too long."""
        pieces: list[bytes] = []
        size = 0
        while chunk := await self._child.read():
            first, *lines = chunk.split(b"\n")
            pieces.append(first)
            size += len(first)
            if size > MESSAGE_BYTES_MAX:
                raise ServerFailed(f"it sent a message of more than {MESSAGE_BYTES_MAX} bytes")
            await self._pace.take(len(chunk), 0)
            if lines:
                complete, pieces = [b"".join(pieces), *lines[:-1]], [lines[-1]]
                size = len(lines[-1])
                for line in complete:
                    yield line

    async def send_loop(self) -> None:
        """Write the messages for the server."""
        async for message in self._to_send:
            self._pending.record_sent(message.message)
            body = message.message.model_dump_json(by_alias=True, exclude_unset=True)
            await self._child.write(f"{body}\n".encode())

    def close(self) -> None:
        """Close all streams."""
        for stream in (self._received, self.read, self.write, self._to_send):
            stream.close()

    async def _take(self, line: bytes) -> None:
        if not line.strip():
            return
        is_odd = True
        for message in messages_in(line):
            is_odd &= not self._pending.match_received(message)
            await self._received.send(SessionMessage(message))
            await self._pace.take(0, REQUEST_COUNTS if isinstance(message, JSONRPCRequest) else 1)
        if not is_odd:
            self._odd_lines = 0
            return
        self._odd_lines += 1
        if self._odd_lines > ODD_LINES_MAX:
            fault = (
                f"it sent {ODD_LINES_MAX} lines in a row that are not messages, or answer no"
                " request"
            )
            raise ServerFailed(fault)
        await self._pace.take(0)


@asynccontextmanager
async def streams(program: Program, failed: Callable[[str], None]) -> AsyncIterator[Streams]:
    """The messages of a program that runs in this block; `failed` gets the reason of its end."""
    child = await Child.start(program)
    child_streams = Streams(child, failed)
    tasks = [
        asyncio.create_task(work)
        for work in (
            child_streams.receive_loop(),
            child_streams.send_loop(),
            child.listen_to_words(),
        )
    ]
    try:
        yield child_streams
    finally:
        await cancel_and_wait(tasks)
        child_streams.close()
        await asyncio.shield(asyncio.create_task(child.close()))
