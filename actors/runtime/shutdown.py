"""Stopping live threads together, under one deadline for all of them."""

import asyncio
from collections.abc import Sequence
from operator import attrgetter

from threadhost.actors.errors import ThreadNotFound
from threadhost.actors.origin import Origin
from threadhost.actors.runtime import append_errors
from threadhost.actors.runtime.actor import ActorDeadError
from threadhost.actors.runtime.append_errors import TRANSIENT
from threadhost.actors.runtime.stored import StoredThreads
from threadhost.actors.runtime.thread_actor import Shutdown, ThreadActor
from threadhost.actors.runtime.threads import LiveThreads
from threadhost.actors.thread import DrainThread, RecoverThread, StopThread, decide
from threadhost.events.bounds import batches
from threadhost.events.causes import by_event
from threadhost.events.ids import THREAD, thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.operator_log import NOT_RECORDED, THREAD_NOT_STOPPED
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import StoreError
from threadhost.events.thread import ThreadShutdownTimedOut
from threadhost.events.words import pluralize

IDLE_AT_ONCE_MAX = 128


class Stopped(NamedTuple):
    """How many threads stopped by themselves, and which had to be fenced out."""

    stopped: int
    timed_out: Sequence[str]


class Stopping(NamedTuple):
    """Stops threads for one reason under one deadline.

    If the origin names no cause, the cause of each thread's end is its newest event.
    """

    threads: LiveThreads
    stored: StoredThreads
    reason: str
    origin: Origin
    deadline_ms: int

    async def stop(self, thread_ids: Sequence[str], *, only_if_idle: bool = False) -> Stopped:
        """Stop the live ones; a thread that has not stopped by the deadline loses its incarnation.

        `only_if_idle`: threads that work, or have work due, continue.
        """
        actors = await self.threads.settled(thread_ids)
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self.deadline_ms / 1000
        is_idle = attrgetter("is_quiet" if only_if_idle else "is_idle")
        busy = [actor for actor in actors if not is_idle(actor) and not only_if_idle]
        tasks = {loop.create_task(self._ask(actor)): actor for actor in busy}
        stopped = 0
        for batch in batches([*filter(is_idle, actors)], IDLE_AT_ONCE_MAX):
            idle = [actor for actor in batch if is_idle(actor) and not actor.actor_stopped.is_set()]
            stopped += len(idle)
            await self._stop_idle(idle, ends_at)
            if not only_if_idle:  # work arrived meanwhile
                late = [actor for actor in batch if not actor.actor_stopped.is_set()]
                tasks |= {loop.create_task(self._ask(actor)): actor for actor in late}
        timed_out = await self._await(tasks, ends_at - loop.time())
        return Stopped(stopped + len(tasks) - len(timed_out), timed_out)

    async def _stop_idle(self, actors: Sequence[ThreadActor], ends_at: float) -> None:
        """Stop idle threads in one append; meanwhile no other actor can write to them."""
        with self.threads.without_activations([actor.state.id for actor in actors]):
            for actor in actors:
                actor.abandon()
            logs = self.stored.logs
            for log in (logs.durable, logs.ephemeral):
                of_log = [actor for actor in actors if logs.of(actor.state.id) is log]
                appends = [self._end_of(actor) for actor in of_log]
                if appends and await self._refused(appends, ends_at):
                    for append in appends:  # one of them was not as expected: try each alone
                        await self._refused([append], ends_at)

    def _end_of(self, actor: ThreadActor) -> StreamAppend:
        state = actor.state
        events = [
            *decide(DrainThread(self.reason), state),
            *decide(StopThread(self.reason, self.stored.clock.now_ms()), state),
        ]
        stream = thread_stream(state.id)
        causes = () if self.origin.causation_id else [by_event(stream, state.version)] * len(events)
        return StreamAppend(stream, events, state.version, state.incarnation, causes=causes)

    async def _refused(self, appends: Sequence[StreamAppend], ends_at: float) -> bool:
        """Record the ends of threads; returns whether the log refuses, as it is ahead of them.

        A refusal does not delay their stop: the actors are gone, and nothing they knew is lost.
        """
        log = self.stored.logs.of(appends[0].stream.removeprefix(THREAD))
        while True:
            try:
                meta = self.origin.at(self.stored.clock.now_ms())
                await log.append(*appends, meta=meta, asker=self.origin.asker)
            except StoreError as error:
                is_transient = isinstance(error, TRANSIENT)
                if is_transient and asyncio.get_running_loop().time() < ends_at:
                    await asyncio.sleep(append_errors.RETRY_S)
                    continue
                NOT_RECORDED.emit(
                    what=f"the end of {pluralize(len(appends), 'thread')}", fault=error
                )
                return not is_transient
            return False

    async def _ask(self, actor: ThreadActor) -> bool:
        try:
            await actor.actor_ref.ask(Shutdown(self.reason, self.origin), block=False)
        except ActorDeadError:
            return True
        except Exception:  # noqa: BLE001  (any error: this thread did not stop)
            return False
        return True

    async def _await(
        self, tasks: "dict[asyncio.Task[bool], ThreadActor]", timeout_s: float
    ) -> list[str]:
        """Wait until the deadline; returns the threads that had to be fenced out."""
        if not tasks:
            return []
        done, late = await asyncio.wait(tasks, timeout=max(0, timeout_s))
        stopped = {task for task in done if task.result()}
        overdue = [actor for task, actor in tasks.items() if task not in stopped]
        ids = [actor.state.id for actor in overdue]
        with self.threads.without_activations(ids):
            for actor in overdue:
                actor.abandon()
            if late:
                await asyncio.wait(late)  # abandoned actors answer at once
            await asyncio.gather(*(self._fence_out(thread_id) for thread_id in ids))
        return ids

    async def _fence_out(self, thread_id: str) -> None:
        """End the incarnation first, so that the state that ends the turn cannot change."""
        THREAD_NOT_STOPPED.emit(thread_id=thread_id)
        log, stream = self.stored.logs.of(thread_id), thread_stream(thread_id)
        now_ms = self.stored.clock.now_ms()
        timed_out = ThreadShutdownTimedOut(reason=self.reason, deadline_ms=self.deadline_ms)
        try:
            await log.append(StreamAppend(stream, [timed_out]), meta=self.origin.at(now_ms))
            await self.stored.change(thread_id, RecoverThread(self.reason, now_ms), self.origin)
        except (StoreError, ThreadNotFound) as error:
            NOT_RECORDED.emit(what=f"the end of thread {thread_id}", fault=error)
