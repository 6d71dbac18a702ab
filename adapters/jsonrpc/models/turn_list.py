"""`thread/turns/list`: the turns of a thread, a page at a time."""

from threadhost.adapters.jsonrpc.models.base import Params, Result
from threadhost.adapters.jsonrpc.models.scalars import U32
from threadhost.adapters.jsonrpc.models.thread_list import SortDirection
from threadhost.adapters.jsonrpc.models.turn import Turn, TurnItemsView


class ThreadTurnsListParams(Params):
    """Whose turns, from where, newest first unless asked otherwise."""

    thread_id: str
    cursor: str | None = None
    limit: U32 | None = None
    sort_direction: SortDirection | None = None
    items_view: TurnItemsView | None = None


class TurnsPage(Result):
    """One page; the cursors lead on and back from it."""

    data: list[Turn]
    next_cursor: str | None = None
    backwards_cursor: str | None = None


class ThreadTurnsListResponse(TurnsPage):
    """One page of turns."""
