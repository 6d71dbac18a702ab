"""`host/views/rebuild`: the views of a host made anew from its log."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.base import Notification, Params, Result
from threadhost.adapters.jsonrpc.models.scalars import U64, RequestId


class ViewsRebuildParams(Params):
    """Nothing needs to be said."""


class ViewsRebuildResponse(Result):
    """From how many events they were made, and how many rows of which tables that changed."""

    events: U64
    changed: dict[str, U64]


class ViewsRebuildProgressNotification(Notification):
    """How far a rebuild is that this connection asked for: events applied, of how many."""

    method: ClassVar[str] = "host/views/rebuildProgress"
    is_experimental: ClassVar[bool] = True
    request_id: RequestId
    done: U64
    total: U64
