"""A job in progress: claims its rows as slots become free, and keeps its workers."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from threadhost.actors.command import Command
from threadhost.actors.errors import Overloaded, ThreadNotFound
from threadhost.actors.job import ClaimRows, EndLeases, RetryPage
from threadhost.actors.job_pacing import Pace
from threadhost.actors.origin import Origin, policy
from threadhost.actors.runtime.actor import ActorDeadError, MailboxFull
from threadhost.actors.runtime.append_errors import RETRY_S, TRANSIENT, patiently
from threadhost.actors.runtime.job_actor import JobActor, JobCommandEnvelope
from threadhost.actors.runtime.job_services import JobServices
from threadhost.actors.runtime.job_threads import WorkerThreads
from threadhost.actors.runtime.job_worker import Claim, Worker
from threadhost.actors.runtime.tasks import begin
from threadhost.events.base import Recorded
from threadhost.events.causes import by_event
from threadhost.events.ids import job_stream, page_stream, thread_stream
from threadhost.events.job import JobDescribed, JobItemClaimed, JobRowsAdded, OfItem
from threadhost.events.job_page import Page
from threadhost.events.job_rows import render
from threadhost.events.job_state import Job
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.operator_log import HOST_FAULT
from threadhost.events.store.committer import Appended
from threadhost.events.store.log_reader import LogReader

if TYPE_CHECKING:
    import asyncio

OPEN_PAGES_MAX = 8
"""How many more pages than running rows may be open, with rows that still wait."""
ROWS_KEPT_MAX = 4
"""Pages whose rows are kept in memory."""
AGAIN = (*TRANSIENT, MailboxFull, ActorDeadError, Overloaded)
"""Errors that pass, or that end with a new actor."""
MILLISECONDS = 1000
LEASES_EVERY_MS = 1_000
"""How often expired leases are looked for."""


class Due(NamedTuple):
    """How many rows of a page may be claimed now, and when the next is due; 0 for never."""

    rows: int
    next_at_ms: int


async def described(log: LogReader, job_id: str) -> JobDescribed:
    """The description of a job. Raises LookupError if it cannot be read."""
    for described in await log.events_of(job_stream(job_id), JobDescribed):
        return described
    raise LookupError(f"the description of job {job_id} cannot be read")


class JobRun:
    """The work of this process for a job; everything durable is in the log."""

    def __init__(
        self,
        services: JobServices,
        actor: JobActor,
        tree_id: str,
        by_stream: dict[str, Worker],
        threads: WorkerThreads,
    ) -> None:
        self.services = services
        self.job_id = actor.job.id
        self.tree_id = tree_id
        self.pace = Pace.of(actor.job.concurrency)
        self.workers: dict[str, Worker] = {}
        self.threads = threads
        self._by_row: dict[int, Worker] = {}
        self._by_stream = by_stream
        """The workers of all jobs, by the streams of their threads."""
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.blocked_by = ""
        """The deletion that includes the job's runner: until it ends, no row begins."""
        self.is_runner_archived: bool | None = None
        """Whether the job's runner is archived: then, or if it is not known, no row begins."""
        self.is_looking = False
        """Whether the runner is being looked at."""
        self._leases_at_ms = 0
        self.backoff_until_ms = 0
        """The time until which the job backs off."""
        self._actor = actor
        self._due_of_pages: dict[int, tuple[Page, int, Due]] = {}
        self._rows: dict[int, JobRowsAdded] = {}
        self._described: JobDescribed | None = None

    @property
    def job(self) -> Job:
        """The job, in its recorded state."""
        return self._actor.job

    async def current(self) -> JobActor:
        """The actor of the job, with all open pages loaded."""
        actor = await self.services.actors.get(self.job_id)
        actor.is_needed = True
        for number in actor.job.open:
            if number not in actor.pages:
                await actor.page(number)
        self._actor = actor
        return actor

    async def ask(self, command: Command, origin: Origin, page: int | None = None) -> Appended:
        """Carry out a command, however long the store takes.

        Raises Refusal or StoreError, or ActorFailed if the command may have been carried out.
        """

        async def ask() -> Appended:
            await self.current()
            return await self.services.actors.do(
                self.job_id, JobCommandEnvelope(command, origin, page)
            )

        return await patiently(ask, AGAIN)

    def on_event(self, fact: Recorded) -> None:
        """Wake the workers whose assignment may have changed: that of the row, or all of them."""
        if not isinstance(fact.event, OfItem):
            for working in self.workers.values():
                working.wake_if_stale()
        elif (worker := self._by_row.get(fact.event.item)) is not None:
            worker.wake_if_stale()

    def back_off(self, seconds: float = RETRY_S) -> None:
        """Begin no rows for this time: they would all meet the error that one has met."""
        self.backoff_until_ms = self._now_ms + round(seconds * MILLISECONDS)

    def is_backing_off(self, at_ms: int) -> bool:
        """Whether the job backs off after an error; a job that is over does not."""
        return at_ms < self.backoff_until_ms and not self.job.is_over

    def is_assigned(self, claim: Claim) -> bool:
        """Whether the row is still assigned to the thread of this claim."""
        page = self._actor.pages.get(claim.page)
        if page is None or claim.page not in self.job.open:
            return False
        item = page.at(claim.item)
        return item.status == "running" and item.thread_id == claim.thread_id

    # -- how many rows may begin --

    def demand(self, at_ms: int) -> int:
        """How many rows could begin now."""
        job = self.job
        if job.is_over or job.is_paused or self._is_blocked:
            return 0
        room = self.pace.room(len(self.workers), at_ms)
        if not room or job.retrying or self._may_open:
            return room
        due = 0
        for page in self._open_pages():
            due += self._due_of(page, at_ms).rows
            if due >= room:
                return room
        return due

    @property
    def _is_blocked(self) -> bool:
        may_be_archived = self.is_runner_archived is not False
        return bool(self.blocked_by) or may_be_archived or self._is_out_of_tokens

    async def look_at_runner(self) -> None:
        """Find out once whether rows may begin; later, events of the runner say so.

        While a deletion has the runner fenced, that stays unknown, and the job backs off. Raises
        StoreError.
        """
        sessions, runner_id, is_archived = self.services.sessions, self.job.runner_id, False
        if await sessions.logs.is_fenced(runner_id):
            self.back_off()
            return
        with suppress(ThreadNotFound):
            is_archived = (await sessions.state(runner_id)).archived
        if self.is_runner_archived is None:  # else an event has said so meanwhile
            self.is_runner_archived = is_archived

    @property
    def _is_out_of_tokens(self) -> bool:
        """Whether the goal's budget of the tree is used up, so that no worker may join."""
        cover = self.services.budgets.of(self.tree_id)
        return cover is not None and cover.is_used_up

    def next_at_ms(self, at_ms: int) -> int:
        """The next time at which something becomes due; 0 if nothing waits for a time."""
        times = [self._due_of(page, at_ms).next_at_ms for page in self._open_pages()]
        job = self.job
        if job.deadline_ms:
            times.append(job.created_at_ms + job.deadline_ms)
        times += (self.pace.not_before_ms, self.backoff_until_ms)
        return min((time for time in times if time > at_ms), default=0)

    @property
    def _may_open(self) -> bool:
        job = self.job
        return job.opened < job.pages and len(job.open) < len(self.workers) + OPEN_PAGES_MAX

    def _open_pages(self) -> Iterator[Page]:
        pages = self._actor.pages
        return (pages[number] for number in self.job.open if number in pages)

    def _due_of(self, page: Page, at_ms: int) -> Due:
        """What may be claimed of a page; cached until the page changes or a row becomes due."""
        if page.is_finished:  # an open page that lost events: a claim finishes it
            return Due(1, 0)
        if not page.delayed:
            return Due(page.pending, 0)
        cached = self._due_of_pages.get(page.number)
        if cached is not None and cached[0] is page and at_ms < cached[1]:
            return cached[2]
        waiting = [item.due_at_ms for item in page.items if item.status == "pending"]
        later = [due_ms for due_ms in waiting if due_ms > at_ms]
        due = Due(len(waiting) - len(later), min(later, default=0))
        self._due_of_pages = {
            n: entry for n, entry in self._due_of_pages.items() if n in self.job.open
        }
        self._due_of_pages[page.number] = page, due.next_at_ms or at_ms + 2**40, due
        return due

    # -- beginning rows --

    async def begin(self, places: int) -> None:
        """Claim up to this many due rows, the first ones first, and start their workers."""
        await self.current()
        for number in self.job.retrying[:1]:
            await self.ask(RetryPage(), self._origin(), number)
        for page in tuple(self._open_pages()):
            if places <= 0:
                return
            if self._due_of(page, self._now_ms).rows:
                places -= await self._claim(page.number, places)
        if places > 0 and self._may_open:
            await self._claim(self.job.opened, places)

    async def _claim(self, page: int, places: int) -> int:
        new_ids = [self.services.ids.new() for _ in range(places)]
        command = ClaimRows(new_ids, self._now_ms)
        appended = await self.ask(command, self._origin(), page)
        count = 0
        for fact in appended.recorded:
            if isinstance(fact.event, JobItemClaimed):
                event = fact.event
                self._start_worker(Claim(page, event.item, event.thread_id, fact.version))
                count += 1
        return count

    def _start_worker(self, claim: Claim) -> None:
        worker = self.workers[claim.thread_id] = Worker(self, claim)
        self._by_stream[thread_stream(claim.thread_id)] = self._by_row[claim.item] = worker
        self.tasks[claim.thread_id] = begin(self._work(worker))

    async def _work(self, worker: Worker) -> None:
        thread_id = worker.claim.thread_id
        try:
            await worker.work()
        except Exception as error:  # noqa: BLE001  (any error: other rows continue)
            HOST_FAULT.emit(error, what=f"a worker of job {self.job_id}")
        finally:
            self.workers.pop(thread_id, None)
            self._by_stream.pop(thread_stream(thread_id), None)
            if self._by_row.get(worker.claim.item) is worker:
                del self._by_row[worker.claim.item]
            self.tasks.pop(thread_id, None)
            self.services.actors.on_change(self.job_id)

    async def end_leases(self) -> None:
        """Take back rows with an expired lease that no worker of this process has."""
        at_ms, job = self._now_ms, self.job
        if at_ms < self._leases_at_ms:
            return
        self._leases_at_ms = at_ms + LEASES_EVERY_MS
        for page in tuple(self._open_pages()):
            if any(
                item.status == "running"
                and item.thread_id not in self.workers
                and item.heard_at_ms + job.lease_ms <= at_ms
                for item in page.items
            ):
                await self.ask(EndLeases(at_ms), self._origin(), page.number)

    # -- for workers --

    async def row(
        self, claim: Claim
    ) -> tuple[str, str, Mapping[str, Any], Mapping[str, Any] | None]:
        """The task of a worker: item id, instruction, row and schema.

        Raises LookupError, or ValueError if the instruction is too long.
        """
        rows, described = await self._rows_of(claim.page), await self.described()
        number = claim.item - rows.first
        row = rows.rows[number]
        instruction = render(described.instruction, row)
        return rows.item_ids[number], instruction, row, described.output_schema

    async def described(self) -> JobDescribed:
        """The description of the job. Raises LookupError if it cannot be read."""
        if self._described is None:
            self._described = await described(self.services.sessions.logs.durable, self.job_id)
        return self._described

    async def _rows_of(self, page: int) -> JobRowsAdded:
        rows = self._rows.get(page)
        if rows is None:
            log, stream = self.services.sessions.logs.durable, page_stream(self.job_id, page)
            added = await log.events_of(stream, JobRowsAdded)
            if not added:
                raise LookupError(f"rows of job {self.job_id} cannot be read")
            rows = added[-1]
            while len(self._rows) >= ROWS_KEPT_MAX:
                del self._rows[next(iter(self._rows))]
            self._rows[page] = rows
        return rows

    def throttle(self) -> int:
        """Slow the job down after the provider refused a call; returns the wait in milliseconds."""
        self.pace = self.pace.throttled(self._now_ms)
        return self.pace.wait_ms

    @property
    def cause(self) -> str:
        """The cause of the host's own commands on the job: its newest event."""
        return by_event(job_stream(self.job_id), max(1, self.job.version))

    def _origin(self) -> Origin:
        return policy("jobs", self.job_id, self.cause)

    @property
    def _now_ms(self) -> int:
        return self.services.time.now_ms()
