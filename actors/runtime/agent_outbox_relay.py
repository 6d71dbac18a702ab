"""The relay that delivers the outboxes of threads, and notifies watchers of agents."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable

from threadhost.actors.runtime.keyed_tasks import KeyedTasks
from threadhost.actors.runtime.thread_directory import ThreadDirectory
from threadhost.actors.runtime.watchers import Watchers
from threadhost.events.agent import AgentEnded, AgentMessageSettled, has_work
from threadhost.events.base import Recorded
from threadhost.events.fold import Thread
from threadhost.events.ids import THREAD, thread_stream, tree_stream
from threadhost.events.thread import ThreadFailed
from threadhost.events.turn import TurnCompleted

STANDS = (AgentEnded, AgentMessageSettled, TurnCompleted, ThreadFailed)
"""Events after which the status of an agent may differ."""


class AgentsAtWork:
    """The agents that work, by the states of live threads; one without an actor does not work.

    It is built from live states alone, so that a crash leaves nothing behind.
    """

    def __init__(self) -> None:
        self._sessions: dict[str, str] = {}
        self._counts: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._sessions)

    def __contains__(self, thread_id: str) -> bool:
        return thread_id in self._sessions

    def of(self, session_id: str) -> int:
        """How many agents of this session work."""
        return self._counts[session_id]

    def note_state(self, thread: Thread, *, is_live: bool) -> None:
        """Update the entry of a thread."""
        works = is_live and has_work(thread)
        if works == (thread.id in self._sessions):
            return
        if works:
            self._sessions[thread.id] = thread.session_id
            self._counts[thread.session_id] += 1
            return
        self._counts -= Counter((self._sessions.pop(thread.id),))


class AgentOutboxRelay:
    """Runs one task for each thread or tree with anything to deliver; it keeps no other state.

    The next host finds in the log what this one has not delivered.
    """

    def __init__(self) -> None:
        self.at_work = AgentsAtWork()
        self._directory: ThreadDirectory | None = None
        self._tasks = KeyedTasks("delivering the messages of {}")
        self._held_back: dict[str, dict[str, None]] = {}
        """By session: threads that are being deleted, whose deliveries wait until that is over."""
        self.news = Watchers()
        """Waiters for a change in the status of threads."""

    def connect(self, directory: ThreadDirectory) -> None:
        """Set the directory that deliveries go to."""
        self._directory = directory

    # -- notifications --

    def note_state(self, thread: Thread, *, is_live: bool) -> None:
        """Note the new state of a thread, and notify its watchers."""
        self.at_work.note_state(thread, is_live=is_live)
        self.news.notify(thread.id)

    def follow(self, recorded: Iterable[Recorded]) -> None:
        """Follow events that were recorded for threads without an actor."""
        for fact in recorded:
            thread_id = fact.stream.removeprefix(THREAD)
            if isinstance(fact.event, AgentEnded):
                self.post(thread_id)
            if isinstance(fact.event, STANDS):
                self.news.notify(thread_id)

    # -- deliveries --

    def post(self, thread_id: str, session_id: str | None = None) -> None:
        """Deliver what the outbox of a thread holds."""
        if thread_stream(thread_id) in self._tasks:
            return
        from threadhost.actors.runtime.outbox_drain import OutboxDrain

        async def work(directory: ThreadDirectory) -> None:
            held_in = await OutboxDrain(directory, thread_id, session_id).drain()
            if held_in is not None:
                self._held_back.setdefault(held_in, {})[thread_id] = None

        self._begin(thread_stream(thread_id), work)

    def deletion_over(self, session_id: str, deleted: Collection[str]) -> None:
        """Resume held deliveries, except of deleted threads; report deleted agents to parents."""
        for thread_id in self._held_back.pop(session_id, {}):
            if thread_id not in deleted:
                self.post(thread_id, session_id)
        self.post_losses(session_id)

    def post_losses(self, session_id: str) -> None:
        """Report agents that the tree may have lost to their parents; then wake all watchers."""
        from threadhost.actors.runtime.outbox_drain import report_losses

        async def work(directory: ThreadDirectory) -> None:
            await report_losses(directory, session_id)
            for thread_id in self.news:
                self.news.notify(thread_id)

        self._begin(tree_stream(session_id), work)

    async def close(self) -> None:
        """Cancel all deliveries."""
        await self._tasks.close()

    def _begin(self, key: str, work: Callable[[ThreadDirectory], Awaitable[None]]) -> None:
        if (directory := self._directory) is not None:
            self._tasks.begin(key, lambda: work(directory))
