"""`thread/name/set`, `thread/unsubscribe` and `thread/delete`: small changes to one thread."""

from typing import Literal

from threadhost.adapters.jsonrpc.models.base import Empty, Params, Result
from threadhost.adapters.jsonrpc.models.scalars import IdempotencyKey

ThreadUnsubscribeStatus = Literal["notLoaded", "notSubscribed", "unsubscribed"]


class ThreadSetNameParams(Params):
    """A thread and its new name."""

    thread_id: str
    name: str
    """The new name of the thread; not blank."""
    idempotency_key: IdempotencyKey | None = None


class ThreadSetNameResponse(Empty):
    """The thread has the name."""


class ThreadUnsubscribeParams(Params):
    """The thread that this connection no longer follows."""

    thread_id: str
    """The id of the thread that this connection stops following."""


class ThreadUnsubscribeResponse(Result):
    """Whether the connection followed the thread, and whether the thread was loaded."""

    status: ThreadUnsubscribeStatus
    """Whether the connection followed the thread, and whether the thread was loaded."""


class ThreadDeleteParams(Params):
    """The root of the tree to delete."""

    thread_id: str
    """The id of the thread to delete; all threads below it are deleted, too."""
    idempotency_key: IdempotencyKey | None = None


class ThreadDeleteResponse(Empty):
    """The whole tree is gone."""
