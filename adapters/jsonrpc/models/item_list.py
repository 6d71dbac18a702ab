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
    """The item behind which the page begins, by its id; `turnId` has to say of which turn."""


ThreadItemsListCursor = Annotated[str | ItemAnchor, OneOrMany("ThreadItemsListCursor")]


class ThreadItemOutputDeferral(Wire):
    """Which outputs may be left out; this host's items are small and never are."""

    command_execution: bool = False
    """Taken and not used: the host runs no commands."""
    mcp_tool_call: bool = False
    """Taken and not used: outputs are never left out."""


class ThreadItemsListParams(Params):
    """Whose items, of which turn, from where, oldest first unless asked otherwise."""

    thread_id: str
    turn_id: str | None = None
    """The turn whose items are wanted, by its id; without it, or null, those of all turns."""
    cursor: ThreadItemsListCursor | None = None
    """Where the page begins: a cursor of another page, or an item of the turn; without it, or null,
    at the end that `sortDirection` says."""
    limit: U32 | None = None
    sort_direction: SortDirection | None = None
    """`asc` for the oldest first, as without it, or null; `desc` for the newest first."""
    defer_output: ThreadItemOutputDeferral | None = None
    """Taken and not used: no output is ever left out."""


class ThreadItemEntry(Wire):
    """An item, its turn, and when it began and ended (milliseconds since the epoch)."""

    turn_id: str
    item: ThreadItem
    """The item."""
    output_deferred: bool = Field(default=False, exclude_if=operator.not_)
    """Whether its output was left out: absent, as none ever is."""
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None


class ThreadItemsListResponse(Result):
    """One page; the cursors lead on and back from it."""

    data: list[ThreadItemEntry]
    """The items, in the order asked for."""
    next_cursor: str | None = None
    backwards_cursor: str | None = None
