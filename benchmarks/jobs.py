"""What a row of a job costs beside the same turns without one, block by block in one run.

`python -m benchmarks jobs [ROWS]`. Three processes: the host, a client, and nothing else; the model
is the echo. CPU is that of the host, all included. How it grows with the table: `job_growth.py`.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

import psutil

from benchmarks.agents import Ends, running, said
from benchmarks.machine import described
from benchmarks.stdio import PROGRAM
from benchmarks.table import print_table
from benchmarks.wire import Client, Message

ROWS, BLOCKS = 10_000, 10
AT_ONCE = 64
INSTRUCTION = "Say hello to {name}."
CALL = {"name": "get_goal", "args": {}}
WITH_A_CALL = "@echo " + json.dumps({"steps": [{"calls": [CALL]}, {"text": "done"}]})
WARM_UP_S = 5


class Block(NamedTuple):
    """What so many of a kind took, each."""

    cpu_ms: float
    wall_ms: float


class Heard(Ends):
    """The turns that end, and how jobs go."""

    def __init__(self) -> None:
        super().__init__()
        self.over: dict[str, Message] = {}
        self.progress_s: dict[str, float] = {}
        self._moved = asyncio.Event()

    def heard(self, message: Message) -> None:
        """Take a notification."""
        super().heard(message)
        params = message.get("params", {})
        if message["method"] == "job/progress":
            if params["runningItems"] or params["completedItems"]:
                self.progress_s.setdefault(params["jobId"], perf_counter())
        elif message["method"] == "job/completed":
            self.over[params["jobId"]] = params
        else:
            return
        self._moved.set()

    async def job(self, job_id: str) -> Message:
        """Wait for the end of one; how it ended."""
        while job_id not in self.over:
            self._moved.clear()
            await self._moved.wait()
        return self.over[job_id]

    async def progress_of(self, job_id: str) -> float:
        """When it was first told that rows of a job are worked on, or done."""
        while job_id not in self.progress_s:
            self._moved.clear()
            await self._moved.wait()
        return self.progress_s[job_id]


def table(path: Path, rows: int) -> None:
    """A file of so many rows of about 30 bytes."""
    with path.open("w") as file:
        file.write("name,country\n")
        file.writelines(f"person number {n},Greece\n" for n in range(rows))


@contextmanager
def serving(home: Path) -> Iterator[tuple[Path, psutil.Process]]:
    """A host on a home: its socket and its process."""
    socket = home / "s"
    words = ("serve", "--home", str(home), "--listen", f"unix://{socket}", "--model", "echo")
    with running(str(PROGRAM), *words) as host:
        said(host.stderr)
        yield socket, psutil.Process(host.pid)


class Measured:
    """A host, and what it does for a client of its."""

    def __init__(self, folder: Path, client: Client, heard: Heard, host: psutil.Process) -> None:
        self.folder = folder
        self.client = client
        self.heard = heard
        self.host = host

    async def job(self, runner: str, rows: int, **more: object) -> str:
        """The id of a job that has begun."""
        table(self.folder / "in.csv", rows)
        asked = {"inputPath": "in.csv", "instruction": INSTRUCTION, "maxConcurrency": AT_ONCE}
        answer = await self.client.ask("job/create", threadId=runner, **asked, **more)
        return str(answer["job"]["id"])

    async def rows(self, runner: str, count: int) -> None:
        """A job from its beginning to its end."""
        over = await self.heard.job(await self.job(runner, count))
        if over["status"] != "completed":
            raise RuntimeError(f"the job ended as {over}")

    async def turns(self, text: str, count: int) -> None:
        """So many threads, with a turn each, so many of them at once."""
        left = iter(range(count))

        async def one() -> None:
            for _ in left:
                await self.heard.of(await self.client.say(await self.client.start(), text))

        await asyncio.gather(*(one() for _ in range(AT_ONCE)))

    async def block(self, work: Callable[[], Awaitable[None]], count: int) -> Block:
        """What some work took."""
        cpu_s, began = sum(self.host.cpu_times()[:2]), perf_counter()
        await work()
        took_s, used_s = perf_counter() - began, sum(self.host.cpu_times()[:2]) - cpu_s
        return Block(1000 * used_s / count, 1000 * took_s / count)


KINDS = (
    "a row of a job",
    "thread/start and a turn with one response",
    "thread/start and a turn with a call and two responses",
)


async def blocks(it: Measured, rows: int) -> dict[str, list[Block]]:
    """The same number of each kind, in turns."""
    runner = await it.client.start(cwd=str(it.folder))
    kinds: list[Callable[[int], Awaitable[None]]] = [
        lambda count: it.rows(runner, count),
        lambda count: it.turns("Say hello to person number 1.", count),
        lambda count: it.turns(WITH_A_CALL, count),
    ]
    for kind in kinds:
        await kind(AT_ONCE)
    await asyncio.sleep(WARM_UP_S)  # what is imported ahead of its use is there by then
    found: dict[str, list[Block]] = {name: [] for name in KINDS}
    each = max(1, rows // BLOCKS)
    for _ in range(BLOCKS):
        for name, kind in zip(KINDS, kinds, strict=True):
            found[name].append(await it.block(lambda kind=kind: kind(each), each))  # type: ignore[misc]
    return found


async def measured(folder: Path, socket: Path, host: psutil.Process, rows: int) -> None:
    """Measure on a host, and print it."""
    heard = Heard()
    client = await Client.at(socket, heard.heard)
    found = await blocks(Measured(folder, client, heard, host), rows)
    await client.close()
    job = median(block.cpu_ms for block in found[KINDS[0]])
    lines = []
    for name, some in found.items():
        cpu, wall = median(b.cpu_ms for b in some), median(b.wall_ms for b in some)
        lines.append((name, cpu, f"{job / cpu:.2f}", 1000 / wall))
    head = (f"{rows:,} of each, {AT_ONCE} at once", "CPU, ms each", "a row beside it", "a second")
    print_table(head, lines)


def main() -> None:
    """Measure in a folder that is removed afterwards."""
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else ROWS  # noqa: PLR2004  (the benchmark's name)
    print(described())
    with TemporaryDirectory() as name:
        folder, home = Path(name), Path(name) / "home"
        home.mkdir(mode=0o700)
        with serving(home) as (socket, host):
            asyncio.run(measured(folder, socket, host, rows))


if __name__ == "__main__":
    main()
