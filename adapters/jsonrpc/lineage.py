"""Whose agents threads are: whoever follows a thread hears what its agents do."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from threadhost.adapters.jsonrpc.item_rendering import fault_of
from threadhost.events.operator_log import GOES_WITHOUT
from threadhost.events.store.faults import shortage

if TYPE_CHECKING:
    from threadhost.events.store.port import Reads

READ_MAX = 10_000


class Lineage:
    """The parents of agents.

    An agent that is taken up names its own. Those above it, which nobody may have taken up since
    the start, are read from the view of threads, and so are those of threads that only the log
    tells of.
    """

    def __init__(self, reads: "Reads") -> None:
        self._reads = reads
        self._parents: dict[str, str] = {}
        self._read: set[str] = set()
        """Threads of which it is known whose agents they are, if any's."""
        self._unread: set[str] = set()
        self._deleted_beside: list[set[str]] = []
        """What was deleted while it is read, which may be of a time before; by read."""

    @property
    def is_complete(self) -> bool:
        """Whether it is known of all agents that were taken up who hears them."""
        return not self._unread

    def belongs(self, agent_id: str, parent_id: str) -> None:
        """An agent was taken up."""
        self._parents[agent_id] = parent_id
        if parent_id not in self._parents and parent_id not in self._read:
            self._unread.add(parent_id)

    def is_agent(self, thread_id: str) -> bool:
        """Whether somebody else hears it who follows a thread above."""
        return thread_id in self._parents

    def ancestors(self, thread_id: str) -> Iterator[str]:
        """The threads above an agent, as far as they are agents, and the one above these."""
        visited, parent_id = {thread_id}, self._parents.get(thread_id)
        while parent_id is not None and parent_id not in visited:  # a view may say anything
            yield parent_id
            visited.add(parent_id)
            parent_id = self._parents.get(parent_id)

    async def complete(self) -> None:
        """Read who hears the agents that were taken up. Raises OutOfResources."""
        unread = set(self._unread)
        try:
            await self.read(unread)
        except Exception as error:
            if (scarce := shortage(error)) is not None:
                raise scarce from error
            GOES_WITHOUT.emit(what="who hears some agents is not known", fault=fault_of(error))
        self._unread -= unread

    async def read(self, thread_ids: Collection[str]) -> None:
        """Read whose agents these threads are, and those above them; all is known at one go."""
        from threadhost.projections.listing import agents_above

        unread = [thread_id for thread_id in thread_ids if thread_id not in self._read]
        if not unread:
            return
        deleted = set[str]()
        self._deleted_beside.append(deleted)
        try:
            parents = await agents_above(self._reads, unread)
        finally:
            self._deleted_beside = [d for d in self._deleted_beside if d is not deleted]
        self._parents.update((a, p) for a, p in parents.items() if a not in deleted)
        if len(self._read) > READ_MAX:
            self._read.clear()
        self._read.update(unread, parents.values())

    def forget(self, thread_id: str) -> None:
        """A thread was deleted."""
        self._parents.pop(thread_id, None)
        for deleted in self._deleted_beside:
            deleted.add(thread_id)
