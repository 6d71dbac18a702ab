"""A host in a process of its own that ends with its starter."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Self

from threadhost.adapters.cli.output import Failure
from threadhost.adapters.config import Listen, parse_listen

START_TIMEOUT_S = 20
STOP_TIMEOUT_S = 15
BANNER = "listening on "


class Child:
    """A running `threadhost serve` on a loopback port; it ends when its input ends."""

    def __init__(self, process: Process, address: Listen) -> None:
        self._process = process
        self.address = address

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @classmethod
    async def start(cls, home: Path) -> Self:
        """Start it and wait until it listens. Raises Failure."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "threadhost.adapters.cli.main", "serve"),
            *("--home", str(home), "--model", "echo"),
            *("--listen", "stdio://", "--listen", "ws://127.0.0.1:0"),
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=PIPE,
            env=_environment(),
            # Ctrl-C is for the starter, which then stops this process in order.
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                return cls(process, await _banner(process))
        except TimeoutError:
            await _end(process)
            raise Failure(f"the host did not listen within {START_TIMEOUT_S} s") from None
        except BaseException:
            await _end(process)
            raise

    async def stop(self) -> int:
        """Ask it to drain and stop; returns its exit code."""
        return await _end(self._process)


def _environment() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.startswith("THREADHOST_")}


async def _banner(process: Process) -> Listen:
    lines: list[str] = []
    while process.stderr is not None:
        line = (await process.stderr.readline()).decode(errors="replace").rstrip()
        if not line:
            break
        if line.startswith(BANNER):
            return parse_listen(line.removeprefix(BANNER))
        lines.append(line)
    raise Failure("the host did not start: " + "; ".join(lines))


async def _end(process: Process) -> int:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            process.send_signal(number)
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await process.communicate()
            break
        except TimeoutError:
            continue
    return process.returncode if process.returncode is not None else -1
