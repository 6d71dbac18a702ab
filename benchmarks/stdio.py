"""What a client of `threadhost serve` waits for over stdio, beside a program that only echoes."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Self

import psutil

from benchmarks.machine import described
from benchmarks.table import print_table

PROGRAM = Path(sys.executable).parent / "threadhost"
ECHO = "import sys\nfor line in sys.stdin.buffer: sys.stdout.buffer.write(line); sys.stdout.flush()"
COLD_STARTS = 5
STARTS = 1_000
TURNS = 200
LISTS = 100
DELETES = 100
MIB = 2**20
Message = dict[str, Any]


class Server:
    """A server process and the one client on its standard streams, which waits for each answer."""

    def __init__(self, *command: str) -> None:
        self.started = perf_counter()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._numbers = count(1)

    @classmethod
    def on(cls, home: Path) -> Self:
        """The host on a home, its handshake done."""
        server = cls(str(PROGRAM), "serve", "--home", str(home), "--listen", "stdio://")
        server.ask("initialize", clientInfo={"name": "bench", "version": "1"})
        return server

    def send(self, message: Message) -> None:
        """Write one line."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def until(self, wanted: Callable[[Message], bool]) -> Message:
        """The next message that is wanted."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            message: Message = json.loads(line)
            if wanted(message):
                return message
        raise RuntimeError("the server is gone")

    def ask(self, method: str, **params: object) -> Message:
        """The result of a request."""
        number = next(self._numbers)
        self.send({"id": number, "method": method, "params": params})
        answer = self.until(lambda message: message.get("id") == number)
        result: Message = answer["result"]
        return result

    def start(self) -> str:
        """A new thread's id."""
        return str(self.ask("thread/start", cwd="/")["thread"]["id"])

    def turn(self, thread_id: str) -> None:
        """A whole turn, to its end."""
        content = [{"type": "text", "text": "go on"}]
        self.ask("turn/start", threadId=thread_id, input=content)
        self.until(lambda message: message.get("method") == "turn/completed")

    def close(self) -> None:
        """End the input, wait for the end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=30)


@contextmanager
def serving(home: Path) -> Iterator[Server]:
    """A host that is closed in the end."""
    server = Server.on(home)
    try:
        yield server
    finally:
        server.close()


def timed(times: int, work: Callable[[int], object]) -> list[float]:
    """How long each call took, in milliseconds."""
    found = []
    for n in range(times):
        began = perf_counter()
        work(n)
        found.append((perf_counter() - began) * 1000)
    return found


def echoes() -> list[float]:
    """A line of a request's size to another process and back."""
    echo = Server(sys.executable, "-c", ECHO)
    message = {"id": 1, "method": "thread/start", "params": {"cwd": "/" * 200}}
    echo.send(message)
    echo.until(bool)

    def once(_: int) -> None:
        echo.send(message)
        echo.until(bool)

    found = timed(LISTS, once)
    echo.close()
    return found


def empty_starts(times: int = COLD_STARTS) -> list[float]:
    """A Python program that does nothing, from its start to its end."""

    def once(_: int) -> None:
        subprocess.run([sys.executable, "-c", "pass"], check=True)

    return timed(times, once)


def cold_start(home: Path) -> float:
    """From the start of the process to the first thread that is on disk, in milliseconds."""
    with serving(home) as server:
        server.start()
        return (perf_counter() - server.started) * 1000


def latencies(home: Path) -> tuple[dict[str, list[float]], float, float]:
    """Milliseconds of each kind of request; MiB of the empty host and KiB of a live thread."""
    found: dict[str, list[float]] = {}
    with serving(home) as server:
        process = psutil.Process(server.process.pid)
        ids = [server.start()]
        server.turn(ids[0])
        before = process.memory_info().rss
        found["thread/start"] = timed(STARTS, lambda _: ids.append(server.start()))
        growth = (process.memory_info().rss - before) / STARTS / 1024
        found["turn, echo model"] = timed(TURNS, lambda n: server.turn(ids[n]))
        found["thread/list, 25 of 200"] = timed(LISTS, lambda _: server.ask("thread/list"))
        found["thread/read with turns"] = timed(
            LISTS, lambda n: server.ask("thread/read", threadId=ids[n], includeTurns=True)
        )
        found["thread/delete, live"] = timed(
            DELETES, lambda n: server.ask("thread/delete", threadId=ids[n])
        )
    with serving(home) as server:
        found["thread/delete, stored"] = timed(
            DELETES, lambda n: server.ask("thread/delete", threadId=ids[-1 - n])
        )
    return found, before / MIB, growth


def row(name: str, found: Sequence[float]) -> tuple[object, ...]:
    """Median, 95th percentile, how many."""
    return name, median(found), sorted(found)[int(0.95 * (len(found) - 1))], len(found)


def main() -> None:
    """Run in a folder that is removed afterwards."""
    print(described())
    with TemporaryDirectory() as folder:
        homes = [Path(folder) / f"new-{n}" for n in range(COLD_STARTS)]
        fresh = [cold_start(home) for home in homes]
        again = [cold_start(home) for home in homes]
        found, base_mib, thread_kib = latencies(Path(folder) / "home")
    control, empty = echoes(), empty_starts()
    print_table(
        ("over stdio", "p50, ms", "p95, ms", "times"),
        [
            row("first thread/start after process start, new home", fresh),
            row("first thread/start after process start, known home", again),
            *(row(name, some) for name, some in found.items()),
            row("control: a Python program that does nothing", empty),
            row("control: a line echoed by an empty program", control),
        ],
    )
    print_table(
        ("memory", ""),
        [
            ("the host with one thread, MiB", base_mib),
            (f"each further of {STARTS:,} live threads, KiB", thread_kib),
        ],
    )
