"""How soon the first thread of a client is answered that joins a host which runs already."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.machine import described
from benchmarks.stdio import PROGRAM, Server, serving
from benchmarks.table import print_table

STARTS = 20
EMPTY = (sys.executable, "-c", "pass")
BARE = (sys.executable, "-S", "-c", "pass")


def joined_reply(home: Path) -> float:
    """Milliseconds until the first `thread/start` of a client that joins the host on a home."""
    server = Server(str(PROGRAM), "app-server", "--home", str(home))
    server.ask("initialize", clientInfo={"name": "bench", "version": "1"})
    server.start()
    started_s = perf_counter()
    server.close()
    return (started_s - server.started) * 1000


def run_time(*command: str) -> float:
    """Milliseconds from the start of a program to its end."""
    began_s = perf_counter()
    subprocess.run(command, check=True)
    return (perf_counter() - began_s) * 1000


def with_processor_time(work: Callable[[], float]) -> tuple[float, float]:
    """What it measures, and the processor time of the program that it started, in milliseconds."""
    before = getrusage(RUSAGE_CHILDREN)
    measured = work()
    after = getrusage(RUSAGE_CHILDREN)
    used_s = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return measured, used_s * 1000


def main() -> None:
    """Clients one after the other, each beside interpreters that do nothing."""
    print(described())
    with TemporaryDirectory() as folder:
        home = Path(folder) / "joined"
        kinds: dict[str, Callable[[], float]] = {
            "thread/start of a client that joins": partial(joined_reply, home),
            "an interpreter that does nothing": partial(run_time, *EMPTY),
            "the same without `site`": partial(run_time, *BARE),
        }
        with serving(home):
            rounds = [[with_processor_time(work) for work in kinds.values()] for _ in range(STARTS)]
    rows = []
    for column, name in enumerate(kinds):
        walls = [one[column][0] for one in rounds]
        used = median(one[column][1] for one in rounds)
        times = median(one[column][1] / one[1][1] for one in rounds)
        rows.append((name, median(walls), min(walls), used, times))
    heads = ("what", "median, ms", "least, ms", "processor, ms", "times the second")
    print_table(heads, rows)
