"""`thread/revert`: a thread without its last turns."""

from threadhost.adapters.jsonrpc.models.base import Params, Result
from threadhost.adapters.jsonrpc.models.scalars import IdempotencyKey
from threadhost.adapters.jsonrpc.models.thread import Thread


class ThreadRevertParams(Params):
    """The first turn that shall be gone; `idempotency_key` is this host's own."""

    thread_id: str
    before_turn_id: str
    """The id of the first turn to remove; all later turns are removed, too."""
    idempotency_key: IdempotencyKey | None = None


class ThreadRevertResponse(Result):
    """The current thread, without turns, and the cursors of the remaining turns and items."""

    thread: Thread
    turns_backwards_cursor: str | None = None
    items_backwards_cursor: str | None = None
