"""The host: its threads, its trees and its own life, over two logs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING, Protocol

from threadhost.actors.agent_limits import JobPolicy
from threadhost.actors.errors import ThreadNotFound
from threadhost.actors.lifecycle import Lazy, LifeCycle
from threadhost.actors.origin import Origin
from threadhost.actors.ports import ToolCall, ToolResult
from threadhost.actors.runtime.agent_outbox_relay import AgentOutboxRelay
from threadhost.actors.runtime.archiving import Archiving
from threadhost.actors.runtime.deletion_services import CopiesUnderWay, DeletionServices
from threadhost.actors.runtime.deletions import Deletions
from threadhost.actors.runtime.erasure import Eraser
from threadhost.actors.runtime.eviction import Evictor
from threadhost.actors.runtime.gate import Gate
from threadhost.actors.runtime.journal import Outside
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.runtime.sessions import Sessions
from threadhost.actors.runtime.stored import StoredThreads
from threadhost.actors.runtime.thread_directory import ThreadDirectory
from threadhost.actors.runtime.threads import LiveThreads, ThreadPolicy
from threadhost.actors.runtime.tree_actor import TreeActor, TreeServices
from threadhost.actors.runtime.tree_actors import TREES_KEPT_MAX, TreeActors
from threadhost.actors.runtime.tree_budgets import TreeBudgets
from threadhost.actors.threads import Threads
from threadhost.actors.tree import TreeLimits
from threadhost.actors.trees import Trees
from threadhost.events.agent import takes_message
from threadhost.events.goal import is_goal_ready
from threadhost.events.goal_state import TreeCover
from threadhost.events.host_call import AGENTS, JOBS, TEAM
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.committer import Appended, Idempotency

if TYPE_CHECKING:
    from threadhost.actors.agent_call import AgentServices
    from threadhost.actors.host_jobs import HostJobs
    from threadhost.actors.runtime.holding import Holds
    from threadhost.actors.stats import ThreadStats


class HostPolicy(NamedTuple):
    """The behaviour of a host where the protocol leaves a choice."""

    shutdown_deadline_ms: int = 10_000
    tree: TreeLimits = TreeLimits()
    threads: ThreadPolicy = ThreadPolicy()
    jobs: JobPolicy = JobPolicy()


class AgentsWaiting(Protocol):
    """The unfinished deliveries of agents that an earlier process left."""

    @property
    def senders(self) -> Sequence[str]:
        """Threads with undelivered messages, or an undelivered end."""

    @property
    def due(self) -> Sequence[str]:
        """Threads with messages that no turn has taken."""

    @property
    def sessions(self) -> Sequence[str]:
        """Trees with deleted agents whose parents are not notified yet."""


class Host:
    """The public entry to a host: its `threads`, its `trees` and its `life`.

    `live` holds the actors of the threads that are in memory.
    """

    def __init__(
        self, logs: Logs, outside: Outside, host_id: str, behaviour: HostPolicy | None = None
    ) -> None:
        behaviour = behaviour or HostPolicy()
        clock, deadline_ms = outside.clock, behaviour.shutdown_deadline_ms
        gate = Gate()
        self.logs = logs
        self._clock = clock
        self.mail, self.budgets = AgentOutboxRelay(), TreeBudgets()
        self._jobs = Lazy(self._make_jobs)
        stored = StoredThreads(logs, clock, (self.budgets.follow, self.mail.follow))
        self.live = LiveThreads(stored, outside, behaviour.threads, self.budgets, self.mail)
        sessions = Sessions(logs, self.live)
        eraser = Eraser(logs.durable, clock, host_id)
        actors = self._tree_actors(behaviour.tree)
        services = DeletionServices(
            logs, self.live, actors, stored, outside.ids, deadline_ms, CopiesUnderWay()
        )
        deletions = Deletions(services, eraser.deleted, self._deletion_over)
        logs.durable.feed.listen(deletions.published)
        self.life = LifeCycle(
            sessions,
            actors,
            deletions,
            stored,
            eraser,
            gate,
            deadline_ms,
            (self.mail, self.budgets, self._jobs),
        )
        room = Evictor(self.live, logs, self.life.unload)
        self.threads = Threads(sessions, actors, stored, gate, room, deletions)
        archiving = Archiving(stored, self.live, actors, self.life.unload)
        self.trees = Trees(sessions, actors, deletions, archiving, gate)
        directory = ThreadDirectory(self.threads, actors, sessions)
        self.mail.connect(directory)
        self.budgets.connect(directory, clock)
        self._sessions, self._ids, self._gate = sessions, outside.ids, gate
        self._agents = behaviour.threads.agents
        self._serving_agents: AgentServices | None = None
        self._outside, self._job_limits = outside, behaviour.jobs
        self.live.host_work |= {
            AGENTS: self._work_of_agents,
            TEAM: self._work_of_a_team,
            JOBS: self._work_of_jobs,
        }

    @property
    def jobs(self) -> "HostJobs":
        """The jobs of the host."""
        return self._jobs.get()

    @cached_property
    def holds(self) -> "Holds":
        """The legal holds on threads of the host."""
        from threadhost.actors.runtime.holding import Holds

        return Holds(self._sessions, self.trees.actors, self.threads, self._gate)

    def _make_jobs(self) -> "HostJobs":
        from threadhost.actors.host_jobs import HostJobs
        from threadhost.actors.job_pacing import OnwardTime
        from threadhost.actors.runtime.job_actor import JobActors
        from threadhost.actors.runtime.job_services import JobServices

        if self._outside.jobs is None:
            raise LookupError("this host cannot run jobs: it was built without access to files")
        log, clock = self.logs.durable, self._clock
        time = OnwardTime(clock, lambda: log.newest_at_ms)
        services = JobServices(
            self.threads,
            self.life,
            self._sessions,
            self.trees.actors,
            clock,
            time,
            self._ids,
            self._outside.jobs(),
            JobActors(log, time),
            self.budgets,
        )
        return HostJobs(services, self._job_limits)

    async def _work_of_jobs(self, call: ToolCall) -> ToolResult:
        """Carry out a call of a job tool."""
        from threadhost.actors.job_work import JobWork

        return await JobWork(self.jobs, self._agents, call).result()

    def _deletion_over(self, session_id: str, deleted: Sequence[str]) -> None:
        deleted_ids = frozenset(deleted)
        self.mail.deletion_over(session_id, deleted_ids)
        self.budgets.deletion_over(session_id, deleted_ids)

    async def resume_agents(
        self, waiting: AgentsWaiting, cause: str, is_closing: Callable[[], bool]
    ) -> None:
        """Deliver what an earlier process left for others; activate threads with due messages."""
        from threadhost.actors.runtime.submissions import one_by_one

        for thread_id in waiting.senders:
            self.mail.post(thread_id)
        for session_id in waiting.sessions:
            self.mail.post_losses(session_id)

        async def activate_if_needed(thread_id: str) -> None:
            if await self._is_wanted(thread_id):
                await self.threads.activate(thread_id, cause)

        await one_by_one(waiting.due, activate_if_needed, is_closing)

    def resume_budgets(
        self, covers: Mapping[str, TreeCover], spenders: Iterable[tuple[str, str]]
    ) -> None:
        """Load the goals that cover trees, by root; charge what (root, thread) pairs have spent."""
        self.budgets.load(covers)
        for root_id, thread_id in spenders:
            self.budgets.post(root_id, thread_id)

    async def sessions_with_work(self, thread_ids: Iterable[str]) -> frozenset[str]:
        """The trees in which one of these threads, live or stored, has work due."""
        sessions = set[str]()
        for thread_id in thread_ids:
            with suppress(ThreadNotFound):
                state = (await self.logs.stored(thread_id)).state
                is_told = takes_message(state) and await self._is_wanted(thread_id)
                if is_told or state.takes_next or is_goal_ready(state):
                    sessions.add(state.session_id)
        return frozenset(sessions)

    async def _is_wanted(self, thread_id: str) -> bool:
        """Whether the thread is an open node of its tree: not closed as an agent."""
        session_id = await self._sessions.of(thread_id)
        node = (await self.trees.actors.get(session_id)).tree.nodes.get(thread_id)
        return node is not None and node.is_open

    async def _work_of_agents(self, call: ToolCall) -> ToolResult:
        """Carry out a call of an agent tool of the first family."""
        from threadhost.actors.agent_work import AgentWork

        return await AgentWork(self._agent_services, call).result()

    async def _work_of_a_team(self, call: ToolCall) -> ToolResult:
        """Carry out a call of an agent tool of the second family, a team's."""
        from threadhost.actors.team_work import TeamWork

        return await TeamWork(self._agent_services, call).result()

    def behave(self, behaviour: ThreadPolicy) -> None:
        """Apply this policy to threads, and to the agents that they start, from now on."""
        self._agents = behaviour.agents
        self.live.behave(behaviour)
        if self._serving_agents is not None:
            self._serving_agents = self._serving_agents.under(behaviour.agents)

    @property
    def _agent_services(self) -> "AgentServices":
        if self._serving_agents is None:
            self._serving_agents = self._serve_agents()
        return self._serving_agents

    def _serve_agents(self) -> "AgentServices":
        from threadhost.actors.agent_call import AgentServices
        from threadhost.actors.agent_slots import AgentSlots
        from threadhost.actors.team_paths import TeamPaths

        return AgentServices(
            self.threads,
            self.trees.actors,
            self.life,
            self._sessions,
            self.mail,
            self._clock,
            self._ids,
            self._agents,
            AgentSlots(self.live, self.mail.at_work, self._agents),
            TeamPaths(),
        )

    def _tree_actors(self, limits: TreeLimits) -> TreeActors:
        live = self.live
        services = TreeServices(
            self.logs, self._clock, limits, live.adopt, live.require_unarchived, self.budgets
        )
        return TreeActors(partial(TreeActor.of, services), TREES_KEPT_MAX)

    def stats(self) -> "ThreadStats":
        """The numbers of threads; the cost grows with the live threads."""
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

    async def earlier(
        self, idempotency: Idempotency, origin: Origin, thread_id: str = ""
    ) -> Appended | None:
        """The result of an earlier request of this key, if any. Raises IdempotencyKeyReused.

        `thread_id` names the thread that the request is about: one in memory has a log of its own.
        """
        meta = origin.at(self._clock.now_ms())
        appended = await self.logs.of(thread_id).append(
            meta=meta, idempotency=idempotency, asker=origin.asker
        )
        return appended if appended.replayed else None
