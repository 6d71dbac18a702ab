"""What clients read of threads: views first, then the events that the views point to."""

from threadhost.actors.runtime.logs import Logs
from threadhost.adapters.turn_reading import TurnReading
from threadhost.projections.listing import ThreadQuery, ThreadRow, thread_page, thread_row


class Reading:
    """Reads from the log that a thread is in."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs
        self.turns = TurnReading(logs)
        self._newest: tuple[str, int, ThreadRow | None] = ("", 0, None)

    def row(self, thread_id: str) -> ThreadRow | None:
        """One thread, or None.

        A start is told of twice, in its reply and to everyone: until there is news, the row read
        last is still the row.
        """
        log = self._logs.of(thread_id)
        if log is not self._logs.durable:
            return thread_row(log.database, thread_id)
        if self._newest[:2] != (thread_id, log.position):
            self._newest = (thread_id, log.position, thread_row(log.database, thread_id))
        return self._newest[2]

    def page(self, query: ThreadQuery) -> list[ThreadRow]:
        """Threads that last; one more than the limit where there are more."""
        return thread_page(self._logs.durable.database, query)
