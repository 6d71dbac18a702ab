"""The spawn trees in use, and the deletions that run on them."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from threadhost.actors.errors import DeletionHalted, ThreadNotFound
from threadhost.actors.origin import Origin, policy
from threadhost.actors.ports import Ids
from threadhost.actors.runtime.deletion import Deletion, DeletionServices
from threadhost.actors.runtime.tree_actor import Plan, TreeActor, TreeServices
from threadhost.events.tree import DeletionReceipt, TreeDeletionPlanned

TREES_KEPT_MAX = 256


@dataclass(slots=True)
class Trees:
    """At most one actor a tree; those that nothing asks of are let go, oldest first."""

    services: TreeServices
    deletion_services: DeletionServices
    ids: Ids
    on_deleted: Callable[[str], None]
    _actors: "OrderedDict[str, TreeActor]" = field(default_factory=OrderedDict)
    _deletions: list[Deletion] = field(default_factory=list)

    def get(self, session_id: str) -> TreeActor:
        """The tree's actor, folded from the log if it is not there."""
        actor = self._actors.get(session_id)
        if actor is None or actor.actor_stopped.is_set():
            self._let_go()
            actor = self._actors[session_id] = TreeActor.launch(self.services, session_id)
        self._actors.move_to_end(session_id)
        return actor

    async def delete(self, session_id: str, root_id: str, origin: Origin) -> DeletionReceipt:
        """Delete a subtree, or join the deletion that it is part of already.

        Raises DeletionHalted.
        """
        while (running := self._overlapping(session_id, root_id)) is not None:
            joined = root_id in running.thread_ids
            receipt = await self._outcome(running, raises=joined)
            if joined and receipt is not None:
                return receipt
        deletion = await self._plan(session_id, root_id, origin)
        receipt = await self._outcome(deletion, raises=True)
        assert receipt is not None
        return receipt

    def resume(self, session_id: str, deletion_id: str) -> Deletion | None:
        """Carry on with a deletion that an earlier process began."""
        tree = self.get(session_id)
        plan = tree.tree.deletions.get(deletion_id)
        if plan is None:
            return None
        return self._start(Deletion(plan, tree, policy("recovery", deletion_id), self._deps))

    async def finish(self) -> None:
        """Wait until no deletion runs."""
        running = [deletion.done for deletion in self._deletions if deletion.done]
        await asyncio.gather(*running, return_exceptions=True)

    @property
    def _deps(self) -> DeletionServices:
        return self.deletion_services

    def _overlapping(self, session_id: str, root_id: str) -> Deletion | None:
        """A running deletion that contains the root, or that lies below it."""
        mine = [d for d in self._deletions if d.tree.session_id == session_id]
        if not mine:
            return None
        below = self.get(session_id).nodes_below(root_id)
        return next((d for d in mine if root_id in d.thread_ids or d.plan.root_id in below), None)

    async def _plan(self, session_id: str, root_id: str, origin: Origin) -> Deletion:
        tree = self.get(session_id)
        deletion_id = self.ids.new()
        plan = await tree.actor_ref.ask(Plan(root_id, deletion_id, origin), block=False)
        if not isinstance(plan, TreeDeletionPlanned):
            raise ThreadNotFound(root_id)
        return self._start(Deletion(plan, tree, origin, self._deps))

    def _start(self, deletion: Deletion) -> Deletion:
        self._deletions.append(deletion)
        deletion.done = asyncio.get_running_loop().create_task(deletion.run())
        deletion.done.add_done_callback(lambda _: self._ended(deletion))
        return deletion

    def _ended(self, deletion: Deletion) -> None:
        self._deletions.remove(deletion)
        if deletion.deleted:
            self.on_deleted(deletion.plan.deletion_id)

    async def _outcome(self, deletion: Deletion, *, raises: bool) -> DeletionReceipt | None:
        assert deletion.done is not None
        try:
            return await asyncio.shield(deletion.done)
        except DeletionHalted:
            if raises:
                raise
            return None

    def _let_go(self) -> None:
        busy = {deletion.tree.session_id for deletion in self._deletions}
        for session_id, actor in list(self._actors.items()):
            if len(self._actors) < TREES_KEPT_MAX:
                return
            if session_id not in busy and actor.actor_inbox.empty() and not actor.is_working:
                del self._actors[session_id]
                actor.stop()
