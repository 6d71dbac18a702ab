"""Exceptions to errors on the wire: what they say of themselves, and never a traceback."""

from uuid import uuid4

from threadhost.actors.errors import (
    Refusal,
    Sort,
    ThreadNotFound,
    TurnNotSteerable,
)
from threadhost.adapters.jsonrpc.errors import (
    INTERNAL,
    INVALID_REQUEST,
    METHOD_UNSUPPORTED,
    OVERLOADED,
    RpcError,
)
from threadhost.adapters.jsonrpc.registry import registry
from threadhost.events.store.errors import (
    CorruptEvent,
    EventRefused,
    IdempotencyKeyReused,
    KeyMissing,
    OutOfResources,
    StoreError,
    StoreFailed,
    StoreOverloaded,
    StoreUnavailable,
)
from threadhost.events.store.faults import shortage

OF_A_SORT: dict[Sort, int] = {
    "invalid": INVALID_REQUEST,
    "overloaded": OVERLOADED,
    "failed": INTERNAL,
    "unsupported": METHOD_UNSUPPORTED,
}
"""The codes of refusals, each of which says of what sort it is."""
OF_THE_STORE: dict[type[StoreError], int] = {
    IdempotencyKeyReused: INVALID_REQUEST,
    EventRefused: INVALID_REQUEST,
    StoreOverloaded: OVERLOADED,
    OutOfResources: OVERLOADED,
    StoreUnavailable: INTERNAL,
    StoreFailed: INTERNAL,
    CorruptEvent: INTERNAL,
    KeyMissing: INTERNAL,
}


def as_rpc_error(error: Exception, method: str) -> RpcError:
    """What a client is told of an exception; the unexpected gets a number to find it in the log."""
    if isinstance(error, RpcError):
        return error
    if isinstance(error, ThreadNotFound) and (words := _not_found(method)):
        return RpcError(INVALID_REQUEST, words.format(error.thread_id))
    error = shortage(error) or error
    if isinstance(error, Refusal):
        return RpcError(OF_A_SORT[error.sort], str(error), _data(error))
    for type_, code in OF_THE_STORE.items():
        if isinstance(error, type_):
            return RpcError(code, str(error))
    incident = uuid4().hex[:12]
    from threadhost.events.operator_log import INCIDENT

    INCIDENT.tell(error, incident=incident, method=method)
    return RpcError(INTERNAL, f"internal error, see incident {incident} in the host's log")


def _not_found(method: str) -> str:
    found = registry.imported(method)
    return found.not_found if found is not None else ""


def _data(error: Refusal) -> object:
    """What programs want to know beside the words; None for most errors."""
    if not isinstance(error, TurnNotSteerable):
        return None
    info = {"activeTurnNotSteerable": {"turnKind": error.kind}}
    return {"message": str(error), "codexErrorInfo": info, "additionalDetails": None}
