"""`thread/items/list`: the items of a thread or of one turn, a page at a time."""

import operator
from typing import Annotated, Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.item import ThreadItem
from threadhost.adapters.jsonrpc.models.scalars import I64, U32, OneOrMany
from threadhost.adapters.jsonrpc.models.thread_list import SortDirection


class ItemAnchor(Wire):
    """The item before or behind which a page begins, without the item itself."""

    type: Literal["item"]
    item_id: str


ThreadItemsListCursor = Annotated[str | ItemAnchor, OneOrMany("ThreadItemsListCursor")]


class ThreadItemOutputDeferral(Wire):
    """Which outputs may be left out; this host's items are small and never are."""

    command_execution: bool = False
    mcp_tool_call: bool = False


class ThreadItemsListParams(Params):
    """Whose items, of which turn, from where, oldest first unless asked otherwise."""

    thread_id: str
    turn_id: str | None = None
    cursor: ThreadItemsListCursor | None = None
    limit: U32 | None = None
    sort_direction: SortDirection | None = None
    defer_output: ThreadItemOutputDeferral | None = None


class ThreadItemEntry(Wire):
    """An item, its turn, and when it began and ended (milliseconds since the epoch)."""

    turn_id: str
    item: ThreadItem
    output_deferred: bool = Field(default=False, exclude_if=operator.not_)
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None


class ThreadItemsListResponse(Result):
    """One page; the cursors lead on and back from it."""

    data: list[ThreadItemEntry]
    next_cursor: str | None = None
    backwards_cursor: str | None = None
