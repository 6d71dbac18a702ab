"""`thread/search/stream`: hits that are told as they are found, and the end of a search."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.base import Empty, Notification, Params
from threadhost.adapters.jsonrpc.models.scalars import RequestId
from threadhost.adapters.jsonrpc.models.thread_search import ThreadSearchResult


class ThreadSearchPartialNotification(Notification):
    """Hits ahead of the answer, which has them all; a hit is told once."""

    method: ClassVar[str] = "thread/search/partial"
    request_id: RequestId
    data: list[ThreadSearchResult]


class ThreadSearchCancelParams(Params):
    """Which search of this connection is to end."""

    request_id: RequestId


class ThreadSearchCancelResponse(Empty):
    """It ends, if it was not over."""
