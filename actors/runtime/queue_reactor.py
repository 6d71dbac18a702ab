"""The reactor of the queue: begins queued turns as soon as their thread is free."""

from threadhost.actors.runtime.attempts import Attempts
from threadhost.actors.runtime.journal import Journal
from threadhost.actors.runtime.reactor import Ask, CarryOut, CommandEnvelope
from threadhost.actors.runtime.submissions import next_in_line


class QueueReactor:
    """Begins the next queued turn; retries while the store cannot read or append."""

    __slots__ = ("_attempts", "_carry_out", "_journal", "_unreadable")

    def __init__(self, journal: Journal, ask: Ask, carry_out: CarryOut) -> None:
        self._journal = journal
        self._attempts = Attempts(self, journal, ask, "queue")
        self._carry_out = carry_out
        self._unreadable = journal.state.queue[:0]
        """The queue, when all of it was found to be unreadable."""

    def look(self) -> None:
        """Ask to act if a queued turn is due."""
        state, begins_turns = self._journal.state, self._journal.services.begins_unattended_turns
        if begins_turns and state.takes_next and state.queue != self._unreadable:
            self._attempts.ask()

    async def act(self) -> None:
        """Begin the next queued turn, if it is still due."""
        await self._attempts.make(self._begin_next)

    def close(self) -> None:
        """Do nothing: a stopped actor ignores later attempts."""

    async def _begin_next(self) -> None:
        if not self._journal.state.takes_next:
            return
        following = await next_in_line(self._journal)
        if following is None:
            self._unreadable = self._journal.state.queue
            return
        await self._carry_out(CommandEnvelope(*following))
