"""Reads threads for clients: first the views, then the events that the views point to."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from threadhost.actors.errors import ThreadNotFound
from threadhost.actors.runtime.logs import Logs
from threadhost.events.base import Recorded
from threadhost.events.goal import GoalObjectiveSet
from threadhost.events.ids import thread_stream
from threadhost.events.store.log import Log
from threadhost.events.turn import ErrorRecorded
from threadhost.projections.listing import (
    ThreadQuery,
    ThreadRow,
    thread_page,
    thread_row,
    thread_rows,
)
from threadhost.projections.threads import rows_of_new_threads

if TYPE_CHECKING:
    from threadhost.adapters.turn_reader import TurnReader
    from threadhost.projections.thread_search import SearchPage


class ViewReader:
    """Reads each thread from the log that it is in."""

    def __init__(self, logs: Logs, bytes_max: int) -> None:
        self._logs = logs
        self._bytes_max = bytes_max
        self._newest: Mapping[str, ThreadRow] = {}
        self._newest_at = 0

    @cached_property
    def turns(self) -> "TurnReader":
        """The reader of turns and items."""
        from threadhost.adapters.turn_reader import TurnReader

        return TurnReader(self._logs, self._bytes_max)

    def begun(self, recorded: Sequence[Recorded]) -> Mapping[str, ThreadRow]:
        """The threads that began in newly committed events, if these hold all of their data."""
        rows = rows_of_new_threads(recorded)
        if rows:
            self._newest, self._newest_at = rows, recorded[-1].position
        return rows

    async def rows(self, thread_ids: Sequence[str], at: int) -> Mapping[str, ThreadRow]:
        """Those of these threads that exist, read at once for notifications at a position.

        A start is announced twice, in its reply and in a notification: until the next notification,
        rows of new threads are the ones read here.
        """
        rows: dict[str, ThreadRow] = {}
        for log in (self._logs.durable, self._logs.ephemeral):
            rows |= await self._rows(
                log, [thread_id for thread_id in thread_ids if self._logs.of(thread_id) is log]
            )
        self._newest, self._newest_at = rows, at
        return rows

    async def _rows(self, log: Log, thread_ids: Sequence[str]) -> dict[str, ThreadRow]:
        return {row.id: row for row in await thread_rows(log.reads, thread_ids)}

    async def row(self, thread_id: str) -> ThreadRow | None:
        """One thread, or None."""
        log = self._logs.of(thread_id)
        if self._newest and (newest := self._newest.get(thread_id)):
            is_as_it_was = newest.ephemeral is self._logs.is_ephemeral(thread_id)
            if is_as_it_was and log.position <= self._newest_at:
                return newest
            self._newest = {}
        return await thread_row(log.reads, thread_id)

    async def known(self, thread_id: str) -> ThreadRow:
        """One thread. Raises ThreadNotFound."""
        row = await self.row(thread_id)
        if row is None:
            raise ThreadNotFound(thread_id)
        return row

    async def final_item(self, thread_id: str, turn_id: str) -> dict[str, Any] | None:
        """The last message of a turn, as its completion repeats it; None if it has none to show."""
        return await self.turns.final_item(thread_id, turn_id)

    async def error(self, thread_id: str, turn_id: str) -> ErrorRecorded | None:
        """The error of a turn, if it failed."""
        return await self.turns.error(thread_id, turn_id)

    async def objective(self, thread_id: str, version: int) -> str:
        """The objective of a thread's goal, by the version of its stream. Raises LookupError."""
        fact = await self._logs.of(thread_id).fact_at(thread_stream(thread_id), version)
        if fact is not None and isinstance(fact.event, GoalObjectiveSet):
            return fact.event.objective
        raise LookupError("the objective of the goal cannot be read")

    async def page(self, query: ThreadQuery) -> list[ThreadRow]:
        """Stored threads; one more than the limit if there are more."""
        return await thread_page(self._logs.durable.reads, query)

    async def hits(
        self, query: ThreadQuery, text: str, is_over: Callable[[], bool]
    ) -> "SearchPage":
        """Those of them that contain a text, as many as are found in time; runs off the loop."""
        from threadhost.projections.thread_search import search_page

        reads = self._logs.durable.reads
        return await reads.apart(lambda: search_page(reads, query, text, is_over))
