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
    """A turn; `items_view` says which items `items` contains.

    Times are seconds since the epoch, the duration is milliseconds.
    """

    id: str
    root_turn_id: str | None = None
    """The id of the turn of the tree's root that led to it; null for none."""
    items: list[ThreadItem] = Field(default_factory=no_list)
    """Its items, as selected by `itemsView`."""
    items_view: TurnItemsView = "full"
    """Which items are included: none, the user's and the model's last, or all."""
    status: TurnStatus
    """How it ended, if it ended."""
    error: TurnError | None = None
    """The reason of its failure; null if it did not fail."""
    started_at: I64 | None = None
    """The time of its start, in seconds since 1970; null before."""
    completed_at: I64 | None = None
    """The time of its end, in seconds since 1970; null before."""
    duration_ms: I64 | None = None
