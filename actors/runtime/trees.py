"""The spawn trees in use, and the deletions that run on them."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress

from threadhost.actors.errors import DeletionHalted, Overloaded, ThreadBeingDeleted
from threadhost.actors.origin import Origin, policy
from threadhost.actors.ports import Ids
from threadhost.actors.runtime.actor import ActorDeadError, InboxFull
from threadhost.actors.runtime.deletion import Deletion, DeletionServices
from threadhost.actors.runtime.tree_actor import LookBelow, Plan, TreeActor, TreeServices
from threadhost.actors.tree import TreeLimits
from threadhost.events.store.committer import Idempotency
from threadhost.events.store.errors import WrongExpectedVersion
from threadhost.events.tree import DeletionReceipt, TreeDeletionPlanned

TREES_KEPT_MAX = 256


class Trees:
    """At most one actor a tree; those that nothing asks of are let go, oldest first."""

    def __init__(
        self,
        limits: TreeLimits,
        deletion_services: DeletionServices,
        ids: Ids,
        on_deleted: Callable[[str], None],
    ) -> None:
        needed = deletion_services
        self._services = TreeServices(
            needed.logs,
            needed.clock,
            limits,
            needed.threads.adopt,
            needed.threads.require_unarchived,
            self._start,
        )
        self._deletion_services = deletion_services
        self._ids = ids
        self._on_deleted = on_deleted
        self._actors: OrderedDict[str, TreeActor] = OrderedDict()
        self._deletions: dict[str, Deletion] = {}

    def get(self, session_id: str) -> TreeActor:
        """The tree's actor, folded from the log if it is not there."""
        actor = self._actors.get(session_id)
        if actor is None or actor.actor_stopped.is_set():
            self._let_go()
            actor = self._actors[session_id] = TreeActor.launch(self._services, session_id)
        self._actors.move_to_end(session_id)
        return actor

    async def below(self, session_id: str, root_id: str) -> Sequence[str]:
        """What lasts below a thread, deepest first, once all that was asked before is done."""
        while True:
            try:
                ask = self.get(session_id).actor_ref.ask
                found: Sequence[str] = await ask(LookBelow(root_id), block=False)
            except ActorDeadError:
                continue  # the tree is made anew
            except InboxFull:
                raise Overloaded("the tree has too many requests waiting") from None
            return found

    async def delete(
        self,
        session_id: str,
        root_id: str,
        origin: Origin,
        idempotency: Idempotency | None = None,
    ) -> DeletionReceipt:
        """Delete a subtree, or join the deletion that it is part of already.

        Raises DeletionHalted; or StoreError if the store takes nothing for too long, in which case
        the deletion goes on as soon as it does.
        """
        while True:
            while (running := self._overlapping(session_id, root_id)) is not None:
                if root_id in running.thread_ids:
                    return await running.outcome()
                with suppress(DeletionHalted):  # it is below: what it leaves is deleted next
                    await running.outcome()
            plan = Plan(root_id, self._ids.new(), origin, idempotency)
            try:
                deletion: Deletion = await self.get(session_id).actor_ref.ask(plan, block=False)
            except (ThreadBeingDeleted, ActorDeadError, WrongExpectedVersion):
                continue  # another deletion was planned, or the tree made anew
            return await deletion.outcome()

    def resume(self, session_id: str, deletion_id: str) -> None:
        """Carry on with a deletion that an earlier process began."""
        plan = self.get(session_id).tree.deletions.get(deletion_id)
        if plan is not None and deletion_id not in self._deletions:
            self._start(session_id, plan, policy("recovery", deletion_id), resumed=True)

    async def finish(self) -> None:
        """Wait until every deletion is over, save those that the store keeps waiting."""
        while running := [d for d in self._deletions.values() if not d.is_stuck]:
            await asyncio.gather(*(d.outcome() for d in running), return_exceptions=True)

    async def close(self) -> None:
        """Let go of everything; deletions that did not end are left to the next start."""
        tasks = [deletion.task for deletion in self._deletions.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for actor in self._actors.values():
            actor.kill()
        self._actors.clear()

    def _overlapping(self, session_id: str, root_id: str) -> Deletion | None:
        """A deletion under way that contains the root, or that lies below it."""
        tree = self.get(session_id)
        if not tree.tree.deletions:
            return None
        below = {target.thread_id for target in tree.targets_below(root_id)}
        for plan in tree.tree.deletions.values():
            if plan.root_id in below or any(t.thread_id == root_id for t in plan.targets):
                self.resume(session_id, plan.deletion_id)
                return self._deletions.get(plan.deletion_id)
        return None

    def _start(
        self, session_id: str, plan: TreeDeletionPlanned, origin: Origin, *, resumed: bool = False
    ) -> Deletion:
        services = self._deletion_services
        deletion = Deletion(plan, session_id, self.get, origin, services, resumed=resumed)
        self._deletions[plan.deletion_id] = deletion
        deletion.start(self._ended)
        return deletion

    def _ended(self, deletion: Deletion) -> None:
        del self._deletions[deletion.plan.deletion_id]
        if deletion.deleted:
            self._on_deleted(deletion.plan.deletion_id)

    def _let_go(self) -> None:
        for session_id, actor in list(self._actors.items()):
            if len(self._actors) < TREES_KEPT_MAX:
                return
            if not actor.is_working:
                del self._actors[session_id]
                actor.kill()
