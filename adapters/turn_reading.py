"""What clients read of turns and items: where they are in the log, then what they say."""

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from pydantic_core import from_json

from threadhost.actors.runtime.logs import Logs
from threadhost.events.store.database import Database
from threadhost.events.turn import ErrorRecorded, item_json
from threadhost.projections.turn_reading import (
    ItemRow,
    PageQuery,
    Span,
    TurnRow,
    counts,
    item_page,
    items_as_stored,
    items_within,
    turn_page,
    turn_row,
    turns_of,
)

INLINE_ROWS_MAX = 100
"""More turns or items than this are read on a thread of their own, off the event loop."""

ItemsView = Literal["notLoaded", "summary", "full"]
T = TypeVar("T")


class TurnRead(NamedTuple):
    """A turn with as many items as the view asked for, as JSON, and why it failed, if it did."""

    row: TurnRow
    items: list[bytes]
    error: ErrorRecorded | None


class ItemRead(NamedTuple):
    """An item as JSON, with its place."""

    row: ItemRow
    item: bytes


class TurnReading:
    """Turns and items, from whichever log their thread is in."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs

    def counts(self, thread_id: str) -> tuple[int, int]:
        """How many turns and items a thread has."""
        return counts(self._database(thread_id), thread_id)

    def row(self, thread_id: str, turn_id: str) -> TurnRow | None:
        """One turn, or None."""
        return turn_row(self._database(thread_id), thread_id, turn_id)

    def newest(self, thread_id: str) -> tuple[TurnRow | None, ItemRow | None]:
        """The newest turn and item of a thread, if it has any."""
        query = PageQuery(thread_id, 1, descending=True)
        turns = turn_page(self._database(thread_id), query)
        items = item_page(self._database(thread_id), query)
        return turns[0] if turns else None, items[0] if items else None

    async def all(self, thread_id: str) -> list[TurnRead]:
        """All turns of a thread with their items, oldest first."""
        return await self._with_items(
            thread_id, turns_of(self._database(thread_id), thread_id), "full"
        )

    async def page(self, query: PageQuery, view: ItemsView) -> list[TurnRead]:
        """A page of turns; one more than the limit, without its items, where there are more."""
        rows = turn_page(self._database(query.thread_id), query)
        found = await self._with_items(query.thread_id, rows[: query.limit], view)
        return [*found, *(TurnRead(row, [], None) for row in rows[query.limit :])]

    async def item_page(self, query: PageQuery) -> list[ItemRead]:
        """A page of items; one more than the limit where there are more."""
        rows = item_page(self._database(query.thread_id), query)

        def read() -> list[ItemRead]:
            said = self._said(query.thread_id, [row.position for row in rows])
            return [ItemRead(row, said[row.position]) for row in rows if row.position in said]

        return await self._run(query.thread_id, len(rows), read)

    def anchor(self, thread_id: str, turn: TurnRow, item_id: str) -> ItemRow | None:
        """The item of this id in a turn, or None."""
        found = self._rows(thread_id, [turn])
        return next((row for row in found if row.item_id == item_id), None)

    def final_item(self, thread_id: str, turn_id: str) -> dict[str, Any] | None:
        """The last message of a turn, as its end repeats it."""
        row = self.row(thread_id, turn_id)
        if row is None:
            return None
        last = _last(self._rows(thread_id, [row]))
        said = self._said(thread_id, [last.position]) if last else {}
        return next(map(from_json, said.values()), None)

    def error(self, thread_id: str, turn_id: str) -> ErrorRecorded | None:
        """Why a turn failed, if it did."""
        row = self.row(thread_id, turn_id)
        return self._errors(thread_id, [row]).get(turn_id) if row else None

    async def _with_items(
        self, thread_id: str, rows: Sequence[TurnRow], view: ItemsView
    ) -> list[TurnRead]:
        def read() -> list[TurnRead]:
            found = self._items(thread_id, rows, view)
            positions, items = list(found), list(found.values())
            errors = self._errors(thread_id, rows)
            return [
                TurnRead(row, items[_within(row, positions)], errors.get(row.turn_id))
                for row in rows
            ]

        return await self._run(thread_id, len(rows), read)

    def _items(self, thread_id: str, turns: Sequence[TurnRow], view: ItemsView) -> dict[int, bytes]:
        """The items that neighbouring turns have in a view, by position, oldest first."""
        if view == "notLoaded" or not turns:
            return {}
        if view == "summary":
            wanted = _summary(self._rows(thread_id, turns))
            return self._said(thread_id, [row.position for row in wanted])
        stored = items_as_stored(self._database(thread_id), thread_id, _span(turns))
        return _item_of_each(self._logs.of(thread_id).json_of(stored))

    def _rows(self, thread_id: str, turns: Sequence[TurnRow]) -> list[ItemRow]:
        """Where the items of neighbouring turns are, oldest first."""
        return items_within(self._database(thread_id), thread_id, _span(turns))

    def _said(self, thread_id: str, positions: Sequence[int]) -> dict[int, bytes]:
        return _item_of_each(self._logs.of(thread_id).read_json(positions))

    def _errors(self, thread_id: str, rows: Iterable[TurnRow]) -> dict[str, ErrorRecorded]:
        positions = [row.error_position for row in rows if row.error_position is not None]
        facts = self._logs.of(thread_id).read_at(positions)
        return {f.event.turn_id: f.event for f in facts if isinstance(f.event, ErrorRecorded)}

    async def _run(self, thread_id: str, rows: int, read: Callable[[], T]) -> T:
        if rows <= INLINE_ROWS_MAX or self._database(thread_id).in_memory:
            return read()
        return await asyncio.to_thread(read)

    def _database(self, thread_id: str) -> Database:
        return self._logs.of(thread_id).database


def _item_of_each(bodies: Mapping[int, bytes]) -> dict[int, bytes]:
    return {position: item_json(body) for position, body in bodies.items()}


def _within(turn: TurnRow, positions: Sequence[int]) -> slice:
    """Which of the items at these positions the turn has: those between its beginning and end."""
    start = bisect_left(positions, turn.position)
    return slice(start, bisect_right(positions, turn.last_position, start))


def _span(turns: Sequence[TurnRow]) -> Span:
    return Span(min(t.position for t in turns), max(t.last_position for t in turns))


def _summary(rows: Sequence[ItemRow]) -> list[ItemRow]:
    """Of each turn what was asked first and what was answered last."""
    by_turn: dict[str, list[ItemRow]] = {}
    for row in rows:
        by_turn.setdefault(row.turn_id, []).append(row)
    found: list[ItemRow] = []
    for of_turn in by_turn.values():
        first = next((row for row in of_turn if row.type == "userMessage"), None)
        found += [row for row in (first, _last(of_turn)) if row is not None]
    return found


def _last(rows: Sequence[ItemRow]) -> ItemRow | None:
    """The last message of the agent."""
    return next((row for row in reversed(rows) if row.type == "agentMessage"), None)
