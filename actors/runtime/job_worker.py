"""One attempt at a row: starts a thread, gives it the task, follows it, and stops it."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

from threadhost.actors.command import Command
from threadhost.actors.errors import (
    BudgetUsedUp,
    Overloaded,
    Refusal,
    ShuttingDown,
    ThreadArchived,
    ThreadBeingDeleted,
)
from threadhost.actors.job import (
    AT_LIMIT,
    NO_REPORT,
    NOT_SPAWNED,
    THREAD_ARCHIVED,
    TOO_LONG,
    FailAttempt,
    RenewLease,
)
from threadhost.actors.origin import Origin, policy
from threadhost.actors.runtime.job_services import JobServices
from threadhost.actors.runtime.job_threads import Start, WorkerThreads
from threadhost.actors.runtime.tasks import set_within
from threadhost.actors.turn import StartTurn
from threadhost.actors.worker import task_of
from threadhost.events.base import Recorded
from threadhost.events.causes import by_event
from threadhost.events.failpoints import reach
from threadhost.events.host_tool import HostToolAnswered
from threadhost.events.ids import page_stream
from threadhost.events.job_state import Job
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.errors import StoreError
from threadhost.events.thread import ThreadDraining
from threadhost.events.turn import ErrorRecorded, TurnCompleted, text_part
from threadhost.events.words import ARCHIVED

MILLISECONDS = 1000
ANSWER_S = 10
LOOK_AGAIN_S = 0.2
"""The interval of checks on a thread that is being deleted."""
TEMPORARY = (BudgetUsedUp, Overloaded, StoreError, ThreadArchived, ThreadBeingDeleted)
"""Errors after which a worker can start later: they use up no attempt of the row."""
RATE_CODES = frozenset({"rateLimitExceeded", "serverOverloaded"})


class Claim(NamedTuple):
    """A claimed row: its page, its thread, and the version of the claim in the page's stream."""

    page: int
    item: int
    thread_id: str
    version: int


class Run(Protocol):
    """The job of a worker, as `JobRun` implements it."""

    job_id: str
    services: JobServices
    threads: WorkerThreads

    @property
    def job(self) -> Job:
        """The job, in its recorded state."""

    def is_assigned(self, claim: Claim) -> bool:
        """Whether the row is still assigned to the thread of this claim."""

    async def row(
        self, claim: Claim
    ) -> tuple[str, str, Mapping[str, Any], Mapping[str, Any] | None]:
        """The task of a worker: item id, instruction, row and schema."""

    async def ask(self, command: Command, origin: Origin, page: int | None = None) -> object:
        """Carry out a command, however long the store takes."""

    def back_off(self) -> None:
        """Begin no rows for a moment."""

    def throttle(self) -> int:
        """Slow the job down after the provider refused a call; returns the wait in milliseconds."""


class Worker:
    """A thread that works on a row of a job; it holds a slot until it is stopped."""

    def __init__(self, run: Run, claim: Claim) -> None:
        self._run = run
        self.claim = claim
        self._changed = asyncio.Event()
        self._is_over = False
        self._failure = ""
        self._is_archived = False
        self.is_reporting = False
        """Whether a report is in progress, or was accepted."""
        self._is_answered = False
        cause = by_event(page_stream(run.job_id, claim.page), claim.version)
        self.origin: Origin = policy("jobs", run.job_id, cause)

    def on_event(self, fact: Recorded) -> None:
        """Follow an event of the thread."""
        event = fact.event
        if isinstance(event, ErrorRecorded):
            self._failure = event.code
        elif isinstance(event, ThreadDraining):
            self._is_archived = event.reason == ARCHIVED
        elif isinstance(event, TurnCompleted):
            self._is_over = True
            self._changed.set()
        elif isinstance(event, HostToolAnswered) and self.is_reporting:
            self._is_answered = True
            self._changed.set()

    def wake_if_stale(self) -> None:
        """Wake the worker if the row is not its own any more, or the job is over."""
        if not self.is_current:
            self._changed.set()

    @property
    def is_current(self) -> bool:
        """Whether the row is still assigned to the thread, and the job is not over."""
        return self._run.is_assigned(self.claim) and not self._run.job.is_over

    async def work(self) -> None:
        """Do the whole attempt; the thread is stopped at its end."""
        try:
            if await self._start():
                await self._supervise()
        except Exception:
            await self._stop()
            raise
        await self._stop()

    async def _stop(self) -> None:
        run, thread_id = self._run, self.claim.thread_id
        await run.threads.stop(run.job_id, thread_id, self.origin, is_idle=self._is_over)

    async def _start(self) -> bool:
        """Start the thread with its task; returns whether it runs."""
        services, claim = self._run.services, self.claim
        reach("job.claimed")
        try:
            task = await self._run.row(claim)
            cause = self.origin.causation_id
            start = Start(claim.thread_id, self._run.job.runner_id, claim.item, cause)
            await self._run.threads.start(self._run.job_id, start)
            reach("job.worker_started")
            content = [text_part(task_of(self._run.job_id, *task))]
            ids, now_ms = services.ids, services.clock.now_ms()
            turn = StartTurn(ids.new(), ids.new(), content, now_ms)
            await services.threads.ask(claim.thread_id, turn, self.origin)
        except ShuttingDown:
            return False
        except (Refusal, StoreError, LookupError, ValueError) as refused:
            if isinstance(refused, ThreadArchived):  # the runner is about to be archived
                self._run.back_off()
            await self._fail(NOT_SPAWNED, counts=not isinstance(refused, TEMPORARY))
            return False
        return True

    async def _supervise(self) -> None:
        """Wait until the row is taken from the thread, or its turn or its time is over."""
        job, loop = self._run.job, asyncio.get_running_loop()
        ends_at = loop.time() + job.item_ms / MILLISECONDS if job.item_ms else None
        while self.is_current and not self._is_over:
            left_s = job.lease_ms / 3 / MILLISECONDS
            if ends_at is not None:
                left_s = min(left_s, ends_at - loop.time())
            if left_s <= 0:
                await self._fail(TOO_LONG)
                return
            await self._await_change(left_s)
        await self._settle()
        await self._await_answer()

    async def _await_answer(self) -> None:
        """Wait until the thread has the answer to its report, before it is stopped."""
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                while self.is_reporting and not (self._is_answered or self._is_over):
                    self._changed.clear()
                    await self._changed.wait()

    async def _await_change(self, at_most_s: float) -> None:
        self._changed.clear()
        if not await set_within(self._changed, at_most_s):
            claim = self.claim
            command = RenewLease(claim.item, claim.thread_id, self._run.services.time.now_ms())
            await self._run.ask(command, self.origin, claim.page)

    async def _settle(self) -> None:
        """Fail the attempt if the thread has ended without a report."""
        while self._run.is_assigned(self.claim) and await self._is_being_deleted():
            self._changed.clear()  # the deletion takes the row from the thread, or halts
            await set_within(self._changed, LOOK_AGAIN_S)
        if not self._run.is_assigned(self.claim):
            return
        if self._failure in RATE_CODES:
            wait_ms = self._run.throttle()
            await self._fail(AT_LIMIT, counts=False, wait_ms=wait_ms)
        elif self._is_archived:
            await self._fail(THREAD_ARCHIVED, counts=False)
        else:
            await self._fail(NO_REPORT)

    async def _is_being_deleted(self) -> bool:
        logs = self._run.services.sessions.logs
        return await logs.is_fenced(self.claim.thread_id)

    async def _fail(self, error: str, *, counts: bool = True, wait_ms: int = 0) -> None:
        claim, now_ms = self.claim, self._run.services.time.now_ms()
        command = FailAttempt(claim.item, claim.thread_id, now_ms, error, counts, wait_ms)
        await self._run.ask(command, self.origin, claim.page)
