"""The deletion of a tree: a process that records every step, so that any start can finish it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from threadhost.actors.errors import DeletionHalted, Refusal
from threadhost.actors.origin import Origin
from threadhost.actors.runtime import append_errors
from threadhost.actors.runtime.actor import ActorDeadError, ActorFailed, MailboxFull
from threadhost.actors.runtime.deletion_services import DeletionServices
from threadhost.actors.runtime.participants import PARTICIPANTS, Obstacle
from threadhost.actors.runtime.shutdown import Stopping
from threadhost.actors.runtime.tombstones import TombstoneBatch
from threadhost.actors.runtime.tree_messages import ForgetEphemeral, Record, TreeCommandEnvelope
from threadhost.actors.thread import DeleteThread
from threadhost.actors.tree import CompleteDeletion, HaltDeletion, leaf_first
from threadhost.events.bounds import batches
from threadhost.events.causes import by_event
from threadhost.events.failpoints import reach
from threadhost.events.ids import thread_stream, tree_stream
from threadhost.events.job import JobEnded, JobItemRequeued, JobItemUnassigned
from threadhost.events.operator_log import DELETION_HALTED, DELETION_STUCK
from threadhost.events.store.committer import Appended, StreamAppend
from threadhost.events.store.errors import (
    StoreError,
    StoreFailed,
    StoreUnavailable,
    WrongExpectedVersion,
)
from threadhost.events.store.log import Log
from threadhost.events.tree import (
    DeletionReceipt,
    TreeDeletionPlanned,
    TreeShutdownCompleted,
    TreeTargetsReleased,
)

TOMBSTONES_A_TRANSACTION_MAX = 256
"""Bounds how long other appends wait for the writer."""
RETRIES_BEFORE_STUCK = 25
AGAIN = (
    *append_errors.TRANSIENT,
    MailboxFull,
    ActorDeadError,
    ActorFailed,
    WrongExpectedVersion,
)
"""Errors that pass: there is no room now, or the tree's actor has to be made anew."""

T = TypeVar("T")


class Deletion:
    """A deletion in progress."""

    def __init__(
        self,
        plan: TreeDeletionPlanned,
        session_id: str,
        origin: Origin,
        services: DeletionServices,
        *,
        resumed: bool = False,
    ) -> None:
        self.plan = plan
        self.deleted: list[str] = []
        self.released: list[str] = []
        """Threads of the plan that have no stream of their own."""
        self.ended_by = origin.causation_id
        """The causation of what the end of the deletion leads to."""
        self._durable_ids = [t.thread_id for t in leaf_first(plan.targets) if not t.ephemeral]
        self._command = DeleteThread(plan.deletion_id, plan.root_id)
        clock = services.stored.clock
        self._participants = [join(plan, services.logs, clock) for join in PARTICIPANTS]
        self.session_id = session_id
        self._origin = origin
        self._services = services
        self._resumed = resumed
        self._buried_before = 0
        self._removed_rows: Counter[str] = Counter()
        self._other_events: Counter[str] = Counter()
        """Counts the events recorded beside the tombstones, by type."""
        self._calls = self._questions = 0
        self._key_numbers: list[int] = []
        self._stuck: asyncio.Future[StoreError] = asyncio.get_running_loop().create_future()

    def start(self, ended: Callable[["Deletion"], None]) -> None:
        """Carry the plan out from its recorded state; calls `ended` when the deletion is over."""
        self.task = asyncio.get_running_loop().create_task(self._run())
        self.task.add_done_callback(lambda task: task.cancelled() or task.exception())
        self.task.add_done_callback(lambda _: ended(self))

    @property
    def thread_ids(self) -> list[str]:
        """The plan's threads, leaf first, the root last."""
        return [target.thread_id for target in leaf_first(self.plan.targets)]

    @property
    def _forks_in_memory(self) -> list[str]:
        return [t.thread_id for t in self.plan.targets if t.forked_from_id is not None]

    @property
    def is_stuck(self) -> bool:
        """Whether the store has taken nothing for long; the deletion continues when it does."""
        return self._stuck.done() and not self.task.done()

    async def outcome(self) -> DeletionReceipt:
        """The receipt. Raises DeletionHalted, or the StoreError that blocks the deletion."""
        stuck = self._stuck
        either: set[asyncio.Future[Any]] = {self.task, stuck}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not self.task.done():
            raise stuck.result()
        if self.task.cancelled():
            raise StoreUnavailable("the host closed before the deletion was over")
        return self.task.result()

    async def _run(self) -> DeletionReceipt:
        try:
            return await self._carry_out()
        except (DeletionHalted, StoreFailed):
            raise  # it has halted, or the next start continues it
        except Refusal as error:
            return await self._halt(str(error), error)
        except Exception as error:  # noqa: BLE001  (logged, and recorded as its end)
            return await self._halt(f"internal error ({type(error).__name__})", error)

    async def _carry_out(self) -> DeletionReceipt:
        reach("deletion.planned")
        ephemeral_ids = [t.thread_id for t in self.plan.targets if t.ephemeral]
        self._services.logs.fence_in_memory(ephemeral_ids)
        await self._shut_down()
        over = partial(self._services.copies.over, self.thread_ids)
        await self._with_retries(over)  # the threads are fenced, so copying them ends
        reach("deletion.shut_down")
        obstacle = await self._prepare()
        reach("deletion.files_removed")
        ephemeral = await self._drop_ephemeral()
        until = self._durable_ids.index(obstacle.thread_id) if obstacle else None
        await self._bury(self._durable_ids[:until])
        reach("deletion.buried")
        if obstacle is not None:
            return await self._halt(obstacle.reason)
        await self._clear_up()
        reach("deletion.keys_destroyed")
        receipt = await self._receipt(ephemeral)
        await self._ask(CompleteDeletion(self.plan.deletion_id, receipt))
        reach("deletion.completed")
        return receipt

    async def _receipt(self, ephemeral: int) -> DeletionReceipt:
        tree = await self._services.trees.get(self.session_id)
        removed = {part.name: part.removed for part in self._participants}
        return DeletionReceipt(
            threads=len(self.deleted),
            missing=len(self.released),
            ephemeral=ephemeral,
            files=removed["files"],
            keys=removed["keys"] + (self._buried_before if self._resumed else 0),
            memories=removed["memories"],
            calls=self._calls,
            questions=self._questions,
            key_numbers=sorted(self._key_numbers),
            rows=dict(self._removed_rows),
            requeued=self._other_events[JobItemRequeued.kind],
            unassigned=self._other_events[JobItemUnassigned.kind],
            jobs_cancelled=self._other_events[JobEnded.kind],
            surviving_forks=await tree.surviving_forks(self.thread_ids),
            forks_in_memory=self._forks_in_memory,
            resumed=self._resumed,
        )

    def _count_open(self) -> None:
        """Count the open calls and questions that end with the threads."""
        actors = [self._services.threads.get(thread_id) for thread_id in self.thread_ids]
        turns = [actor.state.turn for actor in actors if actor is not None]
        calls = [call for turn in turns if turn is not None for call in turn.calls]
        self._calls = len(calls)
        self._questions = sum(len(call.asks) + (call.questions is not None) for call in calls)

    async def _shut_down(self) -> None:
        self._count_open()
        services = self._services
        stopping = Stopping(
            services.threads,
            services.stored,
            "delete",
            self._origin,
            services.shutdown_deadline_ms,
        )
        stopped = await stopping.stop(self.thread_ids)
        if not stopped.stopped and not stopped.timed_out:
            return
        completed = TreeShutdownCompleted(
            deletion_id=self.plan.deletion_id,
            root_id=self.plan.root_id,
            stopped=stopped.stopped,
            timed_out=list(stopped.timed_out),
        )
        await self._tell(Record([completed], self._origin))

    async def _prepare(self) -> Obstacle | None:
        """Let participants do their first removals; returns the first thread that has to stay."""
        thread_ids, nearest = self._durable_ids, None
        for part in self._participants:
            obstacle = await self._with_retries(partial(part.before, thread_ids))
            if obstacle is not None:
                nearest = obstacle
                thread_ids = thread_ids[: thread_ids.index(obstacle.thread_id)]
            if events := part.events():
                await self._tell(Record(events, self._origin))
        return nearest

    async def _clear_up(self) -> None:
        """Let each participant do its last removals."""
        for part in self._participants:
            await self._with_retries(partial(part.after, [*self.deleted, *self.released]))

    async def _drop_ephemeral(self) -> int:
        """Delete the threads in memory, first as they are below all others; nothing stays."""
        logs = self._services.logs
        ephemeral_ids = [t.thread_id for t in leaf_first(self.plan.targets) if t.ephemeral]
        present = (
            await self._with_retries(partial(self._bury_in_memory, ephemeral_ids))
            if ephemeral_ids
            else ()
        )
        for thread_id in present:
            await logs.forget(thread_id)
        if ephemeral_ids:
            for session_id in (self.session_id, *self._forks_in_memory):
                await self._tell(ForgetEphemeral(ephemeral_ids), session_id)
        return len(present)

    async def _bury_in_memory(self, thread_ids: Sequence[str]) -> Sequence[str]:
        """Place tombstones for those that still exist; no event of their log has fenced them."""
        log, logs = self._services.logs.ephemeral, self._services.logs
        heads = await log.stream_heads([thread_stream(t) for t in thread_ids])
        fenced = {t for t in thread_ids if logs.are_fenced_in_memory(t)}
        batch = TombstoneBatch.of(self._command, thread_ids, heads, fenced)
        for thread_id in batch.deleted:
            self._services.threads.supervisor.forget(thread_id)
        await self._append(log, batch.tombstones)
        return batch.deleted

    async def _bury(self, thread_ids: Sequence[str]) -> None:
        for batch in batches(thread_ids, TOMBSTONES_A_TRANSACTION_MAX):
            for thread_id in batch:
                self._services.threads.supervisor.forget(thread_id)
            await self._with_retries(partial(self._bury_some, batch))
            reach("deletion.batch_buried")

    async def _bury_some(self, thread_ids: Sequence[str]) -> None:
        """Place these tombstones in one append, each at the version at which the rule decided."""
        log = self._services.logs.durable
        heads = await log.stream_heads([thread_stream(t) for t in thread_ids])
        batch = TombstoneBatch.of(self._command, thread_ids, heads)
        other_appends = await self._other_appends([*batch.buried, *batch.missing])
        appends = [*batch.tombstones, *other_appends]
        if batch.missing:
            appended = await self._release(batch.missing, appends)
        else:
            appended = await self._append(log, appends, is_large=None if other_appends else False)
        self._removed_rows.update(appended.removed_rows)
        self._other_events.update(event.kind for append in other_appends for event in append.events)
        self._key_numbers += batch.key_numbers
        self._buried_before += batch.before
        self.released += batch.missing
        self.deleted += batch.deleted

    async def _other_appends(self, thread_ids: Sequence[str]) -> Sequence[StreamAppend]:
        return [append for part in self._participants for append in await part.beside(thread_ids)]

    async def _release(
        self, thread_ids: Sequence[str], appends: Sequence[StreamAppend]
    ) -> Appended:
        """Record, through the tree's actor, the targets that have no stream."""
        plan = self.plan
        released = TreeTargetsReleased(
            deletion_id=plan.deletion_id, root_id=plan.root_id, thread_ids=list(thread_ids)
        )
        tree = await self._services.trees.get(self.session_id)
        message = Record([released], self._origin, appends)
        appended: Appended = await tree.actor_ref.ask(message, block=False)
        return appended

    async def _append(
        self, log: Log, appends: Sequence[StreamAppend], *, is_large: bool | None = False
    ) -> Appended:
        """Append; tombstones are small, so sizes are checked only if other appends come along."""
        if not appends:
            return Appended(())
        meta = self._origin.at(self._services.stored.clock.now_ms())
        return await log.append(*appends, meta=meta, is_large=is_large)

    async def _halt(self, reason: str, error: Exception | None = None) -> DeletionReceipt:
        kind = "a file cannot be removed" if error is None else type(error).__name__
        DELETION_HALTED.emit(error, deletion_id=self.plan.deletion_id, kind=kind)
        await self._clear_up()
        await self._ask(HaltDeletion(self.plan.deletion_id, reason, self.deleted, self.released))
        raise DeletionHalted(reason)

    async def _ask(self, command: CompleteDeletion | HaltDeletion) -> None:
        ended = await self._tell(TreeCommandEnvelope(command, self._origin))
        if isinstance(ended, Appended) and ended.recorded:
            version = ended.recorded[-1].version
        else:  # it had ended already, but the asker got no answer
            version = (await self._services.trees.get(self.session_id)).tree.version
        self.ended_by = by_event(tree_stream(self.session_id), version)

    async def _tell(
        self, message: TreeCommandEnvelope | Record | ForgetEphemeral, session_id: str | None = None
    ) -> object:
        async def ask() -> object:
            tree = await self._services.trees.get(session_id or self.session_id)
            return await tree.actor_ref.ask(message, block=False)

        return await self._with_retries(ask)

    async def _with_retries(self, step: Callable[[], Awaitable[T]]) -> T:
        """Retry a step until the store takes it: a deletion must not stop halfway."""
        tried = 0
        while True:
            try:
                result = await step()
            except AGAIN as error:
                tried += 1
                if tried == RETRIES_BEFORE_STUCK and isinstance(error, StoreError):
                    self._say_stuck(error)
                await asyncio.sleep(append_errors.RETRY_S)
            else:
                if self._stuck.done():
                    self._stuck = asyncio.get_running_loop().create_future()
                return result

    def _say_stuck(self, error: StoreError) -> None:
        DELETION_STUCK.emit(deletion_id=self.plan.deletion_id, fault=error)
        if not self._stuck.done():
            self._stuck.set_result(error)
