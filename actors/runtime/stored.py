"""Commands on threads that are stored: carried out on the log, without taking the thread up."""

from threadhost.actors.command import Command
from threadhost.actors.origin import Origin
from threadhost.actors.ports import Clock
from threadhost.actors.revert import RevertThread
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.runtime.reverting import located
from threadhost.actors.thread import decide
from threadhost.events.fold import Thread
from threadhost.events.ids import thread_stream
from threadhost.events.store.committer import Appended, Idempotency, StreamAppend


class StoredThreads:
    """Threads that no actor holds; whoever takes one up meanwhile comes first."""

    def __init__(self, logs: Logs, clock: Clock) -> None:
        self._logs = logs
        self._clock = clock

    async def amend(
        self, thread_id: str, command: Command, origin: Origin, idempotency: Idempotency | None
    ) -> Appended:
        """Carry out a command; durable on return.

        Raises Refusal, StoreError, or WrongExpectedVersion where something else came first.
        """
        log = self._logs.of(thread_id)
        state, expected = Thread(), None
        if not command.is_blind:
            state = (await self._logs.stored(thread_id)).state
            expected = state.version
        if isinstance(command, RevertThread):
            command = (await located(command, log, thread_id)).command
        append = StreamAppend(thread_stream(thread_id), decide(command, state), expected)
        meta = origin.at(self._clock.now_ms())
        return await log.append(append, meta=meta, idempotency=idempotency)
