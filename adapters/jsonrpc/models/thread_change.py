"""`thread/name/set`, `thread/unsubscribe` and `thread/delete`: small changes to one thread."""

from typing import Literal

from threadhost.adapters.jsonrpc.models.base import Empty, Params, Result
from threadhost.adapters.jsonrpc.models.scalars import IdempotencyKey

ThreadUnsubscribeStatus = Literal["notLoaded", "notSubscribed", "unsubscribed"]


class ThreadSetNameParams(Params):
    """A thread and its new name."""

    thread_id: str
    name: str
    """What the thread is to be called; not blank."""
    idempotency_key: IdempotencyKey | None = None


class ThreadSetNameResponse(Empty):
    """The thread has the name."""


class ThreadUnsubscribeParams(Params):
    """The thread that this connection no longer follows."""

    thread_id: str
    """The thread that this connection is to hear no more of, by its id."""


class ThreadUnsubscribeResponse(Result):
    """What there was to unsubscribe from."""

    status: ThreadUnsubscribeStatus
    """What there was to unsubscribe from."""


class ThreadDeleteParams(Params):
    """The root of the tree to delete."""

    thread_id: str
    """The root of what is to be deleted, by its id; all below it goes, too."""
    idempotency_key: IdempotencyKey | None = None


class ThreadDeleteResponse(Empty):
    """The whole tree is gone."""
