"""`thread/turns/list`: the turns of a thread, a page at a time."""

from threadhost.adapters.jsonrpc.models.base import Params, Result
from threadhost.adapters.jsonrpc.models.scalars import U32
from threadhost.adapters.jsonrpc.models.thread_list import SortDirection
from threadhost.adapters.jsonrpc.models.turn import Turn, TurnItemsView


class ThreadTurnsListParams(Params):
    """Whose turns, from where, newest first unless asked otherwise."""

    thread_id: str
    cursor: str | None = None
    """Where the page begins: a cursor of another page; without it, or null, at the end that
    `sortDirection` says."""
    limit: U32 | None = None
    sort_direction: SortDirection | None = None
    """`desc` for the newest first, as without it, or null; `asc` for the oldest first."""
    items_view: TurnItemsView | None = None
    """How much of its items each turn shows; `summary` without it, or null."""


class TurnsPage(Result):
    """One page; the cursors lead on and back from it."""

    data: list[Turn]
    """The turns, in the order asked for."""
    next_cursor: str | None = None
    backwards_cursor: str | None = None


class ThreadTurnsListResponse(TurnsPage):
    """One page of turns."""
