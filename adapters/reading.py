"""What clients read of threads: views first, then the events that the views point to."""

from threadhost.actors.runtime.logs import Logs
from threadhost.adapters.turn_reading import TurnReading
from threadhost.projections.listing import ThreadQuery, ThreadRow, thread_page, thread_row


class Reading:
    """Reads from the log that a thread is in."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs
        self.turns = TurnReading(logs)

    def row(self, thread_id: str) -> ThreadRow | None:
        """One thread, or None."""
        return thread_row(self._logs.of(thread_id).database, thread_id)

    def page(self, query: ThreadQuery) -> list[ThreadRow]:
        """Threads that last; one more than the limit where there are more."""
        return thread_page(self._logs.durable.database, query)
