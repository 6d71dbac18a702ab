"""Jobs for tests: their past as events, a job in a log, and how its views have it."""

from collections.abc import Sequence
from typing import Any

from tests.given import META
from tests.support.hosts import ORIGIN, Rig
from threadhost.actors.command import Command
from threadhost.actors.job import AddRows, ClaimRows, CreateJob, EndInput
from threadhost.actors.runtime.job_actor import DoJob, JobActors
from threadhost.adapters.clock import SystemClock
from threadhost.events.base import Erased, Event, Recorded
from threadhost.events.ids import job_stream, page_stream
from threadhost.events.job import JobDescribed, JobItemClaimed
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

    async def row(self) -> JobRow:
        """The job as its view has it."""
        found = await job_row(self.rig.logs.durable.reads, self.job_id)
        assert found is not None
        return found

    async def items(self) -> Sequence[ItemRow]:
        """Its rows as their view has them."""
        return await item_page(self.rig.logs.durable.reads, self.job_id, -1, 1_000)
