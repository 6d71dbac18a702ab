"""What does not grow with the table of a job: claims, reports, memory, and the start of a host.

`python -m benchmarks job_growth [ROWS ...]`. Sizes are rows of the table; of each a host takes the
input in, and a thousand rows are claimed and reported in a log that holds all of them.
"""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import NamedTuple

from benchmarks.cold_start import Start, instructions_at, python_of, started
from benchmarks.jobs import INSTRUCTION, Heard, Measured, serving, table
from benchmarks.machine import ROOT, described
from benchmarks.stdio import MIB
from benchmarks.table import print_table
from benchmarks.wire import Client
from threadhost.actors.command import Command
from threadhost.actors.job import (
    AddRows,
    ClaimRows,
    CreateJob,
    EndInput,
    ReportResult,
)
from threadhost.actors.job_ports import PAGE_ROWS
from threadhost.actors.origin import policy
from threadhost.actors.runtime.job_actor import JobActors, JobCommandEnvelope
from threadhost.adapters.clock import SystemClock
from threadhost.events.ids import TimeOrderedIds
from threadhost.events.job import JobDescribed, JobItemClaimed
from threadhost.events.store.committer import Appended
from threadhost.events.store.log import Log
from threadhost.projections import all_views

SIZES = (100, 10_000, 100_000, 1_000_000)
WORKED = 1_000
"""So many rows are claimed and reported of each table, if it has as many."""
AT_ONCE = 16
FIRST = 100_000
STARTS = 7
SAMPLE_S, WARM_UP_S = 0.2, 3
DESCRIBED = JobDescribed(name="bench", instruction=INSTRUCTION, headers=["name", "country"])


class Table:
    """A job in a log of its own, whose rows nobody works on but this."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.clock, self.ids = SystemClock(), TimeOrderedIds()
        self.actors = JobActors(log, self.clock)
        self.job_id = self.ids.new()
        log.feed.listen(self.actors.published)

    async def do(self, command: Command, page: int | None = None) -> Appended:
        """Carry out a command."""
        return await self.actors.do(self.job_id, self._of(command, page))

    def _of(self, command: Command, page: int | None) -> JobCommandEnvelope:
        return JobCommandEnvelope(command, policy("bench", self.job_id, "timer:bench@0"), page)

    async def fill(self, rows: int) -> None:
        """Create the job with its rows."""
        await self.do(CreateJob(runner_id=self.ids.new(), described=DESCRIBED))
        for first in range(0, rows, PAGE_ROWS):
            numbers = range(first, min(first + PAGE_ROWS, rows))
            said = [{"name": f"person number {n}", "country": "Greece"} for n in numbers]
            ids = [f"row-{n + 1}" for n in numbers]
            await self.do(AddRows(ids, [None] * len(ids), said))
        await self.do(EndInput(self.clock.now_ms()))

    async def work(self, count: int) -> list[float]:
        """CPU of a claim and a report, in milliseconds each, by the batch."""
        found: list[float] = []
        for first in range(0, count, AT_ONCE):
            began = process_time()
            page = first // PAGE_ROWS
            threads = [self.ids.new() for _ in range(min(AT_ONCE, count - first))]
            claimed = await self.do(ClaimRows(threads, self.clock.now_ms()), page)
            facts = [fact.event for fact in claimed.recorded]
            reports = [
                ReportResult(
                    item=event.item,
                    thread_id=event.thread_id,
                    at_ms=self.clock.now_ms(),
                    item_id=f"row-{event.item + 1}",
                    result={"answer": "hello"},
                )
                for event in facts
                if isinstance(event, JobItemClaimed)
            ]
            await asyncio.gather(*(self.actors.do(self.job_id, self._of(r, page)) for r in reports))
            found.append(1000 * (process_time() - began) / len(reports))
        return found


class Claims(NamedTuple):
    """What filling a table took, and what a claim and a report cost in it; CPU."""

    filled_ms: float
    each_ms: float


async def claims(home: Path, rows: int) -> Claims:
    """A table in a log of its own; milliseconds a row."""
    log = Log.open(home, all_views())
    it, began = Table(log), process_time()
    await it.fill(rows)
    filled = 1000 * (process_time() - began) / rows
    each = median(await it.work(min(rows, WORKED)))
    it.actors.close()
    await log.close()
    return Claims(filled, each)


class Taken(NamedTuple):
    """A table that a host takes in while it works on the first rows."""

    cpu_ms: float
    most_mib: float
    after_mib: float
    took_s: float
    progress_s: float


async def taken_in(folder: Path, home: Path, sizes: Sequence[int]) -> list[Taken]:
    """Have one host take a file in after the other; each job is paused once a row is worked on.

    A first one fills what the store keeps of its files in memory, however large the next are.
    """
    table(folder / "in.csv", AT_ONCE)
    with serving(home) as (socket, host):
        heard = Heard()
        client = await Client.at(socket, heard.heard)
        it = Measured(folder, client, heard, host)
        runner = await client.start(cwd=str(folder))
        await it.rows(runner, AT_ONCE)
        await asyncio.sleep(WARM_UP_S)
        found = [await _taken_in(it, runner, rows) for rows in (FIRST, *sizes)]
        await client.close()
    return found[1:]


async def _taken_in(it: Measured, runner: str, rows: int) -> Taken:
    table(it.folder / "in.csv", rows)
    cpu_s, began = sum(it.host.cpu_times()[:2]), perf_counter()
    asked = {"inputPath": "in.csv", "instruction": INSTRUCTION, "maxConcurrency": 1}
    answer = await it.client.ask("job/create", threadId=runner, **asked)
    job_id = str(answer["job"]["id"])
    progress_s = await it.heard.progress_of(job_id) - began
    await it.client.ask("job/pause", jobId=job_id)
    most = 0
    while (await it.client.ask("job/read", jobId=job_id))["job"]["totalItems"] < rows:
        most = max(most, it.host.memory_info().rss)
        await asyncio.sleep(SAMPLE_S)
    took_s, used_s = perf_counter() - began, sum(it.host.cpu_times()[:2]) - cpu_s
    after = it.host.memory_info().rss
    each_ms = 1000 * used_s / rows
    return Taken(each_ms, max(most, after) / MIB, after / MIB, took_s, progress_s)


def starts(with_job: Path, empty: Path) -> list[tuple[object, ...]]:
    """Both homes in turns: CPU and time until the first thread, in milliseconds; instructions."""
    python = [python_of(ROOT)]
    started(python, empty)
    took: dict[str, list[Start]] = {"empty": [], "with the job": []}
    for _ in range(STARTS):
        took["empty"].append(started(python, empty))
        took["with the job"].append(started(python, with_job))
    lines: list[tuple[object, ...]] = []
    for (name, some), home in zip(took.items(), (empty, with_job), strict=True):
        medians = median(one.cpu_ms for one in some), median(one.wall_ms for one in some)
        lines.append((name, *medians, instructions_at(home)))
    return lines


def main() -> None:
    """Measure in folders that are removed afterwards."""
    sizes = [int(word) for word in sys.argv[2:]] or [*SIZES]
    print(described())
    found: list[Claims] = []
    for rows in sizes:
        with TemporaryDirectory() as name:
            found.append(asyncio.run(claims(Path(name), rows)))
    with TemporaryDirectory() as name:
        folder, home, empty = Path(name), Path(name) / "home", Path(name) / "empty"
        home.mkdir(mode=0o700)
        taken = asyncio.run(taken_in(folder, home, sizes))
        compared = starts(home, empty)
    head: tuple[str, ...] = ("rows", "CPU to append a row, ms", "CPU of a claim and a report, ms")
    print_table(head, [(f"{n:,}", *one) for n, one in zip(sizes, found, strict=True)])
    head = (
        "rows, one host",
        "CPU to take a row in, ms",
        "RSS at most, MiB",
        "RSS after",
        "taken in, s",
        "first rows told of, s",
    )
    print_table(head, [(f"{n:,}", *one) for n, one in zip(sizes, taken, strict=True)])
    head = (
        f"home, jobs up to {max(sizes):,} rows",
        "CPU until a thread, ms",
        "on the clock, ms",
        "M instr.",
    )
    print_table(head, compared)


if __name__ == "__main__":
    main()
