"""What clients read of threads: views first, then the events that the views point to."""

from collections.abc import Callable, Sequence

from threadhost.actors.runtime.logs import Logs
from threadhost.adapters.turn_reading import TurnReading
from threadhost.events.base import Recorded
from threadhost.events.ids import thread_of
from threadhost.events.thread import ThreadActivated
from threadhost.projections.listing import (
    ThreadQuery,
    ThreadRow,
    thread_page,
    thread_row,
    thread_rows,
)
from threadhost.projections.thread_search import Hits, hits

AT_ONCE_MAX = 256


class Reading:
    """Reads from the log that a thread is in."""

    def __init__(self, logs: Logs, bytes_max: int) -> None:
        self._logs = logs
        self.turns = TurnReading(logs, bytes_max)
        self._newest: dict[str, ThreadRow] = {}

    def published(self, recorded: Sequence[Recorded]) -> None:
        """Events of the durable log were committed.

        A start is told of twice, in its reply and to everyone: until there is more news, the rows
        of threads that just came to life are those that are read here, all at once.
        """
        self._newest = {}
        began = [thread_of(f.stream) for f in recorded if isinstance(f.event, ThreadActivated)]
        some = [thread_id for thread_id in began[:AT_ONCE_MAX] if thread_id]
        rows = thread_rows(self._logs.durable.database, some) if some else ()
        self._newest = {row.id: row for row in rows}

    def row(self, thread_id: str) -> ThreadRow | None:
        """One thread, or None."""
        if found := self._newest.get(thread_id):
            return found
        return thread_row(self._logs.of(thread_id).database, thread_id)

    def page(self, query: ThreadQuery) -> list[ThreadRow]:
        """Threads that last; one more than the limit where there are more."""
        return thread_page(self._logs.durable.database, query)

    def hits(self, query: ThreadQuery, text: str, is_over: Callable[[], bool]) -> Hits:
        """Those of them that hold a text, on whatever thread; as many as there is time for."""
        return hits(self._logs.durable.database, query, text, is_over)
