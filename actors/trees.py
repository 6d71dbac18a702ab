"""Spawn trees: deleting, previewing and archiving."""

from typing import TYPE_CHECKING

from threadhost.actors.errors import ThreadNotFound, ThreadNotPersisted
from threadhost.actors.origin import Origin
from threadhost.actors.runtime.archiving import Archiving
from threadhost.actors.runtime.deletions import Deletions
from threadhost.actors.runtime.gate import Gate
from threadhost.actors.runtime.sessions import Sessions
from threadhost.actors.runtime.tree_actors import TreeActors
from threadhost.actors.tree import DeletionTerms
from threadhost.events.ids import tree_stream
from threadhost.events.store.committer import Idempotency
from threadhost.events.tree import DeletionReceipt

if TYPE_CHECKING:
    from threadhost.actors.runtime.preview import DeletionPreview


class Trees:
    """The spawn trees of a host. Every command is durable when it returns."""

    def __init__(
        self,
        sessions: Sessions,
        actors: TreeActors,
        deletions: Deletions,
        archiving: Archiving,
        gate: Gate,
    ) -> None:
        self.actors = actors
        self.deletions = deletions
        self.archiving = archiving
        self._sessions = sessions
        self._gate = gate

    async def preview(self, root_id: str) -> "DeletionPreview":
        """What deleting a thread would do now; changes nothing. Raises Refusal."""
        from threadhost.actors.runtime.preview import preview

        self.deletions.require()
        tree = await self.actors.get(await self._deletable(root_id))
        return await preview(root_id, tree, self._sessions.live)

    async def delete(
        self, root_id: str, origin: Origin, idempotency: Idempotency | None = None
    ) -> DeletionReceipt:
        """Delete a thread and all below it; every step is durable on return.

        Raises DeletionNotSupported, ThreadNotPersisted, ThreadNotFound, ThreadHeld or
        DeletionHalted.
        """
        with self._gate:
            self.deletions.require()
            session_id = await self._deletable(root_id)
            return await self.deletions.delete(session_id, root_id, origin, idempotency)

    async def delete_on_terms(
        self, session_id: str, root_id: str, origin: Origin, terms: DeletionTerms
    ) -> DeletionReceipt:
        """Delete a stored thread on these terms.

        Raises as `delete`, and TreeGrown or TreeChanged.
        """
        with self._gate:
            return await self.deletions.delete(session_id, root_id, origin, terms=terms)

    async def archive(self, root_id: str, origin: Origin) -> None:
        """Archive a thread and all durable threads below it; none of them is live on return.

        Raises Refusal or StoreError.
        """
        with self._gate:
            if self._sessions.logs.is_ephemeral(root_id):
                raise ThreadNotFound(root_id)
            session_id = await self._sessions.of(root_id)
            await self.archiving.archive(root_id, session_id, origin)

    async def unarchive(self, thread_id: str, origin: Origin) -> None:
        """Unarchive one thread; it stays stored. Raises Refusal or StoreError."""
        with self._gate:
            await self.archiving.unarchive(thread_id, origin)

    async def _deletable(self, root_id: str) -> str:
        """The session of a thread that may be deleted. Raises Refusal."""
        logs = self._sessions.logs
        if logs.is_ephemeral(root_id):
            raise ThreadNotPersisted(root_id)
        try:
            return await self._sessions.of(root_id, fenced_is_fine=True)
        except ThreadNotFound:
            head = await logs.durable.stream_head(tree_stream(root_id))
            if head and (await self.actors.get(root_id)).tree.children.get(root_id):
                return root_id  # was never stored, but others live below it
            raise
