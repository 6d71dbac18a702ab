"""Changing stored threads in the log, without making them live."""

from collections.abc import Callable, Sequence

from threadhost.actors.command import Command
from threadhost.actors.origin import Origin
from threadhost.actors.ports import Clock
from threadhost.actors.runtime.logs import Logs, Stored
from threadhost.actors.thread import ActivateThread, decide
from threadhost.events.base import Recorded
from threadhost.events.causes import causes_of
from threadhost.events.fold import Thread, fold_thread, steps
from threadhost.events.ids import THREAD, thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.committer import Appended, Idempotency, StreamAppend
from threadhost.events.store.errors import WrongExpectedVersion


class Change(NamedTuple):
    """The append of a command, and the thread that it was decided on."""

    append: StreamAppend
    before: Stored

    def after(self, appended: Appended) -> Stored:
        """The thread after the append."""
        state = fold_thread(appended.recorded, self.before.state)
        is_kept = self.append.snapshot is not None
        return Stored(state, state.version if is_kept else self.before.snapshot_version)


class StoredThreads(NamedTuple):
    """Uses optimistic concurrency: read, decide, append at the version that was read."""

    logs: Logs
    clock: Clock
    listeners: Sequence[Callable[[Sequence[Recorded]], None]] = ()
    """Listeners for events that are recorded for threads without an actor."""

    async def change(self, thread_id: str, command: Command, origin: Origin) -> Stored:
        """Carry out a command, with retries after other appends; returns the thread after it.

        Durable on return. Raises Refusal or StoreError.
        """
        while True:
            change = await self.prepare(thread_id, command)
            try:
                return change.after(await self.append(change, origin))
            except WrongExpectedVersion:
                continue

    async def prepare(self, thread_id: str, command: Command) -> Change:
        """The append of a command on the thread's present state. Raises Refusal."""
        stream = thread_stream(thread_id)
        if command.is_prepared:
            command = await self._located(thread_id, command)
        if command.ignores_state:
            head = await self.logs.of(thread_id).stream_head(stream)
            version = head.version if head else 0
            return Change(
                StreamAppend(stream, decide(command, Thread()), version), Stored(Thread())
            )
        stored = await self.logs.stored(thread_id)
        if isinstance(command, ActivateThread):
            command = command.but(snapshot_version=stored.snapshot_version)
        events = decide(command, stored.state)
        states = steps(stored.state, events)
        causes, snapshot = causes_of(events, states), stored.snapshot(states[-1])
        append = StreamAppend(stream, events, stored.state.version, None, snapshot, causes)
        return Change(append, stored)

    async def _located(self, thread_id: str, command: Command) -> Command:
        from threadhost.actors.revert import RevertThread
        from threadhost.actors.runtime.reverting import located

        if not isinstance(command, RevertThread):
            return command
        return (await located(command, self.logs.of(thread_id), thread_id)).command

    async def append(
        self, change: Change, origin: Origin, idempotency: Idempotency | None = None
    ) -> Appended:
        """Append a change. Raises WrongExpectedVersion if somebody else appended first."""
        if not change.append.events and idempotency is None:
            return Appended(())
        log = self.logs.of(change.append.stream.removeprefix(THREAD))
        meta = origin.at(self.clock.now_ms())
        appended = await log.append(
            change.append, meta=meta, idempotency=idempotency, asker=origin.asker
        )
        if not appended.replayed:
            for listener in self.listeners:
                listener(appended.recorded)
        return appended
