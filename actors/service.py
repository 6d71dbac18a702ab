"""The host: everything that can be asked of threads and trees, in one place."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple

from threadhost.actors.command import Command
from threadhost.actors.errors import (
    NotForkable,
    Overloaded,
    Refusal,
    ShuttingDown,
    ThreadBeingDeleted,
    ThreadNotFound,
    ThreadNotPersisted,
)
from threadhost.actors.fork import ForkThread
from threadhost.actors.origin import Origin
from threadhost.actors.runtime.actor import ActorDeadError, InboxFull, LoopActor
from threadhost.actors.runtime.archiving import Archiving
from threadhost.actors.runtime.deletion import DeletionServices
from threadhost.actors.runtime.erasure import Eraser
from threadhost.actors.runtime.forking import Inheritance, inheritance
from threadhost.actors.runtime.in_flight import InFlight
from threadhost.actors.runtime.journal import Outside
from threadhost.actors.runtime.logs import Logs, beginning_of
from threadhost.actors.runtime.preview import DeletionPreview, preview
from threadhost.actors.runtime.recovery import end_interrupted_turns
from threadhost.actors.runtime.shutdown import Stopped, Stopping
from threadhost.actors.runtime.stored import StoredThreads
from threadhost.actors.runtime.thread_actor import Do
from threadhost.actors.runtime.threads import LiveThreads, Status, ThreadPolicy, refusal_of
from threadhost.actors.runtime.tree_actor import DoTree, ForgetEphemeral, Fork, Spawn
from threadhost.actors.runtime.trees import Trees
from threadhost.actors.thread import StartThread, decide
from threadhost.actors.tree import SetEdgeOpen, TreeLimits
from threadhost.events.base import StreamState
from threadhost.events.fold import Thread
from threadhost.events.ids import thread_stream, tree_stream
from threadhost.events.store.committer import Appended, Idempotency, StreamAppend
from threadhost.events.store.errors import (
    StoreOverloaded,
    StreamFenced,
    WrongExpectedVersion,
)
from threadhost.events.tree import DeletionReceipt


class HostPolicy(NamedTuple):
    """How a host behaves where the protocol leaves it open."""

    shutdown_deadline_ms: int = 10_000
    tree: TreeLimits = TreeLimits()
    threads: ThreadPolicy = ThreadPolicy()


class Host:
    """Live threads and spawn trees over two logs."""

    def __init__(
        self, logs: Logs, outside: Outside, host_id: str, behaviour: HostPolicy | None = None
    ) -> None:
        behaviour = behaviour or HostPolicy()
        clock = outside.clock
        self.logs = logs
        self._clock = clock
        self._behaviour = behaviour
        self._draining = False
        self._in_flight = InFlight()
        self.threads = LiveThreads(logs, outside, behaviour.threads)
        self._stored = StoredThreads(logs, clock)
        self._archiving = Archiving(logs, self.threads, clock, self.unload)
        self._eraser = Eraser(logs.durable, clock, host_id)
        deletion = DeletionServices(logs, self.threads, clock, behaviour.shutdown_deadline_ms)
        self._trees = Trees(behaviour.tree, deletion, outside.ids, self._eraser.deleted)

    # -- threads --

    async def start_thread(
        self, command: StartThread, origin: Origin, idempotency: Idempotency | None = None
    ) -> Appended:
        """Start a thread; live and durable when this returns.

        Raises Refusal (the parent is unknown, is being deleted, or the tree is full) or StoreError.
        """
        self._refuse_if_draining()
        with self._in_flight:
            if not command.ephemeral:
                return await self._start(command, origin, idempotency)
            async with self._in_memory(command):
                return await self._start(command, origin, idempotency)

    @asynccontextmanager
    async def _in_memory(
        self, command: StartThread, source_id: str | None = None
    ) -> AsyncIterator[None]:
        """Where the start of a thread belongs that lives in memory; if it fails, nothing stays."""
        self.logs.keep_in_memory(command.thread_id, source_id)
        try:
            yield
        finally:
            if self.threads.get(command.thread_id) is None:
                await self.logs.forget(command.thread_id)

    async def _start(
        self, command: StartThread, origin: Origin, idempotency: Idempotency | None
    ) -> Appended:
        if command.parent_id is not None:
            spawn = Spawn(command, origin, idempotency)
            appended = await self._ask_tree(spawn, command.parent_id)
        else:
            events = decide(command, Thread())
            log = self.logs.ephemeral if command.ephemeral else self.logs.durable
            appended = await log.append(
                StreamAppend(thread_stream(command.thread_id), events, 0),
                meta=origin.at(self._clock.now_ms()),
                idempotency=idempotency,
            )
            if not appended.replayed:
                self.threads.adopt(appended)
        await self._taken_up(appended)
        return appended

    async def inheritance(
        self, source_id: str, last_turn_id: str | None = None, before_turn_id: str | None = None
    ) -> Inheritance:
        """What a fork would take over now, up to a turn's end or to before its beginning.

        Raises ThreadNotFound, ThreadBeingDeleted or TurnNotFound.
        """
        self._session_of(source_id)
        return await inheritance(self.logs.of(source_id), source_id, last_turn_id, before_turn_id)

    async def fork_thread(
        self, command: ForkThread, origin: Origin, idempotency: Idempotency | None = None
    ) -> Appended:
        """Start a thread that owns a copy of another's history; live and durable on return.

        Raises Refusal or StoreError.
        """
        self._refuse_if_draining()
        if self.logs.is_ephemeral(command.source_id) and not command.ephemeral:
            raise NotForkable(command.source_id)
        with self._in_flight:
            if not command.ephemeral:
                return await self._fork(command, origin, idempotency)
            async with self._in_memory(command, command.source_id):
                return await self._fork(command, origin, idempotency)

    async def _fork(
        self, command: ForkThread, origin: Origin, idempotency: Idempotency | None
    ) -> Appended:
        fork = Fork(command, origin, idempotency)
        appended = await self._ask_tree(fork, command.source_id)
        await self._taken_up(appended)
        return appended

    async def _taken_up(self, appended: Appended) -> None:
        """The thread that an earlier request of the same key started has to be live, too."""
        if appended.replayed:
            await self.threads.activate(appended.thread_id)

    async def ask(
        self,
        thread_id: str,
        command: Command,
        origin: Origin,
        idempotency: Idempotency | None = None,
    ) -> Appended:
        """Carry out a command on a thread, taking it up if it is stored; durable on return.

        Raises Refusal or StoreError.
        """
        message = Do(command, origin, idempotency)
        while True:
            await self.threads.supervisor.settled(thread_id)
            self._refuse_if_draining()
            with self._in_flight:  # else a drain could be over before it is live
                actor = await self.threads.activate(thread_id)
            try:
                return await self._ask(actor, message, thread_id)
            except ActorDeadError:
                self._refuse_if_closed(thread_id)  # else it stopped before it came to this message

    async def take_up(self, thread_id: str, *, forgiving: bool = False) -> None:
        """Make a stored thread live; if `forgiving`, also one that was given up.

        Raises Refusal or StoreError.
        """
        self._refuse_if_draining()
        if forgiving:
            self.threads.forgive(thread_id)
        with self._in_flight:
            await self.threads.supervisor.settled(thread_id)
            await self.threads.activate(thread_id)

    async def amend(
        self,
        thread_id: str,
        command: Command,
        origin: Origin,
        idempotency: Idempotency | None = None,
    ) -> Appended:
        """Carry out a command that starts no work; a thread that is stored stays stored.

        Raises Refusal or StoreError.
        """
        while True:
            self._refuse_if_draining()
            await self.threads.settled([thread_id])
            if self.threads.get(thread_id) is not None:
                return await self.ask(thread_id, command, origin, idempotency)
            if self.logs.is_fenced(thread_id):
                raise ThreadBeingDeleted(thread_id)
            self._session_of(thread_id)
            with self._in_flight:
                try:
                    return await self._stored.amend(thread_id, command, origin, idempotency)
                except WrongExpectedVersion:
                    continue  # it was taken up, or amended, while it was read
                except StreamFenced:
                    raise self._why_closed(thread_id) from None

    async def archive(self, root_id: str, origin: Origin) -> None:
        """Put a thread away with all below it that last; none of them is live on return.

        Raises Refusal or StoreError.
        """
        self._refuse_if_draining()
        with self._in_flight:
            if self.logs.is_ephemeral(root_id):
                raise ThreadNotFound(root_id)
            look = partial(self._trees.below, self._session_of(root_id), root_id)
            await self._archiving.archive(root_id, look, origin)

    async def unarchive(self, thread_id: str, origin: Origin) -> None:
        """Take one thread out again; it stays stored. Raises Refusal or StoreError."""
        self._refuse_if_draining()
        with self._in_flight:
            await self._archiving.unarchive(thread_id, origin)

    def status(self, thread_id: str) -> Status:
        """What clients are told of a thread's state."""
        return self.threads.status(thread_id)

    def state(self, thread_id: str) -> Thread | None:
        """The state of a live thread."""
        actor = self.threads.get(thread_id)
        return actor.state if actor else None

    # -- trees --

    async def set_edge(self, child_id: str, origin: Origin, *, is_open: bool) -> None:
        """Close a child's edge to its parent, or open it again."""
        await self._ask_tree(DoTree(SetEdgeOpen(child_id, is_open), origin), child_id)

    def preview_deletion(self, root_id: str) -> DeletionPreview:
        """What deleting a thread would do now; changes nothing. Raises Refusal."""
        return preview(root_id, self._trees.get(self._deletable(root_id)), self.threads)

    async def delete(
        self, root_id: str, origin: Origin, idempotency: Idempotency | None = None
    ) -> DeletionReceipt:
        """Delete a thread and all below it; every step durable on return.

        Raises ThreadNotPersisted, ThreadNotFound or DeletionHalted.
        """
        self._refuse_if_draining()
        with self._in_flight:
            session_id = self._deletable(root_id)
            return await self._trees.delete(session_id, root_id, origin, idempotency)

    async def earlier(self, idempotency: Idempotency, origin: Origin) -> Appended | None:
        """What the request of this key did before, if it was there. Raises IdempotencyKeyReused."""
        with self._in_flight:
            meta = origin.at(self._clock.now_ms())
            appended = await self.logs.durable.append(meta=meta, idempotency=idempotency)
            return appended if appended.replayed else None

    # -- the host's own life --

    async def resume_deletions(self, unfinished: Sequence[tuple[str, str]]) -> None:
        """Finish what an earlier process began: (tree stream, deletion id) each.

        What the store keeps from ending goes on by itself as soon as it can.
        """
        for stream, deletion_id in unfinished:
            self._trees.resume(stream.removeprefix("tree-"), deletion_id)
        await self._trees.finish()

    def confirm_erasures(self, deletion_ids: Sequence[str]) -> None:
        """See to deletions whose erasure an earlier process did not come to confirm."""
        for deletion_id in deletion_ids:
            self._eraser.deleted(deletion_id)

    async def end_interrupted_turns(self, thread_ids: Sequence[str]) -> None:
        """End turns that an earlier process left running; their threads stay stored."""
        await end_interrupted_turns(thread_ids, self.logs, self._clock)

    async def unload(
        self,
        thread_ids: Sequence[str],
        reason: str,
        origin: Origin,
        *,
        only_if_idle: bool = False,
    ) -> Stopped:
        """Shut live threads down together; they stay stored. Those in memory are gone then."""
        sessions = {
            thread_id: self._session_of(thread_id)
            for thread_id in thread_ids
            if self.logs.is_ephemeral(thread_id)
        }
        deadline_ms = self._behaviour.shutdown_deadline_ms
        stopping = Stopping(self.threads, self.logs, self._clock, reason, origin, deadline_ms)
        stopped = await stopping.stop(thread_ids, only_if_idle=only_if_idle)
        for thread_id, session_id in sessions.items():
            if self.threads.get(thread_id) is not None:
                continue
            await self.logs.forget(thread_id)
            tree = self._trees.get(session_id)
            await tree.actor_ref.ask(ForgetEphemeral([thread_id]), block=False)
        return stopped

    async def drain(self, origin: Origin) -> Stopped:
        """Refuse new work, finish deletions, shut every thread down; leave nothing running."""
        self._draining = True
        await self.threads.supervisor.close()
        await self._trees.finish()
        await self._in_flight.over()
        await self.threads.starts_over()
        stopped = await self.unload(self.threads.ids(), "host shutdown", origin)
        await self._trees.close()
        await self._eraser.close()
        return stopped

    # -- inside --

    async def _ask_tree(self, message: Spawn | Fork | DoTree, thread_id: str) -> Appended:
        while True:
            tree = self._trees.get(self._session_of(thread_id))
            try:
                return await self._ask(tree, message, thread_id)
            except ActorDeadError:
                continue  # it failed before it came to this message, and is made anew
            except WrongExpectedVersion as error:
                if error.stream != tree_stream(tree.session_id):
                    raise

    async def _ask(self, actor: LoopActor, message: object, thread_id: str) -> Appended:
        try:
            appended: Appended = await actor.actor_ref.ask(message, block=False)
        except InboxFull:
            raise Overloaded("the thread has too many requests waiting") from None
        except StoreOverloaded as error:
            raise Overloaded(str(error)) from None
        except StreamFenced:
            raise self._why_closed(thread_id) from None
        return appended

    def _refuse_if_closed(self, thread_id: str) -> None:
        refusal = self._why_closed(thread_id)
        if isinstance(refusal, (ThreadNotFound, ThreadBeingDeleted)):
            raise refusal

    def _why_closed(self, thread_id: str) -> Refusal:
        return refusal_of(thread_id, self.logs.of(thread_id).stream_head(thread_stream(thread_id)))

    def _deletable(self, root_id: str) -> str:
        """The session of a thread that may be deleted. Raises Refusal."""
        if self.logs.is_ephemeral(root_id):
            raise ThreadNotPersisted(root_id)
        try:
            return self._session_of(root_id, fenced_is_fine=True)
        except ThreadNotFound:
            stored = self.logs.durable.stream_head(tree_stream(root_id))
            if stored and self._trees.get(root_id).tree.children.get(root_id):
                return root_id  # never stored itself, but others live below it
            raise

    def _session_of(self, thread_id: str, *, fenced_is_fine: bool = False) -> str:
        actor = self.threads.get(thread_id)
        if actor is not None:
            return actor.state.session_id
        log, stream = self.logs.of(thread_id), thread_stream(thread_id)
        head = log.stream_head(stream)
        if head is None or head.state is StreamState.CLOSED:
            raise ThreadNotFound(thread_id)
        if head.state is StreamState.FENCED and not fenced_is_fine:
            raise ThreadBeingDeleted(thread_id)
        return beginning_of(log, thread_id).session_id

    def _refuse_if_draining(self) -> None:
        if self._draining:
            raise ShuttingDown
