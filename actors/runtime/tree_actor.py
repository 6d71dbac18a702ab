"""A spawn tree: the one writer of its edges, fences and deletion plans."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import reduce
from itertools import groupby
from operator import attrgetter
from typing import Any, ClassVar, Protocol

from threadhost.actors.errors import SpawnRefused, ThreadBeingDeleted, ThreadNotFound, TreeChanged
from threadhost.actors.origin import Origin
from threadhost.actors.ports import Budgets, Clock
from threadhost.actors.runtime.actor import LoopActor
from threadhost.actors.runtime.append_errors import RESUMABLE
from threadhost.actors.runtime.logs import Logs, tree_of
from threadhost.actors.runtime.tree_messages import (
    ForgetEphemeral,
    Fork,
    Import,
    ListBelow,
    Message,
    Plan,
    Record,
    Spawn,
    SpawnWorkers,
    TreeCommandEnvelope,
)
from threadhost.actors.thread import StartThread
from threadhost.actors.thread import decide as decide_thread
from threadhost.actors.tree import (
    PlanDeletion,
    SpawnThread,
    TreeLimits,
    decide,
    leaf_first,
    subtree,
)
from threadhost.events.base import Event, StreamState
from threadhost.events.fold import Tree, fold_tree, foresee, no_tree
from threadhost.events.hold import DeletionRefused
from threadhost.events.ids import THREAD, thread_stream, tree_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.snapshot import encode
from threadhost.events.store.committer import Appended, Idempotency, StreamAppend
from threadhost.events.store.errors import WrongExpectedVersion
from threadhost.events.thread import Thread
from threadhost.events.tree import DeletionTarget, ThreadSpawned, evolve


class Adopt(Protocol):
    """Makes a thread live after its first events were appended, or the last events of its copy."""

    def __call__(self, appended: Appended, copied: Thread | None = None) -> object:
        """`copied` is the state of the thread before these events."""


class TreeServices(NamedTuple):
    """The parts of the host that all tree actors share.

    `require_unarchived` refuses an archived thread, named before its ancestors. `adopt` makes a
    spawned thread live before the tree handles another message, so that a cancelled caller cannot
    leave that undone.
    """

    logs: Logs
    clock: Clock
    limits: TreeLimits
    adopt: Adopt
    require_unarchived: Callable[[Sequence[str]], Awaitable[None]]
    budgets: Budgets


class TreeActor(LoopActor):
    """Folds the edges of durable threads from one log, and of threads in memory from the other."""

    def __init__(
        self, services: TreeServices, session_id: str, tree: Tree, ephemeral: Tree
    ) -> None:
        super().__init__()
        self.session_id = session_id
        self._services = services
        self.tree = tree
        self.ephemeral = ephemeral
        self._drop([t for t in self.ephemeral.nodes if not services.logs.is_ephemeral(t)])

    @classmethod
    async def of(cls, services: TreeServices, session_id: str) -> "TreeActor":
        """The actor of a tree, folded from both logs."""
        logs = services.logs
        tree = await tree_of(logs.durable, session_id)
        ephemeral = await logs.tree_in_memory(session_id)
        return cls.launch(services, session_id, tree, ephemeral)

    async def receive(self, message: Message) -> object:
        """Handle one message."""
        return await self.HANDLERS[type(message)](self, message)

    async def _record(self, message: Record) -> Appended:
        return await self._append(
            message.events, message.origin, other_appends=message.other_appends
        )

    async def _carry_out(self, message: TreeCommandEnvelope) -> Appended:
        if message.thread_id:  # this holds until the next message: only this actor plans deletions
            await self._services.logs.require_open(message.thread_id)
        events = decide(message.command, self.tree)
        await self._refuse_if_held(events, message)
        key, others = message.idempotency, message.other_appends
        return await self._append(events, message.origin, key, others, at_ms=message.at_ms)

    async def _list_below(self, message: ListBelow) -> Sequence[str]:
        below = leaf_first(await self.targets_below(message.root_id))[:-1]
        return [target.thread_id for target in below if not target.ephemeral]

    def is_fatal(self, error: Exception) -> bool:
        """Whether the error leaves the state in doubt: then the tree is folded from the log."""
        return not isinstance(error, RESUMABLE)

    async def targets_below(self, root_id: str) -> list[DeletionTarget]:
        """The thread and all below it, durable or in memory, breadth first.

        Then their forks that live only in memory, each with all below it: they hold the same
        content, and no receipt could name them later.
        """
        below = subtree(root_id, self.tree, self.ephemeral)
        return [*below, *await self._forks_in_memory(below)]

    async def _forks_in_memory(self, targets: Sequence[DeletionTarget]) -> list[DeletionTarget]:
        forks: list[DeletionTarget] = []
        logs, depth = self._services.logs, targets[-1].depth + 1
        seen = {target.thread_id: None for target in targets}
        sources = deque(seen)
        while sources:
            source_id = sources.popleft()
            for fork_id in logs.forks_in_memory(source_id):
                if fork_id in seen:
                    continue
                edges = fold_tree(await logs.ephemeral.read_stream(tree_stream(fork_id)))
                for target in subtree(fork_id, no_tree(), edges):
                    seen[target.thread_id] = None
                    sources.append(target.thread_id)
                    source = source_id if target.thread_id == fork_id else None
                    place = {"depth": depth + target.depth, "forked_from_id": source}
                    forks.append(target.model_copy(update={"ephemeral": True, **place}))
        return forks

    async def surviving_forks(self, thread_ids: Sequence[str]) -> list[str]:
        """The forks of these threads that are not deleted."""
        forks = [fork for t in thread_ids for fork in self.tree.forks.get(t, ())]
        heads = await self._services.logs.durable.stream_heads(
            [thread_stream(fork) for fork in forks]
        )
        return sorted(
            fork
            for fork in forks
            if (head := heads.get(thread_stream(fork))) and head.state is not StreamState.CLOSED
        )

    async def _forget(self, message: ForgetEphemeral) -> None:
        self._drop(message.thread_ids)
        await self._forget_if_empty()

    def _drop(self, thread_ids: Sequence[str]) -> None:
        self.ephemeral = self.ephemeral.without(thread_ids)

    async def _forget_if_empty(self) -> None:
        if self.ephemeral.version and not self.ephemeral.nodes:
            await self._services.logs.ephemeral.forget(tree_stream(self.session_id))
            self.ephemeral = no_tree()

    async def _spawn(self, message: Spawn) -> Appended:
        start = message.command
        parent_id = start.parent_id or ""
        if self._services.logs.is_ephemeral(parent_id) and not start.ephemeral:
            raise SpawnRefused(f"thread {parent_id} is ephemeral: its children have to be, too")
        limits = self._services.limits
        cover = None if start.ephemeral else self._services.budgets.of(self.session_id)
        place = parent_id, start.thread_id, self.session_id
        spawn = SpawnThread(*place, limits, start.agents, cover, start.is_worker)
        edge = decide(spawn, self.tree.merged(self.ephemeral) if start.ephemeral else self.tree)
        events = self._events_of(start, edge)
        if not self._services.logs.is_ephemeral(parent_id):
            await self._services.require_unarchived(self._lineage(parent_id))
        if start.ephemeral:
            await self._require_free(parent_id, start)
        appended = await self._append_both(start, edge, events, message)
        if start.ephemeral:
            await self._require_free(parent_id, start)
        if not appended.replayed:
            self._services.adopt(appended)
        return appended

    def _events_of(self, start: StartThread, edge: Sequence[Event]) -> Sequence[Event]:
        """The first events of a thread that joins the tree by this edge."""
        depth = next(e.depth for e in edge if isinstance(e, ThreadSpawned))
        placed = start.but(session_id=self.session_id, depth=depth)
        return decide_thread(placed, Thread(id=start.thread_id))

    async def _spawn_workers(self, message: SpawnWorkers) -> Appended:
        limits, cover = self._services.limits, self._services.budgets.of(self.session_id)
        tree, edges, appends = self.tree, list[Event](), list[StreamAppend]()
        for start, cause in zip(message.starts, message.causes, strict=True):
            place = start.parent_id or "", start.thread_id, self.session_id
            edge = decide(SpawnThread(*place, limits, None, cover, start.is_worker), tree)
            events = self._events_of(start, edge)
            appends.append(
                StreamAppend(
                    thread_stream(start.thread_id), events, 0, causes=[cause] * len(events)
                )
            )
            edges += edge
            tree = reduce(lambda state, event: evolve(event, state), edge, tree)
        await self._services.require_unarchived(self._lineage(message.starts[0].parent_id or ""))
        appended = await self._append(edges, message.origin, None, appends, message.causes)
        for stream, facts in groupby(appended.recorded, attrgetter("stream")):
            if stream.startswith(THREAD):
                self._services.adopt(Appended([*facts]))
        return appended

    async def _require_free(self, origin_id: str, start: StartThread) -> None:
        """Raise ThreadNotFound or ThreadBeingDeleted if a deletion, of any tree, covers the thread.

        Threads in memory may be deleted with another tree. This checks the parent or source, and
        the thread itself as its child or fork. The result holds until the next await.
        """
        logs = self._services.logs
        await logs.require_open(origin_id)
        if logs.are_fenced_in_memory(origin_id, start.thread_id):
            raise ThreadBeingDeleted(origin_id)

    def _lineage(self, thread_id: str) -> list[str]:
        """The thread and all its ancestors."""
        lineage = [thread_id]
        while (node := self.tree.nodes.get(lineage[-1])) and node.parent_id not in lineage:
            lineage.append(node.parent_id)
        return lineage

    async def _fork(self, message: Fork) -> Appended:
        from threadhost.actors.fork import RecordFork

        fork = message.command
        edge = decide(RecordFork(fork.source_id, fork.thread_id), self.tree)
        if fork.ephemeral:  # a fork in memory is not recorded
            await self._require_free(fork.source_id, fork)
            edge = ()
        copied = message.copied or Thread()
        appended = await self._append_both(fork, edge, decide_thread(fork, copied), message)
        if fork.ephemeral:
            await self._require_free(fork.source_id, fork)
        if not appended.replayed:
            self._services.adopt(appended, message.copied)
        return appended

    async def _import(self, message: Import) -> Appended:
        from threadhost.actors.imported import joined

        if (parent_id := message.command.parent_id) is not None:
            head = await self._services.logs.durable.stream_head(thread_stream(parent_id))
            if head is not None and head.state is StreamState.CLOSED:
                raise ThreadNotFound(parent_id)
        edge, start = joined(message.command, self.tree)
        events = decide_thread(start, Thread())
        return await self._append_both(start, edge, events, message)

    async def _append_both(
        self,
        start: StartThread,
        edge: Sequence[Event],
        events: Sequence[Event],
        message: Spawn | Fork | Import,
    ) -> Appended:
        logs = self._services.logs
        log = logs.ephemeral if start.ephemeral else logs.durable
        tree = self.ephemeral if start.ephemeral else self.tree
        stream = tree_stream(self.session_id)
        copied = message.copied if isinstance(message, Fork) else None
        appended = await log.append(
            *([StreamAppend(stream, edge, tree.version)] if edge else ()),
            _start_append(start, events, copied),
            meta=message.origin.at(self._services.clock.now_ms()),
            idempotency=message.idempotency,
            asker=message.origin.asker,
        )
        if not appended.replayed:
            tree_now = fold_tree((r for r in appended.recorded if r.stream == stream), tree)
            if start.ephemeral:
                self.ephemeral = tree_now
            else:
                self.tree = tree_now
        return appended

    async def _plan(self, message: Plan) -> Appended:
        targets = await self.targets_below(message.root_id)
        command = PlanDeletion(message.deletion_id, message.root_id, targets, message.terms)
        await self._refuse_if_held(decide(command, self.tree), message)  # before anything is fenced
        fenced: set[str] = set()
        try:
            targets = await self._fenced(targets, fenced)
            events = decide(command.but(targets=targets), self.tree)
            await self._refuse_if_held(events, message)
            appended = await self._append_plan(events, message)
            if appended.replayed:  # an earlier deletion of this request halted; this one is new
                appended = await self._append(events, message.origin)
        except BaseException:
            self._services.logs.unfence_in_memory(fenced)
            raise
        return appended

    async def _append_plan(self, events: Sequence[Event], message: Plan) -> Appended:
        """Append a plan; expected versions are checked as it is written, behind waiting appends.

        Raises TreeChanged if a thread has changed since it was looked at.
        """
        as_seen = message.terms.expected_versions or {}
        expectations = [
            StreamAppend(thread_stream(thread_id), (), version)
            for thread_id, version in as_seen.items()
        ]
        try:
            return await self._append(events, message.origin, message.idempotency, expectations)
        except WrongExpectedVersion as error:
            if error.stream == tree_stream(self.session_id):
                raise
            raise TreeChanged(message.root_id) from None

    async def _refuse_if_held(
        self, events: Sequence[Event], message: Plan | TreeCommandEnvelope
    ) -> None:
        """If a legal hold is in the way, record the attempt durably, and raise ThreadHeld."""
        if not (events and isinstance(refused := events[0], DeletionRefused)):
            return
        from threadhost.actors.runtime.hold_refusal import refusal

        log, holds = self._services.logs.durable, self.tree.holds
        await self._append(events, message.origin)
        raise await refusal(log, self.session_id, holds, refused)

    async def _fenced(
        self, targets: list[DeletionTarget], fenced: set[str]
    ) -> list[DeletionTarget]:
        """Fence these targets, and all that were spawned or forked from them meanwhile.

        Else one of another tree could be forked before the plan is recorded. A look may miss new
        threads below targets that were unfenced at the time, so it is repeated.
        """
        while unfenced_ids := {t.thread_id for t in targets if t.ephemeral} - fenced:
            self._services.logs.fence_in_memory(unfenced_ids)
            fenced |= unfenced_ids
            targets = await self.targets_below(targets[0].thread_id)
        return targets

    async def _append(
        self,
        events: Sequence[Event],
        origin: Origin,
        idempotency: Idempotency | None = None,
        other_appends: Sequence[StreamAppend] = (),
        causes: Sequence[str] = (),
        at_ms: int = 0,
    ) -> Appended:
        if not (events or other_appends):
            return Appended(())
        stream = tree_stream(self.session_id)
        appended = await self._services.logs.durable.append(
            StreamAppend(stream, events, self.tree.version, causes=causes),
            *other_appends,
            meta=origin.at(at_ms or self._services.clock.now_ms()),
            idempotency=idempotency,
            asker=origin.asker,
        )
        if not appended.replayed:
            self.tree = fold_tree((r for r in appended.recorded if r.stream == stream), self.tree)
        return appended

    HANDLERS: ClassVar[dict[type, Callable[["TreeActor", Any], Awaitable[object]]]] = {
        Spawn: _spawn,
        SpawnWorkers: _spawn_workers,
        Fork: _fork,
        Import: _import,
        Plan: _plan,
        Record: _record,
        TreeCommandEnvelope: _carry_out,
        ListBelow: _list_below,
        ForgetEphemeral: _forget,
    }


def _start_append(
    start: StartThread, events: Sequence[Event], copied: Thread | None
) -> StreamAppend:
    """The append of a thread's first events, or of those behind its copy."""
    stream, causes = thread_stream(start.thread_id), start.causes(events)
    if copied is None:
        return StreamAppend(stream, events, 0, causes=causes)
    snapshot = encode(foresee(copied, events))
    return StreamAppend(stream, events, copied.version, snapshot=snapshot, causes=causes)
