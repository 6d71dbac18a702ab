"""Turns that wait in line begin as soon as their thread is free for them."""

import asyncio
import logging

from threadhost.actors.runtime import append_errors
from threadhost.actors.runtime.append_errors import RESUMABLE, TRANSIENT
from threadhost.actors.runtime.journal import Journal
from threadhost.actors.runtime.reactor import Ask, CarryOut, Do, React
from threadhost.actors.runtime.submissions import next_in_line
from threadhost.events.store.errors import StreamFenced

logger = logging.getLogger("threadhost.actors")


class QueueReactor:
    """Begins the turn that is next in line; later, while the store gives or takes nothing."""

    __slots__ = ("_ask", "_carry_out", "_is_asked", "_journal", "_refused_at", "_unreadable")

    def __init__(self, journal: Journal, ask: Ask, carry_out: CarryOut) -> None:
        self._journal = journal
        self._ask = ask
        self._carry_out = carry_out
        self._is_asked = False
        self._refused_at = -1
        """The version of the thread at which the next turn in line was refused."""
        self._unreadable = journal.state.queue[:0]
        """What waits in line, once it was found that none of it can be read."""

    def look(self) -> None:
        """See to it that the next turn in line begins, if it is due."""
        state = self._journal.state
        if self._is_asked or not state.takes_next or state.queue == self._unreadable:
            return
        if state.version == self._refused_at:
            return  # else it would be asked again at once, and nobody else would come to anything
        self._is_asked = True
        self._ask(React(self))

    async def act(self) -> None:
        """Begin the turn that is next in line, if it is due."""
        self._is_asked = False
        if not self._journal.state.takes_next:
            return
        try:
            await self._begin_next()
        except TRANSIENT:
            self._is_asked = True
            asyncio.get_running_loop().call_later(append_errors.RETRY_S, self._look_again)
        except StreamFenced:  # deleted, or superseded: another has the queue now
            self._refused_at = self._journal.state.version
        except RESUMABLE as refused:
            thread_id, self._refused_at = self._journal.state.id, self._journal.state.version
            logger.warning("the queue of thread %s does not go on: %s", thread_id, refused)

    def close(self) -> None:
        """Nothing of it comes later that would be heard."""

    async def _begin_next(self) -> None:
        following = await next_in_line(self._journal)
        if following is None:
            self._unreadable = self._journal.state.queue
            return
        await self._carry_out(Do(*following))

    def _look_again(self) -> None:
        self._is_asked = False
        self.look()
