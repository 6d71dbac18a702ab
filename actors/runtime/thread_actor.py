"""The actor of a live thread: decides on a command, appends its events, then answers."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from threadhost.actors.command import Command
from threadhost.actors.models import ModelFailed
from threadhost.actors.origin import Origin
from threadhost.actors.runtime.actor import ActorDeadError, ActorFailed, LoopActor
from threadhost.actors.runtime.append_errors import RESUMABLE, patiently
from threadhost.actors.runtime.journal import Journal, ThreadServices
from threadhost.actors.runtime.logs import Stored
from threadhost.actors.runtime.reactor import CommandEnvelope, React, Reactor
from threadhost.actors.thread import DrainThread, EndTurn, Events, StopThread, decide
from threadhost.events.agent import takes_message
from threadhost.events.fold import Thread
from threadhost.events.goal import is_goal_ready
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.committer import Appended
from threadhost.events.store.errors import StoreFailed, StreamFenced, WrongExpectedVersion
from threadhost.events.turn import TurnStarted

if TYPE_CHECKING:
    from threadhost.actors.runtime.turn_work import ChildMessage, TurnWork
    from threadhost.events.history import History
    from threadhost.events.store.log import Log


class Shutdown(NamedTuple):
    """Drain, flush and stop."""

    reason: str
    origin: Origin
    urgent: bool = True


CLOSES_WITHIN = 8
"""The turns of the loop within which a cancelled model task ends, unless it ignores that."""


class Owner(Protocol):
    """Keeps the actors of live threads."""

    def actor_ended(self, actor: "ThreadActor") -> None:
        """Handle the regular end of an actor."""

    def actor_failed(self, actor: "ThreadActor", error: BaseException) -> None:
        """Handle the failure of an actor: its state may differ from the log."""


class ThreadActor(LoopActor):
    """The one writer of a thread's stream, under the fencing token of its incarnation."""

    def __init__(
        self,
        owner: Owner,
        services: ThreadServices,
        stored: Stored,
        history: "History | None" = None,
    ) -> None:
        super().__init__()
        self._owner = owner
        self._journal = Journal(services, stored, history)
        self._turn_work: TurnWork | None = None
        self._reactors: tuple[Reactor, ...] = ()
        """Made on first need: of ten thousand threads few need any."""

    @property
    def state(self) -> Thread:
        """The thread, in its recorded state."""
        return self._journal.state

    # -- messages --

    async def receive(self, message: "CommandEnvelope | React | Shutdown | ChildMessage") -> object:
        """Handle one message; work of reactors comes behind all messages in the mailbox."""
        self._journal.in_doubt = not isinstance(message, CommandEnvelope)
        reply = await self._handle_message(message)
        self.look()
        return reply

    async def _handle_message(
        self, message: "CommandEnvelope | React | Shutdown | ChildMessage"
    ) -> Appended | None:
        if isinstance(message, CommandEnvelope):
            return await self._do(message)
        if isinstance(message, React):
            await message.reactor.act()
        elif isinstance(message, Shutdown):
            await self._shut_down(message)
        else:
            await self._receive_from_child(message)
        return None

    def look(self) -> None:
        """Let every reactor look at the recorded state."""
        if self.actor_stopped.is_set():
            return
        for reactor in self._reactors or self._first_reactors():
            reactor.look()

    def _first_reactors(self) -> Sequence[Reactor]:
        if self.state.queue or self.state.parts:
            from threadhost.actors.runtime.agent_reactor import AgentReactor
            from threadhost.actors.runtime.goal_reactor import GoalReactor
            from threadhost.actors.runtime.queue_reactor import QueueReactor

            shared = self._journal, self._ask, self._do
            reactor_types = AgentReactor, QueueReactor, GoalReactor
            self._reactors = tuple(reactor(*shared) for reactor in reactor_types)
        return self._reactors

    def _ask(self, message: React) -> None:
        if not self.actor_stopped.is_set():
            self.actor_ref.ask(message, block=False)

    async def _receive_from_child(self, message: "ChildMessage") -> None:
        if self._turn_work is None:
            return
        await self._turn_work.receive(message)
        if self.state.turn is None:
            self._drop_turn()

    def renew(self) -> None:
        """Drop cached tools and settings: what the model gets beside the history has changed."""
        self._journal.renew()

    def share(self, services: "Mapping[Log, ThreadServices]") -> None:
        """Use these services, those of the thread's log, from now on."""
        self._journal.services = services[self._journal.services.log]

    @property
    def is_idle(self) -> bool:
        """Whether the thread has no running turn, and no message."""
        return self.state.turn is None and not self.is_working

    @property
    def is_quiet(self) -> bool:
        """Whether the thread is idle, and has no work due."""
        return not self.is_working and self.rests

    @property
    def rests(self) -> bool:
        """Whether the thread has no running turn, and none due."""
        state = self.state
        return state.turn is None and not is_goal_ready(state) and not takes_message(state)

    @property
    def size_bytes(self) -> int:
        """The size of its settings and its history."""
        return self._journal.size_bytes

    @property
    def history(self) -> "History | None":
        """The model's history, if it is in memory."""
        return self._journal.loaded

    def drop_history(self) -> None:
        """Drop the model's history; the next turn reads it from the log."""
        self._journal.drop_history()

    def is_fatal(self, error: Exception) -> bool:
        """Whether state and log may differ: then the actor is made anew from the log.

        A command that failed before any append fails alone.
        """
        if isinstance(error, WrongExpectedVersion):
            return True
        return self._journal.in_doubt and not isinstance(error, (*RESUMABLE, ModelFailed))

    def on_stop(self) -> None:
        """Close, and leave the live threads."""
        self._close()
        self._owner.actor_ended(self)

    def on_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close, and leave the restart to the supervisor."""
        self._drop_turn()
        self._close()
        self._owner.actor_failed(self, exception_value or RuntimeError("unknown failure"))

    def _close(self) -> None:
        for reactor in self._reactors:
            reactor.close()
        self._journal.close()

    # -- commands --

    async def _do(self, message: CommandEnvelope) -> Appended:
        try:
            command = await self._prepared(message.command)
            events = decide(command, self.state)
            if not events:
                return Appended(())
            if self._turn_work is not None:
                events = self._turn_work.with_output(command, events)
            work = self._work_after(command, events, message.origin)
            if work is not None:
                await self._journal.prepare(events)
                events = work.with_input(events)
            appended = await self._journal.append(
                events, message.origin, message.idempotency, message.origin.asker
            )
            if appended.replayed:
                return appended
            if work is not None and work is not self._turn_work:
                self._drop_turn()
                self._turn_work = work
            if work is not None:
                work.go_on(message.origin)
            elif self.state.turn is None:
                self._drop_turn()
            return appended
        except BaseException:
            self._journal.expect_revert(None)  # no revert comes
            raise

    async def _prepared(self, command: Command) -> Command:
        if not command.is_prepared:
            return command
        from threadhost.actors.runtime.preparation import prepared

        return await prepared(command, self._journal)

    def _work_after(self, command: Command, events: Events, origin: Origin) -> "TurnWork | None":
        """The work for the turn that these events begin or give input to; None for others."""
        if not command.is_work:
            return None
        begins = any(isinstance(event, TurnStarted) for event in events)
        if not begins and (self._turn_work is not None or self.state.turn is None):
            return self._turn_work
        from threadhost.actors.runtime.turn_work import TurnWork
        from threadhost.actors.turn import StartTurn

        schema = command.output_schema if isinstance(command, StartTurn) else None
        return TurnWork(
            self._journal, self._send_to_self, lambda: not self.is_working, origin, schema
        )

    async def _send_to_self(self, message: "ChildMessage") -> None:
        """Send a message to the actor; while the store is unavailable, the stream waits."""
        try:
            await patiently(partial(self.actor_ref.ask, message, block=False))
        except (ActorDeadError, ActorFailed, StreamFenced, StoreFailed):
            return
        except Exception:
            if not self.actor_stopped.is_set():
                raise

    def _drop_turn(self) -> None:
        work, self._turn_work = self._turn_work, None
        if work is not None:
            work.drop()

    # -- shutdown --

    def abandon(self) -> None:
        """Drop an actor that does not stop; its incarnation is over, so it can append no more."""
        self._drop_turn()
        self._close()
        self._owner.actor_ended(self)
        self.kill()

    async def _shut_down(self, message: Shutdown) -> None:
        """Drain, flush and stop; messages behind this one are not handled."""
        with suppress(StreamFenced):  # deleted, or another actor has it: nothing to record
            await self._drain(message)
        self._drop_turn()
        self._stop()

    async def _end_asking(self, message: Shutdown) -> None:
        """End the turn before the thread, if it has open calls.

        Clients hear of the turn's end, then that no answer is wanted, and then of the thread's end.
        """
        work, turn = self._turn_work, self.state.turn
        if work is None or turn is None or not turn.calls:
            return
        end = EndTurn(message.reason, self._journal.now_ms())
        events = work.with_output(end, decide(end, self.state))
        await self._journal.append_with_retries(events, message.origin)
        await work.close()

    async def _drain(self, message: Shutdown) -> None:
        log, origin = self._journal, message.origin
        first = decide(DrainThread(message.reason), self.state)
        stop = StopThread(message.reason, log.now_ms())
        if self.state.turn is not None and self.state.turn.calls:
            await log.append_with_retries(first, origin)
            first = ()
            await self._end_asking(message)
        last = decide(stop, self.state)
        if self._turn_work is not None:
            last = self._turn_work.with_output(stop, last)
            async with closing(self._turn_work) as is_closed:
                if first and not is_closed:
                    await log.append_with_retries(first, origin)
                    first = ()
        await log.append_with_retries([*first, *last], origin)


@asynccontextmanager
async def closing(work: "TurnWork") -> AsyncIterator[bool]:
    """Cancel the work of a turn; yields whether that is over at once. It is over at the exit."""
    task = asyncio.ensure_future(work.close())
    try:
        for _ in range(CLOSES_WITHIN):
            await asyncio.sleep(0)
            if task.done():
                break
        yield task.done()
        await task
    finally:
        task.cancel()
