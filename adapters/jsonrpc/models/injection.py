"""`thread/inject_items`: raw Responses API items for a thread's history."""

from threadhost.adapters.jsonrpc.models.base import Empty, Params
from threadhost.adapters.jsonrpc.models.scalars import IdempotencyKey


class ThreadInjectItemsParams(Params):
    """The items, oldest first; `idempotency_key` is this host's own."""

    thread_id: str
    items: list[object]
    """Items of the Responses API, the oldest first: at least one, and at most the host's
    `injected_items_max`."""
    idempotency_key: IdempotencyKey | None = None


class ThreadInjectItemsResponse(Empty):
    """The items are in the history."""
