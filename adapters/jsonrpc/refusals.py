"""Which refused requests the log is told of, and of which kind a refusal is."""

from threadhost.actors.errors import Refusal
from threadhost.adapters.jsonrpc.errors import (
    INTERNAL,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_UNSUPPORTED,
    OVERLOADED,
    RpcError,
)
from threadhost.adapters.jsonrpc.registry import Method
from threadhost.events.store.errors import EventRefused, IdempotencyKeyReused, StoreError

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


def is_recorded(method: Method, error: Exception) -> bool:
    """Whether a refusal is of interest: of what would have changed something.

    Not if the store takes nothing just now.
    """
    is_of_the_store = isinstance(error, StoreError)
    is_of_the_request = isinstance(error, (EventRefused, IdempotencyKeyReused))
    return not method.reads and (is_of_the_request or not is_of_the_store)
