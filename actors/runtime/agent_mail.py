"""What threads have for each other: taken where it belongs, and who waits for that to change."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager

from threadhost.actors.errors import Refusal, ShuttingDown, ThreadNotFound
from threadhost.actors.runtime import append_errors
from threadhost.actors.runtime.agent_places import Places
from threadhost.actors.runtime.tasks import begin
from threadhost.events.ids import thread_stream, tree_stream
from threadhost.events.store.errors import StoreError, StoreFailed

WAIT_MAX_S = 10
"""The longest wait before what could not be taken to others is tried again."""
logger = logging.getLogger("threadhost.actors")


class AgentMail:
    """One task for each thread, or tree, that has anything for another; nothing is kept but these.

    What is under way when the host ends is found in the log by the next one.
    """

    def __init__(self) -> None:
        self._places: Places | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._watched: dict[str, list[asyncio.Event]] = {}

    def connect(self, places: Places) -> None:
        """Take what is posted from now on to these."""
        self._places = places

    # -- who is told that something moved --

    @contextmanager
    def watching(self, thread_ids: Iterable[str]) -> Iterator[asyncio.Event]:
        """An event that is set whenever one of these threads may stand otherwise."""
        moved, ids = asyncio.Event(), tuple(dict.fromkeys(thread_ids))
        for thread_id in ids:
            self._watched.setdefault(thread_id, []).append(moved)
        try:
            yield moved
        finally:
            for thread_id in ids:
                self._watched[thread_id].remove(moved)
                if not self._watched[thread_id]:
                    del self._watched[thread_id]

    def moved(self, thread_id: str) -> None:
        """A thread may stand otherwise than before."""
        for event in self._watched.get(thread_id, ()):
            event.set()

    # -- what is taken where --

    def post(self, thread_id: str) -> None:
        """A thread has something for another."""
        if thread_stream(thread_id) in self._tasks:
            return
        from threadhost.actors.runtime.agent_post import Sender

        self._begin(thread_stream(thread_id), lambda places: Sender(places, thread_id).empty())

    def post_losses(self, session_id: str) -> None:
        """A tree may have lost agents whose parents have to hear of it."""
        for thread_id in tuple(self._watched):
            self.moved(thread_id)
        from threadhost.actors.runtime.agent_post import tell_losses

        self._begin(tree_stream(session_id), lambda places: tell_losses(places, session_id))

    async def close(self) -> None:
        """Let go of everything."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, key: str, work: Callable[[Places], Awaitable[None]]) -> None:
        if key not in self._tasks and self._places is not None:
            self._tasks[key] = begin(self._persistently(key, work, self._places))

    async def _persistently(
        self, key: str, work: Callable[[Places], Awaitable[None]], places: Places
    ) -> None:
        """Do the work until it is done; what passes by itself only makes it later."""
        wait_s = append_errors.RETRY_S
        try:
            while await _is_left(key, work, places):
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, WAIT_MAX_S)
        finally:
            # In the same step as the last look at what there is: what is posted then begins anew.
            del self._tasks[key]


async def _is_left(key: str, work: Callable[[Places], Awaitable[None]], places: Places) -> bool:
    try:
        await work(places)
    except (ThreadNotFound, ShuttingDown, StoreFailed):
        return False
    except (Refusal, StoreError) as error:
        logger.info("what %s has for others is taken there later: %s", key, error)
        return True
    except Exception:
        logger.exception("what %s has for others could not be taken there", key)
        return True
    return False
