"""The supervisor of memory: has notes made of finished threads, and all notes consolidated."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial

from threadhost.actors.command import Command
from threadhost.actors.errors import Refusal, ThreadNotFound
from threadhost.actors.memory_jobs import (
    Claim,
    Consolidate,
    Fail,
    Forget,
    MemoryPolicy,
    NotDue,
    SkipThread,
    StaleToken,
    TakeNote,
    Text,
)
from threadhost.actors.memory_words import NOTE_CHARS_MAX, SUMMARY_CHARS_MAX, kept
from threadhost.actors.models import ModelFailed
from threadhost.actors.origin import Origin, policy
from threadhost.actors.runtime.journal import Outside
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.runtime.memory_calls import Answer, MemoryCalls, NothingToNote
from threadhost.actors.runtime.memory_log import Guard
from threadhost.actors.runtime.tasks import cancel_and_wait, is_cancelled, set_within
from threadhost.events.agent import AGENT
from threadhost.events.base import Recorded, StreamState
from threadhost.events.causes import by_event, by_timer
from threadhost.events.failpoints import reach
from threadhost.events.fold import Thread
from threadhost.events.ids import thread_stream
from threadhost.events.memory import (
    BROKEN,
    CONSOLIDATION,
    LATE,
    MEMORY_PART,
    NO_TEXT,
    STOPPED,
    JobClaimed,
    MemoriesForgotten,
    Skip,
)
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.operator_log import HOST_FAULT
from threadhost.events.store.errors import StoreError, WrongExpectedVersion
from threadhost.events.thread import ThreadArchived
from threadhost.events.turn import TurnCompleted

POLL_S = 30.0
"""How often finished threads are looked for."""
MILLISECONDS = 1000
GATHERED_S = 0.005
"""The wait before a look: simultaneous events share it, and a claimed job has begun by then. If it
had not, it would not give its claim back at the end.
"""
WAKING = (ThreadArchived, MemoriesForgotten)
"""Events after which a job may be due at once."""


class Candidate(NamedTuple):
    """A thread that may need a note, and when its content last changed."""

    thread_id: str
    changed_at_ms: int


class Due(NamedTuple):
    """Threads that may need notes, and the time of the next retry of a failed job, if any."""

    candidates: Sequence[Candidate]
    next_retry_at_ms: int | None = None


Work = Callable[[], Awaitable[None]]
Look = Callable[[MemoryPolicy, int, int], Awaitable[Due]]
"""What is due at a time, among threads changed after another, by the views; the rules decide."""

Forbidden = Callable[[], Awaitable[Sequence[str]]]
"""Threads that have memories although their mode forbids them."""


class _ClaimedJob(NamedTuple):
    """A job that this process has claimed."""

    thread_id: str
    token: str
    origin: Origin


class Memories:
    """Begins jobs, each under a lease.

    A job ends in one append, which fails unless its token, its lease and the thread hold.
    """

    def __init__(
        self,
        logs: Logs,
        outside: Outside,
        behaviour: MemoryPolicy,
        look: Look,
        forbidden: Forbidden,
        epoch: int,
    ) -> None:
        self._logs = logs
        self._log = logs.memory(outside.clock)
        self._clock, self._ids = outside.clock, outside.ids
        self._policy = behaviour
        self._calls = MemoryCalls(outside.model, logs.durable)
        self._look, self._forbidden = look, forbidden
        self._epoch = epoch
        self._began_at_ms = self._clock.now_ms()
        self._backlog = 0
        """How many threads were noted that were over before the host started."""
        self._running: dict[str, asyncio.Task[None]] = {}
        self._wakes = asyncio.Event()
        self._next_at_ms = 0
        self._is_closed = False
        is_soon = behaviour.idle_ms < POLL_S * MILLISECONDS
        self._waking = (*WAKING, TurnCompleted) if is_soon else WAKING
        logs.durable.feed.listen(self.published)

    def published(self, recorded: Sequence[Recorded]) -> None:
        """Wake the supervisor after events that may make a job due."""
        if any(isinstance(fact.event, self._waking) for fact in recorded):
            self._wakes.set()

    async def run(self) -> None:
        """Work until closed."""
        await self._attempt(self._forget_forbidden)
        while not self._is_closed:
            self._wakes.clear()
            await self._attempt(self._begin_due)
            await set_within(self._wakes, self._pause_s())
            await asyncio.sleep(GATHERED_S)
        await cancel_and_wait([*self._running.values()])
        await self._attempt(None)

    def close(self) -> None:
        """Begin nothing more; running jobs are cancelled, and their claims are given back."""
        self._is_closed = True
        self._wakes.set()

    async def _attempt(self, work: Work | None) -> None:
        """Destroy leftover keys, then do this work; errors are retried at the next look."""
        try:
            await self._log.destroy_keys()
            if work is not None:
                await work()
        except (Refusal, StoreError):
            pass
        except Exception as error:  # noqa: BLE001  (it is tried again)
            HOST_FAULT.emit(error, what="updating the memory")

    async def _forget_forbidden(self) -> None:
        """Drop the memories that an earlier host, which had recorded the mode, did not drop."""
        if thread_ids := await self._forbidden():
            cause = by_timer("memory", self._clock.now_ms())
            origin = policy("memory", self._ids.new(), cause)
            await self._log.forget("disabled", origin, thread_ids)

    def _pause_s(self) -> float:
        wait_ms = self._next_at_ms - self._clock.now_ms() if self._next_at_ms else None
        return POLL_S if wait_ms is None else min(POLL_S, max(0.01, wait_ms / MILLISECONDS))

    async def _begin_due(self) -> None:
        """Begin the jobs that are due and have room; consolidate once no other job runs."""
        if not self._policy.generates:
            return
        memory, now_ms = await self._log.state(), self._clock.now_ms()
        since_ms = max(memory.reset_at_ms, now_ms - self._policy.age_max_ms)
        due = await self._look(self._policy, now_ms, since_ms)
        self._next_at_ms = due.next_retry_at_ms or 0
        for candidate in due.candidates:
            if self._is_closed or len(self._running) >= self._policy.jobs_max:
                return
            if candidate.thread_id not in self._running and self._is_wanted(candidate):
                await self._claim_of(candidate)
        if not self._running:
            await self._claim_of_all()

    def _is_wanted(self, candidate: Candidate) -> bool:
        """Whether the thread ended while this host runs, or the backlog has room."""
        return not self._is_backlog(candidate) or self._backlog < self._policy.backlog_max

    def _is_backlog(self, candidate: Candidate) -> bool:
        return candidate.changed_at_ms + self._policy.idle_ms <= self._began_at_ms

    async def _claim_of(self, candidate: Candidate) -> None:
        thread_id = candidate.thread_id
        with suppress(ThreadNotFound, WrongExpectedVersion):  # the thread continued, or is deleted
            state = (await self._logs.stored(thread_id)).state
            if not _may_be_noted(state):
                return
            ended = state.turn_ended_at_version or state.version
            cause = by_event(thread_stream(thread_id), ended)
            job = await self._claim(
                thread_id, cause, candidate.changed_at_ms, Guard(thread_id, state.version)
            )
            if job is not None:
                self._backlog += self._is_backlog(candidate)
                self._start(job, partial(self._note, job, state))

    async def _claim_of_all(self) -> None:
        memory = await self._log.state()
        over_at_ms = (
            memory.summary.at_ms + self._policy.cooldown_ms if memory.summary.text_id else 0
        )
        if not memory.notes or not memory.is_stale:
            return
        if over_at_ms > self._clock.now_ms():
            self._next_at_ms = min(self._next_at_ms or over_at_ms, over_at_ms)
            return
        retry_at_ms = memory.job(CONSOLIDATION).retry_at_ms
        if retry_at_ms > self._clock.now_ms():
            self._next_at_ms = min(self._next_at_ms or retry_at_ms, retry_at_ms)
        job = await self._claim(CONSOLIDATION, by_event(self._log.stream, memory.version))
        if job is not None:
            self._start(job, partial(self._consolidate, job))

    async def _claim(
        self, thread_id: str, cause: str, changed_at_ms: int = 0, guard: Guard | None = None
    ) -> _ClaimedJob | None:
        token, now_ms = self._ids.new(), self._clock.now_ms()
        claim = Claim(thread_id, token, now_ms, self._policy.lease_ms, self._epoch, changed_at_ms)
        origin = policy("memory", thread_id or token, cause)
        try:
            appended = await self._log.change(claim, origin, guard)
        except NotDue:
            return None
        for fact in appended.recorded:
            if isinstance(fact.event, JobClaimed):
                cause = by_event(fact.stream, fact.version)
                return _ClaimedJob(thread_id, token, policy("memory", thread_id or token, cause))
        return None

    def _start(self, job: _ClaimedJob, work: Work) -> None:
        task = asyncio.get_running_loop().create_task(self._supervised(job, work))
        self._running[job.thread_id] = task

    async def _supervised(self, job: _ClaimedJob, work: Work) -> None:
        """Do the work of a job; in any case the job ends, and other jobs continue."""
        try:
            async with asyncio.timeout(self._policy.lease_ms / MILLISECONDS):
                await work()
        except (StaleToken, ThreadNotFound):
            await self._finish_job(job, Forget("deleted", self._clock.now_ms(), [job.thread_id]))
        except BaseException as error:  # noqa: BLE001  (any error: other jobs continue)
            is_closing = self._is_closed and is_cancelled()
            reason = STOPPED if is_closing else _reason_of(error)
            if reason == BROKEN:
                HOST_FAULT.emit(error, what=f"a memory job of thread {job.thread_id or 'all'}")
            await self._finish_job(job, self._failed(job, reason))
        finally:
            self._running.pop(job.thread_id, None)
            self._wakes.set()

    def _failed(self, job: _ClaimedJob, reason: str) -> Fail:
        at_ms = self._clock.now_ms()
        return Fail(job.thread_id, job.token, reason, at_ms, self._policy.retry_wait_ms)

    async def _finish_job(self, job: _ClaimedJob, command: Command) -> None:
        if isinstance(command, Forget) and await self._is_there(job.thread_id):
            return
        with suppress(Refusal, StoreError):  # else its lease ends
            await self._log.change(command, job.origin)

    async def _is_there(self, thread_id: str) -> bool:
        return not thread_id or not await self._logs.durable.is_closed(thread_stream(thread_id))

    async def _note(self, job: _ClaimedJob, state: Thread) -> None:
        chosen = self._policy
        try:
            answer = await self._calls.note_of(
                state,
                job.token,
                chosen.extract_model,
                keeps_out_external=chosen.keeps_out_external,
            )
            end = self._end_of(job, kept(answer.text, NOTE_CHARS_MAX), tokens=answer.tokens)
        except NothingToNote as nothing:
            end = self._end_of(job, None, nothing.reason)
        reach("memory.answered")
        await self._log.change(end, job.origin, Guard(job.thread_id))

    def _end_of(
        self, job: _ClaimedJob, text: Text | None, reason: Skip = "empty", tokens: int = 0
    ) -> Command:
        now_ms = self._clock.now_ms()
        if text is None:
            return SkipThread(job.thread_id, job.token, reason, now_ms, tokens)
        text_id, notes_max = self._ids.new(), self._policy.notes_max
        return TakeNote(job.thread_id, job.token, text_id, text, now_ms, notes_max, tokens)

    async def _consolidate(self, job: _ClaimedJob) -> None:
        sources = (await self._log.state()).job(CONSOLIDATION).sources
        notes = [note for text_id in sources if (note := await self._log.text(text_id)) is not None]
        model = self._policy.consolidation_model
        answer = await self._calls.text_of(notes, job.token, model) if notes else Answer("")
        text = kept(answer.text, SUMMARY_CHARS_MAX)
        if text is None:
            raise NothingToNote("empty")
        reach("memory.answered")
        end = Consolidate(job.token, self._ids.new(), text, self._clock.now_ms(), answer.tokens)
        await self._log.change(end, job.origin)


def _may_be_noted(state: Thread) -> bool:
    is_busy = state.turn is not None or state.ephemeral or state.state is not StreamState.OPEN
    is_wanted = MEMORY_PART.of(state).mode == "enabled" and not AGENT.of(state).is_agent
    return is_wanted and not is_busy


def _reason_of(error: BaseException) -> str:
    """The recorded reason of a failure."""
    if isinstance(error, ModelFailed):
        return error.code
    if isinstance(error, TimeoutError):
        return LATE
    return NO_TEXT if isinstance(error, NothingToNote) else BROKEN
