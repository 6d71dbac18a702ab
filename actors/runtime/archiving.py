"""Putting a subtree away: all of its threads stop, then all are archived at once."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from threadhost.actors.archive import ArchiveThread, UnarchiveThread
from threadhost.actors.errors import AlreadyArchived, ThreadBeingDeleted, ThreadNotFound
from threadhost.actors.origin import Origin
from threadhost.actors.ports import Clock
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.runtime.shutdown import Stopped
from threadhost.actors.runtime.threads import LiveThreads
from threadhost.actors.thread import decide
from threadhost.events.ids import thread_stream
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import StreamFenced, WrongExpectedVersion

ARCHIVED = "archived"
"""The reason that such a thread's shutdown is recorded with."""


class Below(NamedTuple):
    """What lasts below a thread, deepest first, as its tree's stream says at this version."""

    thread_ids: Sequence[str]
    tree_stream: str
    tree_version: int


Unload = Callable[[Sequence[str], str, Origin], Awaitable[Stopped]]


class Archiving(NamedTuple):
    """Puts threads away and takes them out; a thread in memory cannot be either."""

    logs: Logs
    threads: LiveThreads
    clock: Clock
    unload: Unload

    async def archive(self, root_id: str, look: Callable[[], Below], origin: Origin) -> None:
        """Put a thread away with those below it.

        Whoever takes one of them up in the meantime, or starts another among them, makes it stop
        once more. Raises Refusal.
        """
        await self._put_away(root_id, root_id)  # a refusal comes before anything stops
        while True:
            below = look()
            thread_ids = [root_id, *below.thread_ids]
            await self.unload(thread_ids, ARCHIVED, origin)
            with self.threads.kept_down(thread_ids):
                if await self.threads.settled(thread_ids):
                    continue
                try:
                    await self._put_all_away(root_id, below, origin)
                except WrongExpectedVersion:
                    continue
                except StreamFenced:
                    raise ThreadBeingDeleted(root_id) from None
            return

    async def unarchive(self, thread_id: str, origin: Origin) -> None:
        """Take one thread out again; it stays stored. Raises Refusal."""
        while True:
            state = (await self.logs.stored(thread_id)).state
            events = decide(UnarchiveThread(), state)
            append = StreamAppend(thread_stream(thread_id), events, state.version)
            try:
                await self.logs.durable.append(append, meta=origin.at(self.clock.now_ms()))
            except WrongExpectedVersion:
                continue
            except StreamFenced:
                raise ThreadBeingDeleted(thread_id) from None
            return

    async def _put_all_away(self, root_id: str, below: Below, origin: Origin) -> None:
        first = await self._put_away(root_id, root_id)
        rest = [await self._leniently(thread_id, root_id) for thread_id in below.thread_ids]
        no_other = StreamAppend(below.tree_stream, (), below.tree_version)
        appends = [no_other, first, *(append for append in rest if append is not None)]
        await self.logs.durable.append(*appends, meta=origin.at(self.clock.now_ms()))

    async def _put_away(self, thread_id: str, root_id: str) -> StreamAppend:
        state = (await self.logs.stored(thread_id)).state
        events = decide(ArchiveThread(root_id), state)
        return StreamAppend(thread_stream(thread_id), events, state.version)

    async def _leniently(self, thread_id: str, root_id: str) -> StreamAppend | None:
        """What is there and not archived yet."""
        try:
            return await self._put_away(thread_id, root_id)
        except (ThreadNotFound, AlreadyArchived):
            return None
