"""Delivers messages and ends of agents from one thread's log to another's, each once."""

from threadhost.actors.agent import DeliverEnd, DeliverMessage, SettleEnd, SettleMessage
from threadhost.actors.errors import (
    Refusal,
    ShuttingDown,
    ThreadBeingDeleted,
    ThreadClosing,
    ThreadNotFound,
)
from threadhost.actors.origin import Origin, policy
from threadhost.actors.runtime.thread_directory import ThreadDirectory
from threadhost.actors.runtime.tree_messages import TreeCommandEnvelope
from threadhost.actors.tree import SettleLoss
from threadhost.events.agent import AGENT, AgentEnded, AgentMessageSent, Outcome
from threadhost.events.agent_words import WITH_TEXT
from threadhost.events.base import Recorded
from threadhost.events.causes import by_event
from threadhost.events.failpoints import reach
from threadhost.events.fold import Thread
from threadhost.events.ids import thread_stream, tree_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.turn import ErrorRecorded, ItemRecorded
from threadhost.events.words import truncate

TOLD_CHARS_MAX = 1_000_000
"""How many characters of an agent's last words others receive; its own thread keeps all."""


class OutboxDrain(NamedTuple):
    """The outbox of a thread that has messages and ends for others."""

    directory: ThreadDirectory
    thread_id: str
    session_id: str | None = None
    """The session of the thread, if the caller knows it."""

    async def drain(self) -> str | None:
        """Deliver everything, oldest first, and also what arrives meanwhile.

        Returns the session if the thread is being deleted: its outbox is kept until that is over.
        """
        sessions, trees = self.directory.sessions, self.directory.trees
        session_id = self.session_id or await sessions.of(self.thread_id, fenced_is_fine=True)
        while True:
            if self.thread_id in (await trees.get(session_id)).tree.fenced:
                return session_id  # checked before the read: a deletion may have a thousand threads
            state = await sessions.state(self.thread_id)
            agent = AGENT.of(state)
            if not agent.outbox and not agent.untold:
                return None
            for version in agent.outbox:
                await self._deliver(state, version)
            for version in agent.untold:
                await self._report_end(state, version)

    async def _deliver(self, state: Thread, version: int) -> None:
        reach("agent.message_sent")
        fact = await self._fact(version)
        outcome: Outcome = "undeliverable"
        if fact is not None and isinstance(fact.event, AgentMessageSent):
            outcome = await self._delivered(state, fact, fact.event)
        reach("agent.message_delivered")
        command = SettleMessage(version, outcome)
        await self.directory.threads.amend(self.thread_id, command, self._origin(fact, version))

    async def _delivered(self, state: Thread, fact: Recorded, sent: AgentMessageSent) -> Outcome:
        tree = (await self.directory.trees.get(state.session_id)).tree
        node = tree.nodes.get(sent.receiver_id)
        if sent.receiver_id != state.session_id and (node is None or not node.is_open):
            return "undeliverable"
        command = DeliverMessage(
            sender_id=self.thread_id,
            sender_version=fact.version,
            message=sent.message,
            content=sent.content,
            turn_id=sent.turn_id,
            root_turn_id=sent.root_turn_id,
            interrupts=sent.interrupts,
            author=sent.author,
            recipient=sent.recipient,
        )
        try:
            origin = self._origin(fact, fact.version)
            await self.directory.threads.ask(sent.receiver_id, command, origin)
        except (ThreadClosing, ShuttingDown):
            raise
        except Refusal as refused:
            if refused.sort == "overloaded":
                raise
            return "undeliverable"
        return "delivered"

    async def _report_end(self, state: Thread, version: int) -> None:
        reach("agent.ended")
        if await self.directory.sessions.logs.is_fenced(self.thread_id):
            # If it is deleted, the tree reports it; if the deletion halts, this end is delivered.
            raise ThreadBeingDeleted(self.thread_id)
        fact = await self._fact(version)
        origin = self._origin(fact, version)
        if state.parent_id:
            command = await self._end_heard(state, version, fact)
            await deliver_end(self.directory, state.parent_id, command, origin)
        reach("agent.end_heard")
        await self.directory.threads.amend(self.thread_id, SettleEnd(version), origin)

    async def _end_heard(self, state: Thread, version: int, fact: Recorded | None) -> DeliverEnd:
        """The command that reports an end; for an unreadable end, by the agent's status now."""
        agent = AGENT.of(state)
        ended = fact.event if fact else None
        if not isinstance(ended, AgentEnded):
            return DeliverEnd(
                self.thread_id, version, agent.status or "interrupted", None, agent.path
            )
        text = await self._final_words(ended) if ended.status in WITH_TEXT else None
        command = DeliverEnd(self.thread_id, version, ended.status, text, agent.path)
        at_ms = fact.meta.recorded_at_ms if fact else 0
        return command.but(turn_id=ended.turn_id, at_ms=at_ms)

    async def _final_words(self, ended: AgentEnded) -> str | None:
        fact = await self._fact(ended.said_version) if ended.said_version else None
        return None if fact is None else words_of(fact)

    async def _fact(self, version: int) -> Recorded | None:
        log = self.directory.sessions.logs.of(self.thread_id)
        return await log.fact_at(thread_stream(self.thread_id), version)

    def _origin(self, fact: Recorded | None, version: int) -> Origin:
        correlation_id = fact.meta.correlation_id if fact else self.thread_id
        return policy("agents", correlation_id, by_event(thread_stream(self.thread_id), version))


async def deliver_end(
    directory: ThreadDirectory, parent_id: str, command: DeliverEnd, origin: Origin
) -> None:
    """Report an end to a parent, unless the parent is deleted."""
    try:
        await directory.threads.amend(parent_id, command, origin)
    except ThreadNotFound:
        return


def words_of(fact: Recorded) -> str | None:
    """The text of a message or an error; None if it cannot be read."""
    event = fact.event
    text = event.message if isinstance(event, ErrorRecorded) else None
    if isinstance(event, ItemRecorded):
        text = event.item.get("text")
    return truncate(text, TOLD_CHARS_MAX) if isinstance(text, str) else None


async def report_losses(directory: ThreadDirectory, session_id: str) -> None:
    """Report a tree's deleted agents to their parents."""
    stream = tree_stream(session_id)
    while losses := (tree := await directory.trees.get(session_id)).tree.lost:
        child_id, parent_id = next(iter(losses.items()))
        origin = policy("agents", session_id, by_event(stream, tree.tree.version))
        head = await directory.sessions.logs.durable.stream_head(thread_stream(child_id))
        version = head.version if head else 1
        command = DeliverEnd(child_id, version, "shutdown", None)
        await deliver_end(directory, parent_id, command, origin)
        await directory.trees.tell(session_id, TreeCommandEnvelope(SettleLoss(child_id), origin))
