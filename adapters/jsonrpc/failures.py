"""Exceptions to errors on the wire: their own message, never a traceback."""

from uuid import uuid4

from threadhost.actors.errors import Refusal, Sort, ThreadNotFound, TurnNotSteerable
from threadhost.adapters.jsonrpc.errors import (
    INTERNAL,
    INVALID_REQUEST,
    METHOD_UNSUPPORTED,
    OVERLOADED,
    RpcError,
    refusal,
)
from threadhost.adapters.jsonrpc.registry import Method, registry
from threadhost.events.operator_log import INCIDENT
from threadhost.events.operator_log_store import STORE_UNREADABLE
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
    StoreUnreadable,
)
from threadhost.events.store.faults import shortage

OF_A_SORT: dict[Sort, int] = {
    "invalid": INVALID_REQUEST,
    "overloaded": OVERLOADED,
    "failed": INTERNAL,
    "unsupported": METHOD_UNSUPPORTED,
}
"""The code by the sort of a refusal."""
OF_THE_STORE: dict[type[StoreError], int] = {
    IdempotencyKeyReused: INVALID_REQUEST,
    EventRefused: INVALID_REQUEST,
    StoreOverloaded: OVERLOADED,
    OutOfResources: OVERLOADED,
    StoreUnavailable: INTERNAL,
    StoreUnreadable: INTERNAL,
    StoreFailed: INTERNAL,
    CorruptEvent: INTERNAL,
    KeyMissing: INTERNAL,
}


def as_rpc_error(error: Exception, method: str) -> RpcError:
    """The error for an exception; an unexpected one gets an incident id that the log also has."""
    if isinstance(error, RpcError):
        return error
    if isinstance(error, ThreadNotFound) and (words := _not_found(method)):
        return refusal(reason_of(error), words.format(error.thread_id))
    error = shortage(error) or error
    if isinstance(error, Refusal):
        code = OF_A_SORT[error.sort]
        return refusal(reason_of(error), str(error), code=code, data=_data(error))
    if isinstance(error, StoreUnreadable):
        STORE_UNREADABLE.emit(method=method, fault=error)
    for type_, code in OF_THE_STORE.items():
        if isinstance(error, type_):
            return refusal(reason_of(error), str(error), code=code)
    incident = uuid4().hex[:12]
    INCIDENT.emit(error, incident=incident, method=method)
    words = f"internal error, see incident {incident} in the host's log"
    return refusal("internalError", words, code=INTERNAL, data={"incident": incident})


def is_recorded(method: Method, error: Exception) -> bool:
    """Whether the log records a refusal: that of a method that changes something.

    Errors of the store are not recorded, except those that the request caused.
    """
    is_of_the_store = isinstance(error, StoreError)
    is_of_the_request = isinstance(error, (EventRefused, IdempotencyKeyReused))
    return not method.reads and (is_of_the_request or not is_of_the_store)


def reason_of(error: Refusal | StoreError) -> str:
    """The reason on the wire: the name of the error's type in camelCase."""
    name = type(error).__name__
    return name[:1].lower() + name[1:]


def _not_found(method: str) -> str:
    imported = registry.imported(method)
    return imported.not_found if imported is not None else ""


def _data(error: Refusal) -> dict[str, object] | None:
    """The further data of an error, for programs; None for most errors."""
    if not isinstance(error, TurnNotSteerable):
        return None
    info = {"activeTurnNotSteerable": {"turnKind": error.kind}}
    return {"message": str(error), "codexErrorInfo": info, "additionalDetails": None}
