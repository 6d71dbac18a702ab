"""`host/views/rebuild`: rebuilds the views of a host from its log."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.base import Notification, Params, Result
from threadhost.adapters.jsonrpc.models.scalars import U64, RequestId


class ViewsRebuildParams(Params):
    """No parameters."""


class ViewsRebuildResponse(Result):
    """From how many events they were made, and how many rows of which tables that changed."""

    events: U64
    """The number of events from which the views were rebuilt."""
    changed: dict[str, U64]
    """The number of rows that did not match the log, by table; empty if all matched."""


class ViewsRebuildProgressNotification(Notification):
    """The progress of a rebuild that this connection requested: applied and total events."""

    method: ClassVar[str] = "host/views/rebuildProgress"
    is_experimental: ClassVar[bool] = True
    request_id: RequestId
    """The id of the request that asked for the rebuild."""
    done: U64
    """The number of events that were applied."""
    total: U64
    """The number of events to apply."""
