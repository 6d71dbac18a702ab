"""The reactor of agents: takes messages into turns, records ends, and posts both for delivery."""

from threadhost.actors.agent import NoteEnd, PassMessage, TakeMessage
from threadhost.actors.origin import Origin, policy
from threadhost.actors.runtime.attempts import Attempts
from threadhost.actors.runtime.journal import Journal
from threadhost.actors.runtime.reactor import Ask, CarryOut, CommandEnvelope
from threadhost.events.agent import (
    AGENT,
    AgentContextGiven,
    AgentMessageReceived,
    has_ended,
    has_mail,
    takes_message,
)
from threadhost.events.base import Recorded
from threadhost.events.causes import by_event
from threadhost.events.ids import thread_stream
from threadhost.events.operator_log_store import STREAM_DAMAGED
from threadhost.events.turn import ItemRecorded, TurnStarted


def cause_of(fact: Recorded) -> str:
    """The causation of an event."""
    return fact.meta.causation_id


class AgentReactor:
    """Acts for agents and for threads that exchange messages; for all others it costs one check."""

    __slots__ = ("_attempts", "_carry_out", "_journal", "_reported_status")

    def __init__(self, journal: Journal, ask: Ask, carry_out: CarryOut) -> None:
        self._journal = journal
        self._attempts = Attempts(self, journal, ask, "work as an agent")
        self._carry_out = carry_out
        self._reported_status: object = None
        state = journal.state
        if state.parts and state.parent_id is not None and AGENT.of(state).is_agent:
            journal.services.live.belongs(state.id, state.parent_id)

    def look(self) -> None:
        """Post the outbox for delivery, and ask to act if a message or the agent's end is due."""
        state = self._journal.state
        if "agent" not in state.parts:
            return
        agent, mail = AGENT.of(state), self._journal.services.mail
        standing = agent, state.turn is None
        if standing != self._reported_status:
            self._reported_status = standing
            mail.note_state(state, is_live=True)
        if has_mail(state):
            mail.post(state.id, state.session_id)
        if takes_message(state) or has_ended(state):
            self._attempts.ask()

    async def act(self) -> None:
        """Take the oldest due message, or record the end."""
        await self._attempts.make(self._go_on)

    def close(self) -> None:
        """Do nothing: a stopped actor ignores later attempts."""

    async def _go_on(self) -> None:
        state = self._journal.state
        if takes_message(state):
            await self._take(AGENT.of(state).due[0])
        elif has_ended(state):
            await self._carry_out(
                CommandEnvelope(NoteEnd(), self._origin(state.turn_ended_at_version))
            )

    async def _take(self, version: int) -> None:
        log, state = self._journal.services.log, self._journal.state
        fact = await log.fact_at(thread_stream(state.id), version)
        event = fact.event if fact else None
        if fact is None or not isinstance(event, AgentMessageReceived):
            STREAM_DAMAGED.emit(whose=f"thread {state.id}", what="a message to it")
            await self._pass(version)
            return
        if state.gaps and await self._was_taken(fact, event.turn_id):
            # The sender knew of no delivery, and the thread lost the record of it.
            await self._pass(version, was_taken=True)
            return
        command = TakeMessage(
            turn_id=event.turn_id,
            item_id=self._journal.services.ids.new(),
            content=event.content,
            at_ms=self._journal.now_ms(),
            root_turn_id=event.root_turn_id,
            received_version=version,
            sender_id=event.sender_id,
            sender_version=event.sender_version,
            message=event.message,
            interrupts=event.interrupts,
            author=event.author,
            recipient=event.recipient,
        )
        await self._carry_out(
            CommandEnvelope(command, self._origin(version, fact.meta.correlation_id))
        )

    async def _pass(self, version: int, *, was_taken: bool = False) -> None:
        turn_id, now_ms = self._journal.services.ids.new(), self._journal.now_ms()
        command = PassMessage(version, turn_id, now_ms, was_taken)
        await self._carry_out(CommandEnvelope(command, self._origin(version)))

    async def _was_taken(self, message: Recorded, turn_id: str) -> bool:
        """Whether the thread took this message before: in a turn of its own, or as an input.

        The causations of events tell: they are readable even if the events are not.
        """
        log, stream = self._journal.services.log, thread_stream(self._journal.state.id)
        started = await log.read_stream(stream, types=[TurnStarted])
        if any(getattr(fact.event, "turn_id", "") == turn_id for fact in started):
            return True
        received = await log.read_stream(stream, types=[AgentMessageReceived])
        cause = cause_of(message)
        earlier_versions = [
            r.version for r in received if r.version < message.version and cause_of(r) == cause
        ]
        if not earlier_versions:
            return False
        facts = await log.read_stream(
            stream, earlier_versions[0], types=[ItemRecorded, AgentContextGiven]
        )
        return not {by_event(stream, v) for v in earlier_versions}.isdisjoint(map(cause_of, facts))

    def _origin(self, version: int, correlation_id: str = "") -> Origin:
        thread_id = self._journal.state.id
        cause = by_event(thread_stream(thread_id), version)
        return policy("agents", correlation_id or thread_id, cause)
