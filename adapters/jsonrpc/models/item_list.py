"""`thread/items/list`: the items of a thread or of one turn, a page at a time."""

import operator
from typing import Annotated, Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.item import ThreadItem
from threadhost.adapters.jsonrpc.models.scalars import I64, U32, OneOrMany
from threadhost.adapters.jsonrpc.models.thread_list import SortDirection


class ItemAnchor(Wire):
    """The item before or after which a page begins, without the item itself."""

    type: Literal["item"]
    item_id: str
    """The id of the item after which the page begins; `turnId` must name its turn."""


ThreadItemsListCursor = Annotated[str | ItemAnchor, OneOrMany("ThreadItemsListCursor")]


class ThreadItemOutputDeferral(Wire):
    """Which outputs may be left out; this host leaves out none, as its items are small."""

    command_execution: bool = False
    """Ignored: the host runs no commands."""
    mcp_tool_call: bool = False
    """Ignored: the host never leaves out outputs."""


class ThreadItemsListParams(Params):
    """The thread and the turn of the items, and the start of the page; by default oldest first."""

    thread_id: str
    turn_id: str | None = None
    """The id of the turn whose items to return; absent or null for all turns."""
    cursor: ThreadItemsListCursor | None = None
    """The start of the page: a cursor of another page, or an item of the turn; if absent or null,
    the first entry in the order of `sortDirection`."""
    limit: U32 | None = None
    sort_direction: SortDirection | None = None
    """`asc` for the oldest first, which is the default if absent or null; `desc` for the newest
    first."""
    defer_output: ThreadItemOutputDeferral | None = None
    """Ignored: the host never leaves out outputs."""


class ThreadItemEntry(Wire):
    """An item, its turn, and when it began and ended (milliseconds since the epoch)."""

    turn_id: str
    item: ThreadItem
    """The item."""
    output_deferred: bool = Field(default=False, exclude_if=operator.not_)
    """Whether its output was left out: always absent."""
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None


class ThreadItemsListResponse(Result):
    """One page, with the cursors of the next and the previous one."""

    data: list[ThreadItemEntry]
    """The items, in the requested order."""
    next_cursor: str | None = None
    backwards_cursor: str | None = None
