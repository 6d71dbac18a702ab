"""`thread/search/stream`: hits that are notified as they are found; and the end of a search."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.base import Empty, Notification, Params
from threadhost.adapters.jsonrpc.models.scalars import RequestId
from threadhost.adapters.jsonrpc.models.thread_search import ThreadSearchResult


class ThreadSearchPartialNotification(Notification):
    """Hits ahead of the answer, which has all hits; each hit is in one notification."""

    method: ClassVar[str] = "thread/search/partial"
    request_id: RequestId
    """The search, by the id of its request."""
    data: list[ThreadSearchResult]
    """Hits that no earlier notification had."""


class ThreadSearchCancelParams(Params):
    """The search of this connection to cancel."""

    request_id: RequestId
    """The request id of the search to cancel, on this connection."""


class ThreadSearchCancelResponse(Empty):
    """It ends, if it was not over."""
