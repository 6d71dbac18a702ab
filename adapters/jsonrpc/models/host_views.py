"""`host/views/rebuild`: rebuilds the views of a host from its log."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.base import Notification, Params, Result
from threadhost.adapters.jsonrpc.models.scalars import U64, RequestId


class ViewsRebuildParams(Params):
    """Nothing needs to be said."""


class ViewsRebuildResponse(Result):
    """From how many events they were made, and how many rows of which tables that changed."""

    events: U64
    """How many events of the log the lists were made from."""
    changed: dict[str, U64]
    """How many rows were not what the log says, by their table; none where all were."""


class ViewsRebuildProgressNotification(Notification):
    """How far a rebuild is that this connection asked for: events applied, of how many."""

    method: ClassVar[str] = "host/views/rebuildProgress"
    is_experimental: ClassVar[bool] = True
    request_id: RequestId
    """The id of the request that asked for the rebuild."""
    done: U64
    """How many events were applied."""
    total: U64
    """How many events there are to apply."""
