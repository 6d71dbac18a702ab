"""The parents of agents: the followers of a thread also get the notifications of its agents."""

from collections.abc import Collection, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from threadhost.adapters.jsonrpc.item_rendering import fault_of
from threadhost.events.operator_log import GOES_WITHOUT
from threadhost.events.store.faults import shortage

if TYPE_CHECKING:
    from threadhost.events.store.port import Reads

READ_MAX = 10_000


class Lineage:
    """The parents of agents.

    An agent that is activated names its parent. The parents further up, which may not have been
    activated since the host's start, are read from the view of threads. So are the parents of
    threads that only occur in the log.
    """

    def __init__(self, reads: "Reads") -> None:
        self._reads = reads
        self._parents: dict[str, str] = {}
        self._agents: dict[str, dict[str, None]] = {}
        """The agents of each parent."""
        self._read: set[str] = set()
        """Threads whose parents were read, whether they are agents or not."""
        self._unread: set[str] = set()
        self._deleted_beside: list[set[str]] = []
        """Per read under way, the threads deleted meanwhile; its result may still have them."""

    @property
    def is_complete(self) -> bool:
        """Whether the ancestors of all activated agents are known."""
        return not self._unread

    def belongs(self, agent_id: str, parent_id: str) -> None:
        """Record the parent of an activated agent."""
        self._add(agent_id, parent_id)
        if parent_id not in self._parents and parent_id not in self._read:
            self._unread.add(parent_id)

    def may_belong(self, thread_id: str) -> None:
        """Read before the next notifications whether an activated thread is an agent.

        An imported agent does not say so itself.
        """
        if thread_id not in self._parents and thread_id not in self._read:
            self._unread.add(thread_id)

    def is_agent(self, thread_id: str) -> bool:
        """Whether the followers of a thread above it also get its notifications."""
        return thread_id in self._parents

    def ancestors(self, thread_id: str) -> Iterator[str]:
        """The ancestors of an agent, up to the first that is no agent, included."""
        visited, parent_id = {thread_id}, self._parents.get(thread_id)
        while parent_id is not None and parent_id not in visited:  # a damaged view may hold a cycle
            yield parent_id
            visited.add(parent_id)
            parent_id = self._parents.get(parent_id)

    def below(self, thread_id: str, among: Collection[str]) -> list[str]:
        """Those of these threads that are agents below a thread.

        The search goes down from the thread, or up from each of these threads if they are fewer
        than its agents.
        """
        agents = [*islice(self._agents_below(thread_id), len(among) + 1)]
        if len(agents) <= len(among):
            return [agent_id for agent_id in agents if agent_id in among]
        return [agent_id for agent_id in among if thread_id in self.ancestors(agent_id)]

    def _agents_below(self, thread_id: str) -> Iterator[str]:
        visited, waiting = {thread_id}, [thread_id]
        while waiting:
            for agent_id in self._agents.get(waiting.pop(), ()):
                if agent_id not in visited:
                    yield agent_id
                    visited.add(agent_id)
                    waiting.append(agent_id)

    async def complete(self) -> None:
        """Read the missing ancestors of activated agents. Raises OutOfResources."""
        unread = set(self._unread)
        try:
            await self.read(unread)
        except Exception as error:
            if (scarce := shortage(error)) is not None:
                raise scarce from error
            GOES_WITHOUT.emit(
                what="the clients that follow some agents are unknown", fault=fault_of(error)
            )
        self._unread -= unread

    async def read(self, thread_ids: Collection[str]) -> None:
        """Read the ancestors of these threads; all become known in one step."""
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
        for agent_id, parent_id in parents.items():
            if agent_id not in deleted:
                self._add(agent_id, parent_id)
        if len(self._read) > READ_MAX:
            self._read.clear()
        self._read.update(unread, parents.values())

    def forget(self, thread_id: str) -> None:
        """Forget a deleted thread."""
        self._remove(thread_id)
        for deleted in self._deleted_beside:
            deleted.add(thread_id)

    def _add(self, agent_id: str, parent_id: str) -> None:
        self._remove(agent_id)
        self._parents[agent_id] = parent_id
        self._agents.setdefault(parent_id, {})[agent_id] = None

    def _remove(self, agent_id: str) -> None:
        if (parent_id := self._parents.pop(agent_id, None)) is not None:
            agents = self._agents[parent_id]
            del agents[agent_id]
            if not agents:
                del self._agents[parent_id]
