"""Answers that may be of any size: which methods give them, and what is said of one too large."""

from collections.abc import Mapping
from types import MappingProxyType

from threadhost.adapters.jsonrpc.errors import INVALID_REQUEST, RpcError

IN_PAGES = "`thread/turns/list` and `thread/items/list` read a history in pages"
SMALLER_PAGES = "a smaller `limit` makes smaller pages"
ONE_BY_ONE = "ask for less at a time"

LARGE: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("thread/read", "thread/resume", "thread/fork"), IN_PAGES),
        "thread/turns/list": SMALLER_PAGES,
        "thread/items/list": SMALLER_PAGES,
        "thread/list": SMALLER_PAGES,
        "thread/loaded/list": SMALLER_PAGES,
        "thread/search": SMALLER_PAGES,
        "thread/search/stream": SMALLER_PAGES,
        "thread/queue/list": SMALLER_PAGES,
        "host/thread/previewDelete": ONE_BY_ONE,
    }
)
"""How to go on, by method."""


def too_large(method: str, size_bytes: int, bytes_max: int) -> RpcError:
    """What is answered instead."""
    return RpcError(
        INVALID_REQUEST,
        f"{method} was carried out, but its answer has {size_bytes} bytes, and a message at most"
        f" {bytes_max}: {LARGE.get(method, ONE_BY_ONE)}",
    )
