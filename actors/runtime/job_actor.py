"""A job: the one that decides what becomes of its rows, over the streams of its pages."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from threadhost.actors.command import Command
from threadhost.actors.job_rules import Decided, decide_job
from threadhost.actors.origin import Origin
from threadhost.actors.ports import Clock
from threadhost.actors.runtime.actor import LoopActor
from threadhost.actors.runtime.actor_cache import ActorCache
from threadhost.actors.runtime.append_errors import RESUMABLE
from threadhost.events.base import Event, Recorded
from threadhost.events.ids import job_of, job_stream, page_of, page_stream
from threadhost.events.job import OfItem
from threadhost.events.job_page import Page
from threadhost.events.job_state import Job, fold
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.committer import Appended, Idempotency, StreamAppend
from threadhost.events.store.errors import WrongExpectedVersion
from threadhost.events.store.log import Log

S = TypeVar("S", Job, Page)
JOBS_KEPT_MAX = 256
NO_CAUSES: Mapping[int, str] = {}
PAGES_KEPT_MAX = 8
"""Beside those that are open."""


class DoJob(NamedTuple):
    """Carry out a command on a job and, if it is about one, a page of its rows."""

    command: Command
    origin: Origin
    page: int | None = None
    idempotency: Idempotency | None = None
    causes: Mapping[int, str] = NO_CAUSES
    """What led to the events of some rows, where that is not what led to the command."""
    urgent: bool = False


async def job_as_recorded(log: Log, job_id: str, known: Job | None = None) -> Job:
    """A job as its stream tells, from what is known of it on; one with no status if there is none.

    That of a million rows has some thousand events: others have their turn on the loop in between.
    """
    job, stream, read_to = known or Job(job_id), job_stream(job_id), -1
    while read_to < job.version:
        read_to = job.version
        head = await log.stream_head(stream)
        async for some in log.walk_stream(stream, read_to, head.version if head else 0):
            job = fold(job, some)
            await asyncio.sleep(0)
    return job


async def page_as_recorded(log: Log, page: Page) -> Page:
    """A page as its stream tells, from what is known of it on."""
    return fold(page, await log.read_stream(page_stream(page.job_id, page.number), page.version))


class JobActor(LoopActor):
    """Follows the log: whoever appends to the job or its pages, it knows with the commit."""

    def __init__(self, log: Log, clock: Clock, job: Job) -> None:
        super().__init__()
        self._log = log
        self._clock = clock
        self.job = job
        self.pages: dict[int, Page] = {}
        self.is_needed = False
        """Whether it is not let go of, though nothing is asked of it."""

    @property
    def is_working(self) -> bool:
        """Whether a message is being handled or waits, or its job goes on."""
        return super().is_working or (self.is_needed and not self.job.is_over)

    async def receive(self, message: DoJob) -> Appended:
        """Decide and append, anew where something else came first."""
        while True:
            page = await self.page(message.page) if message.page is not None else Page()
            decided = decide_job(message.command, self.job, page)
            if not (decided.job or decided.page):
                return Appended(())
            try:
                return await self._append(decided, page, message)
            except WrongExpectedVersion:
                await self._read_again()

    def is_fatal(self, error: Exception) -> bool:
        """Whatever is not an answer: the job is folded anew from the log."""
        return not isinstance(error, RESUMABLE)

    async def page(self, number: int) -> Page:
        """A page of the job, as the log has it."""
        page = self.pages.get(number)
        if page is None:
            read = await page_as_recorded(self._log, Page(self.job.id, number))
            page = self.pages.setdefault(number, read)
            self._evict()
        return page

    def apply(self, fact: Recorded) -> None:
        """Follow an event of the job or of one of its pages."""
        number = page_of(fact.stream)
        if number is None:
            if fact.version == self.job.version + 1:
                self.job = fold(self.job, [fact])
        elif (page := self.pages.get(number)) is not None and fact.version == page.version + 1:
            self.pages[number] = fold(page, [fact])

    async def _append(self, decided: Decided, page: Page, message: DoJob) -> Appended:
        """The version of the job is looked at even where only a page changes: its end wins."""
        job_id = self.job.id
        appends = [StreamAppend(job_stream(job_id), decided.job, self.job.version)]
        if decided.page:
            stream = page_stream(job_id, self._number(message.page))
            causes = _causes(decided.page, message.causes)
            appends.insert(0, StreamAppend(stream, decided.page, page.version, causes=causes))
        meta = message.origin.at(self._clock.now_ms())
        key, asker = message.idempotency, message.origin.asker
        return await self._log.append(*appends, meta=meta, idempotency=key, asker=asker)

    def _number(self, page: int | None) -> int:
        """The page that a command is about; new rows are the next one."""
        return self.job.pages if page is None else page

    async def _read_again(self) -> None:
        self.job = _newer(self.job, await job_as_recorded(self._log, self.job.id, self.job))
        for number, page in tuple(self.pages.items()):
            read = await page_as_recorded(self._log, page)
            self.pages[number] = _newer(self.pages[number], read)

    def _evict(self) -> None:
        closed = [number for number in self.pages if number not in self.job.open]
        for number in closed[:-PAGES_KEPT_MAX]:
            del self.pages[number]


def _newer(followed: S, read: S) -> S:
    """What is known of a stream that was followed while it was read."""
    return read if read.version > followed.version else followed


def _causes(events: Sequence[Event], of_rows: Mapping[int, str]) -> Sequence[str]:
    return [of_rows.get(e.item, "") if isinstance(e, OfItem) else "" for e in events]


class JobActors(ActorCache[JobActor]):
    """At most one actor a job; all of them hear of what the log takes."""

    def __init__(self, log: Log, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self.on_change: Callable[[str], object] = lambda _: None
        """Called with the job of which a worker is over, which is in no log."""
        super().__init__(self._of, JOBS_KEPT_MAX)

    async def _of(self, job_id: str) -> JobActor:
        return JobActor.launch(self._log, self._clock, await job_as_recorded(self._log, job_id))

    def published(self, recorded: Sequence[Recorded]) -> None:
        """Let the jobs in question know of a commit."""
        for fact in recorded:
            if (job_id := job_of(fact.stream)) is not None:
                self.apply(job_id, fact)

    def apply(self, job_id: str, fact: Recorded) -> None:
        """Let a job know of an event of its own, or of one of its pages."""
        if (actor := self._running(job_id)) is not None:
            actor.apply(fact)
