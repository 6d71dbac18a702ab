"""Reads turns and items for clients: first their places in the log, then their content."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from pydantic_core import from_json

from threadhost.actors.runtime.logs import Logs, off_loop
from threadhost.adapters.history_reader import (
    AROUND_A_TURN_BYTES,
    HistoryReader,
    ItemRead,
    ItemsView,
    TurnRead,
)
from threadhost.events.damage import DamageReport
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.port import Reads
from threadhost.events.turn import ErrorRecorded
from threadhost.projections.turn_queries import (
    ItemRow,
    PageQuery,
    Span,
    TurnRow,
    counts,
    item_page,
    items_within,
    turn_page,
    turn_row,
)

INLINE_ROWS_MAX = 100
"""Reads of more turns or items than this run on a thread of their own, off the event loop; so do
reads of a thread with large ones."""

CHECKED_MAX = 250_000
"""How many items are remembered as valid for clients, some 20 MB."""

T = TypeVar("T")


class TurnsRead(NamedTuple):
    """Turns in the requested order, a lower bound of how many more there are, and the damages."""

    turns: list[TurnRead]
    more: int
    damages: DamageReport


class ItemsRead(NamedTuple):
    """Items in the requested order, whether there are more, and the damages.

    `rows` are those of the page, including those whose items are left out.
    """

    items: list[ItemRead]
    rows: list[ItemRow]
    more: bool
    damages: DamageReport


class TurnReader:
    """Turns and items, from whichever log their thread is in.

    One read has `bytes_max` bytes at most: it then returns fewer turns or items, or a shortened one
    if a single one is larger.
    """

    def __init__(self, logs: Logs, bytes_max: int) -> None:
        self._logs = logs
        self._bytes_max = bytes_max
        self._checked: dict[object, set[int]] = {}

    async def counts(self, thread_id: str) -> tuple[int, int]:
        """The number of turns and items of a thread."""
        return await counts(self._reads(thread_id), thread_id)

    async def row(self, thread_id: str, turn_id: str) -> TurnRow | None:
        """One turn, or None."""
        return await turn_row(self._reads(thread_id), thread_id, turn_id)

    async def newest(self, thread_id: str) -> tuple[TurnRow | None, ItemRow | None]:
        """The newest turn and item of a thread, if it has any."""
        query = PageQuery(thread_id, 1, descending=True)
        turns = await turn_page(self._reads(thread_id), query)
        items = await item_page(self._reads(thread_id), query)
        return turns[0] if turns else None, items[0] if items else None

    async def whole(self, thread_id: str) -> TurnsRead:
        """The newest turns of a thread with their items, as many as fit; oldest first."""
        turns_max = self._bytes_max // AROUND_A_TURN_BYTES
        rows = await turn_page(
            self._reads(thread_id), PageQuery(thread_id, turns_max, descending=True)
        )
        turns = await self._turns(thread_id, rows, "full", descending=True)
        turns.turns.reverse()
        if not turns.more:
            return turns
        return turns._replace(more=(await self.counts(thread_id))[0] - len(turns.turns))

    async def page(self, query: PageQuery, view: ItemsView) -> TurnsRead:
        """A page of turns."""
        rows = await turn_page(self._reads(query.thread_id), query)
        page = rows[: query.limit]
        turns = await self._turns(query.thread_id, page, view, descending=query.descending)
        return turns._replace(more=len(rows) - len(turns.turns))

    async def item_page(self, query: PageQuery) -> ItemsRead:
        """A page of items."""
        rows = await item_page(self._reads(query.thread_id), query)
        reader = self._reader(query.thread_id)
        page = rows[: query.limit]
        items_read = await self._run(query.thread_id, len(page), lambda: reader.items(page))
        items = [item for item in items_read if item is not None]
        return ItemsRead(
            items, rows[: len(items_read)], len(rows) > len(items_read), reader.damages
        )

    async def anchor(self, thread_id: str, turn: TurnRow, item_id: str) -> ItemRow | None:
        """The item of this id in a turn, or None."""
        span = Span(turn.position, turn.last_position)
        items = await items_within(self._reads(thread_id), thread_id, span)
        return next((row for row in items if row.item_id == item_id), None)

    async def final_item(self, thread_id: str, turn_id: str) -> dict[str, Any] | None:
        """The last message of a turn, as its completion repeats it; None if it has none to show."""
        row, reader = await self.row(thread_id, turn_id), self._reader(thread_id)
        for end in (await reader.ends([row] if row else []))[-1:]:
            item = from_json(reader.shown_item(end) or b"null")
            return item if item and item["type"] == "agentMessage" else None
        return None

    async def error(self, thread_id: str, turn_id: str) -> ErrorRecorded | None:
        """The error of a turn, if it failed."""
        row = await self.row(thread_id, turn_id)
        return await self._reader(thread_id).error(row) if row else None

    async def _turns(
        self, thread_id: str, rows: list[TurnRow], view: ItemsView, *, descending: bool
    ) -> TurnsRead:
        reader = self._reader(thread_id)
        turns = await self._run(
            thread_id, len(rows), lambda: reader.turns(rows, view, descending=descending)
        )
        return TurnsRead(turns, len(rows) - len(turns), reader.damages)

    async def _run(
        self, thread_id: str, rows: int, read: Callable[[], Coroutine[Any, Any, T]]
    ) -> T:
        log, stream = self._logs.of(thread_id), thread_stream(thread_id)
        return await off_loop(log, stream, rows, read, INLINE_ROWS_MAX)

    def _reader(self, thread_id: str) -> HistoryReader:
        log = self._logs.of(thread_id)
        checked = self._checked.setdefault(log, set())
        if len(checked) > CHECKED_MAX:
            checked.clear()
        return HistoryReader(log, thread_id, self._bytes_max, checked)

    def _reads(self, thread_id: str) -> Reads:
        return self._logs.of(thread_id).reads
