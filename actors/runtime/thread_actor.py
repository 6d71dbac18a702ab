"""A live thread: takes a command, decides, appends, then answers. A reply means it is on disk."""

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
"""Turns of the loop in which a model's task ends that was cancelled, unless it is deaf."""


class Owner(Protocol):
    """Who keeps the actors of live threads."""

    def gone(self, actor: "ThreadActor") -> None:
        """It ended as it should."""

    def failed(self, actor: "ThreadActor", error: BaseException) -> None:
        """It failed: what it knew of its thread may differ from the log."""


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
        """Made once there is something for one of them: of ten thousand threads few need any."""

    @property
    def state(self) -> Thread:
        """The thread as far as it is in the log."""
        return self._journal.state

    # -- messages --

    async def receive(self, message: "CommandEnvelope | React | Shutdown | ChildMessage") -> object:
        """Handle one message; what reactors do comes after all that is in the mailbox."""
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
        """Have every reactor look at the thread as it is in the log."""
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
        """What its model is told beside the history has changed."""
        self._journal.renew()

    def share(self, services: "Mapping[Log, ThreadServices]") -> None:
        """Use these, of its log, from now on."""
        self._journal.services = services[self._journal.services.log]

    @property
    def is_idle(self) -> bool:
        """Whether the thread neither works nor is asked for anything just now."""
        return self.state.turn is None and not self.is_working

    @property
    def is_quiet(self) -> bool:
        """Whether the thread is idle, and does not go on by itself."""
        return not self.is_working and self.rests

    @property
    def rests(self) -> bool:
        """Whether the thread is at no turn, and begins none by itself."""
        state = self.state
        return state.turn is None and not is_goal_ready(state) and not takes_message(state)

    @property
    def size_bytes(self) -> int:
        """What its settings and its history take."""
        return self._journal.size_bytes

    @property
    def history(self) -> "History | None":
        """What the model sees of the thread, if that is in memory."""
        return self._journal.loaded

    def drop_history(self) -> None:
        """Let go of what the model sees of the thread; the next turn reads it from the log."""
        self._journal.drop_history()

    def is_fatal(self, error: Exception) -> bool:
        """Whether state and log may differ: then the log has the truth.

        A command that failed before anything was appended only fails itself.
        """
        if isinstance(error, WrongExpectedVersion):
            return True
        return self._journal.in_doubt and not isinstance(error, (*RESUMABLE, ModelFailed))

    def on_stop(self) -> None:
        """Leave the live threads."""
        self._close()
        self._owner.gone(self)

    def on_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave the rest to the supervisor."""
        self._drop_turn()
        self._close()
        self._owner.failed(self, exception_value or RuntimeError("unknown failure"))

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
            self._journal.expect_revert(None)  # none comes
            raise

    async def _prepared(self, command: Command) -> Command:
        if not command.is_prepared:
            return command
        from threadhost.actors.runtime.preparation import prepared

        return await prepared(command, self._journal)

    def _work_after(self, command: Command, events: Events, origin: Origin) -> "TurnWork | None":
        """Who works on the turn that these events begin or give input to; None for others."""
        if not command.is_work:
            return None
        begins = any(isinstance(event, TurnStarted) for event in events)
        if not begins and (self._turn_work is not None or self.state.turn is None):
            return self._turn_work
        from threadhost.actors.runtime.turn_work import TurnWork
        from threadhost.actors.turn import StartTurn

        schema = command.output_schema if isinstance(command, StartTurn) else None
        return TurnWork(self._journal, self._tell_self, lambda: not self.is_working, origin, schema)

    async def _tell_self(self, message: "ChildMessage") -> None:
        """Tell the actor; while the store can take nothing, the stream waits."""
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
        """Let go of an actor that does not stop; its incarnation is over, so is its say."""
        self._drop_turn()
        self._close()
        self._owner.gone(self)
        self.kill()

    async def _shut_down(self, message: Shutdown) -> None:
        """Drain, flush and stop; what waits behind this message is not handled any more."""
        with suppress(StreamFenced):  # deleted, or superseded: nothing is left to say
            await self._drain(message)
        self._drop_turn()
        self._stop()

    async def _end_asking(self, message: Shutdown) -> None:
        """Whoever was asked hears of the turn's end, then that no answer is wanted, and then more.

        What ended with the thread's own end would tell of that one first.
        """
        work, turn = self._turn_work, self.state.turn
        if work is None or turn is None or not turn.calls:
            return
        end = EndTurn(message.reason, self._journal.now_ms())
        events = work.with_output(end, decide(end, self.state))
        await self._journal.append_patiently(events, message.origin)
        await work.close()

    async def _drain(self, message: Shutdown) -> None:
        log, origin = self._journal, message.origin
        first = decide(DrainThread(message.reason), self.state)
        stop = StopThread(message.reason, log.now_ms())
        if self.state.turn is not None and self.state.turn.calls:
            await log.append_patiently(first, origin)
            first = ()
            await self._end_asking(message)
        last = decide(stop, self.state)
        if self._turn_work is not None:
            last = self._turn_work.with_output(stop, last)
            async with closing(self._turn_work) as is_closed:
                if first and not is_closed:
                    await log.append_patiently(first, origin)
                    first = ()
        await log.append_patiently([*first, *last], origin)


@asynccontextmanager
async def closing(work: "TurnWork") -> AsyncIterator[bool]:
    """What a turn has running is let go of; whether that is over at once. It is at the end."""
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
