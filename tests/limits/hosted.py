"""A host in a process of its own: its memory, its descriptors, and a bystander beside it."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from tests.scoreboard.bootstrap import VARIABLE

ROOT = Path(__file__).resolve().parents[2]
START_S = 20.0
STOP_S = 60.0
"""Hundreds of turns may have to end, on a machine that does other work, too."""
MIB = 1024 * 1024


class Delays(NamedTuple):
    """What the bystander waited for its answers, in milliseconds, since it was last asked."""

    answers: int
    p50_ms: float
    p99_ms: float
    max_ms: float


@dataclass
class Hosted:
    """The running process."""

    home: Path
    process: asyncio.subprocess.Process
    addresses: dict[str, str]
    """By scheme: `ws`, `unix`, `stdio`."""
    log: asyncio.Task[int]
    """Reads what it says on standard error; ends with how many bytes that was."""
    said: list[int]
    """How many bytes it has said there so far."""

    @property
    def port(self) -> int:
        """Of the websocket listener."""
        return int(self.addresses["ws"].rpartition(":")[2])

    @property
    def info(self) -> psutil.Process:
        """What the system knows of it."""
        return psutil.Process(self.process.pid)

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self.process.returncode is None

    @property
    def rss_bytes(self) -> int:
        """Its memory now."""
        return int(self.info.memory_info().rss)

    @property
    def cpu_ms(self) -> float:
        """The processor time it used so far."""
        times = self.info.cpu_times()
        return (times.user + times.system) * 1000

    @property
    def peak_bytes(self) -> int:
        """The most memory it had since `reset_peak`."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return self.rss_bytes

    def reset_peak(self) -> None:
        """Count the peak anew."""
        with suppress(OSError):
            Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def cost(self) -> Callable[[], int]:
        """How many bytes more than now it has had at a time, whenever that is asked."""
        before = self.rss_bytes
        self.reset_peak()
        return lambda: self.peak_bytes - before

    async def stop(self) -> int:
        """Ask it to end; its exit code."""
        if self.is_alive:
            self.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(self.process.wait(), STOP_S)
        return self.process.returncode or 0


class Bystander:
    """A client in a process of its own that asks small things all the time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def delays(self) -> Delays:
        """What it waited since the last time this was asked; at least one answer is in it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        line = await self._process.stdout.readline()
        return Delays(*json.loads(line))

    async def leave(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await asyncio.wait_for(self._process.wait(), START_S)


async def start(
    home: Path, listen: tuple[str, ...], *, line_bytes_max: int = 4 * MIB, **wanted: Any
) -> Hosted:
    """Start a host; it listens when this returns.

    Of what it says and nobody reads, twice the longest line is taken from it.
    """
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.scoreboard.bootstrap", "tests.limits.host_main", str(home)),
        json.dumps({"listen": listen, **wanted}),
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        cwd=ROOT,
        limit=line_bytes_max,
    )
    assert process.stderr is not None
    heard, line = b"", b"..."
    async with asyncio.timeout(START_S):
        while line and not line.startswith(b"["):
            line = await process.stderr.readline()
            heard += line
    if not line:
        raise OSError(heard.decode()[-2000:])
    addresses = {text.partition(":")[0]: text for text in json.loads(line)}
    said: list[int] = []
    return Hosted(home, process, addresses, asyncio.create_task(_count(process.stderr, said)), said)


async def _count(stream: asyncio.StreamReader, said: list[int]) -> int:
    while data := await stream.read(MIB):
        said.append(len(data))
    return sum(said)


@asynccontextmanager
async def hosting(home: Path, listen: tuple[str, ...], **wanted: Any) -> AsyncIterator[Hosted]:
    """A host that is ended in the end."""
    hosted = await start(home, listen, **wanted)
    try:
        yield hosted
    finally:
        await hosted.stop()


@asynccontextmanager
async def standing_by(hosted: Hosted) -> AsyncIterator[Bystander]:
    """A bystander of a host, over its unix socket."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.limits.bystander_main", hosted.addresses["unix"].removeprefix("unix://")),
        stdin=pipe,
        stdout=pipe,
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != VARIABLE},
    )
    bystander = Bystander(process)
    await bystander.delays()
    try:
        yield bystander
    finally:
        await bystander.leave()
