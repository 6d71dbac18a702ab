"""Which refused requests the log is told of, and of which kind a refusal is."""

from typing import Final

from threadhost.actors.errors import Refusal
from threadhost.adapters.jsonrpc.errors import (
    INTERNAL,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_UNSUPPORTED,
    OVERLOADED,
    RpcError,
)
from threadhost.events.store.errors import EventRefused, IdempotencyKeyReused, StoreError

READING: Final = frozenset(
    {
        *("initialize", "account/read", "collaborationMode/list", "config/read"),
        *("configRequirements/read", "hooks/list", "model/list", "modelProvider/list"),
        *("permissionProfile/list", "skills/list", "thread/backgroundTerminals/list"),
        *("thread/items/list", "thread/list", "thread/loaded/list", "thread/queue/list"),
        "thread/goal/get",
        *("thread/read", "thread/search", "thread/search/stream", "thread/search/cancel"),
        *("thread/search/stream/cancel", "thread/turns/list", "thread/unsubscribe"),
        *("host/events/subscribe", "host/events/unsubscribe", "host/thread/previewDelete"),
    }
)
"""The methods that change nothing that is recorded; all others do."""
BY_CODE = {
    INVALID_REQUEST: "invalid",
    INVALID_PARAMS: "invalid",
    METHOD_UNSUPPORTED: "unsupported",
    OVERLOADED: "overloaded",
    INTERNAL: "internal",
}


def reason_of(error: Exception) -> str:
    """The kind of a refusal in one word, which says nothing of what the request said."""
    if isinstance(error, RpcError):
        return BY_CODE.get(error.code, "other")
    if isinstance(error, (Refusal, StoreError)):
        name = type(error).__name__
        return name[:1].lower() + name[1:]
    return "internal"


def is_recorded(method: str, error: Exception) -> bool:
    """Whether a refusal of this method is of interest; not if the store takes nothing just now."""
    is_of_the_store = isinstance(error, StoreError)
    is_of_the_request = isinstance(error, (EventRefused, IdempotencyKeyReused))
    return method not in READING and (is_of_the_request or not is_of_the_store)
