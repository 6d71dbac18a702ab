"""What clients read of threads: views first, then the events that the views point to."""

import asyncio
from collections.abc import Sequence
from typing import Any

from threadhost.actors.runtime.logs import Logs
from threadhost.events.store.database import Database
from threadhost.events.turn import ErrorRecorded, ItemRecorded
from threadhost.projections.listing import ThreadQuery, ThreadRow, thread_page, thread_row
from threadhost.projections.turns import TurnRow, counts, item_positions, turns_of

INLINE_ITEMS_MAX = 200
"""More items than this are read on a thread of their own, off the event loop."""

TurnRead = tuple[TurnRow, list[dict[str, Any]], ErrorRecorded | None]


class Reading:
    """Reads from the log that a thread is in."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs

    def row(self, thread_id: str) -> ThreadRow | None:
        """One thread, or None."""
        return thread_row(self._database(thread_id), thread_id)

    def page(self, query: ThreadQuery) -> list[ThreadRow]:
        """Threads that last; one more than the limit where there are more."""
        return thread_page(self._logs.durable.database, query)

    def counts(self, thread_id: str) -> tuple[int, int]:
        """How many turns and items a thread has."""
        return counts(self._database(thread_id), thread_id)

    async def turns(self, thread_id: str) -> list[TurnRead]:
        """All turns of a thread with their items and errors, oldest first."""
        database = self._database(thread_id)
        rows = turns_of(database, thread_id)
        positions = list(item_positions(database, thread_id))
        positions += [row.error_position for row in rows if row.error_position is not None]
        if len(positions) <= INLINE_ITEMS_MAX or database.in_memory:
            return self._read(thread_id, rows, positions)
        return await asyncio.to_thread(self._read, thread_id, rows, positions)

    def final_item(self, thread_id: str, turn_id: str) -> dict[str, Any] | None:
        """The last message of a turn, as its end repeats it."""
        database = self._database(thread_id)
        row = self._turn(thread_id, turn_id)
        if row is None:
            return None
        end = row.end_position or self._logs.of(thread_id).position
        inside = [p for p in item_positions(database, thread_id) if row.position < p <= end]
        items = [
            fact.event.item
            for fact in self._logs.of(thread_id).read_at(inside)
            if isinstance(fact.event, ItemRecorded) and fact.event.type == "agentMessage"
        ]
        return items[-1] if items else None

    def error(self, thread_id: str, turn_id: str) -> ErrorRecorded | None:
        """Why a turn failed, if it did."""
        row = self._turn(thread_id, turn_id)
        if row is None or row.error_position is None:
            return None
        facts = self._logs.of(thread_id).read_at([row.error_position])
        return next((f.event for f in facts if isinstance(f.event, ErrorRecorded)), None)

    def _turn(self, thread_id: str, turn_id: str) -> TurnRow | None:
        rows = turns_of(self._database(thread_id), thread_id)
        return next((row for row in rows if row.turn_id == turn_id), None)

    def _read(
        self, thread_id: str, rows: Sequence[TurnRow], positions: list[int]
    ) -> list[TurnRead]:
        items: dict[str, list[dict[str, Any]]] = {row.turn_id: [] for row in rows}
        errors: dict[str, ErrorRecorded] = {}
        for fact in self._logs.of(thread_id).read_at(positions):
            if isinstance(fact.event, ItemRecorded):
                items.setdefault(fact.event.turn_id, []).append(fact.event.item)
            elif isinstance(fact.event, ErrorRecorded):
                errors[fact.event.turn_id] = fact.event
        return [(row, items[row.turn_id], errors.get(row.turn_id)) for row in rows]

    def _database(self, thread_id: str) -> Database:
        return self._logs.of(thread_id).database
