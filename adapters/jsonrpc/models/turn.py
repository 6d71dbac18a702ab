"""A turn: one exchange between a client and a thread."""

from typing import Literal, get_args

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Wire
from threadhost.adapters.jsonrpc.models.item import ThreadItem
from threadhost.adapters.jsonrpc.models.scalars import I64
from threadhost.adapters.jsonrpc.models.turn_error import TurnError
from threadhost.events.empty import no_list

TurnStatus = Literal["completed", "interrupted", "failed", "inProgress"]
STATUSES: dict[str, TurnStatus] = {status: status for status in get_args(TurnStatus)}
TurnItemsView = Literal["notLoaded", "summary", "full"]


class Turn(Wire):
    """One turn; `items_view` says how much of `items` is here.

    Times are seconds since the epoch, the duration is milliseconds.
    """

    id: str
    root_turn_id: str | None = None
    items: list[ThreadItem] = Field(default_factory=no_list)
    items_view: TurnItemsView = "full"
    status: TurnStatus
    error: TurnError | None = None
    started_at: I64 | None = None
    completed_at: I64 | None = None
    duration_ms: I64 | None = None
