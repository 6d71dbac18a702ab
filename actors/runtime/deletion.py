"""Deleting a tree: a process whose every step is recorded, so that any start can finish it."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from threadhost.actors.errors import DeletionHalted
from threadhost.actors.origin import Origin
from threadhost.actors.runtime import append_errors
from threadhost.actors.runtime.actor import ActorDeadError, ActorFailed, InboxFull
from threadhost.actors.runtime.deletion_services import DeletionServices
from threadhost.actors.runtime.participants import PARTICIPANTS, Obstacle
from threadhost.actors.runtime.shutdown import Stopping
from threadhost.actors.runtime.tree_actor import DoTree, ForgetEphemeral, Record, TreeActor
from threadhost.actors.tree import CompleteDeletion, HaltDeletion, leaf_first, tombstones
from threadhost.events.base import StreamState
from threadhost.events.causes import by_event
from threadhost.events.failpoints import reach
from threadhost.events.ids import thread_stream, tree_stream
from threadhost.events.store.committer import Appended, StreamAppend
from threadhost.events.store.errors import (
    StoreError,
    StoreFailed,
    StoreUnavailable,
    WrongExpectedVersion,
)
from threadhost.events.tree import DeletionReceipt, TreeDeletionPlanned, TreeShutdownCompleted

TOMBSTONES_A_TRANSACTION_MAX = 256
RETRIES_BEFORE_STUCK = 25
AGAIN = (
    *append_errors.TRANSIENT,
    InboxFull,
    ActorDeadError,
    ActorFailed,
    WrongExpectedVersion,
)
"""What passes by itself: there is no room now, or the tree's actor has to be made anew."""

T = TypeVar("T")
logger = logging.getLogger("threadhost.deletion")


class Deletion:
    """One deletion under way."""

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
        self.ended_by = origin.causation_id
        """The causation of what its end leads to."""
        self._participants = [join(plan, services.logs) for join in PARTICIPANTS]
        self._session_id = session_id
        self._origin = origin
        self._services = services
        self._resumed = resumed
        self._before = 0
        self._missing = 0
        self._rows: Counter[str] = Counter()
        self._calls = self._questions = 0
        self._key_numbers: list[int] = []
        self._stuck: asyncio.Future[StoreError] = asyncio.get_running_loop().create_future()

    def start(self, ended: Callable[["Deletion"], None]) -> None:
        """Carry the plan out from wherever it stands; `ended` is called when that is over."""
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
        """Whether the store has taken nothing for long; the deletion goes on as soon as it does."""
        return self._stuck.done() and not self.task.done()

    async def outcome(self) -> DeletionReceipt:
        """The receipt. Raises DeletionHalted, or the StoreError that keeps it from going on."""
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
            raise  # halted, or left to the next start
        except Exception as error:
            logger.exception("deletion %s failed", self.plan.deletion_id)
            return await self._halt(f"internal error ({type(error).__name__})")

    async def _carry_out(self) -> DeletionReceipt:
        reach("deletion.planned")
        fleeting = [t.thread_id for t in self.plan.targets if t.ephemeral]
        self._services.logs.fence_in_memory(fleeting)
        await self._shut_down()
        reach("deletion.shut_down")
        obstacle = await self._prepare()
        reach("deletion.files_removed")
        ephemeral = await self._drop_ephemeral()
        await self._bury(self._durable_ids(until=obstacle.thread_id if obstacle else None))
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
        tree = await self._tree(self._session_id)
        removed = {part.name: part.removed for part in self._participants}
        return DeletionReceipt(
            threads=len(self.deleted),
            missing=self._missing,
            ephemeral=ephemeral,
            files=removed["files"],
            keys=removed["keys"] + self._before,
            calls=self._calls,
            questions=self._questions,
            key_numbers=sorted(self._key_numbers),
            rows=dict(self._rows),
            surviving_forks=await tree.surviving_forks(self.thread_ids),
            forks_in_memory=self._forks_in_memory,
            resumed=self._resumed,
        )

    async def _tree(self, session_id: str) -> TreeActor:
        return await self._services.trees.get(session_id)

    def _count_open(self) -> None:
        """What is under way, and ends with its threads."""
        found = [self._services.threads.get(thread_id) for thread_id in self.thread_ids]
        turns = [actor.state.turn for actor in found if actor is not None]
        calls = [call for turn in turns if turn is not None for call in turn.calls]
        self._calls = len(calls)
        self._questions = sum(len(call.asks) + (call.questions is not None) for call in calls)

    async def _shut_down(self) -> None:
        self._count_open()
        services = self._services
        stopping = Stopping(
            services.threads,
            services.stored,
            services.stored.clock,
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
        """Have all participants remove what goes first; what one cannot stands in the way."""
        thread_ids, nearest = self._durable_ids(), None
        for part in self._participants:
            obstacle = await self._persistently(partial(part.before, thread_ids))
            if obstacle is not None:
                nearest = obstacle
                thread_ids = thread_ids[: thread_ids.index(obstacle.thread_id)]
            if events := part.events():
                await self._tell(Record(events, self._origin))
        return nearest

    async def _clear_up(self) -> None:
        """Have all participants remove what goes last."""
        for part in self._participants:
            await self._persistently(partial(part.after, self.deleted))

    async def _drop_ephemeral(self) -> int:
        """Threads in memory are below all others; they go first and leave nothing."""
        log, logs = self._services.logs.ephemeral, self._services.logs
        gone = [t.thread_id for t in leaf_first(self.plan.targets) if t.ephemeral]
        heads = await log.stream_heads([thread_stream(t) for t in gone])
        present = [t for t in gone if thread_stream(t) in heads]
        await self._append_tombstones(present)
        for thread_id in present:
            await logs.forget(thread_id)
        if gone:
            for session_id in (self._session_id, *self._forks_in_memory):
                await self._tell(ForgetEphemeral(gone), session_id)
        return len(present)

    async def _bury(self, thread_ids: Sequence[str]) -> None:
        heads = await self._services.logs.durable.stream_heads(
            [thread_stream(t) for t in thread_ids]
        )
        buried = []
        for thread_id in thread_ids:
            head = heads.get(thread_stream(thread_id))
            if head is None:
                self._missing += 1
            elif head.state is StreamState.CLOSED:
                self.deleted.append(thread_id)  # before a crash
                self._before += 1
            else:
                buried.append(thread_id)
            if head is not None and head.key_id is not None:
                self._key_numbers.append(head.key_id)
        for at in range(0, len(buried), TOMBSTONES_A_TRANSACTION_MAX):
            some = buried[at : at + TOMBSTONES_A_TRANSACTION_MAX]
            appended = await self._append_tombstones(some)
            self._rows.update(appended.removed_rows)
            self.deleted += some
            reach("deletion.batch_buried")

    async def _append_tombstones(self, thread_ids: Sequence[str]) -> Appended:
        if not thread_ids:
            return Appended(())
        services = self._services
        for thread_id in thread_ids:
            services.threads.supervisor.forget(thread_id)
        log = services.logs.of(thread_ids[0])

        async def append() -> Appended:
            buried = tombstones(self.plan, thread_ids).items()
            appends = [StreamAppend(stream, [event]) for stream, event in buried]
            beside = [more for part in self._participants for more in part.beside(thread_ids)]
            meta = self._origin.at(services.stored.clock.now_ms())
            # Tombstones are small: nobody has to look at each.
            is_large = None if beside else False
            return await log.append(*appends, *beside, meta=meta, is_large=is_large)

        return await self._persistently(append)

    async def _halt(self, reason: str) -> DeletionReceipt:
        await self._clear_up()
        await self._ask(HaltDeletion(self.plan.deletion_id, reason, self.deleted))
        raise DeletionHalted(reason)

    def _durable_ids(self, until: str | None = None) -> list[str]:
        found = []
        for target in leaf_first(self.plan.targets):
            if target.thread_id == until:
                break
            if not target.ephemeral:
                found.append(target.thread_id)
        return found

    async def _ask(self, command: CompleteDeletion | HaltDeletion) -> None:
        ended = await self._tell(DoTree(command, self._origin))
        if isinstance(ended, Appended) and ended.recorded:
            version = ended.recorded[-1].version
        else:  # it had ended, though nobody was there any more to say so
            version = (await self._tree(self._session_id)).tree.version
        self.ended_by = by_event(tree_stream(self._session_id), version)

    async def _tell(
        self, message: DoTree | Record | ForgetEphemeral, session_id: str | None = None
    ) -> object:
        async def ask() -> object:
            tree = await self._tree(session_id or self._session_id)
            return await tree.actor_ref.ask(message, block=False)

        return await self._persistently(ask)

    async def _persistently(self, step: Callable[[], Awaitable[T]]) -> T:
        """Do a step until the store takes it: half a deletion is no place to stop."""
        tried = 0
        while True:
            try:
                done = await step()
            except AGAIN as error:
                tried += 1
                if tried == RETRIES_BEFORE_STUCK and isinstance(error, StoreError):
                    self._say_stuck(error)
                await asyncio.sleep(append_errors.RETRY_S)
            else:
                if self._stuck.done():
                    self._stuck = asyncio.get_running_loop().create_future()
                return done

    def _say_stuck(self, error: StoreError) -> None:
        logger.warning("deletion %s waits for the store: %s", self.plan.deletion_id, error)
        if not self._stuck.done():
            self._stuck.set_result(error)
