"""The process manager of deletions: carries out each planned deletion."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from threadhost.actors.errors import (
    DeletionHalted,
    DeletionNotSupported,
    Refusal,
    ThreadBeingDeleted,
)
from threadhost.actors.origin import Origin, policy
from threadhost.actors.runtime.actor import ActorDeadError, ActorFailed
from threadhost.actors.runtime.append_errors import RETRY_S, TRANSIENT
from threadhost.actors.runtime.deletion_services import DeletionServices
from threadhost.actors.runtime.tasks import begin, cancel_and_wait
from threadhost.actors.runtime.tree_messages import Plan
from threadhost.actors.tree import DEFAULT_TERMS, DeletionTerms
from threadhost.events.base import Recorded
from threadhost.events.causes import by_event
from threadhost.events.ids import TREE, thread_stream, tree_stream
from threadhost.events.store.committer import Idempotency
from threadhost.events.store.errors import StoreError, WrongExpectedVersion
from threadhost.events.tree import DeletionReceipt, TreeDeletionPlanned

if TYPE_CHECKING:
    from threadhost.actors.runtime.deletion import Deletion


class Deletions:
    """The deletions in progress; each that deleted anything calls `on_deleted` with its end.

    Each that is over calls `on_end` with its session and the threads that are gone.
    """

    def __init__(
        self,
        services: DeletionServices,
        on_deleted: Callable[[str, str], None],
        on_end: Callable[[str, Sequence[str]], None],
    ) -> None:
        self._services = services
        self._trees = services.trees
        self._on_deleted = on_deleted
        self._on_end = on_end
        self.copies = services.copies
        self._running: dict[str, Deletion] = {}
        self._awaited: dict[str, asyncio.Future[Deletion]] = {}
        """Deletions whose plan is about to be appended, for callers that want their outcome."""

    @property
    def running(self) -> int:
        """How many deletions are in progress."""
        return len(self._running)

    def require(self) -> None:
        """Raise DeletionNotSupported, before anything changes, if the store cannot delete."""
        if not self._services.logs.durable.can_delete:
            raise DeletionNotSupported

    def published(self, recorded: Sequence[Recorded]) -> None:
        """Start the deletions that a commit has planned."""
        for fact in recorded:
            if isinstance(fact.event, TreeDeletionPlanned):
                self._start(fact, fact.event)

    async def delete(
        self,
        session_id: str,
        root_id: str,
        origin: Origin,
        idempotency: Idempotency | None = None,
        terms: DeletionTerms = DEFAULT_TERMS,
    ) -> DeletionReceipt:
        """Delete a subtree, or join a deletion that it is part of already.

        Raises DeletionNotSupported, RolloutRefused, ThreadHeld, TreeGrown or TreeChanged before
        anything is changed; DeletionHalted; or StoreError if the store takes nothing for too long,
        and then the deletion continues as soon as the store does.
        """
        self.require()
        while True:
            while (running := await self._overlapping(session_id, root_id)) is not None:
                if root_id in running.thread_ids:
                    return await running.outcome()
                with suppress(DeletionHalted):  # it is below: what it leaves is deleted next
                    await running.outcome()
            await self._look_at_files(session_id, root_id)
            plan = Plan(root_id, self._services.ids.new(), origin, idempotency, terms)
            try:
                deletion = await self._planned(session_id, plan)
            except (ThreadBeingDeleted, ActorDeadError, WrongExpectedVersion):
                continue  # another deletion was planned, or the tree's actor is made anew
            return await deletion.outcome()

    async def _look_at_files(self, session_id: str, root_id: str) -> None:
        """Raise RolloutRefused if something else is in the place of a file to delete."""
        rollouts = self._services.logs.rollouts
        if not rollouts.are_there:
            return
        below = await (await self._trees.get(session_id)).targets_below(root_id)
        thread_ids = [target.thread_id for target in below]

        def look() -> None:
            with rollouts.find(thread_ids):
                pass

        await asyncio.to_thread(look)

    async def _planned(self, session_id: str, plan: Plan) -> "Deletion":
        """The deletion that the published plan has started; that is before the append returns."""
        awaited: asyncio.Future[Deletion] = asyncio.get_running_loop().create_future()
        self._awaited[plan.deletion_id] = awaited
        try:
            await self._trees.plan(session_id, plan)
            return awaited.result()
        except (ActorDeadError, ActorFailed):
            if awaited.done():  # the plan is recorded, but its actor is gone
                return awaited.result()
            raise
        finally:
            del self._awaited[plan.deletion_id]

    async def sweep(self, fork_ids: Sequence[str], cause: str) -> None:
        """Delete incomplete forks; if one cannot be deleted, its deletion reports that itself.

        If the store does not take it now, it is retried until then, or at the next start.
        """
        for fork_id in fork_ids:
            if not await self._swept(fork_id, cause):
                self.copies.removals[fork_id] = begin(self._sweep_later(fork_id, cause))

    async def _sweep_later(self, fork_id: str, cause: str) -> None:
        is_swept = False
        try:
            while not is_swept:
                await asyncio.sleep(RETRY_S)
                is_swept = await self._swept(fork_id, cause)
        finally:
            del self.copies.removals[fork_id]

    async def _swept(self, fork_id: str, cause: str) -> bool:
        """Whether the fork is gone, or cannot be deleted; False to try again."""
        try:
            if await self._services.logs.durable.stream_head(thread_stream(fork_id)) is not None:
                await self.delete(fork_id, fork_id, policy("fork", fork_id, cause))
        except (*TRANSIENT, ActorFailed):
            return False
        except (Refusal, StoreError):
            pass
        return True

    async def resume(self, session_id: str, deletion_id: str) -> None:
        """Continue a deletion that an earlier process began, if it has not ended."""
        log, stream = self._services.logs.durable, tree_stream(session_id)
        for fact in await log.read_stream(stream, types=[TreeDeletionPlanned]):
            plan = fact.event
            if not isinstance(plan, TreeDeletionPlanned) or plan.deletion_id != deletion_id:
                continue
            tree = await self._trees.get(session_id)
            if deletion_id in tree.tree.deletions:  # it may have ended since its plan was read
                self._start(fact, plan, resumed=True)

    async def finish(self) -> None:
        """Wait until every deletion is over, except those blocked by the store."""
        while running := [d for d in self._running.values() if not d.is_stuck]:
            await asyncio.gather(*(d.outcome() for d in running), return_exceptions=True)

    async def close(self) -> None:
        """Cancel all deletions; the next start continues the unfinished ones."""
        tasks = [deletion.task for deletion in self._running.values()]
        await cancel_and_wait([*self.copies.removals.values(), *tasks])

    async def _overlapping(self, session_id: str, root_id: str) -> "Deletion | None":
        """A deletion in progress that includes the root, or that is below it."""
        tree = await self._trees.get(session_id)
        if not tree.tree.deletions:
            return None
        below = {target.thread_id for target in await tree.targets_below(root_id)}
        for plan in tree.tree.deletions.values():
            if plan.root_id in below or any(t.thread_id == root_id for t in plan.targets):
                await self.resume(session_id, plan.deletion_id)
                return self._running.get(plan.deletion_id)
        return None

    def _start(self, fact: Recorded, plan: TreeDeletionPlanned, *, resumed: bool = False) -> None:
        """Carry out a plan, under the principal that asked for it."""
        if plan.deletion_id in self._running:
            return
        from threadhost.actors.runtime.deletion import Deletion

        cause = by_event(fact.stream, fact.version)
        origin = Origin(fact.meta.principal, fact.meta.correlation_id, cause)
        session_id = fact.stream.removeprefix(TREE)
        deletion = Deletion(plan, session_id, origin, self._services, resumed=resumed)
        self._running[plan.deletion_id] = deletion
        if (awaited := self._awaited.get(plan.deletion_id)) is not None:
            awaited.set_result(deletion)
        deletion.start(self._ended)

    def _ended(self, deletion: "Deletion") -> None:
        del self._running[deletion.plan.deletion_id]
        if deletion.deleted:
            self._on_deleted(deletion.plan.deletion_id, deletion.ended_by)
        self._on_end(deletion.session_id, deletion.deleted)
