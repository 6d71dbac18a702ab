"""Reads the content of turns and items, as much as fits in one answer."""

from collections.abc import AsyncIterator, Sequence
from operator import itemgetter
from typing import Literal

from pydantic_core import to_json

from threadhost.adapters.jsonrpc.item_rendering import Unrenderable, rendered_item
from threadhost.adapters.jsonrpc.shorten import shortened
from threadhost.events.base import Damaged, Gap
from threadhost.events.damage import Damage, DamageReport
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.log_reader import LogReader
from threadhost.events.store.rows import BodyRow
from threadhost.events.turn import ErrorRecorded, item_json
from threadhost.events.words import truncate
from threadhost.projections.turn_queries import (
    ItemRow,
    PageQuery,
    Span,
    TurnRow,
    places_of_items,
    turn_ends,
)

ROWS_A_QUERY = 512
AROUND_A_TURN_BYTES = 400
"""The size of a turn on the wire without its items and its error, at most."""
AROUND_AN_ITEM_BYTES = 300
ERROR_CHARS_MAX = 16_384
"""How much of a turn's error clients see."""
MISSING = "it is not in the log"

ItemsView = Literal["notLoaded", "summary", "full"]


class TurnRead(NamedTuple):
    """A turn with the items of its view, as JSON, and its error, if it failed."""

    row: TurnRow
    items: list[bytes]
    error: ErrorRecorded | None
    view: ItemsView = "full"


class ItemRead(NamedTuple):
    """An item as JSON, with its place."""

    row: ItemRow
    item: bytes


class HistoryReader:
    """One read of a thread, of at most `bytes_max` bytes of content.

    Items that cannot be read or shown are left out, and are in `damages`. `checked` holds the
    positions of items that an earlier read found valid for clients: a check takes as long as
    decrypting an item.
    """

    def __init__(
        self,
        log: LogReader,
        thread_id: str,
        bytes_max: int,
        checked: set[int],
    ) -> None:
        self._log = log
        self._thread_id = thread_id
        self._bytes_max = bytes_max
        self._checked = checked
        self.damages = DamageReport()

    async def turns(
        self, rows: Sequence[TurnRow], view: ItemsView, *, descending: bool
    ) -> list[TurnRead]:
        """The first of adjacent turns, as many as fit; at least one.

        A single turn that is too large is given in the summary view.
        """
        turns: list[TurnRead] = []
        fitting, room = await self._fitting(rows, view, descending=descending)
        for row, items in zip(rows, fitting, strict=False):
            error = None if row.error_position is None else await self.error(row)
            if error is not None:
                room -= len(to_json(error))
                if room < 0 and turns:
                    break
            turns.append(TurnRead(row, items[::-1] if descending else items, error, view))
        return turns or [await self._summed_up(row) for row in rows[:1]]

    async def items(self, rows: Sequence[ItemRow]) -> list[ItemRead | None]:
        """The first of these items, as many as fit; None for those left out.

        A single item that is too large is shortened.
        """
        stored = await self._log.bodies_at([row.position for row in rows])
        bodies = {body[0]: body for body in stored}
        items: list[ItemRead | None] = []
        room = self._bytes_max
        for row in rows:
            if row.position not in bodies:
                self.damages.add(Damage(row.position, thread_stream(row.thread_id), "?", MISSING))
                items.append(None)
                continue
            item = self.shown_item(bodies[row.position])
            room -= AROUND_AN_ITEM_BYTES + len(item or b"")
            if room < 0 and items:
                break
            if room < 0 and item is not None:
                item = self._cut(bodies[row.position], item, self._bytes_max)
            items.append(None if item is None else ItemRead(row, item))
        return items

    def shown_item(self, row: BodyRow) -> bytes | None:
        """An item in the form that clients get, or None."""
        [body] = self._log.json_of([row])
        return self._note_damage(self._shown(row, body))

    async def error(self, turn: TurnRow) -> ErrorRecorded | None:
        """The error of a turn, if it failed; each text is cut to ERROR_CHARS_MAX."""
        if turn.error_position is None:
            return None
        for fact in await self._log.read_at([turn.error_position]):
            if isinstance(fact.event, ErrorRecorded):
                texts = ((name, text) for name, text in fact.event if isinstance(text, str))
                cut = {name: truncate(text, ERROR_CHARS_MAX) for name, text in texts}
                return fact.event.model_copy(update=cut)
            if isinstance(fact.event, Damaged):
                self.damages.add(Damage.of(fact, fact.event.reason))
        return None

    async def ends(self, turns: Sequence[TurnRow]) -> list[BodyRow]:
        """The first user message and the last answer of adjacent turns; rows end with the turn."""
        if not turns:
            return []
        turn_ids = await turn_ends(self._log.reads, self._thread_id, _span(turns))
        return [(*row, turn_ids[row[0]]) for row in await self._log.bodies_at(list(turn_ids))]  # type: ignore[misc]

    async def _fitting(
        self, turns: Sequence[TurnRow], view: ItemsView, *, descending: bool
    ) -> tuple[list[list[bytes]], int]:
        """The items of the first turns that fit, and the bytes that are left."""
        number = {turn.turn_id: n for n, turn in enumerate(turns)}
        fitting: list[list[bytes]] = [[] for _ in turns]
        room, count = self._bytes_max, 0
        async for rows in self._stored(turns, view, descending=descending):
            for row, body in zip(rows, self._log.json_of(rows), strict=True):
                at = number.get(row[-1], -1)  # type: ignore[call-overload]
                item = self._shown(row, body) if at >= 0 or isinstance(body, Damaged) else None
                if not isinstance(item, bytes):
                    self._note_damage(item)
                    continue
                if at >= count:
                    room -= (at + 1 - count) * AROUND_A_TURN_BYTES
                    count = at + 1
                room -= len(item)
                if room < 0:
                    return fitting[:at], 0
                fitting[at].append(item)
        empty = min(len(turns) - count, room // AROUND_A_TURN_BYTES)
        return fitting[: count + empty], room - empty * AROUND_A_TURN_BYTES

    async def _stored(
        self, turns: Sequence[TurnRow], view: ItemsView, *, descending: bool
    ) -> AsyncIterator[Sequence[BodyRow]]:
        """The stored rows of these items, in batches, with the turn's id last in a row."""
        if not turns or view == "notLoaded":
            return
        if view == "summary":
            yield (await self.ends(turns))[:: -1 if descending else 1]
            return
        span = _span(turns)
        while rows := await self._page(span, descending=descending):
            yield rows
            last = rows[-1][0]
            span = Span(span.low, last - 1) if descending else Span(last + 1, span.high)

    async def _page(self, span: Span, *, descending: bool) -> list[BodyRow]:
        query = PageQuery(self._thread_id, ROWS_A_QUERY, descending, span)
        rows = await self._log.bodies_of(*places_of_items(query))
        rows.sort(key=itemgetter(0), reverse=descending)
        return rows

    async def _summed_up(self, turn: TurnRow) -> TurnRead:
        """A turn in the summary view; its damages were noted when the whole turn was read."""
        error = await self.error(turn)
        room = (self._bytes_max - AROUND_A_TURN_BYTES - len(to_json(error))) // 2
        rows = await self.ends([turn])
        shown = zip(rows, map(self._shown, rows, self._log.json_of(rows)), strict=True)
        items = [self._cut(row, item, room) for row, item in shown if isinstance(item, bytes)]
        return TurnRead(turn, [item for item in items if item is not None], error, "summary")

    def _cut(self, row: BodyRow, item: bytes, bytes_max: int) -> bytes | None:
        shorter = shortened(item, bytes_max)
        if shorter is None:
            fault = f"it has {len(item)} bytes in parts too small to be cut"
            return self._note_damage(_damage(row, fault))
        return shorter

    def _shown(self, row: BodyRow, body: bytes | Gap) -> bytes | Damage | None:
        """An item in the form that clients get, or its damage; None for an erased one."""
        if not isinstance(body, bytes):
            return _damage(row, body.reason) if isinstance(body, Damaged) else None
        try:
            recorded = item_json(body)
            if row[0] in self._checked:
                return recorded
            item = rendered_item(recorded)
        except Unrenderable as unshowable:
            return _damage(row, str(unshowable))
        except ValueError:
            return _damage(row, "its body holds no item")
        if item is recorded:
            self._checked.add(row[0])
        return item

    def _note_damage(self, line: bytes | Damage | None) -> bytes | None:
        if isinstance(line, Damage):
            self.damages.add(line)
            return None
        return line


def _damage(row: BodyRow, reason: str) -> Damage:
    position, stream, _, kind, *_ = row
    return Damage(position, stream, kind, reason)


def _span(turns: Sequence[TurnRow]) -> Span:
    return Span(min(t.position for t in turns), max(t.last_position for t in turns))
