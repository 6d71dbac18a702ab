"""What a start costs, of this program and of others named on the command line, in turns.

Milliseconds are medians, from the start of the process to a reply; instructions, where valgrind is
installed, are those until the same reply, and hang neither on the machine nor on who else uses it.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from signal import SIGVTALRM
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.machine import described
from benchmarks.stdio import PROGRAM, Server, empty_starts, serving
from benchmarks.table import print_table

STARTS = 20
COUNTER = ("valgrind", "--tool=cachegrind", "--cachegrind-out-file=/dev/null", "--cache-sim=no")
COUNTED = re.compile(rb"I\s+refs:\s+([\d,]+)")
LATER = """
import asyncio, sys
sleep = asyncio.sleep
asyncio.sleep = lambda s, *more: sleep(3600 if s in (0.2, 1.0) else s, *more)
sys.argv[0] = "threadhost"
from threadhost.adapters.cli.main import main
main()
"""
"""The program with its warming up put off, as a counted start is slower than that waits for."""

ASKED = b"""\
{"id":1,"method":"initialize","params":{"clientInfo":{"name":"bench","version":"1"}}}
{"id":2,"method":"thread/start","params":{"cwd":"/"}}
"""


def serve(home: Path) -> tuple[str, ...]:
    """The words after the program."""
    return "serve", "--home", str(home), "--listen", "stdio://"


def first_replies(program: Path, home: Path) -> tuple[float, float]:
    """Milliseconds until the replies to `initialize` and to the first `thread/start`."""
    server = Server(str(program), *serve(home))
    server.ask("initialize", clientInfo={"name": "bench", "version": "1"})
    initialized_s = perf_counter()
    server.start()
    started_s = perf_counter()
    server.close()
    return (initialized_s - server.started) * 1000, (started_s - server.started) * 1000


def joined_reply(home: Path) -> float:
    """Milliseconds until the first `thread/start` of a client that joins the host on a home."""
    server = Server(str(PROGRAM), "app-server", "--home", str(home))
    server.ask("initialize", clientInfo={"name": "bench", "version": "1"})
    server.start()
    started_s = perf_counter()
    server.close()
    return (started_s - server.started) * 1000


def joined(home: Path) -> tuple[list[float], list[float]]:
    """Those of clients that join, each beside an interpreter that does nothing, in milliseconds."""
    replies: list[float] = []
    with serving(home):
        empty = []
        for _ in range(STARTS):
            replies.append(joined_reply(home))
            empty += empty_starts(1)
    return replies, empty


def instructions(program: Path, home: Path) -> float | None:
    """Millions until the first `thread/start` is answered; None without valgrind."""
    if shutil.which(COUNTER[0]) is None:
        return None
    python = program.parent / "python"
    words = [*COUNTER, str(python), "-c", LATER, *serve(home)]
    pipe, fixed = subprocess.PIPE, {**os.environ, "PYTHONHASHSEED": "0"}
    counted = subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, env=fixed)
    assert counted.stdin is not None
    assert counted.stdout is not None
    counted.stdin.write(
        b'{"id":1,"method":"initialize","params":{"clientInfo":{"name":"b","version":"1"}}}\n'
    )
    counted.stdin.write(b'{"id":2,"method":"thread/start","params":{"cwd":"/"}}\n')
    counted.stdin.flush()
    for line in counted.stdout:
        if b'"id":2' in line:
            break
    counted.send_signal(SIGVTALRM)
    found = COUNTED.search(counted.communicate()[1])
    return int(found[1].replace(b",", b"")) / 1e6 if found else None


def measured(programs: Sequence[Path], folder: Path) -> list[tuple[object, ...]]:
    """A row for each program."""
    took: dict[Path, list[tuple[float, float]]] = {program: [] for program in programs}
    for n in range(STARTS):
        for number, program in enumerate(programs):
            home = folder / f"{number}-{n}"
            took[program].append(first_replies(program, home))
    return [
        (
            str(number) if len(programs) > 1 else "this",
            *(median(row[column] for row in took[program]) for column in range(2)),
            instructions(program, folder / f"{number}-counted") or "no valgrind",
        )
        for number, program in enumerate(programs)
    ]


def main() -> None:
    """Measure in a folder that is removed afterwards."""
    programs = [PROGRAM, *map(Path, sys.argv[2:])]
    print(described())
    with TemporaryDirectory() as folder:
        rows = measured(programs, Path(folder))
        replies, empty = joined(Path(folder) / "joined")
    head = ("program", "initialize, ms", "thread/start, ms", "M instructions")
    print_table(head, rows)
    print(f"joined: thread/start {median(replies):.1f} ms (least {min(replies):.1f}), ", end="")
    print(f"an interpreter that does nothing {median(empty):.1f} ms (least {min(empty):.1f})")
