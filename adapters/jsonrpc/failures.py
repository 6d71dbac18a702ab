"""Exceptions to errors on the wire: one table, and never a traceback."""

import logging
from uuid import uuid4

from threadhost.actors.errors import (
    DeletionHalted,
    Overloaded,
    Refusal,
    ShuttingDown,
    ThreadNotFound,
    TurnNotSteerable,
)
from threadhost.adapters.jsonrpc.errors import (
    INTERNAL,
    INVALID_REQUEST,
    OVERLOADED,
    RpcError,
)
from threadhost.events.store.errors import (
    CorruptEvent,
    EventRefused,
    IdempotencyKeyReused,
    OutOfResources,
    StoreFailed,
    StoreOverloaded,
    StoreUnavailable,
)
from threadhost.events.store.faults import shortage

logger = logging.getLogger("threadhost.session")

CODES: dict[type[Exception], int] = {
    DeletionHalted: INTERNAL,
    Overloaded: OVERLOADED,
    ShuttingDown: OVERLOADED,
    Refusal: INVALID_REQUEST,
    IdempotencyKeyReused: INVALID_REQUEST,
    EventRefused: INVALID_REQUEST,
    StoreOverloaded: OVERLOADED,
    OutOfResources: OVERLOADED,
    StoreUnavailable: INTERNAL,
    StoreFailed: INTERNAL,
    CorruptEvent: INTERNAL,
}

NOT_FOUND = {
    "thread/read": "thread not loaded: {}",
    "thread/resume": "no rollout found for thread id {}",
    "thread/fork": "no rollout found for thread id {}",
    "thread/archive": "no rollout found for thread id {}",
    "thread/unarchive": "no archived rollout found for thread id {}",
    "thread/turns/list": "thread not loaded: {}",
    "thread/items/list": "thread not loaded: {}",
    "thread/memoryMode/set": "no rollout found for thread id {}",
    "thread/metadata/update": "no rollout found for thread id {}",
    "thread/name/set": "no rollout found for thread id {}",
}
"""How methods that differ from the rest say that there is no such thread."""


def as_rpc_error(error: Exception, method: str) -> RpcError:
    """What a client is told of an exception; the unexpected gets a number to find it in the log."""
    if isinstance(error, RpcError):
        return error
    if isinstance(error, ThreadNotFound) and method in NOT_FOUND:
        return RpcError(INVALID_REQUEST, NOT_FOUND[method].format(error.thread_id))
    error = shortage(error) or error
    for type_, code in CODES.items():
        if isinstance(error, type_):
            return RpcError(code, str(error), _data(error))
    incident = uuid4().hex[:12]
    logger.error("incident %s in %s", incident, method, exc_info=error)
    return RpcError(INTERNAL, f"internal error, see incident {incident} in the host's log")


def _data(error: Exception) -> object:
    """What programs want to know beside the words; None for most errors."""
    if not isinstance(error, TurnNotSteerable):
        return None
    info = {"activeTurnNotSteerable": {"turnKind": error.kind}}
    return {"message": str(error), "codexErrorInfo": info, "additionalDetails": None}
