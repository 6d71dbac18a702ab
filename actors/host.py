"""The host: its threads, its trees and its own life, over two logs."""

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from threadhost.actors.lifecycle import LifeCycle
from threadhost.actors.origin import Origin
from threadhost.actors.runtime.archiving import Archiving
from threadhost.actors.runtime.deletion_services import DeletionServices
from threadhost.actors.runtime.deletions import Deletions
from threadhost.actors.runtime.erasure import Eraser
from threadhost.actors.runtime.gate import Gate
from threadhost.actors.runtime.journal import Outside
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.runtime.room import Room
from threadhost.actors.runtime.sessions import Sessions
from threadhost.actors.runtime.stored import StoredThreads
from threadhost.actors.runtime.threads import LiveThreads, ThreadPolicy
from threadhost.actors.runtime.tree_actor import TreeActor, TreeServices
from threadhost.actors.runtime.tree_actors import TREES_KEPT_MAX, TreeActors
from threadhost.actors.threads import Threads
from threadhost.actors.tree import TreeLimits
from threadhost.actors.trees import Trees
from threadhost.events.store.committer import Appended, Idempotency

if TYPE_CHECKING:
    from threadhost.actors.stats import ThreadStats


class HostPolicy(NamedTuple):
    """How a host behaves where the protocol leaves it open."""

    shutdown_deadline_ms: int = 10_000
    tree: TreeLimits = TreeLimits()
    threads: ThreadPolicy = ThreadPolicy()


class Host:
    """Everything that can be asked of threads and trees: `threads`, `trees` and `life`.

    `live` are the actors of the threads that are in memory.
    """

    def __init__(
        self, logs: Logs, outside: Outside, host_id: str, behaviour: HostPolicy | None = None
    ) -> None:
        behaviour = behaviour or HostPolicy()
        clock, deadline_ms = outside.clock, behaviour.shutdown_deadline_ms
        gate = Gate()
        self.logs = logs
        self._clock = clock
        stored = StoredThreads(logs, clock)
        self.live = LiveThreads(stored, outside, behaviour.threads)
        sessions = Sessions(logs, self.live)
        eraser = Eraser(logs.durable, clock, host_id)
        actors = self._tree_actors(behaviour.tree)
        services = DeletionServices(logs, self.live, actors, stored, outside.ids, deadline_ms)
        deletions = Deletions(services, eraser.deleted)
        logs.durable.feed.listen(deletions.published)
        self.life = LifeCycle(sessions, actors, deletions, stored, eraser, gate, deadline_ms)
        room = Room(self.live, logs, self.life.unload)
        self.threads = Threads(sessions, actors, stored, gate, room)
        archiving = Archiving(stored, self.live, self.life.unload)
        self.trees = Trees(sessions, actors, deletions, archiving, gate)

    def _tree_actors(self, limits: TreeLimits) -> TreeActors:
        live = self.live
        services = TreeServices(self.logs, self._clock, limits, live.adopt, live.require_unarchived)
        return TreeActors(partial(TreeActor.of, services), TREES_KEPT_MAX)

    def stats(self) -> "ThreadStats":
        """The threads in numbers; takes a step for each that is live."""
        from threadhost.actors.stats import ThreadStats

        live, actors = self.live, self.live.actors()
        mailboxes = [actor.actor_inbox.waiting for actor in actors]
        return ThreadStats(
            live=len(actors),
            working=sum(actor.state.turn is not None for actor in actors),
            ephemeral=sum(actor.state.ephemeral for actor in actors),
            with_history=sum(actor.history is not None for actor in actors),
            starting=live.starting,
            restarting=live.supervisor.restarting,
            given_up=len(live.supervisor.given_up),
            waiting_messages=sum(mailboxes),
            longest_mailbox=max(mailboxes, default=0),
            trees=len(self.trees.actors),
            deletions=self.trees.deletions.running,
            memory=live.memory.stats(),
        )

    async def earlier(self, idempotency: Idempotency, origin: Origin) -> Appended | None:
        """What the request of this key did before, if it was there. Raises IdempotencyKeyReused."""
        meta = origin.at(self._clock.now_ms())
        appended = await self.logs.durable.append(meta=meta, idempotency=idempotency)
        return appended if appended.replayed else None
