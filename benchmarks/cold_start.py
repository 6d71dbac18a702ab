"""What a cold start costs here and in other checkouts, from the process to a first thread.

Instructions, where valgrind is installed, hang neither on the machine nor on who else uses it.
Milliseconds, of CPU and on the clock, are medians of starts that take turns between the checkouts.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from signal import SIGVTALRM
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

from benchmarks.machine import ROOT, described
from benchmarks.table import print_table

STARTS = 15
COUNTER = ("valgrind", "--tool=cachegrind", "--cachegrind-out-file=/dev/null", "--cache-sim=no")
COUNTED = re.compile(rb"I\s+refs:\s+([\d,]+)")
PROGRAM = """
import asyncio, sys
sleep = asyncio.sleep
asyncio.sleep = lambda s, *more: sleep(3600 if s in (0.2, 0.25, 1.0) else s, *more)
sys.argv[0] = "threadhost"
from threadhost.adapters.cli.main import main
main()
"""
"""The program with its warming up put off, as a counted start is slower than that waits for."""
ASKED = b"""\
{"id":1,"method":"initialize","params":{"clientInfo":{"name":"bench","version":"1"}}}
{"id":2,"method":"thread/start","params":{"cwd":"/"}}
"""
TYPES = 100
DECLARED = {
    "events": """
from threadhost.events.base import Event, event
for n in range({count}):
    @event(f"bench.declared_{{n}}.v1", since="0.1", stream="thread", cause="asked")
    class Declared(Event):
        one: str
        two: int
        three: str | None = None
""",
    "named tuples": """
from threadhost.events.base import Event
from threadhost.events.named_tuple import NamedTuple
for n in range({count}):
    class Declared(NamedTuple):
        one: str
        two: int
        three: str | None = None
""",
}
"""Programs that declare so many types of three fields, with all else imported."""


class Start(NamedTuple):
    """One start until its first thread was there, and then no more."""

    cpu_ms: float
    wall_ms: float
    said: bytes = b""


def started(words: Sequence[str], home: Path) -> Start:
    """Start a host with these words before its own. Raises RuntimeError if it does not answer."""
    pipe, fixed = subprocess.PIPE, {**os.environ, "PYTHONHASHSEED": "0"}
    command = [*words, "-c", PROGRAM, "serve", "--home", str(home), "--listen", "stdio://"]
    begun_s = perf_counter()
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=fixed) as host:
        assert host.stdin is not None
        assert host.stdout is not None
        assert host.stderr is not None
        host.stdin.write(ASKED)
        host.stdin.flush()
        is_there = any(line.startswith(b'{"id":2,"result"') for line in host.stdout)
        took_s = perf_counter() - begun_s
        host.send_signal(SIGVTALRM)
        said = host.stderr.read()
        _, _, used = os.wait4(host.pid, 0)
        host.returncode = 0
    if not is_there:
        raise RuntimeError(f"no thread was started: {said.decode(errors='replace')}")
    return Start((used.ru_utime + used.ru_stime) * 1000, took_s * 1000, said)


def counted(said: bytes) -> float:
    """Millions of instructions, as valgrind says at the end."""
    found = COUNTED.search(said)
    if found is None:
        raise RuntimeError(f"valgrind counted nothing: {said.decode(errors='replace')}")
    return int(found[1].replace(b",", b"")) / 1e6


def python_of(root: Path) -> str:
    """The interpreter that a checkout has its program for."""
    return str(root / ".venv" / "bin" / "python")


@contextmanager
def homes(first: Sequence[str]) -> Iterator[tuple[Path, Path]]:
    """A home that is not there yet, and one that a host was killed on."""
    with TemporaryDirectory() as folder:
        used = Path(folder) / "used"
        started(first, used)
        yield Path(folder) / "fresh", used


def instructions_at(home: Path, root: Path = ROOT) -> object:
    """Millions until the first thread on a home; words where nothing can count them."""
    if shutil.which(COUNTER[0]) is None:
        return "no valgrind"
    return counted(started((*COUNTER, python_of(root)), home).said)


def instructions(root: Path) -> tuple[object, object]:
    """Millions, on a new home and on one that is there."""
    with homes([python_of(root)]) as (fresh, used):
        return instructions_at(fresh, root), instructions_at(used, root)


def declared(what: str) -> float:
    """Millions that a hundred more types cost."""
    counts = []
    for count in (1, 1 + TYPES):
        text = DECLARED[what].format(count=count)
        words = [*COUNTER, python_of(ROOT), "-c", text]
        ran = subprocess.run(words, capture_output=True, check=True)
        counts.append(counted(ran.stderr))
    return counts[1] - counts[0]


def measured(roots: Sequence[Path]) -> list[tuple[object, ...]]:
    """A row for each checkout."""
    took: dict[Path, list[Start]] = {root: [] for root in roots}
    with homes([python_of(roots[0])]) as (fresh, _):
        for n in range(STARTS):
            for number, root in enumerate(roots):
                home = fresh.with_name(f"{number}-{n}")
                took[root].append(started([python_of(root)], home))
    return [
        (
            root.name,
            *instructions(root),
            median(start.cpu_ms for start in took[root]),
            median(start.wall_ms for start in took[root]),
        )
        for root in roots
    ]


def main() -> None:
    """Measure this checkout and those that are named, in folders that are removed afterwards."""
    print(described())
    roots = [ROOT, *(Path(root).resolve() for root in sys.argv[2:])]
    head = ("checkout", "M instructions", "on a home that is there", "CPU, ms", "on the clock, ms")
    print_table(head, measured(roots))
    if shutil.which(COUNTER[0]) is not None:
        rows = [(f"{TYPES} more {what}", declared(what)) for what in DECLARED]
        print_table(("declared", "M instructions"), rows)
