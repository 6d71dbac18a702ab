"""`thread/compact/start`: the compaction of a thread's history."""

from threadhost.adapters.jsonrpc.models.base import Empty, Params
from threadhost.adapters.jsonrpc.models.scalars import IdempotencyKey


class ThreadCompactStartParams(Params):
    """The thread whose history is long; `idempotency_key` is this host's own."""

    thread_id: str
    """The id of the thread whose history a model summarises."""
    idempotency_key: IdempotencyKey | None = None


class ThreadCompactStartResponse(Empty):
    """The model is at work on it, in a turn."""
