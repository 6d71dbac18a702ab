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
    """The turn of the tree's root that led to it, by its id; null for none."""
    items: list[ThreadItem] = Field(default_factory=no_list)
    """Its items, as far as `itemsView` says."""
    items_view: TurnItemsView = "full"
    """How much of its items is here: none, the user's and the last of the model's, or all."""
    status: TurnStatus
    """How it ended, if it did."""
    error: TurnError | None = None
    """Why it failed; null if it did not."""
    started_at: I64 | None = None
    """When it began, in seconds since 1970; null while it has not."""
    completed_at: I64 | None = None
    """When it ended, in seconds since 1970; null while it has not."""
    duration_ms: I64 | None = None
