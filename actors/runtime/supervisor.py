"""Restarts threads whose actors failed: from the log, later each time, and at last not at all."""

import asyncio
from collections.abc import Awaitable, Callable

from threadhost.actors.errors import Refusal
from threadhost.actors.origin import policy
from threadhost.actors.runtime.stored import StoredThreads
from threadhost.actors.runtime.tasks import cancel_and_wait
from threadhost.actors.thread import FailThread
from threadhost.events.causes import by_event, by_timer
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.operator_log import HOST_FAULT, NOT_RECORDED, THREAD_FAILED, THREAD_GIVEN_UP
from threadhost.events.store.errors import StoreError


class RestartPolicy(NamedTuple):
    """How often, and how soon, a failed actor is restarted."""

    restarts_max: int = 5
    first_delay_ms: int = 100
    delay_max_ms: int = 5_000
    forgiven_after_ms: int = 60_000

    def delay_ms(self, attempt: int) -> int:
        """The wait before this attempt, counted from 1, in milliseconds."""
        doubled: int = self.first_delay_ms << min(attempt - 1, 16)
        return min(doubled, self.delay_max_ms)


class Supervisor:
    """Restarts failed threads; knows which are being restarted, and which were given up."""

    def __init__(
        self,
        stored: StoredThreads,
        restart: Callable[[str, str], Awaitable[object]],
        restart_policy: RestartPolicy,
    ) -> None:
        self._stored = stored
        self._restart = restart
        self._policy = restart_policy
        self._attempts: dict[str, tuple[int, float]] = {}
        self._restarting: dict[str, asyncio.Task[None]] = {}
        self._closed = False
        self.given_up: set[str] = set()

    @property
    def restarting(self) -> int:
        """How many failed threads are about to be restarted, or given up."""
        return len(self._restarting)

    def failed(self, thread_id: str, error: BaseException) -> None:
        """Record an actor's failure, and schedule its restart or give it up."""
        attempt = self._count(thread_id)
        kind = type(error).__name__
        THREAD_FAILED.emit(error, thread_id=thread_id, attempt=attempt, kind=kind)
        if self._closed:
            return
        if attempt > self._policy.restarts_max:
            self.given_up.add(thread_id)
        task = asyncio.get_running_loop().create_task(self._recover(thread_id, error, attempt))
        self._restarting[thread_id] = task
        task.add_done_callback(lambda task: self._restarted(thread_id, task))

    async def settled(self, thread_id: str) -> None:
        """Wait until a restart in progress is over."""
        task = self._restarting.get(thread_id)
        if task is not None:
            await asyncio.wait({task})

    def forget(self, thread_id: str) -> None:
        """Forget a thread that is gone for good, or shall be tried again."""
        self._attempts.pop(thread_id, None)
        self.given_up.discard(thread_id)

    async def close(self) -> None:
        """Cancel all restarts, and begin no more."""
        self._closed = True
        await cancel_and_wait([*self._restarting.values()])

    def _count(self, thread_id: str) -> int:
        now = self._stored.clock.monotonic()
        attempt, last = self._attempts.get(thread_id, (0, now))
        if (now - last) * 1000 > self._policy.forgiven_after_ms:
            attempt = 0
        self._attempts[thread_id] = (attempt + 1, now)
        return attempt + 1

    def _restarted(self, thread_id: str, task: "asyncio.Task[None]") -> None:
        if self._restarting.get(thread_id) is task:
            del self._restarting[thread_id]

    async def _recover(self, thread_id: str, error: BaseException, attempt: int) -> None:
        cause = await self._record(thread_id, error, attempt)
        if thread_id in self.given_up:
            THREAD_GIVEN_UP.emit(thread_id=thread_id, restarts=attempt - 1)
            return
        await asyncio.sleep(self._policy.delay_ms(attempt) / 1000)
        try:
            await self._restart(thread_id, cause)
        except Refusal:
            pass  # deleted, or not wanted any more
        except Exception as fault:  # noqa: BLE001  (the next request for the thread tries again)
            HOST_FAULT.emit(fault, what=f"restarting thread {thread_id}")

    async def _record(self, thread_id: str, error: BaseException, attempt: int) -> str:
        """Record the failure, caused by the newest event; returns the causation of what follows."""
        now_ms, gave_up = self._stored.clock.now_ms(), thread_id in self.given_up
        failure = FailThread(type(error).__name__, attempt, gave_up, now_ms)
        stream = thread_stream(thread_id)
        try:
            before = (await self._stored.logs.stored(thread_id)).state.version
            origin = policy("supervisor", thread_id, by_event(stream, before))
            failed = await self._stored.change(thread_id, failure, origin)
        except (Refusal, StoreError) as refused:
            NOT_RECORDED.emit(what=f"the failure of thread {thread_id}", fault=refused)
            return by_timer("supervisor", now_ms + self._policy.delay_ms(attempt))
        return by_event(stream, failed.state.version)
