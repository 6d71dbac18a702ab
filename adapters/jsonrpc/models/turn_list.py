"""`thread/turns/list`: the turns of a thread, a page at a time."""

from threadhost.adapters.jsonrpc.models.base import Params, Result
from threadhost.adapters.jsonrpc.models.scalars import U32
from threadhost.adapters.jsonrpc.models.thread_list import SortDirection
from threadhost.adapters.jsonrpc.models.turn import Turn, TurnItemsView


class ThreadTurnsListParams(Params):
    """The thread of the turns, and the start of the page; by default newest first."""

    thread_id: str
    cursor: str | None = None
    """The start of the page: a cursor of another page; if absent or null, the first entry in the
    order of `sortDirection`."""
    limit: U32 | None = None
    sort_direction: SortDirection | None = None
    """`desc` for the newest first, which is the default if absent or null; `asc` for the oldest
    first."""
    items_view: TurnItemsView | None = None
    """Which items each turn contains; `summary` if absent or null."""


class TurnsPage(Result):
    """One page, with the cursors of the next and the previous one."""

    data: list[Turn]
    """The turns, in the requested order."""
    next_cursor: str | None = None
    backwards_cursor: str | None = None


class ThreadTurnsListResponse(TurnsPage):
    """One page of turns."""
