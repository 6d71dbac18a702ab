"""The process manager of deletions: each that is planned is carried out, whoever planned it."""

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
    """The deletions under way; `on_deleted` hears of each that removed anything, and its end.

    `on_end` hears of the session of each that is over, and of the threads that are gone.
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
        """Deletions whose plan is about to be appended, for whoever wants their outcome."""

    @property
    def running(self) -> int:
        """How many there are."""
        return len(self._running)

    def require(self) -> None:
        """Raises DeletionNotSupported where the store could not do it; nothing is touched then."""
        if not self._services.logs.durable.can_delete:
            raise DeletionNotSupported

    def published(self, recorded: Sequence[Recorded]) -> None:
        """Set off what a commit planned."""
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
        """Delete a subtree, or join the deletion that it is part of already.

        Raises DeletionNotSupported, RolloutRefused, ThreadHeld, TreeGrown or TreeChanged before
        anything is changed; DeletionHalted; or StoreError if the store takes nothing for too long,
        in which case the deletion goes on as soon as it does.
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
                continue  # another deletion was planned, or the tree made anew
            return await deletion.outcome()

    async def _look_at_files(self, session_id: str, root_id: str) -> None:
        """Raise RolloutRefused if something else stands where files have to go."""
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
        """The deletion that a plan set off as it was published, ahead of the answer."""
        awaited: asyncio.Future[Deletion] = asyncio.get_running_loop().create_future()
        self._awaited[plan.deletion_id] = awaited
        try:
            await self._trees.plan(session_id, plan)
            return awaited.result()
        except (ActorDeadError, ActorFailed):
            if awaited.done():  # it is planned, though nobody is there any more to say so
                return awaited.result()
            raise
        finally:
            del self._awaited[plan.deletion_id]

    async def sweep(self, fork_ids: Sequence[str], cause: str) -> None:
        """Delete forks that did not become whole; what keeps one from going is told by itself.

        What the store does not take now goes as soon as it does, or at the next start.
        """
        for fork_id in fork_ids:
            if not await self._swept(fork_id, cause):
                self.copies.left[fork_id] = begin(self._sweep_later(fork_id, cause))

    async def _sweep_later(self, fork_id: str, cause: str) -> None:
        is_swept = False
        try:
            while not is_swept:
                await asyncio.sleep(RETRY_S)
                is_swept = await self._swept(fork_id, cause)
        finally:
            del self.copies.left[fork_id]

    async def _swept(self, fork_id: str, cause: str) -> bool:
        """Whether it is gone, or will not go."""
        try:
            if await self._services.logs.durable.stream_head(thread_stream(fork_id)) is not None:
                await self.delete(fork_id, fork_id, policy("fork", fork_id, cause))
        except (*TRANSIENT, ActorFailed):
            return False
        except (Refusal, StoreError):
            pass
        return True

    async def resume(self, session_id: str, deletion_id: str) -> None:
        """Carry on with a deletion that an earlier process began, if it has not ended."""
        log, stream = self._services.logs.durable, tree_stream(session_id)
        for fact in await log.read_stream(stream, types=[TreeDeletionPlanned]):
            plan = fact.event
            if not isinstance(plan, TreeDeletionPlanned) or plan.deletion_id != deletion_id:
                continue
            tree = await self._trees.get(session_id)
            if deletion_id in tree.tree.deletions:  # it may have ended while its plan was read
                self._start(fact, plan, resumed=True)

    async def finish(self) -> None:
        """Wait until every deletion is over, save those that the store keeps waiting."""
        while running := [d for d in self._running.values() if not d.is_stuck]:
            await asyncio.gather(*(d.outcome() for d in running), return_exceptions=True)

    async def close(self) -> None:
        """Let go of everything; deletions that did not end are left to the next start."""
        tasks = [deletion.task for deletion in self._running.values()]
        await cancel_and_wait([*self.copies.left.values(), *tasks])

    async def _overlapping(self, session_id: str, root_id: str) -> "Deletion | None":
        """A deletion under way that contains the root, or that lies below it."""
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
        """Carry out a plan on behalf of whoever asked for it."""
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
