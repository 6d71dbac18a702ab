"""Threads: starts, forks, activates and commands them, live or stored."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from threadhost.actors.command import Command
from threadhost.actors.errors import NotForkable, ThreadBeingDeleted
from threadhost.actors.origin import Origin
from threadhost.actors.runtime.actor import ActorDeadError
from threadhost.actors.runtime.append_errors import overload_in_words
from threadhost.actors.runtime.deletions import Deletions
from threadhost.actors.runtime.eviction import Evictor
from threadhost.actors.runtime.gate import Gate
from threadhost.actors.runtime.reactor import CommandEnvelope
from threadhost.actors.runtime.sessions import Sessions
from threadhost.actors.runtime.stored import StoredThreads
from threadhost.actors.runtime.threads import Status
from threadhost.actors.runtime.tree_actors import TreeActors
from threadhost.actors.runtime.tree_messages import Fork, Import, Spawn, SpawnWorkers
from threadhost.actors.thread import StartThread, decide
from threadhost.events.fold import Thread
from threadhost.events.ids import thread_stream
from threadhost.events.store.committer import Appended, Idempotency, StreamAppend
from threadhost.events.store.errors import StreamFenced, WrongExpectedVersion

if TYPE_CHECKING:
    from threadhost.actors.fork import CopyPlan, ForkThread
    from threadhost.actors.imported import ImportThread
    from threadhost.actors.runtime.forking import Inheritance


class Threads:
    """The threads of a host. Every command is durable when it returns."""

    def __init__(
        self,
        sessions: Sessions,
        trees: TreeActors,
        stored: StoredThreads,
        gate: Gate,
        room: Evictor,
        deletions: Deletions,
    ) -> None:
        self._sessions = sessions
        self._live = sessions.live
        self._logs = sessions.logs
        self._trees = trees
        self._stored = stored
        self._gate = gate
        self._room = room
        self._deletions = deletions

    def status(self, thread_id: str) -> Status:
        """A thread's status, as clients see it."""
        return self._live.status(thread_id)

    def loaded(self, thread_id: str) -> Thread | None:
        """The state of a live thread; None if the thread is not live."""
        actor = self._live.get(thread_id)
        return actor.state if actor else None

    async def state(self, thread_id: str) -> Thread:
        """The state of a thread, live or stored. Raises ThreadNotFound."""
        return await self._sessions.state(thread_id)

    async def start(
        self, command: StartThread, origin: Origin, idempotency: Idempotency | None = None
    ) -> Appended:
        """Start a thread; it is live on return.

        Raises Refusal (the parent is unknown, is being deleted, or the tree is full) or StoreError.
        """
        with self._gate:
            await self._room.require()
            if not command.ephemeral:
                return await self._start(command, origin, idempotency)
            async with self._in_memory(command):
                return await self._start(command, origin, idempotency)

    async def start_workers(
        self, starts: Sequence[StartThread], causes: Sequence[str], origin: Origin
    ) -> None:
        """Start threads below the runner of their job, each with its cause; all are live on return.

        Raises Refusal or StoreError, and then no thread was started.
        """
        with self._gate:
            await self._room.require()
            spawn = SpawnWorkers(starts, causes, origin)
            await self._trees.ask(self._sessions, spawn, starts[0].parent_id or "")

    async def inheritance(
        self, source_id: str, last_turn_id: str | None = None, before_turn_id: str | None = None
    ) -> "Inheritance":
        """What a fork would copy now: all, up to the end of a turn, or up to before its beginning.

        Raises ThreadNotFound, ThreadBeingDeleted or TurnNotFound.
        """
        from threadhost.actors.runtime.forking import inheritance

        await self._sessions.of(source_id)
        return await inheritance(self._logs.of(source_id), source_id, last_turn_id, before_turn_id)

    async def fork(
        self, command: "ForkThread", origin: Origin, idempotency: Idempotency | None = None
    ) -> Appended:
        """Start a thread that owns a copy of another's history; it is live on return.

        Raises Refusal, WrongExpectedVersion where there was such a thread, or another StoreError.
        """
        fork = Fork(command, origin, idempotency)
        with self._gate:
            await self._room.require()
            if command.ephemeral:
                async with self._in_memory(command, command.source_id):
                    return await self._fork(fork)
            if self._logs.is_ephemeral(command.source_id):
                raise NotForkable(command.source_id)
            return await self._fork(fork)

    async def session_of(self, thread_id: str) -> str:
        """The session whose tree holds a thread. Raises ThreadNotFound, ThreadBeingDeleted."""
        return await self._sessions.of(thread_id, fenced_is_fine=True)

    async def import_thread(self, command: "ImportThread", origin: Origin) -> Appended:
        """Record a thread of another program, in one append; it is not live on return.

        Raises Refusal, WrongExpectedVersion if the thread exists already, or another StoreError.
        """
        with self._gate:
            if command.noted_in:
                return await self._trees.tell(command.noted_in, Import(command, origin))
            stream, events = thread_stream(command.thread_id), decide(command, Thread())
            meta = origin.at(self._stored.clock.now_ms())
            begun = StreamAppend(stream, events, 0)
            return await self._logs.durable.append(begun, meta=meta, is_large=command.is_large)

    async def ask(
        self,
        thread_id: str,
        command: Command,
        origin: Origin,
        idempotency: Idempotency | None = None,
    ) -> Appended:
        """Carry out a command on a thread; a stored thread becomes live first.

        Raises Refusal or StoreError.
        """
        message = CommandEnvelope(command, origin, idempotency)
        while True:
            await self._live.supervisor.settled(thread_id)
            if not command.is_small:
                await self._require_room(thread_id)
            with self._gate:  # without the gate, a drain could end before this thread is live
                actor = await self._live.activate(thread_id, origin.causation_id)
            try:
                return await self._sessions.ask(actor, message, thread_id)
            except ActorDeadError:  # the actor stopped before it handled this message
                await self._logs.require_open(thread_id)

    async def activate(self, thread_id: str, cause: str, *, forgiving: bool = False) -> None:
        """Make a stored thread live for a cause; `forgiving` also activates one that was given up.

        Raises Refusal or StoreError.
        """
        with self._gate:
            if forgiving:
                self._live.allow_restart(thread_id)
            await self._room.require()
            await self._live.supervisor.settled(thread_id)
            await self._live.activate(thread_id, cause)

    async def amend(
        self,
        thread_id: str,
        command: Command,
        origin: Origin,
        idempotency: Idempotency | None = None,
    ) -> Appended:
        """Carry out a command that starts no work; a stored thread stays stored.

        Raises Refusal or StoreError.
        """
        while True:
            await self._live.settled([thread_id])
            if self._live.get(thread_id) is not None:
                return await self.ask(thread_id, command, origin, idempotency)
            with self._gate:
                if await self._logs.is_fenced(thread_id):
                    raise ThreadBeingDeleted(thread_id)
                await self._sessions.of(thread_id)
                try:
                    change = await self._stored.prepare(thread_id, command)
                    if self._live.is_live_or_activating(thread_id):
                        continue  # its actor alone may append
                    return await self._stored.append(change, origin, idempotency)
                except WrongExpectedVersion:
                    continue  # it became live, or was amended, while it was read
                except StreamFenced:
                    raise await self._sessions.refusal(thread_id) from None

    async def _start(
        self, command: StartThread, origin: Origin, idempotency: Idempotency | None
    ) -> Appended:
        if command.parent_id is not None:
            spawn = Spawn(command, origin, idempotency)
            appended = await self._trees.ask(self._sessions, spawn, command.parent_id)
        else:
            log = self._logs.ephemeral if command.ephemeral else self._logs.durable
            stream, events = thread_stream(command.thread_id), decide(command, Thread())
            begun = StreamAppend(stream, events, 0, causes=command.causes(events))
            meta = origin.at(self._stored.clock.now_ms())
            with overload_in_words():
                appended = await log.append(
                    begun, meta=meta, idempotency=idempotency, asker=origin.asker
                )
            if not appended.replayed:
                self._live.adopt(appended)
        await self._make_live(appended, origin)
        return appended

    async def _fork(self, fork: Fork) -> Appended:
        source_id = fork.command.source_id
        if fork.command.copy_plan is not None:
            copying = self._copied(fork, fork.command.copy_plan)
            appended = await self._deletions.copies.run(source_id, copying)
        else:
            appended = await self._trees.ask(self._sessions, fork, source_id)
        await self._make_live(appended, fork.origin)
        return appended

    async def _copied(self, fork: Fork, plan: "CopyPlan") -> Appended:
        """Fork a thread by copying its history first; a fork that fails is deleted."""
        from threadhost.actors.runtime.copying import Copying

        command, is_whole = fork.command, False
        clock, require = self._stored.clock, self._gate.require_open
        copying = Copying(self._logs, clock, command, plan, fork.origin, require)
        try:
            with overload_in_words():
                state = await copying.run()
            copied_fork = fork._replace(copied=state)
            appended = await self._trees.ask(self._sessions, copied_fork, command.source_id)
            is_whole = not appended.replayed
        except StreamFenced:
            raise await self._sessions.refusal(command.source_id) from None
        finally:
            if copying.has_begun and not is_whole and not command.ephemeral:
                await self._deletions.sweep([command.thread_id], fork.origin.causation_id)
        return appended

    async def _require_room(self, thread_id: str) -> None:
        """Raise Overloaded if memory for threads like this one is full."""
        if self._logs.is_ephemeral(thread_id):
            with overload_in_words():
                self._logs.ephemeral.require_room()
        await self._room.require()

    @asynccontextmanager
    async def _in_memory(
        self, command: StartThread, source_id: str | None = None
    ) -> AsyncIterator[None]:
        """Keep a thread's stream in memory while it starts; drop the stream if the start fails."""
        self._logs.keep_in_memory(command.thread_id, source_id)
        try:
            yield
        finally:
            if self._live.get(command.thread_id) is None:
                await self._logs.forget(command.thread_id)

    async def _make_live(self, appended: Appended, origin: Origin) -> None:
        """If an earlier request of the same key started the thread, make it live again."""
        if appended.replayed:
            await self._live.activate(appended.thread_id, origin.causation_id)
