"""`thread/turns/list` and `thread/items/list`: pages of a thread's history, in both directions."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic_core import from_json

from threadhost.adapters.history_reader import ItemRead, ItemsView
from threadhost.adapters.jsonrpc import item_rendering, render
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.cursor import cursor, invalid, place
from threadhost.adapters.jsonrpc.errors import refusal
from threadhost.adapters.jsonrpc.json_pieces import PIECE_BYTES
from threadhost.adapters.jsonrpc.large_answers import SMALLER_PAGES
from threadhost.adapters.jsonrpc.methods.common import canonical, page_limit, thread_reading
from threadhost.adapters.jsonrpc.methods.warnings import warn_of_damages
from threadhost.adapters.jsonrpc.models.item_list import (
    ItemAnchor,
    ThreadItemEntry,
    ThreadItemsListParams,
    ThreadItemsListResponse,
)
from threadhost.adapters.jsonrpc.models.turn_list import (
    ThreadTurnsListParams,
    ThreadTurnsListResponse,
    TurnsPage,
)
from threadhost.adapters.jsonrpc.registry import NOT_LOADED, method
from threadhost.projections.listing import ThreadRow
from threadhost.projections.turn_queries import FIRST, LAST, ItemRow, PageQuery, Span, TurnRow

A = TypeVar("A")
B = TypeVar("B")
TURNS, ITEMS = "turns", "items"


@method(
    "thread/turns/list",
    ThreadTurnsListParams,
    scope=thread_reading,
    reads=True,
    not_found=NOT_LOADED,
    large=SMALLER_PAGES,
)
async def list_turns(params: ThreadTurnsListParams, call: Call) -> ThreadTurnsListResponse:
    """List one page of the turns of a thread, by default the newest first."""
    row = await _begun(params.thread_id, "thread/turns/list", call)
    descending = params.sort_direction != "asc"
    span = _span(params.cursor, TURNS, row.id, descending=descending)
    query = PageQuery(row.id, page_limit(params.limit), descending, span)
    page = await turns_page(query, params.items_view or "summary", call)
    return ThreadTurnsListResponse(**dict(page))


async def turns_page(query: PageQuery, view: ItemsView, call: Call) -> TurnsPage:
    """The turns of a query with the cursors of their page; warns the caller of unreadable parts.

    The page has fewer turns, and a cursor, if all would be too large for one answer.
    """
    turns = await call.app.reading.turns.page(query, view)
    warn_of_damages(turns.damages, call, query.thread_id)
    page = turns.turns
    size = sum(len(item) for turn in page for item in turn.items)
    return TurnsPage(
        data=await _show_each(render.turn, page, size, call),
        next_cursor=_after(TURNS, page[-1].row) if turns.more else None,
        backwards_cursor=anchor(TURNS, page[0].row) if page else None,
    )


@method(
    "thread/items/list",
    ThreadItemsListParams,
    scope=thread_reading,
    reads=True,
    not_found=NOT_LOADED,
    large=SMALLER_PAGES,
)
async def list_items(params: ThreadItemsListParams, call: Call) -> ThreadItemsListResponse:
    """List one page of the items of a thread or a turn, by default the oldest first."""
    row = await _begun(params.thread_id, "thread/items/list", call)
    descending = params.sort_direction == "desc"
    span = await _items_span(params, row.id, call, descending=descending)
    query = PageQuery(row.id, page_limit(params.limit), descending, span)
    items = await call.app.reading.turns.item_page(query)
    warn_of_damages(items.damages, call, row.id)
    page = items.rows
    size = sum(len(read.item) for read in items.items)
    return ThreadItemsListResponse(
        data=await _show_each(_entry, items.items, size, call),
        next_cursor=_after(ITEMS, page[-1]) if items.more else None,
        backwards_cursor=anchor(ITEMS, page[0]) if page else None,
    )


async def _show_each(
    show: Callable[[A], B], rows: Sequence[A], size_bytes: int, call: Call
) -> list[B]:
    """The wire forms of rows, made in another thread if the rows are large together."""
    if size_bytes <= PIECE_BYTES:
        return [show(row) for row in rows]
    return await call.app.off_loop.run(lambda: [show(row) for row in rows])


def _entry(read: ItemRead) -> ThreadItemEntry:
    item = item_rendering.item(from_json(read.item))
    return ThreadItemEntry(
        turn_id=read.row.turn_id,
        item=item,
        started_at_ms=item.started_at_ms,
        completed_at_ms=item.completed_at_ms,
    )


async def newest(thread_id: str, call: Call) -> tuple[str | None, str | None]:
    """The cursors of pages that begin with a thread's newest turn and its newest item."""
    turns, items = await call.app.reading.turns.newest(thread_id)
    return anchor(TURNS, turns) if turns else None, anchor(ITEMS, items) if items else None


def anchor(kind: str, row: TurnRow | ItemRow) -> str:
    """The cursor of a page that begins with this row, in either direction."""
    return cursor(kind, row.thread_id, row.position, 1)


def _after(kind: str, row: TurnRow | ItemRow) -> str:
    return cursor(kind, row.thread_id, row.position, 0)


async def _begun(thread_id: str, method_name: str, call: Call) -> ThreadRow:
    """The row of a thread that had a turn or is a fork. Raises ThreadNotFound or RpcError."""
    row = await call.app.reading.known(canonical(thread_id))
    if not row.begun:
        fault = f"{method_name} is unavailable before first user message"
        raise refusal("threadNotMaterialized", f"thread {row.id} is not materialized yet; {fault}")
    return row


def _span(text: str | None, kind: str, thread_id: str, *, descending: bool) -> Span:
    """The span after a cursor. Raises RpcError for a cursor of another list."""
    if text is None:
        return Span()
    list_kind, owner_id, position, included = place(text, str, str, int, int)
    if (list_kind, owner_id) != (kind, thread_id) or not FIRST <= int(position) < LAST:
        raise invalid(text)
    return _span_behind(int(position), descending=descending, included=bool(included))


def _span_behind(position: int, *, descending: bool, included: bool) -> Span:
    start = position if included else position + (-1 if descending else 1)
    return Span(high=start) if descending else Span(low=start)


async def _items_span(
    params: ThreadItemsListParams, thread_id: str, call: Call, *, descending: bool
) -> Span:
    turn = None if params.turn_id is None else await _turn(params.turn_id, thread_id, call)
    if isinstance(params.cursor, ItemAnchor):
        span = await _behind_item(params.cursor, turn, thread_id, call, descending=descending)
    else:
        span = _span(params.cursor, ITEMS, thread_id, descending=descending)
    if turn is None:
        return span
    return Span(max(turn.position, span.low), min(turn.last_position, span.high))


async def _turn(turn_id: str, thread_id: str, call: Call) -> TurnRow:
    row = await call.app.reading.turns.row(thread_id, turn_id)
    if row is None:
        raise refusal("turnNotFound", f"turn not found: {turn_id} (in thread {thread_id})")
    return row


async def _behind_item(
    item: ItemAnchor, turn: TurnRow | None, thread_id: str, call: Call, *, descending: bool
) -> Span:
    if turn is None:
        raise refusal("conflictingParams", "an item as `cursor` requires a `turnId`")
    row = await call.app.reading.turns.anchor(thread_id, turn, item.item_id)
    if row is None:
        raise refusal("itemNotFound", f"item not found: {item.item_id} (in turn {turn.turn_id})")
    return _span_behind(row.position, descending=descending, included=False)
