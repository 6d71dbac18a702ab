"""Jobs for tests: their past as events, a job in a log, and how its views have it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.given import META
from tests.support.hosts import (
    ORIGIN,
    POLICY,
    USAGE,
    PuppetModel,
    Rig,
    call_of,
    eventually,
    message,
    open_rig,
)
from threadhost.actors.agent_limits import AgentPolicy, JobPolicy
from threadhost.actors.command import Command
from threadhost.actors.job import AddRows, ClaimRows, CreateJob, EndInput
from threadhost.actors.job_ports import (
    FileMark,
    FilePlace,
    InputPage,
    InputPosition,
    InputRefused,
    JobOutside,
    OutputRefused,
    OutputRow,
    RowInput,
    RowOutput,
    RowsFile,
)
from threadhost.actors.models import ModelEvent, ModelRequest, ResponseDone
from threadhost.actors.runtime.job_actor import JobActors, JobCommandEnvelope
from threadhost.adapters.clock import SystemClock
from threadhost.adapters.job_reading import answer_of
from threadhost.events.base import Erased, Event, Recorded
from threadhost.events.ids import job_stream, page_stream
from threadhost.events.job import JobDescribed, JobEnded, JobItemClaimed
from threadhost.events.job_page import Page
from threadhost.events.job_state import Job, fold
from threadhost.events.store.committer import Appended
from threadhost.projections.job_queries import ItemRow, JobRow, item_page, job_row

if TYPE_CHECKING:
    from threadhost.actors.errors import Refusal

JOB_ID = "0193a1b2-0000-7000-8000-00000000c0de"
DESCRIBED = JobDescribed(name="look", instruction="Look at {path}", headers=["path"])


def job_of(*events: Event) -> Job:
    """A job with this past, all of it at one time."""
    return fold(Job(JOB_ID), _recorded(job_stream(JOB_ID), events))


def page_of(*events: Event | Erased, number: int = 0, at_ms: int = 1) -> Page:
    """A page with this past, all of it at one time."""
    return fold(Page(JOB_ID, number), _recorded(page_stream(JOB_ID, number), events, at_ms))


def _recorded(stream: str, events: Sequence[Event | Erased], at_ms: int = 1) -> list[Recorded]:
    meta = META._replace(recorded_at_ms=at_ms)
    return [Recorded(n, stream, n, event, meta) for n, event in enumerate(events, 1)]


def rows(count: int, first: int = 0) -> AddRows:
    """So many rows of one column."""
    numbers = range(first, first + count)
    return AddRows(
        [f"item-{n + 1}" for n in numbers],
        [None for _ in numbers],
        [{"path": f"file-{n + 1}"} for n in numbers],
    )


class JobRig:
    """A job in the log of a host, whose rows nobody works on but the test."""

    def __init__(self, rig: Rig, job_id: str = JOB_ID) -> None:
        self.rig = rig
        self.job_id = job_id
        log = rig.logs.durable
        self.actors = JobActors(log, SystemClock())
        log.feed.listen(self.actors.published)

    async def make(self, runner_id: str, count: int = 1, **limits: Any) -> None:
        """Create it with so many rows."""
        await self.do(CreateJob(runner_id=runner_id, described=DESCRIBED, **limits))
        await self.do(rows(count))
        await self.do(EndInput(at_ms=1))

    async def do(self, command: Command, page: int | None = None) -> Appended:
        """Carry out a command."""
        actor = await self.actors.get(self.job_id)
        appended: Appended = await actor.actor_ref.ask(
            JobCommandEnvelope(command, ORIGIN, page), block=False
        )
        return appended

    async def claim(self, *thread_ids: str) -> list[int]:
        """Have rows of the first page claimed by these threads; which they are."""
        appended = await self.do(ClaimRows(thread_ids, self.now_ms), 0)
        events = [fact.event for fact in appended.recorded]
        return [event.item for event in events if isinstance(event, JobItemClaimed)]

    @property
    def now_ms(self) -> int:
        """The time."""
        return SystemClock().now_ms()

    @property
    def view(self) -> "JobView":
        """The job as its views have it."""
        return JobView(self.rig, self.job_id)


class SomeInput:
    """Rows that a test has, in pages of a few."""

    headers = ("path",)

    def __init__(self, files: "SomeFiles", after: InputPosition | None) -> None:
        self._files = files
        self._at = after.rows if after is not None else 0
        self.is_closed = False

    async def page(self, rows_max: int = 0, bytes_max: int = 0) -> InputPage:
        """The next rows; what is a refusal is raised in its place."""
        files, first = self._files, self._at
        await files.may_read(first)
        found = files.rows[first : first + files.page_rows]
        for row in found:
            if isinstance(row, Exception):
                raise row
        self._at = first + len(found)
        position = InputPosition(self._at, self._at + 1, self._at, len(files.rows), 1, "d")
        ids = [f"item-{n + 1}" for n in range(first, self._at)]
        rows: list[dict[str, Any]] = [{"path": row} for row in found]
        is_last = self._at == len(files.rows)
        return InputPage(ids, [None for _ in ids], rows, position, is_last)

    async def close(self) -> None:
        """Read no more of it."""
        self.is_closed = True


class SomeOutput:
    """Keeps the rows that are written, once they all are."""

    def __init__(self, files: "SomeFiles", path: str) -> None:
        self._files = files
        self._path = path
        self._rows: list[OutputRow] = []

    async def add(self, rows: Sequence[OutputRow]) -> None:
        """Write the next rows."""
        self._rows += rows

    async def finish(self) -> FileMark:
        """Put it in its place."""
        if self._files.fails_at_the_end is not None:
            raise self._files.fails_at_the_end
        self._files.written[self._path] = self._rows
        return (1,)

    async def discard(self) -> None:
        """Leave nothing of it."""


async def _at_once(row: int) -> None:
    del row


class SomeFiles:
    """Files in memory: rows of one input, and all that is written."""

    def __init__(self, rows: Sequence[str | Exception] = (), page_rows: int = 4) -> None:
        self.rows = list(rows)
        self.page_rows = page_rows
        self.written: dict[str, list[OutputRow]] = {}
        self.may_read: Callable[[int], Awaitable[None]] = _at_once
        self.fails: Refusal | None = None
        self.fails_at_the_end: Refusal | None = None
        self.opened: list[InputPosition | None] = []
        self.inputs: list[SomeInput] = []

    def pause_after_the_first(self) -> asyncio.Event:
        """Read no more than the first row until the event is set."""
        goes_on = asyncio.Event()

        async def only_the_first(row: int) -> None:
            if row:
                await goes_on.wait()

        self.may_read = only_the_first
        return goes_on

    async def open_input(
        self, place: FilePlace, *, id_column: str | None = None, after: InputPosition | None = None
    ) -> RowInput:
        """The rows; a file without any is none."""
        if not self.rows:
            raise InputRefused(f"failed to read csv input {place.path}: there is no such file")
        self.opened.append(after)
        self.inputs.append(SomeInput(self, after))
        return self.inputs[-1]

    async def open_output(self, file: RowsFile) -> RowOutput:
        """A file, unless it fails."""
        if self.fails is not None:
            raise self.fails
        path = file.place.path
        if path in self.written and (1,) not in file.own:
            raise OutputRefused(f"{path} exists")
        return SomeOutput(self, path)


class NumberChecks:
    """Takes results that hold a number `n`, whatever the schema says."""

    async def require(self, schema: Mapping[str, Any]) -> None:
        pass

    async def misfit(self, schema: Mapping[str, Any], result: Mapping[str, Any]) -> str | None:
        return None if isinstance(result.get("n"), int) else "n is missing"


def outside_of(rig: Rig, files: SomeFiles) -> JobOutside:
    """What jobs are given of the outside world in tests."""

    def nobody_hears(job_id: str) -> None:
        del job_id

    return JobOutside(files, NumberChecks(), partial(answer_of, rig.logs.durable), nobody_hears)


class Task(NamedTuple):
    """What a worker was told."""

    job_id: str
    item_id: str
    thread_id: str
    outputs: int
    """How many calls it made were answered."""

    def report(self, number: int = 0, **said: Any) -> list[ModelEvent]:
        """Report a result; whatever is named is said in place of the truth."""
        told = {"job_id": self.job_id, "item_id": self.item_id, "result": {"n": 1}, **said}
        return call_of("report_agent_job_result", number, json.dumps(told))


TOLD = re.compile(r"Job: (\S+)\nItem: (\S+)\n")


class Workers(PuppetModel):
    """A model whose workers do what a function of their task says."""

    def __init__(self, acts: Callable[[Task], Awaitable[list[ModelEvent]]]) -> None:
        super().__init__()
        self.acts = acts

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        history = b"\n".join(request.history).decode()
        found = TOLD.search(history.replace("\\n", "\n"))
        assert found, history
        outputs = history.count('"function_call_output"')
        task = Task(found[1], found[2], request.thread_id, outputs)
        for event in await self.acts(task):
            yield event
        yield ResponseDone("r", USAGE)


async def never(task: Task) -> list[ModelEvent]:
    """Come to no end."""
    await asyncio.get_running_loop().create_future()
    return []


async def reports(task: Task) -> list[ModelEvent]:
    """Report at once, and say so then."""
    return task.report() if not task.outputs else message("done")


@asynccontextmanager
async def job_rig(
    acts: Callable[[Task], Awaitable[list[ModelEvent]]] = reports,
    home: Path | None = None,
    limits: JobPolicy | None = None,
    files: SomeFiles | None = None,
    model: PuppetModel | None = None,
    agents: AgentPolicy | None = None,
) -> AsyncIterator[Rig]:
    """A host whose threads are workers of jobs."""
    threads = POLICY.threads._replace(agents=agents or AgentPolicy())
    behaviour = POLICY._replace(jobs=limits or JobPolicy(wait_ms=1), threads=threads)
    hosts: list[Rig] = []
    async with open_rig(
        home,
        model or Workers(acts),
        behaviour,
        jobs=lambda: outside_of(hosts[0], files or SomeFiles()),
    ) as rig:
        hosts.append(rig)
        yield rig


class JobView(NamedTuple):
    """A job as its views have it."""

    rig: Rig
    job_id: str
    runner_id: str = ""

    async def row(self) -> JobRow:
        """The job."""
        found = await job_row(self.rig.logs.durable.reads, self.job_id)
        assert found is not None
        return found

    async def items(self) -> Sequence[ItemRow]:
        """Its rows."""
        return await item_page(self.rig.logs.durable.reads, self.job_id, -1, 100_000)

    async def finished(self) -> JobRow:
        """The job once it has ended, and none of its workers is left."""
        await self.rig.published(JobEnded.kind, job_stream(self.job_id))
        await eventually(lambda: self.rig.host.jobs.working == 0)
        return await self.row()


async def begun(
    rig: Rig, count: int, runner_id: str = "", page_rows: int = 256, **limits: Any
) -> JobView:
    """A job that goes on, with so many rows below a runner."""
    job_id, runner_id = rig.ids.new(), runner_id or await rig.start()
    create = CreateJob(runner_id=runner_id, **{"described": DESCRIBED, "wait_ms": 1, **limits})
    await rig.host.jobs.ask(job_id, create, ORIGIN)
    for first in range(0, count, page_rows):
        await rig.host.jobs.ask(job_id, rows(min(page_rows, count - first), first), ORIGIN)
    await rig.host.jobs.ask(job_id, EndInput(at_ms=1), ORIGIN)
    await rig.host.jobs.go_on(job_id)
    return JobView(rig, job_id, runner_id)
