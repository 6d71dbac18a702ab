"""Archiving a subtree: all of its threads stop, then one append archives them all."""

from collections.abc import Sequence

from threadhost.actors.archive import ArchiveThread, UnarchiveThread
from threadhost.actors.errors import AlreadyArchived, ThreadBeingDeleted, ThreadNotFound
from threadhost.actors.origin import Origin
from threadhost.actors.runtime.eviction import Unload
from threadhost.actors.runtime.stored import StoredThreads
from threadhost.actors.runtime.threads import LiveThreads
from threadhost.actors.runtime.tree_actors import TreeActors
from threadhost.actors.runtime.tree_messages import ListBelow
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import StreamFenced, WrongExpectedVersion
from threadhost.events.words import ARCHIVED


class Archiving(NamedTuple):
    """Archives and unarchives threads; neither works for a thread in memory."""

    stored: StoredThreads
    threads: LiveThreads
    trees: TreeActors
    unload: Unload

    async def archive(self, root_id: str, session_id: str, origin: Origin) -> None:
        """Archive a thread and those below it, among which no thread can be started meanwhile.

        A thread that somebody activates in the meantime is stopped again. Raises Refusal.
        """
        await self._archive_append(root_id, root_id)  # refuse before anything stops
        with self.threads.leaving(root_id):
            below = await self.trees.tell(session_id, ListBelow(root_id))
            await self._stop_and_archive(root_id, below, origin)

    async def _stop_and_archive(self, root_id: str, below: Sequence[str], origin: Origin) -> None:
        thread_ids = [root_id, *below]
        while True:
            await self.unload(thread_ids, ARCHIVED, origin)
            with self.threads.without_activations(thread_ids):
                if await self.threads.settled(thread_ids):
                    continue
                try:
                    await self._archive_all(root_id, below, origin)
                except WrongExpectedVersion:
                    continue
                except StreamFenced:
                    raise ThreadBeingDeleted(root_id) from None
            return

    async def unarchive(self, thread_id: str, origin: Origin) -> None:
        """Unarchive one thread; it stays stored. Raises Refusal."""
        try:
            await self.stored.change(thread_id, UnarchiveThread(), origin)
        except StreamFenced:
            raise ThreadBeingDeleted(thread_id) from None

    async def _archive_all(self, root_id: str, below: Sequence[str], origin: Origin) -> None:
        first = await self._archive_append(root_id, root_id)
        below_root = [await self._append_if_needed(thread_id, root_id) for thread_id in below]
        appends = [first, *(append for append in below_root if append is not None)]
        meta = origin.at(self.stored.clock.now_ms())
        await self.stored.logs.durable.append(*appends, meta=meta, asker=origin.asker)

    async def _archive_append(self, thread_id: str, root_id: str) -> StreamAppend:
        return (await self.stored.prepare(thread_id, ArchiveThread(root_id))).append

    async def _append_if_needed(self, thread_id: str, root_id: str) -> StreamAppend | None:
        """The append that archives a thread; None if it is deleted or archived already."""
        try:
            return await self._archive_append(thread_id, root_id)
        except (ThreadNotFound, AlreadyArchived):
            return None
