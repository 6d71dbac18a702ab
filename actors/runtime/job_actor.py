"""A job: the one that decides what becomes of its rows, over the streams of its pages."""

from collections.abc import Callable, Sequence

from threadhost.actors.command import Command
from threadhost.actors.job_rules import Decided, decide_job
from threadhost.actors.origin import Origin
from threadhost.actors.ports import Clock
from threadhost.actors.runtime.actor import LoopActor
from threadhost.actors.runtime.actor_cache import ActorCache
from threadhost.actors.runtime.append_errors import RESUMABLE
from threadhost.events.base import Recorded
from threadhost.events.ids import job_of, job_stream, page_of, page_stream
from threadhost.events.job_state import Job, Page, fold
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.committer import Appended, Idempotency, StreamAppend
from threadhost.events.store.errors import WrongExpectedVersion
from threadhost.events.store.log import Log

JOBS_KEPT_MAX = 256
PAGES_KEPT_MAX = 8
"""Beside those that are open."""


class DoJob(NamedTuple):
    """Carry out a command on a job and, if it is about one, a page of its rows."""

    command: Command
    origin: Origin
    page: int | None = None
    idempotency: Idempotency | None = None
    urgent: bool = False


async def job_as_recorded(log: Log, job_id: str) -> Job:
    """A job as its stream tells; one with no status if there is none."""
    return fold(Job(job_id), await log.read_stream(job_stream(job_id)))


async def page_as_recorded(log: Log, job_id: str, number: int) -> Page:
    """A page as its stream tells."""
    recorded = await log.read_stream(page_stream(job_id, number))
    return fold(Page(job_id, number), recorded)


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
        found = self.pages.get(number)
        if found is None:
            read = await page_as_recorded(self._log, self.job.id, number)
            found = self.pages.setdefault(number, read)
            self._let_go()
        return found

    def heard(self, fact: Recorded) -> None:
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
            appends.insert(0, StreamAppend(stream, decided.page, page.version))
        meta = message.origin.at(self._clock.now_ms())
        return await self._log.append(*appends, meta=meta, idempotency=message.idempotency)

    def _number(self, page: int | None) -> int:
        """The page that a command is about; new rows are the next one."""
        return self.job.pages if page is None else page

    async def _read_again(self) -> None:
        job_id = self.job.id
        self.job = await job_as_recorded(self._log, job_id)
        for number in tuple(self.pages):
            self.pages[number] = await page_as_recorded(self._log, job_id, number)

    def _let_go(self) -> None:
        closed = [number for number in self.pages if number not in self.job.open]
        for number in closed[:-PAGES_KEPT_MAX]:
            del self.pages[number]


class JobActors(ActorCache[JobActor]):
    """At most one actor a job; all of them hear of what the log takes."""

    def __init__(self, log: Log, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self.moved: Callable[[str], object] = lambda _: None
        """Called with the job of which a worker is over, which is in no log."""
        super().__init__(self._of, JOBS_KEPT_MAX)

    async def _of(self, job_id: str) -> JobActor:
        return JobActor.launch(self._log, self._clock, await job_as_recorded(self._log, job_id))

    def published(self, recorded: Sequence[Recorded]) -> None:
        """Let the jobs in question know of a commit."""
        for fact in recorded:
            job_id = job_of(fact.stream)
            if job_id is not None and (actor := self._running(job_id)) is not None:
                actor.heard(fact)
