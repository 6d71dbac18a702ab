"""Turns that wait in line begin as soon as their thread is free for them."""

from threadhost.actors.runtime.attempts import Attempts
from threadhost.actors.runtime.journal import Journal
from threadhost.actors.runtime.reactor import Ask, CarryOut, CommandEnvelope
from threadhost.actors.runtime.submissions import next_in_line


class QueueReactor:
    """Begins the turn that is next in line; later, while the store gives or takes nothing."""

    __slots__ = ("_attempts", "_carry_out", "_journal", "_unreadable")

    def __init__(self, journal: Journal, ask: Ask, carry_out: CarryOut) -> None:
        self._journal = journal
        self._attempts = Attempts(self, journal, ask, "queue")
        self._carry_out = carry_out
        self._unreadable = journal.state.queue[:0]
        """What waits in line, once it was found that none of it can be read."""

    def look(self) -> None:
        """See to it that the next turn in line begins, if it is due."""
        state, takes_up = self._journal.state, self._journal.services.takes_up
        if takes_up and state.takes_next and state.queue != self._unreadable:
            self._attempts.ask()

    async def act(self) -> None:
        """Begin the turn that is next in line, if it is due."""
        await self._attempts.make(self._begin_next)

    def close(self) -> None:
        """Nothing of it comes later that would be heard."""

    async def _begin_next(self) -> None:
        if not self._journal.state.takes_next:
            return
        following = await next_in_line(self._journal)
        if following is None:
            self._unreadable = self._journal.state.queue
            return
        await self._carry_out(CommandEnvelope(*following))
