"""The parts of the host that deletions use, and the copies in progress."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from threadhost.actors.ports import Ids
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.runtime.stored import StoredThreads
from threadhost.actors.runtime.threads import LiveThreads
from threadhost.actors.runtime.tree_actors import TreeActors
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.errors import StoreUnavailable

T = TypeVar("T")


class CopiesUnderWay:
    """Copies in progress, by their source thread; and the removals of failed copies."""

    def __init__(self) -> None:
        self._tasks_of: dict[str, set[asyncio.Task[Any]]] = {}
        self.removals: dict[str, asyncio.Task[None]] = {}
        """Tasks that delete incomplete forks as soon as the store takes it, by fork id."""

    async def run(self, source_id: str, work: Coroutine[Any, Any, T]) -> T:
        """Copy a thread; a cancelled caller still waits until the copy is over."""
        task = asyncio.get_running_loop().create_task(work)
        tasks = self._tasks_of.setdefault(source_id, set())
        tasks.add(task)
        task.add_done_callback(lambda _: self._on_done(source_id, task))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait((task,))
            raise

    async def over(self, thread_ids: Sequence[str]) -> None:
        """Wait until no copy of these threads is in progress.

        Raises StoreUnavailable while remains of other failed copies are not deleted yet.
        """
        tasks = [task for thread_id in thread_ids for task in self._tasks_of.get(thread_id, ())]
        if tasks:
            await asyncio.wait(tasks)
        if self.removals and self.removals.keys().isdisjoint(thread_ids):
            raise StoreUnavailable(
                "the copied history of an unfinished fork could not be deleted yet"
            )

    def _on_done(self, source_id: str, task: asyncio.Task[Any]) -> None:
        tasks = self._tasks_of[source_id]
        tasks.discard(task)
        if not tasks:
            del self._tasks_of[source_id]
        if not task.cancelled():
            task.exception()  # the caller may be gone


class DeletionServices(NamedTuple):
    """The parts of the host that deletions use."""

    logs: Logs
    threads: LiveThreads
    trees: TreeActors
    stored: StoredThreads
    ids: Ids
    shutdown_deadline_ms: int
    copies: CopiesUnderWay
