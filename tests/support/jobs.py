"""Jobs for tests: their past as events, a job in a log, and how its views have it."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

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
from threadhost.actors.command import Command
from threadhost.actors.job import AddRows, ClaimRows, CreateJob, EndInput
from threadhost.actors.job_policy import JobPolicy
from threadhost.actors.job_ports import InputRefused, OutputRefused, Place, RowInput, RowOutput
from threadhost.actors.models import ModelEvent, ModelRequest, ResponseDone
from threadhost.actors.runtime.job_actor import DoJob, JobActors
from threadhost.actors.runtime.job_run import JobOutside
from threadhost.adapters.clock import SystemClock
from threadhost.events.base import Erased, Event, Recorded
from threadhost.events.ids import job_stream, page_stream
from threadhost.events.job import JobDescribed, JobEnded, JobItemClaimed
from threadhost.events.job_state import Job, Page, fold
from threadhost.events.store.committer import Appended
from threadhost.projections.job_queries import ItemRow, JobRow, item_page, job_row

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
        appended: Appended = await actor.actor_ref.ask(DoJob(command, ORIGIN, page), block=False)
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


class NoFiles:
    """Files that nobody has."""

    async def open_input(self, place: Place, **_how: Any) -> RowInput:
        raise InputRefused(f"failed to read csv input {place.path}: there are no files")

    async def open_output(self, place: Place, **_how: Any) -> RowOutput:
        raise OutputRefused(f"{place.path}: there are no files")


class NumberChecks:
    """Takes results that hold a number `n`, whatever the schema says."""

    async def require(self, schema: Mapping[str, Any]) -> None:
        pass

    async def misfit(self, schema: Mapping[str, Any], result: Mapping[str, Any]) -> str | None:
        return None if isinstance(result.get("n"), int) else "n is missing"


def outside() -> JobOutside:
    """What jobs are given of the outside world in tests."""
    return JobOutside(NoFiles(), NumberChecks())


class Task(NamedTuple):
    """What a worker was told."""

    job_id: str
    item_id: str
    thread_id: str
    outputs: int
    """How many calls it made were answered."""

    def report(self, **said: Any) -> list[ModelEvent]:
        """Report a result; whatever is named is said in place of the truth."""
        told = {"job_id": self.job_id, "item_id": self.item_id, "result": {"n": 1}, **said}
        return call_of("report_agent_job_result", arguments=json.dumps(told))


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


async def reports(task: Task) -> list[ModelEvent]:
    """Report at once, and say so then."""
    return task.report() if not task.outputs else message("done")


@asynccontextmanager
async def job_rig(
    acts: Callable[[Task], Awaitable[list[ModelEvent]]] = reports,
    home: Path | None = None,
    limits: JobPolicy | None = None,
) -> AsyncIterator[Rig]:
    """A host whose threads are workers of jobs."""
    behaviour = POLICY._replace(jobs=limits or JobPolicy())
    async with open_rig(home, Workers(acts), behaviour, jobs=outside) as rig:
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

    async def over(self) -> JobRow:
        """The job once it has ended, and none of its workers is left."""
        await self.rig.published(JobEnded.kind, job_stream(self.job_id))
        await eventually(lambda: self.rig.host.jobs.working == 0)
        return await self.row()


async def begun(
    rig: Rig, count: int, runner_id: str = "", page_rows: int = 256, **limits: Any
) -> JobView:
    """A job that goes on, with so many rows below a runner."""
    job_id, runner_id = rig.ids.new(), runner_id or await rig.start()
    create = CreateJob(runner_id=runner_id, described=DESCRIBED, **{"wait_ms": 1, **limits})
    await rig.host.jobs.ask(job_id, create, ORIGIN)
    for first in range(0, count, page_rows):
        await rig.host.jobs.ask(job_id, rows(min(page_rows, count - first), first), ORIGIN)
    await rig.host.jobs.ask(job_id, EndInput(at_ms=1), ORIGIN)
    await rig.host.jobs.go_on(job_id)
    return JobView(rig, job_id, runner_id)
