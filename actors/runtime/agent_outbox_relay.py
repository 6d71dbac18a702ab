"""What threads have for each other: taken where it belongs, and who waits for that to change."""

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
"""After these somebody may stand otherwise than before."""


class AgentsAtWork:
    """Which agents work, in step with the states of live threads: what has no actor does not.

    It is made of these alone, so that nothing is left of whatever crashes.
    """

    def __init__(self) -> None:
        self._sessions: dict[str, str] = {}
        self._counts: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._sessions)

    def __contains__(self, thread_id: str) -> bool:
        return thread_id in self._sessions

    def of(self, session_id: str) -> int:
        """How many of one session."""
        return self._counts[session_id]

    def stands(self, thread: Thread, *, is_live: bool) -> None:
        """Know how a thread stands now."""
        works = is_live and has_work(thread)
        if works == (thread.id in self._sessions):
            return
        if works:
            self._sessions[thread.id] = thread.session_id
            self._counts[thread.session_id] += 1
            return
        self._counts -= Counter((self._sessions.pop(thread.id),))


class AgentOutboxRelay:
    """One task for each thread, or tree, that has anything for another; nothing is kept but these.

    What is under way when the host ends is found in the log by the next one.
    """

    def __init__(self) -> None:
        self.at_work = AgentsAtWork()
        self._directory: ThreadDirectory | None = None
        self._tasks = KeyedTasks()
        self._held_back: dict[str, dict[str, None]] = {}
        """By session: threads that are being deleted, and so take nothing to others now."""
        self.news = Watchers()
        """Those of threads who wait until these stand otherwise."""

    def connect(self, directory: ThreadDirectory) -> None:
        """Take what is posted from now on to these."""
        self._directory = directory

    # -- who is told that something moved --

    def stands(self, thread: Thread, *, is_live: bool) -> None:
        """A thread may stand otherwise than before."""
        self.at_work.stands(thread, is_live=is_live)
        self.news.notify(thread.id)

    def heard(self, recorded: Iterable[Recorded]) -> None:
        """Follow what was recorded of threads that have no actor."""
        for fact in recorded:
            thread_id = fact.stream.removeprefix(THREAD)
            if isinstance(fact.event, AgentEnded):
                self.post(thread_id)
            if isinstance(fact.event, STANDS):
                self.news.notify(thread_id)

    # -- what is taken where --

    def post(self, thread_id: str, session_id: str | None = None) -> None:
        """A thread has something for another."""
        if thread_stream(thread_id) in self._tasks:
            return
        from threadhost.actors.runtime.outbox_drain import OutboxDrain

        async def work(directory: ThreadDirectory) -> None:
            held_in = await OutboxDrain(directory, thread_id, session_id).drain()
            if held_in is not None:
                self._held_back.setdefault(held_in, {})[thread_id] = None

        self._begin(thread_stream(thread_id), work)

    def deletion_over(self, session_id: str, deleted: Collection[str]) -> None:
        """Take what was held meanwhile to others, save of what is gone; tell of the gone."""
        for thread_id in self._held_back.pop(session_id, {}):
            if thread_id not in deleted:
                self.post(thread_id, session_id)
        self.post_losses(session_id)

    def post_losses(self, session_id: str) -> None:
        """A tree may have lost agents whose parents have to hear of it."""
        for thread_id in self.news:
            self.news.notify(thread_id)
        from threadhost.actors.runtime.outbox_drain import tell_losses

        self._begin(tree_stream(session_id), lambda directory: tell_losses(directory, session_id))

    async def close(self) -> None:
        """Let go of everything."""
        await self._tasks.close()

    def _begin(self, key: str, work: Callable[[ThreadDirectory], Awaitable[None]]) -> None:
        if (directory := self._directory) is not None:
            self._tasks.begin(key, lambda: work(directory))
