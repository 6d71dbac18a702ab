"""The live threads of a host: which they are, how one is activated, and their statuses."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from threadhost.actors.account import BOUNDLESS, Account
from threadhost.actors.agent_limits import AgentPolicy
from threadhost.actors.errors import (
    ThreadArchived,
    ThreadBeingDeleted,
    ThreadUnavailable,
)
from threadhost.actors.goal_pacing import GoalPacing
from threadhost.actors.origin import policy
from threadhost.actors.ports import Budgets, HostWork, NoOutboxRelay, OutboxRelay
from threadhost.actors.runtime.journal import Outside, Recall, ThreadServices
from threadhost.actors.runtime.logs import Stored, refusal_of
from threadhost.actors.runtime.stored import StoredThreads
from threadhost.actors.runtime.supervisor import RestartPolicy, Supervisor
from threadhost.actors.runtime.thread_actor import ThreadActor
from threadhost.actors.thread import ActivateThread
from threadhost.events.agent import has_mail
from threadhost.events.bounds import is_large
from threadhost.events.fold import Thread, fold_thread
from threadhost.events.history_events import is_changed_by
from threadhost.events.ids import thread_stream
from threadhost.events.job import WORKER
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.committer import Appended
from threadhost.events.store.errors import StreamFenced
from threadhost.events.store.log import Log

if TYPE_CHECKING:
    from threadhost.actors.tools import HostTools
    from threadhost.events.history import History

Status = Literal[
    "notLoaded",
    "idle",
    "active",
    "waitingOnApproval",
    "waitingOnUserInput",
    "waitingOnBoth",
    "systemError",
]
WAITING: dict[tuple[bool, bool], Status] = {
    (False, False): "active",
    (True, False): "waitingOnApproval",
    (False, True): "waitingOnUserInput",
    (True, True): "waitingOnBoth",
}
"""The status of a working thread: whether it waits for an approval, and for the user's input."""


class ThreadPolicy(NamedTuple):
    """The behaviour of threads where the protocol leaves a choice; a time limit of 0 is none."""

    restarts: RestartPolicy = RestartPolicy()
    tool_timeout_ms: int = 3_600_000
    turn_timeout_ms: int = 86_400_000
    pacing: GoalPacing = GoalPacing()
    agents: AgentPolicy = AgentPolicy()
    memory_bytes_max: int = BOUNDLESS
    """The limit for the settings and histories of all live threads together."""
    begins_unattended_turns: bool = True
    """Whether the host begins queued turns, and turns for goals, without a client."""


class LiveThreads:
    """The actors of threads by thread id; at most one each."""

    def __init__(
        self,
        stored: StoredThreads,
        outside: Outside,
        behaviour: ThreadPolicy,
        budgets: Budgets,
        mail: OutboxRelay | None = None,
    ) -> None:
        self._stored = stored
        logs = self._logs = stored.logs
        self._actors: dict[str, ThreadActor] = {}
        self._activating: dict[str, asyncio.Task[ThreadActor]] = {}
        self._blocked_activations: dict[str, list[asyncio.Future[None]]] = {}
        self._leaving: Counter[str] = Counter()
        self.memory = Account("live threads", behaviour.memory_bytes_max, "try again later")
        self.host_work: dict[str, HostWork] = {}
        self._mail = mail or NoOutboxRelay()
        self._agents = behaviour.agents
        self.recall: Recall | None = None
        """The memory for the model of a thread; None if this host never gives any."""
        self._services = {
            log: ThreadServices(
                log,
                behaviour.tool_timeout_ms,
                behaviour.turn_timeout_ms,
                behaviour.pacing,
                behaviour.begins_unattended_turns,
                self._tools_of,
                self._recalled,
                self.host_work,
                self._mail,
                budgets,
                self.memory,
                *outside,
            )
            for log in (logs.durable, logs.ephemeral)
        }
        self.supervisor = Supervisor(stored, self.activate, behaviour.restarts)

    def behave(self, behaviour: ThreadPolicy) -> None:
        """Apply this policy's time limits and agent rules to all threads from now on."""
        self._agents = behaviour.agents
        self._services = {
            log: services._replace(
                tool_timeout_ms=behaviour.tool_timeout_ms,
                turn_timeout_ms=behaviour.turn_timeout_ms,
                pacing=behaviour.pacing,
            )
            for log, services in self._services.items()
        }
        for actor in self.actors():
            actor.share(self._services)
        self.renew()

    def _tools_of(self, thread: Thread) -> "HostTools":
        if thread.ephemeral:
            return {}
        if thread.parts and WORKER.of(thread).job_id:
            from threadhost.actors.job_tools import worker_tools

            return worker_tools()
        if self._agents.jobs == "no" or thread.depth >= self._agents.limits.depth_max:
            return self._tools_of_agents(thread)
        from threadhost.actors.job_tools import runner_tools

        return {**self._tools_of_agents(thread), **runner_tools()}

    def _tools_of_agents(self, thread: Thread) -> "HostTools":
        from threadhost.actors.goal_tools import GOAL_TOOLS

        if thread.depth >= self._agents.limits.depth_max:
            return GOAL_TOOLS
        if self._agents.family == "v2":
            from threadhost.actors.team_tools import team_tools

            return {**GOAL_TOOLS, **team_tools(thread, self._agents)}
        from threadhost.actors.agent_tools import agent_tools

        return {**GOAL_TOOLS, **agent_tools(thread, self._agents)}

    def get(self, thread_id: str) -> ThreadActor | None:
        """The actor of a live thread; None if the thread is not live."""
        return self._actors.get(thread_id)

    def ids(self) -> Sequence[str]:
        """The live threads, the longest live first."""
        return tuple(self._actors)

    def actors(self) -> Sequence[ThreadActor]:
        """The actors of all live threads, in the same order."""
        return tuple(self._actors.values())

    def renew(self, thread_id: str | None = None) -> None:
        """Drop cached tools and settings of one thread, or of all: other inputs have changed."""
        actors = self.actors() if thread_id is None else (self.get(thread_id),)
        for actor in actors:
            if actor is not None:
                actor.renew()

    def _recalled(self, thread: Thread) -> str | None:
        return self.recall(thread) if self.recall is not None else None

    @property
    def starting(self) -> int:
        """How many threads are being activated."""
        return len(self._activating)

    def status(self, thread_id: str) -> Status:
        """A thread's status, as clients see it."""
        actor = self._actors.get(thread_id)
        if actor is None:
            return "systemError" if thread_id in self.supervisor.given_up else "notLoaded"
        if (turn := actor.state.turn) is not None:
            return WAITING[turn.waits_for_approval, turn.waits_for_user]
        return "systemError" if actor.state.failed else "idle"

    def adopt(self, appended: Appended, copied: Thread | None = None) -> ThreadActor:
        """Make a thread live whose first events were just appended, after those `copied` before."""
        recorded = [r for r in appended.recorded if r.stream.startswith("thread-")]
        state = fold_thread(recorded, copied)
        existing = self._actors.get(state.id)
        if existing is not None:
            return existing
        if copied is not None:
            return self._start(Stored(state, state.version))
        events = [fact.event for fact in recorded]
        if not is_changed_by(events):
            return self._start(Stored(state, blank_version=state.version))
        from threadhost.events.history import History

        large = is_large(events)
        return self._start(Stored(state), None if large else History(recorded))

    def is_live_or_activating(self, thread_id: str) -> bool:
        """Whether a thread has an actor, or is about to have one with the state as it is now."""
        return thread_id in self._actors or thread_id in self._activating

    def allow_restart(self, thread_id: str) -> None:
        """Let a thread that was given up be tried again; the failures of others still count."""
        if thread_id in self.supervisor.given_up:
            self.supervisor.forget(thread_id)

    def actor_ended(self, actor: ThreadActor) -> None:
        """Remove an actor that ended, unless another has its thread by now."""
        if self._actors.get(actor.state.id) is actor:
            del self._actors[actor.state.id]
            self._pass_on(actor.state)

    def actor_failed(self, actor: ThreadActor, error: BaseException) -> None:
        """Remove an actor that failed, and hand its thread to the supervisor."""
        if self._actors.get(actor.state.id) is actor:
            del self._actors[actor.state.id]
            self.supervisor.failed(actor.state.id, error)
            self._pass_on(actor.state)

    def _pass_on(self, state: Thread) -> None:
        """Deliver what a stopped actor left in its thread's outbox."""
        self._mail.note_state(state, is_live=False)
        if has_mail(state):
            self._mail.post(state.id, state.session_id)

    async def activate(self, thread_id: str, cause: str) -> ThreadActor:
        """The thread's actor; if the thread is not live, made from the log because of `cause`.

        Raises ThreadNotFound, ThreadBeingDeleted, ThreadClosing or ThreadUnavailable.
        """
        while (holds := self._blocked_activations.get(thread_id)) is not None:
            await asyncio.shield(holds[0])
        actor = self._actors.get(thread_id)
        if actor is not None:
            return actor
        if thread_id in self.supervisor.given_up:
            raise ThreadUnavailable(thread_id)
        task = self._activating.get(thread_id)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._activate(thread_id, cause))
            self._activating[thread_id] = task
            task.add_done_callback(lambda _: self._activating.pop(thread_id, None))
        return await asyncio.shield(task)

    @contextmanager
    def without_activations(self, thread_ids: Sequence[str]) -> Iterator[None]:
        """Prevent activations of these threads inside; callers wait until all such blocks end."""
        free: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        for thread_id in thread_ids:
            self._blocked_activations.setdefault(thread_id, []).append(free)
        try:
            yield
        finally:
            for thread_id in thread_ids:
                self._blocked_activations[thread_id].remove(free)
                if not self._blocked_activations[thread_id]:
                    del self._blocked_activations[thread_id]
            free.set_result(None)

    @contextmanager
    def leaving(self, root_id: str) -> Iterator[None]:
        """Inside, no thread can be started below this one, which is about to be archived."""
        self._leaving[root_id] += 1
        try:
            yield
        finally:
            self._leaving -= Counter((root_id,))

    async def require_unarchived(self, lineage: Sequence[str]) -> None:
        """Return if a thread, named before its ancestors, is not archived, nor about to be.

        That holds until the next await. Raises ThreadArchived.
        """
        thread_id = lineage[0]
        is_live = thread_id in self._actors
        is_away = not is_live and (await self._logs.stored(thread_id)).state.archived
        if is_away or any(id_ in self._leaving for id_ in lineage):
            raise ThreadArchived(thread_id)

    async def settled(self, thread_ids: Sequence[str]) -> list[ThreadActor]:
        """The actors of those threads that are live once activations in progress are over."""
        under_way: list[Awaitable[object]] = [
            asyncio.shield(task) for t in thread_ids if (task := self._activating.get(t))
        ]
        await asyncio.gather(*under_way, return_exceptions=True)
        return [actor for t in thread_ids if (actor := self._actors.get(t))]

    async def wait_for_starts(self) -> None:
        """Wait until no activation is in progress."""
        while self._activating:
            await asyncio.wait(tuple(self._activating.values()))

    async def _activate(self, thread_id: str, cause: str) -> ThreadActor:
        if await self._logs.is_fenced(thread_id):
            raise ThreadBeingDeleted(thread_id)
        command = ActivateThread(self._stored.clock.now_ms())
        origin = policy("activation", thread_id, cause)
        try:
            stored = await self._stored.change(thread_id, command, origin)
        except StreamFenced:  # a deletion fenced it in the meantime
            head = await self._logs.of(thread_id).stream_head(thread_stream(thread_id))
            raise refusal_of(thread_id, head) from None
        actor = self._start(stored)
        if actor.state.parent_id is not None:  # an imported agent does not say that it is one
            self._services[self._log(actor.state)].live.may_belong(thread_id)
        return actor

    def _start(self, stored: Stored, history: "History | None" = None) -> ThreadActor:
        state = stored.state
        services = self._services[self._log(state)]
        actor = self._actors[state.id] = ThreadActor.launch(self, services, stored, history)
        actor.look()
        return actor

    def _log(self, state: Thread) -> Log:
        return self._logs.ephemeral if state.ephemeral else self._logs.durable
