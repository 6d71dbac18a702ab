"""Which refused requests the log is told of."""

from threadhost.adapters.jsonrpc.registry import Method
from threadhost.events.store.errors import EventRefused, IdempotencyKeyReused, StoreError


def is_recorded(method: Method, error: Exception) -> bool:
    """Whether a refusal is of interest: of what would have changed something.

    Not if the store takes nothing just now.
    """
    is_of_the_store = isinstance(error, StoreError)
    is_of_the_request = isinstance(error, (EventRefused, IdempotencyKeyReused))
    return not method.reads and (is_of_the_request or not is_of_the_store)
